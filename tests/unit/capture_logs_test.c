/* Logs of a window: fields, times, bounds. */
#include "cmocka_all.h"
#include "capture_make.h"
#include "logs.h"
#include <cJSON.h>

static cJSON *logs_of(struct rv_core *core, double from, double to)
{
	struct rv_buf out;
	cJSON *json;

	rv_buf_init(&out, 64 << 20);
	assert_int_equal(rv_core_logs(core, from, to, &out), RV_OK);
	json = cJSON_ParseWithLength((const char *)out.ptr, out.len);
	assert_non_null(json);
	rv_buf_deinit(&out);
	return json;
}

static const char *text_of(const cJSON *item, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, key));

	return text ? text : "(none)";
}

static double number_of(const cJSON *item, const char *key)
{
	return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(item, key));
}

static void test_fields(void **state)
{
	struct rv_core *core = make_core("segment_ms 100\n");
	struct make_batch batch;
	cJSON *json, *list, *item;

	make_batch_init(&batch);
	make_batch_begin(&batch, 0);
	add_page(&batch, 0, WALL);
	ADD(&batch, 10, RV_REC_CONSOLE, make_u(RV_LEVEL_WARN), make_u(3), make_s(NULL), make_s("a"), make_s("b"));
	ADD(&batch, 500, RV_REC_ERROR, make_u(RV_ERROR_REJECTION), make_s("broken"), make_s("/a.js"), make_u(7), make_u(9), make_s("at f"));
	ADD(&batch, 600, RV_REC_NETWORK, make_u(RV_NET_XHR), make_u(1), make_s("GET"), make_s("/a?token=1"), make_u(404), make_u(250), make_u(40), make_u(10), make_u(20), make_s("text/html"), make_s(NULL),
		make_u(RV_PART_REQUEST_HEADER), make_s("accept"), make_s("x"), make_u(RV_PART_REQUEST_HEADER), make_s("accept"), make_s("y"),
		make_u(RV_PART_RESPONSE_HEADER), make_s("set-cookie"), make_s("x"), make_u(RV_PART_RESPONSE_BODY), make_s(NULL), make_s("body"));
	assert_int_equal(send_batch(core, &batch), RV_OK);
	make_batch_begin(&batch, 0);
	ADD(&batch, 900, RV_REC_CONSOLE, make_u(99), make_u(0), make_s("s"), make_s("\xc3\xa4"));
	assert_int_equal(send_batch(core, &batch), RV_OK);

	json = logs_of(core, 0, 0);
	list = cJSON_GetObjectItemCaseSensitive(json, "console_logs");
	assert_int_equal(cJSON_GetArraySize(list), 3);
	item = cJSON_GetArrayItem(list, 0);
	assert_string_equal(text_of(item, "ts"), "2023-11-14T22:13:20.010Z");
	assert_string_equal(text_of(item, "level"), "warn");
	assert_int_equal(number_of(item, "count"), 3);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(item, "args")), 2);
	assert_null(cJSON_GetObjectItemCaseSensitive(item, "stack"));
	item = cJSON_GetArrayItem(list, 1);
	assert_string_equal(text_of(item, "level"), "error");
	assert_string_equal(text_of(item, "kind"), "rejection");
	assert_string_equal(text_of(item, "stack"), "at f");
	assert_int_equal(number_of(item, "line"), 7);
	item = cJSON_GetArrayItem(list, 2);
	assert_string_equal(text_of(item, "level"), "log");
	assert_int_equal(number_of(item, "count"), 1);
	list = cJSON_GetObjectItemCaseSensitive(json, "network_logs");
	assert_int_equal(cJSON_GetArraySize(list), 1);
	item = cJSON_GetArrayItem(list, 0);
	assert_string_equal(text_of(item, "ts"), "2023-11-14T22:13:20.250Z");
	assert_string_equal(text_of(item, "method"), "GET");
	assert_string_equal(text_of(item, "url"), "/a?token=[redacted]");
	assert_string_equal(text_of(item, "type"), "xhr");
	assert_string_equal(text_of(item, "response_body"), "body");
	assert_int_equal(number_of(item, "status"), 404);
	assert_int_equal(number_of(item, "duration_ms"), 40);
	assert_int_equal(number_of(item, "response_bytes"), 20);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(item, "request_headers")), 1);
	assert_string_equal(text_of(cJSON_GetObjectItemCaseSensitive(item, "request_headers"), "accept"), "x");
	assert_string_equal(text_of(cJSON_GetObjectItemCaseSensitive(item, "response_headers"), "set-cookie"), "[redacted]");
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(json, "log_notes")), 0);
	cJSON_Delete(json);

	json = logs_of(core, WALL + 11, WALL + 600);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(json, "console_logs")), 1);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(json, "network_logs")), 1);
	cJSON_Delete(json);
	make_batch_deinit(&batch);
	rv_core_free(core);
}

/* More than fits: the newest stay, and a note says how many do not. */
static void test_bounds(void **state)
{
	struct rv_core *core = make_core("");
	struct make_batch batch;
	char *large = malloc(20001);
	cJSON *json, *list;
	uint32_t i;

	memset(large, 'x', 20000);
	large[20000] = 0;
	make_batch_init(&batch);
	make_batch_begin(&batch, 0);
	add_page(&batch, 0, WALL);
	for (i = 0; i < 2500; i++)
		ADD(&batch, i, RV_REC_CONSOLE, make_u(0), make_u(i + 1), make_s(NULL), make_s("x"));
	for (i = 0; i < 200; i++)
		ADD(&batch, 3000 + i, RV_REC_NETWORK, make_u(0), make_u(1), make_s("GET"), make_s(large), make_u(i), make_u(3000 + i), make_u(0), make_u(0), make_u(0), make_s(NULL), make_s(NULL));
	assert_int_equal(send_batch(core, &batch), RV_OK);
	json = logs_of(core, 0, 0);
	list = cJSON_GetObjectItemCaseSensitive(json, "console_logs");
	assert_int_equal(cJSON_GetArraySize(list), RV_LOGS_ITEMS_MAX);
	assert_int_equal(number_of(cJSON_GetArrayItem(list, 0), "count"), 1501);
	assert_int_equal(number_of(cJSON_GetArrayItem(list, 999), "count"), 2500);
	list = cJSON_GetObjectItemCaseSensitive(json, "network_logs");
	assert_in_range(cJSON_GetArraySize(list), 55, 64);
	assert_int_equal(number_of(cJSON_GetArrayItem(list, cJSON_GetArraySize(list) - 1), "status"), 199);
	assert_int_equal(strlen(text_of(cJSON_GetArrayItem(list, 0), "url")), RV_LOGS_TEXT_MAX);
	i = 200 - (uint32_t)cJSON_GetArraySize(list);
	list = cJSON_GetObjectItemCaseSensitive(json, "log_notes");
	assert_int_equal(cJSON_GetArraySize(list), 2);
	assert_string_equal(text_of(cJSON_GetArrayItem(list, 0), "kind"), "console_logs_cut");
	assert_int_equal(number_of(cJSON_GetArrayItem(list, 0), "dropped"), 1500);
	assert_int_equal(number_of(cJSON_GetArrayItem(list, 1), "dropped"), i);
	cJSON_Delete(json);

	/* One that is too large by itself: 32 arguments of which every byte becomes six. */
	for (i = 0; i < 20000; i++)
		large[i] = 1;
	make_batch_begin(&batch, 0);
	{
		struct rv_val values[RV_CONSOLE_FIXED + 60] = {make_u(0), make_u(1), make_s(NULL)};

		for (i = 0; i < 60; i++)
			values[RV_CONSOLE_FIXED + i] = make_s(large);
		make_batch_add(&batch, &(struct rv_rec){.type = RV_REC_CONSOLE, .t_ms = 4000, .n = RV_CONSOLE_FIXED + 60, .v = values});
	}
	ADD(&batch, 4000, RV_REC_CONSOLE, make_u(0), make_u(77), make_s(NULL), make_s("x"));
	assert_int_equal(send_batch(core, &batch), RV_OK);
	json = logs_of(core, WALL + 2500, 0);
	list = cJSON_GetObjectItemCaseSensitive(json, "console_logs");
	assert_int_equal(number_of(cJSON_GetArrayItem(list, cJSON_GetArraySize(list) - 1), "count"), 77);
	cJSON_Delete(json);
	free(large);
	make_batch_deinit(&batch);
	rv_core_free(core);
}

static void time_is(double wall, const char *expected)
{
	struct rv_buf out;
	struct rv_json json;

	rv_buf_init(&out, 100);
	rv_json_init(&json, &out);
	rv_logs_time(&json, wall);
	if (!rv_span_is(rv_buf_get(&out), expected))
		fail_msg("%f: %.*s, not %s", wall, (int)out.len, (const char *)out.ptr, expected);
	rv_buf_deinit(&out);
}

static void test_time(void **state)
{
	time_is(0, "\"1970-01-01T00:00:00.000Z\"");
	time_is(951782399999.0, "\"2000-02-28T23:59:59.999Z\"");
	time_is(951782400000.0, "\"2000-02-29T00:00:00.000Z\"");
	time_is(1709251200000.0, "\"2024-03-01T00:00:00.000Z\"");
	time_is(1735689599999.9, "\"2024-12-31T23:59:59.999Z\"");
	time_is(4107542400000.0, "\"2100-03-01T00:00:00.000Z\"");
	time_is(253402300799999.0, "\"9999-12-31T23:59:59.999Z\"");
	time_is(253402300800000.0, "null");
	time_is(-1, "null");
	time_is(1e300, "null");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
