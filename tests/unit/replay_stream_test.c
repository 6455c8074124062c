/* Cutting and folding: a window cut out of a stream holds exactly its records, and folds to the same
 * documents as the whole. */
#include "cmocka_all.h"
#include "replay_random.h"
#include "stream.h"
#include "summary.h"

struct spans { struct rv_span list[4000]; size_t n; };

static void split(struct rv_span stream, struct spans *spans)
{
	size_t pos = 0;
	spans->n = 0;
	while (spans->n < 4000 && rv_stream_next(stream, &pos, &spans->list[spans->n]) == RV_OK)
		spans->n++;
	assert_int_equal(pos, stream.len);
}

struct log_entry { double at; uint32_t type, hash; };
struct log { struct log_entry *list; size_t n; };

static uint32_t record_hash(const struct rv_rec *rec)
{
	const struct rv_schema *schema = rv_record_schema(rec->type);
	uint32_t hash = rec->type;
	for (uint32_t i = 0; i < rec->n; i++) {
		struct rv_span text = rec->v[i].s;
		hash = hash * 31 + rec->v[i].u;
		if (rv_record_field(schema, i) == RV_FIELD_STR)
			for (size_t j = 0; j < text.len; j++)
				hash = hash * 33 + text.ptr[j];
	}
	return hash;
}

/* The records of a stream without those of checkpoints. */
static struct log read_log(struct rv_span stream, bool numbered, size_t *checkpoints)
{
	static struct spans spans;
	struct log log = {malloc(200000 * sizeof *log.list), 0};
	struct rv_arena arena;
	split(stream, &spans);
	rv_arena_init(&arena, 64 << 20);
	*checkpoints = 0;
	for (size_t i = 0; i < spans.n; i++) {
		struct rv_segment_reader reader;
		struct rv_rec rec;
		rv_arena_reset(&arena);
		assert_int_equal(rv_segment_open(&reader, spans.list[i], &arena), RV_OK);
		if (numbered)
			assert_int_equal(reader.head.sequence, i);
		if (reader.head.kind == RV_SEGMENT_CHECKPOINT) {
			++*checkpoints;
			continue;
		}
		while (rv_segment_next(&reader, &rec) == RV_OK)
			log.list[log.n++] = (struct log_entry){reader.head.epoch_wall_ms + rec.t_ms, rec.type, record_hash(&rec)};
	}
	rv_arena_deinit(&arena);
	return log;
}

/* Is the first walk of the page at that time complete, and when is it? */
static double walk_end(struct rv_span stream, double at)
{
	static struct spans spans;
	struct rv_arena arena;
	double done = -1;
	bool inside = false;
	split(stream, &spans);
	rv_arena_init(&arena, 64 << 20);
	for (size_t i = 0; i < spans.n && done < 0; i++) {
		struct rv_segment_reader reader;
		struct rv_rec rec;
		rv_arena_reset(&arena);
		assert_int_equal(rv_segment_open(&reader, spans.list[i], &arena), RV_OK);
		if (reader.head.kind == RV_SEGMENT_CHECKPOINT)
			continue;
		while (done < 0 && rv_segment_next(&reader, &rec) == RV_OK) {
			double time = reader.head.epoch_wall_ms + rec.t_ms;
			if (rec.type == RV_REC_EPOCH) {
				if (inside && time >= at)
					done = time;
				inside = true;
			} else if (rec.type == RV_REC_SNAPSHOT_DONE) {
				if (time >= at)
					done = inside ? time : at;
				inside = false;
			}
		}
	}
	rv_arena_deinit(&arena);
	return done < 0 ? 1e300 : done;
}

static uint32_t hash_at(struct rv_span stream, double at)
{
	struct rv_mirror *mirror = rv_mirror_new(NULL);
	assert_int_equal(rv_stream_fold(stream, at, mirror), RV_OK);
	uint32_t hash = rv_mirror_hash(mirror);
	rv_mirror_free(mirror);
	return hash;
}

static void check_cut(struct random_maker *maker, const struct log *whole, double from, double to)
{
	static struct spans spans;
	struct rv_span stream = rv_buf_get(&maker->stream);
	struct rv_mirror *before = rv_mirror_new(NULL);
	struct rv_buf out;
	size_t checkpoints;
	rv_buf_init(&out, 64 << 20);
	split(stream, &spans);
	assert_int_equal(rv_stream_cut(spans.list, spans.n, from, to, &out), RV_OK);
	struct rv_span cut = rv_buf_get(&out);
	struct log part = read_log(cut, true, &checkpoints);
	assert_int_equal(rv_stream_fold(stream, from - 0.5, before), RV_OK);
	const struct rv_mirror_epoch *epoch = rv_mirror_epoch(before);
	bool walking = epoch->started && !epoch->snapshot_done;
	double first_ms = (double)(uint64_t)(from + 0.75); /* times of records are whole milliseconds */
	double exact = walking ? walk_end(stream, from) : from;
	assert_int_equal(checkpoints, epoch->started);
	/* the same records, in the same order */
	size_t i = 0, j = 0;
	for (; i < whole->n; i++) {
		if (whole->list[i].at < from || whole->list[i].at > to)
			continue;
		if (walking && whole->list[i].at <= exact) { /* folded ahead: only events stay */
			if (j < part.n && part.list[j].at == whole->list[i].at && part.list[j].type == whole->list[i].type)
				j++;
			continue;
		}
		assert_true(j < part.n);
		assert_true(part.list[j].at == whole->list[i].at);
		assert_int_equal(part.list[j].hash, whole->list[i].hash);
		j++;
	}
	assert_int_equal(j, part.n);
	/* the same documents */
	if (epoch->started && !walking)
		assert_int_equal(hash_at(cut, first_ms), hash_at(stream, first_ms));
	for (int step = 0; step <= 4; step++) {
		double at = first_ms + (to - from) * step / 4;
		if (at <= to && (at >= exact || !walking))
			assert_int_equal(hash_at(cut, at), hash_at(stream, at));
	}
	/* a cut of the cut, and what it holds is sound */
	struct rv_json json;
	struct rv_buf text;
	rv_buf_init(&text, 8 << 20);
	rv_json_init(&json, &text);
	assert_int_equal(rv_summary_json(cut, &json), RV_OK);
	rv_buf_byte(&text, 0);
	assert_non_null(strstr((const char *)text.ptr, "\"order_violations\":0}"));
	if (!walking && to >= first_ms + (to - from) / 2) {
		double later = first_ms + (to - from) / 2;
		struct rv_buf again;
		rv_buf_init(&again, 64 << 20);
		split(cut, &spans);
		assert_int_equal(rv_stream_cut(spans.list, spans.n, later, to, &again), RV_OK);
		assert_true(walk_end(stream, later) > to || hash_at(rv_buf_get(&again), to) == hash_at(stream, to));
		rv_buf_deinit(&again);
	}
	rv_buf_deinit(&text);
	free(part.list);
	rv_buf_deinit(&out);
	rv_mirror_free(before);
}

static void test_cut(void **state)
{
	for (uint32_t seed = 1; seed <= 120; seed++) {
		struct random_maker maker = {.gentle = seed % 2};
		size_t checkpoints;
		random_make(&maker, seed, 700);
		struct log whole = read_log(rv_buf_get(&maker.stream), false, &checkpoints);
		double first = whole.list[0].at, length = whole.list[whole.n - 1].at - first;
		for (int i = 0; i < 5; i++) {
			double from = first + (double)(uint32_t)(length * random_next(&maker, 1000) / 1000) + (i == 3 ? 0.25 : 0);
			double to = i == 0 ? first + length + 1000 : from + (uint32_t)((first + length - from) * random_next(&maker, 1000) / 1000);
			check_cut(&maker, &whole, from, to);
		}
		free(whole.list);
		random_free(&maker);
	}
}

static void test_edges(void **state)
{
	static struct spans spans;
	struct random_maker maker = {.gentle = true};
	struct rv_buf out;
	size_t checkpoints;
	random_make(&maker, 3, 300);
	struct rv_span stream = rv_buf_get(&maker.stream);
	struct log whole = read_log(stream, false, &checkpoints);
	double first = whole.list[0].at, last = whole.list[whole.n - 1].at;
	split(stream, &spans);
	rv_buf_init(&out, 64 << 20);
	rv_buf_str(&out, "before");
	assert_int_equal(rv_stream_cut(spans.list, spans.n, first - 10, first - 1, &out), RV_NOT_FOUND);
	assert_int_equal(rv_stream_cut(spans.list, spans.n, last, first, &out), RV_NOT_FOUND);
	assert_int_equal(rv_stream_cut(spans.list, 0, first, last, &out), RV_NOT_FOUND);
	assert_int_equal(out.len, 6);
	rv_buf_clear(&out);
	/* everything */
	assert_int_equal(rv_stream_cut(spans.list, spans.n, 0, 1e300, &out), RV_OK);
	struct log same = read_log(rv_buf_get(&out), true, &checkpoints);
	assert_int_equal(same.n, whole.n);
	assert_int_equal(checkpoints, 0);
	free(same.list);
	rv_buf_clear(&out);
	/* a page that stood still */
	assert_int_equal(rv_stream_cut(spans.list, spans.n, last + 5000, last + 9000, &out), RV_OK);
	assert_int_equal(hash_at(rv_buf_get(&out), last + 5000), hash_at(stream, last));
	same = read_log(rv_buf_get(&out), true, &checkpoints);
	assert_int_equal(same.n, 0);
	assert_int_equal(checkpoints, 1);
	free(same.list);
	/* a fold before anything */
	assert_int_equal(hash_at(stream, first - 1), 0);
	/* a segment cut short is an error, not a shorter window */
	struct rv_span broken[2] = {spans.list[0], spans.list[1]};
	broken[1].len--;
	rv_buf_clear(&out);
	assert_int_not_equal(rv_stream_cut(broken, 2, first, last, &out), RV_OK);
	assert_int_equal(out.len, 0);
	free(whole.list);
	rv_buf_deinit(&out);
	random_free(&maker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cut), cmocka_unit_test(test_edges)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
