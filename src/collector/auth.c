#include "auth.h"
#include "seen.h"
#include "settings.h"
#include <stdio.h>

bool rv_auth_project(struct rv_call *call, bool socket, struct rv_workspace *out)
{
	const char *key = rv_call_header(call, "X-Project-Key"), *origin = rv_call_header(call, "Origin");
	if (!key)
		key = rv_call_query(call, "key");
	enum rv_status status = key && *key ? rv_store_workspace_by_key(rv_call_app(call)->store, key, out) : RV_NOT_FOUND;
	if (status != RV_OK) {
		if (status == RV_NOT_FOUND)
			rv_call_fail(call, 401, "unauthorized", "The project key is missing or unknown.", NULL);
		else
			rv_call_fail_status(call, status);
		return false;
	}
	bool restricted = !rv_settings_origin_allowed(out->config_json, "null", false);
	if (!rv_settings_origin_allowed(out->config_json, origin, !socket)) {
		rv_seen_note(out->id, RV_SEEN_REFUSED, call);
		rv_workspace_clear(out);
		rv_call_allow_origin(call, NULL);
		rv_call_fail(call, 403, "origin_not_allowed", "This workspace does not allow pages of this origin.", NULL);
		return false;
	}
	rv_call_allow_origin(call, !restricted ? "*" : origin);
	return true;
}

const char *rv_auth_api_key(struct rv_call *call)
{
	char workspace_id[32];
	const char *key = rv_call_header(call, "x-rearview-api-key");
	if (!key)
		key = rv_call_header(call, "x-bugpilot-api-key");
	if (!key || rv_store_api_key_check(rv_call_app(call)->store, key, workspace_id) != RV_OK)
		return NULL;
	return (const char *)rv_arena_copy(rv_call_arena(call), rv_span_str(workspace_id)).ptr;
}

bool rv_auth_login(struct rv_call *call, char user_id[32])
{
	const char *token = rv_call_cookie(call, "rv_login");
	return token && rv_store_login_check(rv_call_app(call)->store, token, user_id) == RV_OK;
}

bool rv_auth_reader(struct rv_call *call, const char **workspace_id)
{
	char user_id[32];
	*workspace_id = rv_auth_api_key(call);
	/* A wrong key is not made good by a login that happens to be there. */
	bool has_key = rv_call_header(call, "x-rearview-api-key") || rv_call_header(call, "x-bugpilot-api-key");
	if (*workspace_id || (!has_key && rv_auth_login(call, user_id)))
		return true;
	const char *token = rv_call_cookie(call, "rv_share"), *wanted = rv_call_param(call, "id");
	char report_id[32];
	int64_t expires_ms;
	if (!has_key && token) {
		if (wanted && rv_store_share_check(rv_call_app(call)->store, token, report_id, &expires_ms) == RV_OK && strcmp(report_id, wanted) == 0)
			return true;
		rv_call_fail_status(call, RV_NOT_FOUND);
		return false;
	}
	rv_call_fail(call, 401, "unauthorized", "An API key or a login is needed.", NULL);
	return false;
}

bool rv_auth_console(struct rv_call *call, bool changes)
{
	char user_id[32];
	if (changes && !rv_call_header(call, "X-Rearview-Console")) {
		rv_call_fail(call, 403, "header_missing", "Changes need the header X-Rearview-Console.", NULL);
		return false;
	}
	if (rv_auth_login(call, user_id))
		return true;
	rv_call_fail(call, 401, "unauthorized", "A login is needed.", NULL);
	return false;
}

const char *rv_session_info_url(struct rv_call *call, const char *workspace_id, const char *session_token)
{
	const char *base = rv_call_base_url(call);
	size_t size = strlen(base) + strlen(workspace_id) + strlen(session_token) + 32;
	char *url = rv_arena_alloc(rv_call_arena(call), size);
	if (!url)
		return "";
	snprintf(url, size, "%s/api/v1/session-info/%s/%s", base, workspace_id, session_token);
	return url;
}

bool rv_session_token_ok(const char *token)
{
	size_t len = strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~:-");
	return len >= 1 && len <= 128 && token[len] == 0;
}
