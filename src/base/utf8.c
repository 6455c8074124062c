#include "utf8.h"

enum { REPLACEMENT = 0xfffd };

/* Length of the well-formed (WTF-8) sequence at ptr, 0 when malformed; the code point to *out. */
static size_t decode(const uint8_t *ptr, size_t len, uint32_t *out)
{
	uint8_t lead = ptr[0];
	if (lead < 0x80) {
		*out = lead;
		return 1;
	}
	size_t n = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
	if (n == 0 || n > len)
		return 0;
	uint32_t code = lead & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((ptr[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (ptr[i] & 0x3f);
	}
	if ((n == 3 && code < 0x800) || (n == 4 && (code < 0x10000 || code > 0x10ffff)))
		return 0;
	*out = code;
	return n;
}

bool rv_utf8_valid(struct rv_span span, bool allow_surrogates)
{
	bool after_high = false; /* a high surrogate whose low one must not follow as three bytes */
	for (size_t pos = 0; pos < span.len;) {
		uint64_t eight;
		if (span.len - pos >= sizeof eight) { /* most text is ASCII */
			memcpy(&eight, span.ptr + pos, sizeof eight);
			if ((eight & 0x8080808080808080u) == 0) {
				after_high = false;
				pos += sizeof eight;
				continue;
			}
		}
		uint32_t code;
		size_t n = decode(span.ptr + pos, span.len - pos, &code);
		if (n == 0)
			return false;
		bool surrogate = code >= 0xd800 && code < 0xe000;
		if (surrogate && (!allow_surrogates || (after_high && code >= 0xdc00)))
			return false;
		after_high = surrogate && code < 0xdc00;
		pos += n;
	}
	return true;
}

uint32_t rv_utf8_next(struct rv_span span, size_t *pos)
{
	uint32_t code;
	size_t n = decode(span.ptr + *pos, span.len - *pos, &code);
	*pos += n ? n : 1;
	return n ? code : REPLACEMENT;
}

void rv_utf8_put(struct rv_buf *buf, uint32_t code)
{
	uint8_t bytes[4];
	size_t n;
	if (code > 0x10ffff)
		code = REPLACEMENT;
	if (code < 0x80) {
		bytes[0] = (uint8_t)code;
		n = 1;
	} else if (code < 0x800) {
		bytes[0] = (uint8_t)(0xc0 | code >> 6);
		n = 2;
	} else if (code < 0x10000) {
		bytes[0] = (uint8_t)(0xe0 | code >> 12);
		n = 3;
	} else {
		bytes[0] = (uint8_t)(0xf0 | code >> 18);
		n = 4;
	}
	for (size_t i = 1; i < n; i++)
		bytes[i] = (uint8_t)(0x80 | (code >> (6 * (n - 1 - i)) & 0x3f));
	rv_buf_add(buf, bytes, n);
}

struct rv_span rv_utf8_prefix(struct rv_span span, size_t max_bytes)
{
	if (span.len <= max_bytes)
		return span;
	size_t len = max_bytes;
	/* Back over at most three continuation bytes; malformed text is cut where it must be. */
	for (int back = 0; back < 3 && len > 0 && (span.ptr[len] & 0xc0) == 0x80; back++)
		len--;
	if ((span.ptr[len] & 0xc0) == 0x80)
		len = max_bytes;
	return rv_span(span.ptr, len);
}
