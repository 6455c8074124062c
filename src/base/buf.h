/* A growable byte buffer with a maximum from birth.
 *
 *   ptr ──▶ [ written: len ][ room: cap - len ]      cap never exceeds max
 *
 * Owner: the caller; rv_buf_deinit frees. A failed append leaves the buffer as it was, sets the
 * sticky `failed` status, and every later append fails too: write many, check once with
 * rv_buf_status. Threads: one at a time. */
#ifndef RV_BUF_H
#define RV_BUF_H
#include "span.h"
#include "status.h"

struct rv_buf {
	uint8_t *ptr;
	size_t len, cap, max;
	enum rv_status failed;
};

void rv_buf_init(struct rv_buf *buf, size_t max_bytes);
void rv_buf_deinit(struct rv_buf *buf);
/* Forgets the content and the failure, keeps the memory. */
void rv_buf_clear(struct rv_buf *buf);
void rv_buf_add(struct rv_buf *buf, const void *ptr, size_t len);
void rv_buf_span(struct rv_buf *buf, struct rv_span span);
void rv_buf_str(struct rv_buf *buf, const char *text);
void rv_buf_byte(struct rv_buf *buf, uint8_t byte);
void rv_buf_u32le(struct rv_buf *buf, uint32_t value);
void rv_buf_f64le(struct rv_buf *buf, double value);
/* LEB128, 1–5 bytes for 32-bit values. */
void rv_buf_varint(struct rv_buf *buf, uint32_t value);
/* Unsigned decimal text. */
void rv_buf_dec(struct rv_buf *buf, uint64_t value);
/* Makes room for len more bytes and returns where they go (not yet counted in len), NULL on failure. */
uint8_t *rv_buf_room(struct rv_buf *buf, size_t len);
static inline enum rv_status rv_buf_status(const struct rv_buf *buf) { return buf->failed; }
static inline struct rv_span rv_buf_get(const struct rv_buf *buf) { return rv_span(buf->ptr ? buf->ptr : (const uint8_t *)"", buf->len); }

#endif
