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

static struct rv_log_item *item_of(struct rv_log_list *list, uint32_t i)
{
	return &list->items[(list->first + i) % RV_LOGS_ITEMS_MAX];
}

static const struct rv_log_item *item_at(const struct rv_log_list *list, uint32_t i)
{
	return &list->items[(list->first + i) % RV_LOGS_ITEMS_MAX];
}

static void list_drop(struct rv_log_list *list)
{
	list->live_bytes -= item_of(list, 0)->len;
	list->first = (list->first + 1) % RV_LOGS_ITEMS_MAX;
	list->n--;
	list->dropped++;
}

/* Closes the gaps in the text once they are as much as may be alive. */
static void list_compact(struct rv_log_list *list)
{
	size_t from = 0, to = 0;
	uint32_t i, k;

	if (list->text.len - list->live_bytes <= RV_LOGS_BYTES_MAX)
		return;
	for (k = 0; k < list->n; k++) {
		struct rv_log_item *next = NULL; /* the first of those not moved yet */

		for (i = 0; i < list->n; i++) {
			struct rv_log_item *item = item_of(list, i);

			if (item->at >= from && (!next || item->at < next->at))
				next = item;
		}
		memmove(list->text.ptr + to, list->text.ptr + next->at, next->len);
		from = next->at + next->len;
		next->at = to;
		to += next->len;
	}
	list->text.len = to;
}

/* Takes out what an earlier record said of the request; its time when the new one knows no better. */
static void list_replace(struct rv_log_list *list, struct rv_log_item *item, bool is_late)
{
	uint32_t i;

	for (i = list->n; item->request && i-- > 0;) {
		if (item_of(list, i)->request != item->request)
			continue;
		if (is_late)
			item->wall_ms = item_of(list, i)->wall_ms;
		list->live_bytes -= item_of(list, i)->len;
		for (list->n--; i < list->n; i++)
			*item_of(list, i) = *item_of(list, i + 1);
		return;
	}
}

/* Takes the item that has been written from `at` to the end of the text. Items stay in order of time. */
static enum rv_status list_take(struct rv_log_list *list, struct rv_log_item item)
{
	uint32_t i;

	item.len = list->text.len - item.at;
	if (rv_buf_status(&list->text) == RV_LIMIT) { /* one item that is too large by itself */
		rv_buf_clear(&list->text);
		list->text.len = item.at;
		list->dropped++;
		return RV_OK;
	}
	if (rv_buf_status(&list->text) != RV_OK)
		return rv_buf_status(&list->text);
	if (list->n == RV_LOGS_ITEMS_MAX)
		list_drop(list);
	for (i = list->n++; i > 0 && item_of(list, i - 1)->wall_ms > item.wall_ms; i--)
		*item_of(list, i) = *item_of(list, i - 1);
	*item_of(list, i) = item;
	list->live_bytes += item.len;
	while (list->n > 1 && list->live_bytes > RV_LOGS_BYTES_MAX)
		list_drop(list);
	list_compact(list);
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

static void number(struct rv_json *json, const char *key, int64_t value)
{
	rv_json_key(json, key);
	rv_json_int(json, value);
}

static void write_console(struct rv_json *json, const struct rv_rec *rec, uint32_t depth)
{
	static const char *const levels[] = {
		"log", "debug", "info", "warn", "error", "trace", "assert", "group", "group_collapsed",
		"log", "table", "dir", "time", "count", "clear", "breadcrumb",
	};
	uint32_t i;

	rv_json_key(json, "level");
	rv_json_cstr(json, name_of(levels, sizeof(levels) / sizeof(*levels), rec->v[RV_CONSOLE_LEVEL].u));
	if (depth)
		number(json, "depth", depth);
	rv_json_key(json, "args");
	rv_json_open(json, '[');
	for (i = RV_CONSOLE_FIXED; i < rec->n && i < RV_CONSOLE_FIXED + RV_LOGS_ARGS_MAX; i++)
		put_text(json, rec->v[i].s);
	rv_json_close(json, ']');
	member(json, "stack", rec->v[RV_CONSOLE_STACK].s);
	number(json, "count", rec->v[RV_CONSOLE_COUNT].u ? rec->v[RV_CONSOLE_COUNT].u : 1);
}

static void write_error(struct rv_json *json, const struct rv_rec *rec, uint32_t depth)
{
	static const char *const kinds[] = {"uncaught", "rejection", "resource", "csp", "deprecation", "intervention"};
	const uint32_t kind = rec->v[RV_ERROR_KIND].u;

	rv_json_key(json, "level");
	rv_json_cstr(json, kind == RV_ERROR_DEPRECATION || kind == RV_ERROR_INTERVENTION ? "warn" : "error");
	rv_json_key(json, "kind");
	rv_json_cstr(json, name_of(kinds, sizeof(kinds) / sizeof(*kinds), kind));
	if (depth)
		number(json, "depth", depth);
	rv_json_key(json, "args");
	rv_json_open(json, '[');
	put_text(json, rec->v[RV_ERROR_MESSAGE].s);
	rv_json_close(json, ']');
	member(json, "stack", rec->v[RV_ERROR_STACK].s);
	member(json, "source", rec->v[RV_ERROR_SOURCE].s);
	if (rec->v[RV_ERROR_LINE].u) {
		number(json, "line", rec->v[RV_ERROR_LINE].u);
		number(json, "column", rec->v[RV_ERROR_COLUMN].u);
	}
	number(json, "count", 1);
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

/* What the parts of kind RV_PART_TIMING are called in a report. */
static const struct timing_part { const char *name, *key; bool is_number, is_timing; } timing_parts[] = {
	/* Milliseconds; connect includes tls, as in HAR. */
	{"blocked", "blocked", true, true}, {"redirect", "redirect", true, true}, {"worker", "worker", true, true},
	{"dns", "dns", true, true}, {"connect", "connect", true, true}, {"tls", "tls", true, true},
	{"wait", "wait", true, true}, {"receive", "receive", true, true},
	{"state", "state", false, false}, /* pending, streaming, open; complete without one */
	{"protocol", "protocol", false, false}, {"initiator", "initiator", false, false}, {"trace", "trace", false, false},
	{"transferred", "transferred_bytes", true, false},
	{"sent", "messages_sent", true, false}, {"received", "messages_received", true, false},
	{"close", "close_code", true, false}, {"reason", "close_reason", false, false},
};

/* A decimal that is JSON as it stands. */
static bool is_decimal(struct rv_span text)
{
	size_t i = 0, start;

	if (text.len > 16)
		return false;
	for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
		;
	if (i == 0 || (i > 1 && text.ptr[0] == '0') || i == text.len)
		return i > 0 && i == text.len && (i == 1 || text.ptr[0] != '0');
	if (text.ptr[i++] != '.')
		return false;
	for (start = i; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
		;
	return i > start && i == text.len;
}

static void write_timing(struct rv_json *json, const struct rv_rec *rec, bool timings)
{
	bool open = false;
	size_t k;
	uint32_t i;

	for (k = 0; k < sizeof(timing_parts) / sizeof(*timing_parts); k++) {
		const struct timing_part *part = &timing_parts[k];

		for (i = RV_NETWORK_FIXED; i + 2 < rec->n && part->is_timing == timings; i += RV_NETWORK_GROUP) {
			struct rv_span value = rec->v[i + RV_NETWORK_G_VALUE].s;

			if (rec->v[i + RV_NETWORK_G_PART].u != RV_PART_TIMING || !rv_span_is(rec->v[i + RV_NETWORK_G_NAME].s, part->name))
				continue;
			if (!value.ptr || (part->is_number && !is_decimal(value)))
				break;
			if (timings && !open) {
				rv_json_key(json, "timings");
				rv_json_open(json, '{');
				open = true;
			}
			rv_json_key(json, part->key);
			if (part->is_number)
				rv_json_raw(json, value);
			else
				put_text(json, value);
			break;
		}
	}
	if (open)
		rv_json_close(json, '}');
}

static void write_network(struct rv_json *json, const struct rv_rec *rec)
{
	static const char *const kinds[] = {"fetch", "xhr", "websocket", "eventsource", "beacon", "resource"};

	member(json, "method", rec->v[RV_NETWORK_METHOD].s);
	member(json, "url", rec->v[RV_NETWORK_URL].s);
	number(json, "status", rec->v[RV_NETWORK_STATUS].u);
	number(json, "duration_ms", rec->v[RV_NETWORK_DURATION_MS].u);
	number(json, "request_bytes", rec->v[RV_NETWORK_REQUEST_BYTES].u);
	number(json, "response_bytes", rec->v[RV_NETWORK_RESPONSE_BYTES].u);
	rv_json_key(json, "type");
	rv_json_cstr(json, name_of(kinds, 6, rec->v[RV_NETWORK_KIND].u));
	member(json, "content_type", rec->v[RV_NETWORK_TYPE].s);
	member(json, "error", rec->v[RV_NETWORK_ERROR].s);
	write_timing(json, rec, false);
	write_timing(json, rec, true);
	write_headers(json, rec, RV_PART_REQUEST_HEADER, "request_headers");
	write_headers(json, rec, RV_PART_RESPONSE_HEADER, "response_headers");
	write_body(json, rec, RV_PART_REQUEST_BODY, "request_body");
	write_body(json, rec, RV_PART_RESPONSE_BODY, "response_body");
}

static void write_frame(struct rv_json *json, const struct rv_rec *rec)
{
	rv_json_key(json, "direction");
	rv_json_cstr(json, rec->v[RV_SOCKET_FLAGS].u & RV_SOCKET_SENT ? "sent" : "received");
	number(json, "bytes", rec->v[RV_SOCKET_BYTES].u);
	if (rec->v[RV_SOCKET_FLAGS].u & RV_SOCKET_BINARY) {
		rv_json_key(json, "binary");
		rv_json_bool(json, true);
	}
	member(json, "text", rec->v[RV_SOCKET_TEXT].s);
}

static void write_performance(struct rv_json *json, const struct rv_rec *rec)
{
	static const char *const kinds[] = {"long_task", "layout_shift", "vital"};

	rv_json_key(json, "kind");
	rv_json_cstr(json, name_of(kinds, 3, rec->v[RV_PERFORMANCE_KIND].u));
	member(json, "name", rec->v[RV_PERFORMANCE_NAME].s);
	rv_json_key(json, "value");
	rv_json_num(json, rec->v[RV_PERFORMANCE_VALUE].f);
	number(json, "duration_ms", rec->v[RV_PERFORMANCE_DURATION_MS].u);
	if (rec->v[RV_PERFORMANCE_NODE].u)
		number(json, "node", rec->v[RV_PERFORMANCE_NODE].u);
	member(json, "detail", rec->v[RV_PERFORMANCE_DETAIL].s);
}

static struct rv_log_list *list_for(struct rv_logs *logs, uint32_t type)
{
	switch (type) {
	case RV_REC_CONSOLE:
	case RV_REC_ERROR: return &logs->console;
	case RV_REC_NETWORK: return &logs->network;
	case RV_REC_SOCKET: return &logs->frames;
	case RV_REC_PERFORMANCE: return &logs->performance;
	default: return NULL;
	}
}

/* Objects stay open: a socket's frames come last. */
static enum rv_status add_record(struct rv_logs *logs, struct rv_log_list *list, const struct rv_rec *rec, double wall_ms, double epoch_wall_ms)
{
	struct rv_log_item item = {.wall_ms = wall_ms, .at = list->text.len};
	struct rv_json json;

	if (rec->type == RV_REC_NETWORK) {
		item.wall_ms = epoch_wall_ms + rec->v[RV_NETWORK_START_MS].u;
		item.request = rec->v[RV_NETWORK_REQUEST].u;
		list_replace(list, &item, rec->v[RV_NETWORK_START_MS].u == 0);
	} else if (rec->type == RV_REC_PERFORMANCE) {
		item.wall_ms = epoch_wall_ms + rec->v[RV_PERFORMANCE_START_MS].u;
	} else if (rec->type == RV_REC_SOCKET) {
		item.request = rec->v[RV_SOCKET_REQUEST].u;
	}
	rv_json_init(&json, &list->text);
	rv_json_open(&json, '{');
	rv_json_key(&json, "ts");
	rv_logs_time(&json, item.wall_ms);
	switch (rec->type) {
	case RV_REC_CONSOLE: write_console(&json, rec, logs->depth); break;
	case RV_REC_ERROR: write_error(&json, rec, logs->depth); break;
	case RV_REC_NETWORK: write_network(&json, rec); break;
	case RV_REC_SOCKET: write_frame(&json, rec); break;
	default: write_performance(&json, rec);
	}
	return list_take(list, item);
}

/* Equal lines in a row are one record. */
static uint32_t times(const struct rv_rec *rec)
{
	return rec->v[RV_CONSOLE_COUNT].u ? rec->v[RV_CONSOLE_COUNT].u : 1;
}

/* A group is the line that opens it and the depth of what follows. */
static bool changes_depth(struct rv_logs *logs, const struct rv_rec *rec)
{
	const uint32_t level = rec->v[RV_CONSOLE_LEVEL].u;

	if (level == RV_LEVEL_GROUP_END)
		logs->depth -= times(rec) < logs->depth ? times(rec) : logs->depth;
	return level == RV_LEVEL_GROUP || level == RV_LEVEL_GROUP_COLLAPSED;
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
	rv_buf_init(&logs->frames.text, 4 * RV_LOGS_BYTES_MAX);
	rv_buf_init(&logs->performance.text, 4 * RV_LOGS_BYTES_MAX);
	return logs;
}

void rv_logs_free(struct rv_logs *logs)
{
	if (!logs)
		return;
	rv_buf_deinit(&logs->console.text);
	rv_buf_deinit(&logs->network.text);
	rv_buf_deinit(&logs->frames.text);
	rv_buf_deinit(&logs->performance.text);
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
		const double wall_ms = reader.head.epoch_wall_ms + rec.t_ms;
		struct rv_log_list *list = list_for(logs, rec.type);
		bool opens = false;

		if (rec.type == RV_REC_EPOCH)
			logs->depth = 0;
		if (!list)
			continue;
		if (rec.type == RV_REC_CONSOLE) {
			opens = changes_depth(logs, &rec);
			if (rec.v[RV_CONSOLE_LEVEL].u == RV_LEVEL_GROUP_END)
				continue;
		}
		if (wall_ms >= logs->from_wall_ms && wall_ms <= logs->to_wall_ms && (status = add_record(logs, list, &rec, wall_ms, reader.head.epoch_wall_ms)) != RV_OK)
			return status;
		if (opens)
			logs->depth += times(&rec) < RV_LOGS_DEPTH_MAX - logs->depth ? times(&rec) : RV_LOGS_DEPTH_MAX - logs->depth;
	}
	return status == RV_END ? RV_OK : status;
}

/* The frames of one socket. */
static void write_frames(const struct rv_log_list *frames, uint32_t socket, struct rv_json *json)
{
	bool open = false;
	uint32_t i;

	for (i = 0; socket && i < frames->n; i++) {
		const struct rv_log_item *item = item_at(frames, i);

		if (item->request != socket)
			continue;
		if (!open)
			rv_buf_str(json->out, ",\"frames\":[");
		else
			rv_buf_byte(json->out, ',');
		open = true;
		rv_buf_add(json->out, frames->text.ptr + item->at, item->len);
		rv_buf_byte(json->out, '}');
	}
	if (open)
		rv_buf_byte(json->out, ']');
}

static void write_list(const struct rv_log_list *list, const struct rv_log_list *frames, const char *key, struct rv_json *json)
{
	uint32_t i;

	rv_json_key(json, key);
	rv_json_open(json, '[');
	for (i = 0; i < list->n; i++) {
		const struct rv_log_item *item = item_at(list, i);

		/* Written without its last bracket. */
		rv_json_raw(json, rv_span(list->text.ptr + item->at, item->len));
		if (frames)
			write_frames(frames, item->request, json);
		rv_buf_byte(json->out, '}');
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
	write_list(&logs->console, NULL, "console_logs", json);
	write_list(&logs->network, &logs->frames, "network_logs", json);
	write_list(&logs->performance, NULL, "performance", json);
	rv_json_key(json, "log_notes");
	rv_json_open(json, '[');
	write_note(&logs->console, "console_logs_cut", json);
	write_note(&logs->network, "network_logs_cut", json);
	write_note(&logs->frames, "frames_cut", json);
	write_note(&logs->performance, "performance_cut", json);
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
