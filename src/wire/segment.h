/* Segments: records at rest. Self-contained: own string table, deflated, checked.
 *
 *    0  "RVS1"                    28  u32 first record time, ms since epoch
 *    4  u8 kind, u8 format (2),   32  u32 last record time
 *       u16 zero                  36  u32 records
 *    8  f64 epoch wall clock, ms  40  u32 raw bytes (inflated payload)
 *   16  u32 epoch number          44  u32 stored bytes (deflated payload)
 *   20  u32 sequence in stream    48  u32 CRC-32 of the deflated payload
 *   24  u32 zero                  52  payload
 *
 *   payload, inflated:  varint strings · { varint length · bytes }…  ·  records
 *   record:             u8 number · varint ms since previous (the first: 0) · varint bytes of values ·
 *                       [ varint new strings ] · values
 *                       number's high bit: the values name strings for the first time, this many
 *   value by schema:    f64  8 bytes
 *                       str  varint: 0 null, 1 the next string not named before, else index + 2
 *                       u32, i32  zigzag varint of the difference to what the same field of the last record
 *                            of this number had (of a group: the last repetition), at first to 0; but of
 *                            the records that add a node (10 to 14)
 *                            id      difference to one more than the last id added
 *                            parent  varint: 1 the last node added, 2 its parent, … up to 64; 0: then as above
 *
 * What repeats in a page thus repeats in the bytes, whatever its ids are. Format 1, which is still read, has
 * no new strings, str as index + 1, u32 as varint and i32 as zigzag varint of the number itself.
 *
 * All numbers little-endian. The payload is raw deflate (RFC 1951). A reader passes over a record
 * whose number it does not know and, in a record without a group, over fields it does not know;
 * fields that are missing at the end of one are 0 or null. A native stream (application/vnd.rearview.replay) is "RVR1" · u32le 1 ·
 * segments one after the other: for each epoch a checkpoint or the page's first records, then
 * segments in order of time. Bounds: raw ≤ 64 MiB, stored ≤ 64 MiB, strings ≤ 1 M, and a raw size
 * over 1032 × stored is refused before anything is inflated. Threads: one at a time per object. */
#ifndef RV_SEGMENT_H
#define RV_SEGMENT_H
#include "arena.h"
#include "buf.h"
#include "record.h"

enum rv_segment_kind { RV_SEGMENT_RECORDS = 1, RV_SEGMENT_CHECKPOINT = 2 };
enum {
	RV_SEGMENT_HEAD_BYTES = 52,
	RV_SEGMENT_RAW_MAX = 64 << 20,
	RV_SEGMENT_STRINGS_MAX = 1 << 20,
	RV_STREAM_HEAD_BYTES = 8
};

struct rv_segment_head {
	uint8_t kind, format;
	double epoch_wall_ms;
	uint32_t epoch, sequence, first_ms, last_ms, records, raw_bytes, stored_bytes, crc;
};

/* ---- writing ---- */
struct rv_segment_writer;
struct rv_segment_mark { size_t bytes; uint32_t strings, records, last_ms, first_ms; };

struct rv_segment_writer *rv_segment_writer_new(size_t max_raw_bytes) RV_MUST_USE;
void rv_segment_writer_free(struct rv_segment_writer *writer);
void rv_segment_writer_begin(struct rv_segment_writer *writer, enum rv_segment_kind kind, double epoch_wall_ms, uint32_t epoch, uint32_t sequence);
/* RV_ORDER when rec->t_ms is before the last one, RV_LIMIT when it surely goes over max_raw_bytes, RV_BAD for what belongs in
 * batches alone; then nothing is added. */
enum rv_status rv_segment_writer_add(struct rv_segment_writer *writer, const struct rv_rec *rec) RV_MUST_USE;
/* About how long the payload will be; never more than it. */
size_t rv_segment_writer_raw_bytes(const struct rv_segment_writer *writer);
uint32_t rv_segment_writer_records(const struct rv_segment_writer *writer);
/* A point to which rv_segment_writer_rewind cuts back (a batch that turned out bad); good until the
 * next begin. */
struct rv_segment_mark rv_segment_writer_mark(const struct rv_segment_writer *writer);
void rv_segment_writer_rewind(struct rv_segment_writer *writer, struct rv_segment_mark mark);
/* Appends the whole segment, header included, to out; nothing of it on failure: RV_LIMIT when the payload
 * is over max_raw_bytes. The writer goes on as
 * it was: the tail row is a seal of the open segment. level: zlib 1–9. */
enum rv_status rv_segment_writer_seal(struct rv_segment_writer *writer, int level, struct rv_buf *out) RV_MUST_USE;

/* The segment's payload is another way to compress the same bytes: writes the head's stored bytes and CRC. */
void rv_segment_pack(uint8_t *segment, uint32_t stored_bytes);

/* ---- reading ---- */
struct rv_segment_coder;
struct rv_segment_reader {
	struct rv_segment_head head;
	struct rv_arena *arena;
	struct rv_span *strings;
	uint32_t n_strings, left, t_ms;
	struct rv_segment_coder *coder;
	const uint8_t *at, *end;
	struct rv_val *values;
	uint32_t values_cap;
	enum rv_status failed; /* sticky */
};

/* Reads and checks a header; *size_bytes is the whole segment's length. RV_INCOMPLETE when in is shorter. */
enum rv_status rv_segment_head(struct rv_span in, struct rv_segment_head *head, size_t *size_bytes) RV_MUST_USE;
/* Inflates into the arena and reads the string table. The arena bounds what a segment may cost. */
enum rv_status rv_segment_open(struct rv_segment_reader *reader, struct rv_span segment, struct rv_arena *arena) RV_MUST_USE;
/* RV_END after the last record. A failure is sticky. The record lives until the next call, its spans until the arena is reset. */
enum rv_status rv_segment_next(struct rv_segment_reader *reader, struct rv_rec *rec) RV_MUST_USE;

/* ---- streams ---- */
void rv_stream_begin(struct rv_buf *out);
/* Moves *pos (0 at first) over one segment; RV_END at the end, else what rv_segment_head answers. */
enum rv_status rv_stream_next(struct rv_span stream, size_t *pos, struct rv_span *segment) RV_MUST_USE;

#endif
