/* Answers: what handlers write, and how it goes out. */
#define _GNU_SOURCE
#include "http_int.h"
#include "clock.h"
#include "json.h"
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what handlers write ---- */

void rv_call_set_header(struct rv_call *call, const char *name, const char *value)
{
	struct rv_reply_header **at = &call->headers;
	if (strcasecmp(name, "Set-Cookie") != 0)
		while (*at && strcasecmp((*at)->name, name) != 0)
			at = &(*at)->next;
	else
		while (*at)
			at = &(*at)->next;
	const char *copy = value ? (const char *)rv_arena_copy(&call->arena, rv_span_str(value)).ptr : NULL;
	if (value && !copy)
		return;
	if (!*at) {
		struct rv_reply_header *header = rv_arena_alloc(&call->arena, sizeof *header);
		const char *name_copy = header ? (const char *)rv_arena_copy(&call->arena, rv_span_str(name)).ptr : NULL;
		if (!name_copy)
			return;
		*header = (struct rv_reply_header){NULL, name_copy, NULL};
		*at = header;
	}
	(*at)->value = copy;
}

static const struct rv_reply_header *find_header(struct rv_call *call, const char *name)
{
	for (const struct rv_reply_header *header = call->headers; header; header = header->next)
		if (strcasecmp(header->name, name) == 0)
			return header;
	return NULL;
}

struct rv_buf *rv_call_out(struct rv_call *call) { return &call->out; }

void rv_call_allow_origin(struct rv_call *call, const char *origin)
{
	call->origin = origin ? (const char *)rv_arena_copy(&call->arena, rv_span_str(origin)).ptr : NULL;
	if (origin && strcmp(origin, "*") != 0)
		rv_call_set_header(call, "Vary", "Origin");
}

void rv_call_set_session_info(struct rv_call *call, const char *url)
{
	call->session_info = (const char *)rv_arena_copy(&call->arena, rv_span_str(url)).ptr;
}

/* "abc" against the list of If-None-Match, weakly. */
static bool etag_matches(const char *list, const char *etag)
{
	if (strcmp(list, "*") == 0)
		return true;
	if (strncmp(etag, "W/", 2) == 0)
		etag += 2;
	size_t n = strlen(etag);
	for (const char *p = list; *p;) {
		p += strspn(p, ", \t");
		if (strncmp(p, "W/", 2) == 0)
			p += 2;
		size_t len = strcspn(p, ", \t");
		if (len == n && memcmp(p, etag, n) == 0)
			return true;
		p += len;
	}
	return false;
}

static bool client_has(struct rv_call *call)
{
	const struct rv_reply_header *etag = find_header(call, "ETag");
	const char *known = rv_call_header(call, "If-None-Match");
	return known && etag && etag->value && (strcmp(call->method, "GET") == 0 || strcmp(call->method, "HEAD") == 0) && etag_matches(known, etag->value);
}

/* The reply is whole: hands the call back to the event thread. After this the call may be gone. */
static void hand_back(struct rv_call *call)
{
	struct MHD_Connection *mhd = call->mhd;
	call->replied = true;
	if (atomic_exchange(&call->progress, RV_FINISHED) == RV_SUSPENDED)
		MHD_resume_connection(mhd);
}

void rv_call_finish(struct rv_call *call, int http_status, const char *content_type)
{
	if (rv_buf_status(&call->out)) {
		enum rv_status status = rv_buf_status(&call->out);
		rv_buf_clear(&call->out);
		rv_call_fail_status(call, status == RV_LIMIT ? RV_MEMORY : status);
		return;
	}
	call->status = http_status == 200 && client_has(call) ? 304 : http_status;
	if (call->status == 304)
		rv_buf_clear(&call->out);
	call->content_type = content_type ? (const char *)rv_arena_copy(&call->arena, rv_span_str(content_type)).ptr : NULL;
	hand_back(call);
}

/* One range of "bytes=a-b"; 0: send all of it, 1: that range, -1: outside of the file. */
static int read_range(struct rv_call *call, uint64_t size, const char *etag, uint64_t *from, uint64_t *n)
{
	const char *range = rv_call_header(call, "Range"), *only_if = rv_call_header(call, "If-Range");
	if (!range || strncmp(range, "bytes=", 6) != 0 || (only_if && (!etag || strcmp(only_if, etag) != 0)))
		return 0;
	range += 6;
	size_t n_first = strspn(range, "0123456789");
	if (n_first > 18 || range[n_first] != '-')
		return 0;
	const char *last = range + n_first + 1;
	size_t n_last = strspn(last, "0123456789");
	if (n_last > 18 || last[n_last] || (!n_first && !n_last))
		return 0;
	uint64_t a = strtoull(range, NULL, 10), b = n_last ? strtoull(last, NULL, 10) : UINT64_MAX;
	if (!n_first) { /* the last b bytes */
		a = b < size ? size - b : 0;
		if (!b)
			return -1;
		b = UINT64_MAX;
	} else if (b < a) {
		return 0;
	}
	if (a >= size)
		return -1;
	*from = a;
	*n = (b < size - 1 ? b : size - 1) - a + 1;
	return 1;
}

void rv_call_finish_file(struct rv_call *call, int fd, const char *content_type, const char *etag)
{
	struct stat info;
	char text[80];
	if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
		if (fd >= 0)
			close(fd);
		rv_call_fail_status(call, RV_IO);
		return;
	}
	uint64_t size = (uint64_t)info.st_size;
	if (etag)
		rv_call_set_header(call, "ETag", etag);
	rv_call_set_header(call, "Accept-Ranges", "bytes");
	call->file = fd;
	call->file_bytes = size;
	if (client_has(call)) {
		close(fd);
		call->file = -1;
		rv_call_finish(call, 304, content_type);
		return;
	}
	int range = read_range(call, size, etag, &call->file_at, &call->file_bytes);
	if (range < 0) {
		close(fd);
		call->file = -1;
		snprintf(text, sizeof text, "bytes */%llu", (unsigned long long)size);
		rv_call_set_header(call, "Content-Range", text);
		rv_call_fail(call, 416, call->family == RV_FAMILY_ACTION ? "OUT_OF_RANGE" : "out_of_range", "The range lies outside of the file.", NULL);
		return;
	}
	if (range > 0) {
		snprintf(text, sizeof text, "bytes %llu-%llu/%llu", (unsigned long long)call->file_at, (unsigned long long)(call->file_at + call->file_bytes - 1), (unsigned long long)size);
		rv_call_set_header(call, "Content-Range", text);
	}
	rv_call_finish(call, range > 0 ? 206 : 200, content_type);
}

static void put_html(struct rv_buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			rv_buf_str(out, "&amp;");
		else if (*text == '<')
			rv_buf_str(out, "&lt;");
		else if (*text == '>')
			rv_buf_str(out, "&gt;");
		else
			rv_buf_byte(out, (uint8_t)*text);
	}
}

void rv_call_fail(struct rv_call *call, int http_status, const char *code, const char *message, const char *field)
{
	struct rv_buf *out = &call->out;
	rv_buf_clear(out);
	if (call->family == RV_FAMILY_PAGE) {
		rv_buf_str(out, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>");
		put_html(out, message);
		rv_buf_str(out, "</title><h1>");
		put_html(out, message);
		rv_buf_str(out, "</h1><p><a href=\"/\">Reports</a></p></html>\n");
		rv_call_finish(call, http_status, "text/html; charset=utf-8");
		return;
	}
	struct rv_json json;
	rv_json_init(&json, out);
	rv_json_open(&json, '{');
	if (call->family == RV_FAMILY_ACTION) {
		rv_json_key(&json, "ok");
		rv_json_bool(&json, false);
		rv_json_key(&json, "error");
		rv_json_cstr(&json, code);
		rv_json_key(&json, "error_message");
		rv_json_cstr(&json, message);
		rv_json_key(&json, "ts");
		rv_json_int(&json, rv_clock_wall_ms());
		if (call->session_info && http_status != 415 && http_status != 401) {
			rv_json_key(&json, "sessionInfoUrl");
			rv_json_cstr(&json, call->session_info);
		}
	} else {
		rv_json_key(&json, "error");
		rv_json_open(&json, '{');
		rv_json_key(&json, "code");
		rv_json_cstr(&json, code);
		rv_json_key(&json, "message");
		rv_json_cstr(&json, message);
		if (field) {
			rv_json_key(&json, "field");
			rv_json_cstr(&json, field);
		}
		rv_json_close(&json, '}');
	}
	rv_json_close(&json, '}');
	rv_call_finish(call, http_status, "application/json");
}

/* The server's codes are lower case; the action family spells codes in capitals and has one for any body. */
void rv_call_refuse(struct rv_call *call, int http_status, const char *code, const char *message)
{
	char capitals[40];
	size_t n = 0;
	if (call->replied)
		return;
	call->by_server = true;
	if (call->family == RV_FAMILY_ACTION) {
		if (http_status == 413)
			code = "invalid_body";
		for (; code[n] && n < sizeof capitals - 1; n++)
			capitals[n] = (char)(code[n] >= 'a' && code[n] <= 'z' ? code[n] - 32 : code[n]);
		capitals[n] = 0;
		code = capitals;
	}
	if (http_status == 503)
		rv_call_set_header(call, "Retry-After", "1");
	rv_call_fail(call, http_status, code, message, NULL);
}

void rv_call_fail_status(struct rv_call *call, enum rv_status status)
{
	static const struct { int http; const char *code, *message; } known[] = {
		{400, "bad_request", "The request is malformed."}, {401, "unauthorized", "The key is missing or wrong."}, {404, "not_found", "There is nothing with this id."},
		{409, "conflict", "This was stored differently before."}, {413, "too_large", "The body is too large."}, {422, "unprocessable", "A rule is broken."}, {503, "unavailable", "The server cannot do this right now."},
	};
	int http = rv_status_http(status);
	size_t i = 0;
	while (i < sizeof known / sizeof *known - 1 && known[i].http != http)
		i++;
	rv_call_refuse(call, known[i].http, known[i].code, known[i].message);
}

void rv_call_redirect(struct rv_call *call, int http_status, const char *location)
{
	rv_call_set_header(call, "Location", location);
	rv_call_finish(call, http_status, NULL);
}

/* ---- how it goes out, on the event thread ---- */

static void add_default(struct rv_call *call, struct MHD_Response *response, const char *name, const char *value)
{
	if (value && !find_header(call, name))
		MHD_add_response_header(response, name, value);
}

static void add_headers(struct rv_call *call, struct MHD_Response *response)
{
	bool open_to_all = call->family == RV_FAMILY_WIDGET;
	if (call->content_type)
		MHD_add_response_header(response, "Content-Type", call->content_type);
	for (const struct rv_reply_header *header = call->headers; header; header = header->next)
		if (header->value)
			MHD_add_response_header(response, header->name, header->value);
	if (open_to_all && call->origin) {
		add_default(call, response, "Access-Control-Allow-Origin", call->origin);
		add_default(call, response, "Access-Control-Expose-Headers", "ETag, Retry-After");
	}
	add_default(call, response, "X-Content-Type-Options", "nosniff");
	add_default(call, response, "Cross-Origin-Resource-Policy", open_to_all ? "cross-origin" : "same-origin");
	add_default(call, response, "Referrer-Policy", "no-referrer");
	add_default(call, response, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox");
	add_default(call, response, "Cache-Control", "no-store");
	if (call->close_after || atomic_load(&call->server->stopping))
		MHD_add_response_header(response, "Connection", "close");
}

bool rv_call_send(struct rv_call *call)
{
	struct MHD_Response *response;
	uint64_t bytes = 0;
	if (call->ws) {
		response = rv_upgrade_response(call);
		call->status = 101;
	} else if (call->file >= 0) {
		response = MHD_create_response_from_fd_at_offset64(call->file_bytes, call->file, call->file_at);
		bytes = call->file_bytes;
		if (response)
			call->file = -1; /* the response closes it */
	} else {
		/* The call outlives the response, so its buffer is sent as it lies. */
		response = MHD_create_response_from_buffer(call->out.len, call->out.len ? (void *)call->out.ptr : (void *)(uintptr_t)"", MHD_RESPMEM_PERSISTENT);
		bytes = call->out.len;
	}
	if (!response)
		return false;
	if (!call->ws)
		add_headers(call, response);
	rv_conn_enter(call->conn, RV_CONN_REPLY, bytes);
	call->stage = RV_STAGE_SENT;
	enum MHD_Result queued = MHD_queue_response(call->mhd, (unsigned)call->status, response);
	MHD_destroy_response(response);
	return queued == MHD_YES;
}
