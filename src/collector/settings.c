#include "settings.h"
#include "secret.h"
#include <stdlib.h>

enum type { TEXT, CHOICE, BOOL, INT, ORIGINS, SELECTORS, PATTERNS, HEADERS, ADDRESSES };

struct setting {
	const char *group, *name; /* group NULL: at the top */
	enum type type;
	bool widget;              /* goes to the widget */
	double min, max;          /* numbers: bounds; text: code points; lists: members (max) */
	const char *fallback;     /* JSON; NULL: the workspace's name */
	const char *choices;      /* CHOICE: words with a comma after each */
	const char *description;
};

/* Members of one group stand together: they are written as one object. */
static const struct setting settings[] = {
	{"site", "name", TEXT, true, 1, 120, NULL, NULL, "The name of the site, as the widget and the console show it."},
	{NULL, "allowed_origins", ORIGINS, false, 0, 100, "[]", NULL, "Pages of these origins may use the project key, https://*.example.com stands for every subdomain. With none in the list, any page may."},
	{"actions", "always_connect", BOOL, true, 0, 0, "false", NULL, "Always connect Action WebSockets: every page keeps a connection open so that the Action API can reach its user. Takes effect at the next page load."},
	{"capture", "window_ms", INT, true, 10000, 3600000, "600000", NULL, "How much of the past a report holds, in milliseconds."},
	{"capture", "max_bytes", INT, true, 1 << 20, 64 << 20, "8388608", NULL, "Most memory the recorded past may take in the page, compressed, in bytes. When it is full the oldest part goes first."},
	{"capture", "console", BOOL, true, 0, 0, "true", NULL, "Record the browser console."},
	{"capture", "network", BOOL, true, 0, 0, "true", NULL, "Record method, address, status and timing of fetch and XMLHttpRequest, of beacons, WebSockets and EventSources."},
	{"capture", "network_headers", HEADERS, true, 0, 50, "[]", NULL, "Keep these headers of requests and responses, by name. Authorization and cookies are never kept."},
	{"capture", "network_bodies", ADDRESSES, true, 0, 50, "[]", NULL, "Keep the beginning of text bodies of requests and responses, and of messages, where the address begins so; * stands for anything. They are redacted like console text."},
	{"capture", "assets", BOOL, true, 0, 0, "true", NULL, "Keep the pictures, style sheets and fonts that a recording refers to with its report, so that a replay looks right after the next deploy and never asks the site's own hosts. Their addresses are fetched by the worker after the report is sent, mostly from the browser's cache; the page's connect-src governs which it can reach."},
	{"capture", "canvas", BOOL, true, 0, 0, "false", NULL, "Record the last frames of canvases on screen, at most every two seconds. Canvases that another origin has tainted cannot be read."},
	{"privacy", "level", CHOICE, true, 0, 0, "\"inputs\"", "inputs,strict,none,", "inputs masks what people type, strict masks all text too and blocks media, none masks nothing. Passwords, one-time codes and card fields are never read."},
	{"privacy", "mask_selectors", SELECTORS, true, 0, 100, "[]", NULL, "Text inside elements that match these CSS selectors is masked."},
	{"privacy", "block_selectors", SELECTORS, true, 0, 100, "[]", NULL, "Elements that match these CSS selectors are not recorded; a box of their size stands in their place."},
	{"privacy", "redact_patterns", PATTERNS, true, 0, 50, "[]", NULL, "Text that matches is removed from console, network and addresses. * stands for a run of word characters, ? for one, [a-z] for a class, + repeats: CUST-[0-9]+"},
	{"privacy", "honor_gpc", BOOL, true, 0, 0, "false", NULL, "Record nothing in browsers that ask for it by Global Privacy Control."},
	{"features", "bugpilot_alias", BOOL, true, 0, 0, "false", NULL, "The script also answers to the global name Bugpilot."},
};
enum { N_SETTINGS = sizeof settings / sizeof *settings, ITEM_MAX = 500, PATTERN_BYTES_MAX = 256, PATTERN_ATOMS_MAX = 63 };

/* ---- origins ---- */

/* "scheme://host[:port]" in lower case without a default port; false for anything else. */
static bool normal_origin(const char *text, bool wildcard, char *out, size_t out_size)
{
	size_t len = strlen(text), i;
	if (len + 1 > out_size)
		return false;
	for (size_t k = 0; k <= len; k++)
		out[k] = text[k] >= 'A' && text[k] <= 'Z' ? (char)(text[k] + 32) : text[k];
	i = strspn(out, "abcdefghijklmnopqrstuvwxyz0123456789+.-");
	if (i == 0 || out[0] < 'a' || strncmp(out + i, "://", 3) != 0)
		return false;
	i += 3;
	if (wildcard && strncmp(out + i, "*.", 2) == 0)
		i += 2;
	size_t name = i;
	if (out[i] == '[') {
		i += 1 + strspn(out + i + 1, "0123456789abcdef:.");
		if (out[i++] != ']')
			return false;
	} else {
		i += strspn(out + i, "abcdefghijklmnopqrstuvwxyz0123456789-._");
		if (i == name || out[name] == '.' || out[i - 1] == '.' || strstr(out + name, ".."))
			return false;
	}
	if (out[i] == 0)
		return true;
	if (out[i] != ':')
		return false;
	size_t digits = strspn(out + i + 1, "0123456789");
	long port = digits && digits <= 5 ? strtol(out + i + 1, NULL, 10) : 0;
	if (out[i + 1 + digits] != 0 || port < 1 || port > 65535)
		return false;
	if ((port == 443 && strncmp(out, "https:", 6) == 0) || (port == 80 && strncmp(out, "http:", 5) == 0))
		out[i] = 0;
	return true;
}

/* Both normal. A * before ".example.com" takes "https://a.example.com", not "https://example.com",
 * "https://aexample.com" or "https://a.example.com.evil.org". */
static bool origin_matches(const char *allowed, const char *origin)
{
	const char *star = strstr(allowed, "://*.");
	if (!star)
		return strcmp(allowed, origin) == 0;
	size_t scheme = (size_t)(star - allowed) + 3, len = strlen(origin), suffix = strlen(star + 4);
	return len > scheme + suffix && strncmp(allowed, origin, scheme) == 0 && strcmp(origin + len - suffix, star + 4) == 0;
}

/* ---- checking values ---- */

static bool balanced(const char *text)
{
	char open[32], quote = 0;
	size_t depth = 0;
	for (; *text; text++) {
		if (*text == '\\' && text[1])
			text++;
		else if (quote)
			quote = *text == quote ? 0 : quote;
		else if (*text == '"' || *text == '\'')
			quote = *text;
		else if (*text == '{' || *text == '}' || *text == ';')
			return false;
		else if (*text == '(' || *text == '[') {
			if (depth == sizeof open)
				return false;
			open[depth++] = *text == '(' ? ')' : ']';
		} else if ((*text == ')' || *text == ']') && (depth == 0 || open[--depth] != *text)) {
			return false;
		}
	}
	return depth == 0 && !quote;
}

/* Moves behind the ] of a class; NULL when it is none. Only ASCII may be listed. */
static const char *skip_class(const char *at)
{
	if (*at == '^')
		at++;
	for (bool any = false; *at != ']' || !any; any = true) {
		if (*at == '\\')
			at++;
		uint8_t from = (uint8_t)*at, to = from;
		if (!*at++)
			return NULL;
		if (*at == '-' && at[1] && at[1] != ']') {
			at += at[1] == '\\' ? 2 : 1;
			to = (uint8_t)*at;
			if (!*at++)
				return NULL;
		}
		if (from > to || to >= 0x80)
			return NULL;
	}
	return at + 1;
}

/* Whether text has the form of a pattern that can match something; the recorder's core refuses others. */
static bool pattern_ok(const char *text)
{
	bool matter = false, repeatable = false;
	unsigned atoms = 0;
	if (strlen(text) > PATTERN_BYTES_MAX)
		return false;
	while (*text) {
		char c = *text++;
		if (c == '+') {
			if (!repeatable)
				return false;
			repeatable = false;
			continue;
		}
		repeatable = c != '*';
		matter |= repeatable;
		/* ? and negated classes take whole characters: a head and a tail. */
		atoms += c == '?' || (c == '[' && *text == '^') ? 2 : 1;
		if (c == '[') {
			if (!(text = skip_class(text)))
				return false;
		} else if (c == '\\') {
			if (!*text)
				return false;
			repeatable = (uint8_t)*text++ < 0x80;
		} else if ((uint8_t)c >= 0x80) {
			repeatable = false;
		}
	}
	return matter && atoms <= PATTERN_ATOMS_MAX;
}

/* A field name of RFC 9110. */
static bool is_header(const char *text)
{
	return text[strspn(text, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")] == 0;
}

/* The beginning of an absolute address. */
static bool is_address(const char *text)
{
	static const char *const schemes[] = {"http://", "https://", "ws://", "wss://"};
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at <= ' ')
			return false;
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (strncmp(text, schemes[i], strlen(schemes[i])) == 0 && text[strlen(schemes[i])])
			return true;
	return false;
}

static const char *check_item(enum type type, const cJSON *item)
{
	char normal[ITEM_MAX + 1];
	if (!cJSON_IsString(item))
		return "must be a list of texts";
	const char *text = item->valuestring;
	if (!*text)
		return "must not hold an empty text";
	if (rv_text_length(text) > ITEM_MAX)
		return "holds a text that is too long";
	switch (type) {
	case ORIGINS: return normal_origin(text, true, normal, sizeof normal) ? NULL : "must hold origins like https://app.example.com or https://*.example.com";
	case SELECTORS: return balanced(text) ? NULL : "must hold CSS selectors";
	case HEADERS: return is_header(text) ? NULL : "must hold names of headers";
	case ADDRESSES: return is_address(text) ? NULL : "must hold beginnings of addresses like https://api.example.com/orders";
	default: return pattern_ok(text) ? NULL : "must hold patterns like CUST-[0-9]+";
	}
}

/* NULL: fine; else what is wrong, and in *index the member of a list, -1 for the whole. */
static const char *check_value(const struct setting *setting, const cJSON *value, int *index)
{
	*index = -1;
	switch (setting->type) {
	case BOOL:
		return cJSON_IsBool(value) ? NULL : "must be true or false";
	case INT:
		if (!rv_json_is_whole(value))
			return "must be a whole number";
		return value->valuedouble >= setting->min && value->valuedouble <= setting->max ? NULL : "is out of bounds";
	case TEXT: {
		if (!cJSON_IsString(value))
			return "must be a text";
		size_t length = rv_text_length(value->valuestring);
		return length >= setting->min && length <= setting->max ? NULL : "is too short or too long";
	}
	case CHOICE: {
		if (!cJSON_IsString(value))
			return "must be a text";
		for (const char *word = setting->choices; *word && !strchr(value->valuestring, ','); word = strchr(word, ',') + 1)
			if (strncmp(word, value->valuestring, strlen(value->valuestring)) == 0 && word[strlen(value->valuestring)] == ',')
				return NULL;
		return "is not one of the choices";
	}
	default: {
		if (!cJSON_IsArray(value))
			return "must be a list of texts";
		int i = 0;
		for (const cJSON *item = value->child; item; item = item->next, i++) {
			*index = i;
			if (i >= setting->max)
				return "has too many members";
			const char *wrong = check_item(setting->type, item);
			if (wrong)
				return wrong;
		}
		*index = -1;
		return NULL;
	}
	}
}

/* ---- reading and writing ---- */

static const cJSON *find_value(const cJSON *config, const struct setting *setting)
{
	const cJSON *group = setting->group ? cJSON_GetObjectItemCaseSensitive(config, setting->group) : config;
	return cJSON_GetObjectItemCaseSensitive(group, setting->name);
}

static void write_list(const cJSON *value, enum type type, struct rv_json *json)
{
	char normal[ITEM_MAX + 1];
	rv_json_open(json, '[');
	for (const cJSON *item = value->child; item; item = item->next)
		rv_json_cstr(json, type == ORIGINS && normal_origin(item->valuestring, true, normal, sizeof normal) ? normal : item->valuestring);
	rv_json_close(json, ']');
}

static void write_value(const struct setting *setting, const cJSON *value, struct rv_json *json)
{
	if (setting->type >= ORIGINS)
		write_list(value, setting->type, json);
	else
		rv_json_write(json, value);
}

static void write_fallback(const struct setting *setting, const struct rv_workspace *workspace, struct rv_json *json)
{
	if (setting->fallback)
		rv_json_raw(json, rv_span_str(setting->fallback));
	else
		rv_json_cstr(json, workspace->name);
}

/* Opens and closes the groups' objects round the members that are written. */
struct grouping { struct rv_json *json; const char *open; };

static void enter_group(struct grouping *grouping, const char *group)
{
	if (grouping->open == group || (grouping->open && group && strcmp(grouping->open, group) == 0))
		return;
	if (grouping->open)
		rv_json_close(grouping->json, '}');
	if (group) {
		rv_json_key(grouping->json, group);
		rv_json_open(grouping->json, '{');
	}
	grouping->open = group;
}

enum rv_status rv_settings_merge(const char *stored_json, const cJSON *changes, struct rv_buf *stored_out, struct rv_field_error *error)
{
	static const char *const groups[] = {"site", "actions", "capture", "privacy", "features"};
	memset(error, 0, sizeof *error);
	if (!cJSON_IsObject(changes)) {
		*error = (struct rv_field_error){.field = "config", .message = "must be an object"};
		return RV_BAD;
	}
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
		rv_field_get(changes, &(struct rv_field){groups[i], RV_OBJECT, 0}, "", error);
		if (error->message)
			return RV_BAD;
	}
	cJSON *stored = cJSON_Parse(stored_json);
	enum rv_status status = RV_OK;
	struct rv_json json;
	rv_json_init(&json, stored_out);
	rv_json_open(&json, '{');
	struct grouping grouping = {.json = &json};
	for (size_t i = 0; i < N_SETTINGS && status == RV_OK; i++) {
		const struct setting *setting = &settings[i];
		const cJSON *change = find_value(changes, setting), *value = change ? change : find_value(stored, setting);
		int index;
		const char *wrong = value && !cJSON_IsNull(value) ? check_value(setting, value, &index) : NULL;
		if (!value || cJSON_IsNull(value) || (wrong && !change))
			continue;
		if (wrong) {
			const char *group = setting->group ? setting->group : "", *dot = setting->group ? "." : "";
			error->message = wrong;
			if (index >= 0)
				snprintf(error->field, sizeof error->field, "%s%s%s[%d]", group, dot, setting->name, index);
			else
				snprintf(error->field, sizeof error->field, "%s%s%s", group, dot, setting->name);
			status = RV_BAD;
			break;
		}
		enter_group(&grouping, setting->group);
		rv_json_key(&json, setting->name);
		write_value(setting, value, &json);
	}
	enter_group(&grouping, NULL);
	rv_json_close(&json, '}');
	cJSON_Delete(stored);
	return status == RV_OK ? rv_buf_status(stored_out) : status;
}

static void write_group_members(const struct rv_workspace *workspace, const cJSON *stored, bool widget_only, const char *group, struct grouping *grouping)
{
	for (size_t i = 0; i < N_SETTINGS; i++) {
		const struct setting *setting = &settings[i];
		if ((widget_only && !setting->widget) || (group && (!setting->group || strcmp(group, setting->group) != 0)))
			continue;
		int index;
		const cJSON *value = find_value(stored, setting);
		if (!group)
			enter_group(grouping, setting->group);
		rv_json_key(grouping->json, setting->name);
		if (value && !check_value(setting, value, &index))
			write_value(setting, value, grouping->json);
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
	static const char *const types[] = {"text", "choice", "boolean", "integer", "origins", "selectors", "patterns", "headers", "addresses"};
	rv_json_open(json, '[');
	for (size_t i = 0; i < N_SETTINGS; i++) {
		const struct setting *setting = &settings[i];
		char key[64];
		snprintf(key, sizeof key, "%s%s%s", setting->group ? setting->group : "", setting->group ? "." : "", setting->name);
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
	rv_json_key(json, group);
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
	rv_json_raw(&json, rv_span_str("{\"feedback\":{\"enabled\":false},\"nps\":{\"enabled\":false},\"csat\":{\"enabled\":false},\"surveys\":{\"enabled\":false},\"messenger\":{\"enabled\":false},\"announcements\":{\"enabled\":false}}"));
	rv_json_key(&json, "theme");
	rv_json_raw(&json, rv_span_str("{}"));
	rv_json_key(&json, "targeting");
	rv_json_raw(&json, rv_span_str("[]"));
	object_of(workspace, stored, "capture", &json, ",\"sample_rate\":1");
	object_of(workspace, stored, "privacy", &json, "");
	object_of(workspace, stored, "actions", &json, "");
	rv_json_key(&json, "screenshot");
	rv_json_raw(&json, rv_span_str("{}"));
	rv_json_key(&json, "recording");
	rv_json_raw(&json, rv_span_str("{\"max_ms\":60000}"));
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
	char normal[ITEM_MAX + 1], allowed[ITEM_MAX + 1];
	cJSON *stored = cJSON_Parse(stored_json);
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(stored, "allowed_origins");
	bool ok = !cJSON_IsArray(list) || !list->child;
	if (!ok && !origin)
		ok = without_origin;
	else if (!ok && normal_origin(origin, false, normal, sizeof normal))
		for (const cJSON *item = list->child; item && !ok; item = item->next)
			ok = cJSON_IsString(item) && normal_origin(item->valuestring, true, allowed, sizeof allowed) && origin_matches(allowed, normal);
	cJSON_Delete(stored);
	return ok;
}
