/* Reading request bodies with cJSON, and taking values over into JSON of our own. The text has passed
 * rv_json_check: valid UTF-8, no NUL, no duplicate keys, at most 64 deep. Pure functions. */
#ifndef RV_JSON_READ_H
#define RV_JSON_READ_H
#include "json.h"
#include <cJSON.h>

enum { RV_JSON_VALUES_MAX = 250000 }; /* a parsed value takes some 64 bytes whatever its text */

/* RV_LIMIT over RV_JSON_VALUES_MAX, RV_MEMORY, RV_BAD. Free with cJSON_Delete. */
enum rv_status rv_json_parse(struct rv_span text, cJSON **value) RV_MUST_USE;
/* Any value as it is, but without members named __proto__, constructor or prototype. */
void rv_json_write(struct rv_json *json, const cJSON *value);
/* The text of a member of an object we wrote ourselves; ptr NULL without one. */
struct rv_span rv_json_member(struct rv_span object, const char *key);

/* ---- checking members by a table ---- */
enum { /* what a field may be; null is the same as absent */
	RV_TEXT = 1, RV_NUMBER = 2, RV_BOOL = 4, RV_OBJECT = 8, RV_ARRAY = 16
};
struct rv_field { const char *name; unsigned kinds; unsigned max; }; /* max: code points of a text, members of an array or object; 0: none */
struct rv_field_error { char field[128]; const char *message; };
/* NULL: absent, or wrong and then error->message is set. prefix goes before the name in error->field. */
const cJSON *rv_field_get(const cJSON *object, const struct rv_field *field, const char *prefix, struct rv_field_error *error);
/* Writes the members of object that the table names, as key and value. false: error tells. */
bool rv_fields_write(struct rv_json *json, const cJSON *object, const struct rv_field *fields, size_t n, const char *prefix, struct rv_field_error *error);
/* A whole number that a double holds exactly. */
bool rv_json_is_whole(const cJSON *value);
/* Code points of a text. */
size_t rv_text_length(const char *text);

#endif
