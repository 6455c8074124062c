/* What the widget talks to: configuration, reports, the action socket. Uploads are in routes_upload.c. */
#include "app.h"
#include "auth.h"
#include "post.h"
#include "seen.h"
#include "settings.h"
#include "submit.h"
#include <stdlib.h>

enum {
	SUBMIT_BODY_MAX = 8 << 20,
	SUBMIT_INLINE_MAX = 16 << 10 /* longer ones are read in a job */
};

static void fail_field(struct rv_call *call, const struct rv_field_error *error)
{
	char message[200];
	snprintf(message, sizeof message, "The field %s %s.", error->field, error->message);
	rv_call_fail(call, 422, "invalid_field", message, error->field);
}

void rv_post_head(struct rv_call *call)
{
	struct rv_workspace workspace;
	const char *key = rv_call_header(call, "Idempotency-Key");
	if (!rv_auth_project(call, false, &workspace))
		return;
	struct rv_post *post = rv_arena_alloc(rv_call_arena(call), sizeof *post);
	if (!post) {
		rv_call_fail_status(call, RV_MEMORY);
	} else if (key && (!*key || strlen(key) > RV_IDEMPOTENCY_KEY_MAX)) {
		rv_call_fail(call, 400, "invalid_header", "Idempotency-Key must have 1 to 200 characters.", "Idempotency-Key");
	} else {
		*post = (struct rv_post){.call = call, .idempotency_key = key};
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
	rv_seen_note(workspace.id, RV_SEEN_CONFIG, call);
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

/* ---- POST submit ---- */

struct submit_call { struct rv_post *post; cJSON *json; struct rv_submit submit; char token[32]; };

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
		rv_seen_note(report->workspace_id, RV_SEEN_REPORT, call);
		if (report->user_id)
			rv_seen_note(report->workspace_id, RV_SEEN_IDENTIFY, call);
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
	struct rv_post *post = user;
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
	struct rv_post *post = rv_call_user(call);
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
	{.method = "POST", .pattern = "/v1/widget/submit", .handler = post_submit, .family = RV_FAMILY_WIDGET, .body = RV_BODY_JSON, .max_body_bytes = SUBMIT_BODY_MAX, .name = "widget_submit", .head = rv_post_head},
	{.method = "GET", .pattern = "/v1/widget/actions", .handler = get_actions, .family = RV_FAMILY_WIDGET, .name = "widget_actions"},
};
const struct rv_routes rv_routes_widget = {routes, sizeof routes / sizeof *routes};
