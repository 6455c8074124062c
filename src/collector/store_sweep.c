/* What time takes away: blobs without a row, uploads and assets no report took, deleted reports, old
 * logins and idempotency keys. Rows go first, in small writes between which others get their turn; their blobs
 * go when no row names them. */
#include "blob.h"
#include "clock.h"
#include "store_db.h"

enum { DAY_S = 24 * 3600, SWEEP_ROWS = 200 };
static const int64_t day_ms = DAY_S * 1000ll;
static const int64_t idempotency_days = 14; /* a widget keeps a report for 7 */

struct sweep_write { struct rv_write write; int64_t now_ms; int removed; };

static enum rv_status sweep_rows(struct rv_db *db, struct rv_write *write)
{
	struct sweep_write *sweep = (struct sweep_write *)write;
	/* What belongs to a report before the report itself; each with the time before which it goes. */
	const struct { const char *sql; int64_t before_ms; } steps[] = {
		{"DELETE FROM attachments WHERE report_id IN (SELECT id FROM reports WHERE deleted_at<?1 ORDER BY sequence LIMIT ?2)", sweep->now_ms - day_ms},
		{"DELETE FROM report_assets WHERE report_id IN (SELECT id FROM reports WHERE deleted_at<?1 ORDER BY sequence LIMIT ?2)", sweep->now_ms - day_ms},
		{"DELETE FROM shares WHERE report_id IN (SELECT id FROM reports WHERE deleted_at<?1 ORDER BY sequence LIMIT ?2)", sweep->now_ms - day_ms},
		{"DELETE FROM report_bodies WHERE report_id IN (SELECT id FROM reports WHERE deleted_at<?1 ORDER BY sequence LIMIT ?2)", sweep->now_ms - day_ms},
		{"DELETE FROM idempotency WHERE scope='submit' AND target_id IN (SELECT id FROM reports WHERE deleted_at<?1 ORDER BY sequence LIMIT ?2)", sweep->now_ms - day_ms},
		{"DELETE FROM reports WHERE sequence IN (SELECT sequence FROM reports WHERE deleted_at<?1 ORDER BY sequence LIMIT ?2)", sweep->now_ms - day_ms},
		{"DELETE FROM attachments WHERE id IN (SELECT id FROM attachments WHERE report_id IS NULL AND created_at<?1 LIMIT ?2)", sweep->now_ms - 8 * day_ms},
		{"DELETE FROM assets WHERE (workspace_id, sha256) IN (SELECT workspace_id, sha256 FROM assets a WHERE created_at<?1"
		 " AND NOT EXISTS(SELECT 1 FROM report_assets r WHERE r.workspace_id=a.workspace_id AND r.sha256=a.sha256) LIMIT ?2)", sweep->now_ms - day_ms},
		{"DELETE FROM idempotency WHERE (workspace_id, scope, key) IN (SELECT workspace_id, scope, key FROM idempotency WHERE created_at<?1 LIMIT ?2)", sweep->now_ms - idempotency_days * day_ms},
		{"DELETE FROM logins WHERE sha256 IN (SELECT sha256 FROM logins WHERE expires_at<?1 LIMIT ?2)", sweep->now_ms},
		{"DELETE FROM shares WHERE id IN (SELECT id FROM shares WHERE expires_at<?1 LIMIT ?2)", sweep->now_ms},
		{"DELETE FROM old_project_keys WHERE project_key IN (SELECT project_key FROM old_project_keys WHERE expires_at<?1 LIMIT ?2)", sweep->now_ms},
	};
	sweep->removed = 0;
	enum rv_status status = RV_OK;
	for (size_t i = 0; i < sizeof steps / sizeof *steps && status == RV_OK; i++) {
		sqlite3_stmt *statement = rv_db_statement(db, steps[i].sql);
		rv_db_int(statement, 1, steps[i].before_ms);
		rv_db_int(statement, 2, SWEEP_ROWS);
		status = rv_db_run(statement);
		sweep->removed += status == RV_OK ? sqlite3_changes(db->sql) : 0;
	}
	return status;
}

static bool has_row(void *user, const char *sha256_hex)
{
	struct rv_db *db = rv_store_read(user);
	sqlite3_stmt *select = rv_db_statement(db, "SELECT 1 FROM attachments WHERE sha256=?1 UNION ALL SELECT 1 FROM assets WHERE sha256=?1 LIMIT 1");
	rv_db_text(select, 1, sha256_hex);
	/* Only a clear no lets a blob go. */
	bool wanted = rv_db_step(select) != RV_END;
	rv_db_done(select);
	rv_store_read_end(user, db);
	return wanted;
}

enum rv_status rv_store_sweep(struct rv_store *store, struct rv_blobs *blobs)
{
	struct sweep_write sweep = {.write.run = sweep_rows, .now_ms = rv_clock_wall_ms()};
	enum rv_status status;
	do
		status = rv_store_write_wait(store, &sweep.write);
	while (status == RV_OK && sweep.removed > 0);
	return status == RV_OK ? rv_blobs_sweep(blobs, DAY_S, has_row, store) : status;
}
