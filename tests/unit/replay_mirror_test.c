/* The mirror: every rule of its header by example, then thousands of random records, of which those
 * that are refused must change nothing and the others must survive a dump. */
#include "cmocka_all.h"
#include "fail_alloc.h"
#include "replay_random.h"

/* ---- rules by example ---- */

struct page { struct rv_mirror *mirror; uint32_t t_ms; };

static enum rv_status put(struct page *page, uint32_t type, uint32_t n, const struct rv_val *v)
{
	const struct rv_rec rec = {.type = type, .t_ms = page->t_ms, .n = n, .v = v};
	uint32_t before = rv_mirror_hash(page->mirror), nodes = rv_mirror_nodes(page->mirror);
	enum rv_status status = rv_mirror_apply(page->mirror, &rec);
	if (status != RV_OK) {
		assert_int_equal(rv_mirror_hash(page->mirror), before);
		assert_int_equal(rv_mirror_nodes(page->mirror), nodes);
	}
	return status;
}

#define PUT(page, type, ...) put(page, type, sizeof((const struct rv_val[]){__VA_ARGS__}) / sizeof(struct rv_val), (const struct rv_val[]){__VA_ARGS__})
#define OK(...) assert_int_equal(PUT(__VA_ARGS__), RV_OK)
#define ORDER(...) assert_int_equal(PUT(__VA_ARGS__), RV_ORDER)
#define BAD(...) assert_int_equal(PUT(__VA_ARGS__), RV_BAD)
#define NONE RS(rv_span(NULL, 0))

static void page_init(struct page *page)
{
	*page = (struct page){.mirror = rv_mirror_new(NULL)};
	assert_non_null(page->mirror);
	ORDER(page, RV_REC_VISIBILITY, RU(1));
	OK(page, RV_REC_EPOCH, (struct rv_val){.f = 1000}, RU(800), RU(600), RU(1000), RT("http://h/"), RT(""), RU(1));
	OK(page, RV_REC_DOCUMENT, RU(1), RU(0), RU(0), RT("http://h/"));
	OK(page, RV_REC_ELEMENT, RU(2), RU(1), RU(0), RU(0), RT("html"));
	OK(page, RV_REC_ELEMENT, RU(3), RU(2), RU(0), RU(0), RT("body"), RT("class"), RT("a"));
	OK(page, RV_REC_TEXT, RU(4), RU(3), RU(0), RU(RV_TEXT_PLAIN), RT("text"));
}

static void test_nodes(void **state)
{
	struct page page;
	page_init(&page);
	ORDER(&page, RV_REC_ELEMENT, RU(4), RU(3), RU(0), RU(0), RT("p"));          /* id in use */
	BAD(&page, RV_REC_ELEMENT, RU(0), RU(3), RU(0), RU(0), RT("p"));            /* no id */
	ORDER(&page, RV_REC_ELEMENT, RU(5), RU(9), RU(0), RU(0), RT("p"));          /* unknown parent */
	ORDER(&page, RV_REC_ELEMENT, RU(5), RU(3), RU(9), RU(0), RT("p"));          /* unknown next */
	BAD(&page, RV_REC_ELEMENT, RU(5), RU(3), RU(2), RU(0), RT("p"));            /* next not a child */
	BAD(&page, RV_REC_ELEMENT, RU(5), RU(4), RU(0), RU(0), RT("p"));            /* parent a text */
	BAD(&page, RV_REC_ELEMENT, RU(5), RU(1), RU(0), RU(0), RT("html"));         /* second document element */
	BAD(&page, RV_REC_ELEMENT, RU(5), RU(3), RU(0), RU(0), NONE);               /* no tag */
	BAD(&page, RV_REC_ELEMENT, RU(5), RU(3), RU(0), RU(0), RT("p"), RT("a"), NONE);
	BAD(&page, RV_REC_TEXT, RU(5), RU(1), RU(0), RU(RV_TEXT_PLAIN), RT("x"));   /* text below a document */
	BAD(&page, RV_REC_TEXT, RU(5), RU(3), RU(0), RU(9), RT("x"));               /* no such kind */
	BAD(&page, RV_REC_DOCTYPE, RU(5), RU(3), RU(0), RT("html"), RT(""), RT("")); /* doctype below an element */
	OK(&page, RV_REC_DOCTYPE, RU(5), RU(1), RU(2), RT("html"), RT(""), RT(""));
	BAD(&page, RV_REC_DOCTYPE, RU(6), RU(1), RU(2), RT("html"), RT(""), RT(""));
	BAD(&page, RV_REC_DOCUMENT, RU(6), RU(3), RU(0), RT(""));                   /* not a frame */
	BAD(&page, RV_REC_DOCUMENT, RU(6), RU(0), RU(0), RT(""));                   /* second top document */
	OK(&page, RV_REC_ELEMENT, RU(6), RU(3), RU(4), RU(0), RT("iframe"));
	OK(&page, RV_REC_DOCUMENT, RU(7), RU(6), RU(0), RT("about:blank"));
	BAD(&page, RV_REC_DOCUMENT, RU(8), RU(6), RU(0), RT(""));                   /* the frame has one */
	BAD(&page, RV_REC_ELEMENT, RU(8), RU(6), RU(7), RU(0), RT("p"));            /* a document is nobody's sibling */
	OK(&page, RV_REC_SHADOW_ROOT, RU(8), RU(3), RU(0));
	BAD(&page, RV_REC_SHADOW_ROOT, RU(9), RU(3), RU(0));                        /* second shadow root */
	BAD(&page, RV_REC_REMOVE, RU(8));                                           /* shadow roots stay */
	ORDER(&page, RV_REC_REMOVE, RU(9));
	OK(&page, RV_REC_ELEMENT, RU(9), RU(8), RU(0), RU(0), RT("p"));
	BAD(&page, RV_REC_MOVE, RU(3), RU(9), RU(0));                               /* below itself, through the shadow */
	BAD(&page, RV_REC_MOVE, RU(9), RU(9), RU(0));
	BAD(&page, RV_REC_MOVE, RU(6), RU(3), RU(6));                               /* before itself */
	BAD(&page, RV_REC_MOVE, RU(7), RU(3), RU(0));                               /* a document */
	OK(&page, RV_REC_MOVE, RU(4), RU(3), RU(6));
	OK(&page, RV_REC_MOVE, RU(9), RU(3), RU(0));
	const struct rv_node *body = rv_mirror_find(page.mirror, 3);
	assert_int_equal(rv_mirror_slot(page.mirror, body->first)->id, 4);
	assert_int_equal(rv_mirror_slot(page.mirror, body->last)->id, 9);
	assert_null(rv_mirror_slot(page.mirror, rv_mirror_slot(page.mirror, body->shadow)->first));
	BAD(&page, RV_REC_TEXT_SET, RU(3), RT("x"));
	BAD(&page, RV_REC_ATTRIBUTES, RU(4), RT("a"), RT("b"));
	BAD(&page, RV_REC_SCROLL, RU(4), RI(0), RI(0));
	OK(&page, RV_REC_SCROLL, RU(1), RI(0), RI(10));
	BAD(&page, RV_REC_INPUT, RU(1), RU(0), RU(0), NONE);
	page.t_ms = 10;
	OK(&page, RV_REC_POINTER, RU(0), RU(0), RI(1), RI(1), RU(0));               /* no node is fine here */
	ORDER(&page, RV_REC_POINTER, RU(0), RU(77), RI(1), RI(1), RU(0));
	ORDER(&page, RV_REC_POINTER_MOVE, RU(77), RI(1), RI(1), RU(0));
	page.t_ms = 9;
	ORDER(&page, RV_REC_VISIBILITY, RU(0));                                     /* backwards */
	page.t_ms = 10;
	OK(&page, RV_REC_REMOVE, RU(3));                                            /* with frame and shadow tree */
	assert_int_equal(rv_mirror_nodes(page.mirror), 3);
	assert_null(rv_mirror_find(page.mirror, 7));
	assert_null(rv_mirror_find(page.mirror, 9));
	OK(&page, RV_REC_REMOVE, RU(1));
	assert_int_equal(rv_mirror_nodes(page.mirror), 0);
	assert_null(rv_mirror_document(page.mirror));
	rv_mirror_free(page.mirror);
}

static void test_live(void **state)
{
	struct page page;
	uint32_t n;
	page_init(&page);
	BAD(&page, RV_REC_CHECK, RU(3), RU(1));
	/* canvas, hold */
	BAD(&page, RV_REC_CANVAS, RU(3), RU(1), RU(1), RT("https://h/x.png"));
	ORDER(&page, RV_REC_CANVAS, RU(9), RU(1), RU(1), NONE);
	OK(&page, RV_REC_CANVAS, RU(3), RU(1), RU(2), RT("data:image/png;base64,AAAA"));
	OK(&page, RV_REC_HOLD, RU(3), RT("opacity: 0"));
	assert_int_equal(rv_mirror_find(page.mirror, 3)->state->canvas_height, 2);
	OK(&page, RV_REC_HOLD, RU(3), RT(""));
	assert_null(rv_mirror_find(page.mirror, 3)->state->hold.ptr);
	/* slots: a node is in one of them, once */
	OK(&page, RV_REC_SHADOW_ROOT, RU(10), RU(3), RU(RV_SHADOW_CLOSED | RV_SHADOW_MANUAL_SLOTS));
	OK(&page, RV_REC_ELEMENT, RU(11), RU(10), RU(0), RU(0), RT("slot"));
	OK(&page, RV_REC_ELEMENT, RU(12), RU(10), RU(0), RU(0), RT("slot"));
	ORDER(&page, RV_REC_ASSIGN, RU(11), RU(99));
	ORDER(&page, RV_REC_ASSIGN, RU(99));
	BAD(&page, RV_REC_ASSIGN, RU(11), RU(1));
	BAD(&page, RV_REC_ASSIGN, RU(4));
	OK(&page, RV_REC_ELEMENT, RU(13), RU(3), RU(0), RU(0), RT("p"));
	OK(&page, RV_REC_ASSIGN, RU(11), RU(4), RU(13), RU(4));
	assert_int_equal(rv_mirror_find(page.mirror, 4)->state->slot_at, 2);
	OK(&page, RV_REC_ASSIGN, RU(12), RU(13));
	assert_int_equal(rv_mirror_find(page.mirror, 11)->state->assigned[1], 0);
	assert_int_equal(rv_mirror_find(page.mirror, 13)->state->slot, 12);
	OK(&page, RV_REC_REMOVE, RU(12));
	assert_int_equal(rv_mirror_find(page.mirror, 13)->state->slot, 0);
	OK(&page, RV_REC_REMOVE, RU(4));
	assert_int_equal(rv_mirror_find(page.mirror, 11)->state->assigned[2], 0);
	OK(&page, RV_REC_UPGRADED, RU(13));
	assert_int_equal(rv_mirror_find(page.mirror, 13)->flags, RV_EL_CUSTOM);
	/* animations */
	ORDER(&page, RV_REC_ANIMATION, RU(99), RU(1), RU(RV_ANIMATION_RUNNING), RU(0), NONE, NONE, NONE);
	BAD(&page, RV_REC_ANIMATION, RU(13), RU(0), RU(RV_ANIMATION_RUNNING), RU(0), NONE, NONE, NONE);
	BAD(&page, RV_REC_ANIMATION, RU(13), RU(1), RU(4), RU(0), NONE, NONE, NONE);
	OK(&page, RV_REC_ANIMATION, RU(13), RU(1), RU(RV_ANIMATION_IDLE), RU(0), NONE, NONE, NONE);
	OK(&page, RV_REC_ANIMATION, RU(13), RU(1), RU(RV_ANIMATION_RUNNING), RU(100), NONE, RT("[]"), RT("{\"playbackRate\":-0.5}"));
	OK(&page, RV_REC_ANIMATION, RU(13), RU(2), RU(RV_ANIMATION_RUNNING), RU(100), NONE, RT("[]"), RT("{}"));
	const struct rv_animation *animations = rv_mirror_animations(page.mirror, &n);
	assert_int_equal(n, 2);
	assert_int_equal(rv_mirror_animation_time(&animations[0], 50), 75);
	assert_int_equal(rv_mirror_animation_time(&animations[0], 5000), 0);
	assert_int_equal(rv_mirror_animation_time(&animations[1], 50), 150);
	OK(&page, RV_REC_ANIMATION, RU(13), RU(1), RU(RV_ANIMATION_PAUSED), RU(7), RT("::after"), NONE, NONE);
	animations = rv_mirror_animations(page.mirror, &n);
	assert_true(n == 2 && animations[0].id == 1 && rv_span_is(animations[0].keyframes, "[]") && rv_span_is(animations[0].pseudo, "::after"));
	assert_int_equal(rv_mirror_animation_time(&animations[0], 5000), 7);
	for (uint32_t i = 0; i < 3000; i++)
		OK(&page, RV_REC_ANIMATION, RU(3), RU(10 + i), RU(RV_ANIMATION_RUNNING), RU(0), NONE, NONE, NONE);
	rv_mirror_animations(page.mirror, &n);
	assert_int_equal(n, 2000);
	/* selection, full screen, visual viewport */
	ORDER(&page, RV_REC_SELECTION, RU(13), RU(0), RU(99), RU(0));
	OK(&page, RV_REC_SELECTION, RU(3), RU(0), RU(13), RU(0), RU(3), RU(0), RU(3), RU(1));
	ORDER(&page, RV_REC_FULLSCREEN, RU(99));
	OK(&page, RV_REC_FULLSCREEN, RU(13));
	OK(&page, RV_REC_VISUAL_VIEWPORT, RI(-1), RI(2), RU(1500));
	OK(&page, RV_REC_REMOVE, RU(13));
	assert_int_equal(rv_mirror_epoch(page.mirror)->fullscreen, 0);
	assert_int_equal(rv_mirror_selection(page.mirror, &n)->end, 3);
	assert_int_equal(n, 1);
	rv_mirror_animations(page.mirror, &n);
	assert_int_equal(n, 1998);
	/* sheets, and what only names nodes */
	ORDER(&page, RV_REC_SHEET_STATE, RU(1), RU(1), NONE);
	OK(&page, RV_REC_SHEET, RU(1), RU(0), RU(0), NONE, NONE);
	OK(&page, RV_REC_RULE_INSERT, RU(1), RT("a { }"), RU(0));
	OK(&page, RV_REC_SHEET_STATE, RU(1), RU(RV_SHEET_DISABLED), RT("print"));
	assert_true(rv_mirror_sheet(page.mirror, 1)->n_rules == 1 && rv_span_is(rv_mirror_sheet(page.mirror, 1)->media, "print"));
	ORDER(&page, RV_REC_KEY, RU(99), RU(0), RT("a"));
	ORDER(&page, RV_REC_CLIPBOARD, RU(0), RU(99));
	ORDER(&page, RV_REC_PERFORMANCE, RU(0), NONE, (struct rv_val){.f = 1}, RU(0), RU(0), RU(99), NONE);
	OK(&page, RV_REC_KEY, RU(0), RU(0), RT("a"));
	OK(&page, RV_REC_LIFECYCLE, RU(0));
	rv_mirror_free(page.mirror);
}

static void test_state(void **state)
{
	struct page page;
	page_init(&page);
	OK(&page, RV_REC_ATTRIBUTES, RU(3), RT("class"), NONE, RT("id"), RT("x"), RT("nothing"), NONE);
	const struct rv_node *body = rv_mirror_find(page.mirror, 3);
	assert_int_equal(body->n_attributes, 1);
	assert_true(rv_span_is(rv_mirror_attribute(body, "id"), "x"));
	BAD(&page, RV_REC_ATTRIBUTES, RU(3), RT("id"), RT("y"), NONE, RT("z"));
	assert_true(rv_span_is(rv_mirror_attribute(rv_mirror_find(page.mirror, 3), "id"), "x"));
	OK(&page, RV_REC_INPUT, RU(3), RU(RV_INPUT_HAS_VALUE | RV_INPUT_MASKED), RU(5), RT("hunter2"));
	assert_null(rv_mirror_find(page.mirror, 3)->state->input_value.ptr); /* a masked value never gets in */
	OK(&page, RV_REC_MEDIA, RU(3), RU(RV_MEDIA_PLAYING), RU(100), RU(1000), RU(2000));
	assert_int_equal(rv_mirror_media_time(rv_mirror_find(page.mirror, 3)->state, 50), 200);
	OK(&page, RV_REC_PRIVACY, RU(3), RU(RV_EL_BLOCK | RV_NS_SVG));
	assert_int_equal(rv_mirror_find(page.mirror, 3)->flags, RV_EL_BLOCK);
	OK(&page, RV_REC_NAVIGATE, RU(0), RT("http://h/2"));
	assert_true(rv_span_is(rv_mirror_epoch(page.mirror)->url, "http://h/2"));
	rv_mirror_free(page.mirror);
}

static void sheet_is(struct page *page, uint32_t id, const char *expected)
{
	struct rv_buf text;
	rv_buf_init(&text, 4096);
	rv_mirror_sheet_text(page->mirror, rv_mirror_sheet(page->mirror, id), &text);
	rv_buf_byte(&text, 0);
	assert_string_equal((const char *)text.ptr, expected);
	rv_buf_deinit(&text);
}

static void test_sheets(void **state)
{
	struct page page;
	page_init(&page);
	ORDER(&page, RV_REC_SHEET, RU(1), RU(9), RU(0), NONE, NONE);
	BAD(&page, RV_REC_SHEET, RU(1), RU(4), RU(0), NONE, NONE);
	OK(&page, RV_REC_SHEET, RU(1), RU(3), RU(0), NONE, NONE);
	ORDER(&page, RV_REC_RULE_INSERT, RU(2), RT("a{}"), RU(0));
	BAD(&page, RV_REC_RULE_INSERT, RU(1), RT("a{}"), RU(1));
	BAD(&page, RV_REC_RULE_INSERT, RU(1), NONE, RU(0));
	assert_int_equal(put(&page, RV_REC_RULE_INSERT, 2, (const struct rv_val[]){RU(1), RT("a{}")}), RV_BAD); /* no path */
	OK(&page, RV_REC_RULE_INSERT, RU(1), RT("a { b: c }"), RU(0));
	OK(&page, RV_REC_RULE_INSERT, RU(1), RT("@media x { p { } /* ; } */ q { r: '}' } }"), RU(0));
	BAD(&page, RV_REC_RULE_INSERT, RU(1), RT("s { }"), RU(0), RU(3));
	sheet_is(&page, 1, "@media x { p { } /* ; } */ q { r: '}' } }\na { b: c }"); /* a refused path opened nothing */
	OK(&page, RV_REC_RULE_INSERT, RU(1), RT("s { }"), RU(0), RU(1));
	sheet_is(&page, 1, "@media x {\np { }\ns { }\nq { r: '}' }}\na { b: c }");
	OK(&page, RV_REC_RULE_REPLACE, RU(1), RT("t { }"), RU(0), RU(0));
	OK(&page, RV_REC_RULE_DELETE, RU(1), RU(0), RU(1));
	OK(&page, RV_REC_RULE_DELETE, RU(1), RU(0), RU(1));
	OK(&page, RV_REC_RULE_DELETE, RU(1), RU(0), RU(0));
	sheet_is(&page, 1, "@media x {}\na { b: c }");
	OK(&page, RV_REC_RULE_INSERT, RU(1), RT("& i { }"), RU(1), RU(0)); /* css nesting: declarations stay in front */
	sheet_is(&page, 1, "@media x {}\na { b: c;\n& i { }}");
	BAD(&page, RV_REC_RULE_INSERT, RU(1), RT("x { }"), RU(1), RU(0), RU(0), RU(0));
	BAD(&page, RV_REC_ADOPTED, RU(1), RU(1));    /* has an owner */
	ORDER(&page, RV_REC_ADOPTED, RU(1), RU(2));
	OK(&page, RV_REC_SHEET, RU(2), RU(0), RU(0), NONE, NONE);
	BAD(&page, RV_REC_ADOPTED, RU(3), RU(2));    /* not a root */
	OK(&page, RV_REC_ADOPTED, RU(1), RU(2), RU(2));
	BAD(&page, RV_REC_SHEET_DROP, RU(2));        /* adopted */
	BAD(&page, RV_REC_SHEET, RU(2), RU(3), RU(0), NONE, NONE);
	OK(&page, RV_REC_SHEET_DROP, RU(99));
	OK(&page, RV_REC_SHEET, RU(5), RU(3), RU(0), NONE, NONE); /* the element's new sheet object */
	assert_null(rv_mirror_sheet(page.mirror, 1));
	assert_int_equal(rv_mirror_find(page.mirror, 3)->sheet, 5);
	OK(&page, RV_REC_REMOVE, RU(3));
	assert_null(rv_mirror_sheet(page.mirror, 5)); /* goes with its owner */
	assert_int_equal(put(&page, RV_REC_ADOPTED, 1, (const struct rv_val[]){RU(1)}), RV_OK);
	OK(&page, RV_REC_SHEET_DROP, RU(2));
	rv_mirror_free(page.mirror);
}

/* ---- random records ---- */

static enum rv_status copy_record(void *user, const struct rv_rec *rec)
{
	return rv_mirror_apply(user, rec);
}

struct watch { struct random_maker *maker; uint32_t applied, refused, every; };

static void watch_record(void *user, const struct rv_rec *rec, enum rv_status status, uint32_t before)
{
	struct watch *watch = user;
	if (status != RV_OK) {
		watch->refused++;
		assert_int_equal(rv_mirror_hash(watch->maker->mirror), before);
		return;
	}
	if (++watch->applied % watch->every)
		return;
	struct rv_mirror *copy = rv_mirror_new(NULL);
	assert_int_equal(rv_mirror_dump(watch->maker->mirror, copy_record, copy), RV_OK);
	assert_int_equal(rv_mirror_hash(copy), rv_mirror_hash(watch->maker->mirror));
	assert_int_equal(rv_mirror_nodes(copy), rv_mirror_nodes(watch->maker->mirror));
	rv_mirror_free(copy);
}

static void test_random(void **state)
{
	uint32_t applied = 0, refused = 0;
	for (uint32_t seed = 1; seed <= 60; seed++) {
		struct watch watch = {.every = seed % 3 ? 97 : 7};
		struct random_maker maker = {.gentle = seed % 2, .seen = watch_record, .user = &watch};
		watch.maker = &maker;
		random_make(&maker, seed, 900);
		random_free(&maker);
		applied += watch.applied;
		refused += watch.refused;
	}
	assert_true(applied > 10000 && refused > 5000);
}

/* A mirror and its dump go on alike. */
static struct rv_mirror *twin;

static void watch_twin(void *user, const struct rv_rec *rec, enum rv_status status, uint32_t before)
{
	struct watch *watch = user;
	struct rv_mirror *mirror = watch->maker->mirror;
	if (!twin) {
		twin = rv_mirror_new(NULL);
		assert_int_equal(rv_mirror_dump(mirror, copy_record, twin), RV_OK);
		return;
	}
	assert_int_equal(rv_mirror_apply(twin, rec), status);
	assert_int_equal(rv_mirror_hash(twin), rv_mirror_hash(mirror));
	if (++watch->applied % 200 == 0) {
		rv_mirror_free(twin);
		twin = NULL;
	}
}

static void test_twin(void **state)
{
	for (uint32_t seed = 100; seed < 140; seed++) {
		struct watch watch = {0};
		struct random_maker maker = {.gentle = seed % 2, .seen = watch_twin, .user = &watch};
		watch.maker = &maker;
		twin = NULL;
		random_make(&maker, seed, 900);
		rv_mirror_free(twin);
		random_free(&maker);
	}
}

/* ---- bounds and failures ---- */

static void test_limits(void **state)
{
	const struct rv_mirror_limits limits = {.max_nodes = 12, .max_text_bytes = 2000};
	struct random_maker maker = {.gentle = true};
	random_make(&maker, 5, 600);
	struct rv_mirror *mirror = rv_mirror_new(&limits);
	struct rv_arena arena;
	struct rv_segment_reader reader;
	struct rv_span segment;
	struct rv_rec rec;
	size_t pos = 0;
	uint32_t bounds = 0;
	rv_arena_init(&arena, 16 << 20);
	while (rv_stream_next(rv_buf_get(&maker.stream), &pos, &segment) == RV_OK) {
		rv_arena_reset(&arena);
		assert_int_equal(rv_segment_open(&reader, segment, &arena), RV_OK);
		while (rv_segment_next(&reader, &rec) == RV_OK) {
			uint32_t before = rv_mirror_hash(mirror);
			enum rv_status status = rv_mirror_apply(mirror, &rec);
			bounds += status == RV_LIMIT;
			if (status != RV_OK)
				assert_int_equal(rv_mirror_hash(mirror), before);
			assert_true(rv_mirror_nodes(mirror) <= 12);
		}
	}
	assert_true(bounds > 10);
	rv_arena_deinit(&arena);
	rv_mirror_free(mirror);
	random_free(&maker);
}

/* Every record of a stream, each allocation of it failing once. */
static void test_memory_everywhere(void **state)
{
	struct random_maker maker = {.gentle = false};
	random_make(&maker, 9, 500);
	struct rv_mirror *mirror = rv_mirror_new(NULL);
	struct rv_arena arena;
	struct rv_segment_reader reader;
	struct rv_span segment;
	struct rv_rec rec;
	size_t pos = 0;
	uint32_t failures = 0;
	rv_arena_init(&arena, 16 << 20);
	while (rv_stream_next(rv_buf_get(&maker.stream), &pos, &segment) == RV_OK) {
		rv_arena_reset(&arena);
		assert_int_equal(rv_segment_open(&reader, segment, &arena), RV_OK);
		while (rv_segment_next(&reader, &rec) == RV_OK) {
			uint32_t before = rv_mirror_hash(mirror);
			for (long nth = 1;; nth++) {
				rv_fail_alloc(nth);
				enum rv_status status = rv_mirror_apply(mirror, &rec);
				bool fired = rv_fail_alloc_fired();
				rv_fail_alloc(0);
				if (!fired) {
					assert_int_equal(status, RV_OK);
					break;
				}
				failures++;
				assert_int_equal(status, RV_MEMORY);
				assert_int_equal(rv_mirror_hash(mirror), before);
			}
		}
	}
	assert_true(failures > 200);
	assert_int_equal(rv_mirror_hash(mirror), rv_mirror_hash(maker.mirror));
	rv_arena_deinit(&arena);
	rv_mirror_free(mirror);
	random_free(&maker);
}

/* A chain of 120,000 elements: nothing may recurse. */
static void test_deep(void **state)
{
	const struct rv_mirror_limits limits = {.max_nodes = 120000};
	struct page page;
	page_init(&page);
	rv_mirror_free(page.mirror);
	page.mirror = rv_mirror_new(&limits);
	const struct rv_rec epoch = {.type = RV_REC_EPOCH, .n = 7, .v = (const struct rv_val[]){{.f = 1}, RU(1), RU(1), RU(1), RT(""), RT(""), RU(1)}};
	assert_int_equal(rv_mirror_apply(page.mirror, &epoch), RV_OK);
	OK(&page, RV_REC_DOCUMENT, RU(1), RU(0), RU(0), RT(""));
	enum rv_status status = RV_OK;
	uint32_t id = 2;
	for (; status == RV_OK; id++) {
		const struct rv_val v[] = {RU(id), RU(id - 1), RU(0), RU(0), RT("div")};
		const struct rv_rec rec = {.type = RV_REC_ELEMENT, .n = 5, .v = v};
		status = rv_mirror_apply(page.mirror, &rec);
	}
	assert_int_equal(status, RV_LIMIT);
	assert_int_equal(rv_mirror_nodes(page.mirror), 120000);
	assert_int_equal(PUT(&page, RV_REC_MOVE, RU(3), RU(id - 3), RU(0)), RV_LIMIT); /* too far up to look */
	struct rv_mirror *copy = rv_mirror_new(&limits);
	assert_int_equal(rv_mirror_dump(page.mirror, copy_record, copy), RV_OK);
	assert_int_equal(rv_mirror_hash(copy), rv_mirror_hash(page.mirror));
	OK(&page, RV_REC_REMOVE, RU(2));
	assert_int_equal(rv_mirror_nodes(page.mirror), 1);
	rv_mirror_free(copy);
	rv_mirror_free(page.mirror);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_state), cmocka_unit_test(test_live),
		cmocka_unit_test(test_sheets),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_twin),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_memory_everywhere),
		cmocka_unit_test(test_deep),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
