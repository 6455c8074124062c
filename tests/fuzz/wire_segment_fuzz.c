/* Segments and streams from a stranger.
 *
 *   input: u8 mode · …     mode even: a native stream as it is
 *                          mode odd: u8 records · u8 first ms · u8 last ms · payload as it is inflated;
 *                          it gets a right head and checksum here, so that mutations reach the records;
 *                          format 1 when bit 1 of the mode is set, else 2
 *
 * What can be read is written again; reading that gives the same bytes once more. */
#include "segment.h"
#include "utf8.h"
#include <stdlib.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All records of a segment into writer; whether it could be read to its end. */
static bool copy(struct rv_span segment, struct rv_segment_writer *writer)
{
	struct rv_arena arena;
	struct rv_segment_reader reader;
	struct rv_rec rec;
	rv_arena_init(&arena, 16 << 20);
	enum rv_status status = rv_segment_open(&reader, segment, &arena);
	if (status == RV_OK) {
		rv_segment_writer_begin(writer, (enum rv_segment_kind)reader.head.kind, reader.head.epoch_wall_ms, reader.head.epoch, reader.head.sequence);
		while ((status = rv_segment_next(&reader, &rec)) == RV_OK) {
			const struct rv_schema *schema = rv_record_schema(rec.type);
			if (!schema || !rv_record_whole(schema, rec.n))
				abort();
			for (uint32_t i = 0; i < rec.n; i++)
				if (rv_record_field(schema, i) == RV_FIELD_STR && rec.v[i].s.ptr && !rv_utf8_valid(rec.v[i].s, true))
					abort();
			if (rv_segment_writer_add(writer, &rec) == RV_LIMIT)
				break;
		}
	}
	rv_arena_deinit(&arena);
	return status == RV_END;
}

static void round_trip(struct rv_span segment)
{
	struct rv_segment_writer *writer = rv_segment_writer_new(4 << 20);
	struct rv_buf first, second;
	rv_buf_init(&first, 8 << 20);
	rv_buf_init(&second, 8 << 20);
	if (!writer)
		abort();
	if (copy(segment, writer)) {
		if (rv_segment_writer_seal(writer, 1, &first) != RV_OK || !copy(rv_buf_get(&first), writer) || rv_segment_writer_seal(writer, 1, &second) != RV_OK)
			abort();
		if (!rv_span_eq(rv_buf_get(&first), rv_buf_get(&second)))
			abort();
	}
	rv_buf_deinit(&first);
	rv_buf_deinit(&second);
	rv_segment_writer_free(writer);
}

static void put(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	if ((data[0] & 1) == 0) {
		struct rv_span segment;
		size_t pos = 0;
		while (rv_stream_next(rv_span(data + 1, size - 1), &pos, &segment) == RV_OK)
			round_trip(segment);
		return 0;
	}
	if (size < 5 || size > 65535)
		return 0;
	uint32_t raw = (uint32_t)size - 4, stored = raw + 5;
	uint8_t *segment = calloc(1, RV_SEGMENT_HEAD_BYTES + stored);
	if (!segment)
		abort();
	memcpy(segment, data[0] & 2 ? "RVS1\1\1" : "RVS1\1\2", 6);
	put(segment + 28, data[2]);
	put(segment + 32, data[3]);
	put(segment + 36, data[1]);
	put(segment + 40, raw);
	put(segment + 44, stored);
	uint8_t *payload = segment + RV_SEGMENT_HEAD_BYTES;
	payload[0] = 1; /* one stored block */
	payload[1] = (uint8_t)raw;
	payload[2] = (uint8_t)(raw >> 8);
	payload[3] = (uint8_t)~payload[1];
	payload[4] = (uint8_t)~payload[2];
	memcpy(payload + 5, data + 4, raw);
	put(segment + 48, (uint32_t)crc32(0, payload, stored));
	round_trip(rv_span(segment, RV_SEGMENT_HEAD_BYTES + stored));
	free(segment);
	return 0;
}
