#include "buf.h"
#include "cmocka_all.h"
#include "fail_alloc.h"

static void writes_every_kind(void **state)
{
	struct rv_buf buf;
	rv_buf_init(&buf, 1000);
	rv_buf_str(&buf, "ab");
	rv_buf_byte(&buf, 0);
	rv_buf_u32le(&buf, 0x01020304);
	rv_buf_f64le(&buf, 1.0);
	rv_buf_span(&buf, rv_span("cd", 2));
	rv_buf_span(&buf, rv_span(NULL, 0));
	rv_buf_dec(&buf, 0);
	rv_buf_byte(&buf, ' ');
	rv_buf_dec(&buf, UINT64_MAX);
	static const char expected[] = "ab\0\4\3\2\1\0\0\0\0\0\0\xf0?cd0 18446744073709551615";
	assert_int_equal(rv_buf_status(&buf), RV_OK);
	assert_int_equal(buf.len, sizeof expected - 1);
	assert_memory_equal(buf.ptr, expected, buf.len);
	rv_buf_deinit(&buf);
}

static void varints_have_their_lengths(void **state)
{
	static const struct { uint32_t value; size_t len; uint8_t bytes[5]; } cases[] = {
		{0, 1, {0}}, {127, 1, {127}}, {128, 2, {0x80, 1}}, {16383, 2, {0xff, 0x7f}}, {16384, 3, {0x80, 0x80, 1}},
		{UINT32_MAX, 5, {0xff, 0xff, 0xff, 0xff, 0x0f}}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rv_buf buf;
		rv_buf_init(&buf, 5);
		rv_buf_varint(&buf, cases[i].value);
		assert_int_equal(buf.len, cases[i].len);
		assert_memory_equal(buf.ptr, cases[i].bytes, buf.len);
		rv_buf_deinit(&buf);
	}
}

static void stops_at_its_maximum(void **state)
{
	struct rv_buf buf;
	rv_buf_init(&buf, 100);
	for (int i = 0; i < 50; i++)
		rv_buf_add(&buf, "xy", 2);
	assert_int_equal(rv_buf_status(&buf), RV_OK);
	assert_true(buf.cap <= 100);
	rv_buf_byte(&buf, 'z');
	assert_int_equal(rv_buf_status(&buf), RV_LIMIT);
	assert_int_equal(buf.len, 100);
	rv_buf_clear(&buf);
	rv_buf_add(&buf, "abc", 3);
	assert_int_equal(rv_buf_status(&buf), RV_OK);
	assert_null(rv_buf_room(&buf, SIZE_MAX));
	assert_int_equal(rv_buf_status(&buf), RV_LIMIT);
	rv_buf_byte(&buf, 'd');
	assert_int_equal(buf.len, 3);
	assert_memory_equal(buf.ptr, "abc", 3);
	rv_buf_deinit(&buf);
}

static void room_is_not_counted(void **state)
{
	struct rv_buf buf;
	rv_buf_init(&buf, 10);
	assert_non_null(rv_buf_room(&buf, 0));
	uint8_t *room = rv_buf_room(&buf, 10);
	assert_non_null(room);
	assert_int_equal(buf.len, 0);
	memset(room, 'r', 10);
	buf.len = 10;
	assert_true(rv_span_is(rv_buf_get(&buf), "rrrrrrrrrr"));
	rv_buf_deinit(&buf);
	assert_true(rv_span_is(rv_buf_get(&buf), ""));
}

static void survives_failed_allocations(void **state)
{
	for (long n = 1;; n++) {
		struct rv_buf buf;
		rv_buf_init(&buf, 10000);
		size_t good = 0;
		rv_fail_alloc(n);
		for (int i = 0; i < 1000; i++) {
			rv_buf_byte(&buf, (uint8_t)i);
			good = rv_buf_status(&buf) ? good : good + 1;
		}
		bool fired = rv_fail_alloc_fired();
		rv_fail_alloc(0);
		assert_int_equal(rv_buf_status(&buf), fired ? RV_MEMORY : RV_OK);
		assert_int_equal(buf.len, good);
		for (size_t i = 0; i < buf.len; i++)
			assert_int_equal(buf.ptr[i], (uint8_t)i);
		rv_buf_deinit(&buf);
		if (!fired)
			break;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_every_kind), cmocka_unit_test(varints_have_their_lengths),
		cmocka_unit_test(stops_at_its_maximum), cmocka_unit_test(room_is_not_counted),
		cmocka_unit_test(survives_failed_allocations)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
