#include "cmocka_all.h"
#include "hash.h"
#include "utf8.h"

static void every_code_point_round_trips(void **state)
{
	struct rv_buf buf;
	rv_buf_init(&buf, 16);
	for (uint32_t code = 0; code <= 0x10ffff; code++) {
		bool surrogate = code >= 0xd800 && code < 0xe000;
		size_t pos = 0;
		rv_buf_clear(&buf);
		rv_utf8_put(&buf, code);
		if (rv_utf8_next(rv_buf_get(&buf), &pos) != code || pos != buf.len)
			fail_msg("U+%04X does not round trip", (unsigned)code);
		if (!rv_utf8_valid(rv_buf_get(&buf), true) || rv_utf8_valid(rv_buf_get(&buf), false) == surrogate)
			fail_msg("U+%04X is judged wrongly", (unsigned)code);
	}
	rv_buf_clear(&buf);
	rv_utf8_put(&buf, 0x110000);
	assert_true(rv_span_is(rv_buf_get(&buf), "\xef\xbf\xbd"));
	rv_buf_deinit(&buf);
}

static void refuses_malformed_bytes(void **state)
{
	static const char *const bad[] = {
		"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xe2\x82", "\xe2(\xa1", "\xe2\x82(",
		"\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf0\x9f\x98", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xfe", ("ab\xff" "cd"),
		"\xed\xa0\xbd\xed\xb8\x80" /* a pair written as two: WTF-8 wants four bytes */};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_false(rv_utf8_valid(rv_span_str(bad[i]), true));
		assert_false(rv_utf8_valid(rv_span_str(bad[i]), false));
	}
	/* low before high, high before something else, two highs: no pairs */
	assert_true(rv_utf8_valid(rv_span_str("\xed\xb8\x80\xed\xa0\xbd\xed\xa0\xbd" "a\xed\xb8\x80"), true));
}

static void malformed_bytes_are_found_anywhere(void **state)
{
	for (size_t len = 1; len < 40; len++)
		for (size_t at = 0; at < len; at++) {
			uint8_t text[40];
			memset(text, 'a', len);
			assert_true(rv_utf8_valid(rv_span(text, len), false));
			text[at] = 0xff;
			assert_false(rv_utf8_valid(rv_span(text, len), true));
		}
	assert_true(rv_utf8_valid(rv_span_str("\xed\xa0\xbd" "eight bytes and more" "\xed\xb8\x80"), true));
}

static void malformed_bytes_read_as_replacements(void **state)
{
	struct rv_span text = rv_span_str("a\xe2\x82z\xff");
	static const uint32_t expected[] = {'a', 0xfffd, 0xfffd, 'z', 0xfffd};
	size_t pos = 0;
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(rv_utf8_next(text, &pos), expected[i]);
	assert_int_equal(pos, text.len);
}

static void prefixes_cut_no_code_point(void **state)
{
	struct rv_span text = rv_span_str("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z");
	static const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
	for (size_t max = 0; max < sizeof expected / sizeof *expected; max++) {
		struct rv_span cut = rv_utf8_prefix(text, max);
		assert_int_equal(cut.len, expected[max]);
		assert_true(rv_utf8_valid(cut, false));
	}
	assert_int_equal(rv_utf8_prefix(rv_span_str("\x80\x80\x80\x80\x80\x80\x80\x80"), 6).len, 6);
}

static void hashes_are_fnv1a(void **state)
{
	assert_int_equal(rv_hash32(rv_span(NULL, 0), 0), 0x811c9dc5u);
	assert_int_equal(rv_hash32(rv_span_str("a"), 0), 0xe40c292cu);
	assert_int_equal(rv_hash32(rv_span_str("foobar"), 0), 0xbf9cf968u);
	assert_int_not_equal(rv_hash32(rv_span_str("a"), 1), rv_hash32(rv_span_str("a"), 0));
}

static void statuses_have_texts(void **state)
{
	assert_string_equal(rv_status_text(RV_OK), "ok");
	assert_string_equal(rv_status_text(RV_AUTH), "not authorised");
	assert_string_equal(rv_status_text((enum rv_status)99), "unknown status");
	assert_int_equal(rv_status_http(RV_LIMIT), 413);
	assert_int_equal(rv_status_http((enum rv_status)99), 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point_round_trips), cmocka_unit_test(refuses_malformed_bytes),
		cmocka_unit_test(malformed_bytes_are_found_anywhere),
		cmocka_unit_test(malformed_bytes_read_as_replacements), cmocka_unit_test(prefixes_cut_no_code_point),
		cmocka_unit_test(hashes_are_fnv1a), cmocka_unit_test(statuses_have_texts)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
