/* Streams from a stranger, through everything that reads them.
 *
 *   input: u8 mode · …     mode 0: a native stream as it is
 *                          else: the segments' payloads as they are inflated, each after a head of
 *                          { u8 kind (2: format 1) · u8 epoch · u16le bytes }; heads and checksums are made here, so
 *                          that mutations reach the records
 *
 * Nothing may crash; the output is JSON; a cut of what folds folds again to the same document (unless
 * there are checkpoints: those of a stranger need not say what the records do). */
#include "rrweb.h"
#include "stream.h"
#include "summary.h"
#include "utf8.h"
#include <stdlib.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEGMENTS_MAX = 64 };

static void put(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

/* Sums up the times in a payload: a head must name the last. */
static void add_segment(struct rv_buf *out, uint8_t kind, uint8_t epoch, struct rv_span raw, uint32_t sequence)
{
	uint8_t head[RV_SEGMENT_HEAD_BYTES] = {'R', 'V', 'S', '1', 1 + (kind & 1), kind & 2 ? 1 : 2};
	uint8_t packed[80000];
	uLongf stored = sizeof packed;
	z_stream z = {.next_in = (Bytef *)raw.ptr, .avail_in = (uInt)raw.len, .next_out = packed, .avail_out = (uInt)stored};
	struct rv_buf wall = {.ptr = head + 8, .cap = 8, .max = 8};
	uint32_t last = 0, n = 0;
	size_t at = 0;
	if (deflateInit2(&z, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK || deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	deflateEnd(&z);
	rv_buf_f64le(&wall, 1000.0 * (epoch & 3));
	/* strings, then records, read as the format says; what does not parse is left to the reader */
	struct { uint32_t value; bool ok; } number;
#define VARINT() \
	do { \
		number.value = 0; \
		number.ok = false; \
		for (unsigned shift = 0; shift < 35 && at < raw.len; shift += 7) { \
			uint8_t byte = raw.ptr[at++]; \
			number.value |= (uint32_t)(byte & 127) << (shift & 31); \
			if (byte < 128) { \
				number.ok = true; \
				break; \
			} \
		} \
	} while (0)
	VARINT();
	for (uint32_t left = number.ok ? number.value : 0; left && at < raw.len; left--) {
		VARINT();
		at = number.ok && number.value <= raw.len - at ? at + number.value : raw.len;
	}
	while (at < raw.len) {
		bool has_new = !(kind & 2) && raw.ptr[at] & 128;
		at++;
		VARINT();
		last += number.value;
		n++;
		VARINT();
		uint32_t bytes = number.value;
		bool ok = number.ok;
		if (has_new)
			VARINT();
		number.value = bytes;
		number.ok = number.ok && ok;
		at = number.ok && number.value <= raw.len - at ? at + number.value : raw.len;
	}
	put(head + 16, epoch & 3);
	put(head + 20, sequence);
	put(head + 32, last);
	put(head + 36, n);
	put(head + 40, (uint32_t)raw.len);
	put(head + 44, (uint32_t)z.total_out);
	put(head + 48, (uint32_t)crc32(0, packed, (uInt)z.total_out));
	rv_buf_add(out, head, sizeof head);
	rv_buf_add(out, packed, z.total_out);
}

static enum rv_status count(void *user, struct rv_span piece)
{
	struct rv_buf *out = user;
	rv_buf_span(out, piece);
	return rv_buf_status(out);
}

static void use(struct rv_span stream)
{
	struct rv_rrweb_counts counts;
	struct rv_buf text, window;
	struct rv_json json;
	struct rv_span segments[SEGMENTS_MAX];
	size_t n = 0, pos = 0;
	rv_buf_init(&text, 64 << 20);
	rv_buf_init(&window, 64 << 20);
	if (rv_rrweb_export(stream, count, &text, &counts) == RV_OK && (text.ptr[0] != '[' || text.ptr[text.len - 1] != ']' || !rv_utf8_valid(rv_buf_get(&text), false)))
		abort();
	rv_buf_clear(&text);
	rv_json_init(&json, &text);
	if (rv_summary_json(stream, &json) == RV_OK && !rv_utf8_valid(rv_buf_get(&text), false))
		abort();
	struct rv_mirror *mirror = rv_mirror_new(NULL);
	if (!mirror)
		abort();
	bool checkpoints = false;
	while (n < SEGMENTS_MAX && rv_stream_next(stream, &pos, &segments[n]) == RV_OK)
		checkpoints |= segments[n++].ptr[4] == RV_SEGMENT_CHECKPOINT;
	if (rv_stream_fold(stream, 1e300, mirror) == RV_OK) {
		uint32_t hash = rv_mirror_hash(mirror);
		if (pos == stream.len && rv_stream_cut(segments, n, 5000, 1e300, &window) == RV_OK) {
			if ((rv_stream_fold(rv_buf_get(&window), 1e300, mirror) != RV_OK || rv_mirror_hash(mirror) != hash) && !checkpoints)
				abort();
		}
	}
	rv_mirror_free(mirror);
	rv_buf_deinit(&window);
	rv_buf_deinit(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] == 0) {
		use(rv_span(data + 1, size - 1));
		return 0;
	}
	struct rv_buf stream;
	uint32_t sequence = 0;
	rv_buf_init(&stream, 16 << 20);
	rv_stream_begin(&stream);
	for (size_t at = 1; at + 4 < size && sequence < SEGMENTS_MAX; sequence++) {
		size_t bytes = data[at + 2] | (size_t)data[at + 3] << 8;
		if (bytes > size - at - 4)
			bytes = size - at - 4;
		if (bytes)
			add_segment(&stream, data[at], data[at + 1], rv_span(data + at + 4, bytes), sequence);
		at += 4 + bytes;
	}
	use(rv_buf_get(&stream));
	rv_buf_deinit(&stream);
	return 0;
}
