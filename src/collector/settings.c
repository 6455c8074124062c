#include "settings.h"
#include "secret.h"
#include "settings_check.h"
#include <stdlib.h>

/* Members of one group stand together: they are written as one object. */
static const struct rv_setting settings[] = {
	{"site", "name", RV_SETTING_TEXT, true, 1, 120, NULL, NULL, "The name of the site, as the widget and the console show it."},
	{NULL, "allowed_origins", RV_SETTING_ORIGINS, false, 0, 100, "[]", NULL, "Pages of these origins may use the project key, https://*.example.com stands for every subdomain. With none in the list, any page may."},
	{"actions", "always_connect", RV_SETTING_BOOL, true, 0, 0, "false", NULL, "Always connect Action WebSockets: every page keeps a connection open so that the Action API can reach its user. Takes effect at the next page load."},
	{"capture", "window_ms", RV_SETTING_INT, true, 10000, 3600000, "600000", NULL, "How much of the past a report holds, in milliseconds."},
	{"capture", "max_bytes", RV_SETTING_INT, true, 1 << 20, 64 << 20, "8388608", NULL, "Most memory the recorded past may take in the page, compressed, in bytes. When it is full the oldest part goes first."},
	{"capture", "console", RV_SETTING_BOOL, true, 0, 0, "true", NULL, "Record the browser console."},
	{"capture", "network", RV_SETTING_BOOL, true, 0, 0, "true", NULL, "Record method, address, status and timing of fetch and XMLHttpRequest, of beacons, WebSockets and EventSources."},
	{"capture", "network_headers", RV_SETTING_HEADERS, true, 0, 50, "[]", NULL, "Keep these headers of requests and responses, by name. Authorization and cookies are never kept."},
	{"capture", "network_bodies", RV_SETTING_ADDRESSES, true, 0, 50, "[]", NULL, "Keep the beginning of text bodies of requests and responses, and of messages, where the address begins so; * stands for anything. They are redacted like console text."},
	{"capture", "assets", RV_SETTING_BOOL, true, 0, 0, "true", NULL, "Keep the pictures, style sheets and fonts that a recording refers to with its report, so that a replay looks right after the next deploy and never asks the site's own hosts. Their addresses are fetched by the worker after the report is sent, mostly from the browser's cache; the page's connect-src governs which it can reach."},
	{"capture", "canvas", RV_SETTING_BOOL, true, 0, 0, "false", NULL, "Record the last frames of canvases on screen, at most every two seconds. Canvases that another origin has tainted cannot be read."},
	{"privacy", "level", RV_SETTING_CHOICE, true, 0, 0, "\"inputs\"", "inputs,strict,none,", "inputs masks what people type, strict masks all text too and blocks media, none masks nothing. Passwords, one-time codes and card fields are never read."},
	{"privacy", "mask_selectors", RV_SETTING_SELECTORS, true, 0, 100, "[]", NULL, "Text inside elements that match these CSS selectors is masked."},
	{"privacy", "block_selectors", RV_SETTING_SELECTORS, true, 0, 100, "[]", NULL, "Elements that match these CSS selectors are not recorded; a box of their size stands in their place."},
	{"privacy", "redact_patterns", RV_SETTING_PATTERNS, true, 0, 50, "[]", NULL, "Text that matches is removed from console, network and addresses. * stands for a run of word characters, ? for one, [a-z] for a class, + repeats: CUST-[0-9]+"},
	{"privacy", "honor_gpc", RV_SETTING_BOOL, true, 0, 0, "false", NULL, "Record nothing in browsers that ask for it by Global Privacy Control."},
	{"features", "bugpilot_alias", RV_SETTING_BOOL, true, 0, 0, "false", NULL, "The script also answers to the global name Bugpilot."},
	{"modules.feedback", "enabled", RV_SETTING_BOOL, true, 0, 0, "true", NULL, "People can report a problem from the page: by the launcher, by elements with data-rv-open or the class bug-report-button, and where the page calls open()."},
	{"modules.feedback", "launcher", RV_SETTING_CHOICE, true, 0, 0, "\"button\"", "button,hidden,", "Whether a button in a corner of every page opens the panel. Hidden: only your own elements and calls open it."},
	{"modules.feedback", "label", RV_SETTING_TEXT, true, 0, 60, "\"\"", NULL, "What the launcher says. With none it says it in the reader's language."},
	{"modules.feedback", "types", RV_SETTING_WORDS, true, 0, 10, "[\"bug\",\"idea\",\"question\"]", NULL, "What a report can be. The panel has words for bug, idea and question; name others under Labels as type. and the word. With none people are not asked."},
	{"modules.feedback", "email", RV_SETTING_CHOICE, true, 0, 0, "\"optional\"", "optional,required,hidden,", "Whether people who are not identified are asked for their e-mail address."},
	{"modules.feedback", "fields", RV_SETTING_FIELDS, true, 0, 20, "[]", NULL, "Further fields of the panel. What people enter is in the report under its key."},
	{"theme", "color", RV_SETTING_COLOR, true, 0, 7, "\"\"", NULL, "The colour of buttons and of the focus, like #4338ca. With none the widget has its own for light and for dark pages."},
	{"theme", "scheme", RV_SETTING_CHOICE, true, 0, 0, "\"auto\"", "auto,light,dark,", "Whether the widget is light or dark; auto follows the reader's browser."},
	{"theme", "position", RV_SETTING_CHOICE, true, 0, 0, "\"bottom-right\"", "bottom-right,bottom-left,top-right,top-left,", "The corner of the launcher and of the panel. On pages written from right to left the sides change places."},
	{"theme", "locale", RV_SETTING_CHOICE, true, 0, 0, "\"\"", ",en,de,fr,es,ja,ar,", "The language of the widget. With none it is the page's, then the browser's."},
	{"theme", "radius", RV_SETTING_INT, true, 0, 32, "6", NULL, "How round the corners of controls are, in pixels; the panel's follow."},
	{"theme", "font", RV_SETTING_FONT, true, 0, 200, "\"\"", NULL, "Font families like Inter, sans-serif. With none the widget has the system's font."},
	{"theme", "labels", RV_SETTING_LABELS, true, 0, 200, "{}", NULL, "Words of the widget to be replaced by yours, by key."},
	{"theme", "custom_css", RV_SETTING_CSS, true, 0, 20000, "\"\"", NULL, "Style rules for the widget, after its own. They see only the widget."},
	{"screenshot", "attach", RV_SETTING_BOOL, true, 0, 0, "true", NULL, "The panel takes a picture of the page when it opens. People see it before they send it and can remove it."},
	{"recording", "max_ms", RV_SETTING_INT, true, 5000, 60000, "60000", NULL, "Longest screen recording, in milliseconds."},
	{"recording", "microphone", RV_SETTING_BOOL, true, 0, 0, "false", NULL, "People can speak while they record their screen. The browser asks them first."},
};
enum { N_SETTINGS = sizeof settings / sizeof *settings, KEY_MAX = 64 };

/* ---- reading and writing ---- */

/* The object or value at a path of names with dots between them. */
static const cJSON *walk(const cJSON *from, const char *path)
{
	char name[KEY_MAX];
	while (from && *path) {
		size_t len = strcspn(path, ".");
		memcpy(name, path, len);
		name[len] = 0;
		from = cJSON_GetObjectItemCaseSensitive(from, name);
		path += len + (path[len] == '.');
	}
	return from;
}

static const cJSON *find_value(const cJSON *config, const struct rv_setting *setting)
{
	return cJSON_GetObjectItemCaseSensitive(walk(config, setting->group ? setting->group : ""), setting->name);
}

static void key_of(const struct rv_setting *setting, char out[KEY_MAX])
{
	snprintf(out, KEY_MAX, "%s%s%s", setting->group ? setting->group : "", setting->group ? "." : "", setting->name);
}

static void write_fallback(const struct rv_setting *setting, const struct rv_workspace *workspace, struct rv_json *json)
{
	if (setting->fallback)
		rv_json_raw(json, rv_span_str(setting->fallback));
	else
		rv_json_cstr(json, workspace->name);
}

/* Opens and closes the groups' objects round the members that are written. No two groups that follow
 * each other share their outer object. */
struct grouping { struct rv_json *json; const char *open; };

static void enter_group(struct grouping *grouping, const char *group)
{
	if (grouping->open == group || (grouping->open && group && strcmp(grouping->open, group) == 0))
		return;
	for (const char *dot = grouping->open; dot; dot = strchr(dot + 1, '.'))
		rv_json_close(grouping->json, '}');
	for (const char *part = group; part; part = strchr(part, '.') ? strchr(part, '.') + 1 : NULL) {
		rv_json_key_span(grouping->json, rv_span(part, strcspn(part, ".")));
		rv_json_open(grouping->json, '{');
	}
	grouping->open = group;
}

enum rv_status rv_settings_merge(const char *stored_json, const cJSON *changes, struct rv_buf *stored_out, struct rv_field_error *error)
{
	static const char *const groups[] = {"site", "actions", "capture", "privacy", "features", "modules", "modules.feedback", "theme", "screenshot", "recording"};
	memset(error, 0, sizeof *error);
	if (!cJSON_IsObject(changes)) {
		*error = (struct rv_field_error){.field = "config", .message = "must be an object"};
		return RV_BAD;
	}
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
		const cJSON *group = walk(changes, groups[i]);
		if (group && !cJSON_IsObject(group) && !cJSON_IsNull(group)) {
			snprintf(error->field, sizeof error->field, "%s", groups[i]);
			error->message = "must be an object";
			return RV_BAD;
		}
	}
	cJSON *stored = cJSON_Parse(stored_json);
	enum rv_status status = RV_OK;
	struct rv_json json;
	rv_json_init(&json, stored_out);
	rv_json_open(&json, '{');
	struct grouping grouping = {.json = &json};
	for (size_t i = 0; i < N_SETTINGS && status == RV_OK; i++) {
		const struct rv_setting *setting = &settings[i];
		const cJSON *change = find_value(changes, setting), *value = change ? change : find_value(stored, setting);
		char key[KEY_MAX], at[RV_SETTING_AT];
		const char *wrong = value && !cJSON_IsNull(value) ? rv_setting_check(setting, value, at) : NULL;
		if (!value || cJSON_IsNull(value) || (wrong && !change))
			continue;
		if (wrong) {
			key_of(setting, key);
			error->message = wrong;
			snprintf(error->field, sizeof error->field, "%s%.*s", key, (int)(sizeof error->field - KEY_MAX - 1), at);
			status = RV_BAD;
			break;
		}
		enter_group(&grouping, setting->group);
		rv_json_key(&json, setting->name);
		rv_setting_write(setting, value, &json);
	}
	enter_group(&grouping, NULL);
	rv_json_close(&json, '}');
	cJSON_Delete(stored);
	if (status == RV_OK && rv_buf_status(stored_out) == RV_LIMIT)
		*error = (struct rv_field_error){.field = "config", .message = "holds too much in all"};
	return status == RV_OK ? rv_buf_status(stored_out) : status;
}

static void write_group_members(const struct rv_workspace *workspace, const cJSON *stored, bool widget_only, const char *group, struct grouping *grouping)
{
	for (size_t i = 0; i < N_SETTINGS; i++) {
		const struct rv_setting *setting = &settings[i];
		if ((widget_only && !setting->widget) || (group && (!setting->group || strcmp(group, setting->group) != 0)))
			continue;
		char at[RV_SETTING_AT];
		const cJSON *value = find_value(stored, setting);
		if (!group)
			enter_group(grouping, setting->group);
		rv_json_key(grouping->json, setting->name);
		if (value && !rv_setting_check(setting, value, at))
			rv_setting_write(setting, value, grouping->json);
		else
			write_fallback(setting, workspace, grouping->json);
	}
}

void rv_settings_config_json(const struct rv_workspace *workspace, const char *stored_json, struct rv_json *json)
{
	cJSON *stored = cJSON_Parse(stored_json);
	struct grouping grouping = {.json = json};
	rv_json_open(json, '{');
	write_group_members(workspace, stored, false, NULL, &grouping);
	enter_group(&grouping, NULL);
	rv_json_close(json, '}');
	cJSON_Delete(stored);
}

void rv_settings_keys_json(const struct rv_workspace *workspace, struct rv_json *json)
{
	static const char *const types[] = {"text", "choice", "boolean", "integer", "origins", "selectors", "patterns", "headers", "addresses", "words", "color", "font", "css", "labels", "fields"};
	rv_json_open(json, '[');
	for (size_t i = 0; i < N_SETTINGS; i++) {
		const struct rv_setting *setting = &settings[i];
		char key[KEY_MAX];
		key_of(setting, key);
		rv_json_open(json, '{');
		rv_json_key(json, "key");
		rv_json_cstr(json, key);
		rv_json_key(json, "type");
		rv_json_cstr(json, types[setting->type]);
		if (setting->max > 0) {
			rv_json_key(json, "min");
			rv_json_int(json, (int64_t)setting->min);
			rv_json_key(json, "max");
			rv_json_int(json, (int64_t)setting->max);
		}
		if (setting->choices) {
			rv_json_key(json, "choices");
			rv_json_open(json, '[');
			for (const char *word = setting->choices, *end; *word; word = end + 1) {
				end = strchr(word, ',');
				rv_json_text(json, rv_span(word, (size_t)(end - word)));
			}
			rv_json_close(json, ']');
		}
		rv_json_key(json, "default");
		write_fallback(setting, workspace, json);
		rv_json_key(json, "description");
		rv_json_cstr(json, setting->description);
		rv_json_close(json, '}');
	}
	rv_json_close(json, ']');
}

static void object_of(const struct rv_workspace *workspace, const cJSON *stored, const char *group, struct rv_json *json, const char *more)
{
	struct grouping grouping = {.json = json, .open = group};
	const char *dot = strrchr(group, '.');
	rv_json_key(json, dot ? dot + 1 : group);
	rv_json_open(json, '{');
	if (strcmp(group, "site") == 0) {
		rv_json_key(json, "id");
		rv_json_cstr(json, workspace->site_id);
	}
	write_group_members(workspace, stored, true, group, &grouping);
	rv_buf_str(json->out, more); /* members that are the same for all, after at least one of the table's */
	rv_json_close(json, '}');
}

enum rv_status rv_settings_widget_json(const struct rv_workspace *workspace, struct rv_buf *out, char etag[24])
{
	static const char *const absent[] = {"nps", "csat", "surveys", "messenger", "announcements"};
	cJSON *stored = cJSON_Parse(workspace->config_json);
	struct rv_json json;
	size_t start = out->len;
	rv_json_init(&json, out);
	rv_json_open(&json, '{');
	rv_json_key(&json, "version");
	rv_json_int(&json, 1);
	object_of(workspace, stored, "site", &json, "");
	object_of(workspace, stored, "features", &json, "");
	rv_json_key(&json, "modules");
	rv_json_open(&json, '{');
	object_of(workspace, stored, "modules.feedback", &json, "");
	for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
		rv_json_key(&json, absent[i]);
		rv_json_raw(&json, rv_span_str("{\"enabled\":false}"));
	}
	rv_json_close(&json, '}');
	object_of(workspace, stored, "theme", &json, "");
	rv_json_key(&json, "targeting");
	rv_json_raw(&json, rv_span_str("[]"));
	object_of(workspace, stored, "capture", &json, ",\"sample_rate\":1");
	object_of(workspace, stored, "privacy", &json, "");
	object_of(workspace, stored, "actions", &json, "");
	object_of(workspace, stored, "screenshot", &json, "");
	object_of(workspace, stored, "recording", &json, "");
	rv_json_close(&json, '}');
	cJSON_Delete(stored);
	if (rv_buf_status(out) != RV_OK)
		return rv_buf_status(out);
	uint8_t sha256[32];
	rv_sha256(rv_span(out->ptr + start, out->len - start), sha256);
	etag[0] = '"';
	rv_hex(rv_span(sha256, 8), etag + 1);
	strcpy(etag + 17, "\"");
	return RV_OK;
}

bool rv_settings_origin_allowed(const char *stored_json, const char *origin, bool without_origin)
{
	char normal[RV_SETTING_ITEM_MAX + 1], allowed[RV_SETTING_ITEM_MAX + 1];
	cJSON *stored = cJSON_Parse(stored_json);
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(stored, "allowed_origins");
	bool ok = !cJSON_IsArray(list) || !list->child;
	if (!ok && !origin)
		ok = without_origin;
	else if (!ok && rv_setting_origin(origin, false, normal, sizeof normal))
		for (const cJSON *item = list->child; item && !ok; item = item->next)
			ok = cJSON_IsString(item) && rv_setting_origin(item->valuestring, true, allowed, sizeof allowed) && rv_setting_origin_matches(allowed, normal);
	cJSON_Delete(stored);
	return ok;
}
