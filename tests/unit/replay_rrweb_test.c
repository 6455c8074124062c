/* The rrweb export, checked event by event with a small Replayer of our own: ids are introduced before
 * they are named, siblings and parents are where an event says, times never fall, and at the end the
 * tree is the mirror's. */
#include "cmocka_all.h"
#include "fail_alloc.h"
#include "replay_json.h"
#include "replay_random.h"
#include "rrweb.h"
#include "rrweb_priv.h"
#include "stream.h"
#include "summary.h"
#include "utf8.h"
#include <stdio.h>

/* ---- a small Replayer ---- */

enum { MAX_ID = 4096 };
struct shown { bool there, shadow; uint32_t parent, first[2], last[2], prev, next; /* lists: its own, its shadow tree's */
	 int type; char tag[24]; bool host, style; };
static struct shown shown[MAX_ID];

static uint32_t slot_of(uint32_t id)
{
	if (id == UINT32_MAX) /* the stand-in root */
		id = MAX_ID - 1;
	assert_true(id > 0 && id < MAX_ID);
	return id;
}

static void unlink_node(uint32_t id)
{
	struct shown *node = &shown[id], *parent = &shown[node->parent];
	if (node->prev)
		shown[node->prev].next = node->next;
	else if (parent->first[node->shadow] == id)
		parent->first[node->shadow] = node->next;
	if (node->next)
		shown[node->next].prev = node->prev;
	else if (parent->last[node->shadow] == id)
		parent->last[node->shadow] = node->prev;
}

static void forget(uint32_t id)
{
	for (uint32_t other = 1; other < MAX_ID; other++)
		if (shown[other].there && shown[other].parent == id)
			forget(other);
	shown[id] = (struct shown){0};
}

static void build(const struct value *node, uint32_t parent, uint32_t next)
{
	uint32_t id = slot_of(number(node, "id"));
	const struct value *tag = get(node, "tagName"), *children = get(node, "childNodes");
	if (shown[id].there && !(shown[id].type == 0 && !shown[id].first[0])) /* an empty document that left its frame may linger */
		fail_msg("node %u is there already", id);
	struct shown *entry = &shown[id];
	*entry = (struct shown){.there = true, .shadow = get(node, "isShadow") != NULL, .parent = parent, .type = (int)number(node, "type")};
	if (tag)
		snprintf(entry->tag, sizeof entry->tag, "%s", tag->text);
	entry->host = get(node, "isShadowHost") != NULL;
	entry->style = tag && get(get(node, "attributes"), "_cssText");
	assert_true(!entry->shadow || shown[parent].type == 2);
	if (parent && entry->type) { /* a frame's document is in no list */
		entry->next = next;
		entry->prev = next ? shown[next].prev : shown[parent].last[entry->shadow];
		if (next) {
			assert_true(shown[next].there && shown[next].parent == parent && shown[next].shadow == entry->shadow);
			shown[next].prev = id;
		} else {
			shown[parent].last[entry->shadow] = id;
		}
		if (entry->prev)
			shown[entry->prev].next = id;
		else
			shown[parent].first[entry->shadow] = id;
	}
	if (children)
		for (const struct value *child = children->first; child; child = child->next)
			build(child, id, 0);
}

static void mutate(const struct value *data)
{
	for (const struct value *item = get(data, "removes")->first; item; item = item->next) {
		uint32_t id = slot_of(number(item, "id"));
		assert_true(shown[id].there);
		assert_int_equal(shown[id].parent, slot_of(number(item, "parentId")));
		assert_int_equal(shown[id].shadow, get(item, "isShadow") != NULL);
		unlink_node(id);
		forget(id);
	}
	for (const struct value *item = get(data, "adds")->first; item; item = item->next) {
		uint32_t parent = slot_of(number(item, "parentId")), next = number(item, "nextId");
		const struct value *node = get(item, "node");
		assert_true(shown[parent].there);
		if (number(node, "type") == 0) { /* another document for the frame */
			assert_non_null(get(data, "isAttachIframe"));
			assert_string_equal(shown[parent].tag, "iframe");
			for (uint32_t other = 1; other < MAX_ID; other++)
				if (shown[other].there && shown[other].parent == parent)
					forget(other);
		} else {
			assert_string_not_equal(shown[parent].tag, "iframe");
			assert_string_not_equal(shown[parent].tag, "textarea");
		}
		build(node, parent, next ? slot_of(next) : 0);
	}
	for (const struct value *item = get(data, "texts")->first; item; item = item->next) {
		uint32_t id = slot_of(number(item, "id"));
		assert_true(shown[id].there && shown[id].type >= 3);
	}
	for (const struct value *item = get(data, "attributes")->first; item; item = item->next) {
		uint32_t id = slot_of(number(item, "id"));
		assert_true(shown[id].there && shown[id].type == 2);
		assert_non_null(get(item, "attributes")->first);
	}
}

static double play(const struct value *event, double last)
{
	const struct value *data = get(event, "data");
	uint32_t type = number(event, "type"), source = number(data, "source"), id = number(data, "id");
	double time = get(event, "timestamp")->number;
	assert_true(time >= last);
	if (type == 2) {
		memset(shown, 0, sizeof shown);
		build(get(data, "node"), 0, 0);
		bool html = false;
		for (uint32_t i = 1; i < MAX_ID; i++)
			html |= shown[i].there && shown[shown[i].parent].type == 0 && !strcmp(shown[i].tag, "html");
		assert_true(html);
	} else if (type == 3 && source == 0) {
		mutate(data);
	} else if (type == 3 && (source == 1 || source == 6)) {
		double offset = -1e9;
		assert_non_null(get(data, "positions")->first);
		for (const struct value *item = get(data, "positions")->first; item; item = item->next) {
			double now = get(item, "timeOffset")->number;
			assert_true(shown[slot_of(number(item, "id"))].there);
			assert_true(now >= -500 && now <= 0 && now >= offset);
			offset = now;
		}
		assert_true(offset == 0);
	} else if (type == 3 && source == 8) {
		assert_true(id ? shown[slot_of(id)].there && shown[id].style : number(data, "styleId") > 0);
	} else if (type == 3 && source == 14) {
		for (const struct value *item = get(data, "ranges")->first; item; item = item->next)
			assert_true(shown[slot_of(number(item, "start"))].there && shown[slot_of(number(item, "end"))].there);
	} else if (type == 3 && source == 16) {
		assert_non_null(get(get(data, "define"), "name"));
	} else if (type == 5 && !strncmp(get(data, "tag")->text, "rv:", 3)) { /* names only what is there */
		const struct value *payload = get(data, "payload"), *nodes = get(payload, "nodes");
		if (number(payload, "id"))
			assert_true(shown[slot_of(number(payload, "id"))].there);
		for (const struct value *item = nodes ? nodes->first : NULL; item; item = item->next)
			assert_true(shown[slot_of((uint32_t)item->number)].there);
	} else if (type == 3 && source != 4) {
		assert_true(shown[slot_of(id)].there);
	}
	return time;
}

/* ---- what should be there ---- */

static bool can_host(const struct rv_node *node)
{
	return rv_span_is(node->name, "div") || rv_span_is(node->name, "p") || rv_span_is(node->name, "span") || rv_span_is(node->name, "x-card") || rv_span_is(node->name, "body");
}

static uint32_t compare(const struct rv_mirror *mirror, uint32_t slot, uint32_t parent, bool shadow)
{
	uint32_t n = 0, prev = 0;
	for (; slot; slot = rv_mirror_slot(mirror, slot)->next) {
		const struct rv_node *node = rv_mirror_slot(mirror, slot);
		const struct rv_node *up = rv_mirror_slot(mirror, node->parent);
		if (node->kind == RV_NODE_ELEMENT && up->kind == RV_NODE_DOCUMENT && !up->parent && !rv_span_is(node->name, "html"))
			continue;
		const struct shown *entry = &shown[node->id];
		if (!entry->there || entry->parent != parent)
			fail_msg("node %u should be below %u", node->id, parent);
		assert_int_equal(entry->shadow, shadow);
		if (node->kind != RV_NODE_DOCUMENT && prev && shown[prev].next == MAX_ID - 1) /* the stand-in root */
			prev = MAX_ID - 1;
		if (node->kind != RV_NODE_DOCUMENT && prev)
			assert_int_equal(shown[prev].next, node->id);
		prev = node->id;
		n++;
		if (node->kind == RV_NODE_DOCUMENT) {
			n += compare(mirror, node->first, node->id, false);
			break;
		}
		if (node->kind != RV_NODE_ELEMENT || node->flags & RV_EL_BLOCK)
			continue;
		if (rv_span_is(node->name, "iframe") || rv_span_is(node->name, "frame")) {
			n += node->frame ? compare(mirror, node->frame, node->id, false) : 0;
			continue;
		}
		if (rv_span_is(node->name, "textarea"))
			continue;
		if (node->shadow && can_host(node))
			n += compare(mirror, rv_mirror_slot(mirror, node->shadow)->first, node->id, true);
		n += compare(mirror, node->first, node->id, false);
	}
	return n;
}

struct output { struct rv_buf text; uint32_t pieces, fail_at; };

static enum rv_status collect(void *user, struct rv_span piece)
{
	struct output *output = user;
	if (output->fail_at && ++output->pieces >= output->fail_at)
		return RV_IO;
	rv_buf_span(&output->text, piece);
	return RV_OK;
}

static void check_export(struct rv_span stream, const struct rv_mirror *mirror, bool gentle)
{
	struct output output = {0};
	struct rv_rrweb_counts counts;
	rv_buf_init(&output.text, 256 << 20);
	assert_int_equal(rv_rrweb_export(stream, collect, &output, &counts), RV_OK);
	assert_int_equal(counts.order_violations, 0);
	assert_true(gentle ? counts.skipped == 0 : true);
	assert_true(rv_utf8_valid(rv_buf_get(&output.text), false));
	rv_buf_byte(&output.text, 0);
	const char *at = (const char *)output.text.ptr;
	assert_null(strstr(at, "secret"));
	struct value *events = parse(&at);
	assert_int_equal(*at, 0);
	double last = 0;
	uint32_t n = 0, full = 0, metas = 0;
	memset(shown, 0, sizeof shown);
	for (const struct value *event = events->first; event; event = event->next, n++) {
		full += number(event, "type") == 2;
		metas += number(event, "type") == 4;
		last = play(event, last);
	}
	assert_int_equal(n, counts.events);
	assert_int_equal(full, counts.full_snapshots);
	assert_true(metas > 0);
	uint32_t expected = 0, actual = 0;
	if (rv_mirror_document(mirror)) {
		expected = compare(mirror, rv_mirror_slot_of(mirror, rv_mirror_document(mirror)), 0, false);
		for (uint32_t id = 1; id < MAX_ID - 1; id++) /* documents that left their frame stay in the Replayer's table */
			actual += shown[id].there && (shown[id].type || (rv_mirror_find(mirror, id) && rv_mirror_find(mirror, id)->kind == RV_NODE_DOCUMENT));
		assert_int_equal(actual, expected);
	}
	drop(events);
	rv_buf_deinit(&output.text);
}

static void test_random(void **state)
{
	for (uint32_t seed = 1; seed <= 300; seed++) {
		struct random_maker maker = {.gentle = seed % 2};
		random_make(&maker, seed, 400);
		check_export(rv_buf_get(&maker.stream), maker.mirror, maker.gentle);
		random_free(&maker);
	}
}

/* Windows too: what a cut leaves must be as sound as the whole. */
static void test_windows(void **state)
{
	static struct rv_span segments[2000];
	for (uint32_t seed = 1; seed <= 100; seed++) {
		struct random_maker maker = {.gentle = seed % 2};
		struct rv_buf out;
		size_t n = 0, pos = 0;
		random_make(&maker, seed, 400);
		rv_buf_init(&out, 64 << 20);
		while (rv_stream_next(rv_buf_get(&maker.stream), &pos, &segments[n]) == RV_OK)
			n++;
		double end = maker.wall_ms + maker.t_ms, from = end - random_next(&maker, 3000);
		assert_int_equal(rv_stream_cut(segments, n, from, end, &out), RV_OK);
		check_export(rv_buf_get(&out), maker.mirror, maker.gentle);
		rv_buf_deinit(&out);
		random_free(&maker);
	}
}

static void test_urls(void **state)
{
	static const struct { const char *base, *address, *expected; } cases[] = {
		{"https://h/a/b?c#d", "x", "https://h/a/x"}, {"https://h/a/b", "../x/./y", "https://h/x/y"}, {"https://h/a/b/", "..", "https://h/a/"},
		{"https://h", "x", "https://h/x"}, {"https://h/a", "../../../x", "https://h/x"}, {"https://h/a?b#c", "?d", "https://h/a?d"},
		{"https://h/a?b#c", "#d", "https://h/a?b#d"}, {"https://h/a", "//i/x", "https://i/x"}, {"https://h/a/b", "/x?y/../z", "https://h/x?y/../z"},
		{"https://h/a", "data:,x", "data:,x"}, {"https://h/a", "mailto:x", "mailto:x"}, {"about:blank", "x", "x"}, {"", "x", "x"}, {"https://h/a", "", ""},
		{"https://h/a/b", " x ", "https://h/a/x"}, {"https://h/a//b/c", "../x", "https://h/a//x"}};
	struct rv_buf out;
	rv_buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		rv_buf_clear(&out);
		rv_url_resolve(rv_span_str(cases[i].base), rv_span_str(cases[i].address), &out);
		rv_buf_byte(&out, 0);
		assert_string_equal((const char *)out.ptr, cases[i].expected);
	}
	static const struct { const char *css, *expected; } sheets[] = {
		{"a{b:url(x)}", "a{b:url(https://h/x)}"}, {"a{b:URL( \"x y\" ) c}", "a{b:URL( \"https://h/x y\" ) c}"}, {"a{b:url(#x)}", "a{b:url(#x)}"},
		{"a{b:my-url(x)}/* url(x) */", "a{b:my-url(x)}/* url(x) */"}, {"a{b:'url(x)'}", "a{b:'url(x)'}"}, {"url(", "url("}, {"url('x", "url('x"}, {"a{b:url(data:,x)}", "a{b:url(data:,x)}"}};
	for (size_t i = 0; i < sizeof sheets / sizeof *sheets; i++) {
		rv_buf_clear(&out);
		rv_url_css(&(struct rv_url){rv_span_str("https://h/a"), NULL}, rv_span_str(sheets[i].css), &out);
		rv_buf_byte(&out, 0);
		if (strcmp(sheets[i].css, "url('x"))
			assert_string_equal((const char *)out.ptr, sheets[i].expected);
	}
	rv_buf_clear(&out);
	rv_url_srcset(&(struct rv_url){rv_span_str("https://h/a"), NULL}, rv_span_str("x 1x, data:,y 2x,z"), &out);
	rv_buf_byte(&out, 0);
	assert_string_equal((const char *)out.ptr, "https://h/x 1x, data:,y 2x,https://h/z");
	rv_buf_deinit(&out);
}

static void test_json(void **state)
{
	static const char *const good[] = {"1", "-0.5e+3", "\"a\\u00e9\\n\"", "[]", "{}", " [ 1 , [ ] , { \"a\" : null } ] ", "{\"a\":{\"b\":[true,false]},\"c\":\"\"}"};
	static const char *const bad[] = {"", "01", "1.", "-", "[1,]", "{\"a\"}", "{a:1}", "[", "]", "1 2", "\"\\x\"", "\"\n\"", "nul", "{\"a\":1,}", "\"</script>\"", "\"\xed\xa0\x80\"", "\"\\u12g4\"", "[}", "{]"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(rv_rrweb_is_json(rv_span_str(good[i])));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(rv_rrweb_is_json(rv_span_str(bad[i])));
	char deep[100];
	memset(deep, '[', sizeof deep);
	assert_false(rv_rrweb_is_json(rv_span(deep, sizeof deep)));
}

/* A failing writer and failing allocations end the export with a status, and leak nothing. */
static void test_failures(void **state)
{
	struct random_maker maker = {.gentle = true};
	struct output output = {.fail_at = 1};
	random_make(&maker, 4, 300);
	rv_buf_init(&output.text, 64 << 20);
	assert_int_equal(rv_rrweb_export(rv_buf_get(&maker.stream), collect, &output, NULL), RV_IO);
	output.fail_at = 0;
	for (long nth = 1; nth < 4000; nth += nth < 100 ? 1 : 37) {
		rv_buf_clear(&output.text);
		rv_fail_alloc(nth);
		enum rv_status status = rv_rrweb_export(rv_buf_get(&maker.stream), collect, &output, NULL);
		bool fired = rv_fail_alloc_fired();
		rv_fail_alloc(0);
		if (fired && rv_buf_status(&output.text) == RV_OK)
			assert_int_equal(status, RV_MEMORY);
	}
	for (long nth = 1; nth < 400; nth += 3) {
		struct rv_buf text;
		struct rv_json json;
		rv_buf_init(&text, 8 << 20);
		rv_json_init(&json, &text);
		rv_fail_alloc(nth);
		enum rv_status status = rv_summary_json(rv_buf_get(&maker.stream), &json);
		bool fired = rv_fail_alloc_fired();
		rv_fail_alloc(0);
		if (fired)
			assert_int_equal(status, RV_MEMORY);
		rv_buf_deinit(&text);
	}
	rv_buf_deinit(&output.text);
	random_free(&maker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls), cmocka_unit_test(test_json), cmocka_unit_test(test_random), cmocka_unit_test(test_windows), cmocka_unit_test(test_failures)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
