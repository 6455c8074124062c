/* What the store_*.c files share: one SQLite connection with its prepared statements, and the ways
 * to the writer's thread and to a reader's connection.
 *
 *   rv_store_write ─▶ queue ─▶ writer: BEGIN · up to 32 × (SAVEPOINT · run · RELEASE) · COMMIT ─▶ finish
 *   rv_store_read  ─▶ one of a few read-only connections, for as long as a query takes
 */
#ifndef RV_STORE_DB_H
#define RV_STORE_DB_H
#include "json.h"
#include "store.h"
#include <sqlite3.h>

enum { RV_DB_STATEMENTS = 64 };

struct rv_db {
	sqlite3 *sql;
	struct { const char *text; sqlite3_stmt *statement; } statements[RV_DB_STATEMENTS];
};

enum rv_status rv_db_open(const char *path, bool read_only, struct rv_db *db, struct rv_buf *error) RV_MUST_USE;
void rv_db_close(struct rv_db *db);
enum rv_status rv_db_status(int sqlite_code);
enum rv_status rv_db_exec(struct rv_db *db, const char *sql) RV_MUST_USE;
/* sql must be a literal: it is found again by its address. NULL on failure, which the functions below take. */
sqlite3_stmt *rv_db_statement(struct rv_db *db, const char *sql);
void rv_db_text(sqlite3_stmt *statement, int index, const char *text); /* not copied; NULL binds NULL */
void rv_db_int(sqlite3_stmt *statement, int index, int64_t value);
/* RV_OK: a row; RV_END: no (further) row. */
enum rv_status rv_db_step(sqlite3_stmt *statement) RV_MUST_USE;
/* To the end without looking at rows, then rv_db_done. */
enum rv_status rv_db_run(sqlite3_stmt *statement) RV_MUST_USE;
void rv_db_done(sqlite3_stmt *statement);
void rv_db_copy(sqlite3_stmt *statement, int column, char *out, size_t out_size);
char *rv_db_dup(sqlite3_stmt *statement, int column); /* malloc; NULL for NULL */
void rv_db_json_text(sqlite3_stmt *statement, int column, struct rv_json *json);
void rv_db_json_time(int64_t wall_ms, struct rv_json *json);

enum rv_status rv_db_migrate(struct rv_db *db, struct rv_buf *error) RV_MUST_USE;

/* ---- writing ---- */
struct rv_write {
	struct rv_write *next;
	size_t bytes; /* held in memory by it, for the queue's bound */
	/* On the writer's thread inside the transaction; anything but RV_OK undoes what it did. */
	enum rv_status (*run)(struct rv_db *db, struct rv_write *write);
	/* On the writer's thread after the commit. */
	void (*finish)(struct rv_write *write, enum rv_status status);
	enum rv_status status;
};
void rv_store_write(struct rv_store *store, struct rv_write *write);
/* Waits for the commit; write->finish is not used. */
enum rv_status rv_store_write_wait(struct rv_store *store, struct rv_write *write) RV_MUST_USE;

/* Inside a write: what an Idempotency-Key was first used for. RV_NOT_FOUND: it is new. */
enum rv_status rv_store_idempotency_find(struct rv_db *db, const char *workspace_id, const char *scope, const char *key, char target_id[32]) RV_MUST_USE;
enum rv_status rv_store_idempotency_add(struct rv_db *db, const char *workspace_id, const char *scope, const char *key, const char *target_id) RV_MUST_USE;

/* ---- reading ---- */
struct rv_db *rv_store_read(struct rv_store *store);
void rv_store_read_end(struct rv_store *store, struct rv_db *db);

#endif
