/* For tests of the capture ring: records in one line, and a page that keeps changing. */
#ifndef RV_CAPTURE_MAKE_H
#define RV_CAPTURE_MAKE_H
#include "core.h"
#include "stream.h"
#include "wire_make.h"
#include <cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#define WALL 1700000000000.0

static inline struct rv_val make_u(uint32_t u)
{
	struct rv_val v = {.u = u};

	return v;
}

static inline struct rv_val make_f(double f)
{
	struct rv_val v = {.f = f};

	return v;
}

/* Every string a batch interns must live as long as the encoder: literals, or make_keep. */
static inline struct rv_val make_s(const char *text)
{
	struct rv_val v = {.u = 0};

	v.s = text ? rv_span_str(text) : rv_span(NULL, 0);
	return v;
}

#define ADD(batch, t, number, ...) do { \
	const struct rv_val v_[] = {make_u(0), ##__VA_ARGS__}; \
	make_batch_add(batch, &(struct rv_rec){.type = number, .t_ms = t, .n = sizeof(v_) / sizeof(*v_) - 1, .v = v_ + 1}); \
} while (0)

static inline enum rv_status send_batch(struct rv_core *core, struct make_batch *batch)
{
	make_batch_end(batch);
	return rv_core_batch(core, rv_buf_get(&batch->words), rv_buf_get(&batch->strings));
}

/* options: JSON, by the names that web/widget/core.js has for them; redact_patterns too. */
static inline struct rv_core *make_core(const char *options)
{
	static const char *const levels[] = {"none", "inputs", "strict"};
	static const char *const names[] = {"window_ms", "max_bytes", "segment_ms", "segment_bytes", "checkpoint_ms", "checkpoint_bytes", "level", "console", "network"};
	cJSON *json = cJSON_Parse(*options ? options : "{}"), *item, *pattern;
	struct rv_core *core = NULL;
	uint32_t i;

	if (!json || rv_core_new(&core) != RV_OK)
		fail_msg("options: %s", options);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		double value;

		if (!(item = cJSON_GetObjectItemCaseSensitive(json, names[i])))
			continue;
		value = cJSON_IsNumber(item) ? item->valuedouble : cJSON_IsTrue(item);
		while (cJSON_IsString(item) && value < 2 && strcmp(item->valuestring, levels[(int)value]) != 0)
			value++;
		if (rv_core_option(core, i, value) != RV_OK)
			fail_msg("%s in %s", names[i], options);
	}
	cJSON_ArrayForEach(pattern, cJSON_GetObjectItemCaseSensitive(json, "redact_patterns")) {
		if (rv_core_pattern(core, rv_span_str(pattern->valuestring)) != RV_OK)
			fail_msg("pattern %s in %s", pattern->valuestring, options);
	}
	cJSON_Delete(json);
	return core;
}

/* which: RV_COUNTER_* */
static inline uint32_t counter_of(const struct rv_core *core, uint32_t which)
{
	uint32_t counters[RV_COUNTERS];

	rv_core_counters(core, counters);
	return counters[which];
}

/* ids: 1 document, 2 html, 3 body, 4 ul, 5 input, 6 password input */
static inline void add_page(struct make_batch *batch, uint32_t t, double wall)
{
	ADD(batch, t, RV_REC_EPOCH, make_f(wall), make_u(800), make_u(600), make_u(1000), make_s("https://shop.test/a?token=abc"), make_s(NULL), make_u(1));
	ADD(batch, t, RV_REC_DOCUMENT, make_u(1), make_u(0), make_u(0), make_s("https://shop.test/a?token=abc"));
	ADD(batch, t, RV_REC_ELEMENT, make_u(2), make_u(1), make_u(0), make_u(0), make_s("html"));
	ADD(batch, t, RV_REC_ELEMENT, make_u(3), make_u(2), make_u(0), make_u(0), make_s("body"), make_s("class"), make_s("dark"));
	ADD(batch, t, RV_REC_ELEMENT, make_u(4), make_u(3), make_u(0), make_u(0), make_s("ul"));
	ADD(batch, t, RV_REC_ELEMENT, make_u(5), make_u(3), make_u(0), make_u(0), make_s("input"), make_s("type"), make_s("text"));
	ADD(batch, t, RV_REC_ELEMENT, make_u(6), make_u(3), make_u(0), make_u(0), make_s("input"), make_s("type"), make_s("password"));
	ADD(batch, t, RV_REC_SNAPSHOT_DONE);
}

/* A page on which something changes in every step: items come, change and go; logs, pointers. */
struct scene {
	struct make_batch batch;
	uint32_t step, next_id, oldest_id;
};

static const char *const scene_texts[] = {"one", "two", "three", "four", "five", "six", "seven",
	"a longer text that does not fit the table of interned strings and is sent along each time"};

static inline void scene_init(struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	make_batch_init(&scene->batch);
	scene->next_id = scene->oldest_id = 100;
}

/* The next batch of a page that began at t 0; step 0 is its first. */
static inline void scene_step(struct scene *scene, uint32_t t, double wall)
{
	struct make_batch *batch = &scene->batch;
	uint32_t i;

	make_batch_begin(batch, 0);
	if (scene->step == 0)
		add_page(batch, t, wall);
	for (i = 0; i < 3; i++) {
		uint32_t id = scene->next_id;

		ADD(batch, t + i, RV_REC_ELEMENT, make_u(id), make_u(4), make_u(0), make_u(0), make_s("li"), make_s("class"), make_s(scene_texts[(scene->step + i) % 7]));
		ADD(batch, t + i, RV_REC_TEXT, make_u(id + 1), make_u(id), make_u(0), make_u(3), make_s(scene_texts[(scene->step * 3 + i) % 8]));
		scene->next_id += 2;
	}
	if (scene->next_id - scene->oldest_id > 60) {
		for (i = 0; i < 3; i++, scene->oldest_id += 2)
			ADD(batch, t + 3, RV_REC_REMOVE, make_u(scene->oldest_id));
	}
	ADD(batch, t + 4, RV_REC_TEXT_SET, make_u(scene->next_id - 1), make_s(scene_texts[scene->step % 7]));
	ADD(batch, t + 4, RV_REC_ATTRIBUTES, make_u(3), make_s("class"), make_s(scene->step & 1 ? "dark" : "light"));
	ADD(batch, t + 5, RV_REC_SCROLL, make_u(1), make_u(0), make_u(scene->step));
	ADD(batch, t + 5, RV_REC_POINTER_MOVE, make_u(4), make_u(scene->step), make_u(7), make_u(0));
	ADD(batch, t + 6, RV_REC_CONSOLE, make_u(RV_LEVEL_WARN), make_u(1), make_s(NULL), make_s("step"), make_s(scene_texts[scene->step % 7]));
	scene->step++;
}

/* The document that a stream shows at a time. */
static inline uint32_t hash_at(struct rv_span stream, double wall)
{
	struct rv_mirror *mirror = rv_mirror_new(NULL);
	uint32_t hash;

	assert_int_equal(rv_stream_fold(stream, wall, mirror), RV_OK);
	hash = rv_mirror_hash(mirror);
	rv_mirror_free(mirror);
	return hash;
}

/* Calls each for every record of a stream's segments that are not checkpoints. */
static inline uint32_t each_record(struct rv_span stream, void (*each)(void *user, const struct rv_segment_head *head, const struct rv_rec *rec), void *user)
{
	struct rv_arena arena;
	struct rv_span segment;
	enum rv_status status;
	uint32_t n = 0;
	size_t pos = 0;

	rv_arena_init(&arena, 256 << 20);
	while ((status = rv_stream_next(stream, &pos, &segment)) == RV_OK) {
		struct rv_segment_reader reader;
		struct rv_rec rec;

		rv_arena_reset(&arena);
		assert_int_equal(rv_segment_open(&reader, segment, &arena), RV_OK);
		while ((status = rv_segment_next(&reader, &rec)) == RV_OK) {
			if (reader.head.kind == RV_SEGMENT_CHECKPOINT)
				continue;
			n++;
			if (each)
				each(user, &reader.head, &rec);
		}
		assert_int_equal(status, RV_END);
	}
	assert_int_equal(status, RV_END);
	rv_arena_deinit(&arena);
	return n;
}

#endif
