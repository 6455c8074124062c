#include "cmocka_all.h"
#include "json.h"
#include "utf8.h"

static struct rv_buf buf;
static struct rv_json json;

static int begin(void **state)
{
	rv_buf_init(&buf, 1 << 16);
	rv_json_init(&json, &buf);
	return 0;
}

static int end(void **state)
{
	rv_buf_deinit(&buf);
	return 0;
}

static void expect(const char *text)
{
	rv_buf_byte(&buf, 0);
	assert_int_equal(rv_buf_status(&buf), RV_OK);
	assert_string_equal((const char *)buf.ptr, text);
	rv_buf_clear(&buf);
	rv_json_init(&json, &buf);
}

static void commas_and_nesting(void **state)
{
	rv_json_open(&json, '{');
	rv_json_key(&json, "a");
	rv_json_open(&json, '[');
	rv_json_close(&json, ']');
	rv_json_key(&json, "b");
	rv_json_open(&json, '[');
	rv_json_int(&json, 1);
	rv_json_open(&json, '{');
	rv_json_key_span(&json, rv_span("c", 1));
	rv_json_null(&json);
	rv_json_close(&json, '}');
	rv_json_open(&json, '{');
	rv_json_close(&json, '}');
	rv_json_bool(&json, true);
	rv_json_raw(&json, rv_span_str("{\"raw\":0}"));
	rv_json_close(&json, ']');
	rv_json_key(&json, "d");
	rv_json_bool(&json, false);
	rv_json_close(&json, '}');
	expect("{\"a\":[],\"b\":[1,{\"c\":null},{},true,{\"raw\":0}],\"d\":false}");
}

static void text_is_escaped(void **state)
{
	rv_json_cstr(&json, "q\" b\\ n\n r\r t\t b\b f\f \x01 \x1f \x7f");
	expect("\"q\\\" b\\\\ n\\n r\\r t\\t b\\b f\\f \\u0001 \\u001f \x7f\"");
	rv_json_text(&json, rv_span("a\0b", 3));
	expect("\"a\\u0000b\"");
	rv_json_cstr(&json, "</script><!--<b></<!<");
	expect("\"<\\/script>\\u003c!--<b><\\/\\u003c!<\"");
	rv_json_cstr(&json, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
	expect("\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
	rv_json_text(&json, rv_span(NULL, 0));
	expect("null");
	rv_json_cstr(&json, "");
	expect("\"\"");
}

static void output_is_utf8_whatever_comes_in(void **state)
{
	rv_json_cstr(&json, "x\xed\xa0\xbdy\xed\xb8\x80");
	expect("\"x\\ud83dy\\ude00\"");
	rv_json_cstr(&json, "a\xff" "b\xe2\x82" "c\xe2\x82");
	expect("\"a\xef\xbf\xbd" "b\xef\xbf\xbd\xef\xbf\xbd" "c\xef\xbf\xbd\xef\xbf\xbd\"");
	uint32_t random = 1;
	for (int round = 0; round < 2000; round++) {
		uint8_t bytes[40];
		for (size_t i = 0; i < sizeof bytes; i++) {
			random = random * 1664525u + 1013904223u;
			bytes[i] = (uint8_t)(random >> 24);
		}
		rv_json_text(&json, rv_span(bytes, sizeof bytes));
		assert_true(rv_utf8_valid(rv_buf_get(&buf), false));
		for (size_t i = 0; i < buf.len; i++)
			assert_true(buf.ptr[i] >= 0x20);
		rv_buf_clear(&buf);
	}
}

static void numbers(void **state)
{
	static const struct { double value; const char *text; } cases[] = {
		{0, "0"}, {-0.0, "0"}, {1, "1"}, {-1, "-1"}, {0.5, "0.5"}, {-0.25, "-0.25"}, {0.001, "0.001"}, {0.0004, "0"}, {-0.0004, "0"},
		{0.9996, "1"}, {-1.9999, "-2"}, {1.01, "1.01"}, {1700000000123.456, "1700000000123.456"}, {9007199254740991.0, "9007199254740991"},
		{1e18, "1000000000000000000"}, {1.1e18, "null"}, {-1e300, "null"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		rv_json_num(&json, cases[i].value);
		expect(cases[i].text);
	}
	double zero = 0;
	rv_json_num(&json, zero / zero);
	expect("null");
	rv_json_int(&json, INT64_MIN);
	expect("-9223372036854775808");
	rv_json_int(&json, INT64_MAX);
	expect("9223372036854775807");
}

static void depth_is_bounded(void **state)
{
	for (int i = 0; i < 64; i++)
		rv_json_open(&json, '[');
	rv_json_int(&json, 1);
	rv_json_int(&json, 2);
	assert_int_equal(rv_buf_status(&buf), RV_OK);
	assert_memory_equal(buf.ptr + 64, "1,2", 3);
	rv_json_open(&json, '[');
	assert_int_equal(rv_buf_status(&buf), RV_LIMIT);
	for (int i = 0; i < 70; i++)
		rv_json_close(&json, ']');
	assert_int_equal(rv_buf_status(&buf), RV_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(commas_and_nesting, begin, end), cmocka_unit_test_setup_teardown(text_is_escaped, begin, end),
		cmocka_unit_test_setup_teardown(output_is_utf8_whatever_comes_in, begin, end),
		cmocka_unit_test_setup_teardown(numbers, begin, end), cmocka_unit_test_setup_teardown(depth_is_bounded, begin, end)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
