/* The pattern language. */
#include "cmocka_all.h"
#include "pattern.h"
#include <stdlib.h>

/* found: what is matched, NULL for no match. */
static void check(const char *pattern, const char *text, const char *found)
{
	struct rv_pattern compiled;
	size_t from = 0, to = 0;
	bool hit;

	assert_int_equal(rv_pattern_compile(&compiled, rv_span_str(pattern)), RV_OK);
	hit = rv_pattern_find(&compiled, rv_span_str(text), &from, &to);
	if (hit != (found != NULL) || (found && !rv_span_is(rv_span(text + from, to - from), found)))
		fail_msg("%s in %s: %.*s, not %s", pattern, text, hit ? (int)(to - from) : 4, hit ? text + from : "none", found ? found : "none");
}

static void test_matches(void **state)
{
	check("abc", "xxABCxx", "ABC");
	check("abc", "ab", NULL);
	check("CUST-[0-9]+", "a cust-123x", "cust-123");
	check("CUST-[0-9]+", "cust-", NULL);
	check("sk_*", "key sk_live_1 end", "sk_live_1");
	check("*@corp", "mail jane@corp x", "jane@corp");
	check("a*b", "a--b--b c", "a--b--b");
	check("a*b", "a--b--\"b", "a--b");
	check("[^a-c]x", "ax bx dx", "dx");
	check("[^a]+", "aab\xc3\xa4 c", "b\xc3\xa4");
	check("?-?", " \xe2\x82\xac-x", "\xe2\x82\xac-x");
	check("?+;", "x ab\xc3\xa4;", "ab\xc3\xa4;");
	check("[]a]", "x]", "]");
	check("[a\\]]", "]", "]");
	check("[a-]", "-", "-");
	check("\\*\\?", "a*?", "*?");
	check("a+b", "xaaab", "aaab");
	check("aab", "aaab", "aab");
	check("[0-9][0-9]-[0-9]", "1-2 34-5", "34-5");
	check("foo*bar", "foo foobar", "foobar");
	check("a b", "xa b", "a b");
	check("\xc3\xa4", "x\xc3\xa4", "\xc3\xa4");
	check("ab", "", NULL);
}

static void test_bad(void **state)
{
	static const char *const bad[] = {"", "*", "**", "+", "*+", "a++", "[", "[]", "[^]", "[a", "[z-a]", "[a-", "a\\", "[a\\", "[\xc3\xa4]"};
	struct rv_pattern compiled;
	char text[400];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (rv_pattern_compile(&compiled, rv_span_str(bad[i])) != RV_BAD)
			fail_msg("%s was taken", bad[i]);
	}
	memset(text, 'a', sizeof(text));
	assert_int_equal(rv_pattern_compile(&compiled, rv_span(text, 63)), RV_OK);
	assert_int_equal(rv_pattern_compile(&compiled, rv_span(text, 64)), RV_LIMIT);
	assert_int_equal(rv_pattern_compile(&compiled, rv_span(text, 300)), RV_LIMIT);
	assert_int_equal(rv_pattern_compile(&compiled, rv_span(NULL, 0)), RV_BAD);
}

/* Every match again by trying all starts and ends against a plain backtracking matcher. */
static bool slow(const struct rv_pattern *p, uint32_t atom, const uint8_t *text, size_t len)
{
	const struct rv_pattern_atom *a = &p->atoms[atom];

	if (atom == p->n)
		return len == 0;
	if (a->optional && slow(p, atom + 1, text, len))
		return true;
	if (!len || !(a->set[*text >> 5] >> (*text & 31) & 1))
		return false;
	if (slow(p, atom + 1, text + 1, len - 1))
		return true;
	return a->repeat && slow(p, atom, text + 1, len - 1);
}

static void test_against_backtracking(void **state)
{
	static const char *const patterns[] = {"ab", "a*b", "*b", "a+", "[ab]+c", "?b", "a?*c", "[^a]b", "b*", "a+b+", "*a*"};
	uint32_t seed = 7, round, i;

	for (i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		struct rv_pattern p;

		assert_int_equal(rv_pattern_compile(&p, rv_span_str(patterns[i])), RV_OK);
		for (round = 0; round < 300; round++) {
			uint8_t text[10];
			size_t from = 0, to = 0, start, end, best_start = 99, best_end = 0, k;

			for (k = 0; k < sizeof(text); k++) {
				seed = seed * 1664525 + 1013904223;
				text[k] = (uint8_t)"abc \""[seed >> 24 & 3 ? seed >> 16 & 1 : seed >> 16 & 3];
			}
			for (start = 0; start < sizeof(text) && best_start == 99; start++) {
				for (end = sizeof(text); end > start; end--) {
					if (slow(&p, 0, text + start, end - start)) {
						best_start = start;
						best_end = end;
						break;
					}
				}
			}
			if (rv_pattern_find(&p, rv_span(text, sizeof(text)), &from, &to) != (best_start != 99) || (best_start != 99 && (from != best_start || to != best_end)))
				fail_msg("%s in %.10s: %zu-%zu, not %zu-%zu", patterns[i], (char *)text, from, to, best_start, best_end);
		}
	}
}

/* The worst there is: every state alive at every byte, matches that look far ahead in vain. */
static void test_bounded(void **state)
{
	static const char *const patterns[] = {"a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", "a+a+a+a+a+a+a+a+a+a+c", "a*;", "*x"};
	size_t n = 200000, i;
	uint8_t *text = malloc(n);

	memset(text, 'a', n);
	for (i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		struct rv_pattern p;
		size_t from = 0, to = 0;

		assert_int_equal(rv_pattern_compile(&p, rv_span_str(patterns[i])), RV_OK);
		assert_false(rv_pattern_find(&p, rv_span(text, n), &from, &to));
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_against_backtracking),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
