/* Frames of another origin beside the page's stream, and the drift check. */
#include "cmocka_all.h"
#include "capture_make.h"
#include "mask.h"

enum { FRAME = 50, TOP = 1u << 31 };

/* A page with an iframe as the last child of body. */
struct world {
	struct rv_core *core;
	struct make_batch page, frame;
	uint32_t part;
};

static void put_frame(struct make_batch *batch, uint32_t t, uint32_t id, uint32_t flags)
{
	ADD(batch, t, RV_REC_ELEMENT, make_u(id), make_u(3), make_u(0), make_u(flags), make_s("iframe"), make_s("src"), make_s("https://other.test/"));
}

/* The frame's document: 1 document, 2 html, 3 body, 4 text. */
static void put_document(struct make_batch *batch, uint32_t t, double wall)
{
	ADD(batch, t, RV_REC_EPOCH, make_f(wall), make_u(300), make_u(150), make_u(1000), make_s("https://other.test/"), make_s(NULL), make_u(1));
	ADD(batch, t, RV_REC_DOCUMENT, make_u(1), make_u(0), make_u(0), make_s("https://other.test/"));
	ADD(batch, t, RV_REC_ELEMENT, make_u(2), make_u(1), make_u(0), make_u(0), make_s("html"));
	ADD(batch, t, RV_REC_ELEMENT, make_u(3), make_u(2), make_u(0), make_u(0), make_s("body"), make_s("class"), make_s("dark"));
	ADD(batch, t, RV_REC_TEXT, make_u(4), make_u(3), make_u(0), make_u(3), make_s("inside"));
	ADD(batch, t, RV_REC_SNAPSHOT_DONE);
}

static enum rv_status send_part(struct world *world, uint32_t now_ms)
{
	make_batch_end(&world->frame);
	return rv_core_part(world->core, world->part, now_ms, rv_buf_get(&world->frame.words), rv_buf_get(&world->frame.strings));
}

static void open_world(struct world *world, const char *options, uint32_t flags)
{
	world->core = make_core(options);
	make_batch_init(&world->page);
	make_batch_init(&world->frame);
	make_batch_begin(&world->page, 0);
	add_page(&world->page, 0, WALL);
	put_frame(&world->page, 10, FRAME, flags);
	ADD(&world->page, 10, RV_REC_SNAPSHOT_DONE);
	assert_int_equal(send_batch(world->core, &world->page), RV_OK);
	world->part = rv_core_join(world->core, FRAME, 0, RV_LEVEL_NONE);
	assert_true(world->part);
	make_batch_begin(&world->frame, 0);
	put_document(&world->frame, 0, WALL + 20);
	assert_int_equal(send_part(world, 100), RV_OK);
}

static void close_world(struct world *world)
{
	struct rv_buf out;

	/* Whatever happened: what is exported shows the document as it is. */
	rv_buf_init(&out, 64 << 20);
	assert_int_equal(rv_core_export(world->core, 0, 0, &out), RV_OK);
	assert_int_equal(hash_at(rv_buf_get(&out), 9e15), rv_mirror_hash(rv_core_mirror(world->core)));
	rv_buf_deinit(&out);
	make_batch_deinit(&world->page);
	make_batch_deinit(&world->frame);
	rv_core_free(world->core);
}

/* The document in the frame, NULL without one. */
static const struct rv_node *inside(const struct world *world)
{
	const struct rv_mirror *mirror = rv_core_mirror(world->core);
	const struct rv_node *frame = rv_mirror_find(mirror, FRAME);

	return frame ? rv_mirror_slot(mirror, frame->frame) : NULL;
}

/* A node of the frame by the id that its encoder gave it. */
static const struct rv_node *node_of(const struct world *world, uint32_t id)
{
	return rv_mirror_find(rv_core_mirror(world->core), inside(world)->id - 1 + id);
}

static void test_join(void **state)
{
	struct world world;

	open_world(&world, "", 0);
	assert_non_null(inside(&world));
	assert_true(inside(&world)->id > TOP);
	assert_true(rv_span_is(node_of(&world, 4)->text, "inside"));
	assert_int_equal(rv_mirror_epoch(rv_core_mirror(world.core))->width, 800);
	assert_true(rv_span_is(rv_mirror_epoch(rv_core_mirror(world.core))->url, "https://shop.test/a?token=[redacted]"));

	/* Both go on, each with its own sequence and strings, and the page's clock a little behind. */
	make_batch_begin(&world.frame, 0);
	ADD(&world.frame, 100, RV_REC_TEXT_SET, make_u(4), make_s("changed"));
	ADD(&world.frame, 100, RV_REC_SHEET, make_u(1), make_u(0), make_u(0), make_s(NULL), make_s(NULL));
	ADD(&world.frame, 100, RV_REC_RULE_INSERT, make_u(1), make_s("a{}"), make_u(0));
	ADD(&world.frame, 100, RV_REC_ADOPTED, make_u(1), make_u(1));
	ADD(&world.frame, 100, RV_REC_VIEWPORT, make_u(1), make_u(1), make_u(1));
	ADD(&world.frame, 100, RV_REC_NAVIGATE, make_u(0), make_s("https://other.test/b"));
	ADD(&world.frame, 100, RV_REC_SELECTION);
	ADD(&world.frame, 100, RV_REC_SELECTION, make_u(4), make_u(0), make_u(4), make_u(7));
	ADD(&world.frame, 100, RV_REC_NETWORK, make_u(0), make_u(4000000000u), make_s("GET"), make_s("/"), make_u(200), make_u(0), make_u(0), make_u(0), make_u(0), make_s(NULL), make_s(NULL));
	ADD(&world.frame, 100, RV_REC_CONSOLE, make_u(0), make_u(1), make_s(NULL), make_s("from the frame"));
	assert_int_equal(send_part(&world, 200), RV_OK);
	assert_int_equal(rv_mirror_epoch(rv_core_mirror(world.core))->last_ms, 120);
	assert_int_equal(rv_mirror_epoch(rv_core_mirror(world.core))->width, 800);
	assert_int_equal(inside(&world)->n_adopted, 1);
	assert_true(rv_span_is(node_of(&world, 4)->text, "changed"));
	/* Another document in the place of the first, as document.open() makes it. */
	make_batch_begin(&world.frame, 0);
	ADD(&world.frame, 100, RV_REC_REMOVE, make_u(1));
	ADD(&world.frame, 100, RV_REC_DOCUMENT, make_u(11), make_u(0), make_u(0), make_s(""));
	ADD(&world.frame, 100, RV_REC_ELEMENT, make_u(12), make_u(11), make_u(0), make_u(0), make_s("html"));
	assert_int_equal(send_part(&world, 200), RV_OK);
	assert_int_equal(rv_mirror_slot(rv_core_mirror(world.core), inside(&world)->first)->kind, RV_NODE_ELEMENT);
	make_batch_begin(&world.page, 0);
	ADD(&world.page, 60, RV_REC_ATTRIBUTES, make_u(3), make_s("class"), make_s("late"));
	assert_int_equal(send_batch(world.core, &world.page), RV_OK);
	assert_int_equal(rv_mirror_epoch(rv_core_mirror(world.core))->last_ms, 120);
	/* Of its own the page's time still may not go back. */
	make_batch_begin(&world.page, 0);
	ADD(&world.page, 50, RV_REC_ATTRIBUTES, make_u(3), make_s("class"), make_s("back"));
	assert_int_equal(send_batch(world.core, &world.page), RV_ORDER);
	assert_non_null(inside(&world));
	close_world(&world);
}

/* Times from the frame stay between the last record and now, whatever its clock says. */
static void test_times(void **state)
{
	static const double walls[] = {WALL - 1e12, 0, 8e15, WALL + 50, -1e300, 1e300};
	size_t i;

	for (i = 0; i < sizeof(walls) / sizeof(*walls); i++) {
		struct world world;

		open_world(&world, "", 0);
		rv_core_leave(world.core, world.part);
		world.part = rv_core_join(world.core, FRAME, 0, 0);
		make_batch_deinit(&world.frame);
		make_batch_init(&world.frame);
		make_batch_begin(&world.frame, 0);
		put_document(&world.frame, 4000000000u, walls[i]);
		assert_int_equal(send_part(&world, 500), RV_OK);
		assert_in_range(rv_mirror_epoch(rv_core_mirror(world.core))->last_ms, 20, 500);
		make_batch_begin(&world.page, 0);
		ADD(&world.page, 500, RV_REC_ATTRIBUTES, make_u(3), make_s("class"), make_s("x"));
		assert_int_equal(send_batch(world.core, &world.page), RV_OK);
		close_world(&world);
	}
}

/* Each of these ends the part, takes its document out and leaves the page alone. */
static void test_hostile(void **state)
{
	uint32_t i, nodes;

	for (i = 0; i < 12; i++) {
		struct world world;
		struct make_batch *batch = &world.frame;

		open_world(&world, "", 0);
		nodes = rv_mirror_nodes(rv_core_mirror(world.core)) - 4;
		make_batch_begin(batch, 0);
		ADD(batch, 100, RV_REC_SHEET, make_u(9), make_u(0), make_u(0), make_s(NULL), make_s(NULL));
		ADD(batch, 100, RV_REC_TEXT_SET, make_u(4), make_s("good"));
		switch (i) {
		case 0: ADD(batch, 100, RV_REC_TEXT_SET, make_u(77), make_s("x")); break;
		case 1: ADD(batch, 100, RV_REC_REMOVE, make_u(FRAME + 1)); break;
		case 2: ADD(batch, 100, RV_REC_REMOVE, make_u(TOP + 1)); break;
		case 3: ADD(batch, 100, RV_REC_REMOVE, make_u(1 << 22)); break;
		case 4: ADD(batch, 100, RV_REC_DOCUMENT, make_u(9), make_u(0), make_u(0), make_s("")); break;
		case 5: ADD(batch, 100, RV_REC_MOVE, make_u(3), make_u(0), make_u(0)); break;
		case 6: ADD(batch, 100, RV_REC_EPOCH, make_f(WALL), make_u(1), make_u(1), make_u(1), make_s(""), make_s(NULL), make_u(1)); break;
		case 7: ADD(batch, 100, RV_REC_SELECTION, make_u(1 << 30), make_u(0), make_u(1), make_u(0)); break;
		case 8: batch->seq++; break;
		case 9: rv_buf_u32le(&batch->records, 200 | 1 << 8); break;
		case 10: rv_buf_u32le(&batch->records, RV_REC_REMOVE | 900 << 8); break;
		case 11: ADD(batch, 100, RV_REC_ADOPTED, make_u(1), make_u(9), make_u(1 << 23)); break;
		}
		assert_int_not_equal(send_part(&world, 300), RV_OK);
		assert_null(inside(&world));
		assert_int_equal(rv_mirror_nodes(rv_core_mirror(world.core)), nodes);
		make_batch_begin(batch, 0);
		ADD(batch, 200, RV_REC_TEXT_SET, make_u(4), make_s("x"));
		assert_int_equal(send_part(&world, 400), RV_NOT_FOUND);
		make_batch_begin(&world.page, 0);
		ADD(&world.page, 300, RV_REC_ATTRIBUTES, make_u(3), make_s("class"), make_s("x"));
		assert_int_equal(send_batch(world.core, &world.page), RV_OK);
		/* The same frame may join again. */
		world.part = rv_core_join(world.core, FRAME, 0, 0);
		make_batch_deinit(batch);
		make_batch_init(batch);
		make_batch_begin(batch, 0);
		put_document(batch, 0, WALL + 300);
		assert_int_equal(send_part(&world, 500), RV_OK);
		assert_true(rv_span_is(node_of(&world, 4)->text, "inside"));
		close_world(&world);
	}
}

static void test_too_large(void **state)
{
	struct world world;
	enum rv_status status = RV_OK;
	uint32_t id = 10, i;

	open_world(&world, "", 0);
	while (status == RV_OK) {
		make_batch_begin(&world.frame, 0);
		for (i = 0; i < 4000; i++)
			ADD(&world.frame, 100, RV_REC_ELEMENT, make_u(id++), make_u(3), make_u(0), make_u(0), make_s("p"));
		status = send_part(&world, 200);
		assert_true(id < 40000);
	}
	assert_int_equal(status, RV_LIMIT);
	assert_null(inside(&world));
	close_world(&world);
}

static void test_masking(void **state)
{
	struct world world;
	struct make_batch *batch = &world.frame;
	uint32_t i;

	for (i = 0; i < 3; i++) {
		open_world(&world, i == 2 ? "{\"level\":\"strict\"}" : "{\"level\":\"none\"}", i == 0 ? RV_EL_MASK : RV_EL_ALLOW);
		if (i == 1) {
			/* The stricter of both levels. */
			make_batch_deinit(batch);
			make_batch_init(batch);
			world.part = rv_core_join(world.core, FRAME, 0, RV_LEVEL_STRICT);
			make_batch_begin(batch, 0);
			put_document(batch, 0, WALL + 20);
			assert_int_equal(send_part(&world, 100), RV_OK);
		}
		assert_true(rv_span_is(node_of(&world, 4)->text, "******"));
		make_batch_begin(batch, 0);
		ADD(batch, 100, RV_REC_ELEMENT, make_u(5), make_u(3), make_u(0), make_u(RV_EL_ALLOW), make_s("p"));
		ADD(batch, 100, RV_REC_TEXT, make_u(6), make_u(5), make_u(0), make_u(3), make_s("allowed"));
		assert_int_equal(send_part(&world, 200), RV_OK);
		/* What the frame allows holds against levels, not against the element it stands in. */
		assert_true(rv_span_is(node_of(&world, 6)->text, i == 0 ? "*******" : "allowed"));
		make_batch_begin(&world.page, 0);
		ADD(&world.page, 300, RV_REC_ELEMENT, make_u(60), make_u(3), make_u(0), make_u(0), make_s("p"), make_s("title"), make_s("abc"));
		assert_int_equal(send_batch(world.core, &world.page), RV_OK);
		assert_true(rv_span_is(rv_mirror_attribute(rv_mirror_find(rv_core_mirror(world.core), 60), "title"), i == 2 ? "***" : "abc"));
		close_world(&world);
	}
}

static void test_ends(void **state)
{
	struct world world;
	uint32_t first, i;

	open_world(&world, "", 0);
	/* The frame shows another page of its origin. */
	rv_core_leave(world.core, world.part);
	assert_null(inside(&world));
	rv_core_leave(world.core, world.part);
	/* Of two that were offered the frame uses the first; the other is over then. */
	first = rv_core_join(world.core, FRAME, 0, 0);
	world.part = rv_core_join(world.core, FRAME, 0, 0);
	assert_true(first && world.part && first != world.part);
	make_batch_deinit(&world.frame);
	make_batch_init(&world.frame);
	make_batch_begin(&world.frame, 0);
	put_document(&world.frame, 0, WALL);
	make_batch_end(&world.frame);
	assert_int_equal(rv_core_part(world.core, first, 100, rv_buf_get(&world.frame.words), rv_buf_get(&world.frame.strings)), RV_OK);
	assert_int_equal(rv_core_part(world.core, world.part, 100, rv_buf_get(&world.frame.words), rv_buf_get(&world.frame.strings)), RV_NOT_FOUND);
	/* A document that comes takes the place of the one before. */
	world.part = rv_core_join(world.core, FRAME, 0, 0);
	assert_true(rv_span_is(node_of(&world, 4)->text, "inside"));
	assert_int_equal(rv_core_part(world.core, world.part, 100, rv_buf_get(&world.frame.words), rv_buf_get(&world.frame.strings)), RV_OK);
	assert_int_equal(rv_core_part(world.core, first, 100, rv_span("", 0), rv_span("", 0)), RV_NOT_FOUND);
	/* Offers that nobody takes do not use up the places. */
	for (i = 0; i < 100; i++)
		assert_true(rv_core_join(world.core, FRAME, 0, 0));
	rv_core_leave(world.core, world.part);
	assert_null(inside(&world));
	world.part = rv_core_join(world.core, FRAME, 0, 0);
	/* It shows a page of the parent's origin, which the page's own stream describes. */
	make_batch_deinit(&world.frame);
	make_batch_init(&world.frame);
	make_batch_begin(&world.frame, 0);
	put_document(&world.frame, 0, WALL);
	assert_int_equal(send_part(&world, 100), RV_OK);
	make_batch_begin(&world.page, 0);
	ADD(&world.page, 100, RV_REC_DOCUMENT, make_u(90), make_u(FRAME), make_u(0), make_s("about:blank"));
	assert_int_equal(send_batch(world.core, &world.page), RV_OK);
	assert_int_equal(inside(&world)->id, 90);
	assert_int_equal(rv_core_join(world.core, FRAME, 0, 0), 0);
	/* Frames that are none, blocked, or too many. */
	assert_int_equal(rv_core_join(world.core, 3, 0, 0), 0);
	make_batch_begin(&world.page, 0);
	put_frame(&world.page, 200, 200, RV_EL_BLOCK);
	for (i = 0; i < 10; i++)
		put_frame(&world.page, 200, 300 + i, 0);
	assert_int_equal(send_batch(world.core, &world.page), RV_OK);
	assert_int_equal(rv_core_join(world.core, 200, 0, 0), 0);
	assert_int_equal(rv_core_join(world.core, 999, 0, 0), 0);
	for (i = 0; i < 10; i++) {
		world.part = rv_core_join(world.core, 300 + i, 0, 0);
		assert_int_equal(world.part != 0, i < 8);
		if (i >= 8)
			continue;
		make_batch_deinit(&world.frame);
		make_batch_init(&world.frame);
		make_batch_begin(&world.frame, 0);
		put_document(&world.frame, 0, WALL);
		assert_int_equal(send_part(&world, 300), RV_OK);
		first = world.part;
	}
	/* The element of the last one goes. */
	world.part = first;
	make_batch_begin(&world.page, 0);
	ADD(&world.page, 300, RV_REC_REMOVE, make_u(307));
	assert_int_equal(send_batch(world.core, &world.page), RV_OK);
	make_batch_begin(&world.frame, 0);
	ADD(&world.frame, 400, RV_REC_TEXT_SET, make_u(4), make_s("x"));
	assert_int_equal(send_part(&world, 400), RV_NOT_FOUND);
	/* The page begins anew. */
	world.part = rv_core_join(world.core, 301, 0, 0);
	assert_true(world.part);
	rv_core_restart(world.core);
	make_batch_deinit(&world.page);
	make_batch_init(&world.page);
	make_batch_begin(&world.page, 0);
	add_page(&world.page, 0, WALL + 1000);
	assert_int_equal(send_batch(world.core, &world.page), RV_OK);
	make_batch_begin(&world.frame, 0);
	assert_int_equal(send_part(&world, 400), RV_NOT_FOUND);
	close_world(&world);
}

/* A batch of the page's that turns out bad does not cost the frame's records. */
static void test_rewind(void **state)
{
	struct world world;

	open_world(&world, "{\"segment_ms\":50,\"checkpoint_ms\":100}", 0);
	make_batch_begin(&world.page, 0);
	ADD(&world.page, 100, RV_REC_ATTRIBUTES, make_u(3), make_s("class"), make_s("x"));
	ADD(&world.page, 100, RV_REC_REMOVE, make_u(999));
	assert_int_equal(send_batch(world.core, &world.page), RV_ORDER);
	assert_true(rv_span_is(node_of(&world, 4)->text, "inside"));
	make_batch_begin(&world.frame, 0);
	ADD(&world.frame, 300, RV_REC_TEXT_SET, make_u(4), make_s("goes on"));
	assert_int_equal(send_part(&world, 400), RV_OK);
	assert_true(rv_span_is(node_of(&world, 4)->text, "goes on"));
	close_world(&world);
}

/* ---- drift ---- */

/* drift.h once more, as the page does it. */
static uint32_t page_hash(const char *text, uint32_t hash)
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619u;
	return hash;
}

static uint32_t page_check(uint32_t structure, uint32_t parent, uint32_t before, uint32_t after, uint32_t first, uint32_t values)
{
	return (structure + parent * 31 + before * 37 + after * 41 + first * 43) << 16 | (values & 0xffff);
}

static uint32_t drift_n(const struct rv_core *core)
{
	return (uint32_t)rv_core_drift(core).len / 4;
}

static void test_drift(void **state)
{
	struct world world;
	uint32_t text = page_check(3, 3, 0, 0, 0, page_hash("inside", 0));
	uint32_t body = page_check(page_hash("body", 0), 2, 0, 0, 4, page_hash("dark", page_hash("class", 0)));
	uint32_t redacted, long_text;
	char much[300];

	open_world(&world, "", 0);
	make_batch_begin(&world.frame, 0);
	ADD(&world.frame, 100, RV_REC_CHECK, make_u(4), make_u(text), make_u(3), make_u(body));
	assert_int_equal(send_part(&world, 200), RV_OK);
	assert_int_equal(drift_n(world.core), 0);
	/* Another text, another neighbour, another attribute, a node that is not there. */
	make_batch_begin(&world.frame, 0);
	ADD(&world.frame, 100, RV_REC_CHECK, make_u(4), make_u(page_check(3, 3, 0, 0, 0, page_hash("outside", 0))), make_u(4), make_u(text + (7 << 16)), make_u(3),
		make_u(body ^ 1), make_u(3), make_u(body & 0xffff0000u), make_u(88), make_u(0), make_u(4), make_u(text & 0xffff0000u));
	assert_int_equal(send_part(&world, 200), RV_OK);
	assert_int_equal(drift_n(world.core), 4);
	assert_memory_equal(rv_core_drift(world.core).ptr, ((uint32_t[]){4, 4, 3, 88}), 16);
	/* Nothing of it is kept. */
	assert_int_equal(counter_of(world.core, RV_COUNTER_REJECTED), 0);

	/* The page's own: values that were redacted or look like addresses do not count, the structure does. */
	memset(much, 'x', sizeof(much) - 1);
	much[sizeof(much) - 1] = 0;
	make_batch_begin(&world.page, 0);
	ADD(&world.page, 100, RV_REC_ELEMENT, make_u(70), make_u(3), make_u(0), make_u(0), make_s("a"), make_s("data-token"), make_s("abc"));
	ADD(&world.page, 100, RV_REC_ELEMENT, make_u(71), make_u(3), make_u(0), make_u(0), make_s("a"), make_s("href"), make_s("/b"), make_s("id"), make_s("\xc3\xa4\xf0\x9f\x98\x80"));
	ADD(&world.page, 100, RV_REC_TEXT, make_u(72), make_u(71), make_u(0), make_u(3), make_s(much));
	assert_int_equal(send_batch(world.core, &world.page), RV_OK);
	much[100] = 0;
	redacted = page_check(page_hash("a", 0), 3, FRAME, 71, 0, page_hash("abc", page_hash("data-token", 0)));
	long_text = page_check(3, 71, 0, 0, 0, page_hash(much, 0));
	make_batch_begin(&world.page, 0);
	ADD(&world.page, 100, RV_REC_CHECK, make_u(70), make_u(redacted), make_u(72), make_u(long_text), make_u(71), make_u(page_check(page_hash("a", 0), 3, 70, 0, 72,
		page_hash("href", 0) + ((((page_hash("id", 0) ^ 0xe4) * 16777619u ^ 0xd83d) * 16777619u ^ 0xde00) * 16777619u))));
	assert_int_equal(send_batch(world.core, &world.page), RV_OK);
	assert_int_equal(drift_n(world.core), 0);
	make_batch_begin(&world.page, 0);
	ADD(&world.page, 100, RV_REC_CHECK, make_u(70), make_u(redacted + (1 << 16)));
	assert_int_equal(send_batch(world.core, &world.page), RV_OK);
	assert_int_equal(drift_n(world.core), 1);
	/* A batch that turns out bad says nothing. */
	make_batch_begin(&world.page, 0);
	ADD(&world.page, 100, RV_REC_CHECK, make_u(70), make_u(0));
	ADD(&world.page, 100, RV_REC_REMOVE, make_u(999));
	assert_int_equal(send_batch(world.core, &world.page), RV_ORDER);
	assert_int_equal(drift_n(world.core), 0);
	close_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_masking),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_rewind),
		cmocka_unit_test(test_drift),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
