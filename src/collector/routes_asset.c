/* What recordings refer to: the widget tells a report's list and hears what is missing, the replay
 * fetches the contents. Their upload is in routes_widget.c. */
#include "app.h"
#include "asset_map.h"
#include "auth.h"
#include "json_read.h"
#include "media.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LIST_BODY_MAX = 4 << 20, SHEET_MAX = 8 << 20, URL_MAX = RV_ASSETS_URL_MAX };

/* ---- POST /v1/widget/assets ---- */

struct list { struct rv_call *call; char workspace_id[32]; cJSON *json; struct rv_asset_link *links; size_t n; };

static void list_head(struct rv_call *call)
{
	struct rv_workspace workspace;
	if (!rv_auth_project(call, false, &workspace))
		return;
	struct list *list = rv_arena_alloc(rv_call_arena(call), sizeof *list);
	if (list) {
		*list = (struct list){.call = call};
		memcpy(list->workspace_id, workspace.id, sizeof list->workspace_id);
		rv_call_set_user(call, list);
	} else {
		rv_call_fail_status(call, RV_MEMORY);
	}
	rv_workspace_clear(&workspace);
}

static void end_list(struct list *list)
{
	cJSON_Delete(list->json);
	free(list->links);
}

static bool is_hash(const char *text) { return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64; }

static bool is_address(const char *text)
{
	return (strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0 || strncmp(text, "blob:", 5) == 0) && strlen(text) <= URL_MAX;
}

static const char *read_link(const cJSON *item, struct rv_asset_link *link, size_t at, struct rv_field_error *error)
{
	static const struct rv_field url = {"url", RV_TEXT, 0}, sha256 = {"sha256", RV_TEXT, 0};
	char prefix[32];
	snprintf(prefix, sizeof prefix, "assets[%zu].", at);
	const cJSON *address = cJSON_IsObject(item) ? rv_field_get(item, &url, prefix, error) : NULL;
	const cJSON *hash = address ? rv_field_get(item, &sha256, prefix, error) : NULL;
	if (!address || !is_address(address->valuestring)) {
		snprintf(error->field, sizeof error->field, "%surl", prefix);
		return "must be an http, https or blob address";
	}
	if (!hash || !is_hash(hash->valuestring)) {
		snprintf(error->field, sizeof error->field, "%ssha256", prefix);
		return "must be a SHA-256 in hexadecimal";
	}
	*link = (struct rv_asset_link){.url = address->valuestring, .sha256 = hash->valuestring};
	return NULL;
}

static void list_stored(void *user, enum rv_status status)
{
	struct list *list = user;
	struct rv_call *call = list->call;
	struct rv_json json;
	rv_json_init(&json, rv_call_out(call));
	rv_json_open(&json, '{');
	rv_json_key(&json, "missing");
	rv_json_open(&json, '[');
	for (size_t i = 0; i < list->n && status == RV_OK; i++)
		if (list->links[i].missing)
			rv_json_cstr(&json, list->links[i].sha256);
	rv_json_close(&json, ']');
	rv_json_close(&json, '}');
	end_list(list);
	if (status == RV_OK) {
		rv_call_finish(call, 200, "application/json");
	} else {
		rv_buf_clear(rv_call_out(call));
		rv_call_fail_status(call, status);
	}
}

static void fail_list(struct list *list, const struct rv_field_error *error)
{
	char message[200];
	snprintf(message, sizeof message, "The field %s %s.", error->field, error->message);
	end_list(list);
	rv_call_fail(list->call, 422, "invalid_field", message, error->field);
}

static void list_job(void *user)
{
	static const struct rv_field submit_key = {"submit_key", RV_TEXT, 200}, assets = {"assets", RV_ARRAY, RV_STORE_ASSETS_MAX};
	struct list *list = user;
	struct rv_call *call = list->call;
	struct rv_field_error error = {.message = NULL};
	enum rv_status status = rv_json_parse(rv_call_body(call), &list->json);
	if (status != RV_OK) {
		rv_call_fail_status(call, status);
		return;
	}
	const cJSON *key = rv_field_get(list->json, &submit_key, "", &error), *items = error.message ? NULL : rv_field_get(list->json, &assets, "", &error);
	if (!error.message && (!key || !items))
		error = (struct rv_field_error){.message = "is missing"}, strcpy(error.field, key ? "assets" : "submit_key");
	if (!error.message) {
		list->links = calloc((size_t)cJSON_GetArraySize(items) + 1, sizeof *list->links);
		if (!list->links) {
			end_list(list);
			rv_call_fail_status(call, RV_MEMORY);
			return;
		}
		for (const cJSON *item = items->child; item && !error.message; item = item->next, list->n++)
			error.message = read_link(item, &list->links[list->n], list->n, &error);
	}
	if (error.message)
		fail_list(list, &error);
	else
		rv_store_assets_link(rv_call_app(call)->store, list->workspace_id, key->valuestring, list->links, list->n, list_stored, list);
}

static void post_list(struct rv_call *call)
{
	if (!rv_job_start(rv_call_app(call)->server, list_job, rv_call_user(call)))
		rv_call_fail_status(call, RV_FULL);
}

/* ---- GET /api/v1/reports/:id/assets/:hash ---- */

struct fetch { struct rv_call *call; struct rv_asset asset; char *url; int blob; uint64_t bytes; };

static void set_headers(struct rv_call *call)
{
	rv_call_set_header(call, "Content-Disposition", "inline");
	rv_call_set_header(call, "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox");
	rv_call_set_header(call, "X-Content-Type-Options", "nosniff");
}

/* A style sheet with its addresses as the report's, which differ from report to report. */
static void sheet_job(void *user)
{
	struct fetch *fetch = user;
	struct rv_call *call = fetch->call;
	struct rv_asset_map *map;
	struct rv_buf css, *out = rv_call_out(call);
	rv_buf_init(&css, SHEET_MAX);
	enum rv_status status = rv_asset_map_load(rv_call_app(call)->store, rv_call_param(call, "id"), rv_call_base_url(call), &map);
	void *bytes = status == RV_OK && fetch->bytes ? mmap(NULL, fetch->bytes, PROT_READ, MAP_PRIVATE, fetch->blob, 0) : NULL;
	if (bytes == MAP_FAILED) {
		status = RV_MEMORY;
	} else if (status == RV_OK) {
		const struct rv_rrweb_assets use = rv_asset_map_use(map);
		rv_assets_css(rv_span_str(fetch->url), rv_span(bytes ? bytes : "", fetch->bytes), &use, &css);
		if (bytes)
			munmap(bytes, fetch->bytes);
		rv_buf_span(out, rv_buf_get(&css));
		status = rv_buf_status(&css) == RV_OK ? rv_buf_status(out) : rv_buf_status(&css);
	}
	rv_asset_map_free(map);
	rv_buf_deinit(&css);
	close(fetch->blob);
	free(fetch->url);
	if (status == RV_OK) {
		set_headers(call);
		rv_call_set_header(call, "Cache-Control", "private, no-cache");
		rv_call_finish(call, 200, fetch->asset.mime);
	} else {
		rv_call_fail_status(call, status);
	}
}

static void get_asset(struct rv_call *call)
{
	const char *workspace_id, *hash = rv_call_param(call, "hash");
	char etag[72];
	if (!rv_auth_reader(call, &workspace_id))
		return;
	struct rv_app *app = rv_call_app(call);
	struct fetch *fetch = rv_arena_alloc(rv_call_arena(call), sizeof *fetch);
	enum rv_status status = RV_MEMORY;
	if (fetch) {
		*fetch = (struct fetch){.call = call, .blob = -1};
		status = is_hash(hash) ? rv_store_report_asset(app->store, workspace_id, rv_call_param(call, "id"), hash, &fetch->asset, &fetch->url) : RV_NOT_FOUND;
	}
	if (status == RV_OK) {
		status = rv_blob_open(app->blobs, hash, &fetch->blob, &fetch->bytes);
		if (status != RV_OK)
			free(fetch->url);
		if (status == RV_NOT_FOUND)
			status = RV_IO; /* a row without its blob: broken, not absent */
	}
	if (status != RV_OK) {
		rv_call_fail_status(call, status);
	} else if (strncmp(fetch->asset.mime, "text/css", 8) == 0) {
		if (!rv_job_start(app->server, sheet_job, fetch)) {
			close(fetch->blob);
			free(fetch->url);
			rv_call_fail_status(call, RV_FULL);
		}
	} else {
		free(fetch->url);
		snprintf(etag, sizeof etag, "\"%s\"", hash);
		set_headers(call);
		rv_call_set_header(call, "Cache-Control", "private, max-age=86400, immutable");
		rv_call_finish_file(call, fetch->blob, fetch->asset.mime, etag);
	}
}

static const struct rv_route routes[] = {
	{.method = "POST", .pattern = "/v1/widget/assets", .handler = post_list, .family = RV_FAMILY_WIDGET, .body = RV_BODY_JSON, .max_body_bytes = LIST_BODY_MAX, .name = "widget_assets", .head = list_head},
	{.method = "GET", .pattern = "/api/v1/reports/:id/assets/:hash", .handler = get_asset, .family = RV_FAMILY_OWN, .name = "report_asset"},
};
const struct rv_routes rv_routes_asset = {routes, sizeof routes / sizeof *routes};
