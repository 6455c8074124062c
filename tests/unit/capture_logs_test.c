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
	struct rv_core *core = make_core("{\"segment_ms\":100}");
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
	struct rv_core *core = make_core("{}");
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
		ADD(&batch, 3000 + i, RV_REC_NETWORK, make_u(0), make_u(i), make_s("GET"), make_s(large), make_u(i), make_u(3000 + i), make_u(0), make_u(0), make_u(0), make_s(NULL), make_s(NULL));
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

#define PART(name, value) make_u(RV_PART_TIMING), make_s(name), make_s(value)
#define NETWORK(batch, t, kind, request, status, start, duration, ...) ADD(batch, t, RV_REC_NETWORK, make_u(kind), make_u(request), make_s("GET"), make_s("/n"), make_u(status), make_u(start), make_u(duration), make_u(0), make_u(0), make_s(NULL), make_s(NULL), __VA_ARGS__)

/* Groups become the depth of the lines in them; the end of one is no line. */
static void test_groups(void **state)
{
	static const struct { uint32_t level, depth; const char *name; } lines[] = {
		{RV_LEVEL_GROUP_END, 0, NULL}, {RV_LEVEL_LOG, 0, "log"}, {RV_LEVEL_GROUP, 0, "group"}, {RV_LEVEL_WARN, 1, "warn"},
		{RV_LEVEL_GROUP_COLLAPSED, 1, "group_collapsed"}, {RV_LEVEL_TABLE, 2, "table"}, {RV_LEVEL_DIR, 2, "dir"}, {RV_LEVEL_GROUP_END, 0, NULL},
		{RV_LEVEL_TIME, 1, "time"}, {RV_LEVEL_COUNT, 1, "count"}, {RV_LEVEL_CLEAR, 1, "clear"}, {RV_LEVEL_BREADCRUMB, 1, "breadcrumb"},
		{RV_LEVEL_BREADCRUMB + 1, 1, "log"},
	};
	enum { N = sizeof(lines) / sizeof(*lines) };
	struct rv_core *core = make_core("{}");
	struct make_batch batch;
	cJSON *json, *list, *item;
	uint32_t i;
	int at = 0;

	make_batch_init(&batch);
	make_batch_begin(&batch, 0);
	add_page(&batch, 0, WALL);
	for (i = 0; i < N; i++)
		ADD(&batch, i, RV_REC_CONSOLE, make_u(lines[i].level), make_u(1), make_s(NULL), make_s("x"));
	ADD(&batch, N, RV_REC_ERROR, make_u(RV_ERROR_DEPRECATION), make_s("old"), make_s(NULL), make_u(0), make_u(0), make_s(NULL));
	for (i = 0; i < 100; i++)
		ADD(&batch, N + 1 + i, RV_REC_CONSOLE, make_u(RV_LEVEL_GROUP), make_u(1), make_s(NULL), make_s("deep"));
	assert_int_equal(send_batch(core, &batch), RV_OK);
	json = logs_of(core, WALL + 1, 0); /* the window does not hide what opened before it */
	list = cJSON_GetObjectItemCaseSensitive(json, "console_logs");
	for (i = 1; i < N; i++) {
		if (!lines[i].name)
			continue;
		item = cJSON_GetArrayItem(list, at++);
		assert_string_equal(text_of(item, "level"), lines[i].name);
		if (lines[i].depth)
			assert_int_equal(number_of(item, "depth"), lines[i].depth);
		else
			assert_null(cJSON_GetObjectItemCaseSensitive(item, "depth"));
	}
	item = cJSON_GetArrayItem(list, at++);
	assert_string_equal(text_of(item, "level"), "warn");
	assert_string_equal(text_of(item, "kind"), "deprecation");
	item = cJSON_GetArrayItem(list, cJSON_GetArraySize(list) - 1);
	assert_int_equal(number_of(item, "depth"), RV_LOGS_DEPTH_MAX);
	cJSON_Delete(json);
	make_batch_deinit(&batch);
	rv_core_free(core);
}

/* What is told again of a request replaces what was told; the list is in order of the starts. */
static void test_requests(void **state)
{
	struct rv_core *core = make_core("{}");
	struct make_batch batch;
	cJSON *json, *list, *item, *timings;

	make_batch_init(&batch);
	make_batch_begin(&batch, 0);
	add_page(&batch, 0, WALL);
	NETWORK(&batch, 100, RV_NET_FETCH, 7, 0, 50, 50, PART("state", "pending"));
	NETWORK(&batch, 110, RV_NET_FETCH, 8, 200, 40, 60, PART("dns", "1.25"), PART("connect", "0"), PART("tls", "01"), PART("wait", "1e3"), PART("receive", "12"), PART("blocked", "-1"),
		PART("protocol", "h2"), PART("transferred", "1234"), PART("trace", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), PART("dns", "2"), PART("redirect", "1."), PART("worker", ".5"), PART("unknown", "1"));
	NETWORK(&batch, 120, RV_NET_FETCH, 7, 204, 50, 70, PART("protocol", NULL));
	NETWORK(&batch, 130, RV_NET_FETCH, 0, 1, 60, 1, PART("dns", ""));
	NETWORK(&batch, 130, RV_NET_FETCH, 0, 2, 60, 1, PART("dns", "12345678901234567"));
	NETWORK(&batch, 140, RV_NET_FETCH, 8, 201, 0, 100, PART("dns", "1")); /* of an epoch that began later */
	assert_int_equal(send_batch(core, &batch), RV_OK);
	json = logs_of(core, 0, 0);
	list = cJSON_GetObjectItemCaseSensitive(json, "network_logs");
	assert_int_equal(cJSON_GetArraySize(list), 4);
	item = cJSON_GetArrayItem(list, 0);
	assert_int_equal(number_of(item, "status"), 201);
	assert_string_equal(text_of(item, "ts"), "2023-11-14T22:13:20.040Z");
	item = cJSON_GetArrayItem(list, 1);
	assert_int_equal(number_of(item, "status"), 204);
	assert_null(cJSON_GetObjectItemCaseSensitive(item, "state"));
	assert_null(cJSON_GetObjectItemCaseSensitive(item, "timings"));
	assert_int_equal(number_of(cJSON_GetArrayItem(list, 2), "status"), 1);
	assert_null(cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(list, 3), "timings"));
	cJSON_Delete(json);

	json = logs_of(core, 0, WALL + 115);
	list = cJSON_GetObjectItemCaseSensitive(json, "network_logs");
	assert_int_equal(cJSON_GetArraySize(list), 2);
	item = cJSON_GetArrayItem(list, 0);
	assert_string_equal(text_of(item, "protocol"), "h2");
	assert_int_equal(number_of(item, "transferred_bytes"), 1234);
	assert_string_equal(text_of(item, "trace"), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
	timings = cJSON_GetObjectItemCaseSensitive(item, "timings");
	assert_int_equal(cJSON_GetArraySize(timings), 3);
	assert_true(number_of(timings, "dns") == 1.25);
	assert_int_equal(number_of(timings, "connect"), 0);
	assert_int_equal(number_of(timings, "receive"), 12);
	assert_string_equal(text_of(cJSON_GetArrayItem(list, 1), "state"), "pending");
	cJSON_Delete(json);
	make_batch_deinit(&batch);
	rv_core_free(core);
}

static void test_sockets(void **state)
{
	struct rv_core *core = make_core("{}");
	struct make_batch batch;
	cJSON *json, *list, *item, *frames;
	uint32_t i;

	make_batch_init(&batch);
	make_batch_begin(&batch, 0);
	add_page(&batch, 0, WALL);
	NETWORK(&batch, 10, RV_NET_WEBSOCKET, 5, 101, 1, 9, PART("state", "open"));
	NETWORK(&batch, 11, RV_NET_EVENTSOURCE, 6, 200, 2, 9, PART("state", "open"));
	NETWORK(&batch, 11, RV_NET_FETCH, 0, 200, 3, 9, PART("state", "pending"));
	ADD(&batch, 20, RV_REC_SOCKET, make_u(5), make_u(RV_SOCKET_SENT), make_u(5), make_s("hello"));
	ADD(&batch, 21, RV_REC_SOCKET, make_u(5), make_u(RV_SOCKET_BINARY), make_u(70000), make_s(NULL));
	ADD(&batch, 22, RV_REC_SOCKET, make_u(6), make_u(0), make_u(3), make_s("sse"));
	ADD(&batch, 23, RV_REC_SOCKET, make_u(99), make_u(0), make_u(3), make_s("of none"));
	ADD(&batch, 24, RV_REC_SOCKET, make_u(0), make_u(0), make_u(3), make_s("of none"));
	NETWORK(&batch, 30, RV_NET_WEBSOCKET, 5, 101, 1, 29, PART("sent", "1"), PART("received", "1"), PART("close", "1001"), PART("reason", "bye"));
	assert_int_equal(send_batch(core, &batch), RV_OK);
	json = logs_of(core, 0, 0);
	list = cJSON_GetObjectItemCaseSensitive(json, "network_logs");
	assert_int_equal(cJSON_GetArraySize(list), 3);
	item = cJSON_GetArrayItem(list, 0);
	assert_string_equal(text_of(item, "type"), "websocket");
	assert_int_equal(number_of(item, "close_code"), 1001);
	assert_string_equal(text_of(item, "close_reason"), "bye");
	assert_int_equal(number_of(item, "messages_sent"), 1);
	assert_null(cJSON_GetObjectItemCaseSensitive(item, "state"));
	frames = cJSON_GetObjectItemCaseSensitive(item, "frames");
	assert_int_equal(cJSON_GetArraySize(frames), 2);
	item = cJSON_GetArrayItem(frames, 0);
	assert_string_equal(text_of(item, "ts"), "2023-11-14T22:13:20.020Z");
	assert_string_equal(text_of(item, "direction"), "sent");
	assert_string_equal(text_of(item, "text"), "hello");
	item = cJSON_GetArrayItem(frames, 1);
	assert_string_equal(text_of(item, "direction"), "received");
	assert_true(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "binary")));
	assert_int_equal(number_of(item, "bytes"), 70000);
	assert_null(cJSON_GetObjectItemCaseSensitive(item, "text"));
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(list, 1), "frames")), 1);
	assert_null(cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(list, 2), "frames"));
	cJSON_Delete(json);

	/* A request that is told of without end costs its newest telling; frames have their own bound. */
	for (i = 0; i < 3000; i++) {
		make_batch_begin(&batch, 0);
		NETWORK(&batch, 100 + i, RV_NET_WEBSOCKET, 5, 101, 1, i, PART("reason", "a reason of some length that makes the text of a record grow until what is dead of it has to go"));
		ADD(&batch, 100 + i, RV_REC_SOCKET, make_u(5), make_u(0), make_u(i), make_s("x"));
		assert_int_equal(send_batch(core, &batch), RV_OK);
	}
	json = logs_of(core, 0, 0);
	list = cJSON_GetObjectItemCaseSensitive(json, "network_logs");
	assert_int_equal(cJSON_GetArraySize(list), 3);
	item = cJSON_GetArrayItem(list, 0);
	assert_int_equal(number_of(item, "duration_ms"), 2999);
	frames = cJSON_GetObjectItemCaseSensitive(item, "frames");
	assert_int_equal(cJSON_GetArraySize(frames), RV_LOGS_ITEMS_MAX);
	assert_int_equal(number_of(cJSON_GetArrayItem(frames, RV_LOGS_ITEMS_MAX - 1), "bytes"), 2999);
	item = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(json, "log_notes"), 0);
	assert_string_equal(text_of(item, "kind"), "frames_cut");
	cJSON_Delete(json);
	make_batch_deinit(&batch);
	rv_core_free(core);
}

static void test_performance(void **state)
{
	struct rv_core *core = make_core("{}");
	struct make_batch batch;
	cJSON *json, *list, *item;

	make_batch_init(&batch);
	make_batch_begin(&batch, 0);
	add_page(&batch, 0, WALL);
	ADD(&batch, 500, RV_REC_PERFORMANCE, make_u(RV_PERFORMANCE_VITAL), make_s("CLS"), make_f(0.125), make_u(500), make_u(0), make_u(0), make_s("needs-improvement"));
	ADD(&batch, 500, RV_REC_PERFORMANCE, make_u(RV_PERFORMANCE_LONG_TASK), make_s(NULL), make_f(80.5), make_u(300), make_u(81), make_u(0), make_s(NULL));
	ADD(&batch, 500, RV_REC_PERFORMANCE, make_u(RV_PERFORMANCE_LAYOUT_SHIFT), make_s(NULL), make_f(0.0625), make_u(400), make_u(0), make_u(1), make_s(NULL));
	assert_int_equal(send_batch(core, &batch), RV_OK);
	json = logs_of(core, 0, 0);
	list = cJSON_GetObjectItemCaseSensitive(json, "performance");
	assert_int_equal(cJSON_GetArraySize(list), 3);
	item = cJSON_GetArrayItem(list, 0);
	assert_string_equal(text_of(item, "ts"), "2023-11-14T22:13:20.300Z");
	assert_string_equal(text_of(item, "kind"), "long_task");
	assert_true(number_of(item, "value") == 80.5);
	assert_int_equal(number_of(item, "duration_ms"), 81);
	item = cJSON_GetArrayItem(list, 1);
	assert_string_equal(text_of(item, "kind"), "layout_shift");
	assert_int_equal(number_of(item, "node"), 1);
	item = cJSON_GetArrayItem(list, 2);
	assert_string_equal(text_of(item, "name"), "CLS");
	assert_true(number_of(item, "value") == 0.125);
	assert_string_equal(text_of(item, "detail"), "needs-improvement");
	cJSON_Delete(json);
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
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_performance),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
