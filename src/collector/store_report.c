/* One report: taking it in, its JSON, its state. The list is store_list.c. */
#include "clock.h"
#include "json_read.h"
#include "store_db.h"
#include <stdlib.h>

/* ---- taking in ---- */

struct report_write { struct rv_write write; struct rv_report_new *report; rv_store_done done; void *user; };

static enum rv_status known_report(struct rv_db *db, struct rv_report_new *report)
{
	enum rv_status status = rv_store_idempotency_find(db, report->workspace_id, "submit", report->idempotency_key, report->existing_id);
	if (status != RV_OK)
		return status;
	sqlite3_stmt *select = rv_db_statement(db, "SELECT number, session_token FROM reports WHERE id=?1");
	rv_db_text(select, 1, report->existing_id);
	status = rv_db_step(select);
	if (status == RV_OK) {
		report->number = (uint64_t)sqlite3_column_int64(select, 0);
		rv_db_copy(select, 1, report->existing_session_token, sizeof report->existing_session_token);
	}
	rv_db_done(select);
	return status == RV_END ? RV_IO : status;
}

static enum rv_status take_attachments(struct rv_db *db, const struct rv_report_new *report)
{
	enum rv_status status = RV_OK;
	for (size_t i = 0; i < report->n_attachments && status == RV_OK; i++) {
		sqlite3_stmt *update = rv_db_statement(db, "UPDATE attachments SET report_id=?1, position=?2 WHERE id=?3 AND workspace_id=?4 AND report_id IS NULL");
		rv_db_text(update, 1, report->id);
		rv_db_int(update, 2, (int64_t)i);
		rv_db_text(update, 3, report->attachment_ids[i]);
		rv_db_text(update, 4, report->workspace_id);
		status = rv_db_run(update);
		if (status == RV_OK && sqlite3_changes(db->sql) == 0)
			status = RV_NOT_FOUND;
	}
	return status;
}

static enum rv_status next_number(struct rv_db *db, struct rv_report_new *report)
{
	sqlite3_stmt *update = rv_db_statement(db, "UPDATE workspaces SET last_number=last_number+1 WHERE id=?1 RETURNING last_number");
	rv_db_text(update, 1, report->workspace_id);
	enum rv_status status = rv_db_step(update);
	if (status == RV_OK)
		report->number = (uint64_t)sqlite3_column_int64(update, 0);
	rv_db_done(update);
	return status == RV_END ? RV_IO : status; /* the workspace was there when the key was checked */
}

static enum rv_status insert_report(struct rv_db *db, const struct rv_report_new *report)
{
	sqlite3_stmt *insert = rv_db_statement(db, "INSERT INTO reports(id, workspace_id, number, state, source, item_type, title, notes, session_token,"
		" user_id, user_email, user_name, url, path, page_title, first_error, errors, failed_requests, created_at, updated_at, has_replay, has_screenshot)"
		" SELECT ?1, ?2, ?3, 'open', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?18,"
		" (SELECT count(*) FROM attachments WHERE report_id=?1 AND kind='replay')>0, (SELECT count(*) FROM attachments WHERE report_id=?1 AND kind='screenshot')>0");
	const char *const texts[] = {
		report->trigger, report->item_type, report->title, report->notes, report->session_token, report->user_id, report->user_email,
		report->user_name, report->url, report->path, report->page_title, report->first_error,
	};
	rv_db_text(insert, 1, report->id);
	rv_db_text(insert, 2, report->workspace_id);
	rv_db_int(insert, 3, (int64_t)report->number);
	for (int i = 0; i < 12; i++)
		rv_db_text(insert, 4 + i, texts[i]);
	rv_db_int(insert, 16, report->n_errors);
	rv_db_int(insert, 17, report->n_failed_requests);
	rv_db_int(insert, 18, rv_clock_wall_ms());
	enum rv_status status = rv_db_run(insert);
	if (status != RV_OK)
		return status;
	sqlite3_stmt *body = rv_db_statement(db, "INSERT INTO report_bodies(report_id, body) VALUES(?1, ?2)");
	rv_db_text(body, 1, report->id);
	rv_db_text(body, 2, report->body_json);
	return rv_db_run(body);
}

static enum rv_status add_report(struct rv_db *db, struct rv_write *write)
{
	struct rv_report_new *report = ((struct report_write *)write)->report;
	if (report->idempotency_key) {
		enum rv_status found = known_report(db, report);
		if (found != RV_NOT_FOUND)
			return found == RV_OK ? RV_CONFLICT : found;
	}
	enum rv_status status = take_attachments(db, report);
	if (status != RV_OK)
		return status;
	status = next_number(db, report);
	if (status == RV_OK)
		status = insert_report(db, report);
	if (status == RV_OK && report->idempotency_key)
		status = rv_store_idempotency_add(db, report->workspace_id, "submit", report->idempotency_key, report->id);
	/* CONFLICT and NOT_FOUND have their meaning for the caller; anything like them is a fault of ours. */
	return status == RV_CONFLICT || status == RV_NOT_FOUND ? RV_IO : status;
}

static void finish_report(struct rv_write *write, enum rv_status status)
{
	struct report_write *add = (struct report_write *)write;
	add->done(add->user, status);
	free(add);
}

void rv_store_report_add(struct rv_store *store, struct rv_report_new *report, rv_store_done done, void *user)
{
	struct report_write *add = malloc(sizeof *add);
	if (!add) {
		done(user, RV_MEMORY);
		return;
	}
	*add = (struct report_write){.write = {.run = add_report, .finish = finish_report, .bytes = strlen(report->body_json)}, .report = report, .done = done, .user = user};
	rv_store_write(store, &add->write);
}

/* ---- its JSON ---- */

static void text_member(struct rv_json *json, const char *key, sqlite3_stmt *row, int column)
{
	rv_json_key(json, key);
	rv_db_json_text(row, column, json);
}

static enum rv_status write_head(struct rv_db *db, const char *workspace_id, const char *id, struct rv_json *json)
{
	sqlite3_stmt *select = rv_db_statement(db, "SELECT r.id, r.workspace_id, r.source, r.state, r.item_type, r.title, r.notes, r.session_token, r.number, r.errors, r.failed_requests, r.created_at, r.updated_at, b.body"
		" FROM reports r JOIN report_bodies b ON b.report_id=r.id WHERE r.id=?1 AND (?2 IS NULL OR r.workspace_id=?2) AND r.deleted_at IS NULL");
	rv_db_text(select, 1, id);
	rv_db_text(select, 2, workspace_id);
	enum rv_status status = rv_db_step(select);
	if (status == RV_OK) {
		static const char *const texts[] = {"id", "workspace_id", "trigger", "state", "item_type", "title", "notes", "session_token"};
		static const char *const numbers[] = {"number", "errors", "failed_requests"};
		for (int i = 0; i < 8; i++)
			text_member(json, texts[i], select, i);
		for (int i = 0; i < 3; i++) {
			rv_json_key(json, numbers[i]);
			rv_json_int(json, sqlite3_column_int64(select, 8 + i));
		}
		rv_json_key(json, "created_at");
		rv_db_json_time(sqlite3_column_int64(select, 11), json);
		rv_json_key(json, "updated_at");
		rv_db_json_time(sqlite3_column_int64(select, 12), json);
		/* The body is an object of our own writing: its members go in as they are. */
		const char *body = (const char *)sqlite3_column_text(select, 13);
		size_t len = (size_t)sqlite3_column_bytes(select, 13);
		if (body && len > 2) {
			rv_buf_byte(json->out, ',');
			rv_buf_add(json->out, body + 1, len - 2);
		}
	}
	rv_db_done(select);
	return status == RV_END ? RV_NOT_FOUND : status;
}

static enum rv_status write_attachments(struct rv_db *db, const char *id, const char *base_url, struct rv_json *json)
{
	sqlite3_stmt *select = rv_db_statement(db, "SELECT id, kind, mime, sha256, bytes FROM attachments WHERE report_id=?1 ORDER BY position");
	rv_db_text(select, 1, id);
	rv_json_key(json, "attachments");
	rv_json_open(json, '[');
	enum rv_status status;
	while ((status = rv_db_step(select)) == RV_OK) {
		static const char *const texts[] = {"id", "kind", "mime", "sha256"};
		char url[512];
		rv_json_open(json, '{');
		for (int i = 0; i < 4; i++)
			text_member(json, texts[i], select, i);
		rv_json_key(json, "bytes");
		rv_json_int(json, sqlite3_column_int64(select, 4));
		snprintf(url, sizeof url, "%s/api/v1/reports/%s/attachments/%s", base_url, id, (const char *)sqlite3_column_text(select, 0));
		rv_json_key(json, "url");
		rv_json_cstr(json, url);
		rv_json_close(json, '}');
	}
	rv_json_close(json, ']');
	rv_db_done(select);
	return status == RV_END ? RV_OK : status;
}

static enum rv_status write_replay(struct rv_db *db, const char *id, struct rv_json *json)
{
	static const char *const members[] = {"from", "to", "pages", "notes", "records", "epochs", "resyncs", "order_violations"};
	sqlite3_stmt *select = rv_db_statement(db, "SELECT summary FROM attachments WHERE report_id=?1 AND kind='replay' ORDER BY position LIMIT 1");
	rv_db_text(select, 1, id);
	enum rv_status status = rv_db_step(select);
	const char *text = status == RV_OK ? (const char *)sqlite3_column_text(select, 0) : NULL;
	struct rv_span summary = rv_span_str(text), marks = rv_json_member(summary, "marks");
	rv_json_key(json, "replay");
	if (text) {
		rv_json_open(json, '{');
		for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
			struct rv_span value = rv_json_member(summary, members[i]);
			if (!value.ptr)
				continue;
			rv_json_key(json, members[i]);
			rv_json_raw(json, value);
		}
		rv_json_close(json, '}');
	} else {
		rv_json_null(json);
	}
	rv_json_key(json, "marks");
	rv_json_raw(json, marks.ptr ? marks : rv_span_str("[]"));
	rv_db_done(select);
	return status == RV_END ? RV_OK : status;
}

enum rv_status rv_store_report_json(struct rv_store *store, const char *workspace_id, const char *id, const char *base_url, struct rv_buf *json_out)
{
	struct rv_json json;
	rv_json_init(&json, json_out);
	struct rv_db *db = rv_store_read(store);
	/* One transaction: body, attachments and replay of the same moment. */
	enum rv_status status = rv_db_exec(db, "BEGIN");
	if (status == RV_OK) {
		rv_json_open(&json, '{');
		status = write_head(db, workspace_id, id, &json);
		if (status == RV_OK)
			status = write_attachments(db, id, base_url, &json);
		if (status == RV_OK)
			status = write_replay(db, id, &json);
		rv_json_close(&json, '}');
		enum rv_status ended = rv_db_exec(db, "COMMIT");
		if (status == RV_OK)
			status = ended;
	}
	rv_store_read_end(store, db);
	if (status != RV_OK) {
		rv_buf_clear(json_out);
		return status;
	}
	return rv_buf_status(json_out);
}

enum rv_status rv_store_report_by_session(struct rv_store *store, const char *workspace_id, const char *session_token, char report_id_out[32])
{
	report_id_out[0] = 0;
	struct rv_db *db = rv_store_read(store);
	sqlite3_stmt *select = rv_db_statement(db, "SELECT id FROM reports WHERE workspace_id=?1 AND session_token=?2 AND deleted_at IS NULL ORDER BY sequence LIMIT 1");
	rv_db_text(select, 1, workspace_id);
	rv_db_text(select, 2, session_token);
	enum rv_status status = rv_db_step(select);
	if (status == RV_OK)
		rv_db_copy(select, 0, report_id_out, 32);
	rv_db_done(select);
	rv_store_read_end(store, db);
	return status == RV_END ? RV_NOT_FOUND : status;
}

/* ---- its state ---- */

struct state_write { struct rv_write write; char id[32], state[16]; bool undo; rv_store_done done; void *user; };

static enum rv_status set_state(struct rv_db *db, struct rv_write *write)
{
	struct state_write *set = (struct state_write *)write;
	sqlite3_stmt *update = rv_db_statement(db, "UPDATE reports SET state=?2, updated_at=?3 WHERE id=?1 AND deleted_at IS NULL");
	rv_db_text(update, 1, set->id);
	rv_db_text(update, 2, set->state);
	rv_db_int(update, 3, rv_clock_wall_ms());
	enum rv_status status = rv_db_run(update);
	return status == RV_OK && sqlite3_changes(db->sql) == 0 ? RV_NOT_FOUND : status;
}

static enum rv_status set_deleted(struct rv_db *db, struct rv_write *write)
{
	struct state_write *set = (struct state_write *)write;
	sqlite3_stmt *update = rv_db_statement(db, "UPDATE reports SET deleted_at=CASE WHEN ?2 THEN NULL ELSE ?3 END, updated_at=?3 WHERE id=?1 AND (deleted_at IS NOT NULL)=?2");
	rv_db_text(update, 1, set->id);
	rv_db_int(update, 2, set->undo);
	rv_db_int(update, 3, rv_clock_wall_ms());
	enum rv_status status = rv_db_run(update);
	return status == RV_OK && sqlite3_changes(db->sql) == 0 ? RV_NOT_FOUND : status;
}

static void finish_state(struct rv_write *write, enum rv_status status)
{
	struct state_write *set = (struct state_write *)write;
	set->done(set->user, status);
	free(set);
}

static void start_state(struct rv_store *store, const char *id, const char *state, bool undo, enum rv_status (*run)(struct rv_db *, struct rv_write *), rv_store_done done, void *user)
{
	struct state_write *set = malloc(sizeof *set);
	if (!set) {
		done(user, RV_MEMORY);
		return;
	}
	*set = (struct state_write){.write = {.run = run, .finish = finish_state}, .undo = undo, .done = done, .user = user};
	snprintf(set->id, sizeof set->id, "%s", id);
	snprintf(set->state, sizeof set->state, "%s", state);
	rv_store_write(store, &set->write);
}

void rv_store_report_state(struct rv_store *store, const char *id, const char *state, rv_store_done done, void *user)
{
	start_state(store, id, state, false, set_state, done, user);
}

void rv_store_report_delete(struct rv_store *store, const char *id, bool undo, rv_store_done done, void *user)
{
	start_state(store, id, "", undo, set_deleted, done, user);
}
