/* The Action API and the session info it points to. */
#include "app.h"
#include "auth.h"
#include "clock.h"
#include "json_read.h"
#include <strings.h>

enum { BODY_MAX = 64 << 10 };

struct action_call { struct rv_call *call; const char *workspace_id, *session_token; };

static const char unauthorized[] = "The request is not authorised.";

/* Key and user agent first, then the type, then the body: a stranger learns nothing from the order. */
static void action_head(struct rv_call *call)
{
	const char *workspace_id = rv_auth_api_key(call), *agent = rv_call_header(call, "User-Agent"), *type = rv_call_header(call, "Content-Type");
	if (!workspace_id || !agent || !*agent) {
		rv_call_fail(call, 401, "UNAUTHORIZED", unauthorized, NULL);
		return;
	}
	size_t len = type ? strcspn(type, "; \t") : 0;
	if (len != 16 || strncasecmp(type, "application/json", 16) != 0) {
		rv_call_fail(call, 415, "UNSUPPORTED_MEDIA_TYPE", "The content type must be application/json.", NULL);
		return;
	}
	char token[32];
	rv_id_new("ses_", token);
	struct action_call *action = rv_arena_alloc(rv_call_arena(call), sizeof *action);
	struct rv_span copy = rv_arena_copy(rv_call_arena(call), rv_span_str(token));
	if (!action || !copy.ptr) {
		rv_call_fail_status(call, RV_MEMORY);
		return;
	}
	*action = (struct action_call){call, workspace_id, (const char *)copy.ptr};
	rv_call_set_user(call, action);
	rv_call_set_session_info(call, rv_session_info_url(call, workspace_id, action->session_token));
}

static void action_done(void *user, enum rv_action_outcome outcome)
{
	struct action_call *action = user;
	struct rv_call *call = action->call;
	struct rv_json json;
	switch (outcome) {
	case RV_ACTION_NOT_CONNECTED:
		rv_call_fail(call, 409, "USER_NOT_CONNECTED", "The user is not online on any page with an action connection.", NULL);
		return;
	case RV_ACTION_NOT_SUPPORTED:
		rv_call_fail(call, 409, "ACTION_NOT_SUPPORTED", "The user's page cannot perform this action.", NULL);
		return;
	case RV_ACTION_BUSY:
		rv_call_fail_status(call, RV_FULL);
		return;
	case RV_ACTION_ACKED:
		break;
	}
	rv_json_init(&json, rv_call_out(call));
	rv_json_open(&json, '{');
	rv_json_key(&json, "ok");
	rv_json_bool(&json, true);
	rv_json_key(&json, "message");
	rv_json_cstr(&json, "The user's page has taken the action.");
	rv_json_key(&json, "ts");
	rv_json_int(&json, rv_clock_wall_ms());
	rv_json_key(&json, "sessionInfoUrl");
	rv_json_cstr(&json, rv_session_info_url(call, action->workspace_id, action->session_token));
	rv_json_close(&json, '}');
	rv_call_finish(call, 200, "application/json");
}

static bool known_action(const char *name)
{
	return strcmp(name, "show-recording-ui") == 0 || strcmp(name, "upload-screenshot") == 0 || strcmp(name, "upload-session") == 0;
}

static void post_action(struct rv_call *call)
{
	static const struct rv_field fields[] = {{"workspaceId", RV_TEXT, 64}, {"userId", RV_TEXT, 320}, {"action", RV_TEXT, 64}, {"userProvidedDescription", RV_TEXT, 10000}};
	struct action_call *user = rv_call_user(call);
	struct rv_field_error error = {.message = NULL};
	const char *values[4] = {NULL};
	cJSON *json;
	enum rv_status status = rv_json_parse(rv_call_body(call), &json);
	if (status != RV_OK) {
		rv_call_fail(call, 400, "INVALID_BODY", "The body is too large.", NULL);
		return;
	}
	if (!cJSON_IsObject(json))
		error = (struct rv_field_error){"body", "must be an object"};
	for (size_t i = 0; i < 4 && !error.message; i++) {
		values[i] = cJSON_GetStringValue(rv_field_get(json, &fields[i], "", &error));
		if (!error.message && i < 3 && (!values[i] || !*values[i])) {
			error.message = "is required";
			strcpy(error.field, fields[i].name);
		}
	}
	struct rv_action action = {.workspace_id = user->workspace_id, .user_id = values[1], .action = values[2], .description = values[3], .session_token = user->session_token};
	if (values[0] && strcmp(values[0], user->workspace_id) != 0) {
		rv_call_fail(call, 401, "UNAUTHORIZED", unauthorized, NULL);
	} else if (error.message) {
		char message[200];
		snprintf(message, sizeof message, "The field %s %s.", error.field, error.message);
		rv_call_fail(call, 400, "INVALID_BODY", message, NULL);
	} else if (!known_action(action.action)) {
		rv_call_fail(call, 400, "INVALID_ACTION", "The action must be show-recording-ui, upload-screenshot or upload-session.", NULL);
	} else {
		rv_bus_act(rv_call_app(call)->bus, &action, action_done, user);
	}
	cJSON_Delete(json);
}

/* ---- session info ---- */

static void get_session_info(struct rv_call *call)
{
	const char *workspace_id = rv_call_param(call, "workspaceId"), *token = rv_call_param(call, "sessionToken"), *accept = rv_call_header(call, "Accept");
	struct rv_store *store = rv_call_app(call)->store;
	struct rv_workspace workspace;
	char report_id[32], url[512];
	rv_call_set_header(call, "Vary", "Accept");
	enum rv_status status = rv_session_token_ok(token) ? rv_store_workspace_by_id(store, workspace_id, &workspace) : RV_NOT_FOUND;
	if (status == RV_NOT_FOUND) {
		rv_call_fail(call, 400, "INVALID_SESSION_TOKEN", "The workspace or the session token is invalid.", NULL);
		return;
	}
	if (status == RV_OK) {
		rv_workspace_clear(&workspace);
		status = rv_store_report_by_session(store, workspace_id, token, report_id);
		if (status == RV_NOT_FOUND) {
			rv_call_fail(call, 404, "REPORT_NOT_FOUND", "There is no report for this session token yet: it is on its way, was given up, or was deleted.", NULL);
			return;
		}
	}
	if (status != RV_OK) {
		rv_call_fail_status(call, status);
		return;
	}
	snprintf(url, sizeof url, "%s/r/%s", rv_call_base_url(call), report_id);
	if (accept && strstr(accept, "text/html")) {
		rv_call_redirect(call, 302, url);
		return;
	}
	struct rv_json json;
	rv_json_init(&json, rv_call_out(call));
	rv_json_open(&json, '{');
	rv_json_key(&json, "ok");
	rv_json_bool(&json, true);
	rv_json_key(&json, "reportUrl");
	rv_json_cstr(&json, url);
	rv_json_key(&json, "ts");
	rv_json_int(&json, rv_clock_wall_ms());
	rv_json_close(&json, '}');
	rv_call_finish(call, 200, "application/json");
}

static const struct rv_route routes[] = {
	{.method = "POST", .pattern = "/api/v1/action", .handler = post_action, .family = RV_FAMILY_ACTION, .body = RV_BODY_JSON, .max_body_bytes = BODY_MAX, .name = "action", .head = action_head},
	{.method = "GET", .pattern = "/api/v1/session-info/:workspaceId/:sessionToken", .handler = get_session_info, .family = RV_FAMILY_ACTION, .name = "session_info"},
};
const struct rv_routes rv_routes_action = {routes, sizeof routes / sizeof *routes};
