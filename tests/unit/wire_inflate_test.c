#include "cmocka_all.h"
#include "inflate.h"
#include <stdlib.h>
#include <zlib.h>

/* The small reader beside zlib's: the same answer and, when it is RV_OK, the same bytes. */

enum { RAW = 70000, PACKED = 90000 };

static uint8_t raw[RAW], packed[PACKED], two[RAW];
static uint32_t seed;

static uint32_t chance(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	return seed ^= seed << 5;
}

static size_t pack(size_t len, int level, int strategy)
{
	z_stream z = {.next_in = raw, .avail_in = (uInt)len, .next_out = packed, .avail_out = PACKED};
	assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, -15, 8, strategy), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return PACKED - z.avail_out;
}

static enum rv_status both(struct rv_span in, size_t len)
{
	/* Copies of the exact size: reading or writing past an end is seen. */
	uint8_t *input = malloc(in.len + !in.len), *output = malloc(len + !len);
	assert_non_null(input);
	assert_non_null(output);
	if (in.len)
		memcpy(input, in.ptr, in.len);
	enum rv_status status = rv_inflate_small(rv_span(input, in.len), output, len);
	assert_int_equal(status, rv_inflate(rv_span(input, in.len), two, len));
	if (status == RV_OK)
		assert_memory_equal(output, two, len);
	free(input);
	free(output);
	return status;
}

/* Something like text, with far and near repetitions, or noise. */
static void fill(size_t len, bool noise)
{
	for (size_t i = 0; i < len; i++)
		raw[i] = noise ? (uint8_t)chance() : i > 40000 && chance() % 8 ? raw[i - 32768] : (uint8_t)("etaoin shrdlu<>=\"/"[chance() % 18]);
}

static void round_trips(void **state)
{
	static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED};
	static const size_t lengths[] = {0, 1, 2, 3, 257, 258, 259, 4096, 65535, RAW};
	seed = 7;
	for (int noise = 0; noise < 2; noise++)
		for (int level = 0; level <= 9; level += 3)
			for (size_t s = 0; s < sizeof strategies / sizeof *strategies; s++)
				for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
					fill(lengths[l], noise);
					size_t len = pack(lengths[l], level, strategies[s]);
					assert_int_equal(both(rv_span(packed, len), lengths[l]), RV_OK);
					assert_memory_equal(two, raw, lengths[l]);
				}
}

static void every_length_and_distance(void **state)
{
	seed = 11;
	for (size_t distance = 1; distance <= 32768; distance += distance < 600 ? 1 : 511) {
		size_t length = 3 + distance % 256, len = distance + length;
		for (size_t i = 0; i < distance; i++)
			raw[i] = (uint8_t)chance();
		for (size_t i = 0; i < length; i++)
			raw[distance + i] = raw[i];
		assert_int_equal(both(rv_span(packed, pack(len, 9, distance & 1 ? Z_FIXED : Z_DEFAULT_STRATEGY)), len), RV_OK);
		assert_memory_equal(two, raw, len);
	}
}

static void cut_short_or_too_long(void **state)
{
	seed = 3;
	fill(600, false);
	size_t len = pack(600, 6, Z_DEFAULT_STRATEGY);
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(both(rv_span(packed, cut), 600), RV_BAD);
	assert_int_equal(both(rv_span(packed, len), 599), RV_BAD);
	assert_int_equal(both(rv_span(packed, len), 601), RV_BAD);
	packed[len] = 0;
	assert_int_equal(both(rv_span(packed, len + 1), 600), RV_BAD);
}

static void damaged(void **state)
{
	seed = 5;
	for (int round = 0; round < 40; round++) {
		size_t raw_len = 1 + chance() % 900;
		fill(raw_len, round % 8 == 0);
		size_t len = pack(raw_len, round % 10, round % 3 ? Z_DEFAULT_STRATEGY : Z_FIXED);
		for (size_t bit = 0; bit < len * 8; bit++) {
			packed[bit / 8] ^= (uint8_t)(1 << bit % 8);
			both(rv_span(packed, len), raw_len);
			packed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

static void noise_only(void **state)
{
	seed = 9;
	for (int round = 0; round < 100000; round++) {
		size_t len = chance() % 60;
		for (size_t i = 0; i < len; i++)
			packed[i] = (uint8_t)chance();
		if (len && round % 2)
			packed[0] = (packed[0] & ~6) | 4; /* a code of its own more often */
		both(rv_span(packed, len), chance() % 300);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips), cmocka_unit_test(every_length_and_distance), cmocka_unit_test(cut_short_or_too_long),
		cmocka_unit_test(damaged), cmocka_unit_test(noise_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
