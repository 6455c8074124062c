#define _GNU_SOURCE
#include "settings_check.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATTERN_BYTES_MAX = 256, PATTERN_ATOMS_MAX = 63, WORD_MAX = 40, LABEL_KEY_MAX = 60, LABEL_MAX = 200, FIELD_LABEL_MAX = 120, OPTIONS_MAX = 50, OPTION_MAX = 100 };

/* Names that a script which reads the configuration must not meet. */
static bool reaches_prototype(const char *name)
{
	return strcmp(name, "__proto__") == 0 || strcmp(name, "constructor") == 0 || strcmp(name, "prototype") == 0;
}

/* ---- origins ---- */

/* "scheme://host[:port]" in lower case without a default port; false for anything else. */
bool rv_setting_origin(const char *text, bool wildcard, char *out, size_t out_size)
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
bool rv_setting_origin_matches(const char *allowed, const char *origin)
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

/* A word as reports carry it: bug, feature_request. */
static bool is_word(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-");
	return text[len] == 0 && len <= WORD_MAX && *text >= 'a' && !reaches_prototype(text);
}

static const char *check_item(enum rv_setting_type type, const cJSON *item)
{
	char normal[RV_SETTING_ITEM_MAX + 1];
	if (!cJSON_IsString(item))
		return "must be a list of texts";
	const char *text = item->valuestring;
	if (!*text)
		return "must not hold an empty text";
	if (rv_text_length(text) > RV_SETTING_ITEM_MAX)
		return "holds a text that is too long";
	switch (type) {
	case RV_SETTING_ORIGINS: return rv_setting_origin(text, true, normal, sizeof normal) ? NULL : "must hold origins like https://app.example.com or https://*.example.com";
	case RV_SETTING_SELECTORS: return balanced(text) ? NULL : "must hold CSS selectors";
	case RV_SETTING_HEADERS: return is_header(text) ? NULL : "must hold names of headers";
	case RV_SETTING_ADDRESSES: return is_address(text) ? NULL : "must hold beginnings of addresses like https://api.example.com/orders";
	case RV_SETTING_WORDS: return is_word(text) ? NULL : "must hold short words of small letters, digits, dashes and underscores";
	default: return pattern_ok(text) ? NULL : "must hold patterns like CUST-[0-9]+";
	}
}

static const char *check_list(const struct rv_setting *setting, const cJSON *value, char at[RV_SETTING_AT])
{
	if (!cJSON_IsArray(value))
		return "must be a list of texts";
	int i = 0;
	for (const cJSON *item = value->child; item; item = item->next, i++) {
		snprintf(at, RV_SETTING_AT, "[%d]", i);
		if (i >= setting->max)
			return "has too many members";
		const char *wrong = check_item(setting->type, item);
		for (const cJSON *other = value->child; setting->type == RV_SETTING_WORDS && !wrong && other != item; other = other->next)
			wrong = strcmp(other->valuestring, item->valuestring) == 0 ? "is there twice" : NULL;
		if (wrong)
			return wrong;
	}
	*at = 0;
	return NULL;
}

/* ---- how the widget looks ---- */

/* A family list as font-family takes it: what could end a declaration is not in it. */
static bool is_font(const char *text)
{
	char quote = 0;
	for (; *text; text++) {
		if ((uint8_t)*text < 0x80 && !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ,._-'\"", *text))
			return false;
		if (*text == '"' || *text == '\'')
			quote = !quote ? *text : quote == *text ? 0 : quote;
	}
	return !quote;
}

static bool is_color(const char *text)
{
	size_t len = strlen(text);
	return !len || (*text == '#' && (len == 4 || len == 7) && strspn(text + 1, "0123456789abcdefABCDEF") == len - 1);
}

/* Style text goes into a sheet that takes no @import; closing what it did not open would be a slip. */
static const char *check_css(const char *text)
{
	long depth = 0;
	for (const char *at = text; *at && depth >= 0; at++)
		depth += *at == '{' ? 1 : *at == '}' ? -1 : 0;
	if (depth)
		return "has braces that do not match";
	return strcasestr(text, "@import") ? "must not hold @import: put the rules themselves here" : NULL;
}

static const char *check_text(const struct rv_setting *setting, const char *text)
{
	size_t length = rv_text_length(text);
	if (length < setting->min || length > setting->max)
		return "is too short or too long";
	switch (setting->type) {
	case RV_SETTING_COLOR: return is_color(text) ? NULL : "must be a colour like #4338ca";
	case RV_SETTING_FONT: return is_font(text) ? NULL : "must be font families like Inter, sans-serif";
	case RV_SETTING_CSS: return check_css(text);
	default: return NULL;
	}
}

/* Texts by key, for the widget's labels. */
static const char *check_labels(const struct rv_setting *setting, const cJSON *value, char at[RV_SETTING_AT])
{
	int n = 0;
	if (!cJSON_IsObject(value))
		return "must be an object of texts";
	for (const cJSON *label = value->child; label; label = label->next) {
		size_t len = strspn(label->string, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
		*at = 0;
		if (++n > setting->max)
			return "has too many members";
		if (!len || len > LABEL_KEY_MAX || label->string[len] || reaches_prototype(label->string))
			return "has a key that is none: letters, digits and . _ - as in ui.title";
		snprintf(at, RV_SETTING_AT, ".%s", label->string);
		if (!cJSON_IsString(label))
			return "must be a text";
		if (!*label->valuestring || rv_text_length(label->valuestring) > LABEL_MAX)
			return "is too short or too long";
	}
	*at = 0;
	return NULL;
}

/* ---- the panel's own fields ---- */

static bool text_between(const cJSON *value, size_t min, size_t max)
{
	return cJSON_IsString(value) && rv_text_length(value->valuestring) >= min && rv_text_length(value->valuestring) <= max;
}

static const char *check_options(const cJSON *options, bool is_select, char at[RV_SETTING_AT], size_t used)
{
	int n = 0;
	if (!is_select)
		return cJSON_IsArray(options) && options->child ? "are for a select" : !options || cJSON_IsArray(options) || cJSON_IsNull(options) ? NULL : "must be a list of texts";
	if (!cJSON_IsArray(options) || !options->child)
		return "must list what can be chosen";
	for (const cJSON *option = options->child; option; option = option->next, n++) {
		snprintf(at + used, RV_SETTING_AT - used, ".options[%d]", n);
		if (n >= OPTIONS_MAX)
			return "is one too many";
		if (!text_between(option, 1, OPTION_MAX))
			return "must be a text of 1 to 100 characters";
		for (const cJSON *other = options->child; other != option; other = other->next)
			if (strcmp(other->valuestring, option->valuestring) == 0)
				return "is there twice";
	}
	return NULL;
}

static const char *check_field(const cJSON *list, const cJSON *field, char at[RV_SETTING_AT])
{
	size_t used = strlen(at);
	if (!cJSON_IsObject(field))
		return "must be an object";
	const cJSON *key = cJSON_GetObjectItemCaseSensitive(field, "key"), *type = cJSON_GetObjectItemCaseSensitive(field, "type"), *required = cJSON_GetObjectItemCaseSensitive(field, "required");
	snprintf(at + used, RV_SETTING_AT - used, ".key");
	if (!cJSON_IsString(key) || !is_word(key->valuestring) || strchr(key->valuestring, '-'))
		return "must be a short word of small letters, digits and underscores";
	for (const cJSON *other = list->child; other != field; other = other->next)
		if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(other, "key")), key->valuestring) == 0)
			return "is there twice";
	snprintf(at + used, RV_SETTING_AT - used, ".label");
	if (!text_between(cJSON_GetObjectItemCaseSensitive(field, "label"), 1, FIELD_LABEL_MAX))
		return "must be a text of 1 to 120 characters";
	snprintf(at + used, RV_SETTING_AT - used, ".type");
	const char *kind = cJSON_IsString(type) ? type->valuestring : "";
	if (strcmp(kind, "text") != 0 && strcmp(kind, "textarea") != 0 && strcmp(kind, "select") != 0 && strcmp(kind, "checkbox") != 0)
		return "must be text, textarea, select or checkbox";
	snprintf(at + used, RV_SETTING_AT - used, ".required");
	if (required && !cJSON_IsBool(required) && !cJSON_IsNull(required))
		return "must be true or false";
	snprintf(at + used, RV_SETTING_AT - used, ".options");
	const char *wrong = check_options(cJSON_GetObjectItemCaseSensitive(field, "options"), strcmp(kind, "select") == 0, at, used);
	if (!wrong)
		at[used] = 0;
	return wrong;
}

static const char *check_fields(const struct rv_setting *setting, const cJSON *value, char at[RV_SETTING_AT])
{
	int i = 0;
	if (!cJSON_IsArray(value))
		return "must be a list of fields";
	for (const cJSON *field = value->child; field; field = field->next, i++) {
		snprintf(at, RV_SETTING_AT, "[%d]", i);
		const char *wrong = i >= setting->max ? "is one too many" : check_field(value, field, at);
		if (wrong)
			return wrong;
	}
	*at = 0;
	return NULL;
}

/* Only the members a field has, each of them. */
static void write_fields(const cJSON *value, struct rv_json *json)
{
	static const char *const names[] = {"key", "label", "type"};
	rv_json_open(json, '[');
	for (const cJSON *field = value->child; field; field = field->next) {
		const cJSON *options = cJSON_GetObjectItemCaseSensitive(field, "options");
		rv_json_open(json, '{');
		for (size_t i = 0; i < 3; i++) {
			rv_json_key(json, names[i]);
			rv_json_cstr(json, cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(field, names[i])));
		}
		rv_json_key(json, "required");
		rv_json_bool(json, cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(field, "required")));
		rv_json_key(json, "options");
		rv_json_open(json, '[');
		for (const cJSON *option = cJSON_IsArray(options) ? options->child : NULL; option; option = option->next)
			rv_json_cstr(json, option->valuestring);
		rv_json_close(json, ']');
		rv_json_close(json, '}');
	}
	rv_json_close(json, ']');
}

/* ---- all of them ---- */

const char *rv_setting_check(const struct rv_setting *setting, const cJSON *value, char at[RV_SETTING_AT])
{
	*at = 0;
	switch (setting->type) {
	case RV_SETTING_BOOL:
		return cJSON_IsBool(value) ? NULL : "must be true or false";
	case RV_SETTING_INT:
		if (!rv_json_is_whole(value))
			return "must be a whole number";
		return value->valuedouble >= setting->min && value->valuedouble <= setting->max ? NULL : "is out of bounds";
	case RV_SETTING_TEXT:
	case RV_SETTING_COLOR:
	case RV_SETTING_FONT:
	case RV_SETTING_CSS:
		return cJSON_IsString(value) ? check_text(setting, value->valuestring) : "must be a text";
	case RV_SETTING_CHOICE: {
		if (!cJSON_IsString(value))
			return "must be a text";
		for (const char *word = setting->choices; *word && !strchr(value->valuestring, ','); word = strchr(word, ',') + 1)
			if (strncmp(word, value->valuestring, strlen(value->valuestring)) == 0 && word[strlen(value->valuestring)] == ',')
				return NULL;
		return "is not one of the choices";
	}
	case RV_SETTING_LABELS:
		return check_labels(setting, value, at);
	case RV_SETTING_FIELDS:
		return check_fields(setting, value, at);
	default:
		return check_list(setting, value, at);
	}
}

void rv_setting_write(const struct rv_setting *setting, const cJSON *value, struct rv_json *json)
{
	char normal[RV_SETTING_ITEM_MAX + 1];
	if (setting->type == RV_SETTING_FIELDS) {
		write_fields(value, json);
	} else if (cJSON_IsArray(value)) {
		rv_json_open(json, '[');
		for (const cJSON *item = value->child; item; item = item->next)
			rv_json_cstr(json, setting->type == RV_SETTING_ORIGINS && rv_setting_origin(item->valuestring, true, normal, sizeof normal) ? normal : item->valuestring);
		rv_json_close(json, ']');
	} else {
		rv_json_write(json, value);
	}
}
