/* Uploaded files: rows that name a blob, and the report they belong to. */
#include "clock.h"
#include "store_db.h"
#include <stdlib.h>

void rv_attachment_clear(struct rv_attachment *attachment)
{
	free(attachment->summary_json);
	memset(attachment, 0, sizeof *attachment);
}

enum rv_status rv_store_idempotency_find(struct rv_db *db, const char *workspace_id, const char *scope, const char *key, char target_id[32])
{
	sqlite3_stmt *select = rv_db_statement(db, "SELECT target_id FROM idempotency WHERE workspace_id=?1 AND scope=?2 AND key=?3");
	rv_db_text(select, 1, workspace_id);
	rv_db_text(select, 2, scope);
	rv_db_text(select, 3, key);
	enum rv_status status = rv_db_step(select);
	if (status == RV_OK)
		rv_db_copy(select, 0, target_id, 32);
	rv_db_done(select);
	return status == RV_END ? RV_NOT_FOUND : status;
}

enum rv_status rv_store_idempotency_add(struct rv_db *db, const char *workspace_id, const char *scope, const char *key, const char *target_id)
{
	sqlite3_stmt *insert = rv_db_statement(db, "INSERT INTO idempotency(workspace_id, scope, key, target_id, created_at) VALUES(?1, ?2, ?3, ?4, ?5)");
	rv_db_text(insert, 1, workspace_id);
	rv_db_text(insert, 2, scope);
	rv_db_text(insert, 3, key);
	rv_db_text(insert, 4, target_id);
	rv_db_int(insert, 5, rv_clock_wall_ms());
	return rv_db_run(insert);
}

struct attachment_write {
	struct rv_write write;
	const struct rv_attachment *attachment;
	const char *idempotency_key;
	char *existing_id;
	rv_store_done done;
	void *user;
};

static enum rv_status add_attachment(struct rv_db *db, struct rv_write *write)
{
	struct attachment_write *add = (struct attachment_write *)write;
	const struct rv_attachment *attachment = add->attachment;
	if (add->idempotency_key) {
		enum rv_status found = rv_store_idempotency_find(db, attachment->workspace_id, "upload", add->idempotency_key, add->existing_id);
		if (found != RV_NOT_FOUND)
			return found == RV_OK ? RV_CONFLICT : found;
	}
	sqlite3_stmt *insert = rv_db_statement(db, "INSERT INTO attachments(id, workspace_id, kind, mime, sha256, bytes, created_at, summary) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
	rv_db_text(insert, 1, attachment->id);
	rv_db_text(insert, 2, attachment->workspace_id);
	rv_db_text(insert, 3, attachment->kind);
	rv_db_text(insert, 4, attachment->mime);
	rv_db_text(insert, 5, attachment->sha256);
	rv_db_int(insert, 6, (int64_t)attachment->bytes);
	rv_db_int(insert, 7, rv_clock_wall_ms());
	rv_db_text(insert, 8, attachment->summary_json);
	enum rv_status status = rv_db_run(insert);
	if (status == RV_OK && add->idempotency_key)
		status = rv_store_idempotency_add(db, attachment->workspace_id, "upload", add->idempotency_key, attachment->id);
	/* CONFLICT is for a known key alone; an id twice would be a fault of ours. */
	return status == RV_CONFLICT ? RV_IO : status;
}

static void finish_attachment(struct rv_write *write, enum rv_status status)
{
	struct attachment_write *add = (struct attachment_write *)write;
	add->done(add->user, status);
	free(add);
}

void rv_store_attachment_add(struct rv_store *store, const struct rv_attachment *attachment, const char *idempotency_key, char existing_id[32], rv_store_done done, void *user)
{
	struct attachment_write *add = malloc(sizeof *add);
	if (!add) {
		done(user, RV_MEMORY);
		return;
	}
	*add = (struct attachment_write){
		.write = {.run = add_attachment, .finish = finish_attachment, .bytes = attachment->summary_json ? strlen(attachment->summary_json) : 0},
		.attachment = attachment, .idempotency_key = idempotency_key, .existing_id = existing_id, .done = done, .user = user,
	};
	rv_store_write(store, &add->write);
}

static enum rv_status read_attachment(sqlite3_stmt *select, struct rv_attachment *out)
{
	enum rv_status status = rv_db_step(select);
	if (status != RV_OK)
		return status == RV_END ? RV_NOT_FOUND : status;
	rv_db_copy(select, 0, out->id, sizeof out->id);
	rv_db_copy(select, 1, out->workspace_id, sizeof out->workspace_id);
	rv_db_copy(select, 2, out->report_id, sizeof out->report_id);
	rv_db_copy(select, 3, out->kind, sizeof out->kind);
	rv_db_copy(select, 4, out->mime, sizeof out->mime);
	rv_db_copy(select, 5, out->sha256, sizeof out->sha256);
	out->bytes = (uint64_t)sqlite3_column_int64(select, 6);
	bool has_summary = sqlite3_column_type(select, 7) != SQLITE_NULL;
	out->summary_json = rv_db_dup(select, 7);
	return has_summary && !out->summary_json ? RV_MEMORY : RV_OK;
}

enum rv_status rv_store_attachment(struct rv_store *store, const char *workspace_id, const char *id, struct rv_attachment *out)
{
	memset(out, 0, sizeof *out);
	struct rv_db *db = rv_store_read(store);
	sqlite3_stmt *select = rv_db_statement(db, "SELECT id, workspace_id, report_id, kind, mime, sha256, bytes, summary FROM attachments WHERE id=?1 AND workspace_id=?2");
	rv_db_text(select, 1, id);
	rv_db_text(select, 2, workspace_id);
	enum rv_status status = read_attachment(select, out);
	rv_db_done(select);
	rv_store_read_end(store, db);
	return status;
}

enum rv_status rv_store_attachment_by_key(struct rv_store *store, const char *workspace_id, const char *idempotency_key, struct rv_attachment *out)
{
	char id[32];
	memset(out, 0, sizeof *out);
	struct rv_db *db = rv_store_read(store);
	enum rv_status status = rv_store_idempotency_find(db, workspace_id, "upload", idempotency_key, id);
	rv_store_read_end(store, db);
	return status == RV_OK ? rv_store_attachment(store, workspace_id, id, out) : status;
}

enum rv_status rv_store_report_attachment(struct rv_store *store, const char *workspace_id, const char *report_id, const char *id, const char *kind, struct rv_attachment *out)
{
	memset(out, 0, sizeof *out);
	struct rv_db *db = rv_store_read(store);
	sqlite3_stmt *select = rv_db_statement(db, "SELECT a.id, a.workspace_id, a.report_id, a.kind, a.mime, a.sha256, a.bytes, a.summary"
		" FROM attachments a JOIN reports r ON r.id=a.report_id"
		" WHERE a.report_id=?1 AND (?2 IS NULL OR r.workspace_id=?2) AND r.deleted_at IS NULL AND (?3 IS NULL OR a.id=?3) AND (?4 IS NULL OR a.kind=?4)"
		" ORDER BY a.position LIMIT 1");
	rv_db_text(select, 1, report_id);
	rv_db_text(select, 2, workspace_id);
	rv_db_text(select, 3, id);
	rv_db_text(select, 4, id ? NULL : kind);
	enum rv_status status = read_attachment(select, out);
	rv_db_done(select);
	rv_store_read_end(store, db);
	return status;
}
