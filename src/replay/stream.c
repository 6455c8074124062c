#include "stream.h"
#include "cursor.h"
#include <stdlib.h>

/* Long segments share one string table and one window of deflate. */
enum { SEGMENT_BYTES = 1 << 20, LEVEL = 7 };

struct cut {
	const struct rv_span *segments;
	size_t n_segments;
	double from, to;
	struct rv_mirror *mirror;
	struct rv_cursor cursor;
	struct rv_segment_writer *writer;
	struct rv_buf *out;
	uint32_t sequence, checkpoint_ms;
	bool writing, wrote;
};

static double time_of(const struct rv_cursor *cursor, const struct rv_rec *rec)
{
	return cursor->place.wall_ms + rec->t_ms;
}

/* ---- writing ---- */

static void begin(struct cut *cut, enum rv_segment_kind kind, const struct rv_cursor_place *place)
{
	rv_segment_writer_begin(cut->writer, kind, place->wall_ms, place->epoch, cut->sequence);
	cut->writing = true;
}

static enum rv_status seal(struct cut *cut)
{
	if (!cut->writing)
		return RV_OK;
	cut->writing = false;
	if (!rv_segment_writer_records(cut->writer))
		return RV_OK;
	cut->sequence++;
	cut->wrote = true;
	return rv_segment_writer_seal(cut->writer, LEVEL, cut->out);
}

/* One record of the window. */
static enum rv_status keep(struct cut *cut, const struct rv_rec *rec)
{
	if (time_of(&cut->cursor, rec) > cut->to)
		return RV_OK;
	if (!cut->writing)
		begin(cut, RV_SEGMENT_RECORDS, &cut->cursor.place);
	enum rv_status status = rv_segment_writer_add(cut->writer, rec);
	if (status == RV_OK && rv_segment_writer_raw_bytes(cut->writer) >= SEGMENT_BYTES)
		status = seal(cut);
	return status;
}

static enum rv_status write_dumped(void *user, const struct rv_rec *rec)
{
	struct cut *cut = user;
	struct rv_rec then = *rec;
	then.t_ms = cut->checkpoint_ms;
	return rv_segment_writer_add(cut->writer, &then);
}

/* The newest checkpoint before the window: nothing older needs to be read. */
static size_t find_start(const struct cut *cut)
{
	for (size_t i = cut->n_segments; i-- > 1;) {
		struct rv_segment_head head;
		size_t size;
		if (rv_segment_head(cut->segments[i], &head, &size) == RV_OK && head.kind == RV_SEGMENT_CHECKPOINT && head.epoch_wall_ms + head.first_ms < cut->from)
			return i;
	}
	return 0;
}

/* What happened during a walk that was folded to its end: an event on a node that did not last is kept without it. */
static enum rv_status keep_event(struct cut *cut, const struct rv_rec *rec)
{
	int at = rv_cursor_event_node(rec->type);
	struct rv_val v[RV_PERFORMANCE_FIXED]; /* the longest of those */
	struct rv_rec bare = {.type = rec->type, .t_ms = rec->t_ms, .n = rec->n, .v = v};
	if (!rv_cursor_is_event(rec->type))
		return RV_OK;
	if (at < 0 || !rec->v[at].u || rv_mirror_find(cut->mirror, rec->v[at].u))
		return keep(cut, rec);
	memcpy(v, rec->v, rec->n * sizeof *v);
	v[at].u = 0;
	return keep(cut, &bare);
}

/* ---- the three parts of a cut ---- */

/* Folds up to the window; *stopped when there is a record in it, which the place then points at. */
static enum rv_status fold_before(struct cut *cut, struct rv_cursor_place *place, bool *stopped)
{
	struct rv_rec rec;
	enum rv_status status;
	for (;;) {
		*place = cut->cursor.place;
		status = rv_cursor_next(&cut->cursor, &rec);
		if (status == RV_OK && time_of(&cut->cursor, &rec) < cut->from)
			status = rv_mirror_apply(cut->mirror, &rec);
		else
			break;
		if (status != RV_OK)
			return status;
	}
	*stopped = status == RV_OK;
	return status == RV_END ? RV_OK : status;
}

/* Folds on until the first walk is whole, its epoch or the window ends, or the records do; *end is
 * behind the last one folded. */
static enum rv_status fold_ahead(struct cut *cut, struct rv_cursor_place *end)
{
	const struct rv_mirror_epoch *epoch = rv_mirror_epoch(cut->mirror);
	struct rv_rec rec;
	enum rv_status status = RV_OK;
	while (status == RV_OK && !epoch->snapshot_done) {
		*end = cut->cursor.place;
		status = rv_cursor_next(&cut->cursor, &rec);
		if (status == RV_OK && (rec.type == RV_REC_EPOCH || time_of(&cut->cursor, &rec) > cut->to))
			return RV_OK;
		if (status == RV_OK)
			status = rv_mirror_apply(cut->mirror, &rec);
	}
	*end = cut->cursor.place;
	return status == RV_END ? RV_OK : status;
}

static enum rv_status write_checkpoint(struct cut *cut, const struct rv_cursor_place *place)
{
	begin(cut, RV_SEGMENT_CHECKPOINT, place);
	enum rv_status status = rv_mirror_dump(cut->mirror, write_dumped, cut);
	return status == RV_OK ? seal(cut) : status;
}

/* The document at `from`, and the place from which records follow unchanged. */
static enum rv_status write_start(struct cut *cut)
{
	static const struct rv_val nothing[RV_NOTE_FIXED];
	struct rv_cursor_place first, end;
	bool stopped;
	enum rv_status status = fold_before(cut, &first, &stopped);
	if (status != RV_OK)
		return status;
	const struct rv_mirror_epoch *epoch = rv_mirror_epoch(cut->mirror);
	if (epoch->started) {
		double ahead = cut->from - first.wall_ms, last = epoch->last_ms;
		cut->checkpoint_ms = ahead <= last ? epoch->last_ms : ahead >= UINT32_MAX ? UINT32_MAX : (uint32_t)ahead + (ahead > (uint32_t)ahead);
		const struct rv_rec passing = {.type = RV_REC_NOTE, .t_ms = cut->checkpoint_ms, .n = RV_NOTE_FIXED, .v = nothing};
		status = rv_mirror_apply(cut->mirror, &passing); /* media go on playing up to here */
	}
	if (status != RV_OK || !stopped)
		return status == RV_OK && epoch->started ? write_checkpoint(cut, &first) : status;
	status = rv_cursor_seek(&cut->cursor, first);
	if (status != RV_OK || !epoch->started)
		return status;
	if (epoch->snapshot_done)
		return write_checkpoint(cut, &first);
	status = fold_ahead(cut, &end);
	if (status == RV_OK)
		status = write_checkpoint(cut, &first);
	if (status == RV_OK)
		status = rv_cursor_seek(&cut->cursor, first);
	while (status == RV_OK && (cut->cursor.place.segment != end.segment || cut->cursor.place.record != end.record)) {
		struct rv_rec rec;
		status = rv_cursor_next(&cut->cursor, &rec);
		if (status == RV_OK)
			status = keep_event(cut, &rec);
	}
	return status == RV_END ? RV_OK : status;
}

/* A checkpoint with which another page begins is copied; only its sequence number is new. */
static enum rv_status copy_segment(struct cut *cut, struct rv_span segment)
{
	size_t at = cut->out->len + 20;
	rv_buf_span(cut->out, segment);
	if (rv_buf_status(cut->out) != RV_OK)
		return rv_buf_status(cut->out);
	for (int i = 0; i < 4; i++)
		cut->out->ptr[at + i] = (uint8_t)(cut->sequence >> (8 * i));
	cut->sequence++;
	cut->wrote = true;
	return RV_OK;
}

static enum rv_status write_rest(struct cut *cut)
{
	struct rv_cursor_place *place = &cut->cursor.place;
	struct rv_rec rec;
	enum rv_status status = RV_OK;
	while (status == RV_OK) {
		struct rv_segment_head head;
		size_t size, segment = place->segment;
		if (!cut->cursor.open && segment < cut->n_segments && rv_segment_head(cut->segments[segment], &head, &size) == RV_OK) {
			bool same = place->known && place->epoch == head.epoch && place->wall_ms == head.epoch_wall_ms;
			if (!same && head.kind == RV_SEGMENT_CHECKPOINT && head.epoch_wall_ms + head.last_ms <= cut->to) {
				status = seal(cut);
				if (status == RV_OK)
					status = copy_segment(cut, cut->segments[segment]);
				*place = (struct rv_cursor_place){segment + 1, 0, head.epoch, head.epoch_wall_ms, true};
				continue;
			}
		}
		uint32_t epoch = place->epoch;
		double wall_ms = place->wall_ms;
		status = rv_cursor_next(&cut->cursor, &rec);
		if (status == RV_OK && (epoch != place->epoch || wall_ms != place->wall_ms))
			status = seal(cut);
		if (status == RV_OK)
			status = keep(cut, &rec);
	}
	return status == RV_END ? seal(cut) : status;
}

enum rv_status rv_stream_cut(const struct rv_span *segments, size_t n_segments, double from_wall_ms, double to_wall_ms, struct rv_buf *out)
{
	struct cut cut = {.segments = segments, .n_segments = n_segments, .from = from_wall_ms, .to = to_wall_ms, .out = out};
	size_t before = out->len;
	enum rv_status status = RV_MEMORY;
	if (!(from_wall_ms <= to_wall_ms))
		return RV_NOT_FOUND;
	cut.mirror = rv_mirror_new(NULL);
	cut.writer = rv_segment_writer_new(RV_SEGMENT_RAW_MAX);
	size_t start = find_start(&cut);
	rv_cursor_init(&cut.cursor, segments + start, n_segments - start);
	cut.segments += start;
	cut.n_segments -= start;
	if (cut.mirror && cut.writer) {
		rv_stream_begin(out);
		status = write_start(&cut);
	}
	if (status == RV_OK)
		status = write_rest(&cut);
	if (status == RV_OK)
		status = cut.wrote ? rv_buf_status(out) : RV_NOT_FOUND;
	if (status != RV_OK)
		out->len = before;
	rv_cursor_deinit(&cut.cursor);
	rv_segment_writer_free(cut.writer);
	rv_mirror_free(cut.mirror);
	return status;
}

enum rv_status rv_stream_cut_out(struct rv_span stream, double from_wall_ms, double to_wall_ms, struct rv_buf *out)
{
	struct rv_span *segments;
	size_t n_segments;
	enum rv_status status = rv_cursor_split(stream, &segments, &n_segments);
	if (status != RV_OK)
		return status;
	status = n_segments ? rv_stream_cut(segments, n_segments, from_wall_ms, to_wall_ms, out) : RV_NOT_FOUND;
	free(segments);
	return status;
}

enum rv_status rv_stream_fold(struct rv_span stream, double at_wall_ms, struct rv_mirror *mirror)
{
	struct rv_cursor cursor;
	struct rv_rec rec;
	struct rv_span *segments;
	size_t n_segments;
	rv_mirror_reset(mirror);
	enum rv_status status = rv_cursor_split(stream, &segments, &n_segments);
	if (status != RV_OK)
		return status;
	rv_cursor_init(&cursor, segments, n_segments);
	while ((status = rv_cursor_next(&cursor, &rec)) == RV_OK) {
		if (time_of(&cursor, &rec) > at_wall_ms)
			break;
		status = rv_mirror_apply(mirror, &rec);
		if (status != RV_OK)
			break;
	}
	rv_cursor_deinit(&cursor);
	free(segments);
	return status == RV_END ? RV_OK : status;
}
