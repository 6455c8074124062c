/* POST /v1/widget/upload, whole or in parts:
 *
 *   Content-Range: bytes 0-4194303/9000000   ─▶ 308, Range: bytes=0-4194303     part 1 is on the disk
 *   Content-Range: bytes 4194304-8388607/…   ─▶ (the connection breaks)
 *   Content-Range: asks, see openapi.yaml    ─▶ 308, Range: bytes=0-4194303     where it stands
 *   …                                        ─▶ 201                             the last part: it is stored
 */
#define _GNU_SOURCE
#include "app.h"
#include "asset_type.h"
#include "auth.h"
#include "media.h"
#include "parts.h"
#include "post.h"
#include "secret.h"
#include "summary.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { UPLOAD_BODY_MAX = 65 << 20, SUMMARY_MAX = 8 << 20 };

struct upload { struct rv_post *post; struct rv_part file; struct rv_attachment attachment; struct rv_asset asset; char existing_id[32]; };

static void answer_upload(struct rv_call *call, const struct rv_attachment *attachment)
{
	struct rv_json json;
	rv_json_init(&json, rv_call_out(call));
	rv_json_open(&json, '{');
	if (attachment->id[0]) {
		rv_json_key(&json, "attachment_id");
		rv_json_cstr(&json, attachment->id);
	}
	rv_json_key(&json, "kind");
	rv_json_cstr(&json, attachment->kind);
	rv_json_key(&json, "bytes");
	rv_json_int(&json, (int64_t)attachment->bytes);
	rv_json_key(&json, "sha256");
	rv_json_cstr(&json, attachment->sha256);
	rv_json_close(&json, '}');
	rv_call_finish(call, 201, "application/json");
}

/* ---- an upload in parts ---- */

static bool read_number(const char **at, uint64_t *value)
{
	size_t len = strspn(*at, "0123456789");
	*value = len && len <= 15 ? strtoull(*at, NULL, 10) : 0;
	*at += len;
	return len && len <= 15;
}

static bool read_range(const char *text, struct rv_content_range *range)
{
	uint64_t last = 0;
	*range = (struct rv_content_range){0};
	if (strncmp(text, "bytes ", 6) != 0)
		return false;
	text += 6;
	if (*text == '*') {
		text++;
	} else {
		if (!read_number(&text, &range->from) || *text++ != '-' || !read_number(&text, &last) || last < range->from)
			return false;
		range->bytes = last - range->from + 1;
	}
	return *text++ == '/' && read_number(&text, &range->total) && !*text && range->total > 0 && range->from + range->bytes <= range->total;
}

/* "Go on from here": 308 with Range, or the 409 that says why a part does not fit there. */
static void answer_parts(struct rv_post *post, const struct rv_parts_state *state)
{
	struct rv_call *call = post->call;
	struct rv_json json;
	char range[40];
	if (state->received) {
		snprintf(range, sizeof range, "bytes=0-%llu", (unsigned long long)state->received - 1);
		rv_call_set_header(call, "Range", range);
	}
	rv_call_set_header(call, "Access-Control-Expose-Headers", "Range, Retry-After");
	if (state->total && state->total != post->range.total) {
		rv_call_fail(call, 409, "conflict", "An upload with this key has another length.", "Content-Range");
		return;
	}
	if (post->range.from > state->received) {
		rv_call_fail(call, 409, "conflict", "The bytes before this part are missing; Range says what is there.", "Content-Range");
		return;
	}
	rv_json_init(&json, rv_call_out(call));
	rv_json_open(&json, '{');
	rv_json_key(&json, "received");
	rv_json_int(&json, (int64_t)state->received);
	rv_json_key(&json, "total");
	rv_json_int(&json, (int64_t)post->range.total);
	rv_json_close(&json, '}');
	rv_call_finish(call, 308, "application/json");
}

/* Whether the upload with this key is whole already, and the call answered as it was then. */
static bool answer_known(struct rv_post *post)
{
	struct rv_attachment first;
	enum rv_status status = rv_store_attachment_by_key(rv_call_app(post->call)->store, post->workspace_id, post->idempotency_key, &first);
	if (status == RV_OK)
		answer_upload(post->call, &first);
	else if (status != RV_NOT_FOUND)
		rv_call_fail_status(post->call, status);
	rv_attachment_clear(&first);
	return status != RV_NOT_FOUND;
}

/* A question, and a part that does not fit, are answered before any body. */
static void upload_head(struct rv_call *call)
{
	rv_post_head(call);
	struct rv_post *post = rv_call_user(call);
	const char *text = rv_call_header(call, "Content-Range");
	struct rv_parts_state state;
	if (!post || !text)
		return;
	struct rv_content_range *range = &post->range;
	if (!read_range(text, range)) {
		rv_call_fail(call, 400, "invalid_header", "Content-Range must be \"bytes FROM-LAST/TOTAL\", or \"bytes */TOTAL\" to ask where the upload stands.", "Content-Range");
	} else if (!post->idempotency_key) {
		rv_call_fail(call, 400, "invalid_header", "The parts of an upload need one Idempotency-Key.", "Idempotency-Key");
	} else if (range->total > RV_PARTS_BYTES_MAX) {
		rv_call_fail(call, 413, "too_large", "An upload may have 64 MiB.", "Content-Range");
	} else if (range->bytes && range->from + range->bytes < range->total && range->bytes < RV_PART_BYTES_MIN) {
		rv_call_fail(call, 422, "invalid_field", "A part that is not the last one must have at least 256 KiB.", "Content-Range");
	} else if (!answer_known(post)) {
		enum rv_status status = rv_parts_look(rv_call_app(call)->parts, post->workspace_id, post->idempotency_key, &state);
		if (status != RV_OK)
			rv_call_fail_status(call, status);
		else if (!range->bytes || range->from != state.received || (state.total && state.total != range->total))
			answer_parts(post, &state);
	}
}

struct dropping { struct rv_parts *parts; char workspace_id[32], key[RV_IDEMPOTENCY_KEY_MAX + 1]; };

static void drop_job(void *user)
{
	struct dropping *dropping = user;
	rv_parts_drop(dropping->parts, dropping->workspace_id, dropping->key);
	free(dropping);
}

/* The upload is whole and stored; what does not go now, the next sweep takes. */
static void drop_parts(const struct rv_post *post)
{
	struct rv_app *app = rv_call_app(post->call);
	struct dropping *dropping = post->range.from ? malloc(sizeof *dropping) : NULL;
	if (!dropping)
		return;
	dropping->parts = app->parts;
	memcpy(dropping->workspace_id, post->workspace_id, sizeof dropping->workspace_id);
	snprintf(dropping->key, sizeof dropping->key, "%s", post->idempotency_key);
	if (!rv_job_start(app->server, drop_job, dropping))
		free(dropping);
}

/* The first bytes tell whether the others are worth sending. */
static bool is_video(int fd)
{
	uint8_t head[32];
	struct rv_media media;
	ssize_t n = pread(fd, head, sizeof head, 0);
	return n > 0 && rv_media_look(rv_span(head, (size_t)n), &media) == RV_OK && media.kind == RV_MEDIA_VIDEO;
}

static void part_job(void *user)
{
	struct upload *upload = user;
	struct rv_post *post = upload->post;
	struct rv_parts_state state;
	if (!post->range.from && !is_video(upload->file.fd)) {
		rv_call_fail(post->call, 415, "unsupported_media_type", "The file is not a WebM or MP4.", "file");
		return;
	}
	enum rv_status status = rv_parts_add(rv_call_app(post->call)->parts, post->workspace_id, post->idempotency_key, post->range.from, post->range.total, upload->file.fd, upload->file.path, &state);
	if (status == RV_OK || status == RV_CONFLICT)
		answer_parts(post, &state);
	else
		rv_call_fail_status(post->call, status == RV_FULL || status == RV_MEMORY ? status : RV_IO);
}

/* ---- an upload that is whole ---- */

static void upload_stored(void *user, enum rv_status status)
{
	struct upload *upload = user;
	struct rv_call *call = upload->post->call;
	struct rv_attachment first;
	free(upload->attachment.summary_json);
	upload->attachment.summary_json = NULL;
	if (status == RV_CONFLICT) {
		status = rv_store_attachment(rv_call_app(call)->store, upload->post->workspace_id, upload->existing_id, &first);
		if (status == RV_OK) {
			upload->attachment = first;
			rv_attachment_clear(&first);
			upload->attachment.summary_json = NULL;
		}
	}
	if (status == RV_OK) {
		drop_parts(upload->post);
		answer_upload(call, &upload->attachment);
	} else {
		rv_call_fail_status(call, status);
	}
}

static void asset_stored(void *user, enum rv_status status)
{
	struct upload *upload = user;
	if (status == RV_OK)
		answer_upload(upload->post->call, &upload->attachment);
	else
		rv_call_fail_status(upload->post->call, status);
}

/* A recording is checked by folding it from end to end; what it holds is kept beside it. */
static enum rv_status summarise(struct rv_span stream, char **json_out)
{
	struct rv_buf out;
	struct rv_json json;
	rv_buf_init(&out, SUMMARY_MAX);
	rv_json_init(&json, &out);
	enum rv_status status = rv_media_replay_size(stream);
	if (status == RV_OK)
		status = rv_summary_json(stream, &json);
	rv_buf_byte(&out, 0);
	if (status == RV_OK)
		status = rv_buf_status(&out);
	*json_out = status == RV_OK ? (char *)out.ptr : NULL;
	if (status != RV_OK)
		rv_buf_deinit(&out);
	return status;
}

/* What is wrong with the file; NULL when it is fine and attachment is filled. */
static const char *check_file(struct upload *upload, struct rv_span file, int *http_status)
{
	if (strcmp(upload->attachment.kind, "asset") == 0) {
		const char *type = rv_asset_type(file, upload->file.content_type);
		*http_status = 415;
		snprintf(upload->asset.mime, sizeof upload->asset.mime, "%s", type ? type : "");
		return type ? NULL : "The file is not a picture, a font or a style sheet.";
	}
	static const struct { const char *name; enum rv_media_kind kind; } kinds[] = {{"screenshot", RV_MEDIA_PICTURE}, {"recording", RV_MEDIA_VIDEO}, {"replay", RV_MEDIA_REPLAY}};
	struct rv_media media;
	enum rv_status status = rv_media_look(file, &media);
	*http_status = 415;
	if (media.kind == RV_MEDIA_OTHER)
		return "The file is not a PNG, JPEG, WebP, WebM, MP4 or Rearview replay.";
	for (size_t i = 0; i < 3; i++)
		if (strcmp(upload->attachment.kind, kinds[i].name) == 0 && kinds[i].kind != media.kind)
			return "The file is of another kind than the field kind says.";
	const char *declared = upload->file.content_type;
	size_t len = declared ? strcspn(declared, "; ") : 0;
	if (len && strncmp(declared, "application/octet-stream", len) != 0 && (len != strlen(media.mime) || strncmp(declared, media.mime, len) != 0))
		return "The file is of another type than its Content-Type says.";
	*http_status = 422;
	if (status == RV_LIMIT)
		return "The picture has too many pixels.";
	if (status != RV_OK)
		return "The picture is damaged.";
	snprintf(upload->attachment.mime, sizeof upload->attachment.mime, "%s", media.mime);
	if (media.kind != RV_MEDIA_REPLAY)
		return NULL;
	status = summarise(file, &upload->attachment.summary_json);
	*http_status = status == RV_MEMORY ? 503 : 422;
	return status == RV_OK ? NULL : status == RV_MEMORY ? "The server is out of memory." : "The replay is damaged or too large.";
}

static void upload_job(void *user)
{
	struct upload *upload = user;
	struct rv_call *call = upload->post->call;
	struct rv_app *app = rv_call_app(call);
	int http_status;
	void *map = mmap(NULL, upload->file.bytes, PROT_READ, MAP_PRIVATE, upload->file.fd, 0);
	if (map == MAP_FAILED) {
		rv_call_fail_status(call, RV_MEMORY);
		return;
	}
	const char *wrong = check_file(upload, rv_span(map, upload->file.bytes), &http_status);
	munmap(map, upload->file.bytes);
	if (wrong) {
		if (http_status == 503)
			rv_call_fail_status(call, RV_MEMORY);
		else
			rv_call_fail(call, http_status, http_status == 415 ? "unsupported_media_type" : "invalid_file", wrong, "file");
		return;
	}
	enum rv_status status = rv_blob_put(app->blobs, upload->file.sha256, upload->file.fd, upload->file.path);
	if (status != RV_OK) {
		free(upload->attachment.summary_json);
		rv_call_fail_status(call, status == RV_FULL || status == RV_MEMORY ? status : RV_IO);
		return;
	}
	rv_hex(rv_span(upload->file.sha256, sizeof upload->file.sha256), upload->attachment.sha256);
	memcpy(upload->asset.sha256, upload->attachment.sha256, sizeof upload->asset.sha256);
	if (upload->asset.mime[0])
		rv_store_asset_add(app->store, &upload->asset, asset_stored, upload);
	else
		rv_store_attachment_add(app->store, &upload->attachment, upload->post->idempotency_key, upload->existing_id, upload_stored, upload);
}

/* The last part makes the upload whole: all are put together in a temporary file, which goes the way of any other. */
static void last_part_job(void *user)
{
	struct upload *upload = user;
	struct rv_post *post = upload->post;
	struct rv_app *app = rv_call_app(post->call);
	const struct rv_content_range *range = &post->range;
	struct rv_parts_state state;
	char path[4096];
	int len = snprintf(path, sizeof path, "%s/join-XXXXXX", rv_blobs_temp_dir(app->blobs));
	int whole = len > 0 && (size_t)len < sizeof path ? mkostemp(path, O_CLOEXEC) : -1;
	enum rv_status status = whole < 0 ? errno == ENOSPC ? RV_FULL : RV_IO : rv_parts_join(app->parts, post->workspace_id, post->idempotency_key, range->from, range->total, upload->file.fd, whole, upload->file.sha256);
	if (status == RV_OK) {
		upload->file.fd = whole;
		upload->file.path = path;
		upload->file.bytes = upload->attachment.bytes = range->total;
		upload_job(upload);
	} else if (status != RV_CONFLICT) {
		rv_call_fail_status(post->call, status == RV_FULL || status == RV_MEMORY ? status : RV_IO);
	} else if (!answer_known(post)) { /* nor was another request with this part faster */
		status = rv_parts_look(app->parts, post->workspace_id, post->idempotency_key, &state);
		if (status == RV_OK)
			answer_parts(post, &state);
		else
			rv_call_fail_status(post->call, status);
	}
	if (whole >= 0) {
		close(whole);
		unlink(path); /* gone already when it became a blob */
	}
}

/* A small field of the form as text; false when it is longer than out. */
static bool form_text(struct rv_call *call, const char *name, char *out, size_t out_size)
{
	const struct rv_part *part = rv_call_part(call, name);
	out[0] = 0;
	if (!part || !part->value.ptr)
		return true;
	if (part->value.len >= out_size || memchr(part->value.ptr, 0, part->value.len))
		return false;
	memcpy(out, part->value.ptr, part->value.len);
	out[part->value.len] = 0;
	return true;
}

static void start_upload(struct rv_call *call, const struct rv_part *file, const char *kind)
{
	struct upload *upload = rv_arena_alloc(rv_call_arena(call), sizeof *upload);
	void (*job)(void *user) = upload_job;
	if (upload) {
		struct rv_post *post = rv_call_user(call);
		*upload = (struct upload){.post = post, .file = *file, .attachment.bytes = file->bytes, .asset.bytes = file->bytes};
		if (strcmp(kind, "asset") != 0)
			rv_id_new("att_", upload->attachment.id);
		strcpy(upload->attachment.workspace_id, post->workspace_id);
		strcpy(upload->attachment.kind, kind);
		memcpy(upload->asset.workspace_id, upload->attachment.workspace_id, sizeof upload->asset.workspace_id);
		if (post->range.bytes && post->range.from + post->range.bytes < post->range.total)
			job = part_job;
		else if (post->range.from)
			job = last_part_job;
	}
	if (!upload || !rv_job_start(rv_call_app(call)->server, job, upload))
		rv_call_fail_status(call, RV_FULL);
}

static void post_upload(struct rv_call *call)
{
	char kind[16], token[160];
	const struct rv_post *post = rv_call_user(call);
	const struct rv_part *file = rv_call_part(call, "file");
	if (!file || file->fd < 0)
		rv_call_fail(call, 422, "invalid_field", "The form needs a part named file with a file in it.", "file");
	else if (file->bytes == 0)
		rv_call_fail(call, 422, "invalid_file", "The file is empty.", "file");
	else if (!form_text(call, "kind", kind, sizeof kind) || (strcmp(kind, "screenshot") != 0 && strcmp(kind, "recording") != 0 && strcmp(kind, "replay") != 0 && strcmp(kind, "asset") != 0))
		rv_call_fail(call, 422, "invalid_field", "The field kind must be screenshot, recording, replay or asset.", "kind");
	else if (strcmp(kind, "asset") == 0 && file->bytes > RV_ASSET_BYTES_MAX)
		rv_call_fail(call, 413, "too_large", "An asset may have 2 MiB.", "file");
	else if (!form_text(call, "session_token", token, sizeof token) || (*token && !rv_session_token_ok(token)))
		rv_call_fail(call, 422, "invalid_field", "The field session_token has characters that a token cannot have, or too many.", "session_token");
	else if (post->range.bytes && strcmp(kind, "recording") != 0)
		rv_call_fail(call, 422, "invalid_field", "Only a recording may come in parts.", "kind");
	else if (post->range.bytes && post->range.bytes != file->bytes)
		rv_call_fail(call, 422, "invalid_file", "The file is not as long as Content-Range says.", "file");
	else
		start_upload(call, file, kind);
}

static const struct rv_route routes[] = {
	{.method = "POST", .pattern = "/v1/widget/upload", .handler = post_upload, .family = RV_FAMILY_WIDGET, .body = RV_BODY_MULTIPART, .max_body_bytes = UPLOAD_BODY_MAX, .name = "widget_upload", .head = upload_head},
};
const struct rv_routes rv_routes_upload = {routes, sizeof routes / sizeof *routes};
