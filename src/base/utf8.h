/* UTF-8 and WTF-8 (UTF-8 that also carries lone surrogates U+D800..U+DFFF as three bytes, see
 * simonsapin.github.io/wtf-8). Recorded text is WTF-8; everything that leaves as JSON is UTF-8 with
 * lone surrogates written as \udXXX. Pure functions. */
#ifndef RV_UTF8_H
#define RV_UTF8_H
#include "buf.h"

/* True when the bytes are well-formed; allow_surrogates accepts WTF-8. */
bool rv_utf8_valid(struct rv_span span, bool allow_surrogates);
/* Reads one code point at *pos and moves it; a malformed byte reads as U+FFFD and moves by one. */
uint32_t rv_utf8_next(struct rv_span span, size_t *pos);
void rv_utf8_put(struct rv_buf *buf, uint32_t code_point);
/* The longest prefix of at most max_bytes that does not cut a code point. */
struct rv_span rv_utf8_prefix(struct rv_span span, size_t max_bytes);

#endif
