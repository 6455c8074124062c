/* Redaction: what is found, what is left alone, JSON that stays JSON. */
#include "cmocka_all.h"
#include "fail_alloc.h"
#include "json.h"
#include "redact.h"
#include "secret.h"
#include <cJSON.h>
#include <stdlib.h>

struct bench {
	struct rv_redact redact;
	struct rv_arena arena;
};

static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	rv_redact_init(&bench->redact);
	rv_arena_init(&bench->arena, 64 << 20);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	rv_redact_deinit(&bench->redact);
	rv_arena_deinit(&bench->arena);
	free(bench);
	return 0;
}

/* out NULL: unchanged. */
static void check(struct bench *bench, const char *in, const char *out)
{
	struct rv_span text = rv_span_str(in);
	uint32_t before = bench->redact.count;

	assert_int_equal(rv_redact_text(&bench->redact, &text, &bench->arena), RV_OK);
	if (!rv_span_is(text, out ? out : in))
		fail_msg("%s\n  became  %.*s\n  not     %s", in, (int)text.len, (const char *)text.ptr, out ? out : in);
	assert_int_equal(bench->redact.count > before, out != NULL);
	/* A second time changes nothing. */
	if (out) {
		before = bench->redact.count;
		assert_int_equal(rv_redact_text(&bench->redact, &text, &bench->arena), RV_OK);
		if (!rv_span_is(text, out))
			fail_msg("%s\n  became  %.*s\n  the second time", out, (int)text.len, (const char *)text.ptr);
		assert_int_equal(bench->redact.count, before);
	}
	rv_arena_reset(&bench->arena);
}

static const char *const FOUND[][2] = {
	/* e-mail */
	{"mail to jane.doe+x@example.com please", "mail to [redacted:email] please"},
	{"a@b.co", "[redacted:email]"},
	{"<jane@example.org>", "<[redacted:email]>"},
	{"Ends with jane@example.org.", "Ends with [redacted:email]."},
	{"a@example.com,b@example.com", "[redacted:email],[redacted:email]"},
	{"/users/jane%40example.com/edit", "/users/[redacted:email]/edit"},
	{"mailto:jane@mail.example.co.uk?subject=hi", "mailto:[redacted:email]?subject=hi"},
	{"j\xc3\xb6rg@b\xc3\xbc" "cher.example", "[redacted:email]"},
	/* cards */
	{"card 4111111111111111 declined", "card [redacted:card] declined"},
	{"4111 1111 1111 1111", "[redacted:card]"},
	{"4111-1111-1111-1111", "[redacted:card]"},
	{"amex 3782 822463 10005 ok", "amex [redacted:card] ok"},
	{"5555555555554444,", "[redacted:card],"},
	{"(6011000990139424)", "([redacted:card])"},
	/* credentials */
	{"Bearer abcdef1234567890", "Bearer [redacted:token]"},
	{"bearer AbCdEfGhIjKl", "bearer [redacted:token]"},
	{"using Basic dXNlcjpwYXNzd29yZA== now", "using Basic [redacted:token] now"},
	{"Authorization: Bearer abc.def.ghi", "Authorization: [redacted]"},
	{"Cookie: a=b; c=d\nAccept: */*", "Cookie: [redacted]\nAccept: */*"},
	{"jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N end", "jwt [redacted:token] end"},
	/* names and values */
	{"https://x.test/a?token=abc&x=1", "https://x.test/a?token=[redacted]&x=1"},
	{"https://x.test/cb?code=abc&state=1", "https://x.test/cb?code=[redacted]&state=1"},
	{"https://x.test/cb#access_token=abc&y", "https://x.test/cb#access_token=[redacted]&y"},
	{"/a?x=1&X-Amz-Signature=0a0b&X-Amz-Credential=AK%2F1", "/a?x=1&X-Amz-Signature=[redacted]&X-Amz-Credential=[redacted]"},
	{"/a?user[password]=x", "/a?user[password]=[redacted]"},
	{"/a?user%5Bpassword%5D=x&b=2", "/a?user%5Bpassword%5D=[redacted]&b=2"},
	{"/login?next=%2Fa%3Ftoken%3Dabc%26x%3D1", "/login?next=%2Fa%3Ftoken%3D[redacted]%26x%3D1"},
	{"/a;jsessionid=1234?x=1", "/a;jsessionid=[redacted]"},
	{"GET https://user:secret@x.test/", "GET https://[redacted]@x.test/"},
	{"password=hunter2 user=jane", "password=[redacted] user=jane"},
	{"password: hunter2, user: jane", "password: [redacted], user: jane"},
	{"{password: 'hunter2', a: 1}", "{password: '[redacted]', a: 1}"},
	{"apiKey = \"abc\"", NULL},
	{"apiKey=\"a b\" rest", "apiKey=\"[redacted]\" rest"},
	{"client_secret=abc", "client_secret=[redacted]"},
	/* JSON */
	{"{\"password\":\"hun\\\"ter2\",\"a\":1}", "{\"password\":\"[redacted]\",\"a\":1}"},
	{"{\"accessToken\" : \"abc\"}", "{\"accessToken\" : \"[redacted]\"}"},
	{"{\"otp\": 123456}", "{\"otp\": \"[redacted]\"}"},
	{"{\"card\":4111111111111111}", "{\"card\":\"[redacted:card]\"}"},
	{"{\"card\":\"4111111111111111\"}", "{\"card\":\"[redacted:card]\"}"},
	{"[4111111111111111,\"x:4111111111111111\"]", "[\"[redacted:card]\",\"x:[redacted:card]\"]"},
	{"{\"body\":\"{\\\"password\\\":\\\"x\\\",\\\"n\\\":1}\"}", "{\"body\":\"{\\\"password\\\":\\\"[redacted]\\\",\\\"n\\\":1}\"}"},
	{"{\"line\":\"\\njane@example.com\"}", "{\"line\":\"\\n[redacted:email]\"}"},
	{"{\"line\":\"\\u00e9jane@example.com\"}", "{\"line\":\"\\u00e9[redacted:email]\"}"},
	{"{\"x\":\"password: \",\"y\":\"z\"}", NULL},
	{"{\"x\":\"password: 'a\",\"y\":\"it's\"}", "{\"x\":\"password: '[redacted]\",\"y\":\"it's\"}"},
};

static const char *const LEFT[] = {
	"", "@", "a@", "@b", "user@localhost", "@media (min-width: 1px)", "icon@2x.png", "vue@3.2.1/dist/vue.js", "lodash@4.17.21.tgz",
	"fn@https://x.test/app.js:10:5", "global code@app.js", "npm i @scope/pkg@1.2.3",
	"1700000000000", "order 1234567890123", "0.4242424242424242", "4111111111111112", "id4111111111111111", "4111111111111111x",
	"tel 555-1234", "2026-01-31 12:34:56", "550e8400-e29b-41d4-a716-446655440000", "12345678901234567890123",
	"basic training", "Basic Authentication", "bearer certificates", "the bearer of news", "Basic",
	"eyJ", "eyJhbGciOi", "eyJhbGciOi.short", "keyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0",
	"?page=2&sort_key=name&country_code=de&keyboard=1&monkey=2&design=3&signal=4&author=jane&encode=x&max_tokens=100",
	"Unexpected token: }", "Unexpected token < in JSON at position 0", "status code: 404", "error code=500", "session: started", "key: Enter",
	"{\"key\":\"Enter\",\"code\":404,\"session\":\"on\"}", "{\"password\":null,\"secret\":true,\"token\":{\"a\":1}}",
	"token=", "?token=&x=1", "password=****", "https://x.test/@jane/posts", "//cdn.x.test/a.js", "::before", "a == b", "a=b",
	"const x = y ? z : w",
};

static void test_table(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(FOUND) / sizeof(*FOUND); i++)
		check(*state, FOUND[i][0], FOUND[i][1]);
	for (i = 0; i < sizeof(LEFT) / sizeof(*LEFT); i++)
		check(*state, LEFT[i], NULL);
}

/* Cuts of every case, put into strings of JSON: what was JSON stays JSON. */
static void test_json_stays(void **state)
{
	struct bench *bench = *state;
	size_t i, cut;

	assert_int_equal(rv_redact_add_pattern(&bench->redact, rv_span_str("[a-z]+-[0-9]+")), RV_OK);
	assert_int_equal(rv_redact_add_pattern(&bench->redact, rv_span_str("u00*")), RV_OK);
	assert_int_equal(rv_redact_add_pattern(&bench->redact, rv_span_str("[0-9]+")), RV_OK);
	for (i = 0; i < sizeof(FOUND) / sizeof(*FOUND) + sizeof(LEFT) / sizeof(*LEFT); i++) {
		size_t n = sizeof(FOUND) / sizeof(*FOUND);
		const char *text = i < n ? FOUND[i][0] : LEFT[i - n];

		for (cut = 0; cut <= strlen(text); cut++) {
			struct rv_span part = rv_span(text, cut), span;
			struct rv_buf printed;
			struct rv_json json;
			cJSON *parsed;

			if (cut < strlen(text) && ((uint8_t)text[cut] & 0xc0) == 0x80)
				continue;
			rv_buf_init(&printed, 10000);
			rv_json_init(&json, &printed);
			rv_json_open(&json, '{');
			rv_json_key(&json, "password: ");
			rv_json_text(&json, part);
			rv_json_key_span(&json, part);
			rv_json_cstr(&json, "\t\"x\" \\ abc-12 \x01");
			rv_json_key(&json, "token");
			rv_json_int(&json, 12);
			rv_json_close(&json, '}');
			span = rv_buf_get(&printed);
			assert_int_equal(rv_redact_text(&bench->redact, &span, &bench->arena), RV_OK);
			parsed = cJSON_ParseWithLength((const char *)span.ptr, span.len);
			if (!parsed)
				fail_msg("%.*s\n  became  %.*s", (int)printed.len, (const char *)printed.ptr, (int)span.len, (const char *)span.ptr);
			cJSON_Delete(parsed);
			rv_buf_deinit(&printed);
			rv_arena_reset(&bench->arena);
		}
	}
}

static void address(struct bench *bench, const char *in, const char *out)
{
	struct rv_span text = rv_span_str(in);

	assert_int_equal(rv_redact_address(&bench->redact, &text, &bench->arena), RV_OK);
	if (!rv_span_is(text, out ? out : in))
		fail_msg("%s became %.*s", in, (int)text.len, (const char *)text.ptr);
}

static void test_patterns(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(rv_redact_add_pattern(&bench->redact, rv_span_str("CUST-[0-9]+")), RV_OK);
	assert_int_equal(rv_redact_add_pattern(&bench->redact, rv_span_str("sk_live_*")), RV_OK);
	check(bench, "for cust-0012 and CUST-7.", "for [redacted] and [redacted].");
	check(bench, "CUST-", NULL);
	check(bench, "{\"a\":\"sk_live_abc\",\"b\":\"CUST-1\"}", "{\"a\":\"[redacted]\",\"b\":\"[redacted]\"}");
	assert_int_equal(rv_redact_add_pattern(&bench->redact, rv_span_str("[")), RV_BAD);
	assert_int_equal(bench->redact.n_patterns, 2);
	/* In an address only what it asks for. */
	address(bench, "/CUST-1.css?of=CUST-2&x#sk_live_1", "/CUST-1.css?of=[redacted]&x#[redacted]");
	address(bench, "/CUST-1.css#CUST-", NULL);
}

static void test_addresses(void **state)
{
	address(*state, "/a?token=abc#x", "/a?token=[redacted]#x");
	address(*state, "https://u:p@x.test/a.png", "https://[redacted]@x.test/a.png");
	address(*state, "/team/jane@example.com?page=2", NULL);
	address(*state, "/a/4111111111111111", NULL);
	address(*state, "data:text/plain,?token=abc", NULL);
	address(*state, "/a.png?sig=1 1x, /b.png?sig=2 2x", "/a.png?sig=[redacted] 1x, /b.png?sig=[redacted] 2x");
}

static void test_named(void **state)
{
	static const char *const secret[] = {"authorization", "Cookie", "set-cookie", "X-Api-Key", "x-csrf-token", "X-Auth-Token", "password"};
	static const char *const open[] = {"content-type", "etag", "x-request-id", "cache-control", "keep-alive", "content-encoding"};
	struct bench *bench = *state;
	struct rv_span value;
	size_t i;

	for (i = 0; i < sizeof(secret) / sizeof(*secret); i++) {
		value = rv_span_str("abc");
		assert_int_equal(rv_redact_named(&bench->redact, rv_span_str(secret[i]), &value, &bench->arena), RV_OK);
		assert_true(rv_span_is(value, "[redacted]"));
	}
	for (i = 0; i < sizeof(open) / sizeof(*open); i++) {
		value = rv_span_str("abc");
		assert_int_equal(rv_redact_named(&bench->redact, rv_span_str(open[i]), &value, &bench->arena), RV_OK);
		assert_true(rv_span_is(value, "abc"));
	}
}

static void test_autocomplete(void **state)
{
	assert_true(rv_secret_autocomplete(rv_span_str("one-time-code")));
	assert_true(rv_secret_autocomplete(rv_span_str("billing CC-Number")));
	assert_true(rv_secret_autocomplete(rv_span_str("section-a  current-password")));
	assert_false(rv_secret_autocomplete(rv_span_str("email")));
	assert_false(rv_secret_autocomplete(rv_span_str("cc")));
	assert_false(rv_secret_autocomplete(rv_span_str("")));
	assert_false(rv_secret_autocomplete(rv_span(NULL, 0)));
}

/* Text made to provoke every look-back and look-ahead: time must stay in proportion to its length. */
static void test_linear(void **state)
{
	static const char *const units[] = {"a@", "@", "eyJ", "bearer ", "4111 ", "4", "token=", "token=\\", "\"token\":", "https://a", "%40", "%3D", "?token%3D", "\\", "\\\"", "a.", "::", "password: "};
	struct bench *bench = *state;
	size_t i, n = 300000;
	char *text = malloc(n + 64);

	for (i = 0; i < sizeof(units) / sizeof(*units); i++) {
		size_t len = 0, unit = strlen(units[i]);
		struct rv_span span;

		while (len < n) {
			memcpy(text + len, units[i], unit);
			len += unit;
		}
		span = rv_span(text, len);
		assert_int_equal(rv_redact_text(&bench->redact, &span, &bench->arena), RV_OK);
		text[0] = '[';
		span = rv_span(text, len);
		assert_int_equal(rv_redact_text(&bench->redact, &span, &bench->arena), RV_OK);
		rv_arena_reset(&bench->arena);
	}
	free(text);
}

static void test_memory(void **state)
{
	struct bench *bench = *state;
	long nth;

	for (nth = 1; nth < 20; nth++) {
		struct rv_span text = rv_span_str("a@example.com");
		enum rv_status status;

		rv_arena_deinit(&bench->arena);
		rv_arena_init(&bench->arena, 1 << 20);
		rv_redact_deinit(&bench->redact);
		rv_redact_init(&bench->redact);
		rv_fail_alloc(nth);
		status = rv_redact_text(&bench->redact, &text, &bench->arena);
		rv_fail_alloc(0);
		if (status == RV_OK)
			break;
		assert_int_equal(status, RV_MEMORY);
	}
	assert_in_range(nth, 2, 19);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_table, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_json_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_patterns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_addresses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_named, set_up, tear_down),
		cmocka_unit_test(test_autocomplete),
		cmocka_unit_test_setup_teardown(test_linear, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_memory, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
