/* The document as JSON for the picture: what a node, its state and its sheets are told as, and bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "markup.h"

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
	PUT(page, RV_REC_SHEET, num(1), num(4), num(0), text("screen"), text(NULL));
	PUT(page, RV_REC_RULE_INSERT, num(1), text("p { color: \"red\"; }"), num(0));
	PUT(page, RV_REC_SHEET, num(2), num(0), num(0), text(NULL), text(NULL));
	PUT(page, RV_REC_ADOPTED, num(14), num(2));
	PUT(page, RV_REC_SCROLL, num(1), num(0), num(120));
	PUT(page, RV_REC_SNAPSHOT_DONE);
}

static void has(const struct rv_buf *json, const char *part)
{
	if (!strstr((const char *)json->ptr, part))
		fail_msg("missing: %s\n%s", part, (const char *)json->ptr);
}

static void test_page(void **state)
{
	struct page page;
	struct rv_buf json;

	page_make(&page);
	rv_buf_init(&json, 1 << 16);
	assert_int_equal(rv_markup_write(page.mirror, &json), RV_OK);
	rv_buf_byte(&json, 0);
	has(&json, "{\"url\":\"http://h.test/a/\",\"width\":400,\"height\":300,\"focus\":0,\"nodes\":[[9,1,0,0,\"http://h.test/a/\",[]],[1,2,1,0,\"html\",[\"lang\",\"en\",\"onclick\",\"evil()\"],0,0],");
	has(&json, "[1,4,3,0,\"style\",[],1,0],[3,5,4,\"p>b{background:url(i.png)}\"]");
	has(&json, "[1,10,6,0,\"input\",[\"type\",\"text\"],0,{\"i\":[24,3,null]}]");
	has(&json, "\"aside\",[\"title\",\"t\"],0,{\"z\":[50,60]}]");
	has(&json, "[1,13,6,0,\"div\",[],0,0],[11,14,13,0,[2]],[1,15,14,");
	has(&json, "\"sheets\":[[1,0,\"screen\",null,\"p { color: \\\"red\\\"; }\"],[2,0,null,null,\"\"]]}");
	rv_buf_deinit(&json);
	rv_mirror_free(page.mirror);
}

/* The buffer's bound at every size: never a success that is cut off. */
static void test_bound(void **state)
{
	struct page page;
	struct rv_buf whole;

	page_make(&page);
	rv_buf_init(&whole, 1 << 16);
	assert_int_equal(rv_markup_write(page.mirror, &whole), RV_OK);
	for (size_t max = 0; max < whole.len; max += 7) {
		struct rv_buf some;
		rv_buf_init(&some, max);
		assert_int_not_equal(rv_markup_write(page.mirror, &some), RV_OK);
		rv_buf_deinit(&some);
	}
	rv_buf_deinit(&whole);
	rv_mirror_free(page.mirror);
}

static void test_empty(void **state)
{
	struct rv_mirror *mirror = rv_mirror_new(NULL);
	struct rv_buf out;

	rv_buf_init(&out, 1 << 16);
	assert_int_equal(rv_markup_write(mirror, &out), RV_NOT_FOUND);
	rv_buf_deinit(&out);
	rv_mirror_free(mirror);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
