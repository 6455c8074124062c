/* For tests: sample records of every number, an encoder of batches as the page has one, and a
 * comparison. Everything is deterministic. */
#ifndef RV_WIRE_MAKE_H
#define RV_WIRE_MAKE_H
#include "batch.h"
#include "buf.h"
#include "cmocka_all.h"

static const char *const make_strings[] = {
	NULL, "", "div", "class", "a text that is longer than the sixty-four units that may be interned, so it goes inline",
	"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", "lone \xed\xa0\xbd surrogate", "https://example.test/a?b=c"};
enum { MAKE_STRINGS = sizeof make_strings / sizeof *make_strings };

static const uint32_t make_numbers[] = {0, 1, 127, 128, 300, 65535, 1u << 21, 0x7fffffffu, 0x80000000u, UINT32_MAX};
static const double make_doubles[] = {0, 1.5, -1e300, 1700000000123.25, 5e-324};

/* A record of that number; `seed` picks the values. Its values live in the arena. */
static inline struct rv_rec make_record(struct rv_arena *arena, uint32_t number, uint32_t seed, uint32_t groups, uint32_t t_ms)
{
	const struct rv_schema *schema = rv_record_schema(number);
	uint32_t n = schema->n_fixed + groups * schema->n_group;
	struct rv_val *v = rv_arena_alloc(arena, n * sizeof *v);
	assert_non_null(v);
	for (uint32_t i = 0; i < n; i++) {
		v[i] = (struct rv_val){0};
		switch (rv_record_field(schema, i)) {
		case RV_FIELD_U32: v[i].u = make_numbers[(seed + i) % 10]; break;
		case RV_FIELD_I32: v[i].u = make_numbers[(seed * 3 + i) % 10]; break;
		case RV_FIELD_F64: v[i].f = make_doubles[(seed + i) % 5]; break;
		case RV_FIELD_STR: v[i].s = rv_span_str(make_strings[(seed + i) % MAKE_STRINGS]); break;
		}
	}
	return (struct rv_rec){.type = number, .t_ms = t_ms, .n = n, .v = v};
}

static inline void assert_same_record(const struct rv_rec *a, const struct rv_rec *b)
{
	const struct rv_schema *schema = rv_record_schema(a->type);
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->t_ms, b->t_ms);
	assert_int_equal(a->n, b->n);
	for (uint32_t i = 0; i < a->n; i++) {
		enum rv_field_type type = rv_record_field(schema, i);
		if (type == RV_FIELD_STR)
			assert_true(rv_span_eq(a->v[i].s, b->v[i].s));
		else if (type == RV_FIELD_F64)
			assert_true(a->v[i].f == b->v[i].f);
		else
			assert_int_equal(a->v[i].u, b->v[i].u);
	}
}

/* Records of every number but tick, some twice with other values, in order of time. */
static inline uint32_t make_all(struct rv_arena *arena, struct rv_rec *out, uint32_t max)
{
	uint32_t n = 0;
	for (uint32_t round = 0; round < 3; round++)
		for (uint32_t number = RV_REC_TICK + 1; number <= RV_REC_MAX; number++)
			if (rv_record_schema(number) && n < max) {
				out[n] = make_record(arena, number, round * 7 + number, round, n / 2 * 10);
				n++;
			}
	return n;
}

/* ---- batches ---- */

/* The same without what only batches hold. */
static inline uint32_t make_stored(struct rv_arena *arena, struct rv_rec *out, uint32_t max)
{
	uint32_t n = make_all(arena, out, max), kept = 0;
	for (uint32_t i = 0; i < n; i++)
		if (out[i].type != RV_REC_CHECK)
			out[kept++] = out[i];
	return kept;
}

struct make_batch {
	struct rv_span known[1000]; /* interned */
	uint32_t n_known, n_new, seq, flags, t_ms;
	bool ticked;
	struct rv_buf records, lengths, interned, inline_lengths, inlined; /* interned and inline strings travel apart */
	uint32_t n_inline;
	struct rv_buf words, strings; /* the result of make_batch_end */
};

static inline void make_batch_init(struct make_batch *b)
{
	memset(b, 0, sizeof *b);
	struct rv_buf *all[] = {&b->records, &b->lengths, &b->interned, &b->inline_lengths, &b->inlined, &b->words, &b->strings};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		rv_buf_init(all[i], 16 << 20);
}

static inline void make_batch_deinit(struct make_batch *b)
{
	struct rv_buf *all[] = {&b->records, &b->lengths, &b->interned, &b->inline_lengths, &b->inlined, &b->words, &b->strings};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		rv_buf_deinit(all[i]);
}

static inline void make_batch_begin(struct make_batch *b, uint32_t flags)
{
	struct rv_buf *all[] = {&b->records, &b->lengths, &b->interned, &b->inline_lengths, &b->inlined, &b->words, &b->strings};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		rv_buf_clear(all[i]);
	b->flags = flags;
	if (flags & RV_BATCH_INTERN_CLEAR)
		b->n_known = 0;
	b->n_new = b->n_inline = 0;
	b->ticked = false;
	b->seq++;
}

static inline uint32_t make_string(struct make_batch *b, struct rv_span text)
{
	if (!text.ptr)
		return 0;
	if (text.len > RV_INTERN_MAX_LENGTH) {
		rv_buf_u32le(&b->inline_lengths, (uint32_t)text.len);
		rv_buf_span(&b->inlined, text);
		return RV_STRING_INLINE | b->n_inline++;
	}
	for (uint32_t i = 0; i < b->n_known; i++)
		if (rv_span_eq(b->known[i], text))
			return i + 1;
	assert_true(b->n_known < 1000);
	b->known[b->n_known++] = text;
	b->n_new++;
	rv_buf_u32le(&b->lengths, (uint32_t)text.len);
	rv_buf_span(&b->interned, text);
	return b->n_known;
}

static inline void make_batch_add(struct make_batch *b, const struct rv_rec *rec)
{
	const struct rv_schema *schema = rv_record_schema(rec->type);
	uint32_t words = 1;
	if (!b->ticked || b->t_ms != rec->t_ms) {
		rv_buf_u32le(&b->records, RV_REC_TICK | 2 << 8);
		rv_buf_u32le(&b->records, rec->t_ms);
		b->t_ms = rec->t_ms;
		b->ticked = true;
	}
	for (uint32_t i = 0; i < rec->n; i++)
		words += rv_record_field(schema, i) == RV_FIELD_F64 ? 2 : 1;
	rv_buf_u32le(&b->records, rec->type | words << 8);
	for (uint32_t i = 0; i < rec->n; i++)
		switch (rv_record_field(schema, i)) {
		case RV_FIELD_F64: rv_buf_f64le(&b->records, rec->v[i].f); break;
		case RV_FIELD_STR: rv_buf_u32le(&b->records, make_string(b, rec->v[i].s)); break;
		default: rv_buf_u32le(&b->records, rec->v[i].u);
		}
}

static inline void make_batch_end(struct make_batch *b)
{
	const uint32_t head[RV_BATCH_HEADER_WORDS] = {RV_BATCH_MAGIC, RV_ABI_HASH, b->seq, b->flags, b->n_known - b->n_new + 1, b->n_new, b->n_inline,
		RV_BATCH_HEADER_WORDS + (uint32_t)b->records.len / 4};
	for (size_t i = 0; i < RV_BATCH_HEADER_WORDS; i++)
		rv_buf_u32le(&b->words, head[i]);
	rv_buf_span(&b->words, rv_buf_get(&b->records));
	rv_buf_span(&b->strings, rv_buf_get(&b->lengths));
	rv_buf_span(&b->strings, rv_buf_get(&b->inline_lengths));
	rv_buf_span(&b->strings, rv_buf_get(&b->interned));
	rv_buf_span(&b->strings, rv_buf_get(&b->inlined));
	assert_int_equal(rv_buf_status(&b->words), RV_OK);
	assert_int_equal(rv_buf_status(&b->strings), RV_OK);
}

static inline uint32_t make_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

#endif
