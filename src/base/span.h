/* A read-only run of bytes. The span owns nothing: whoever made the bytes says how long they live. */
#ifndef RV_SPAN_H
#define RV_SPAN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rv_span {
	const uint8_t *ptr; /* NULL means "no value", which is not the empty string */
	size_t len;
};

static inline struct rv_span rv_span(const void *ptr, size_t len)
{
	return (struct rv_span){(const uint8_t *)ptr, len};
}

static inline struct rv_span rv_span_str(const char *text)
{
	return (struct rv_span){(const uint8_t *)text, text ? strlen(text) : 0};
}

/* True when both hold the same bytes; NULL equals only NULL. */
static inline bool rv_span_eq(struct rv_span a, struct rv_span b)
{
	if (!a.ptr || !b.ptr)
		return !a.ptr && !b.ptr;
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool rv_span_is(struct rv_span a, const char *text)
{
	return a.ptr && a.len == strlen(text) && memcmp(a.ptr, text, a.len) == 0;
}

#endif
