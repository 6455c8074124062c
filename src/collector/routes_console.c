/* What the console's pages ask: login, workspaces and their settings, the list of reports. */
#include "app.h"
#include "auth.h"
#include "clock.h"
#include "config.h"
#include "guess.h"
#include "net.h"
#include "seen.h"
#include "settings.h"
#include "snippet.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { JSON_MAX = 256 << 10, LOGINS_AT_ONCE = 4 };

static void fail_field(struct rv_call *call, const struct rv_field_error *error)
{
	char message[200];
	snprintf(message, sizeof message, "The field %s %s.", error->field, error->message);
	rv_call_fail(call, 422, "invalid_field", message, error->field);
}

/* The body as an object; answers when it is none. Free with cJSON_Delete. */
static cJSON *read_object(struct rv_call *call)
{
	cJSON *json;
	enum rv_status status = rv_json_parse(rv_call_body(call), &json);
	if (status != RV_OK) {
		rv_call_fail_status(call, status);
		return NULL;
	}
	if (cJSON_IsObject(json))
		return json;
	cJSON_Delete(json);
	fail_field(call, &(struct rv_field_error){"body", "must be an object"});
	return NULL;
}

static void start_job(struct rv_call *call, void (*fn)(void *user), void *user)
{
	if (!rv_job_start(rv_call_app(call)->server, fn, user))
		rv_call_fail_status(call, RV_FULL);
}

/* ---- login ---- */

struct login { struct rv_call *call; char name[128], password[1024], by_address[64], by_both[256], by_name[160]; };
static atomic_uint logins_under_way;

static void set_cookie(struct rv_call *call, const char *token, long max_age_s)
{
	char cookie[256];
	snprintf(cookie, sizeof cookie, "rv_login=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%ld%s", token, max_age_s, rv_call_is_tls(call) ? "; Secure" : "");
	rv_call_set_header(call, "Set-Cookie", cookie);
}

static void write_user(struct rv_call *call, const char *name)
{
	struct rv_json json;
	rv_json_init(&json, rv_call_out(call));
	rv_json_open(&json, '{');
	rv_json_key(&json, "user");
	rv_json_open(&json, '{');
	rv_json_key(&json, "name");
	rv_json_cstr(&json, name);
	rv_json_close(&json, '}');
	rv_json_close(&json, '}');
	rv_call_finish(call, 200, "application/json");
}

static void login_job(void *user)
{
	struct login *login = user;
	struct rv_call *call = login->call;
	struct rv_store *store = rv_call_app(call)->store;
	char user_id[32], token[64];
	enum rv_status status = rv_store_user_check(store, login->name, login->password, user_id);
	atomic_fetch_sub(&logins_under_way, 1);
	memset(login->password, 0, sizeof login->password);
	if (status == RV_AUTH) {
		rv_call_fail(call, 401, "wrong_login", "The name or the password is wrong.", NULL);
		return;
	}
	if (status == RV_OK)
		status = rv_store_login_add(store, user_id, token);
	if (status != RV_OK) {
		rv_call_fail_status(call, status);
		return;
	}
	rv_guess_right(login->by_both);
	rv_guess_right(login->by_address);
	rv_guess_right(login->by_name);
	set_cookie(call, token, 14 * 24 * 3600);
	write_user(call, login->name);
}

/* Tries are counted for the pair first; addresses and names alone have more room, so that one person's
 * guesses lock out nobody else for long. */
static bool may_try(struct rv_call *call, struct login *login, unsigned *retry_after_s)
{
	const char *text = rv_call_ip(call);
	struct rv_ip ip;
	if (rv_ip_parse(text, strlen(text), &ip)) {
		char site[RV_IP_TEXT_BYTES];
		struct rv_ip whole = rv_ip_site(ip);
		rv_ip_text(&whole, site);
		snprintf(login->by_address, sizeof login->by_address, "address %s", site);
	} else {
		snprintf(login->by_address, sizeof login->by_address, "address %.40s", text);
	}
	snprintf(login->by_both, sizeof login->by_both, "%s %s", login->by_address, login->name);
	snprintf(login->by_name, sizeof login->by_name, "name %s", login->name);
	int64_t now = rv_clock_mono_ms();
	return rv_guess_try(login->by_both, 5, 900, now, retry_after_s) && rv_guess_try(login->by_address, 20, 900, now, retry_after_s)
		&& rv_guess_try(login->by_name, 100, 30, now, retry_after_s);
}

static void too_many(struct rv_call *call, unsigned retry_after_s)
{
	char seconds[16];
	snprintf(seconds, sizeof seconds, "%u", retry_after_s);
	rv_call_set_header(call, "Retry-After", seconds);
	rv_call_fail(call, 429, "rate_limited", "There were too many tries. Wait a moment, then try again.", NULL);
}

static void post_login(struct rv_call *call)
{
	static const struct rv_field fields[] = {{"name", RV_TEXT, 127}, {"password", RV_TEXT, 1000}};
	struct rv_field_error error = {.message = NULL};
	if (!rv_call_header(call, "X-Rearview-Console")) {
		rv_call_fail(call, 403, "header_missing", "Changes need the header X-Rearview-Console.", NULL);
		return;
	}
	cJSON *json = read_object(call);
	if (!json)
		return;
	const char *values[2] = {NULL};
	for (size_t i = 0; i < 2 && !error.message; i++) {
		values[i] = cJSON_GetStringValue(rv_field_get(json, &fields[i], "", &error));
		if (!error.message && (!values[i] || strlen(values[i]) >= (i ? sizeof ((struct login *)0)->password : sizeof ((struct login *)0)->name))) {
			error.message = values[i] ? "is too long" : "is required";
			strcpy(error.field, fields[i].name);
		}
	}
	struct login *login = error.message ? NULL : rv_arena_alloc(rv_call_arena(call), sizeof *login);
	if (login) {
		*login = (struct login){.call = call};
		strcpy(login->name, values[0]);
		strcpy(login->password, values[1]);
	}
	cJSON_Delete(json);
	unsigned retry_after_s = 1;
	if (error.message) {
		fail_field(call, &error);
	} else if (!login) {
		rv_call_fail_status(call, RV_MEMORY);
	} else if (!may_try(call, login, &retry_after_s)) {
		too_many(call, retry_after_s);
	} else if (atomic_fetch_add(&logins_under_way, 1) >= LOGINS_AT_ONCE) {
		atomic_fetch_sub(&logins_under_way, 1);
		too_many(call, 1);
	} else if (!rv_job_start(rv_call_app(call)->server, login_job, login)) {
		atomic_fetch_sub(&logins_under_way, 1);
		rv_call_fail_status(call, RV_FULL);
	}
}

static void logout_job(void *user)
{
	struct rv_call *call = user;
	enum rv_status status = rv_store_login_remove(rv_call_app(call)->store, rv_call_cookie(call, "rv_login"));
	if (status != RV_OK) {
		rv_call_fail_status(call, status);
		return;
	}
	set_cookie(call, "", 0);
	rv_call_finish(call, 204, NULL);
}

static void post_logout(struct rv_call *call)
{
	if (rv_auth_console(call, true))
		start_job(call, logout_job, call);
}

static void get_me(struct rv_call *call)
{
	char user_id[32], name[128];
	if (rv_auth_login(call, user_id) && rv_store_user_name(rv_call_app(call)->store, user_id, name) == RV_OK)
		write_user(call, name);
	else
		rv_call_fail(call, 401, "unauthorized", "A login is needed.", NULL);
}

/* ---- workspaces ---- */

static void workspaces_job(void *user)
{
	struct rv_call *call = user;
	enum rv_status status = rv_store_workspaces_json(rv_call_app(call)->store, rv_call_out(call));
	if (status == RV_OK)
		rv_call_finish(call, 200, "application/json");
	else
		rv_call_fail_status(call, status);
}

static void get_workspaces(struct rv_call *call)
{
	if (rv_auth_console(call, false))
		start_job(call, workspaces_job, call);
}

static void write_csp(struct rv_call *call, struct rv_json *json)
{
	const char *base = rv_call_base_url(call), *host = strstr(base, "://");
	char script[320], connect[640];
	snprintf(script, sizeof script, "%.255s 'wasm-unsafe-eval'", base);
	snprintf(connect, sizeof connect, "%.255s %s%.255s", base, strncmp(base, "https:", 6) == 0 ? "wss" : "ws", host ? host : "");
	const struct { const char *key, *value; } lines[] = {{"script_src", script}, {"connect_src", connect}, {"img_src", "data:"}, {"worker_src", "blob:"}};
	rv_json_key(json, "csp");
	rv_json_open(json, '{');
	for (size_t i = 0; i < 4; i++) {
		rv_json_key(json, lines[i].key);
		rv_json_cstr(json, lines[i].value);
	}
	rv_json_close(json, '}');
}

static void write_snippet(struct rv_call *call, const struct rv_workspace *workspace, struct rv_json *json, const char *key, void (*snippet)(const char *, const char *, const char *, const char *, struct rv_buf *))
{
	struct rv_buf text;
	rv_buf_init(&text, 16 << 10);
	snippet(rv_call_app(call)->config->widget_dir, rv_call_base_url(call), workspace->id, workspace->project_key, &text);
	rv_json_key(json, key);
	rv_json_text(json, rv_buf_get(&text));
	rv_buf_deinit(&text);
}

static void answer_settings(struct rv_call *call, const struct rv_workspace *workspace)
{
	struct rv_json json;
	struct rv_buf api_keys;
	rv_buf_init(&api_keys, JSON_MAX);
	enum rv_status status = rv_store_api_keys_json(rv_call_app(call)->store, workspace->id, &api_keys);
	rv_json_init(&json, rv_call_out(call));
	rv_json_open(&json, '{');
	rv_json_key(&json, "config");
	rv_settings_config_json(workspace, workspace->config_json, &json);
	rv_json_key(&json, "defaults");
	rv_settings_config_json(workspace, "{}", &json);
	rv_json_key(&json, "keys");
	rv_settings_keys_json(workspace, &json);
	rv_json_key(&json, "project_key");
	rv_json_cstr(&json, workspace->project_key);
	rv_json_key(&json, "api_keys");
	rv_json_raw(&json, rv_buf_get(&api_keys));
	rv_buf_deinit(&api_keys);
	write_snippet(call, workspace, &json, "snippet", rv_snippet_script);
	write_snippet(call, workspace, &json, "snippet_csp", rv_snippet_tag);
	write_snippet(call, workspace, &json, "snippet_pinned", rv_snippet_pinned);
	write_csp(call, &json);
	rv_json_close(&json, '}');
	if (status == RV_OK)
		rv_call_finish(call, 200, "application/json");
	else
		rv_call_fail_status(call, status);
}

static void get_settings_job(void *user)
{
	struct rv_call *call = user;
	struct rv_workspace workspace;
	enum rv_status status = rv_store_workspace_by_id(rv_call_app(call)->store, rv_call_param(call, "id"), &workspace);
	if (status != RV_OK) {
		rv_call_fail_status(call, status);
		return;
	}
	answer_settings(call, &workspace);
	rv_workspace_clear(&workspace);
}

static void get_settings(struct rv_call *call)
{
	if (rv_auth_console(call, false))
		start_job(call, get_settings_job, call);
}

/* ---- what its pages asked for ---- */

static void seen_job(void *user)
{
	struct rv_call *call = user;
	struct rv_workspace workspace;
	struct rv_json json;
	char now[32];
	enum rv_status status = rv_store_workspace_by_id(rv_call_app(call)->store, rv_call_param(call, "id"), &workspace);
	if (status != RV_OK) {
		rv_call_fail_status(call, status);
		return;
	}
	rv_clock_iso(rv_clock_wall_ms(), now);
	rv_json_init(&json, rv_call_out(call));
	rv_json_open(&json, '{');
	rv_json_key(&json, "now");
	rv_json_cstr(&json, now);
	rv_json_key(&json, "seen");
	rv_seen_json(workspace.id, &json);
	rv_json_close(&json, '}');
	rv_workspace_clear(&workspace);
	rv_call_finish(call, 200, "application/json");
}

static void get_seen(struct rv_call *call)
{
	if (rv_auth_console(call, false))
		start_job(call, seen_job, call);
}

/* Two people may save at one time: reading, merging and writing must not interleave. */
static pthread_mutex_t settings_lock = PTHREAD_MUTEX_INITIALIZER;

static enum rv_status change_settings(struct rv_call *call, const cJSON *changes, struct rv_workspace *workspace, struct rv_field_error *error)
{
	struct rv_app *app = rv_call_app(call);
	struct rv_buf stored, widget;
	char before[24] = "", after[24] = "";
	enum rv_status status = rv_store_workspace_by_id(app->store, rv_call_param(call, "id"), workspace);
	if (status != RV_OK)
		return status;
	rv_buf_init(&stored, JSON_MAX);
	rv_buf_init(&widget, JSON_MAX);
	status = rv_settings_widget_json(workspace, &widget, before);
	if (status == RV_OK)
		status = rv_settings_merge(workspace->config_json, changes, &stored, error);
	if (status == RV_OK) {
		rv_buf_byte(&stored, 0);
		char *copy = rv_buf_status(&stored) == RV_OK ? strdup((const char *)stored.ptr) : NULL;
		status = copy ? rv_store_config_set(app->store, workspace->id, copy) : RV_MEMORY;
		if (status == RV_OK) {
			free(workspace->config_json);
			workspace->config_json = copy;
			rv_buf_clear(&widget);
			status = rv_settings_widget_json(workspace, &widget, after);
		} else {
			free(copy);
		}
	}
	if (status == RV_OK && strcmp(before, after) != 0)
		rv_bus_config_changed(app->bus, workspace->id, after);
	rv_buf_deinit(&stored);
	rv_buf_deinit(&widget);
	return status;
}

static void put_settings_job(void *user)
{
	struct rv_call *call = user;
	struct rv_workspace workspace = {.config_json = NULL};
	struct rv_field_error error = {.message = NULL};
	cJSON *json = read_object(call);
	if (!json)
		return;
	pthread_mutex_lock(&settings_lock);
	enum rv_status status = change_settings(call, cJSON_GetObjectItemCaseSensitive(json, "config"), &workspace, &error);
	pthread_mutex_unlock(&settings_lock);
	cJSON_Delete(json);
	if (status == RV_OK)
		answer_settings(call, &workspace);
	else if (error.message)
		fail_field(call, &error);
	else
		rv_call_fail_status(call, status);
	rv_workspace_clear(&workspace);
}

static void put_settings(struct rv_call *call)
{
	if (rv_auth_console(call, true))
		start_job(call, put_settings_job, call);
}

static void add_key_job(void *user)
{
	struct rv_call *call = user;
	char api_key[64], id[32];
	enum rv_status status = rv_store_api_key_add(rv_call_app(call)->store, rv_call_param(call, "id"), api_key);
	if (status != RV_OK) {
		rv_call_fail_status(call, status);
		return;
	}
	struct rv_json json;
	rv_api_key_id(api_key, id);
	rv_json_init(&json, rv_call_out(call));
	rv_json_open(&json, '{');
	rv_json_key(&json, "id");
	rv_json_cstr(&json, id);
	rv_json_key(&json, "api_key");
	rv_json_cstr(&json, api_key);
	rv_json_close(&json, '}');
	rv_call_finish(call, 201, "application/json");
}

static void post_api_key(struct rv_call *call)
{
	if (rv_auth_console(call, true))
		start_job(call, add_key_job, call);
}

static void remove_key_job(void *user)
{
	struct rv_call *call = user;
	enum rv_status status = rv_store_api_key_remove(rv_call_app(call)->store, rv_call_param(call, "id"), rv_call_param(call, "key"));
	if (status == RV_OK)
		rv_call_finish(call, 204, NULL);
	else
		rv_call_fail_status(call, status);
}

static void delete_api_key(struct rv_call *call)
{
	if (rv_auth_console(call, true))
		start_job(call, remove_key_job, call);
}

/* ---- reports ---- */

static bool is_state(const char *text) { return strcmp(text, "open") == 0 || strcmp(text, "in_progress") == 0 || strcmp(text, "done") == 0; }

/* The query parameter, or NULL when it is absent or empty. */
static const char *filter(struct rv_call *call, const char *name)
{
	const char *value = rv_call_query(call, name);
	return value && *value ? value : NULL;
}

static bool has_ok(const char *list)
{
	while (*list) {
		size_t len = strcspn(list, ",");
		if (!(len == 6 && (strncmp(list, "replay", 6) == 0 || strncmp(list, "errors", 6) == 0)) && !(len == 10 && strncmp(list, "screenshot", 10) == 0))
			return false;
		list += len + (list[len] == ',');
	}
	return true;
}

static bool digits(const char *text) { return *text && strlen(text) < 19 && text[strspn(text, "0123456789")] == 0; }

static void reports_job(void *user)
{
	struct rv_call *call = user;
	struct rv_report_query query = {
		.workspace_id = filter(call, "workspace"), .search = filter(call, "search"), .state = filter(call, "state"),
		.trigger = filter(call, "trigger"), .has = filter(call, "has"), .before = filter(call, "before"),
	};
	const char *limit = filter(call, "limit");
	query.limit = limit ? (unsigned)atoi(limit) : 0;
	enum rv_status status = rv_store_reports_json(rv_call_app(call)->store, &query, rv_call_out(call));
	if (status == RV_OK)
		rv_call_finish(call, 200, "application/json");
	else
		rv_call_fail_status(call, status);
}

static void get_reports(struct rv_call *call)
{
	if (!rv_auth_console(call, false))
		return;
	const char *search = filter(call, "search"), *state = filter(call, "state"), *has = filter(call, "has"), *before = filter(call, "before"), *limit = filter(call, "limit");
	struct rv_field_error error = {.message = NULL};
	if (search && rv_text_length(search) > 200)
		error = (struct rv_field_error){"search", "is too long"};
	else if (state && !is_state(state))
		error = (struct rv_field_error){"state", "must be open, in_progress or done"};
	else if (has && !has_ok(has))
		error = (struct rv_field_error){"has", "must list replay, screenshot or errors"};
	else if (before && !digits(before))
		error = (struct rv_field_error){"before", "must be the next of an earlier answer"};
	else if (limit && (!digits(limit) || strlen(limit) > 3 || atoi(limit) < 1 || atoi(limit) > 200))
		error = (struct rv_field_error){"limit", "must be a number from 1 to 200"};
	if (error.message)
		fail_field(call, &error);
	else
		start_job(call, reports_job, call);
}

static void get_report(struct rv_call *call)
{
	if (rv_auth_console(call, false))
		rv_report_answer(call, NULL);
}

static void report_changed(void *user, enum rv_status status)
{
	struct rv_call *call = user;
	if (status == RV_OK)
		rv_call_finish(call, 204, NULL);
	else
		rv_call_fail_status(call, status);
}

static void patch_report(struct rv_call *call)
{
	struct rv_field_error error = {.message = NULL};
	if (!rv_auth_console(call, true))
		return;
	cJSON *json = read_object(call);
	if (!json)
		return;
	const char *state = cJSON_GetStringValue(rv_field_get(json, &(struct rv_field){"state", RV_TEXT, 20}, "", &error));
	if (!error.message && !(state && is_state(state)))
		error = (struct rv_field_error){"state", "must be open, in_progress or done"};
	if (error.message)
		fail_field(call, &error);
	else
		rv_store_report_state(rv_call_app(call)->store, rv_call_param(call, "id"), state, report_changed, call);
	cJSON_Delete(json);
}

static void delete_report(struct rv_call *call)
{
	if (rv_auth_console(call, true))
		rv_store_report_delete(rv_call_app(call)->store, rv_call_param(call, "id"), false, report_changed, call);
}

static void restore_report(struct rv_call *call)
{
	if (rv_auth_console(call, true))
		rv_store_report_delete(rv_call_app(call)->store, rv_call_param(call, "id"), true, report_changed, call);
}

#define GET(path, fn, label) {.method = "GET", .pattern = "/api/console/" path, .handler = fn, .family = RV_FAMILY_OWN, .name = "console_" label}
#define CHANGE(verb, path, fn, label) {.method = verb, .pattern = "/api/console/" path, .handler = fn, .family = RV_FAMILY_OWN, .name = "console_" label}
#define CHANGE_JSON(verb, path, fn, label) {.method = verb, .pattern = "/api/console/" path, .handler = fn, .family = RV_FAMILY_OWN, .body = RV_BODY_JSON, .max_body_bytes = JSON_MAX, .name = "console_" label}

static const struct rv_route routes[] = {
	CHANGE_JSON("POST", "login", post_login, "login"),
	CHANGE("POST", "logout", post_logout, "logout"),
	GET("me", get_me, "me"),
	GET("workspaces", get_workspaces, "workspaces"),
	GET("workspaces/:id/settings", get_settings, "settings"),
	GET("workspaces/:id/seen", get_seen, "seen"),
	CHANGE_JSON("PUT", "workspaces/:id/settings", put_settings, "settings_set"),
	CHANGE("POST", "workspaces/:id/api-keys", post_api_key, "api_key_add"),
	CHANGE("DELETE", "workspaces/:id/api-keys/:key", delete_api_key, "api_key_remove"),
	GET("reports", get_reports, "reports"),
	GET("reports/:id", get_report, "report"),
	CHANGE_JSON("PATCH", "reports/:id", patch_report, "report_state"),
	CHANGE("DELETE", "reports/:id", delete_report, "report_delete"),
	CHANGE("POST", "reports/:id/restore", restore_report, "report_restore"),
};
const struct rv_routes rv_routes_console = {routes, sizeof routes / sizeof *routes};
