/* Just enough JSON for the tests of the rrweb export. */
#ifndef RV_REPLAY_JSON_H
#define RV_REPLAY_JSON_H
#include "cmocka_all.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct value { char type; double number; char *text; struct value *first, *next; char *key; }; /* type: { [ " 0 t f n */

static inline struct value *parse(const char **at);

static inline struct value *fresh(char type)
{
	struct value *value = calloc(1, sizeof *value);
	value->type = type;
	return value;
}

static inline char *parse_text(const char **at)
{
	char *text = malloc(strlen(*at) + 1), *to = text;
	assert_int_equal(*(*at)++, '"');
	while (**at != '"') {
		assert_true((unsigned char)**at >= 0x20);
		if (**at == '\\') {
			++*at;
			assert_non_null(strchr("\"\\/bfnrtu", **at));
			if (**at == 'u') {
				*to++ = '?';
				*at += 5;
				continue;
			}
		}
		*to++ = *(*at)++;
	}
	++*at;
	*to = 0;
	return text;
}

static inline struct value *parse(const char **at)
{
	char c = **at;
	struct value *value = fresh(c), **link = &value->first;
	if (c == '{' || c == '[') {
		char end = c == '{' ? '}' : ']';
		++*at;
		while (**at != end) {
			char *key = NULL;
			if (c == '{') {
				key = parse_text(at);
				assert_int_equal(*(*at)++, ':');
			}
			*link = parse(at);
			(*link)->key = key;
			link = &(*link)->next;
			if (**at == ',') {
				++*at;
				assert_true(**at != end);
			} else {
				assert_int_equal(**at, end);
			}
		}
		++*at;
	} else if (c == '"') {
		value->text = parse_text(at);
	} else if (c == 't' || c == 'f' || c == 'n') {
		*at += c == 'f' ? 5 : 4;
	} else {
		char *end;
		value->type = '0';
		value->number = strtod(*at, &end);
		assert_true(end > *at);
		*at = end;
	}
	return value;
}

static inline void drop(struct value *value)
{
	while (value) {
		struct value *next = value->next;
		drop(value->first);
		free(value->text);
		free(value->key);
		free(value);
		value = next;
	}
}

static inline struct value *get(const struct value *object, const char *key)
{
	for (struct value *value = object->first; value; value = value->next)
		if (value->key && !strcmp(value->key, key))
			return value;
	return NULL;
}

static inline uint32_t number(const struct value *object, const char *key)
{
	const struct value *value = get(object, key);
	return value && value->type == '0' ? (uint32_t)value->number : 0;
}

#endif
