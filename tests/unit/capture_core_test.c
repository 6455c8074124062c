/* The core: exact windows, batches as a whole or not at all, survival, bounds. */
#include "cmocka_all.h"
#include "capture_make.h"
#include "fail_alloc.h"
#include "mask.h"
#include <math.h>

enum { STEP_MS = 50 };

static struct rv_buf export_of(struct rv_core *core, double from, double to)
{
	struct rv_buf out;

	rv_buf_init(&out, 64 << 20);
	assert_int_equal(rv_core_export(core, from, to, &out), RV_OK);
	return out;
}

/* ---- windows ---- */

struct span_of_time {
	double first, last;
	uint32_t n;
};

static void note_time(void *user, const struct rv_segment_head *head, const struct rv_rec *rec)
{
	struct span_of_time *time = user;
	double wall = head->epoch_wall_ms + rec->t_ms;

	if (!time->n++)
		time->first = wall;
	assert_true(wall >= time->last);
	time->last = wall;
}

/* 60 s of steady changes into a core with a 10 s window and into one that keeps everything. */
static void test_window(void **state)
{
	struct rv_core *core = make_core("{\"window_ms\":10000,\"checkpoint_ms\":3000,\"segment_ms\":500}");
	struct rv_core *all = make_core("{\"window_ms\":600000}");
	double end = WALL + 60000, from = end - 10000, at;
	struct span_of_time time = {0};
	struct rv_buf cut, full;
	struct scene scene;
	uint32_t t, expected = 0, cut_records;

	scene_init(&scene);
	for (t = 0; t < 60000; t += STEP_MS) {
		scene_step(&scene, t, WALL);
		assert_int_equal(send_batch(core, &scene.batch), RV_OK);
		assert_int_equal(rv_core_batch(all, rv_buf_get(&scene.batch.words), rv_buf_get(&scene.batch.strings)), RV_OK);
	}
	/* The last record is at 59,956: the window ends there and begins 10 s before. */
	end = WALL + 60000 - STEP_MS + 6;
	from = end - 10000;
	cut = export_of(core, 0, 0);
	full = export_of(all, 0, 0);
	cut_records = each_record(rv_buf_get(&cut), note_time, &time);
	assert_true(time.first >= from);
	assert_true(time.first < from + STEP_MS);
	assert_true(time.last == end);
	time = (struct span_of_time){0};
	each_record(rv_buf_get(&full), note_time, &time);
	assert_true(time.first == WALL);
	/* To the record: the same as a cut of the whole recording holds. */
	{
		struct rv_buf whole = export_of(all, from, end);

		expected = each_record(rv_buf_get(&whole), NULL, NULL);
		assert_int_equal(cut_records, expected);
		assert_int_equal(whole.len, cut.len);
		assert_memory_equal(whole.ptr, cut.ptr, cut.len);
		rv_buf_deinit(&whole);
	}
	for (at = from; at <= end; at += 613)
		assert_int_equal(hash_at(rv_buf_get(&cut), at), hash_at(rv_buf_get(&full), at));
	assert_int_equal(hash_at(rv_buf_get(&cut), end), rv_mirror_hash(rv_core_mirror(core)));
	assert_int_equal(counter_of(core, RV_COUNTER_ORDER_VIOLATIONS), 0);
	assert_int_equal(counter_of(core, RV_COUNTER_SNAPSHOTS), 1);
	assert_true(counter_of(core, RV_COUNTER_EVICTED) > 0);
	assert_true(counter_of(core, RV_COUNTER_SEGMENTS) < 60);
	make_batch_deinit(&scene.batch);
	rv_buf_deinit(&cut);
	rv_buf_deinit(&full);
	rv_core_free(core);
	rv_core_free(all);
}

/* A window that begins on an earlier page holds both. */
static void test_two_pages(void **state)
{
	struct rv_core *core = make_core("{\"window_ms\":10000,\"checkpoint_ms\":2000}");
	struct span_of_time time = {0};
	struct rv_buf cut;
	struct scene scene;
	double end;
	uint32_t t, page;

	for (page = 0; page < 2; page++) {
		scene_init(&scene);
		rv_core_restart(core);
		for (t = 0; t < 7000; t += STEP_MS) {
			scene_step(&scene, t, WALL + page * 8000);
			assert_int_equal(send_batch(core, &scene.batch), RV_OK);
		}
		make_batch_deinit(&scene.batch);
	}
	end = WALL + 15000 - STEP_MS + 6;
	cut = export_of(core, 0, 0);
	each_record(rv_buf_get(&cut), note_time, &time);
	assert_true(time.first >= end - 10000 && time.first < end - 10000 + STEP_MS);
	assert_int_equal(hash_at(rv_buf_get(&cut), end), rv_mirror_hash(rv_core_mirror(core)));
	rv_buf_deinit(&cut);
	rv_core_free(core);
}

/* Nobody touches the page for longer than the window: what it shows is exported all the same. */
static void test_idle(void **state)
{
	struct rv_core *core = make_core("{\"window_ms\":10000}");
	struct rv_buf cut;
	struct scene scene;
	uint32_t t;

	scene_init(&scene);
	for (t = 0; t < 5000; t += STEP_MS) {
		scene_step(&scene, t, WALL);
		assert_int_equal(send_batch(core, &scene.batch), RV_OK);
	}
	assert_int_equal(rv_core_seal(core, 100000, false), RV_OK);
	cut = export_of(core, 0, 0);
	assert_int_equal(hash_at(rv_buf_get(&cut), WALL + 100000), rv_mirror_hash(rv_core_mirror(core)));
	rv_buf_deinit(&cut);
	make_batch_deinit(&scene.batch);
	rv_core_free(core);
}

/* ---- bounds ---- */

static void test_bytes(void **state)
{
	struct rv_core *core = make_core("{\"window_ms\":3600000,\"max_bytes\":65536,\"segment_bytes\":4096,\"checkpoint_bytes\":16384}");
	struct rv_buf cut;
	struct scene scene;
	uint32_t t;

	scene_init(&scene);
	for (t = 0; t < 200000; t += STEP_MS) {
		scene_step(&scene, t, WALL);
		assert_int_equal(send_batch(core, &scene.batch), RV_OK);
		assert_true(counter_of(core, RV_COUNTER_RING_BYTES) <= 65536);
	}
	assert_true(counter_of(core, RV_COUNTER_EVICTED) > 0);
	assert_true(counter_of(core, RV_COUNTER_RING_BYTES) > 16384);
	cut = export_of(core, 0, 0);
	assert_int_equal(hash_at(rv_buf_get(&cut), WALL + 300000), rv_mirror_hash(rv_core_mirror(core)));
	rv_buf_deinit(&cut);
	make_batch_deinit(&scene.batch);
	rv_core_free(core);
}

/* ---- batches ---- */

static void send_garbage(struct rv_core *core, uint32_t *seed, uint32_t round)
{
	uint8_t words[512], strings[128];
	size_t n = make_random(seed) % sizeof(words) & ~(size_t)3, m = make_random(seed) % sizeof(strings), i;

	for (i = 0; i < n; i++)
		words[i] = (uint8_t)make_random(seed);
	for (i = 0; i < m; i++)
		strings[i] = (uint8_t)make_random(seed);
	if (round & 1 && n >= 32) { /* a head that is right, so that records are reached */
		const uint32_t head[8] = {RV_BATCH_MAGIC, RV_ABI_HASH, round, 0, 1, 0, 0, (uint32_t)n / 4};

		memcpy(words, head, sizeof(head));
		m = 0;
	}
	if (rv_core_batch(core, rv_span(words, n), rv_span(strings, m)) == RV_OK)
		fail_msg("garbage was taken");
}

/* Bytes of a valid batch changed; true when the core took it all the same. */
static bool send_mutated(struct rv_core *core, struct make_batch *batch, uint32_t *seed)
{
	struct rv_buf *buf = make_random(seed) % 4 ? &batch->words : &batch->strings;
	size_t len[2] = {batch->words.len, batch->strings.len};
	uint8_t *words = malloc(len[0]), *strings = malloc(len[1] + 1);
	uint32_t n = 1 + make_random(seed) % 3, i;
	enum rv_status status;

	memcpy(words, batch->words.ptr, len[0]);
	if (len[1])
		memcpy(strings, batch->strings.ptr, len[1]);
	for (i = 0; i < n && buf->len; i++) {
		uint8_t *bytes = buf == &batch->words ? words : strings;
		size_t at = make_random(seed) % buf->len;

		switch (make_random(seed) % 4) {
		case 0: bytes[at] = (uint8_t)make_random(seed); break;
		case 1: bytes[at] ^= (uint8_t)(1u << make_random(seed) % 8); break;
		case 2: bytes[at] = bytes[at] ? 0 : 0xff; break;
		default: len[buf == &batch->strings] = make_random(seed) % buf->len; break;
		}
	}
	status = rv_core_batch(core, rv_span(words, len[0]), rv_span(strings, len[1]));
	free(words);
	free(strings);
	return status == RV_OK;
}

/* The same steps into two cores, one of which is also sent rubbish between them: no trace of it. */
static void test_garbage(void **state)
{
	const char *options = "{\"window_ms\":60000,\"checkpoint_ms\":1000,\"segment_ms\":200,\"level\":\"none\"}";
	struct rv_core *clean = make_core(options), *dirty = make_core(options);
	uint32_t seed = 12345, round, rejected = 0;
	struct rv_buf a, b;
	struct scene scene;

	scene_init(&scene);
	for (round = 0; round < 1000; round++) {
		if (round % 20 == 0) {
			scene_step(&scene, round * 10, WALL);
			assert_int_equal(send_batch(clean, &scene.batch), RV_OK);
			assert_int_equal(rv_core_batch(dirty, rv_buf_get(&scene.batch.words), rv_buf_get(&scene.batch.strings)), RV_OK);
		}
		send_garbage(dirty, &seed, round);
		rejected++;
	}
	assert_int_equal(counter_of(dirty, RV_COUNTER_REJECTED), rejected);
	a = export_of(clean, 0, 0);
	b = export_of(dirty, 0, 0);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.ptr, b.ptr, a.len);
	assert_int_equal(rv_mirror_hash(rv_core_mirror(clean)), rv_mirror_hash(rv_core_mirror(dirty)));
	make_batch_deinit(&scene.batch);
	rv_buf_deinit(&a);
	rv_buf_deinit(&b);
	rv_core_free(clean);
	rv_core_free(dirty);
}

/* Mutations of the batch that is due next. One that happens to be taken ends this page: both cores
 * go on with a new one. After each rejected one the true batch must still be taken. */
static void test_mutated(void **state)
{
	const char *options = "{\"window_ms\":60000,\"checkpoint_ms\":1000,\"segment_ms\":200}";
	struct rv_core *clean = make_core(options), *dirty = make_core(options);
	uint32_t seed = 99, tries = 0, taken = 0, page = 0;
	struct scene scene;

	scene_init(&scene);
	while (tries < 10000) {
		bool ended = false;
		uint32_t i;

		scene_step(&scene, scene.step * 40, WALL + page * 1000);
		make_batch_end(&scene.batch);
		for (i = 0; i < 12 && !ended; i++, tries++)
			ended = send_mutated(dirty, &scene.batch, &seed);
		if (!ended) {
			assert_int_equal(rv_core_batch(clean, rv_buf_get(&scene.batch.words), rv_buf_get(&scene.batch.strings)), RV_OK);
			assert_int_equal(rv_core_batch(dirty, rv_buf_get(&scene.batch.words), rv_buf_get(&scene.batch.strings)), RV_OK);
			assert_int_equal(rv_mirror_hash(rv_core_mirror(clean)), rv_mirror_hash(rv_core_mirror(dirty)));
		}
		if (ended || scene.step == 25) {
			if (!ended) {
				struct rv_buf a = export_of(clean, WALL + page * 1000, 0), b = export_of(dirty, WALL + page * 1000, 0);

				assert_int_equal(a.len, b.len);
				rv_buf_deinit(&a);
				rv_buf_deinit(&b);
			}
			taken += ended;
			page++;
			make_batch_deinit(&scene.batch);
			scene_init(&scene);
			rv_core_free(clean);
			rv_core_free(dirty);
			clean = make_core(options);
			dirty = make_core(options);
		}
	}
	assert_true(taken < 9000);
	make_batch_deinit(&scene.batch);
	rv_core_free(clean);
	rv_core_free(dirty);
}

/* A batch whose last record is bad leaves nothing of its first ones. */
static void test_atomic(void **state)
{
	struct rv_core *core = make_core("{\"segment_ms\":50,\"checkpoint_ms\":100}");
	struct make_batch bad;
	struct scene scene;
	struct rv_buf before, after;
	uint32_t t, hash;

	scene_init(&scene);
	make_batch_init(&bad);
	for (t = 0; t < 2000; t += STEP_MS) {
		scene_step(&scene, t, WALL);
		assert_int_equal(send_batch(core, &scene.batch), RV_OK);
		before = export_of(core, 0, 0);
		hash = rv_mirror_hash(rv_core_mirror(core));
		bad.seq = scene.batch.seq;
		memcpy(bad.known, scene.batch.known, sizeof(bad.known));
		bad.n_known = scene.batch.n_known;
		make_batch_begin(&bad, 0);
		switch (t / STEP_MS % 4) {
		case 0: /* unknown node */
			ADD(&bad, t + 10, RV_REC_REMOVE, make_u(4));
			ADD(&bad, t + 10, RV_REC_REMOVE, make_u(77));
			assert_int_equal(send_batch(core, &bad), RV_ORDER);
			break;
		case 1: /* time runs backwards across batches */
			ADD(&bad, t, RV_REC_TEXT_SET, make_u(scene.next_id - 1), make_s("x"));
			assert_int_equal(send_batch(core, &bad), RV_ORDER);
			break;
		case 2: /* a page that begins in the middle */
			ADD(&bad, t + 10, RV_REC_TEXT_SET, make_u(scene.next_id - 1), make_s("x"));
			add_page(&bad, t + 10, WALL);
			assert_int_equal(send_batch(core, &bad), RV_ORDER);
			break;
		default: /* a page that does not go well */
			add_page(&bad, 0, WALL + t);
			ADD(&bad, 0, RV_REC_ELEMENT, make_u(6), make_u(3), make_u(0), make_u(0), make_s("p"));
			assert_int_equal(send_batch(core, &bad), RV_ORDER);
			break;
		}
		assert_int_equal(rv_mirror_hash(rv_core_mirror(core)), hash);
		after = export_of(core, 0, 0);
		assert_int_equal(before.len, after.len);
		assert_memory_equal(before.ptr, after.ptr, after.len);
		rv_buf_deinit(&before);
		rv_buf_deinit(&after);
	}
	assert_int_equal(counter_of(core, RV_COUNTER_ORDER_VIOLATIONS), 40);
	make_batch_deinit(&scene.batch);
	make_batch_deinit(&bad);
	rv_core_free(core);
}

static void test_first_batch(void **state)
{
	struct rv_core *core = make_core("{}");
	struct make_batch batch;

	make_batch_init(&batch);
	make_batch_begin(&batch, 0);
	ADD(&batch, 0, RV_REC_VISIBILITY, make_u(1));
	assert_int_equal(send_batch(core, &batch), RV_ORDER);
	batch.seq = 0;
	make_batch_begin(&batch, RV_BATCH_INTERN_CLEAR);
	add_page(&batch, 0, WALL);
	assert_int_equal(send_batch(core, &batch), RV_OK);
	rv_core_restart(core);
	batch.seq = 0;
	make_batch_begin(&batch, RV_BATCH_INTERN_CLEAR);
	ADD(&batch, 5, RV_REC_VISIBILITY, make_u(1));
	assert_int_equal(send_batch(core, &batch), RV_ORDER);
	make_batch_deinit(&batch);
	rv_core_free(core);
}

/* Every allocation of a run fails once: the run goes on afterwards, and what it keeps is sound. */
static void test_memory(void **state)
{
	long nth;

	for (nth = 1; nth < 4000; nth += 1 + nth / 8) {
		struct rv_core *core = NULL;
		struct scene scene;
		bool fired = false, lost = false;
		uint32_t t;

		scene_init(&scene);
		rv_fail_alloc(nth);
		if (rv_core_new(&core) != RV_OK) {
			assert_true(rv_fail_alloc_fired());
			make_batch_deinit(&scene.batch);
			rv_fail_alloc(0);
			continue;
		}
		rv_fail_alloc(0);
		assert_int_equal(rv_core_option(core, RV_OPTION_SEGMENT_MS, 100), RV_OK);
		assert_int_equal(rv_core_option(core, RV_OPTION_CHECKPOINT_MS, 200), RV_OK);
		for (t = 0; t < 1000 && !lost; t += STEP_MS) {
			enum rv_status status;

			scene_step(&scene, t, WALL);
			make_batch_end(&scene.batch);
			rv_fail_alloc(fired ? 0 : nth % 97 + 1);
			status = rv_core_batch(core, rv_buf_get(&scene.batch.words), rv_buf_get(&scene.batch.strings));
			fired = fired || rv_fail_alloc_fired();
			rv_fail_alloc(0);
			if (status != RV_OK) {
				assert_int_equal(status, RV_MEMORY);
				status = rv_core_batch(core, rv_buf_get(&scene.batch.words), rv_buf_get(&scene.batch.strings));
				lost = status == RV_ORDER; /* the document could not be had again */
				assert_true(lost || status == RV_OK);
			}
		}
		if (!lost) {
			struct rv_buf out = export_of(core, 0, 0);

			assert_int_equal(hash_at(rv_buf_get(&out), WALL + 5000), rv_mirror_hash(rv_core_mirror(core)));
			rv_buf_deinit(&out);
		}
		make_batch_deinit(&scene.batch);
		rv_core_free(core);
	}
}

/* ---- survival ---- */

struct store {
	struct { uint32_t key; uint8_t *ptr; size_t len; } rows[2000];
	size_t n;
};

static void store_put(struct store *store, uint32_t key, struct rv_span segment)
{
	size_t i;

	for (i = 0; i < store->n && store->rows[i].key != key; i++)
		;
	if (i == store->n) {
		assert_true(store->n < 2000);
		store->n++;
		store->rows[i].ptr = NULL;
	}
	free(store->rows[i].ptr);
	store->rows[i].key = key;
	store->rows[i].len = segment.len;
	store->rows[i].ptr = malloc(segment.len);
	memcpy(store->rows[i].ptr, segment.ptr, segment.len);
}

/* What the worker does every 500 ms. */
static void store_save(struct store *store, struct rv_core *core)
{
	struct rv_segment_head head;
	struct rv_span segment;
	struct rv_buf tail;
	uint32_t key;
	size_t i, size;

	while (rv_core_unsaved(core, &key, &segment) == RV_OK)
		store_put(store, key, segment);
	rv_buf_init(&tail, 64 << 20);
	if (rv_core_tail(core, &tail) == RV_OK) {
		assert_int_equal(rv_segment_head(rv_buf_get(&tail), &head, &size), RV_OK);
		store_put(store, head.sequence, rv_buf_get(&tail));
	}
	rv_buf_deinit(&tail);
	for (i = 0; i < store->n;) {
		if (store->rows[i].key < rv_core_oldest(core)) {
			free(store->rows[i].ptr);
			memmove(&store->rows[i], &store->rows[i + 1], (store->n - i - 1) * sizeof(*store->rows));
			store->n--;
		} else {
			i++;
		}
	}
}

static void store_free(struct store *store)
{
	while (store->n)
		free(store->rows[--store->n].ptr);
}

static void test_reload(void **state)
{
	const char *options = "{\"window_ms\":20000,\"checkpoint_ms\":2000,\"segment_ms\":700}";
	struct rv_core *core = make_core(options);
	struct store store = {.n = 0};
	struct scene scene;
	struct rv_buf before, after;
	uint32_t page, t, i;
	double end = 0;

	for (page = 0; page < 3; page++) {
		scene_init(&scene);
		for (t = 0; t < 9000; t += STEP_MS) {
			scene_step(&scene, t, WALL + page * 10000);
			assert_int_equal(send_batch(core, &scene.batch), RV_OK);
			if (t % 500 == 0)
				store_save(&store, core);
		}
		store_save(&store, core); /* pagehide */
		make_batch_deinit(&scene.batch);
		end = WALL + page * 10000 + 9000 - STEP_MS + 6;
		before = export_of(core, end - 20000, end);
		rv_core_free(core);
		core = make_core(options);
		for (i = 0; i < store.n; i++) {
			assert_true(!i || store.rows[i].key > store.rows[i - 1].key);
			assert_int_equal(rv_core_load(core, rv_span(store.rows[i].ptr, store.rows[i].len)), RV_OK);
		}
		after = export_of(core, end - 20000, end);
		assert_int_equal(before.len, after.len);
		assert_memory_equal(before.ptr, after.ptr, after.len);
		assert_int_equal(hash_at(rv_buf_get(&after), end - 1000), hash_at(rv_buf_get(&before), end - 1000));
		rv_buf_deinit(&before);
		rv_buf_deinit(&after);
	}
	assert_true(store.n < 100);
	store_free(&store);
	rv_core_free(core);
}

static void test_load_rejects(void **state)
{
	const char *options = "{\"checkpoint_ms\":1000,\"segment_ms\":200}";
	struct rv_core *core = make_core(options);
	struct store store = {.n = 0};
	struct scene scene;
	uint32_t t, seed = 5, round;
	size_t i, taken;

	scene_init(&scene);
	for (t = 0; t < 3000; t += STEP_MS) {
		scene_step(&scene, t, WALL);
		assert_int_equal(send_batch(core, &scene.batch), RV_OK);
	}
	store_save(&store, core);
	assert_int_equal(rv_core_load(core, rv_span(store.rows[0].ptr, store.rows[0].len)), RV_ORDER);
	rv_core_free(core);
	/* A segment without what it builds on, one twice, one cut. */
	core = make_core(options);
	assert_int_equal(rv_core_load(core, rv_span(store.rows[1].ptr, store.rows[1].len)), RV_ORDER);
	assert_int_equal(rv_core_load(core, rv_span(store.rows[0].ptr, store.rows[0].len)), RV_OK);
	assert_int_equal(rv_core_load(core, rv_span(store.rows[0].ptr, store.rows[0].len)), RV_ORDER);
	assert_int_equal(rv_core_load(core, rv_span(store.rows[1].ptr, store.rows[1].len - 1)), RV_INCOMPLETE);
	assert_int_equal(rv_core_load(core, rv_span("RVS1", 4)), RV_INCOMPLETE);
	assert_int_equal(rv_core_load(core, rv_span(NULL, 0)), RV_INCOMPLETE);
	rv_core_free(core);
	/* A row is lost: what comes after it waits for the next checkpoint, before which nothing stays. */
	core = make_core(options);
	for (i = 0, taken = 0; i < store.n; i++) {
		if (i == 2)
			continue;
		taken += rv_core_load(core, rv_span(store.rows[i].ptr, store.rows[i].len)) == RV_OK;
	}
	assert_true(taken > 2 && taken < store.n - 1);
	assert_int_equal(rv_core_oldest(core) > store.rows[2].key, 1);
	rv_core_free(core);
	/* Changed bytes: whatever is taken, recording and export go on. */
	for (round = 0; round < 300; round++) {
		struct rv_buf out;

		core = make_core(options);
		for (i = 0; i < store.n; i++) {
			uint8_t *bytes = malloc(store.rows[i].len);
			enum rv_status status;

			memcpy(bytes, store.rows[i].ptr, store.rows[i].len);
			if (make_random(&seed) % 4 == 0)
				bytes[make_random(&seed) % 52] ^= (uint8_t)(1u << make_random(&seed) % 8);
			status = rv_core_load(core, rv_span(bytes, store.rows[i].len));
			(void)status;
			free(bytes);
		}
		make_batch_deinit(&scene.batch);
		scene_init(&scene);
		scene_step(&scene, 0, WALL + 10000);
		assert_int_equal(send_batch(core, &scene.batch), RV_OK);
		out = export_of(core, 0, 0);
		assert_int_equal(hash_at(rv_buf_get(&out), WALL + 20000), rv_mirror_hash(rv_core_mirror(core)));
		rv_buf_deinit(&out);
		rv_core_free(core);
	}
	make_batch_deinit(&scene.batch);
	store_free(&store);
}

/* The system's clock was set back between two pages. */
static void test_clock(void **state)
{
	static const double back[] = {500, 3600000};
	size_t i;

	for (i = 0; i < 2; i++) {
		struct rv_core *core = make_core("{}");
		struct span_of_time time = {0};
		struct scene scene;
		struct rv_buf out;
		uint32_t page, t;

		for (page = 0; page < 2; page++) {
			scene_init(&scene);
			rv_core_restart(core);
			for (t = 0; t < 1000; t += STEP_MS) {
				scene_step(&scene, t, WALL + page * (1000 - back[i]));
				assert_int_equal(send_batch(core, &scene.batch), RV_OK);
			}
			make_batch_deinit(&scene.batch);
		}
		out = export_of(core, 0, 0);
		each_record(rv_buf_get(&out), note_time, &time); /* asserts order */
		assert_true(i == 0 ? time.first == WALL : time.first == WALL + 1000 - back[i]);
		rv_buf_deinit(&out);
		rv_core_free(core);
	}
}

static void test_forget(void **state)
{
	struct rv_core *core = make_core("{}");
	struct span_of_time time = {0};
	struct scene scene;
	struct rv_buf out;
	uint32_t t, oldest;

	rv_core_forget(core);
	scene_init(&scene);
	for (t = 0; t < 6000; t += STEP_MS) {
		scene_step(&scene, t, WALL);
		assert_int_equal(send_batch(core, &scene.batch), RV_OK);
		if (t == 3000) {
			oldest = rv_core_oldest(core);
			rv_core_forget(core);
			assert_true(rv_core_oldest(core) > oldest);
		}
	}
	out = export_of(core, 0, 0);
	each_record(rv_buf_get(&out), note_time, &time);
	assert_true(time.first == WALL + 3000 + STEP_MS);
	assert_int_equal(hash_at(rv_buf_get(&out), WALL + 9000), rv_mirror_hash(rv_core_mirror(core)));
	rv_buf_deinit(&out);
	make_batch_deinit(&scene.batch);
	rv_core_free(core);
}

/* ---- options ---- */

static void test_options(void **state)
{
	static const double range[][2] = { /* by number */
		{1000, 86400000}, {65536, 134217728}, {50, 600000}, {1024, 16777216}, {100, 3600000}, {1024, 67108864},
		{RV_LEVEL_NONE, RV_LEVEL_STRICT}, {0, 1}, {0, 1},
	};
	const uint32_t n = sizeof(range) / sizeof(*range);
	struct make_batch batch;
	struct rv_core *core;
	uint32_t i;

	assert_int_equal(n - 1, RV_OPTION_NETWORK);
	assert_int_equal(rv_core_new(&core), RV_OK);
	for (i = 0; i < n; i++) {
		assert_int_equal(rv_core_option(core, i, range[i][0]), RV_OK);
		assert_int_equal(rv_core_option(core, i, range[i][1]), RV_OK);
		assert_int_equal(rv_core_option(core, i, range[i][0] - 1), RV_BAD);
		assert_int_equal(rv_core_option(core, i, range[i][1] + 0.5), RV_BAD);
		assert_int_equal(rv_core_option(core, i, NAN), RV_BAD);
		assert_int_equal(rv_core_option(core, i, -INFINITY), RV_BAD);
	}
	assert_int_equal(rv_core_option(core, n, 1), RV_BAD);
	assert_int_equal(rv_core_option(core, UINT32_MAX, 1), RV_BAD);
	assert_int_equal(rv_core_pattern(core, rv_span_str("[")), RV_BAD);
	assert_int_equal(rv_core_pattern(core, rv_span(NULL, 0)), RV_BAD);
	assert_int_equal(rv_core_pattern(core, rv_span_str("a[0-9]+")), RV_OK);
	make_batch_init(&batch);
	make_batch_begin(&batch, 0);
	add_page(&batch, 0, WALL);
	assert_int_equal(send_batch(core, &batch), RV_OK);
	assert_int_equal(rv_core_option(core, RV_OPTION_LEVEL, RV_LEVEL_NONE), RV_ORDER);
	assert_int_equal(rv_core_pattern(core, rv_span_str("b")), RV_ORDER);
	make_batch_deinit(&batch);
	rv_core_free(core);
}

static void find_console(void *user, const struct rv_segment_head *head, const struct rv_rec *rec)
{
	*(uint32_t *)user += rec->type == RV_REC_CONSOLE;
}

static void test_no_console(void **state)
{
	struct rv_core *core = make_core("{\"console\":false}");
	struct scene scene;
	struct rv_buf out;
	uint32_t n = 0;

	scene_init(&scene);
	scene_step(&scene, 0, WALL);
	assert_int_equal(send_batch(core, &scene.batch), RV_OK);
	out = export_of(core, 0, 0);
	each_record(rv_buf_get(&out), find_console, &n);
	assert_int_equal(n, 0);
	rv_buf_deinit(&out);
	make_batch_deinit(&scene.batch);
	rv_core_free(core);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_two_pages),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_mutated),
		cmocka_unit_test(test_atomic),
		cmocka_unit_test(test_first_batch),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_load_rejects),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_no_console),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
