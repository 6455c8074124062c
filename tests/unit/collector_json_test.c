#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "json_check.h"

static struct rv_json_check check;

/* On exactly sized memory, so that a read past the end is seen. */
static enum rv_status run(const char *text, size_t len, struct rv_json_error *error, char *after)
{
	uint8_t *copy = malloc(len ? len : 1);
	assert_non_null(copy);
	memcpy(copy, text, len);
	enum rv_status status = rv_json_check(&check, copy, len, error);
	if (after)
		memcpy(after, copy, len);
	free(copy);
	for (size_t i = 0; i < RV_JSON_SLOTS; i++)
		assert_int_equal(check.slots[i], 0);
	return status;
}

static enum rv_status of(const char *text)
{
	struct rv_json_error error;
	return run(text, strlen(text), &error, NULL);
}

static void accepts_json(void **unused)
{
	static const char *const good[] = {"{}", "[]", "null", "true", "false", "0", "-0", "1.5e+10", "\"\"", " { \"a\" : [ 1 , 2 , { } ] } \n", "{\"a\":{\"a\":{\"a\":1}}}",
		"[{\"a\":1},{\"a\":2}]", "{\"a\":1,\"b\":1,\"A\":1}", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", "\"\\ud83d\\ude00 \\u00e9 \\b\\f\\n\\r\\t\\/\\\\\\\"\"", "[[],[[]],{}]"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (of(good[i]) != RV_OK)
			fail_msg("refused %s", good[i]);
}

static void refuses_everything_else(void **unused)
{
	static const char *const bad[] = {"", " ", "{", "[", "}", "]", "{]", "[}", "[1,]", "[,1]", "{,}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}", "[1 2]", "{\"a\":1 \"b\":2}", "nul", "truee", "TRUE", "+1", "01",
		"1.", ".5", "1e", "1e+", "-", "--1", "0x10", "NaN", "Infinity", "\"", "\"\\", "\"\\u", "\"\\u12\"", "\"\\u12g4\"", "\"\\x41\"", "\"a\nb\"", "\"\t\"", "{} {}", "[] x", "\"a\" \"b\"", "//\n{}", "{1:2}", "[\"a\":1]",
		"\xef\xbb\xbf{}", "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\"", "\"\xc3", "\"\\u0000\"", "{\"\\u0000\":1}", "\xc3\xa9"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (of(bad[i]) != RV_BAD)
			fail_msg("accepted %s", bad[i]);
	struct rv_json_error error;
	assert_int_equal(run("{\"a\0b\":1}", 9, &error, NULL), RV_BAD);
	assert_int_equal(run("{}\0", 3, &error, NULL), RV_BAD);
}

static void refuses_a_key_given_twice(void **unused)
{
	struct rv_json_error error;
	static const char text[] = "{\"user\":{\"id\":1,\"name\":{},\"i\\u0064\":2}}";
	assert_int_equal(run(text, sizeof text - 1, &error, NULL), RV_CONFLICT);
	assert_string_equal(error.key, "i\\u0064");
	assert_int_equal(of("{\"\":1,\"\":2}"), RV_CONFLICT);
	assert_int_equal(of("{\"a\":{\"b\":1},\"b\":{\"b\":1},\"a\":0}"), RV_CONFLICT);
	assert_int_equal(of("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}"), RV_CONFLICT);
	assert_int_equal(of("[{\"a\":1,\"a\":1}]"), RV_CONFLICT);
}

static void names_the_key_of_an_error(void **unused)
{
	struct rv_json_error error;
	assert_int_equal(run("{\"title\":\"a\\q\"}", 15, &error, NULL), RV_BAD);
	assert_string_equal(error.key, "title");
	assert_non_null(error.message);
	char longer[200] = "{\"";
	for (int i = 0; i < 60; i++)
		strcat(longer, i == 31 ? "\xc3\xa9x" : "ab");
	strcat(longer, "\":nope}");
	assert_int_equal(run(longer, strlen(longer), &error, NULL), RV_BAD);
	assert_true(strlen(error.key) <= 63 && strlen(error.key) >= 61);
}

static void holds_the_depth(void **unused)
{
	char text[300];
	for (int depth = 60; depth <= 140; depth++) {
		memset(text, '[', (size_t)depth);
		memset(text + depth, ']', (size_t)depth);
		struct rv_json_error error;
		assert_int_equal(run(text, (size_t)depth * 2, &error, NULL), depth <= RV_JSON_DEPTH_MAX ? RV_OK : RV_LIMIT);
	}
	char *deep = malloc(1 << 20);
	memset(deep, '[', 1 << 20);
	struct rv_json_error error;
	assert_int_equal(run(deep, 1 << 20, &error, NULL), RV_LIMIT);
	free(deep);
}

static void mends_lone_surrogates(void **unused)
{
	struct rv_json_error error;
	char after[64] = "";
	static const char text[] = "[\"a\\ud83d\",\"\\ude00b\",\"\\ud83d\\u0041\",\"\\uD83D\\uDE00\"]";
	assert_int_equal(run(text, sizeof text - 1, &error, after), RV_OK);
	assert_string_equal(after, "[\"a\\ufffd\",\"\\ufffdb\",\"\\ufffd\\u0041\",\"\\uD83D\\uDE00\"]");
}

static void holds_keys_and_numbers_to_a_bound(void **unused)
{
	size_t cap = 1 << 20, len = 0;
	char *text = malloc(cap);
	for (int keys = 4096; keys <= 4097; keys++) {
		len = 0;
		for (int i = 0; i < keys; i++)
			len += (size_t)snprintf(text + len, cap - len, "%c\"k%d\":0", i ? ',' : '{', i);
		text[len++] = '}';
		struct rv_json_error error;
		assert_int_equal(run(text, len, &error, NULL), keys <= RV_JSON_OPEN_KEYS_MAX ? RV_OK : RV_LIMIT);
	}
	free(text);
	assert_int_equal(of("123456789012345678901234567890123456789012345678901234567890123"), RV_OK);
	assert_int_equal(of("1234567890123456789012345678901234567890123456789012345678901234"), RV_LIMIT);
}

static void cut_anywhere_is_bad(void **unused)
{
	static const char text[] = "{\"a\":[1,-2.5e3,\"x\\u00e9\\ud83d\\ude00\",{\"b\":null}],\"c\":true}";
	struct rv_json_error error;
	for (size_t len = 0; len < sizeof text - 1; len++)
		assert_int_equal(run(text, len, &error, NULL), RV_BAD);
	assert_int_equal(run(text, sizeof text - 1, &error, NULL), RV_OK);
}

/* Twice the text may take about twice the time, also for keys that share much. */
static void takes_linear_time(void **unused)
{
	double ms[2];
	for (int round = 0; round < 2; round++) {
		size_t n = (size_t)(20000 << round), cap = n * 64, len = 0;
		uint8_t *text = malloc(cap);
		len += (size_t)snprintf((char *)text, cap, "[");
		for (size_t i = 0; i < n; i++)
			len += (size_t)snprintf((char *)text + len, cap - len, "%s{\"level\":\"log\",\"ts\":%zu,\"args\":[\"a\"]}", i ? "," : "", i);
		text[len++] = ']';
		struct timespec from, to;
		struct rv_json_error error;
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
		assert_int_equal(rv_json_check(&check, text, len, &error), RV_OK);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
		ms[round] = (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
		free(text);
	}
	assert_true(ms[1] < ms[0] * 8 + 20);
}

int main(void)
{
	check.seed = 0x1234567890abcdefull;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_json), cmocka_unit_test(refuses_everything_else), cmocka_unit_test(refuses_a_key_given_twice), cmocka_unit_test(names_the_key_of_an_error), cmocka_unit_test(holds_the_depth),
		cmocka_unit_test(mends_lone_surrogates), cmocka_unit_test(holds_keys_and_numbers_to_a_bound), cmocka_unit_test(cut_anywhere_is_bad), cmocka_unit_test(takes_linear_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
