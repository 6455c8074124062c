/* Logs of a window. Errors and rejections appear among the console's entries at level error. */
#include "logs.h"
#include "utf8.h"
#include <stdlib.h>

enum { ARENA_MAX = 192 << 20 }; /* one inflated segment */

/* ---- time ---- */

static void put_digits(char *out, uint32_t value, int n)
{
	while (n--) {
		out[n] = (char)('0' + value % 10);
		value /= 10;
	}
}

void rv_logs_time(struct rv_json *json, double wall_ms)
{
	char text[] = "0000-00-00T00:00:00.000Z";
	int64_t ms = wall_ms >= -62167219200000.0 && wall_ms <= 253402300799999.0 ? (int64_t)wall_ms : -1;
	int64_t days, era;
	uint32_t left, of_era, year, of_year, month;

	if (ms < 0) { /* before 1970 is no time of a recording */
		rv_json_null(json);
		return;
	}
	days = ms / 86400000;
	left = (uint32_t)(ms % 86400000);
	/* Civil date from days, the year beginning in March: leap days come last. */
	days += 719468;
	era = days / 146097;
	of_era = (uint32_t)(days - era * 146097);
	year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	of_year = of_era - (365 * year + year / 4 - year / 100);
	month = (5 * of_year + 2) / 153;
	put_digits(text + 8, of_year - (153 * month + 2) / 5 + 1, 2);
	month = month < 10 ? month + 3 : month - 9;
	put_digits(text, (uint32_t)(year + era * 400) + (month <= 2), 4);
	put_digits(text + 5, month, 2);
	put_digits(text + 11, left / 3600000, 2);
	put_digits(text + 14, left / 60000 % 60, 2);
	put_digits(text + 17, left / 1000 % 60, 2);
	put_digits(text + 20, left % 1000, 3);
	rv_json_cstr(json, text);
}

/* ---- lists ---- */

static void list_drop(struct rv_log_list *list)
{
	list->live_bytes -= list->items[list->first].len;
	list->first = (list->first + 1) % RV_LOGS_ITEMS_MAX;
	list->n--;
	list->dropped++;
}

/* Takes the item that has been written from `at` to the end of the text. */
static enum rv_status list_take(struct rv_log_list *list, size_t at)
{
	size_t len = list->text.len - at, base;
	uint32_t i;

	if (rv_buf_status(&list->text) == RV_LIMIT) { /* one item that is too large by itself */
		rv_buf_clear(&list->text);
		list->text.len = at;
		list->dropped++;
		return RV_OK;
	}
	if (rv_buf_status(&list->text) != RV_OK)
		return rv_buf_status(&list->text);
	if (list->n == RV_LOGS_ITEMS_MAX)
		list_drop(list);
	i = (list->first + list->n) % RV_LOGS_ITEMS_MAX;
	list->items[i].at = at;
	list->items[i].len = len;
	list->n++;
	list->live_bytes += len;
	while (list->n > 1 && list->live_bytes > RV_LOGS_BYTES_MAX)
		list_drop(list);
	base = list->items[list->first].at;
	if (base > RV_LOGS_BYTES_MAX) {
		memmove(list->text.ptr, list->text.ptr + base, list->text.len - base);
		list->text.len -= base;
		for (i = 0; i < list->n; i++)
			list->items[(list->first + i) % RV_LOGS_ITEMS_MAX].at -= base;
	}
	return RV_OK;
}

/* ---- records ---- */

static void put_text(struct rv_json *json, struct rv_span text)
{
	rv_json_text(json, text.ptr ? rv_utf8_prefix(text, RV_LOGS_TEXT_MAX) : text);
}

static void member(struct rv_json *json, const char *key, struct rv_span text)
{
	if (!text.ptr)
		return;
	rv_json_key(json, key);
	put_text(json, text);
}

static const char *name_of(const char *const *names, uint32_t n, uint32_t number)
{
	return names[number < n ? number : 0];
}

static void write_console(struct rv_json *json, const struct rv_rec *rec)
{
	static const char *const levels[] = {"log", "debug", "info", "warn", "error", "trace", "assert"};
	uint32_t i;

	rv_json_key(json, "level");
	rv_json_cstr(json, name_of(levels, 7, rec->v[RV_CONSOLE_LEVEL].u));
	rv_json_key(json, "args");
	rv_json_open(json, '[');
	for (i = RV_CONSOLE_FIXED; i < rec->n && i < RV_CONSOLE_FIXED + RV_LOGS_ARGS_MAX; i++)
		put_text(json, rec->v[i].s);
	rv_json_close(json, ']');
	member(json, "stack", rec->v[RV_CONSOLE_STACK].s);
	rv_json_key(json, "count");
	rv_json_int(json, rec->v[RV_CONSOLE_COUNT].u ? rec->v[RV_CONSOLE_COUNT].u : 1);
}

static void write_error(struct rv_json *json, const struct rv_rec *rec)
{
	static const char *const kinds[] = {"uncaught", "rejection", "resource"};

	rv_json_key(json, "level");
	rv_json_cstr(json, "error");
	rv_json_key(json, "kind");
	rv_json_cstr(json, name_of(kinds, 3, rec->v[RV_ERROR_KIND].u));
	rv_json_key(json, "args");
	rv_json_open(json, '[');
	put_text(json, rec->v[RV_ERROR_MESSAGE].s);
	rv_json_close(json, ']');
	member(json, "stack", rec->v[RV_ERROR_STACK].s);
	member(json, "source", rec->v[RV_ERROR_SOURCE].s);
	if (rec->v[RV_ERROR_LINE].u) {
		rv_json_key(json, "line");
		rv_json_int(json, rec->v[RV_ERROR_LINE].u);
		rv_json_key(json, "column");
		rv_json_int(json, rec->v[RV_ERROR_COLUMN].u);
	}
	rv_json_key(json, "count");
	rv_json_int(json, 1);
}

/* Whether a group before this one has its part and name: JSON keys stand once. */
static bool is_repeated(const struct rv_rec *rec, uint32_t at)
{
	uint32_t i;

	for (i = RV_NETWORK_FIXED; i < at; i += RV_NETWORK_GROUP) {
		if (rec->v[i + RV_NETWORK_G_PART].u == rec->v[at + RV_NETWORK_G_PART].u && rv_span_eq(rec->v[i + RV_NETWORK_G_NAME].s, rec->v[at + RV_NETWORK_G_NAME].s))
			return true;
	}
	return false;
}

static void write_headers(struct rv_json *json, const struct rv_rec *rec, uint32_t part, const char *key)
{
	bool open = false;
	uint32_t i;

	for (i = RV_NETWORK_FIXED; i + 2 < rec->n && i < RV_NETWORK_FIXED + RV_LOGS_PARTS_MAX * RV_NETWORK_GROUP; i += RV_NETWORK_GROUP) {
		struct rv_span name = rec->v[i + RV_NETWORK_G_NAME].s;

		if (rec->v[i + RV_NETWORK_G_PART].u != part || !name.ptr || name.len > RV_LOGS_NAME_MAX || is_repeated(rec, i))
			continue;
		if (!open) {
			rv_json_key(json, key);
			rv_json_open(json, '{');
			open = true;
		}
		rv_json_key_span(json, name);
		put_text(json, rec->v[i + RV_NETWORK_G_VALUE].s);
	}
	if (open)
		rv_json_close(json, '}');
}

static void write_body(struct rv_json *json, const struct rv_rec *rec, uint32_t part, const char *key)
{
	uint32_t i;

	for (i = RV_NETWORK_FIXED; i + 2 < rec->n; i += RV_NETWORK_GROUP) {
		if (rec->v[i + RV_NETWORK_G_PART].u == part) {
			member(json, key, rec->v[i + RV_NETWORK_G_VALUE].s);
			return;
		}
	}
}

static void write_network(struct rv_json *json, const struct rv_rec *rec)
{
	static const char *const kinds[] = {"fetch", "xhr", "websocket", "eventsource", "beacon", "resource"};

	member(json, "method", rec->v[RV_NETWORK_METHOD].s);
	member(json, "url", rec->v[RV_NETWORK_URL].s);
	rv_json_key(json, "status");
	rv_json_int(json, rec->v[RV_NETWORK_STATUS].u);
	rv_json_key(json, "duration_ms");
	rv_json_int(json, rec->v[RV_NETWORK_DURATION_MS].u);
	rv_json_key(json, "request_bytes");
	rv_json_int(json, rec->v[RV_NETWORK_REQUEST_BYTES].u);
	rv_json_key(json, "response_bytes");
	rv_json_int(json, rec->v[RV_NETWORK_RESPONSE_BYTES].u);
	rv_json_key(json, "type");
	rv_json_cstr(json, name_of(kinds, 6, rec->v[RV_NETWORK_KIND].u));
	member(json, "content_type", rec->v[RV_NETWORK_TYPE].s);
	member(json, "error", rec->v[RV_NETWORK_ERROR].s);
	write_headers(json, rec, RV_PART_REQUEST_HEADER, "request_headers");
	write_headers(json, rec, RV_PART_RESPONSE_HEADER, "response_headers");
	write_body(json, rec, RV_PART_REQUEST_BODY, "request_body");
	write_body(json, rec, RV_PART_RESPONSE_BODY, "response_body");
}

static enum rv_status add_record(struct rv_logs *logs, const struct rv_rec *rec, double wall_ms, double epoch_wall_ms)
{
	struct rv_log_list *list = rec->type == RV_REC_NETWORK ? &logs->network : &logs->console;
	struct rv_json json;
	size_t at = list->text.len;

	rv_json_init(&json, &list->text);
	rv_json_open(&json, '{');
	rv_json_key(&json, "ts");
	if (rec->type == RV_REC_NETWORK)
		rv_logs_time(&json, epoch_wall_ms + rec->v[RV_NETWORK_START_MS].u);
	else
		rv_logs_time(&json, wall_ms);
	if (rec->type == RV_REC_CONSOLE)
		write_console(&json, rec);
	else if (rec->type == RV_REC_ERROR)
		write_error(&json, rec);
	else
		write_network(&json, rec);
	rv_json_close(&json, '}');
	return list_take(list, at);
}

struct rv_logs *rv_logs_new(double from_wall_ms, double to_wall_ms)
{
	struct rv_logs *logs = calloc(1, sizeof(*logs));

	if (!logs)
		return NULL;
	logs->from_wall_ms = from_wall_ms;
	logs->to_wall_ms = to_wall_ms;
	/* Live bytes, as many dead ones, and the item being written. */
	rv_buf_init(&logs->console.text, 4 * RV_LOGS_BYTES_MAX);
	rv_buf_init(&logs->network.text, 4 * RV_LOGS_BYTES_MAX);
	return logs;
}

void rv_logs_free(struct rv_logs *logs)
{
	if (!logs)
		return;
	rv_buf_deinit(&logs->console.text);
	rv_buf_deinit(&logs->network.text);
	free(logs);
}

enum rv_status rv_logs_add(struct rv_logs *logs, struct rv_span segment, struct rv_arena *arena)
{
	struct rv_segment_reader reader;
	struct rv_rec rec;
	enum rv_status status;

	rv_arena_reset(arena);
	if ((status = rv_segment_open(&reader, segment, arena)) != RV_OK)
		return status;
	while ((status = rv_segment_next(&reader, &rec)) == RV_OK) {
		double wall_ms = reader.head.epoch_wall_ms + rec.t_ms;

		if (rec.type != RV_REC_CONSOLE && rec.type != RV_REC_ERROR && rec.type != RV_REC_NETWORK)
			continue;
		if (wall_ms < logs->from_wall_ms || wall_ms > logs->to_wall_ms)
			continue;
		if ((status = add_record(logs, &rec, wall_ms, reader.head.epoch_wall_ms)) != RV_OK)
			return status;
	}
	return status == RV_END ? RV_OK : status;
}

static void write_list(const struct rv_log_list *list, const char *key, struct rv_json *json)
{
	uint32_t i;

	rv_json_key(json, key);
	rv_json_open(json, '[');
	for (i = 0; i < list->n; i++) {
		uint32_t at = (list->first + i) % RV_LOGS_ITEMS_MAX;

		rv_json_raw(json, rv_span(list->text.ptr + list->items[at].at, list->items[at].len));
	}
	rv_json_close(json, ']');
}

static void write_note(const struct rv_log_list *list, const char *kind, struct rv_json *json)
{
	if (!list->dropped)
		return;
	rv_json_open(json, '{');
	rv_json_key(json, "kind");
	rv_json_cstr(json, kind);
	rv_json_key(json, "dropped");
	rv_json_int(json, list->dropped);
	rv_json_close(json, '}');
}

void rv_logs_write(const struct rv_logs *logs, struct rv_json *json)
{
	write_list(&logs->console, "console_logs", json);
	write_list(&logs->network, "network_logs", json);
	rv_json_key(json, "log_notes");
	rv_json_open(json, '[');
	write_note(&logs->console, "console_logs_cut", json);
	write_note(&logs->network, "network_logs_cut", json);
	rv_json_close(json, ']');
}

enum rv_status rv_logs_stream(struct rv_span stream, double from_wall_ms, double to_wall_ms, struct rv_json *json)
{
	struct rv_logs *logs = rv_logs_new(from_wall_ms, to_wall_ms);
	enum rv_status status = stream.len ? RV_OK : RV_END;
	struct rv_segment_head head;
	struct rv_arena arena;
	struct rv_span segment;
	size_t pos = 0, size;

	if (!logs)
		return RV_MEMORY;
	rv_arena_init(&arena, ARENA_MAX);
	while (status == RV_OK && (status = rv_stream_next(stream, &pos, &segment)) == RV_OK) {
		status = rv_segment_head(segment, &head, &size);
		if (status == RV_OK && head.kind == RV_SEGMENT_RECORDS && head.epoch_wall_ms + head.last_ms >= from_wall_ms && head.epoch_wall_ms + head.first_ms <= to_wall_ms)
			status = rv_logs_add(logs, segment, &arena);
	}
	if (status == RV_END) {
		rv_logs_write(logs, json);
		status = RV_OK;
	}
	rv_arena_deinit(&arena);
	rv_logs_free(logs);
	return status;
}
