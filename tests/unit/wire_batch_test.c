#include "wire_make.h"
#include "fail_alloc.h"
#include <stdlib.h>

enum { ARENA_BYTES = 8 << 20, ALL_MAX = 200 };

static struct rv_intern *intern;
static struct rv_arena arena;
static struct make_batch made;

static int begin(void **state)
{
	intern = rv_intern_new();
	rv_arena_init(&arena, ARENA_BYTES);
	make_batch_init(&made);
	return 0;
}

static int end(void **state)
{
	rv_intern_free(intern);
	rv_arena_deinit(&arena);
	make_batch_deinit(&made);
	return 0;
}

/* Reads a whole batch and commits it; the first status that is neither OK nor END. */
static enum rv_status take(struct rv_span words, struct rv_span strings, uint32_t *records)
{
	struct rv_arena own;
	struct rv_batch batch;
	struct rv_rec rec;
	rv_arena_init(&own, ARENA_BYTES);
	*records = 0;
	enum rv_status status = rv_batch_open(&batch, intern, words, strings, &own);
	if (status == RV_OK) {
		while ((status = rv_batch_next(&batch, &rec)) == RV_OK)
			++*records;
		if (status == RV_END)
			status = rv_intern_commit(intern, &batch);
	}
	rv_arena_deinit(&own);
	return status;
}

static enum rv_status take_made(void)
{
	uint32_t records;
	return take(rv_buf_get(&made.words), rv_buf_get(&made.strings), &records);
}

static void every_record_round_trips(void **state)
{
	static struct rv_rec records[ALL_MAX];
	uint32_t n = make_all(&arena, records, ALL_MAX);
	assert_true(n >= 3 * 30 && n < ALL_MAX);
	/* several batches, so that strings of earlier ones are referred to */
	for (uint32_t from = 0; from < n;) {
		uint32_t to = from + 40 < n ? from + 40 : n;
		make_batch_begin(&made, from == 80 ? RV_BATCH_INTERN_CLEAR : 0);
		for (uint32_t i = from; i < to; i++)
			make_batch_add(&made, &records[i]);
		make_batch_end(&made);
		struct rv_batch batch;
		struct rv_rec rec;
		assert_int_equal(rv_batch_open(&batch, intern, rv_buf_get(&made.words), rv_buf_get(&made.strings), &arena), RV_OK);
		for (uint32_t i = from; i < to; i++) {
			assert_int_equal(rv_batch_next(&batch, &rec), RV_OK);
			assert_same_record(&records[i], &rec);
			assert_int_equal(rv_record_groups(&rec), rv_record_schema(rec.type)->n_group ? i * 3 / n : 0);
		}
		assert_int_equal(rv_batch_next(&batch, &rec), RV_END);
		assert_int_equal(rv_intern_commit(intern, &batch), RV_OK);
		assert_int_equal(rv_intern_commit(intern, &batch), RV_ORDER);
		from = to;
	}
}

/* A batch that uses everything: ticks, both kinds of strings, f64, groups. */
static void make_rich(uint32_t flags)
{
	struct rv_rec records[4] = {
		make_record(&arena, RV_REC_EPOCH, 2, 0, 0), make_record(&arena, RV_REC_ELEMENT, 2, 2, 0),
		make_record(&arena, RV_REC_SCROLL, 1, 0, 5), make_record(&arena, RV_REC_TEXT, 0, 0, 5)};
	make_batch_begin(&made, flags);
	for (int i = 0; i < 4; i++)
		make_batch_add(&made, &records[i]);
	make_batch_end(&made);
}

static void every_cut_is_refused_without_a_trace(void **state)
{
	uint32_t records;
	make_rich(0);
	struct rv_span words = rv_buf_get(&made.words), strings = rv_buf_get(&made.strings);
	for (size_t len = 0; len < words.len; len++) {
		uint8_t *copy = malloc(len + 1); /* to the byte, so that ASan sees a read past the end */
		memcpy(copy, words.ptr, len);
		copy = realloc(copy, len ? len : 1);
		assert_int_equal(take(rv_span(copy, len), strings, &records), RV_INCOMPLETE);
		free(copy);
	}
	/* the same with the word count made to fit: whatever ends inside a record is malformed */
	for (size_t len = RV_BATCH_HEADER_WORDS * 4; len < words.len; len += 4) {
		uint8_t *copy = malloc(len);
		memcpy(copy, words.ptr, len);
		copy[28] = (uint8_t)(len / 4);
		struct rv_intern *kept = intern;
		intern = rv_intern_new();
		enum rv_status status = take(rv_span(copy, len), strings, &records);
		assert_true(status == RV_OK || status == RV_BAD);
		rv_intern_free(intern);
		intern = kept;
		free(copy);
	}
	for (size_t len = 0; len < strings.len; len++) {
		uint8_t *copy = malloc(len ? len : 1);
		memcpy(copy, strings.ptr, len);
		assert_int_equal(take(words, rv_span(copy, len), &records), RV_INCOMPLETE);
		free(copy);
	}
	assert_int_equal(take_made(), RV_OK);
}

static void patch(struct rv_buf *buf, size_t index, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		buf->ptr[index * 4 + i] = (uint8_t)(value >> (8 * i));
}

static uint32_t peek(const struct rv_buf *buf, size_t index)
{
	const uint8_t *at = buf->ptr + index * 4;
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void head_is_checked(void **state)
{
	static const struct { uint32_t index, value; enum rv_status status; } cases[] = {
		{0, 0, RV_BAD}, {1, RV_ABI_HASH + 1, RV_VERSION}, {2, 0, RV_ORDER}, {2, 2, RV_ORDER}, {3, 2, RV_BAD}, {3, 0x80000000u, RV_BAD},
		{4, 0, RV_ORDER}, {4, 2, RV_ORDER}, {5, UINT32_MAX, RV_LIMIT}, {5, RV_INTERN_MAX + 1, RV_LIMIT}, {5, 1000, RV_INCOMPLETE},
		{6, UINT32_MAX, RV_BAD}, {6, 0x7fffffff, RV_INCOMPLETE}, {7, 8, RV_BAD}, {7, UINT32_MAX, RV_INCOMPLETE}};
	make_rich(0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint32_t was = peek(&made.words, cases[i].index);
		patch(&made.words, cases[i].index, cases[i].value);
		assert_int_equal(take_made(), cases[i].status);
		patch(&made.words, cases[i].index, was);
	}
	uint32_t records;
	rv_buf_byte(&made.strings, 'x'); /* more string bytes than the lengths say */
	assert_int_equal(take_made(), RV_BAD);
	made.strings.len--;
	assert_int_equal(take_made(), RV_OK);
	assert_int_equal(take(rv_buf_get(&made.words), rv_buf_get(&made.strings), &records), RV_ORDER);
}

/* One record out of words after a tick; strings: two interned, one inline. */
static enum rv_status one(const uint32_t *words, size_t n)
{
	static const char strings[] = "\1\0\0\0\1\0\0\0\1\0\0\0abc";
	struct rv_buf buf;
	uint32_t records;
	const uint32_t head[RV_BATCH_HEADER_WORDS] = {RV_BATCH_MAGIC, RV_ABI_HASH, 1, 0, 1, 2, 1, RV_BATCH_HEADER_WORDS + (uint32_t)n};
	rv_buf_init(&buf, 1 << 20);
	for (size_t i = 0; i < RV_BATCH_HEADER_WORDS; i++)
		rv_buf_u32le(&buf, head[i]);
	for (size_t i = 0; i < n; i++)
		rv_buf_u32le(&buf, words[i]);
	struct rv_intern *kept = intern;
	intern = rv_intern_new();
	enum rv_status status = take(rv_buf_get(&buf), rv_span(strings, sizeof strings - 1), &records);
	rv_intern_free(intern);
	intern = kept;
	rv_buf_deinit(&buf);
	return status;
}
#define ONE(...) one((const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)
#define REC(name, words) (RV_REC_##name | (words) << 8)

static void records_are_checked(void **state)
{
	assert_int_equal(ONE(REC(REMOVE, 2), 7), RV_OK);
	assert_int_equal(ONE(REC(REMOVE, 1)), RV_BAD);          /* field missing */
	assert_int_equal(ONE(REC(REMOVE, 3), 7, 7), RV_BAD);    /* field too many */
	assert_int_equal(ONE(REC(REMOVE, 0), 7), RV_BAD);       /* no words at all */
	assert_int_equal(ONE(REC(REMOVE, 3), 7), RV_BAD);       /* over the end */
	assert_int_equal(ONE(REC(REMOVE, 0xffffffu), 7), RV_BAD);
	assert_int_equal(ONE(0 | 1 << 8), RV_BAD);              /* unknown numbers */
	assert_int_equal(ONE(99 | 1 << 8), RV_BAD);
	assert_int_equal(ONE(255 | 1 << 8), RV_BAD);
	assert_int_equal(ONE(REC(ATTRIBUTES, 4), 7, 1, 2), RV_OK);
	assert_int_equal(ONE(REC(ATTRIBUTES, 3), 7, 1), RV_BAD); /* half a group */
	assert_int_equal(ONE(REC(TEXT_SET, 3), 7, 0), RV_OK);
	assert_int_equal(ONE(REC(TEXT_SET, 3), 7, 2), RV_OK);
	assert_int_equal(ONE(REC(TEXT_SET, 3), 7, 3), RV_BAD);   /* no such interned string */
	assert_int_equal(ONE(REC(TEXT_SET, 3), 7, 0x7fffffff), RV_BAD);
	assert_int_equal(ONE(REC(TEXT_SET, 3), 7, RV_STRING_INLINE), RV_OK);
	assert_int_equal(ONE(REC(TEXT_SET, 3), 7, RV_STRING_INLINE | 1), RV_BAD);
	assert_int_equal(ONE(REC(TEXT_SET, 3), 7, UINT32_MAX), RV_BAD);
	assert_int_equal(ONE(REC(EPOCH, 9), 0, 0x7ff00000, 1, 1, 1, 0, 0, 1), RV_BAD); /* infinity */
	assert_int_equal(ONE(REC(EPOCH, 9), 1, 0xfff80000, 1, 1, 1, 0, 0, 1), RV_BAD); /* NaN */
	assert_int_equal(ONE(REC(EPOCH, 9), 0, 0x40000000, 1, 1, 1, 0, 0, 1), RV_OK);
	assert_int_equal(ONE(REC(TICK, 2), 5, REC(TICK, 2), 5), RV_OK);
	assert_int_equal(ONE(REC(TICK, 2), 5, REC(TICK, 2), 4), RV_ORDER);
	assert_int_equal(ONE(REC(TICK, 3), 5, 5), RV_BAD);
}

/* The layout word for word, as the page's encoder writes it. */
static void golden_words(void **state)
{
	static const uint32_t words[] = {
		0x31425652, RV_ABI_HASH, 1, 0, 1, 2, 1, 31,
		1 | 2 << 8, 7,                                                    /* tick 7 */
		2 | 9 << 8, 0, 0x3ff80000, 1280, 600, 2000, 0x80000000, 0, 1,     /* epoch 1.5 … */
		12 | 8 << 8, 130, 1, 0, 4, 1, 2, 0,                               /* element */
		31 | 4 << 8, 1, 0xfffffff9};
	static const uint8_t strings[] = "\3\0\0\0\5\0\0\0\4\0\0\0" "div" "class" "u\xed\xa0\xbd";
	uint8_t bytes[sizeof words + 4];
	for (size_t i = 0; i < sizeof words / 4 + 1; i++)
		for (int b = 0; b < 4; b++)
			bytes[i * 4 + b] = (uint8_t)((i < sizeof words / 4 ? words[i] : 20) >> (8 * b));
	struct rv_batch batch;
	struct rv_rec rec;
	assert_int_equal(rv_batch_open(&batch, intern, rv_span(bytes, sizeof bytes), rv_span(strings, sizeof strings - 1), &arena), RV_OK);
	assert_int_equal(rv_batch_next(&batch, &rec), RV_OK);
	assert_int_equal(rec.type, RV_REC_EPOCH);
	assert_int_equal(rec.t_ms, 7);
	assert_true(rec.v[RV_EPOCH_WALL_MS].f == 1.5);
	assert_int_equal(rec.v[RV_EPOCH_WIDTH].u, 1280);
	assert_true(rv_span_is(rec.v[RV_EPOCH_URL].s, "u\xed\xa0\xbd"));
	assert_null(rec.v[RV_EPOCH_REFERRER].s.ptr);
	assert_int_equal(rec.v[RV_EPOCH_VISIBLE].u, 1);
	assert_int_equal(rv_batch_next(&batch, &rec), RV_OK);
	assert_int_equal(rec.type, RV_REC_ELEMENT);
	assert_int_equal(rec.v[RV_ELEMENT_ID].u, 130);
	assert_int_equal(rec.v[RV_ELEMENT_FLAGS].u, RV_EL_MASK);
	assert_true(rv_span_is(rec.v[RV_ELEMENT_TAG].s, "div"));
	assert_int_equal(rv_record_groups(&rec), 1);
	assert_true(rv_span_is(rec.v[RV_ELEMENT_FIXED + RV_ELEMENT_G_NAME].s, "class"));
	assert_null(rec.v[RV_ELEMENT_FIXED + RV_ELEMENT_G_VALUE].s.ptr);
	assert_int_equal(rv_batch_next(&batch, &rec), RV_OK);
	assert_int_equal(rec.v[RV_SCROLL_X].i, -7);
	assert_int_equal(rec.v[RV_SCROLL_Y].i, 20);
	assert_int_equal(rv_batch_next(&batch, &rec), RV_END);
}

static void values_of_a_record_are_bounded(void **state)
{
	enum { MOST = RV_RECORD_VALUES_MAX - RV_ADOPTED_FIXED };
	struct rv_rec rec = make_record(&arena, RV_REC_ADOPTED, 1, MOST, 0);
	make_batch_begin(&made, 0);
	make_batch_add(&made, &rec);
	make_batch_end(&made);
	assert_int_equal(take_made(), RV_OK);
	rec = make_record(&arena, RV_REC_ADOPTED, 1, MOST + 1, 0);
	make_batch_begin(&made, 0);
	make_batch_add(&made, &rec);
	make_batch_end(&made);
	assert_int_equal(take_made(), RV_LIMIT);
}

/* A batch without records that interns n strings of `len` bytes. */
static enum rv_status intern_many(uint32_t seq, uint32_t flags, uint32_t first, uint32_t n, const char *text)
{
	struct rv_buf words, strings;
	uint32_t records;
	const uint32_t head[RV_BATCH_HEADER_WORDS] = {RV_BATCH_MAGIC, RV_ABI_HASH, seq, flags, first, n, 0, RV_BATCH_HEADER_WORDS};
	rv_buf_init(&words, 1 << 10);
	rv_buf_init(&strings, 8 << 20);
	for (size_t i = 0; i < RV_BATCH_HEADER_WORDS; i++)
		rv_buf_u32le(&words, head[i]);
	for (uint32_t i = 0; i < n; i++)
		rv_buf_u32le(&strings, (uint32_t)strlen(text));
	for (uint32_t i = 0; i < n; i++)
		rv_buf_str(&strings, text);
	enum rv_status status = take(rv_buf_get(&words), rv_buf_get(&strings), &records);
	rv_buf_deinit(&words);
	rv_buf_deinit(&strings);
	return status;
}

static void intern_table_is_bounded(void **state)
{
	char longest[RV_INTERN_MAX_LENGTH * 3 + 4] = "";
	for (int i = 0; i < RV_INTERN_MAX_LENGTH; i++)
		strcat(longest, "\xe2\x82\xac");
	assert_int_equal(intern_many(1, 0, 1, RV_INTERN_MAX - 1, longest), RV_OK);
	assert_int_equal(intern_many(2, 0, RV_INTERN_MAX, 2, "a"), RV_LIMIT);
	assert_int_equal(intern_many(2, 0, RV_INTERN_MAX, 1, longest), RV_OK);
	assert_int_equal(intern_many(3, 0, RV_INTERN_MAX + 1, 1, "a"), RV_LIMIT);
	assert_int_equal(intern_many(3, 0, RV_INTERN_MAX + 1, 0, "a"), RV_OK);
	assert_int_equal(intern_many(4, RV_BATCH_INTERN_CLEAR, RV_INTERN_MAX + 1, 1, "a"), RV_ORDER);
	assert_int_equal(intern_many(4, RV_BATCH_INTERN_CLEAR, 1, 1, "a"), RV_OK);
	assert_int_equal(intern_many(5, 0, 2, 1, "b"), RV_OK);
	strcat(longest, "a");
	assert_int_equal(intern_many(6, 0, 3, 1, longest), RV_BAD);
	assert_int_equal(intern_many(6, 0, 3, 1, "\xff"), RV_BAD);
	assert_int_equal(intern_many(6, 0, 3, 1, ""), RV_OK);
	rv_intern_reset(intern);
	assert_int_equal(intern_many(7, 0, 4, 1, "a"), RV_ORDER);
	assert_int_equal(intern_many(1, 0, 1, 1, "a"), RV_OK);
}

static void a_failure_is_sticky_and_cannot_be_committed(void **state)
{
	struct rv_batch batch;
	struct rv_rec rec;
	make_rich(0);
	made.words.ptr[made.words.len - 4] = 0x7f; /* the text's string reference */
	assert_int_equal(rv_batch_open(&batch, intern, rv_buf_get(&made.words), rv_buf_get(&made.strings), &arena), RV_OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(rv_batch_next(&batch, &rec), RV_OK);
	assert_int_equal(rv_intern_commit(intern, &batch), RV_ORDER); /* not read to its end */
	assert_int_equal(rv_batch_next(&batch, &rec), RV_BAD);
	assert_int_equal(rv_batch_next(&batch, &rec), RV_BAD);
	assert_int_equal(rv_intern_commit(intern, &batch), RV_BAD);
	made.words.ptr[made.words.len - 4] = 0;
	assert_int_equal(take_made(), RV_OK);
}

static void mutated_bytes_do_no_harm(void **state)
{
	uint32_t random = 7, records, refused = 0;
	make_rich(0);
	for (int round = 0; round < 20000; round++) {
		struct rv_intern *kept = intern;
		uint8_t words[512], strings[512];
		size_t n_words = made.words.len, n_strings = made.strings.len;
		assert_true(n_words <= sizeof words && n_strings <= sizeof strings);
		memcpy(words, made.words.ptr, n_words);
		memcpy(strings, made.strings.ptr, n_strings);
		for (uint32_t edits = make_random(&random) % 4 + 1; edits; edits--) {
			uint32_t at = make_random(&random) % (n_words + n_strings);
			uint8_t *byte = at < n_words ? &words[at] : &strings[at - n_words];
			*byte = make_random(&random) & 1 ? (uint8_t)make_random(&random) : (uint8_t)(*byte ^ 1 << make_random(&random) % 8);
		}
		intern = rv_intern_new();
		refused += take(rv_span(words, n_words), rv_span(strings, n_strings), &records) != RV_OK;
		rv_intern_free(intern);
		intern = kept;
	}
	assert_true(refused > 10000);
	assert_int_equal(take_made(), RV_OK);
}

static void failed_allocations_leave_no_trace(void **state)
{
	make_rich(0);
	assert_int_equal(take_made(), RV_OK);
	for (int clear = 0; clear < 2; clear++) {
		make_rich(clear ? RV_BATCH_INTERN_CLEAR : 0);
		long n = 1;
		for (;; n++) {
			rv_fail_alloc(n);
			enum rv_status status = take_made();
			bool fired = rv_fail_alloc_fired();
			rv_fail_alloc(0);
			assert_int_equal(status, fired ? RV_MEMORY : RV_OK);
			if (!fired)
				break;
		}
		assert_true(n > 1);
	}
	rv_fail_alloc(1);
	assert_null(rv_intern_new());
	rv_fail_alloc(0);
	struct rv_arena tight;
	struct rv_batch batch;
	rv_arena_init(&tight, 8);
	make_batch_begin(&made, RV_BATCH_INTERN_CLEAR);
	struct rv_rec rec = make_record(&arena, RV_REC_ELEMENT, 2, 2, 0);
	make_batch_add(&made, &rec);
	make_batch_end(&made);
	assert_int_equal(rv_batch_open(&batch, intern, rv_buf_get(&made.words), rv_buf_get(&made.strings), &tight), RV_LIMIT);
	rv_arena_deinit(&tight);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(every_record_round_trips), TEST(every_cut_is_refused_without_a_trace), TEST(head_is_checked), TEST(records_are_checked),
		TEST(golden_words), TEST(values_of_a_record_are_bounded), TEST(intern_table_is_bounded), TEST(a_failure_is_sticky_and_cannot_be_committed),
		TEST(mutated_bytes_do_no_harm), TEST(failed_allocations_leave_no_trace)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
