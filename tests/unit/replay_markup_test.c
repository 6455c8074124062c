/* The picture's markup: style text rewriting, escaping, and a whole small page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "markup.h"
#include "markup_css.h"

static void css_url(void *user, struct rv_span address, struct rv_span base, struct rv_buf *out)
{
	rv_buf_str(out, "[");
	rv_buf_span(out, address);
	rv_buf_str(out, "|");
	rv_buf_span(out, base);
	rv_buf_str(out, "]");
}

static void css_is(const char *in, bool shadow, bool attribute, const char *expected)
{
	struct rv_buf out;
	rv_buf_init(&out, 1 << 16);
	const struct rv_markup_css css = {.base = rv_span_str("B"), .shadow = shadow, .attribute = attribute, .url = css_url};
	rv_markup_css_write(&css, rv_span_str(in), &out);
	rv_buf_byte(&out, 0);
	assert_int_equal(rv_buf_status(&out), RV_OK);
	assert_string_equal((const char *)out.ptr, expected);
	rv_buf_deinit(&out);
}

static void test_css(void **state)
{
	css_is("a{color:red}", false, false, "a{color:red}");
	css_is("ul>li{}", false, false, "ul&gt;li{}");
	css_is("a{background:url( 'x y.png' )}", false, false, "a{background:url(\"[x y.png|B]\")}");
	css_is("a{background:URL(x.png) no-repeat}", false, false, "a{background:url(\"[x.png|B]\") no-repeat}");
	css_is("a{fill:url(#grad)}", false, false, "a{fill:url(\"#grad\")}");
	css_is("a{b:my-url(x)}", false, false, "a{b:my-url(x)}");
	css_is(":root{--x:1} a:root-ish{}", false, false, ":is(:root,html){--x:1} a:root-ish{}");
	css_is("a{content:\":root url(x)\"}", false, false, "a{content:\":root url(x)\"}");
	css_is("a{/* url(x) */b:c}", false, false, "a{b:c}");
	css_is("@import url(x.css);a{}", false, false, "a{}");
	css_is("@import \"a;b.css\" print;a{}", false, false, "a{}");
	css_is("@media print{:host{}}", false, false, "@media print{:host{}}");
	css_is(":host{a:b} :host([open]) p{} ::slotted(b){} slot::slotted(i){}", true, false, ":scope{a:b} :scope:is([open]) p{} slot&gt;:is(b){} slot&gt;:is(i){}");
	css_is("background:url(\"a.png\");content:'\"'", false, true, "background:url(&quot;[a.png|B]&quot;);content:'&quot;'");
	css_is("a\\:root{}", false, false, "a\\:root{}");
	/* ends in the middle of things */
	css_is("a{b:url(", false, false, "a{b:url(\"[|B]\")");
	css_is("a{b:url('x", false, false, "a{b:url(\"[|B]\")");
	css_is("a{/*", false, false, "a{");
	css_is("a\\", false, false, "a\\");
	css_is("@import", false, false, "");
	css_is("</style><script>", false, false, "&lt;/style&gt;&lt;script&gt;");
}

static void test_escape(void **state)
{
	static const struct { const char *in; size_t len; const char *text, *attribute; } CASES[] = {
		{"a<b&c>\"d\"", 9, "a&lt;b&amp;c&gt;\"d\"", "a&lt;b&amp;c&gt;&quot;d&quot;"},
		{"a\nb\tc\r", 6, "a\nb\tc&#13;", "a&#10;b&#9;c&#13;"},
		{"\x01z\0", 3, "\xEF\xBF\xBDz\xEF\xBF\xBD", "\xEF\xBF\xBDz\xEF\xBF\xBD"},
		{"\xED\xA0\x80!", 4, "\xEF\xBF\xBD!", "\xEF\xBF\xBD!"},
		{"\xEF\xBF\xBF", 3, "\xEF\xBF\xBD", "\xEF\xBF\xBD"},
		{"\xF0\x9F\x98\x80", 4, "\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
	};
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
		for (int attribute = 0; attribute < 2; attribute++) {
			struct rv_buf out;
			rv_buf_init(&out, 1024);
			rv_markup_escape(rv_span(CASES[i].in, CASES[i].len), attribute, &out);
			rv_buf_byte(&out, 0);
			assert_string_equal((const char *)out.ptr, attribute ? CASES[i].attribute : CASES[i].text);
			rv_buf_deinit(&out);
		}
}

/* ---- a page, record by record ---- */

struct page { struct rv_mirror *mirror; };

static struct rv_val text(const char *s) { struct rv_val v = {.u = 0}; v.s = s ? rv_span_str(s) : (struct rv_span){NULL, 0}; return v; }
static struct rv_val num(uint32_t u) { struct rv_val v = {.u = u}; return v; }

static void put(struct page *page, uint32_t type, uint32_t n, const struct rv_val *v)
{
	const struct rv_rec rec = {.type = type, .t_ms = 0, .n = n, .v = v};
	assert_int_equal(rv_mirror_apply(page->mirror, &rec), RV_OK);
}

#define PUT(page, type, ...) do { const struct rv_val v_[] = {num(0), ##__VA_ARGS__}; put(page, type, sizeof v_ / sizeof *v_ - 1, v_ + 1); } while (0)

static void page_make(struct page *page)
{
	page->mirror = rv_mirror_new(NULL);
	struct rv_val wall = {.f = 1000};
	PUT(page, RV_REC_EPOCH, wall, num(400), num(300), num(1000), text("http://h.test/a/"), text(""), num(1));
	PUT(page, RV_REC_DOCUMENT, num(1), num(0), num(0), text("http://h.test/a/"));
	PUT(page, RV_REC_ELEMENT, num(2), num(1), num(0), num(0), text("html"), text("lang"), text("en"), text("onclick"), text("evil()"));
	PUT(page, RV_REC_ELEMENT, num(3), num(2), num(0), num(0), text("head"));
	PUT(page, RV_REC_ELEMENT, num(4), num(3), num(0), num(0), text("style"));
	PUT(page, RV_REC_TEXT, num(5), num(4), num(0), num(RV_TEXT_PLAIN), text("p>b{background:url(i.png)}"));
	PUT(page, RV_REC_ELEMENT, num(6), num(2), num(0), num(0), text("body"));
	PUT(page, RV_REC_ELEMENT, num(7), num(6), num(0), num(0), text("p"), text("style"), text("color:red"));
	PUT(page, RV_REC_TEXT, num(8), num(7), num(0), num(RV_TEXT_PLAIN), text("1 < 2"));
	PUT(page, RV_REC_ELEMENT, num(9), num(6), num(0), num(0), text("img"), text("src"), text("i.png"), text("bad name"), text("x"));
	PUT(page, RV_REC_ELEMENT, num(10), num(6), num(0), num(0), text("input"), text("type"), text("text"));
	PUT(page, RV_REC_INPUT, num(10), num(RV_INPUT_HAS_VALUE | RV_INPUT_MASKED), num(3), text(NULL));
	PUT(page, RV_REC_ELEMENT, num(11), num(6), num(0), num(0), text("script"));
	PUT(page, RV_REC_ELEMENT, num(12), num(6), num(0), num(RV_EL_BLOCK), text("aside"), text("title"), text("t"));
	PUT(page, RV_REC_SIZE, num(12), num(50), num(60));
	PUT(page, RV_REC_ELEMENT, num(13), num(6), num(0), num(0), text("div"));
	PUT(page, RV_REC_SHADOW_ROOT, num(14), num(13), num(0));
	PUT(page, RV_REC_ELEMENT, num(15), num(14), num(0), num(0), text("style"));
	PUT(page, RV_REC_TEXT, num(16), num(15), num(0), num(RV_TEXT_PLAIN), text(":host{color:blue}"));
	PUT(page, RV_REC_ELEMENT, num(17), num(14), num(0), num(0), text("slot"));
	PUT(page, RV_REC_TEXT, num(18), num(13), num(0), num(RV_TEXT_PLAIN), text("slotted"));
	PUT(page, RV_REC_ELEMENT, num(19), num(6), num(0), num(0), text("ul"));
	PUT(page, RV_REC_ELEMENT, num(20), num(19), num(0), num(0), text("li"));
	PUT(page, RV_REC_ELEMENT, num(22), num(6), num(0), num(RV_NS_SVG), text("svg"));
	PUT(page, RV_REC_ELEMENT, num(23), num(22), num(0), num(RV_NS_SVG), text("path"), text("d"), text("M0 0"));
	PUT(page, RV_REC_SCROLL, num(1), num(0), num(120));
	PUT(page, RV_REC_SNAPSHOT_DONE);
}

static void has(const struct rv_buf *svg, const char *part, bool expected)
{
	const bool found = strstr((const char *)svg->ptr, part) != NULL;
	if (found != expected)
		fail_msg("%s: %s\n%s", expected ? "missing" : "should not be there", part, (const char *)svg->ptr);
}


static void test_page(void **state)
{
	struct page page;
	page_make(&page);
	const struct rv_markup_cull cull = {.node = 19, .width_milli = 70500, .height_milli = 80000, .margin_top_milli = -5000};
	const struct rv_markup_options options = {.width = 400, .height = 300, .content_width = 390, .root_font_milli = 10000, .background = rv_span_str("rgb(1, 2, 3)"), .cull = &cull, .n_cull = 1};
	struct rv_markup *markup = rv_markup_new(page.mirror, &options);
	assert_non_null(markup);
	struct rv_buf json, svg;
	rv_buf_init(&json, 1 << 16);
	rv_buf_init(&svg, 1 << 20);
	assert_int_equal(rv_markup_resources(markup, &json), RV_OK);
	rv_buf_byte(&json, 0);
	assert_string_equal((const char *)json.ptr, "[[\"i.png\",\"http://h.test/a/\"]]");
	assert_int_equal(rv_markup_add(markup, 1, rv_span_str("data:,x")), RV_NOT_FOUND);
	assert_int_equal(rv_markup_add(markup, 0, rv_span_str("http://x")), RV_BAD);
	assert_int_equal(rv_markup_add(markup, 0, rv_span_str("data:image/png;base64,QUJD")), RV_OK);
	assert_int_equal(rv_markup_write(markup, &svg), RV_OK);
	rv_buf_byte(&svg, 0);

	has(&svg, "<svg xmlns=\"http://www.w3.org/2000/svg\"", true);
	has(&svg, "width=\"400\" height=\"300\"", true);
	has(&svg, "font-size:10000e-3px!important", true);
	has(&svg, "width:400px;height:300px;background:rgb(1, 2, 3)\"><div style=\"width:390px;height:300px;", true);
	has(&svg, "margin-top:-120px!important", true);
	has(&svg, "lang=\"en\"", true);
	has(&svg, "evil", false);
	has(&svg, "p&gt;b{background:url(\"data:image/png;base64,QUJD\")}", true);
	has(&svg, "<img src=\"data:image/png;base64,QUJD\"", true);
	has(&svg, "bad name", false);
	has(&svg, "1 &lt; 2", true);
	has(&svg, "value=\"\xE2\x80\xA2\xE2\x80\xA2\xE2\x80\xA2\"", true);
	has(&svg, "<script", false);
	has(&svg, "width:50px!important;height:60px!important", true);
	has(&svg, "data-rv-host=\"13\"", true);
	has(&svg, "@scope ([data-rv-host=\"13\"]){:scope{color:blue}}", true);
	has(&svg, "<slot>slotted</slot>", true);
	has(&svg, "width:70500e-3px!important;height:80000e-3px!important;margin-top:-5000e-3px!important", true);
	has(&svg, "<li", false);
	has(&svg, "<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0\"/></svg>", true);
	has(&svg, "</html>", true);

	rv_buf_deinit(&json);
	rv_buf_deinit(&svg);
	rv_markup_free(markup);
	rv_mirror_free(page.mirror);
}

static void test_empty(void **state)
{
	struct rv_mirror *mirror = rv_mirror_new(NULL);
	const struct rv_markup_options options = {.width = 10, .height = 10};
	struct rv_markup *markup = rv_markup_new(mirror, &options);
	struct rv_buf out;
	rv_buf_init(&out, 1 << 16);
	assert_int_equal(rv_markup_resources(markup, &out), RV_NOT_FOUND);
	assert_int_equal(rv_markup_write(markup, &out), RV_NOT_FOUND);
	rv_buf_deinit(&out);
	rv_markup_free(markup);
	rv_mirror_free(mirror);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_css),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
