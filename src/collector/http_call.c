/* The head of a request: checks that libmicrohttpd leaves to us, and what routes may ask of it. */
#define _GNU_SOURCE
#include "http_int.h"
#include "utf8.h"
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* RFC 9110 token characters. */
static bool is_token(const char *text, size_t len)
{
	static const char other[] = "!#$%&'*+-.^_`|~";
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr(other, c))))
			return false;
	}
	return len > 0;
}

static bool is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f)
			return false;
	return true;
}

bool rv_header_has_token(const char *value, const char *token)
{
	size_t n = strlen(token);
	for (const char *p = value; *p;) {
		p += strspn(p, ", \t");
		size_t len = strcspn(p, ",");
		size_t end = len;
		while (end && (p[end - 1] == ' ' || p[end - 1] == '\t'))
			end--;
		if (end == n && strncasecmp(p, token, n) == 0)
			return true;
		p += len;
	}
	return false;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool rv_decode_percent(char *text, bool plus_is_space)
{
	char *to = text;
	for (const char *from = text; *from; from++) {
		char c = *from;
		if (c == '%') {
			int high = hex_digit(from[1]), low = high < 0 ? -1 : hex_digit(from[2]);
			if (low < 0 || (high == 0 && low == 0))
				return false;
			c = (char)(high << 4 | low);
			from += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		*to++ = c;
	}
	*to = 0;
	return rv_utf8_valid(rv_span_str(text), false);
}

struct head { unsigned hosts, lengths, encodings, types, content_encodings, keys; bool bad, chunked; const char *host; };

static enum MHD_Result see_header(void *user, enum MHD_ValueKind kind, const char *name, size_t n_name, const char *value, size_t n_value)
{
	struct head *head = user;
	if (!is_token(name, n_name) || !is_plain(value ? value : "", value ? n_value : 0))
		head->bad = true;
	if (strcasecmp(name, "Host") == 0) {
		head->hosts++;
		head->host = value;
	} else if (strcasecmp(name, "Content-Length") == 0) {
		head->lengths++;
	} else if (strcasecmp(name, "Transfer-Encoding") == 0) {
		head->encodings++;
		head->chunked = value && strcasecmp(value, "chunked") == 0;
	} else if (strcasecmp(name, "Content-Type") == 0) {
		head->types++;
	} else if (strcasecmp(name, "Content-Encoding") == 0) {
		head->content_encodings++;
	} else if (strcasecmp(name, "Sec-WebSocket-Key") == 0) {
		head->keys++;
	}
	return MHD_YES;
}

static bool is_host(const char *host)
{
	return *host && strlen(host) <= 255 && strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]") == strlen(host);
}

/* The nearest address in X-Forwarded-For that is not one of our proxies. */
static struct rv_ip forwarded_ip(struct rv_call *call)
{
	struct rv_ip ip = call->conn->peer;
	const char *list = rv_call_header(call, "X-Forwarded-For");
	size_t end = list ? strlen(list) : 0;
	while (end && rv_net_list_has(&call->server->proxies, &ip)) {
		while (end && (list[end - 1] == ' ' || list[end - 1] == '\t'))
			end--;
		size_t from = end;
		while (from && list[from - 1] != ',')
			from--;
		size_t start = from;
		while (start < end && (list[start] == ' ' || list[start] == '\t'))
			start++;
		struct rv_ip next;
		if (!rv_ip_parse(list + start, end - start, &next))
			break;
		ip = next;
		end = from ? from - 1 : 0;
	}
	return ip;
}

static void read_origin(struct rv_call *call, const char *host)
{
	bool proxied = rv_net_list_has(&call->server->proxies, &call->conn->peer);
	struct rv_ip ip = proxied ? forwarded_ip(call) : call->conn->peer;
	char text[RV_IP_TEXT_BYTES];
	rv_ip_text(&ip, text);
	call->ip = (const char *)rv_arena_copy(&call->arena, rv_span_str(text)).ptr;
	const char *proto = proxied ? rv_call_header(call, "X-Forwarded-Proto") : NULL;
	call->tls = proto ? strcasecmp(proto, "https") == 0 : call->server->options.tls_cert != NULL;
	const char *outside = proxied ? rv_call_header(call, "X-Forwarded-Host") : NULL;
	if (outside && is_host(outside))
		host = outside;
	char url[300];
	snprintf(url, sizeof url, "%s://%s", call->tls ? "https" : "http", host ? host : "localhost");
	const char *fixed = call->server->options.base_url;
	call->base_url = (const char *)rv_arena_copy(&call->arena, rv_span_str(fixed ? fixed : url)).ptr;
}

/* "a=1&b=x+y": names and values decoded; false when malformed or too many. */
static bool split_query(struct rv_call *call)
{
	if (!call->raw_query || !*call->raw_query)
		return true;
	struct rv_span copy = rv_arena_copy(&call->arena, rv_span_str(call->raw_query));
	struct rv_name_value *query = rv_arena_alloc(&call->arena, RV_QUERY_MAX * sizeof *query);
	if (!copy.ptr || !query)
		return false;
	call->query = query;
	char *rest = (char *)copy.ptr;
	while (rest) {
		char *item = strsep(&rest, "&");
		if (!*item)
			continue;
		char *value = strchr(item, '=');
		if (value)
			*value++ = 0;
		if (call->n_query == RV_QUERY_MAX || !rv_decode_percent(item, true) || (value && !rv_decode_percent(value, true)))
			return false;
		query[call->n_query++] = (struct rv_name_value){item, value ? value : ""};
	}
	return true;
}

static bool split_uri(struct rv_call *call)
{
	const char *uri = call->uri;
	if (strncasecmp(uri, "http://", 7) == 0 || strncasecmp(uri, "https://", 8) == 0) { /* absolute form */
		uri = strchr(uri, ':') + 3;
		uri += strcspn(uri, "/?");
	}
	if (*uri != '/' && strcmp(uri, "*") != 0)
		return false;
	if (!is_plain(uri, strlen(uri)) || strpbrk(uri, " \t#\\\""))
		return false;
	size_t n_path = strcspn(uri, "?");
	call->path = (const char *)rv_arena_copy(&call->arena, rv_span(uri, n_path)).ptr;
	call->raw_query = uri[n_path] ? uri + n_path + 1 : NULL;
	return call->path && split_query(call);
}

void rv_call_read_head(struct rv_call *call)
{
	struct head head = {0};
	MHD_get_connection_values_n(call->mhd, MHD_HEADER_KIND, see_header, &head);
	const union MHD_ConnectionInfo *size = MHD_get_connection_info(call->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	/* Whatever may be read in two ways ends the connection: the next request could be smuggled. */
	bool needs_host = strcmp(call->version, "HTTP/1.0") != 0;
	const char *bad = head.bad ? "A header is malformed." : needs_host && !head.hosts ? "The Host header is missing." : head.hosts > 1 || (head.host && !is_host(head.host)) ? "The Host header is malformed." : head.lengths > 1 ? "Content-Length is given twice."
		: head.encodings > 1 || (head.encodings && !head.chunked) ? "Transfer-Encoding can only be chunked." : head.encodings && head.lengths ? "Content-Length and Transfer-Encoding exclude each other."
		: head.types > 1 || head.content_encodings > 1 || head.keys > 1 ? "A header is given twice." : !is_token(call->method, strlen(call->method)) ? "The method is malformed." : NULL;
	read_origin(call, bad ? NULL : head.host);
	if (!bad && (!call->uri || !split_uri(call)))
		bad = "The address is malformed.";
	call->body.chunked = head.encodings > 0;
	const char *length = rv_call_header(call, "Content-Length");
	call->body.length = length ? strtoull(length, NULL, 10) : 0;
	call->body.expected = call->body.chunked || call->body.length > 0;
	if (bad || !call->ip || !call->base_url) {
		call->close_after = true;
		rv_call_refuse(call, bad ? 400 : 503, bad ? "bad_request" : "overloaded", bad ? bad : "The server is out of memory.");
	} else if (strlen(call->uri) > RV_URI_BYTES_MAX) {
		call->close_after = true;
		rv_call_refuse(call, 414, "uri_too_long", "The address is too long.");
	} else if (size && size->header_size > RV_HEAD_BYTES_MAX) {
		call->close_after = true;
		rv_call_refuse(call, 431, "header_too_large", "The headers are too large.");
	}
}

/* ---- what routes ask ---- */

struct rv_app *rv_call_app(struct rv_call *call) { return call->server->app; }
struct rv_arena *rv_call_arena(struct rv_call *call) { return &call->arena; }
const char *rv_call_method(struct rv_call *call) { return call->method; }
const char *rv_call_path(struct rv_call *call) { return call->path; }
const char *rv_call_ip(struct rv_call *call) { return call->ip; }
bool rv_call_is_tls(struct rv_call *call) { return call->tls; }
const char *rv_call_base_url(struct rv_call *call) { return call->base_url; }
void rv_call_set_user(struct rv_call *call, void *user) { call->user = user; }
void *rv_call_user(struct rv_call *call) { return call->user; }

const char *rv_call_param(struct rv_call *call, const char *name)
{
	for (size_t i = 0; i < call->n_params; i++)
		if (strcmp(call->params[i].name, name) == 0)
			return call->params[i].value;
	return NULL;
}

const char *rv_call_query(struct rv_call *call, const char *name)
{
	for (size_t i = 0; i < call->n_query; i++)
		if (strcmp(call->query[i].name, name) == 0)
			return call->query[i].value;
	return NULL;
}

const char *rv_call_header(struct rv_call *call, const char *name)
{
	return MHD_lookup_connection_value(call->mhd, MHD_HEADER_KIND, name);
}

const char *rv_call_cookie(struct rv_call *call, const char *name)
{
	const char *cookies = rv_call_header(call, "Cookie");
	size_t n = strlen(name);
	for (const char *p = cookies ? cookies : ""; *p;) {
		p += strspn(p, "; \t");
		size_t len = strcspn(p, ";");
		if (len > n && p[n] == '=' && strncmp(p, name, n) == 0) {
			size_t end = len;
			while (end > n + 1 && (p[end - 1] == ' ' || p[end - 1] == '\t'))
				end--;
			return (const char *)rv_arena_copy(&call->arena, rv_span(p + n + 1, end - n - 1)).ptr;
		}
		p += len;
	}
	return NULL;
}

struct rv_span rv_call_body(struct rv_call *call) { return rv_buf_get(&call->body.whole); }

size_t rv_call_parts(struct rv_call *call, const struct rv_part **parts)
{
	*parts = call->body.parts;
	return call->body.n_parts;
}

const struct rv_part *rv_call_part(struct rv_call *call, const char *name)
{
	for (size_t i = 0; i < call->body.n_parts; i++)
		if (strcmp(call->body.parts[i].name, name) == 0)
			return &call->body.parts[i];
	return NULL;
}
