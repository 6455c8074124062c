/* Links that open one report without a login. Stored is a token's hash; whoever asks shows the token. */
#include "clock.h"
#include "secret.h"
#include "store_db.h"

enum { SHARE_TOKEN_LENGTH = 43, SHARES_MAX = 50 };

struct share_write { struct rv_write write; const char *report_id, *id; uint8_t sha256[32]; int64_t now_ms, expires_ms; };

static enum rv_status add_share(struct rv_db *db, struct rv_write *write)
{
	struct share_write *share = (struct share_write *)write;
	sqlite3_stmt *count = rv_db_statement(db, "SELECT count(*) FROM shares WHERE report_id=?1 AND expires_at>?2");
	rv_db_text(count, 1, share->report_id);
	rv_db_int(count, 2, share->now_ms);
	enum rv_status status = rv_db_step(count);
	if (status == RV_OK && sqlite3_column_int64(count, 0) >= SHARES_MAX)
		status = RV_CONFLICT;
	rv_db_done(count);
	if (status != RV_OK)
		return status;
	sqlite3_stmt *insert = rv_db_statement(db, "INSERT INTO shares(id, sha256, report_id, created_at, expires_at) SELECT ?1, ?2, id, ?4, ?5 FROM reports WHERE id=?3 AND deleted_at IS NULL");
	rv_db_text(insert, 1, share->id);
	sqlite3_bind_blob(insert, 2, share->sha256, sizeof share->sha256, SQLITE_STATIC);
	rv_db_text(insert, 3, share->report_id);
	rv_db_int(insert, 4, share->now_ms);
	rv_db_int(insert, 5, share->expires_ms);
	status = rv_db_run(insert);
	return status == RV_OK && sqlite3_changes(db->sql) == 0 ? RV_NOT_FOUND : status;
}

enum rv_status rv_store_share_add(struct rv_store *store, const char *report_id, unsigned days, char id_out[32], char token_out[64], int64_t *expires_ms)
{
	struct share_write share = {.write.run = add_share, .report_id = report_id, .id = id_out, .now_ms = rv_clock_wall_ms()};
	rv_id_new("shr_", id_out);
	rv_random_text(token_out, SHARE_TOKEN_LENGTH);
	rv_sha256(rv_span_str(token_out), share.sha256);
	share.expires_ms = *expires_ms = share.now_ms + (int64_t)days * 24 * 3600 * 1000;
	return rv_store_write_wait(store, &share.write);
}

static enum rv_status remove_share(struct rv_db *db, struct rv_write *write)
{
	struct share_write *share = (struct share_write *)write;
	sqlite3_stmt *statement = rv_db_statement(db, "DELETE FROM shares WHERE id=?1 AND report_id=?2");
	rv_db_text(statement, 1, share->id);
	rv_db_text(statement, 2, share->report_id);
	enum rv_status status = rv_db_run(statement);
	return status == RV_OK && sqlite3_changes(db->sql) == 0 ? RV_NOT_FOUND : status;
}

enum rv_status rv_store_share_remove(struct rv_store *store, const char *report_id, const char *id)
{
	struct share_write share = {.write.run = remove_share, .report_id = report_id, .id = id};
	return rv_store_write_wait(store, &share.write);
}

enum rv_status rv_store_share_check(struct rv_store *store, const char *token, char report_id_out[32], int64_t *expires_ms)
{
	uint8_t sha256[32];
	report_id_out[0] = 0;
	if (!token || strlen(token) != SHARE_TOKEN_LENGTH)
		return RV_NOT_FOUND;
	rv_sha256(rv_span_str(token), sha256);
	struct rv_db *db = rv_store_read(store);
	sqlite3_stmt *select = rv_db_statement(db, "SELECT report_id, expires_at FROM shares WHERE sha256=?1 AND expires_at>?2 AND EXISTS(SELECT 1 FROM reports WHERE id=report_id AND deleted_at IS NULL)");
	sqlite3_bind_blob(select, 1, sha256, sizeof sha256, SQLITE_STATIC);
	rv_db_int(select, 2, rv_clock_wall_ms());
	enum rv_status status = rv_db_step(select);
	if (status == RV_OK) {
		rv_db_copy(select, 0, report_id_out, 32);
		*expires_ms = sqlite3_column_int64(select, 1);
	}
	rv_db_done(select);
	rv_store_read_end(store, db);
	return status == RV_END ? RV_NOT_FOUND : status;
}

enum rv_status rv_store_shares_json(struct rv_store *store, const char *report_id, struct rv_buf *json_out)
{
	struct rv_json json;
	rv_json_init(&json, json_out);
	struct rv_db *db = rv_store_read(store);
	sqlite3_stmt *select = rv_db_statement(db, "SELECT id, created_at, expires_at FROM shares WHERE report_id=?1 AND expires_at>?2 ORDER BY created_at, id");
	rv_db_text(select, 1, report_id);
	rv_db_int(select, 2, rv_clock_wall_ms());
	rv_json_open(&json, '{');
	rv_json_key(&json, "shares");
	rv_json_open(&json, '[');
	enum rv_status status;
	while ((status = rv_db_step(select)) == RV_OK) {
		rv_json_open(&json, '{');
		rv_json_key(&json, "id");
		rv_db_json_text(select, 0, &json);
		rv_json_key(&json, "created_at");
		rv_db_json_time(sqlite3_column_int64(select, 1), &json);
		rv_json_key(&json, "expires_at");
		rv_db_json_time(sqlite3_column_int64(select, 2), &json);
		rv_json_close(&json, '}');
	}
	rv_json_close(&json, ']');
	rv_json_close(&json, '}');
	rv_db_done(select);
	rv_store_read_end(store, db);
	return status != RV_END ? status : rv_buf_status(json_out);
}
