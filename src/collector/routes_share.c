/* Links that open one report: made, listed and revoked by a login; opened by whoever has one. The link's
 * page asks once for what it opens and gets a cookie for that report's addresses alone, which pictures,
 * films and the player's assets then carry. Every request looks the token up, so revoking is at once. */
#include "app.h"
#include "auth.h"
#include "clock.h"
#include "json_read.h"
#include "store_db.h"

enum { BODY_MAX = 4096 };

static void list_job(void *user)
{
	struct rv_call *call = user;
	enum rv_status status = rv_store_shares_json(rv_call_app(call)->store, rv_call_param(call, "id"), rv_call_out(call));
	if (status == RV_OK)
		rv_call_finish(call, 200, "application/json");
	else
		rv_call_fail_status(call, status);
}

static void start(struct rv_call *call, void (*fn)(void *user), bool changes)
{
	if (rv_auth_console(call, changes) && !rv_job_start(rv_call_app(call)->server, fn, call))
		rv_call_fail_status(call, RV_FULL);
}

static void get_shares(struct rv_call *call) { start(call, list_job, false); }

/* 1, 7 or 30; 0 when the body asks for nothing of the kind. */
static unsigned read_days(struct rv_call *call)
{
	cJSON *json;
	double days = 0;
	if (rv_json_parse(rv_call_body(call), &json) != RV_OK)
		return 0;
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(json, "days");
	if (cJSON_IsNumber(value))
		days = value->valuedouble;
	cJSON_Delete(json);
	return days == 1 || days == 7 || days == 30 ? (unsigned)days : 0;
}

static void add_job(void *user)
{
	struct rv_call *call = user;
	char id[32], token[64];
	int64_t expires_ms;
	unsigned days = read_days(call);
	if (!days) {
		rv_call_fail(call, 422, "invalid_field", "The field days must be 1, 7 or 30.", "days");
		return;
	}
	enum rv_status status = rv_store_share_add(rv_call_app(call)->store, rv_call_param(call, "id"), days, id, token, &expires_ms);
	if (status == RV_CONFLICT) {
		rv_call_fail(call, 409, "too_many_shares", "This report has 50 links. Revoke one first.", NULL);
		return;
	}
	if (status != RV_OK) {
		rv_call_fail_status(call, status);
		return;
	}
	struct rv_json json;
	struct rv_buf url;
	rv_buf_init(&url, 4096);
	rv_buf_str(&url, rv_call_base_url(call));
	rv_buf_str(&url, "/s/");
	rv_buf_str(&url, token);
	rv_json_init(&json, rv_call_out(call));
	rv_json_open(&json, '{');
	rv_json_key(&json, "id");
	rv_json_cstr(&json, id);
	rv_json_key(&json, "url");
	rv_json_text(&json, rv_buf_get(&url));
	rv_json_key(&json, "expires_at");
	rv_db_json_time(expires_ms, &json);
	rv_json_close(&json, '}');
	rv_buf_deinit(&url);
	rv_call_finish(call, 201, "application/json");
}

static void post_share(struct rv_call *call) { start(call, add_job, true); }

static void remove_job(void *user)
{
	struct rv_call *call = user;
	enum rv_status status = rv_store_share_remove(rv_call_app(call)->store, rv_call_param(call, "id"), rv_call_param(call, "share"));
	if (status == RV_OK)
		rv_call_finish(call, 204, NULL);
	else
		rv_call_fail_status(call, status);
}

static void delete_share(struct rv_call *call) { start(call, remove_job, true); }

static void open_job(void *user)
{
	static const char *const paths[] = {"/api/v1/reports/", "/r/"};
	struct rv_call *call = user;
	const char *token = rv_call_param(call, "token");
	char report_id[32], cookie[320];
	int64_t expires_ms;
	enum rv_status status = rv_store_share_check(rv_call_app(call)->store, token, report_id, &expires_ms);
	if (status != RV_OK) {
		rv_call_fail_status(call, status);
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		snprintf(cookie, sizeof cookie, "rv_share=%.43s; Path=%s%s; HttpOnly; SameSite=Strict; Max-Age=%lld%s", token, paths[i], report_id, (long long)((expires_ms - rv_clock_wall_ms()) / 1000), rv_call_is_tls(call) ? "; Secure" : "");
		rv_call_set_header(call, "Set-Cookie", cookie);
	}
	struct rv_json json;
	rv_json_init(&json, rv_call_out(call));
	rv_json_open(&json, '{');
	rv_json_key(&json, "report_id");
	rv_json_cstr(&json, report_id);
	rv_json_key(&json, "expires_at");
	rv_db_json_time(expires_ms, &json);
	rv_json_close(&json, '}');
	rv_call_set_header(call, "X-Robots-Tag", "noindex, nofollow");
	rv_call_finish(call, 200, "application/json");
}

static void open_share(struct rv_call *call)
{
	if (!rv_job_start(rv_call_app(call)->server, open_job, call))
		rv_call_fail_status(call, RV_FULL);
}

static const struct rv_route routes[] = {
	{.method = "GET", .pattern = "/api/console/reports/:id/shares", .handler = get_shares, .family = RV_FAMILY_OWN, .name = "console_shares"},
	{.method = "POST", .pattern = "/api/console/reports/:id/shares", .handler = post_share, .family = RV_FAMILY_OWN, .body = RV_BODY_JSON, .max_body_bytes = BODY_MAX, .name = "console_share_add"},
	{.method = "DELETE", .pattern = "/api/console/reports/:id/shares/:share", .handler = delete_share, .family = RV_FAMILY_OWN, .name = "console_share_remove"},
	{.method = "GET", .pattern = "/api/v1/shares/:token", .handler = open_share, .family = RV_FAMILY_OWN, .name = "share"},
};
const struct rv_routes rv_routes_share = {routes, sizeof routes / sizeof *routes};
