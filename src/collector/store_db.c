#include "store_db.h"
#include "clock.h"
#include <stdlib.h>

enum rv_status rv_db_status(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK: case SQLITE_ROW: return RV_OK;
	case SQLITE_DONE: return RV_END;
	case SQLITE_FULL: return RV_FULL;
	case SQLITE_NOMEM: return RV_MEMORY;
	case SQLITE_CONSTRAINT: return RV_CONFLICT;
	case SQLITE_TOOBIG: return RV_LIMIT;
	default: return RV_IO;
	}
}

enum rv_status rv_db_open(const char *path, bool read_only, struct rv_db *db, struct rv_buf *error)
{
	memset(db, 0, sizeof *db);
	int flags = (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX;
	int code = sqlite3_open_v2(path, &db->sql, flags, NULL);
	if (code == SQLITE_OK) {
		sqlite3_busy_timeout(db->sql, 10000);
		sqlite3_extended_result_codes(db->sql, 1);
		/* The first statement reads the file: a broken one shows here. */
		code = sqlite3_exec(db->sql, read_only ? "PRAGMA query_only=1; PRAGMA cache_size=-4000; SELECT count(*) FROM sqlite_schema" : "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=OFF; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=67108864", NULL, NULL, NULL);
	}
	if (code == SQLITE_OK)
		return RV_OK;
	rv_buf_str(error, "The database ");
	rv_buf_str(error, path);
	rv_buf_str(error, " cannot be opened: ");
	rv_buf_str(error, db->sql ? sqlite3_errmsg(db->sql) : "out of memory");
	rv_buf_str(error, ".");
	rv_db_close(db);
	return rv_db_status(code) == RV_OK ? RV_IO : rv_db_status(code);
}

void rv_db_close(struct rv_db *db)
{
	for (size_t i = 0; i < RV_DB_STATEMENTS; i++)
		sqlite3_finalize(db->statements[i].statement);
	sqlite3_close(db->sql);
	memset(db, 0, sizeof *db);
}

enum rv_status rv_db_exec(struct rv_db *db, const char *sql) { return rv_db_status(sqlite3_exec(db->sql, sql, NULL, NULL, NULL)); }

sqlite3_stmt *rv_db_statement(struct rv_db *db, const char *sql)
{
	for (size_t i = 0; i < RV_DB_STATEMENTS; i++) {
		if (db->statements[i].text == sql)
			return db->statements[i].statement;
		if (db->statements[i].text)
			continue;
		if (sqlite3_prepare_v3(db->sql, sql, -1, SQLITE_PREPARE_PERSISTENT, &db->statements[i].statement, NULL) != SQLITE_OK)
			return NULL;
		db->statements[i].text = sql;
		return db->statements[i].statement;
	}
	return NULL;
}

void rv_db_text(sqlite3_stmt *statement, int index, const char *text)
{
	sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

void rv_db_int(sqlite3_stmt *statement, int index, int64_t value) { sqlite3_bind_int64(statement, index, value); }

enum rv_status rv_db_step(sqlite3_stmt *statement) { return statement ? rv_db_status(sqlite3_step(statement)) : RV_IO; }

enum rv_status rv_db_run(sqlite3_stmt *statement)
{
	enum rv_status status;
	do
		status = rv_db_step(statement);
	while (status == RV_OK);
	rv_db_done(statement);
	return status == RV_END ? RV_OK : status;
}

void rv_db_done(sqlite3_stmt *statement)
{
	if (!statement)
		return;
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
}

void rv_db_copy(sqlite3_stmt *statement, int column, char *out, size_t out_size)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);
	snprintf(out, out_size, "%s", text ? text : "");
}

char *rv_db_dup(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);
	return text ? strdup(text) : NULL;
}

void rv_db_json_text(sqlite3_stmt *statement, int column, struct rv_json *json)
{
	const void *text = sqlite3_column_text(statement, column);
	rv_json_text(json, rv_span(text, text ? (size_t)sqlite3_column_bytes(statement, column) : 0));
}

void rv_db_json_time(int64_t wall_ms, struct rv_json *json)
{
	char text[32];
	rv_clock_iso(wall_ms, text);
	rv_json_cstr(json, text);
}
