/* The console's list of reports: newest first, filtered, a page at a time. */
#include "store_db.h"
#include <stdlib.h>

enum { LIST_DEFAULT = 50, LIST_MAX = 200 };

#define FILTER \
	" FROM reports WHERE deleted_at IS NULL" \
	" AND (?1 IS NULL OR workspace_id=?1) AND (?2 IS NULL OR state=?2) AND (?3 IS NULL OR source=?3)" \
	" AND (?4=0 OR has_replay) AND (?5=0 OR has_screenshot) AND (?6=0 OR errors>0)" \
	" AND (?7 IS NULL OR title LIKE ?7 ESCAPE '\\' OR notes LIKE ?7 ESCAPE '\\' OR user_id LIKE ?7 ESCAPE '\\' OR user_email LIKE ?7 ESCAPE '\\'" \
	"  OR user_name LIKE ?7 ESCAPE '\\' OR url LIKE ?7 ESCAPE '\\' OR first_error LIKE ?7 ESCAPE '\\' OR '#' || number = ?8 OR number = ?8)"

/* %text% with LIKE's own signs escaped; NULL for no search. */
static enum rv_status like_pattern(const char *search, struct rv_buf *out)
{
	rv_buf_byte(out, '%');
	for (; *search; search++) {
		if (*search == '%' || *search == '_' || *search == '\\')
			rv_buf_byte(out, '\\');
		rv_buf_byte(out, (uint8_t)*search);
	}
	rv_buf_byte(out, '%');
	rv_buf_byte(out, 0);
	return rv_buf_status(out);
}

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);
	for (const char *at = list; at && *at;) {
		const char *end = strchr(at, ',');
		size_t n = end ? (size_t)(end - at) : strlen(at);
		if (n == len && memcmp(at, word, n) == 0)
			return true;
		at = end ? end + 1 : NULL;
	}
	return false;
}

static void bind_filter(sqlite3_stmt *select, const struct rv_report_query *query, const char *pattern)
{
	rv_db_text(select, 1, query->workspace_id);
	rv_db_text(select, 2, query->state);
	rv_db_text(select, 3, query->trigger);
	rv_db_int(select, 4, has_word(query->has, "replay"));
	rv_db_int(select, 5, has_word(query->has, "screenshot"));
	rv_db_int(select, 6, has_word(query->has, "errors"));
	rv_db_text(select, 7, pattern);
	rv_db_text(select, 8, query->search);
}

static void object(struct rv_json *json, const char *key, sqlite3_stmt *row, const char *const *names, int n, int column)
{
	rv_json_key(json, key);
	rv_json_open(json, '{');
	for (int i = 0; i < n; i++) {
		rv_json_key(json, names[i]);
		rv_db_json_text(row, column + i, json);
	}
	rv_json_close(json, '}');
}

static void write_row(struct rv_json *json, sqlite3_stmt *row)
{
	static const char *const texts[] = {"id", "workspace_id", "state", "trigger", "item_type", "title", "first_error"};
	static const char *const user[] = {"id", "email", "name"}, *const page[] = {"url", "path", "title"};
	static const char *const numbers[] = {"number", "errors", "failed_requests"};
	rv_json_open(json, '{');
	for (int i = 0; i < 7; i++) {
		rv_json_key(json, texts[i]);
		rv_db_json_text(row, i, json);
	}
	object(json, "user", row, user, 3, 7);
	object(json, "page", row, page, 3, 10);
	for (int i = 0; i < 3; i++) {
		rv_json_key(json, numbers[i]);
		rv_json_int(json, sqlite3_column_int64(row, 13 + i));
	}
	rv_json_key(json, "created_at");
	rv_db_json_time(sqlite3_column_int64(row, 16), json);
	rv_json_key(json, "has");
	rv_json_open(json, '{');
	rv_json_key(json, "replay");
	rv_json_bool(json, sqlite3_column_int(row, 17));
	rv_json_key(json, "screenshot");
	rv_json_bool(json, sqlite3_column_int(row, 18));
	rv_json_close(json, '}');
	rv_json_close(json, '}');
}

static enum rv_status write_list(struct rv_db *db, const struct rv_report_query *query, const char *pattern, struct rv_json *json)
{
	unsigned limit = query->limit == 0 ? LIST_DEFAULT : query->limit > LIST_MAX ? LIST_MAX : query->limit;
	int64_t before = query->before ? strtoll(query->before, NULL, 10) : 0, last = 0;
	sqlite3_stmt *select = rv_db_statement(db, "SELECT id, workspace_id, state, source, item_type, title, first_error, user_id, user_email, user_name, url, path, page_title,"
		" number, errors, failed_requests, created_at, has_replay, has_screenshot, sequence" FILTER " AND (?9=0 OR sequence<?9) ORDER BY sequence DESC LIMIT ?10");
	bind_filter(select, query, pattern);
	rv_db_int(select, 9, before);
	rv_db_int(select, 10, limit + 1);
	rv_json_key(json, "reports");
	rv_json_open(json, '[');
	enum rv_status status;
	unsigned n = 0;
	bool more = false;
	while ((status = rv_db_step(select)) == RV_OK) {
		if (n == limit) {
			more = true;
			status = RV_END;
			break;
		}
		last = sqlite3_column_int64(select, 19);
		write_row(json, select);
		n++;
	}
	rv_json_close(json, ']');
	rv_db_done(select);
	if (status != RV_END)
		return status;
	rv_json_key(json, "next");
	char cursor[32];
	snprintf(cursor, sizeof cursor, "%lld", (long long)last);
	rv_json_cstr(json, more ? cursor : NULL);

	sqlite3_stmt *count = rv_db_statement(db, "SELECT count(*)" FILTER);
	bind_filter(count, query, pattern);
	status = rv_db_step(count);
	rv_json_key(json, "total");
	rv_json_int(json, status == RV_OK ? sqlite3_column_int64(count, 0) : 0);
	rv_db_done(count);
	return status;
}

enum rv_status rv_store_reports_json(struct rv_store *store, const struct rv_report_query *query, struct rv_buf *json_out)
{
	struct rv_buf pattern;
	struct rv_json json;
	rv_json_init(&json, json_out);
	rv_buf_init(&pattern, 4096);
	enum rv_status status = query->search && *query->search ? like_pattern(query->search, &pattern) : RV_OK;
	if (status == RV_OK) {
		struct rv_db *db = rv_store_read(store);
		status = rv_db_exec(db, "BEGIN"); /* rows and their count of the same moment */
		if (status == RV_OK) {
			rv_json_open(&json, '{');
			status = write_list(db, query, pattern.len ? (const char *)pattern.ptr : NULL, &json);
			rv_json_close(&json, '}');
			enum rv_status ended = rv_db_exec(db, "COMMIT");
			if (status == RV_OK)
				status = ended;
		}
		rv_store_read_end(store, db);
	}
	rv_buf_deinit(&pattern);
	if (status != RV_OK)
		rv_buf_clear(json_out);
	return status == RV_OK ? rv_buf_status(json_out) : status;
}
