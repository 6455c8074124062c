#include "buf.h"
#include <stdlib.h>

enum { FIRST_BYTES = 64 };

void rv_buf_init(struct rv_buf *buf, size_t max_bytes)
{
	*buf = (struct rv_buf){.max = max_bytes};
}

void rv_buf_deinit(struct rv_buf *buf)
{
	free(buf->ptr);
	*buf = (struct rv_buf){0};
}

void rv_buf_clear(struct rv_buf *buf)
{
	buf->len = 0;
	buf->failed = RV_OK;
}

uint8_t *rv_buf_room(struct rv_buf *buf, size_t len)
{
	if (buf->failed)
		return NULL;
	if (len > buf->max - buf->len) {
		buf->failed = RV_LIMIT;
		return NULL;
	}
	if (!buf->ptr || len > buf->cap - buf->len) {
		size_t cap = buf->cap < FIRST_BYTES ? FIRST_BYTES : buf->cap > buf->max / 2 ? buf->max : buf->cap * 2;
		if (cap > buf->max)
			cap = buf->max;
		if (cap < buf->len + len)
			cap = buf->len + len;
		uint8_t *ptr = realloc(buf->ptr, cap ? cap : 1);
		if (!ptr) {
			buf->failed = RV_MEMORY;
			return NULL;
		}
		buf->ptr = ptr;
		buf->cap = cap;
	}
	return buf->ptr + buf->len;
}

void rv_buf_add(struct rv_buf *buf, const void *ptr, size_t len)
{
	if (len == 0)
		return;
	uint8_t *to = rv_buf_room(buf, len);
	if (!to)
		return;
	memcpy(to, ptr, len);
	buf->len += len;
}

void rv_buf_span(struct rv_buf *buf, struct rv_span span)
{
	rv_buf_add(buf, span.ptr, span.len);
}

void rv_buf_str(struct rv_buf *buf, const char *text)
{
	rv_buf_add(buf, text, strlen(text));
}

void rv_buf_byte(struct rv_buf *buf, uint8_t byte)
{
	rv_buf_add(buf, &byte, 1);
}

void rv_buf_u32le(struct rv_buf *buf, uint32_t value)
{
	uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)};
	rv_buf_add(buf, bytes, sizeof bytes);
}

void rv_buf_f64le(struct rv_buf *buf, double value)
{
	uint64_t bits;
	uint8_t bytes[8];
	memcpy(&bits, &value, sizeof bits);
	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(bits >> (8 * i));
	rv_buf_add(buf, bytes, sizeof bytes);
}

void rv_buf_varint(struct rv_buf *buf, uint32_t value)
{
	uint8_t bytes[5];
	size_t n = 0;
	for (; value > 127; value >>= 7)
		bytes[n++] = (uint8_t)(value | 128);
	bytes[n++] = (uint8_t)value;
	rv_buf_add(buf, bytes, n);
}

void rv_buf_dec(struct rv_buf *buf, uint64_t value)
{
	char digits[20];
	size_t at = sizeof digits;
	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	rv_buf_add(buf, digits + at, sizeof digits - at);
}
