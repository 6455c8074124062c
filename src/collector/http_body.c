/* The body on its way in. Everything is bounded before it is read: what is sent, what gzip makes of
 * it, each field of a form, and the number of parts. */
#define _GNU_SOURCE
#include "http_int.h"
#include "log.h"
#include "utf8.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

enum { MULTIPART_BUFFER_BYTES = 32 << 10, NAME_BYTES_MAX = 256 };

static void too_large(struct rv_call *call) { rv_call_refuse(call, 413, "too_large", "The body is too large."); }

/* "application/json; charset=utf-8" against "application/json". */
static bool is_type(const char *content_type, const char *type)
{
	size_t n = strlen(type);
	return content_type && strncasecmp(content_type, type, n) == 0 && (!content_type[n] || strchr("; \t", content_type[n]));
}

/* libmicrohttpd takes everything after boundary= as the boundary and miscounts a lone quote. */
static bool has_boundary(const char *content_type)
{
	const char *boundary = strstr(content_type, "boundary=");
	if (!boundary)
		return false;
	boundary += 9;
	size_t n = strlen(boundary);
	if (n && boundary[0] == '"') {
		if (n < 3 || boundary[n - 1] != '"')
			return false;
		boundary++;
		n -= 2;
	}
	return n > 0 && n <= 70 && strspn(boundary, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'()+_,-./:=?") >= n;
}

/* ---- multipart ---- */

static const char *copy_text(struct rv_call *call, const char *text)
{
	if (!text || strlen(text) > NAME_BYTES_MAX || !rv_utf8_valid(rv_span_str(text), false))
		return NULL;
	return (const char *)rv_arena_copy(&call->arena, rv_span_str(text)).ptr;
}

static void finish_part(struct rv_call *call)
{
	struct rv_body_in *body = &call->body;
	if (!body->n_parts)
		return;
	struct rv_part *part = &body->parts[body->n_parts - 1];
	if (part->fd < 0)
		part->value = rv_buf_get(&body->values[body->n_parts - 1]);
	else if (EVP_DigestFinal_ex(body->sha256, part->sha256, NULL) != 1 || lseek(part->fd, 0, SEEK_SET) != 0)
		rv_call_refuse(call, 503, "overloaded", "The upload could not be kept.");
}

static void open_file(struct rv_call *call, struct rv_part *part)
{
	struct rv_body_in *body = &call->body;
	char path[4096];
	const char *dir = call->server->options.temp_dir;
	int len = dir ? snprintf(path, sizeof path, "%s/up-%llu", dir, atomic_fetch_add(&call->server->temp_serial, 1)) : -1;
	if (len < 0 || (size_t)len >= sizeof path)
		return;
	part->path = (const char *)rv_arena_copy(&call->arena, rv_span_str(path)).ptr;
	if (!body->sha256)
		body->sha256 = EVP_MD_CTX_new();
	if (part->path && body->sha256 && EVP_DigestInit_ex(body->sha256, EVP_sha256(), NULL) == 1)
		part->fd = open(part->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

static void begin_part(struct rv_call *call, const char *name, const char *filename, const char *content_type)
{
	struct rv_body_in *body = &call->body;
	finish_part(call);
	if (body->n_parts == RV_PARTS_MAX) {
		rv_call_refuse(call, 400, "invalid_body", "The form has too many parts.");
		return;
	}
	struct rv_part *part = &body->parts[body->n_parts];
	*part = (struct rv_part){.fd = -1, .name = copy_text(call, name), .filename = copy_text(call, filename), .content_type = copy_text(call, content_type)};
	rv_buf_init(&body->values[body->n_parts], RV_FIELD_BYTES_MAX);
	body->n_parts++;
	if (!part->name || (filename && !part->filename) || (content_type && !part->content_type)) {
		rv_call_refuse(call, 400, "invalid_body", "A part of the form has a malformed head.");
	} else if (part->filename) {
		open_file(call, part);
		if (part->fd < 0) {
			rv_log(RV_LOG_ERROR, "no temporary file for an upload: %s", strerror(errno));
			rv_call_refuse(call, 503, "overloaded", "The upload could not be kept.");
		}
	}
}

static bool write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static enum MHD_Result on_part(void *user, enum MHD_ValueKind kind, const char *name, const char *filename, const char *content_type, const char *encoding, const char *data, uint64_t offset, size_t len)
{
	struct rv_call *call = user;
	struct rv_body_in *body = &call->body;
	/* A part whose first bytes are not there yet is announced empty, and then comes with offset 0 again. */
	struct rv_part *last = body->n_parts ? &body->parts[body->n_parts - 1] : NULL;
	bool announced = last && !last->bytes && len && name && strcmp(last->name, name) == 0 && !last->filename == !filename;
	if (offset == 0 && !announced)
		begin_part(call, name, filename, content_type);
	if (call->replied || !len)
		return call->replied ? MHD_NO : MHD_YES;
	struct rv_part *part = &body->parts[body->n_parts - 1];
	part->bytes += len;
	if (part->fd < 0) {
		rv_buf_add(&body->values[body->n_parts - 1], data, len);
		if (rv_buf_status(&body->values[body->n_parts - 1]))
			too_large(call);
	} else if (!write_all(part->fd, data, len) || EVP_DigestUpdate(body->sha256, data, len) != 1) {
		rv_log(RV_LOG_ERROR, "an upload could not be written: %s", strerror(errno));
		rv_call_refuse(call, 503, errno == ENOSPC || errno == EDQUOT ? "storage_full" : "unavailable", "The upload could not be kept.");
	}
	return call->replied ? MHD_NO : MHD_YES;
}

/* ---- from raw bytes to the sink ---- */

static void sink(struct rv_call *call, const char *data, size_t len)
{
	struct rv_body_in *body = &call->body;
	body->produced += len;
	if (body->produced > call->route->max_body_bytes) {
		too_large(call);
	} else if (body->multipart) {
		if (MHD_post_process(body->multipart, data, len) != MHD_YES && !call->replied)
			rv_call_refuse(call, 400, "invalid_body", "The form is malformed.");
	} else {
		rv_buf_add(&body->whole, data, len);
		if (rv_buf_status(&body->whole))
			rv_call_refuse(call, 503, "overloaded", "The server is out of memory.");
	}
}

static void inflate_some(struct rv_call *call, const char *data, size_t len)
{
	struct rv_body_in *body = &call->body;
	char out[16 << 10];
	body->inflate.next_in = (Bytef *)(uintptr_t)data;
	body->inflate.avail_in = (uInt)len;
	do {
		if (body->gzip_over) {
			rv_call_refuse(call, 400, "invalid_body", "Bytes after the end of the gzip stream.");
			return;
		}
		body->inflate.next_out = (Bytef *)out;
		body->inflate.avail_out = sizeof out;
		int status = inflate(&body->inflate, Z_NO_FLUSH);
		if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
			rv_call_refuse(call, 400, "invalid_body", "The gzip stream is malformed.");
			return;
		}
		body->gzip_over = status == Z_STREAM_END;
		sink(call, out, sizeof out - body->inflate.avail_out);
	} while (!call->replied && (body->inflate.avail_in || (!body->inflate.avail_out && !body->gzip_over)));
}

void rv_body_begin(struct rv_call *call)
{
	struct rv_body_in *body = &call->body;
	const struct rv_route *route = call->route;
	const char *type = rv_call_header(call, "Content-Type"), *encoding = rv_call_header(call, "Content-Encoding");
	static const char *const types[] = {[RV_BODY_JSON] = "application/json", [RV_BODY_MULTIPART] = "multipart/form-data", [RV_BODY_FORM] = "application/x-www-form-urlencoded"};
	if (route->body == RV_BODY_NONE) { /* a small one does no harm and is dropped */
		if (body->length > RV_FIELD_BYTES_MAX)
			too_large(call);
		return;
	}
	if (!is_type(type, types[route->body])) {
		rv_call_refuse(call, 415, "unsupported_media_type", route->body == RV_BODY_JSON ? "The body must be application/json." : route->body == RV_BODY_FORM ? "The body must be a form." : "The body must be multipart/form-data.");
		return;
	}
	if (encoding && strcasecmp(encoding, "identity") != 0) {
		body->gzip = strcasecmp(encoding, "gzip") == 0;
		if (!body->gzip) {
			rv_call_set_header(call, "Accept-Encoding", "gzip");
			rv_call_refuse(call, 415, "unsupported_media_type", "Content-Encoding can only be gzip.");
			return;
		}
	}
	if (!body->chunked && body->length > route->max_body_bytes) {
		too_large(call);
		return;
	}
	rv_buf_init(&body->whole, route->max_body_bytes + 1);
	if (body->gzip) {
		body->inflating = inflateInit2(&body->inflate, 15 + 16) == Z_OK;
		if (!body->inflating)
			rv_call_refuse(call, 503, "overloaded", "The server is out of memory.");
	}
	if (route->body == RV_BODY_MULTIPART) {
		if (!has_boundary(type)) {
			rv_call_refuse(call, 400, "invalid_body", "The form's boundary is missing or malformed.");
			return;
		}
		body->parts = rv_arena_alloc(&call->arena, RV_PARTS_MAX * sizeof *body->parts);
		body->values = rv_arena_alloc(&call->arena, RV_PARTS_MAX * sizeof *body->values);
		if (body->parts && body->values)
			body->multipart = MHD_create_post_processor(call->mhd, MULTIPART_BUFFER_BYTES, on_part, call);
		if (!body->multipart)
			rv_call_refuse(call, 400, "invalid_body", "The form is malformed.");
	}
}

void rv_body_feed(struct rv_call *call, const char *data, size_t len)
{
	call->body.received += len;
	if (call->route->body == RV_BODY_NONE) {
		if (call->body.received > RV_FIELD_BYTES_MAX)
			too_large(call);
		return;
	}
	if (call->body.received > call->route->max_body_bytes)
		too_large(call);
	else if (call->body.gzip)
		inflate_some(call, data, len);
	else
		sink(call, data, len);
}

static void check_json(struct rv_call *call)
{
	struct rv_buf *whole = &call->body.whole;
	struct rv_json_error error;
	if (!whole->len) {
		rv_call_refuse(call, 400, "invalid_body", "The body is empty.");
		return;
	}
	enum rv_status status = rv_json_check(call->server->json_check, whole->ptr, whole->len, &error);
	if (!status)
		return;
	char message[160];
	snprintf(message, sizeof message, "The body is not accepted: %s (byte %zu).", error.message, error.at);
	call->by_server = true;
	rv_call_fail(call, 400, call->family == RV_FAMILY_ACTION ? "INVALID_BODY" : "invalid_body", message, error.key[0] ? error.key : NULL);
}

void rv_body_end(struct rv_call *call)
{
	struct rv_body_in *body = &call->body;
	if (call->route->body == RV_BODY_NONE)
		return;
	if (body->gzip && !body->gzip_over) {
		rv_call_refuse(call, 400, "invalid_body", "The gzip stream ends early.");
		return;
	}
	if (body->multipart) {
		enum MHD_Result whole = MHD_destroy_post_processor(body->multipart);
		body->multipart = NULL;
		if (!call->replied && (whole != MHD_YES || !body->n_parts))
			rv_call_refuse(call, 400, "invalid_body", "The form ends early.");
		if (!call->replied)
			finish_part(call);
		return;
	}
	rv_buf_byte(&body->whole, 0);
	if (rv_buf_status(&body->whole)) {
		rv_call_refuse(call, 503, "overloaded", "The server is out of memory.");
		return;
	}
	body->whole.len--;
	if (call->route->body == RV_BODY_JSON)
		check_json(call);
}

void rv_body_free(struct rv_call *call)
{
	struct rv_body_in *body = &call->body;
	if (body->multipart)
		MHD_destroy_post_processor(body->multipart);
	if (body->inflating)
		inflateEnd(&body->inflate);
	EVP_MD_CTX_free(body->sha256);
	for (size_t i = 0; i < body->n_parts; i++) {
		rv_buf_deinit(&body->values[i]);
		if (body->parts[i].fd >= 0) {
			close(body->parts[i].fd);
			unlink(body->parts[i].path); /* gone already when a route took it */
		}
	}
	rv_buf_deinit(&body->whole);
}
