#include "export.h"
#include "clock.h"
#include "json_read.h"
#include "utf8.h"
#include <math.h>
#include <stdio.h>

static const cJSON *get(const cJSON *object, const char *key) { return cJSON_GetObjectItemCaseSensitive(object, key); }

static const char *text_of(const cJSON *object, const char *key, const char *otherwise)
{
	const char *text = cJSON_GetStringValue(get(object, key));
	return text ? text : otherwise;
}

/* A number that is not negative; otherwise. */
static double number_of(const cJSON *object, const char *key, double otherwise)
{
	const cJSON *value = get(object, key);
	return cJSON_IsNumber(value) && isfinite(value->valuedouble) && value->valuedouble >= 0 && value->valuedouble < 1e15 ? value->valuedouble : otherwise;
}

static void put_text(struct rv_json *json, const char *key, const char *text)
{
	rv_json_key(json, key);
	rv_json_cstr(json, text);
}

static void put_number(struct rv_json *json, const char *key, double value)
{
	rv_json_key(json, key);
	rv_json_num(json, value);
}

static void put_whole(struct rv_json *json, const char *key, double value)
{
	rv_json_key(json, key);
	rv_json_int(json, (int64_t)value);
}

static void put_empty(struct rv_json *json, const char *key)
{
	rv_json_key(json, key);
	rv_json_open(json, '[');
	rv_json_close(json, ']');
}

/* ---- HAR ---- */

/* "2026-01-02T03:04:05.678Z" */
static bool is_time(const char *text)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd";
	for (size_t i = 0; i < sizeof form - 1; i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	const char *rest = text + sizeof form - 1;
	if (*rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	return strcmp(rest, "Z") == 0;
}

/* An entry's time, which may be text or milliseconds; "" when it is neither. */
static const char *time_of(const cJSON *entry, char out[32])
{
	const char *text = text_of(entry, "ts", "");
	double ms = number_of(entry, "ts", -1);
	if (ms >= 0 && ms < 253402300800000.0) {
		rv_clock_iso((int64_t)ms, out);
		return out;
	}
	return is_time(text) ? text : "";
}

static void put_pair(struct rv_json *json, struct rv_span name, struct rv_span value)
{
	rv_json_open(json, '{');
	rv_json_key(json, "name");
	rv_json_text(json, name);
	rv_json_key(json, "value");
	rv_json_text(json, value);
	rv_json_close(json, '}');
}

/* Headers come as an object, or as a list of pairs or of {name, value}. */
static void put_headers(struct rv_json *json, const cJSON *headers)
{
	rv_json_key(json, "headers");
	rv_json_open(json, '[');
	for (const cJSON *item = cJSON_IsObject(headers) || cJSON_IsArray(headers) ? headers->child : NULL; item; item = item->next) {
		const char *name = item->string, *value = cJSON_GetStringValue(item);
		if (cJSON_IsArray(headers) && cJSON_IsArray(item)) {
			name = cJSON_GetStringValue(cJSON_GetArrayItem(item, 0));
			value = cJSON_GetStringValue(cJSON_GetArrayItem(item, 1));
		} else if (cJSON_IsArray(headers)) {
			name = text_of(item, "name", NULL);
			value = text_of(item, "value", NULL);
		}
		if (name && value)
			put_pair(json, rv_span_str(name), rv_span_str(value));
	}
	rv_json_close(json, ']');
}

/* A header's value by its name in lower case. */
static const char *header(const cJSON *headers, const char *name)
{
	for (const cJSON *item = cJSON_IsObject(headers) ? headers->child : NULL; item; item = item->next) {
		size_t i = 0;
		while (item->string[i] && name[i] && (item->string[i] >= 'A' && item->string[i] <= 'Z' ? item->string[i] + 32 : item->string[i]) == name[i])
			i++;
		if (!item->string[i] && !name[i])
			return cJSON_GetStringValue(item);
	}
	return NULL;
}

static void put_query(struct rv_json *json, const char *url)
{
	const char *at = strchr(url, '?'), *hash = strchr(url, '#');
	rv_json_key(json, "queryString");
	rv_json_open(json, '[');
	if (at && (!hash || at < hash))
		for (at++; *at && *at != '#';) {
			size_t len = strcspn(at, "&#"), name = 0;
			while (name < len && at[name] != '=')
				name++;
			if (len)
				put_pair(json, rv_span(at, name), rv_span(at + name + (name < len), len - name - (name < len)));
			at += len + (at[len] == '&');
		}
	rv_json_close(json, ']');
}

static void put_body_text(struct rv_json *json, const cJSON *body)
{
	rv_json_key(json, "text");
	if (cJSON_IsString(body)) {
		rv_json_cstr(json, body->valuestring);
		return;
	}
	char *text = cJSON_PrintUnformatted(body);
	rv_json_cstr(json, text ? text : "");
	cJSON_free(text);
}

static bool has_body(const cJSON *body) { return cJSON_IsString(body) || cJSON_IsObject(body) || cJSON_IsArray(body); }

static void put_request(struct rv_json *json, const cJSON *entry, const char *url)
{
	const cJSON *body = get(entry, "request_body"), *headers = get(entry, "request_headers");
	const char *method = text_of(entry, "method", ""), *type = header(headers, "content-type");
	rv_json_key(json, "request");
	rv_json_open(json, '{');
	put_text(json, "method", *method ? method : "GET");
	put_text(json, "url", url);
	put_text(json, "httpVersion", text_of(entry, "protocol", ""));
	put_empty(json, "cookies");
	put_headers(json, headers);
	put_query(json, url);
	if (has_body(body)) {
		rv_json_key(json, "postData");
		rv_json_open(json, '{');
		put_text(json, "mimeType", type ? type : "");
		put_empty(json, "params");
		put_body_text(json, body);
		rv_json_close(json, '}');
	}
	put_whole(json, "headersSize", -1);
	put_whole(json, "bodySize", number_of(entry, "request_bytes", -1));
	rv_json_close(json, '}');
}

static void put_response(struct rv_json *json, const cJSON *entry)
{
	const cJSON *body = get(entry, "response_body"), *headers = get(entry, "response_headers");
	const char *type = text_of(entry, "content_type", header(headers, "content-type")), *location = header(headers, "location");
	rv_json_key(json, "response");
	rv_json_open(json, '{');
	put_whole(json, "status", number_of(entry, "status", 0));
	put_text(json, "statusText", "");
	put_text(json, "httpVersion", text_of(entry, "protocol", ""));
	put_empty(json, "cookies");
	put_headers(json, headers);
	rv_json_key(json, "content");
	rv_json_open(json, '{');
	put_whole(json, "size", number_of(entry, "response_bytes", 0));
	put_text(json, "mimeType", type ? type : "");
	if (has_body(body))
		put_body_text(json, body);
	rv_json_close(json, '}');
	put_text(json, "redirectURL", location ? location : "");
	put_whole(json, "headersSize", -1);
	put_whole(json, "bodySize", number_of(entry, "response_bytes", -1));
	if (get(entry, "transferred_bytes"))
		put_whole(json, "_transferSize", number_of(entry, "transferred_bytes", 0));
	if (*text_of(entry, "error", ""))
		put_text(json, "_error", text_of(entry, "error", ""));
	rv_json_close(json, '}');
}

/* Phases that are known, and what is not accounted for as blocked: the sum is the entry's time, which
 * is written first. */
static void put_timings(struct rv_json *json, const cJSON *entry)
{
	const cJSON *timings = get(entry, "timings");
	double duration = number_of(entry, "duration_ms", 0), dns = number_of(timings, "dns", -1), connect = number_of(timings, "connect", -1), ssl = number_of(timings, "tls", -1);
	double blocked = number_of(timings, "blocked", -1), before = number_of(timings, "redirect", 0) + number_of(timings, "worker", 0);
	bool known = cJSON_IsObject(timings) && timings->child;
	double wait = number_of(timings, "wait", known ? 0 : duration), receive = number_of(timings, "receive", 0);
	if (before > 0)
		blocked = (blocked < 0 ? 0 : blocked) + before;
	double sum = (blocked < 0 ? 0 : blocked) + (dns < 0 ? 0 : dns) + (connect < 0 ? 0 : connect) + wait + receive;
	if (sum < duration) {
		blocked = (blocked < 0 ? 0 : blocked) + duration - sum;
		sum = duration;
	}
	put_number(json, "time", sum);
	rv_json_key(json, "cache");
	rv_json_open(json, '{');
	rv_json_close(json, '}');
	rv_json_key(json, "timings");
	rv_json_open(json, '{');
	put_number(json, "blocked", blocked);
	put_number(json, "dns", dns);
	put_number(json, "connect", connect);
	put_number(json, "send", 0);
	put_number(json, "wait", wait);
	put_number(json, "receive", receive);
	put_number(json, "ssl", ssl);
	rv_json_close(json, '}');
}

/* Chrome's member for sockets, so that its tools show the messages. */
static void put_messages(struct rv_json *json, const cJSON *frames)
{
	char time[32];
	rv_json_key(json, "_webSocketMessages");
	rv_json_open(json, '[');
	for (const cJSON *frame = frames->child; frame; frame = frame->next) {
		bool sent = strcmp(text_of(frame, "direction", ""), "sent") == 0;
		if (!cJSON_IsObject(frame))
			continue;
		rv_json_open(json, '{');
		put_text(json, "type", sent ? "send" : "receive");
		put_text(json, "_time", time_of(frame, time));
		put_whole(json, "opcode", cJSON_IsTrue(get(frame, "binary")) ? 2 : 1);
		put_text(json, "data", text_of(frame, "text", ""));
		put_whole(json, "_bytes", number_of(frame, "bytes", 0));
		rv_json_close(json, '}');
	}
	rv_json_close(json, ']');
}

static void put_entry(struct rv_json *json, const cJSON *entry)
{
	char time[32];
	const char *url = text_of(entry, "url", ""), *ts = time_of(entry, time), *type = text_of(entry, "type", "");
	const cJSON *frames = get(entry, "frames");
	if (!*url || !*ts)
		return;
	rv_json_open(json, '{');
	put_text(json, "pageref", "page_1");
	put_text(json, "startedDateTime", ts);
	put_request(json, entry, url);
	put_response(json, entry);
	put_timings(json, entry);
	if (*type)
		put_text(json, "_resourceType", type);
	if (*text_of(entry, "initiator", ""))
		put_text(json, "_initiatorType", text_of(entry, "initiator", ""));
	if (*text_of(entry, "trace", ""))
		put_text(json, "_traceparent", text_of(entry, "trace", ""));
	if (cJSON_IsArray(frames))
		put_messages(json, frames);
	if (*text_of(entry, "state", ""))
		put_text(json, "comment", "The request went on when the report was made.");
	rv_json_close(json, '}');
}

void rv_export_har(struct rv_json *json, const cJSON *report)
{
	char time[32];
	const cJSON *page = get(report, "page"), *browser = get(page, "browser"), *logs = get(report, "network_logs");
	const char *title = text_of(page, "title", text_of(page, "url", "")), *created = text_of(report, "created_at", ""), *started = created;
	for (const cJSON *entry = cJSON_IsArray(logs) ? logs->child : NULL; entry; entry = entry->next)
		if (*(started = time_of(entry, time)))
			break;
	if (!*started)
		started = created;
	rv_json_open(json, '{');
	rv_json_key(json, "log");
	rv_json_open(json, '{');
	put_text(json, "version", "1.2");
	rv_json_key(json, "creator");
	rv_json_open(json, '{');
	put_text(json, "name", "Rearview");
	put_text(json, "version", "0.1.0");
	rv_json_close(json, '}');
	if (cJSON_IsObject(browser) && *text_of(browser, "name", "")) {
		rv_json_key(json, "browser");
		rv_json_open(json, '{');
		put_text(json, "name", text_of(browser, "name", ""));
		put_text(json, "version", text_of(browser, "version", ""));
		rv_json_close(json, '}');
	}
	rv_json_key(json, "pages");
	rv_json_open(json, '[');
	rv_json_open(json, '{');
	put_text(json, "startedDateTime", started);
	put_text(json, "id", "page_1");
	put_text(json, "title", title);
	rv_json_key(json, "pageTimings");
	rv_json_open(json, '{');
	rv_json_close(json, '}');
	rv_json_close(json, '}');
	rv_json_close(json, ']');
	rv_json_key(json, "entries");
	rv_json_open(json, '[');
	for (const cJSON *entry = cJSON_IsArray(logs) ? logs->child : NULL; entry; entry = entry->next)
		put_entry(json, entry);
	rv_json_close(json, ']');
	rv_json_close(json, '}');
	rv_json_close(json, '}');
}

/* ---- text ---- */

enum { TIME_WIDTH = 24, LEVEL_WIDTH = 15, DEPTH_MAX = 20 };

static void put_spaces(struct rv_buf *out, size_t n)
{
	while (n--)
		rv_buf_byte(out, ' ');
}

/* Characters that make other characters stand elsewhere, U+061C, U+200E–F, U+2028–E, U+2066–9; their number or 0. */
static unsigned direction_at(const uint8_t *at)
{
	if (at[0] == 0xd8 && at[1] == 0x9c)
		return 0x61c;
	if (at[0] != 0xe2 || (at[1] != 0x80 && at[1] != 0x81))
		return 0;
	unsigned code = 0x2000u | (at[1] & 63u) << 6 | (at[2] & 63u);
	return code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ? code : 0;
}

/* Lines after the first begin below it. */
static void put_escaped(struct rv_buf *out, const char *text, size_t indent)
{
	char hex[8];
	for (const uint8_t *at = (const uint8_t *)text; *at; at++) {
		unsigned direction = direction_at(at);
		if (*at == '\n') {
			rv_buf_byte(out, '\n');
			put_spaces(out, indent);
		} else if (direction) {
			snprintf(hex, sizeof hex, "\\u%04x", direction);
			rv_buf_str(out, hex);
			at += direction == 0x61c ? 1 : 2;
		} else if ((*at < 0x20 && *at != '\t' && *at != '\r') || *at == 0x7f || (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)) {
			snprintf(hex, sizeof hex, "\\x%02x", *at == 0xc2 ? at[1] : *at);
			rv_buf_str(out, hex);
			at += *at == 0xc2;
		} else if (*at != '\r') {
			rv_buf_byte(out, *at);
		}
	}
}

static void put_arg(struct rv_buf *out, const cJSON *arg, size_t indent)
{
	char *made = cJSON_IsString(arg) ? NULL : cJSON_PrintUnformatted(arg);
	const char *text = cJSON_IsString(arg) ? arg->valuestring : made;
	put_escaped(out, text ? text : "", indent);
	cJSON_free(made);
}

/* Of small letters and underscores. */
static bool is_word(const char *text) { return *text && text[strspn(text, "abcdefghijklmnopqrstuvwxyz_")] == 0; }

static void put_line(struct rv_buf *out, const cJSON *entry)
{
	char time[32];
	const char *ts = time_of(entry, time), *level = text_of(entry, "level", "log"), *kind = text_of(entry, "kind", ""), *stack = text_of(entry, "stack", ""), *source = text_of(entry, "source", "");
	const cJSON *args = get(entry, "args");
	double depth = number_of(entry, "depth", 0), count = number_of(entry, "count", 1);
	size_t indent = TIME_WIDTH + 2 + LEVEL_WIDTH + 2 + 2 * (size_t)(depth < DEPTH_MAX ? depth : DEPTH_MAX), start = out->len;
	put_escaped(out, ts, 0);
	if (out->len - start < TIME_WIDTH + 2)
		put_spaces(out, TIME_WIDTH + 2 - (out->len - start));
	start = out->len;
	rv_buf_span(out, rv_utf8_prefix(rv_span_str(is_word(level) ? level : "log"), LEVEL_WIDTH));
	if (out->len - start < LEVEL_WIDTH + 2)
		put_spaces(out, LEVEL_WIDTH + 2 - (out->len - start));
	put_spaces(out, indent - TIME_WIDTH - LEVEL_WIDTH - 4);
	if (*kind) {
		rv_buf_byte(out, '(');
		put_escaped(out, kind, indent);
		rv_buf_str(out, ") ");
	}
	for (const cJSON *arg = cJSON_IsArray(args) ? args->child : NULL; arg; arg = arg->next) {
		put_arg(out, arg, indent);
		if (arg->next)
			rv_buf_byte(out, ' ');
	}
	if (count > 1) {
		rv_buf_str(out, " (");
		rv_buf_dec(out, (uint64_t)count);
		rv_buf_str(out, " times)");
	}
	for (int i = 0; i < 2; i++) {
		const char *more = i ? source : stack;
		if (!*more || (i && *stack))
			continue;
		rv_buf_byte(out, '\n');
		put_spaces(out, indent);
		put_escaped(out, more, indent);
	}
	rv_buf_byte(out, '\n');
}

void rv_export_text(struct rv_buf *out, const cJSON *report)
{
	const cJSON *page = get(report, "page"), *logs = get(report, "console_logs");
	rv_buf_str(out, "Rearview report ");
	rv_buf_dec(out, (uint64_t)number_of(report, "number", 0));
	if (*text_of(report, "title", "")) {
		rv_buf_str(out, ": ");
		put_escaped(out, text_of(report, "title", ""), 2);
	}
	rv_buf_str(out, "\nPage  ");
	put_escaped(out, text_of(page, "url", ""), 6);
	rv_buf_str(out, "\nSent  ");
	put_escaped(out, text_of(report, "created_at", ""), 6);
	rv_buf_str(out, "\n\n");
	for (const cJSON *entry = cJSON_IsArray(logs) ? logs->child : NULL; entry; entry = entry->next)
		if (cJSON_IsObject(entry))
			put_line(out, entry);
	if (!cJSON_IsArray(logs) || !logs->child)
		rv_buf_str(out, "Nothing was written to the console.\n");
}
