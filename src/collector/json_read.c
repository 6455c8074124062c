#include "json_read.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEPTH_MAX = 80 };

static size_t count_values(struct rv_span text)
{
	size_t n = 1;
	bool quoted = false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
		} else if (c == '"') {
			quoted = true;
		} else if (c == ',' || c == '[' || c == '{') {
			n++;
		}
	}
	return n;
}

enum rv_status rv_json_parse(struct rv_span text, cJSON **value)
{
	*value = NULL;
	if (count_values(text) > RV_JSON_VALUES_MAX)
		return RV_LIMIT;
	*value = cJSON_ParseWithLength((const char *)text.ptr, text.len);
	return *value ? RV_OK : RV_BAD;
}

bool rv_json_is_whole(const cJSON *value)
{
	return cJSON_IsNumber(value) && fabs(value->valuedouble) <= 9007199254740992.0 && value->valuedouble == floor(value->valuedouble);
}

static void write_number(struct rv_json *json, double value)
{
	char text[40];
	if (!isfinite(value)) {
		rv_json_null(json);
	} else if (value == floor(value) && fabs(value) < 9007199254740992.0) {
		rv_json_int(json, (int64_t)value);
	} else {
		snprintf(text, sizeof text, "%.15g", value);
		if (strtod(text, NULL) != value)
			snprintf(text, sizeof text, "%.17g", value);
		rv_json_raw(json, rv_span_str(text));
	}
}

static bool reaches_prototype(const char *name)
{
	return strcmp(name, "__proto__") == 0 || strcmp(name, "constructor") == 0 || strcmp(name, "prototype") == 0;
}

void rv_json_write(struct rv_json *json, const cJSON *value)
{
	const cJSON *open[DEPTH_MAX], *at = value;
	size_t depth = 0;
	for (;;) {
		bool in_object = depth > 0 && cJSON_IsObject(open[depth - 1]);
		bool skip = in_object && reaches_prototype(at->string);
		if (!skip) {
			if (in_object)
				rv_json_key(json, at->string);
			if (cJSON_IsObject(at) || cJSON_IsArray(at)) {
				char bracket = cJSON_IsObject(at) ? '{' : '[';
				rv_json_open(json, bracket);
				if (at->child && depth < DEPTH_MAX) {
					open[depth++] = at;
					at = at->child;
					continue;
				}
				rv_json_close(json, bracket == '{' ? '}' : ']');
			} else if (cJSON_IsString(at)) {
				rv_json_cstr(json, at->valuestring);
			} else if (cJSON_IsNumber(at)) {
				write_number(json, at->valuedouble);
			} else if (cJSON_IsBool(at)) {
				rv_json_bool(json, cJSON_IsTrue(at));
			} else {
				rv_json_null(json);
			}
		}
		while (depth > 0 && !at->next) {
			at = open[--depth];
			rv_json_close(json, cJSON_IsObject(at) ? '}' : ']');
		}
		if (depth == 0)
			return;
		at = at->next;
	}
}

/* The end of the string whose opening quote is at pos. */
static size_t skip_string(struct rv_span text, size_t pos)
{
	for (pos++; pos < text.len && text.ptr[pos] != '"'; pos++)
		if (text.ptr[pos] == '\\')
			pos++;
	return pos + 1;
}

struct rv_span rv_json_member(struct rv_span object, const char *key)
{
	size_t pos = 1, key_len = strlen(key);
	while (pos < object.len && object.ptr[pos] == '"') {
		size_t name = pos + 1;
		pos = skip_string(object, pos);
		bool same = pos < object.len && pos - 1 - name == key_len && memcmp(object.ptr + name, key, key_len) == 0;
		size_t start = ++pos, depth = 0; /* after the colon */
		while (pos < object.len) {
			uint8_t c = object.ptr[pos];
			if (c == '"') {
				pos = skip_string(object, pos);
				continue;
			}
			if (depth == 0 && (c == ',' || c == '}'))
				break;
			depth += c == '{' || c == '[';
			depth -= c == '}' || c == ']';
			pos++;
		}
		if (pos >= object.len)
			break;
		if (same)
			return rv_span(object.ptr + start, pos - start);
		pos++;
	}
	return rv_span(NULL, 0);
}

size_t rv_text_length(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += ((uint8_t)*text & 0xc0) != 0x80;
	return n;
}

static unsigned kind_of(const cJSON *value)
{
	return cJSON_IsString(value) ? RV_TEXT : cJSON_IsNumber(value) ? RV_NUMBER : cJSON_IsBool(value) ? RV_BOOL
		: cJSON_IsObject(value) ? RV_OBJECT : cJSON_IsArray(value) ? RV_ARRAY : 0;
}

static const char *wrong_kind(unsigned kinds)
{
	switch (kinds) {
	case RV_TEXT: return "must be a text";
	case RV_NUMBER: return "must be a number";
	case RV_BOOL: return "must be true or false";
	case RV_OBJECT: return "must be an object";
	case RV_ARRAY: return "must be an array";
	case RV_TEXT | RV_NUMBER: return "must be a text or a number";
	case RV_TEXT | RV_OBJECT: return "must be a text or an object";
	default: return "has the wrong type";
	}
}

const cJSON *rv_field_get(const cJSON *object, const struct rv_field *field, const char *prefix, struct rv_field_error *error)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, field->name);
	if (!value || cJSON_IsNull(value))
		return NULL;
	unsigned kind = kind_of(value);
	const char *message = NULL;
	if (!(kind & field->kinds))
		message = wrong_kind(field->kinds);
	else if (kind == RV_NUMBER && !isfinite(value->valuedouble))
		message = "must be a finite number";
	else if (kind == RV_TEXT && field->max && rv_text_length(value->valuestring) > field->max)
		message = "is too long";
	else if ((kind == RV_ARRAY || kind == RV_OBJECT) && field->max) {
		unsigned n = 0;
		for (const cJSON *child = value->child; child && n <= field->max; child = child->next)
			n++;
		if (n > field->max)
			message = "has too many members";
	}
	if (!message)
		return value;
	error->message = message;
	snprintf(error->field, sizeof error->field, "%s%s", prefix, field->name);
	return NULL;
}

bool rv_fields_write(struct rv_json *json, const cJSON *object, const struct rv_field *fields, size_t n, const char *prefix, struct rv_field_error *error)
{
	for (size_t i = 0; i < n; i++) {
		const cJSON *value = rv_field_get(object, &fields[i], prefix, error);
		if (value) {
			rv_json_key(json, fields[i].name);
			rv_json_write(json, value);
		} else if (error->message) {
			return false;
		}
	}
	return true;
}
