/* What a recording refers to: which addresses are listed and replaced, and which are left alone. */
#include "assets.h"
#include "cmocka_all.h"
#include "fail_alloc.h"
#include <stdio.h>
#include <stdlib.h>

static void replace(void *user, struct rv_span url, struct rv_buf *out)
{
	int number = rv_urls_find(user, url);
	if (number < 0) {
		rv_buf_span(out, url);
		return;
	}
	rv_buf_str(out, "/a/");
	rv_buf_dec(out, (uint64_t)number);
}

static void test_css(void **state)
{
	static const char css[] =
		"@import \"more.css\" screen;@import url('/other.css');@font-face{src:url(f.woff2?#iefix) format('woff2'),url(\"https://i/f.ttf\")}"
		"a{background:url( x.png ),url(#clip),url(data:image/png;base64,AA)}b{background:url(x.png#part)}/* url(no.png) */c{content:'url(no.png)'}";
	static const char *const expected[] = {"https://h/c/more.css", "https://h/other.css", "https://h/c/f.woff2?", "https://i/f.ttf", "https://h/c/x.png"};
	struct rv_urls *urls = rv_urls_new();
	struct rv_rrweb_assets collect = {rv_assets_collect, urls}, use = {replace, urls};
	struct rv_buf out;
	rv_buf_init(&out, 4096);
	rv_assets_css(rv_span_str("https://h/c/s.css"), rv_span_str(css), &collect, &out);
	assert_int_equal(urls->n, 5);
	for (uint32_t i = 0; i < 5; i++)
		assert_true(rv_span_is(rv_urls_get(urls, i), expected[i]));
	rv_buf_clear(&out);
	rv_assets_css(rv_span_str("https://h/c/s.css"), rv_span_str(css), &use, &out);
	rv_buf_byte(&out, 0);
	assert_string_equal((char *)out.ptr,
		"@import \"/a/0\" screen;@import url('/a/1');@font-face{src:url(/a/2#iefix) format('woff2'),url(\"/a/3\")}"
		"a{background:url( /a/4),url(#clip),url(data:image/png;base64,AA)}b{background:url(/a/4#part)}/* url(no.png) */c{content:'url(no.png)'}");
	rv_buf_deinit(&out);
	rv_urls_free(urls);
}

/* Cut anywhere, a sheet is read to its end and no further. */
static void test_css_cut(void **state)
{
	static const char css[] = "@import 'a';b{c:url(\"d\") url( e )}@IMPORT  \"f";
	struct rv_urls *urls = rv_urls_new();
	struct rv_rrweb_assets collect = {rv_assets_collect, urls};
	struct rv_buf out;
	rv_buf_init(&out, 4096);
	for (size_t len = 0; len < sizeof css; len++) {
		uint8_t *copy = malloc(len + 1);
		memcpy(copy, css, len);
		rv_buf_clear(&out);
		rv_assets_css(rv_span_str("https://h/"), rv_span(copy, len), &collect, &out);
		assert_int_equal(rv_buf_status(&out), RV_OK);
		free(copy);
	}
	rv_buf_deinit(&out);
	rv_urls_free(urls);
}

static void test_set(void **state)
{
	struct rv_urls *urls = rv_urls_new();
	char text[RV_ASSETS_URL_MAX + 2];
	assert_int_equal(rv_urls_find(urls, rv_span_str("x")), -1);
	assert_int_equal(rv_urls_add(urls, rv_span_str("")), -1);
	memset(text, 'a', sizeof text);
	assert_int_equal(rv_urls_add(urls, rv_span(text, RV_ASSETS_URL_MAX + 1)), -1);
	for (int i = 0; i < RV_ASSETS_MAX; i++) {
		snprintf(text, sizeof text, "https://h/%d", i);
		assert_int_equal(rv_urls_add(urls, rv_span_str(text)), i);
		assert_int_equal(rv_urls_add(urls, rv_span_str(text)), i);
	}
	assert_int_equal(rv_urls_add(urls, rv_span_str("one more")), -1);
	for (int i = 0; i < RV_ASSETS_MAX; i++) {
		snprintf(text, sizeof text, "https://h/%d", i);
		assert_int_equal(rv_urls_find(urls, rv_span_str(text)), i);
	}
	rv_urls_free(urls);
}

static void test_bad_streams(void **state)
{
	struct rv_urls *urls = rv_urls_new();
	assert_int_not_equal(rv_assets_stream(rv_span_str("RVR1 and no more"), urls), RV_OK);
	assert_int_equal(urls->n, 0);
	rv_urls_free(urls);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_css), cmocka_unit_test(test_css_cut), cmocka_unit_test(test_set), cmocka_unit_test(test_bad_streams)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
