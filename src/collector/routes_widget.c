/* What the widget talks to: configuration, uploads, reports, the action socket. */
#include "app.h"
#include "asset_type.h"
#include "auth.h"
#include "media.h"
#include "settings.h"
#include "submit.h"
#include "summary.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	UPLOAD_BODY_MAX = 65 << 20, SUBMIT_BODY_MAX = 8 << 20,
	SUBMIT_INLINE_MAX = 16 << 10,  /* longer ones are read in a job */
	SUMMARY_MAX = 8 << 20, IDEMPOTENCY_KEY_MAX = 200
};

/* What the head of a POST told, for its handler. */
struct post { struct rv_call *call; char workspace_id[32]; const char *idempotency_key; };

static void fail_field(struct rv_call *call, const struct rv_field_error *error)
{
	char message[200];
	snprintf(message, sizeof message, "The field %s %s.", error->field, error->message);
	rv_call_fail(call, 422, "invalid_field", message, error->field);
}

/* Before any body: a stranger's upload costs nothing. */
static void post_head(struct rv_call *call)
{
	struct rv_workspace workspace;
	const char *key = rv_call_header(call, "Idempotency-Key");
	if (!rv_auth_project(call, false, &workspace))
		return;
	struct post *post = rv_arena_alloc(rv_call_arena(call), sizeof *post);
	if (!post) {
		rv_call_fail_status(call, RV_MEMORY);
	} else if (key && (!*key || strlen(key) > IDEMPOTENCY_KEY_MAX)) {
		rv_call_fail(call, 400, "invalid_header", "Idempotency-Key must have 1 to 200 characters.", "Idempotency-Key");
	} else {
		*post = (struct post){.call = call, .idempotency_key = key};
		memcpy(post->workspace_id, workspace.id, sizeof post->workspace_id);
		rv_call_set_user(call, post);
	}
	rv_workspace_clear(&workspace);
}

/* ---- GET config ---- */

static void get_config(struct rv_call *call)
{
	struct rv_workspace workspace;
	char etag[24];
	if (!rv_auth_project(call, false, &workspace))
		return;
	enum rv_status status = rv_settings_widget_json(&workspace, rv_call_out(call), etag);
	rv_workspace_clear(&workspace);
	if (status != RV_OK) {
		rv_call_fail_status(call, status);
		return;
	}
	rv_call_set_header(call, "ETag", etag);
	rv_call_set_header(call, "Cache-Control", "max-age=60");
	rv_call_set_header(call, "Vary", "Origin, X-Project-Key");
	rv_call_finish(call, 200, "application/json");
}

/* ---- POST upload ---- */

struct upload { struct post *post; const struct rv_part *file; struct rv_attachment attachment; struct rv_asset asset; char existing_id[32]; };

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
	if (status == RV_OK)
		answer_upload(call, &upload->attachment);
	else
		rv_call_fail_status(call, status);
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
		const char *type = rv_asset_type(file, upload->file->content_type);
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
	const char *declared = upload->file->content_type;
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
	void *map = mmap(NULL, upload->file->bytes, PROT_READ, MAP_PRIVATE, upload->file->fd, 0);
	if (map == MAP_FAILED) {
		rv_call_fail_status(call, RV_MEMORY);
		return;
	}
	const char *wrong = check_file(upload, rv_span(map, upload->file->bytes), &http_status);
	munmap(map, upload->file->bytes);
	if (wrong) {
		if (http_status == 503)
			rv_call_fail_status(call, RV_MEMORY);
		else
			rv_call_fail(call, http_status, http_status == 415 ? "unsupported_media_type" : "invalid_file", wrong, "file");
		return;
	}
	enum rv_status status = rv_blob_put(app->blobs, upload->file->sha256, upload->file->fd, upload->file->path);
	if (status != RV_OK) {
		free(upload->attachment.summary_json);
		rv_call_fail_status(call, status == RV_FULL || status == RV_MEMORY ? status : RV_IO);
		return;
	}
	if (upload->asset.mime[0])
		rv_store_asset_add(app->store, &upload->asset, asset_stored, upload);
	else
		rv_store_attachment_add(app->store, &upload->attachment, upload->post->idempotency_key, upload->existing_id, upload_stored, upload);
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

static void post_upload(struct rv_call *call)
{
	char kind[16], token[160];
	const struct rv_part *file = rv_call_part(call, "file");
	if (!file || file->fd < 0) {
		rv_call_fail(call, 422, "invalid_field", "The form needs a part named file with a file in it.", "file");
	} else if (file->bytes == 0) {
		rv_call_fail(call, 422, "invalid_file", "The file is empty.", "file");
	} else if (!form_text(call, "kind", kind, sizeof kind) || (strcmp(kind, "screenshot") != 0 && strcmp(kind, "recording") != 0 && strcmp(kind, "replay") != 0 && strcmp(kind, "asset") != 0)) {
		rv_call_fail(call, 422, "invalid_field", "The field kind must be screenshot, recording, replay or asset.", "kind");
	} else if (strcmp(kind, "asset") == 0 && file->bytes > RV_ASSET_BYTES_MAX) {
		rv_call_fail(call, 413, "too_large", "An asset may have 2 MiB.", "file");
	} else if (!form_text(call, "session_token", token, sizeof token) || (*token && !rv_session_token_ok(token))) {
		rv_call_fail(call, 422, "invalid_field", "The field session_token has characters that a token cannot have, or too many.", "session_token");
	} else {
		struct upload *upload = rv_arena_alloc(rv_call_arena(call), sizeof *upload);
		if (upload) {
			*upload = (struct upload){.post = rv_call_user(call), .file = file, .attachment.bytes = file->bytes};
			if (strcmp(kind, "asset") != 0)
				rv_id_new("att_", upload->attachment.id);
			strcpy(upload->attachment.workspace_id, upload->post->workspace_id);
			strcpy(upload->attachment.kind, kind);
			for (size_t i = 0; i < 32; i++)
				snprintf(upload->attachment.sha256 + 2 * i, 3, "%02x", file->sha256[i]);
			upload->asset.bytes = file->bytes;
			memcpy(upload->asset.workspace_id, upload->attachment.workspace_id, sizeof upload->asset.workspace_id);
			memcpy(upload->asset.sha256, upload->attachment.sha256, sizeof upload->asset.sha256);
		}
		if (!upload || !rv_job_start(rv_call_app(call)->server, upload_job, upload))
			rv_call_fail_status(call, RV_FULL);
	}
}

/* ---- POST submit ---- */

struct submit_call { struct post *post; cJSON *json; struct rv_submit submit; char token[32]; };

static void end_submit(struct submit_call *submit)
{
	cJSON_Delete(submit->json);
	rv_submit_deinit(&submit->submit);
	free(submit);
}

static void report_stored(void *user, enum rv_status status)
{
	struct submit_call *submit = user;
	struct rv_call *call = submit->post->call;
	struct rv_report_new *report = &submit->submit.report;
	bool again = status == RV_CONFLICT;
	if (status == RV_OK || again) {
		struct rv_json json;
		rv_json_init(&json, rv_call_out(call));
		rv_json_open(&json, '{');
		rv_json_key(&json, "id");
		rv_json_cstr(&json, again ? report->existing_id : report->id);
		rv_json_key(&json, "number");
		rv_json_int(&json, (int64_t)report->number);
		rv_json_key(&json, "session_info_url");
		rv_json_cstr(&json, rv_session_info_url(call, report->workspace_id, again ? report->existing_session_token : report->session_token));
		rv_json_close(&json, '}');
	}
	end_submit(submit);
	if (status == RV_OK || again)
		rv_call_finish(call, 201, "application/json");
	else if (status == RV_NOT_FOUND)
		rv_call_fail(call, 422, "invalid_field", "The field attachment_ids names an upload that is unknown or part of another report.", "attachment_ids");
	else
		rv_call_fail_status(call, status);
}

static void submit_job(void *user)
{
	struct post *post = user;
	struct rv_call *call = post->call;
	struct rv_field_error error;
	struct submit_call *submit = calloc(1, sizeof *submit);
	if (!submit) {
		rv_call_fail_status(call, RV_MEMORY);
		return;
	}
	submit->post = post;
	enum rv_status status = rv_json_parse(rv_call_body(call), &submit->json);
	if (status == RV_OK) {
		status = rv_submit_read(&submit->submit, submit->json, rv_call_header(call, "User-Agent"), &error);
		if (status == RV_BAD) {
			end_submit(submit);
			fail_field(call, &error);
			return;
		}
	}
	if (status != RV_OK) {
		end_submit(submit);
		rv_call_fail_status(call, status);
		return;
	}
	struct rv_report_new *report = &submit->submit.report;
	rv_id_new("rep_", report->id);
	strcpy(report->workspace_id, post->workspace_id);
	report->idempotency_key = post->idempotency_key;
	if (!report->session_token) {
		rv_id_new("ses_", submit->token);
		report->session_token = submit->token;
	}
	rv_store_report_add(rv_call_app(call)->store, report, report_stored, submit);
}

static void post_submit(struct rv_call *call)
{
	struct post *post = rv_call_user(call);
	if (rv_call_body(call).len <= SUBMIT_INLINE_MAX)
		submit_job(post);
	else if (!rv_job_start(rv_call_app(call)->server, submit_job, post))
		rv_call_fail_status(call, RV_FULL);
}

/* ---- the action socket ---- */

static void get_actions(struct rv_call *call)
{
	struct rv_workspace workspace;
	if (!rv_auth_project(call, true, &workspace))
		return;
	void *tab = rv_bus_tab(rv_call_app(call)->bus, workspace.id);
	rv_workspace_clear(&workspace);
	if (tab)
		rv_call_upgrade(call, "rearview.v1", &rv_bus_events, tab);
	else
		rv_call_fail_status(call, RV_FULL);
}

static const struct rv_route routes[] = {
	{.method = "GET", .pattern = "/v1/widget/config", .handler = get_config, .family = RV_FAMILY_WIDGET, .name = "widget_config"},
	{.method = "POST", .pattern = "/v1/widget/upload", .handler = post_upload, .family = RV_FAMILY_WIDGET, .body = RV_BODY_MULTIPART, .max_body_bytes = UPLOAD_BODY_MAX, .name = "widget_upload", .head = post_head},
	{.method = "POST", .pattern = "/v1/widget/submit", .handler = post_submit, .family = RV_FAMILY_WIDGET, .body = RV_BODY_JSON, .max_body_bytes = SUBMIT_BODY_MAX, .name = "widget_submit", .head = post_head},
	{.method = "GET", .pattern = "/v1/widget/actions", .handler = get_actions, .family = RV_FAMILY_WIDGET, .name = "widget_actions"},
};
const struct rv_routes rv_routes_widget = {routes, sizeof routes / sizeof *routes};
