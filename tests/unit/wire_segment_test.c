#include "wire_make.h"
#include "fail_alloc.h"
#include "hash.h"
#include "segment.h"
#include <stdlib.h>
#include <zlib.h>

enum { ARENA_BYTES = 8 << 20, ALL_MAX = 200, RAW_MAX = 1 << 20 };

static struct rv_arena arena;
static struct rv_buf out;
static struct rv_segment_writer *writer;

static int begin(void **state)
{
	rv_arena_init(&arena, ARENA_BYTES);
	rv_buf_init(&out, 16 << 20);
	writer = rv_segment_writer_new(RAW_MAX);
	return 0;
}

static int end(void **state)
{
	rv_segment_writer_free(writer);
	rv_buf_deinit(&out);
	rv_arena_deinit(&arena);
	return 0;
}

static void seal(void)
{
	rv_buf_clear(&out);
	assert_int_equal(rv_segment_writer_seal(writer, 6, &out), RV_OK);
}

static void add(const struct rv_rec *rec)
{
	assert_int_equal(rv_segment_writer_add(writer, rec), RV_OK);
}

/* Reads a segment to its end: RV_END or the failure. */
static enum rv_status drain(struct rv_span segment, uint32_t *records, struct rv_arena *own)
{
	struct rv_segment_reader reader;
	struct rv_rec rec;
	*records = 0;
	enum rv_status status = rv_segment_open(&reader, segment, own);
	if (status == RV_OK)
		while ((status = rv_segment_next(&reader, &rec)) == RV_OK)
			++*records;
	return status;
}

static enum rv_status check(struct rv_span segment, uint32_t *records)
{
	struct rv_arena own;
	rv_arena_init(&own, ARENA_BYTES);
	enum rv_status status = drain(segment, records, &own);
	rv_arena_deinit(&own);
	return status;
}

static void put(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

/* A segment round a payload given as it is inflated, in a stored (not compressed) deflate block. */
static struct rv_span wrap_as(uint8_t format, struct rv_span raw, uint32_t records, uint32_t first_ms, uint32_t last_ms)
{
	assert_true(raw.len <= 65535);
	const uint8_t head[RV_SEGMENT_HEAD_BYTES] = {'R', 'V', 'S', '1', RV_SEGMENT_RECORDS, format};
	uint8_t block[5] = {1, (uint8_t)raw.len, (uint8_t)(raw.len >> 8), (uint8_t)~raw.len, (uint8_t)(~raw.len >> 8)};
	rv_buf_clear(&out);
	rv_buf_add(&out, head, sizeof head);
	rv_buf_add(&out, block, sizeof block);
	rv_buf_span(&out, raw);
	put(out.ptr + 28, first_ms);
	put(out.ptr + 32, last_ms);
	put(out.ptr + 36, records);
	put(out.ptr + 40, (uint32_t)raw.len);
	put(out.ptr + 44, (uint32_t)raw.len + 5);
	put(out.ptr + 48, (uint32_t)crc32(0, out.ptr + 52, (uInt)raw.len + 5));
	return rv_buf_get(&out);
}

static struct rv_span wrap(struct rv_span raw, uint32_t records, uint32_t first_ms, uint32_t last_ms)
{
	return wrap_as(2, raw, records, first_ms, last_ms);
}

/* What `writer` would seal, inflated. */
static struct rv_span inflated(void)
{
	seal();
	struct rv_segment_head head;
	size_t size;
	assert_int_equal(rv_segment_head(rv_buf_get(&out), &head, &size), RV_OK);
	uint8_t *raw = rv_arena_alloc(&arena, head.raw_bytes);
	z_stream z = {.next_in = out.ptr + 52, .avail_in = head.stored_bytes, .next_out = raw, .avail_out = head.raw_bytes};
	assert_int_equal(inflateInit2(&z, -15), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	inflateEnd(&z);
	return rv_span(raw, head.raw_bytes);
}

static void every_record_round_trips(void **state)
{
	static struct rv_rec records[ALL_MAX];
	uint32_t n = make_stored(&arena, records, ALL_MAX);
	for (int level = 1; level <= 9; level += 4) {
		rv_segment_writer_begin(writer, RV_SEGMENT_CHECKPOINT, 1700000000000.5, 3, 9);
		for (uint32_t i = 0; i < n; i++)
			add(&records[i]);
		assert_int_equal(rv_segment_writer_records(writer), n);
		rv_buf_clear(&out);
		rv_buf_str(&out, "before");
		assert_int_equal(rv_segment_writer_seal(writer, level, &out), RV_OK);
		struct rv_span segment = rv_span(out.ptr + 6, out.len - 6);
		struct rv_segment_reader reader;
		struct rv_rec rec;
		size_t size;
		assert_int_equal(rv_segment_head(segment, &reader.head, &size), RV_OK);
		assert_int_equal(size, segment.len);
		assert_int_equal(rv_segment_open(&reader, segment, &arena), RV_OK);
		assert_int_equal(reader.head.kind, RV_SEGMENT_CHECKPOINT);
		assert_true(reader.head.epoch_wall_ms == 1700000000000.5);
		assert_int_equal(reader.head.epoch, 3);
		assert_int_equal(reader.head.sequence, 9);
		assert_int_equal(reader.head.first_ms, records[0].t_ms);
		assert_int_equal(reader.head.last_ms, records[n - 1].t_ms);
		assert_int_equal(reader.head.records, n);
		assert_true(reader.head.raw_bytes >= rv_segment_writer_raw_bytes(writer));
		for (uint32_t i = 0; i < n; i++) {
			assert_int_equal(rv_segment_next(&reader, &rec), RV_OK);
			assert_same_record(&records[i], &rec);
		}
		assert_int_equal(rv_segment_next(&reader, &rec), RV_END);
		assert_int_equal(rv_segment_next(&reader, &rec), RV_END);
	}
}

static void an_empty_segment_is_one(void **state)
{
	uint32_t records;
	rv_segment_writer_begin(writer, RV_SEGMENT_RECORDS, 0, 1, 1);
	seal();
	assert_int_equal(check(rv_buf_get(&out), &records), RV_END);
	assert_int_equal(records, 0);
}

static void a_seal_leaves_the_writer_as_it_was(void **state)
{
	struct rv_rec a = make_record(&arena, RV_REC_ELEMENT, 2, 2, 10), b = make_record(&arena, RV_REC_TEXT, 0, 0, 20);
	rv_segment_writer_begin(writer, RV_SEGMENT_RECORDS, 0, 1, 1);
	add(&a);
	seal();
	uint32_t records;
	assert_int_equal(check(rv_buf_get(&out), &records), RV_END);
	assert_int_equal(records, 1);
	add(&b);
	seal();
	assert_int_equal(check(rv_buf_get(&out), &records), RV_END);
	assert_int_equal(records, 2);
	struct rv_span twice = rv_arena_copy(&arena, rv_buf_get(&out));
	rv_segment_writer_begin(writer, RV_SEGMENT_RECORDS, 0, 1, 1);
	add(&a);
	add(&b);
	seal();
	assert_true(rv_span_eq(twice, rv_buf_get(&out)));
}

/* 1,000 strings of their own on each side of the mark: the string table grows in between. */
static void a_rewind_leaves_no_trace(void **state)
{
	for (uint32_t before = 0; before <= 2000; before += 500) {
		struct rv_span sealed[2];
		for (int rewound = 0; rewound < 2; rewound++) {
			rv_segment_writer_begin(writer, RV_SEGMENT_RECORDS, 5, 1, 1);
			struct rv_segment_mark mark = rv_segment_writer_mark(writer);
			for (uint32_t i = 0; i < before + (rewound ? 1000 : 0); i++) {
				uint8_t text[4];
				put(text, i & 0x7f7f7f);
				struct rv_val v[2] = {{.u = i}, {.s = rv_span(text, 3)}};
				if (i == before)
					mark = rv_segment_writer_mark(writer);
				add(&(struct rv_rec){RV_REC_TEXT_SET, 100 + i, 2, v});
			}
			if (rewound)
				rv_segment_writer_rewind(writer, mark);
			for (uint32_t i = 0; i < 30; i++) { /* goes on as if nothing had been: new strings, known ones */
				struct rv_rec rec = make_record(&arena, RV_REC_ELEMENT, i, 3, 50 + before + i + 100);
				add(&rec);
			}
			seal();
			sealed[rewound] = rv_arena_copy(&arena, rv_buf_get(&out));
		}
		assert_true(rv_span_eq(sealed[0], sealed[1]));
	}
}

/* A page may choose its texts so that all of them hash alike; that must not cost quadratic time. */
static void chosen_collisions_are_survived(void **state)
{
	enum { LOW_BITS = 0xffff };
	static struct rv_val v[2];
	struct rv_rec rec = {RV_REC_TEXT_SET, 0, 2, v}, got;
	struct rv_segment_reader reader;
	rv_segment_writer_begin(writer, RV_SEGMENT_RECORDS, 0, 1, 1);
	uint32_t n = 0;
	/* texts whose low hash bits agree, found by trying */
	for (uint32_t i = 0; n < 300 && i < 60000000; i++) {
		uint8_t text[4] = {(uint8_t)(i & 127), (uint8_t)(i >> 7 & 127), (uint8_t)(i >> 14 & 127), (uint8_t)(i >> 21 & 127)};
		if ((rv_hash32(rv_span(text, 4), 0) & LOW_BITS) != 0)
			continue;
		for (int again = 0; again < 2; again++) {
			v[1].s = rv_span(text, 4);
			rec.t_ms = n++;
			add(&rec);
		}
	}
	assert_int_equal(n, 300);
	seal();
	assert_int_equal(rv_segment_open(&reader, rv_buf_get(&out), &arena), RV_OK);
	/* the first 64 are found again, the others written twice; all read back as they were */
	assert_int_equal(reader.n_strings, 64 + 2 * (150 - 64));
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(rv_segment_next(&reader, &got), RV_OK);
	assert_int_equal(rv_segment_next(&reader, &got), RV_END);
	rv_segment_writer_rewind(writer, (struct rv_segment_mark){0});
	v[1].s = rv_span_str("x");
	add(&rec);
	assert_int_equal(rv_segment_writer_records(writer), 1);
}

static void refusals_add_nothing(void **state)
{
	struct rv_rec good = make_record(&arena, RV_REC_ELEMENT, 2, 2, 100);
	rv_segment_writer_begin(writer, RV_SEGMENT_RECORDS, 0, 1, 1);
	add(&good);
	seal();
	struct rv_span sealed = rv_arena_copy(&arena, rv_buf_get(&out));

	struct rv_rec bad = good;
	bad.t_ms = 99;
	assert_int_equal(rv_segment_writer_add(writer, &bad), RV_ORDER);
	bad = good;
	bad.type = 99;
	assert_int_equal(rv_segment_writer_add(writer, &bad), RV_BAD);
	bad = good;
	bad.n--;
	assert_int_equal(rv_segment_writer_add(writer, &bad), RV_BAD);
	bad.n = RV_ELEMENT_FIXED - 1;
	assert_int_equal(rv_segment_writer_add(writer, &bad), RV_BAD);
	bad = make_record(&arena, RV_REC_EPOCH, 3, 0, 100);
	((struct rv_val *)bad.v)[RV_EPOCH_WALL_MS].f *= 1e300;
	((struct rv_val *)bad.v)[RV_EPOCH_WALL_MS].f *= -1e300;
	assert_int_equal(rv_segment_writer_add(writer, &bad), RV_BAD);
	uint8_t *large = calloc(1, RAW_MAX);
	struct rv_val v[4] = {{.u = 1}, {.s = rv_span_str("new")}, {.s = rv_span_str("newer")}, {.s = rv_span(large, RAW_MAX)}};
	struct rv_val attributes[3] = {v[0], v[1], v[3]};
	assert_int_equal(rv_segment_writer_add(writer, &(struct rv_rec){RV_REC_ATTRIBUTES, 100, 3, attributes}), RV_LIMIT);
	v[3].s.len = RAW_MAX - 30;
	attributes[2] = v[3];
	assert_int_equal(rv_segment_writer_add(writer, &(struct rv_rec){RV_REC_ATTRIBUTES, 100, 3, attributes}), RV_LIMIT);
	free(large);

	assert_int_equal(rv_segment_writer_records(writer), 1);
	seal();
	assert_true(rv_span_eq(sealed, rv_buf_get(&out)));

	struct rv_buf tight;
	rv_buf_init(&tight, sealed.len - 1);
	assert_int_equal(rv_segment_writer_seal(writer, 6, &tight), RV_LIMIT);
	assert_int_equal(tight.len, 0);
	rv_buf_deinit(&tight);
	rv_buf_init(&tight, sealed.len);
	assert_int_equal(rv_segment_writer_seal(writer, 6, &tight), RV_OK);
	assert_true(rv_span_eq(sealed, rv_buf_get(&tight)));
	rv_buf_deinit(&tight);
}

static void make_rich(void)
{
	rv_segment_writer_begin(writer, RV_SEGMENT_RECORDS, 1700000000000.0, 1, 1);
	for (uint32_t i = 0; i < 12; i++) {
		static const uint32_t numbers[] = {RV_REC_EPOCH, RV_REC_ELEMENT, RV_REC_TEXT, RV_REC_SCROLL, RV_REC_NETWORK, RV_REC_ADOPTED};
		struct rv_rec rec = make_record(&arena, numbers[i % 6], i, i % 4, 1000 + i);
		add(&rec);
	}
	seal();
}

static void every_cut_is_refused(void **state)
{
	make_rich();
	struct rv_segment_head head;
	uint32_t records;
	size_t size;
	for (size_t len = 0; len < out.len; len++) {
		uint8_t *copy = malloc(len ? len : 1); /* to the byte, so that ASan sees a read past the end */
		memcpy(copy, out.ptr, len);
		assert_int_equal(rv_segment_head(rv_span(copy, len), &head, &size), RV_INCOMPLETE);
		assert_int_equal(check(rv_span(copy, len), &records), RV_INCOMPLETE);
		free(copy);
	}
	rv_buf_byte(&out, 0);
	assert_int_equal(check(rv_buf_get(&out), &records), RV_BAD);

	struct rv_span raw = inflated();
	for (uint32_t len = 1; len < raw.len; len++) {
		for (uint32_t claimed = 0; claimed <= 12; claimed++)
			assert_int_not_equal(check(wrap(rv_span(raw.ptr, len), claimed, 1000, 1011), &records), RV_END);
	}
	assert_int_equal(check(wrap(raw, 12, 1000, 1011), &records), RV_END);
	assert_int_equal(check(wrap(raw, 11, 1000, 1011), &records), RV_BAD);
	assert_int_equal(check(wrap(raw, 12, 1000, 1012), &records), RV_BAD);
	assert_int_equal(check(wrap(raw, 12, 1001, 1011), &records), RV_BAD);
}

static void head_is_checked(void **state)
{
	static const struct { size_t at; uint8_t value; enum rv_status status; } cases[] = {
		{0, 'X', RV_BAD}, {3, '2', RV_BAD}, {4, 0, RV_BAD}, {4, 3, RV_BAD}, {5, 0, RV_VERSION}, {5, 3, RV_VERSION}, {6, 1, RV_BAD}, {7, 1, RV_BAD}, {24, 1, RV_BAD},
		{27, 1, RV_BAD}, {31, 255, RV_BAD}, {43, 5, RV_LIMIT}, {47, 5, RV_LIMIT}, {45, 1, RV_INCOMPLETE}, {48, 0, RV_BAD}, {60, 255, RV_BAD}};
	uint32_t records;
	make_rich();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t was = out.ptr[cases[i].at];
		out.ptr[cases[i].at] = cases[i].value == was ? (uint8_t)(was + 1) : cases[i].value;
		assert_int_equal(check(rv_buf_get(&out), &records), cases[i].status);
		out.ptr[cases[i].at] = was;
	}
	memset(out.ptr + 8, 0xff, 8); /* wall clock: not a number */
	assert_int_equal(check(rv_buf_get(&out), &records), RV_BAD);
}

static enum rv_status payload(uint8_t format, const char *bytes, size_t len, uint32_t claimed)
{
	uint32_t records;
	return check(wrap_as(format, rv_span(bytes, len), claimed, 0, 0), &records);
}
#define PAYLOAD(bytes, claimed) payload(1, bytes, sizeof bytes - 1, claimed)
#define PAYLOAD2(bytes, claimed) payload(2, bytes, sizeof bytes - 1, claimed)

static void payloads_are_checked(void **state)
{
	assert_int_equal(PAYLOAD("\0", 0), RV_END);
	assert_int_equal(PAYLOAD("\0" "\x0f\0\1\7", 1), RV_END);                        /* remove 7 */
	assert_int_equal(PAYLOAD("\0" "\x0f\0\1\7x", 1), RV_BAD);                       /* something after the end */
	assert_int_equal(PAYLOAD("\0" "\x0f\1\1\7", 1), RV_BAD);                        /* later than the head says */
	assert_int_equal(PAYLOAD("\0" "\0\0\0", 1), RV_BAD);                            /* there is no record 0 */
	assert_int_equal(PAYLOAD("\0" "\x0f\0\2\7", 1), RV_BAD);                        /* values over the end */
	assert_int_equal(PAYLOAD("\0" "\x0f\0\xff\xff\xff\xff\x0f\7", 1), RV_BAD);
	assert_int_equal(PAYLOAD("\0" "\x0f\0\1\x87", 1), RV_BAD);                      /* varint over the values' end */
	assert_int_equal(PAYLOAD("\0" "\x0f\0\5\xff\xff\xff\xff\x0f", 1), RV_END);
	assert_int_equal(PAYLOAD("\0" "\x0f\0\5\xff\xff\xff\xff\x1f", 1), RV_BAD);      /* more than 32 bits */
	assert_int_equal(PAYLOAD("\0" "\x0f\0\6\x80\x80\x80\x80\x80\0", 1), RV_BAD);    /* more than five bytes */
	assert_int_equal(PAYLOAD("\1\1a" "\x12\0\2\7\1", 1), RV_END);                   /* text_set 7 "a" */
	assert_int_equal(PAYLOAD("\1\1a" "\x12\0\2\7\2", 1), RV_BAD);                   /* no such string */
	assert_int_equal(PAYLOAD("\1\2a", 0), RV_BAD);                                  /* string over the end */
	assert_int_equal(PAYLOAD("\1\1\xff", 0), RV_BAD);                               /* not WTF-8 */
	assert_int_equal(PAYLOAD("\x7f\0\0\0", 0), RV_BAD);                             /* fewer strings than said */
	assert_int_equal(PAYLOAD("\1\1a" "\x11\0\3\7\1\0", 1), RV_END);                 /* attributes 7 a=null */
	assert_int_equal(PAYLOAD("\1\1a" "\x11\0\2\7\1", 1), RV_BAD);                   /* half a group */
	assert_int_equal(PAYLOAD("\0" "\x11\0\0", 1), RV_BAD);                          /* a grouped record has all its fields */
	assert_int_equal(PAYLOAD("\0" "\2\0\x08\0\0\0\0\0\0\xf0\x7f", 1), RV_BAD);      /* epoch: infinity */
	assert_int_equal(PAYLOAD("\0" "\2\0\x07\0\0\0\0\0\0\0", 1), RV_BAD);            /* epoch: half an f64 */
}

static void foretold_payloads_are_checked(void **state)
{
	assert_int_equal(PAYLOAD2("\0" "\x0f\0\1\x0e", 1), RV_END);                      /* remove 7 */
	assert_int_equal(PAYLOAD2("\0" "\x80\0\1\0\x0e", 1), RV_BAD);                    /* there is no record 0 */
	assert_int_equal(PAYLOAD2("\1\1a" "\x92\0\2\1\x0e\1", 1), RV_END);               /* text_set 7 "a" */
	assert_int_equal(PAYLOAD2("\1\1a" "\x92\0\2\1\x0e\1" "\x12\0\2\0\2", 2), RV_END); /* and again */
	assert_int_equal(PAYLOAD2("\1\1a" "\x12\0\2\x0e\1", 1), RV_BAD);                 /* a new string that is not announced */
	assert_int_equal(PAYLOAD2("\1\1a" "\x92\0\2\2\x0e\1", 1), RV_BAD);               /* more announced than there are */
	assert_int_equal(PAYLOAD2("\1\1a" "\x92\0\2\xff\xff\xff\xff\x0f\x0e\1", 1), RV_BAD);
	assert_int_equal(PAYLOAD2("\1\1a" "\x92\0\2\1\x0e\2", 1), RV_BAD);               /* known before it was new */
	assert_int_equal(PAYLOAD2("\1\1a" "\x92\0\2\1\x0e\1" "\x12\0\2\0\1", 2), RV_BAD); /* no further string */
	assert_int_equal(PAYLOAD2("\1\1a" "\x92\0\2", 1), RV_BAD);                       /* nothing announced */
	assert_int_equal(PAYLOAD2("\0" "\x0d\0\5\0\0\2\0\0", 1), RV_END);                /* text without its last field */
	assert_int_equal(PAYLOAD2("\0" "\x0d\0\6\0\0\2\0\6\0", 1), RV_END);              /* text 1 below node 1 */
	assert_int_equal(PAYLOAD2("\0" "\x0d\0\5\0\1\0\6\0", 1), RV_BAD);                /* below a node that was not added */
	assert_int_equal(PAYLOAD2("\0" "\x0d\0\6\0\0\2\0\6\0" "\x0d\0\5\0\2\0\0\0", 2), RV_END);
	assert_int_equal(PAYLOAD2("\0" "\x0d\0\6\0\0\2\0\6\0" "\x0d\0\5\0\3\0\0\0", 2), RV_BAD);
}

/* Nodes deeper than the path that is remembered, up and down again, by ids in all orders. */
static void any_tree_round_trips(void **state)
{
	enum { NODES = 3000 };
	static struct rv_val v[NODES][RV_TEXT_FIXED];
	uint32_t random = 7;
	struct rv_segment_reader reader;
	struct rv_rec rec;
	for (int round = 0; round < 20; round++) {
		rv_segment_writer_begin(writer, RV_SEGMENT_RECORDS, 0, 1, 1);
		for (uint32_t i = 0; i < NODES; i++) {
			uint32_t back = round < 10 ? make_random(&random) % (i % 300 < 150 ? 2 : 90) : make_random(&random);
			uint32_t id = round % 3 ? i + 1 : make_random(&random);
			v[i][0].u = id;
			v[i][1].u = i && back < i ? v[i - 1 - back][0].u : make_random(&random) >> make_random(&random) % 32;
			v[i][2].u = make_random(&random) & 1 ? 0 : make_random(&random);
			v[i][3].u = i % 4 ? 3 : UINT32_MAX;
			add(&(struct rv_rec){RV_REC_TEXT, i, RV_TEXT_FIXED, v[i]});
		}
		seal();
		rv_arena_reset(&arena);
		assert_int_equal(rv_segment_open(&reader, rv_buf_get(&out), &arena), RV_OK);
		for (uint32_t i = 0; i < NODES; i++) {
			assert_int_equal(rv_segment_next(&reader, &rec), RV_OK);
			for (int field = 0; field < 4; field++)
				assert_int_equal(rec.v[field].u, v[i][field].u);
		}
		assert_int_equal(rv_segment_next(&reader, &rec), RV_END);
	}
}

static void newer_and_older_writers_are_understood(void **state)
{
	/* unknown record 200 with ten bytes; scroll without y; scroll with a field from the future; remove */
	static const char raw[] = "\0" "\xc8\2\x0a" "0123456789" "\x1f\3\2\7\5" "\x1f\0\4\7\5\6\x2a" "\x0f\1\1\7";
	struct rv_segment_reader reader;
	struct rv_rec rec;
	assert_int_equal(rv_segment_open(&reader, wrap_as(1, rv_span(raw, sizeof raw - 1), 4, 100, 106), &arena), RV_OK);
	assert_int_equal(rv_segment_next(&reader, &rec), RV_OK);
	assert_int_equal(rec.type, RV_REC_SCROLL);
	assert_int_equal(rec.t_ms, 105);
	assert_int_equal(rec.n, 3);
	assert_int_equal(rec.v[RV_SCROLL_X].i, -3);
	assert_int_equal(rec.v[RV_SCROLL_Y].i, 0);
	assert_int_equal(rv_segment_next(&reader, &rec), RV_OK);
	assert_int_equal(rec.n, 3);
	assert_int_equal(rec.v[RV_SCROLL_Y].i, 3);
	assert_int_equal(rv_segment_next(&reader, &rec), RV_OK);
	assert_int_equal(rec.type, RV_REC_REMOVE);
	assert_int_equal(rec.t_ms, 106);
	assert_int_equal(rv_segment_next(&reader, &rec), RV_END);
}

/* Unknown records and fields may name strings, which those behind them do not miss. */
static void newer_writers_strings_are_counted(void **state)
{
	/* unknown record 100 that names "x"; text_set with a field from the future, which names "z"; text_set with the next */
	static const char raw[] = "\4" "\1x" "\1y" "\1z" "\1w" "\xe4\0\2\1" "\1\0" "\x92\0\3\2" "\x0e\1\1" "\x92\0\2\1" "\2\1";
	struct rv_segment_reader reader;
	struct rv_rec rec;
	assert_int_equal(rv_segment_open(&reader, wrap(rv_span(raw, sizeof raw - 1), 3, 0, 0), &arena), RV_OK);
	assert_int_equal(rv_segment_next(&reader, &rec), RV_OK);
	assert_int_equal(rec.v[RV_TEXT_SET_NODE].u, 7);
	assert_true(rv_span_eq(rec.v[RV_TEXT_SET_TEXT].s, rv_span_str("y")));
	assert_int_equal(rv_segment_next(&reader, &rec), RV_OK);
	assert_int_equal(rec.v[RV_TEXT_SET_NODE].u, 8);
	assert_true(rv_span_eq(rec.v[RV_TEXT_SET_TEXT].s, rv_span_str("w")));
	assert_int_equal(rv_segment_next(&reader, &rec), RV_END);
}

/* The formats, byte for byte. These never change: recordings are kept. */
static const uint8_t golden_1[] =
	"\5" "\3div" "\5class" "\2a " "\0" "\3\xed\xa0\xbd"
	"\2\0\x11" "\0\0\0\0\0\0\xf8\x3f" "\x80\x0a" "\xd8\4" "\xd0\x0f" "\0" "\0" "\1"
	"\x0c\x0a\x0a" "\x82\1\1\0\4\1" "\2\3" "\2\4"
	"\x0d\0\7" "\x83\1\x82\1\0\3\5"
	"\x1f\xac\2\3" "\1\x0d\x28"
	"\x36\0\3" "\1\2\3";
static const uint8_t golden_2[] =
	"\5" "\3div" "\5class" "\2a " "\0" "\3\xed\xa0\xbd"
	"\2\0\x11" "\0\0\0\0\0\0\xf8\x3f" "\x80\x14" "\xb0\x09" "\xa0\x1f" "\0" "\0" "\2"
	"\x8c\x0a\x0b\4" "\x82\2" "\0\2" "\0" "\x08" "\1" "\1\1" "\3\1"
	"\x8d\0\5\1" "\0" "\1" "\0" "\6" "\1"
	"\x1f\xac\2\3" "\2\x0d\x28"
	"\x36\0\3" "\2\4\2";

static void golden_bytes(void **state)
{
	static const uint8_t head[RV_SEGMENT_HEAD_BYTES - 12] = "RVS1\1\2\0\0" "\0\0\0\0\0\0\xf8\x3f" "\2\0\0\0" "\3\0\0\0" "\0\0\0\0" "\7\0\0\0" "\x3d\1\0\0" "\5\0\0";
	struct rv_val epoch[] = {{.f = 1.5}, {.u = 1280}, {.u = 600}, {.u = 2000}, {.u = 0}, {.u = 0}, {.u = 1}};
	struct rv_val element[] = {{.u = 130}, {.u = 1}, {.u = 0}, {.u = RV_EL_MASK}, {.s = rv_span_str("div")},
		{.s = rv_span_str("class")}, {.s = rv_span_str("a ")}, {.s = rv_span_str("class")}, {.s = rv_span_str("")}};
	struct rv_val text[] = {{.u = 131}, {.u = 130}, {.u = 0}, {.u = RV_TEXT_PLAIN}, {.s = rv_span_str("\xed\xa0\xbd")}};
	struct rv_val scroll[] = {{.u = 1}, {.i = -7}, {.i = 20}};
	struct rv_val adopted[] = {{.u = 1}, {.u = 2}, {.u = 3}};
	const struct rv_rec records[] = {
		{RV_REC_EPOCH, 7, 7, epoch}, {RV_REC_ELEMENT, 17, 9, element}, {RV_REC_TEXT, 17, 5, text}, {RV_REC_SCROLL, 317, 3, scroll}, {RV_REC_ADOPTED, 317, 3, adopted}};
	const struct rv_span golden[] = {rv_span(golden_1, sizeof golden_1 - 1), rv_span(golden_2, sizeof golden_2 - 1)};

	rv_segment_writer_begin(writer, RV_SEGMENT_RECORDS, 1.5, 2, 3);
	for (size_t i = 0; i < 5; i++)
		add(&records[i]);
	struct rv_span raw = inflated();
	assert_memory_equal(out.ptr, head, sizeof head);
	assert_int_equal(raw.len, golden[1].len);
	assert_memory_equal(raw.ptr, golden[1].ptr, raw.len);

	for (uint8_t format = 1; format <= 2; format++) {
		struct rv_segment_reader reader;
		struct rv_rec rec;
		assert_int_equal(rv_segment_open(&reader, wrap_as(format, golden[format - 1], 5, 7, 317), &arena), RV_OK);
		for (size_t i = 0; i < 5; i++) {
			assert_int_equal(rv_segment_next(&reader, &rec), RV_OK);
			assert_same_record(&records[i], &rec);
		}
		assert_int_equal(rv_segment_next(&reader, &rec), RV_END);
	}
}

/* Small files that would grow large are refused, most of them before a byte is inflated. */
static void bombs_cost_nothing(void **state)
{
	enum { LEN = 8 << 20 };
	uint8_t *zeros = calloc(1, LEN), *small = malloc(64 << 10);
	z_stream z = {.next_in = zeros, .avail_in = LEN, .next_out = small, .avail_out = 64 << 10};
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	uint32_t stored = (64 << 10) - z.avail_out, records;
	rv_buf_clear(&out);
	rv_buf_add(&out, (const uint8_t[RV_SEGMENT_HEAD_BYTES]){'R', 'V', 'S', '1', RV_SEGMENT_RECORDS, 1}, RV_SEGMENT_HEAD_BYTES);
	rv_buf_add(&out, small, stored);
	put(out.ptr + 44, stored);
	put(out.ptr + 48, (uint32_t)crc32(0, small, stored));
	static const struct { uint32_t raw; enum rv_status status; size_t arena; } cases[] = {
		{100, RV_BAD, ARENA_BYTES},       /* more than it says: inflation stops there */
		{LEN, RV_LIMIT, ARENA_BYTES / 2}, /* what it says is more than the reader allows */
		{LEN + 1, RV_BAD, LEN + 100}, {60 << 20, RV_BAD, SIZE_MAX}, {0, RV_BAD, SIZE_MAX}, {UINT32_MAX, RV_LIMIT, SIZE_MAX}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rv_arena own;
		rv_arena_init(&own, cases[i].arena);
		put(out.ptr + 40, cases[i].raw);
		assert_int_equal(drain(rv_buf_get(&out), &records, &own), cases[i].status);
		if (cases[i].raw > LEN + 1)
			assert_int_equal(own.used_bytes, 0);
		rv_arena_deinit(&own);
	}
	/* many empty strings: a table sixteen times the payload, held by the arena's bound */
	uint8_t *raw = calloc(1, 65535);
	memcpy(raw, "\xfc\xff\3", 3);
	struct rv_arena own;
	rv_arena_init(&own, 200 << 10);
	assert_int_equal(drain(wrap(rv_span(raw, 65535), 0, 0, 0), &records, &own), RV_LIMIT);
	rv_arena_deinit(&own);
	free(raw);
	free(zeros);
	free(small);
}

static void mutated_bytes_do_no_harm(void **state)
{
	uint32_t random = 99, records, whole = 0;
	make_rich();
	struct rv_span sealed = rv_arena_copy(&arena, rv_buf_get(&out)), raw = inflated();
	for (int round = 0; round < 20000; round++) {
		bool inside = round & 1; /* the payload under a right checksum */
		struct rv_span from = inside ? raw : sealed;
		uint8_t *copy = malloc(from.len);
		memcpy(copy, from.ptr, from.len);
		for (uint32_t edits = make_random(&random) % 4 + 1; edits; edits--) {
			uint8_t *byte = &copy[make_random(&random) % from.len];
			*byte = make_random(&random) & 1 ? (uint8_t)make_random(&random) : (uint8_t)(*byte ^ 1 << make_random(&random) % 8);
		}
		enum rv_status status = check(inside ? wrap(rv_span(copy, from.len), 12, 1000, 1011) : rv_span(copy, from.len), &records);
		whole += status == RV_END;
		free(copy);
	}
	assert_true(whole < 10000);
}

static void failed_allocations_are_survived(void **state)
{
	struct rv_rec rec = make_record(&arena, RV_REC_ELEMENT, 2, 3, 100), more = make_record(&arena, RV_REC_TEXT, 0, 0, 110);
	rv_segment_writer_begin(writer, RV_SEGMENT_RECORDS, 0, 1, 1);
	add(&rec);
	add(&more);
	seal();
	struct rv_span sealed = rv_arena_copy(&arena, rv_buf_get(&out));
	for (long n = 1;; n++) { /* writing: the failed step is taken again, the result is the same */
		struct rv_buf own;
		rv_buf_init(&own, 1 << 20);
		rv_fail_alloc(n);
		struct rv_segment_writer *fresh = rv_segment_writer_new(RAW_MAX);
		if (!fresh)
			fresh = rv_segment_writer_new(RAW_MAX);
		rv_segment_writer_begin(fresh, RV_SEGMENT_RECORDS, 0, 1, 1);
		enum rv_status status = rv_segment_writer_add(fresh, &rec);
		if (status == RV_MEMORY)
			status = rv_segment_writer_add(fresh, &rec);
		assert_int_equal(status, RV_OK);
		status = rv_segment_writer_add(fresh, &more);
		if (status == RV_MEMORY)
			status = rv_segment_writer_add(fresh, &more);
		assert_int_equal(status, RV_OK);
		status = rv_segment_writer_seal(fresh, 6, &own);
		if (status == RV_MEMORY) {
			assert_int_equal(own.len, 0);
			rv_buf_clear(&own);
			status = rv_segment_writer_seal(fresh, 6, &own);
		}
		bool fired = rv_fail_alloc_fired();
		rv_fail_alloc(0);
		assert_int_equal(status, RV_OK);
		assert_true(rv_span_eq(sealed, rv_buf_get(&own)));
		rv_segment_writer_free(fresh);
		rv_buf_deinit(&own);
		if (!fired)
			break;
	}
	for (long n = 1;; n++) { /* reading */
		uint32_t records;
		rv_fail_alloc(n);
		enum rv_status status = check(sealed, &records);
		bool fired = rv_fail_alloc_fired();
		rv_fail_alloc(0);
		assert_int_equal(status, fired ? RV_MEMORY : RV_END);
		if (!fired)
			break;
	}
}

static void streams_are_walked(void **state)
{
	make_rich();
	struct rv_span a = rv_arena_copy(&arena, rv_buf_get(&out)), got;
	struct rv_buf stream;
	size_t pos = 0;
	rv_buf_init(&stream, 1 << 20);
	rv_stream_begin(&stream);
	assert_int_equal(rv_stream_next(rv_buf_get(&stream), &pos, &got), RV_END);
	rv_buf_span(&stream, a);
	rv_buf_span(&stream, a);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rv_stream_next(rv_buf_get(&stream), &pos, &got), RV_OK);
		assert_true(rv_span_eq(got, a));
	}
	assert_int_equal(rv_stream_next(rv_buf_get(&stream), &pos, &got), RV_END);
	for (size_t len = 0; len < stream.len; len++) {
		uint8_t *copy = malloc(len ? len : 1);
		memcpy(copy, stream.ptr, len);
		enum rv_status status;
		pos = 0;
		while ((status = rv_stream_next(rv_span(copy, len), &pos, &got)) == RV_OK)
			;
		assert_int_equal(status, len == RV_STREAM_HEAD_BYTES || len == RV_STREAM_HEAD_BYTES + a.len ? RV_END : RV_INCOMPLETE);
		free(copy);
	}
	stream.ptr[4] = 2;
	pos = 0;
	assert_int_equal(rv_stream_next(rv_buf_get(&stream), &pos, &got), RV_VERSION);
	stream.ptr[0] = 'X';
	assert_int_equal(rv_stream_next(rv_buf_get(&stream), &pos, &got), RV_BAD);
	rv_buf_deinit(&stream);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(every_record_round_trips), TEST(an_empty_segment_is_one), TEST(a_seal_leaves_the_writer_as_it_was), TEST(a_rewind_leaves_no_trace),
		TEST(chosen_collisions_are_survived), TEST(refusals_add_nothing), TEST(every_cut_is_refused), TEST(head_is_checked), TEST(payloads_are_checked), TEST(foretold_payloads_are_checked), TEST(any_tree_round_trips),
		TEST(newer_and_older_writers_are_understood), TEST(newer_writers_strings_are_counted), TEST(golden_bytes), TEST(bombs_cost_nothing),
		TEST(mutated_bytes_do_no_harm), TEST(failed_allocations_are_survived), TEST(streams_are_walked)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
