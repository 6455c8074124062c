#include "rrweb_priv.h"
#include <stdlib.h>

/* More than this no browser can read as one text. */
#define WRITTEN_MAX ((uint64_t)512 << 20)
enum { PIECE_BYTES = 64 << 10, TEXT_MAX = 512 << 20, REFUSED_MAX = 10000 };

/* ---- output ---- */

void rv_rrweb_fail(struct rv_rrweb *ex, enum rv_status status)
{
	if (!ex->failed)
		ex->failed = status;
}

void rv_rrweb_clear(struct rv_rrweb *ex, struct rv_buf *buf)
{
	if (rv_buf_status(buf) != RV_OK)
		rv_rrweb_fail(ex, rv_buf_status(buf));
	rv_buf_clear(buf);
}

void rv_rrweb_push(struct rv_rrweb *ex, struct rv_vec *vec, uint32_t value)
{
	if (vec->n == vec->cap) {
		uint32_t cap = vec->cap ? vec->cap * 2 : 64;
		uint32_t *v = realloc(vec->v, cap * sizeof *v);
		if (!v) {
			rv_rrweb_fail(ex, RV_MEMORY);
			return;
		}
		vec->v = v;
		vec->cap = cap;
	}
	vec->v[vec->n++] = value;
}

int64_t rv_rrweb_time(const struct rv_rrweb *ex, uint32_t t_ms)
{
	double wall = ex->m->epoch.wall_ms;
	return (wall > 8e15 ? (int64_t)8e15 : wall > 0 ? (int64_t)wall : 0) + t_ms;
}

void rv_rrweb_flush(struct rv_rrweb *ex, size_t at_least)
{
	enum rv_status status = rv_buf_status(&ex->out);
	if (status == RV_OK && ex->out.len < at_least)
		return;
	ex->written_bytes += ex->out.len;
	if (status == RV_OK && ex->written_bytes > WRITTEN_MAX)
		status = RV_LIMIT;
	if (status == RV_OK && !ex->failed)
		status = ex->write(ex->user, rv_buf_get(&ex->out));
	if (status != RV_OK)
		rv_rrweb_fail(ex, status);
	rv_buf_clear(&ex->out);
}

void rv_rrweb_begin(struct rv_rrweb *ex, struct rv_json *json, int type, int source)
{
	rv_rrweb_close_style(ex);
	rv_rrweb_write_moves(ex);
	rv_buf_byte(&ex->out, ex->counts.events++ ? ',' : '[');
	rv_json_init(json, &ex->out);
	rv_json_open(json, '{');
	rv_json_key(json, "type");
	rv_json_int(json, type);
	rv_json_key(json, "data");
	rv_json_open(json, '{');
	if (source >= 0) {
		rv_json_key(json, "source");
		rv_json_int(json, source);
	}
}

void rv_rrweb_end(struct rv_rrweb *ex, struct rv_json *json, uint32_t t_ms)
{
	int64_t time = rv_rrweb_time(ex, t_ms);
	if (time < ex->last_ms)
		time = ex->last_ms;
	ex->last_ms = time;
	rv_json_close(json, '}');
	rv_json_key(json, "timestamp");
	rv_json_int(json, time);
	rv_json_close(json, '}');
	rv_rrweb_flush(ex, PIECE_BYTES);
}

/* ---- records ---- */

/* Counts a refused record; a bound or want of memory ends the export. */
static void count(struct rv_rrweb *ex, enum rv_status status)
{
	if (status == RV_ORDER)
		ex->counts.order_violations++;
	else if (status == RV_BAD)
		ex->counts.skipped++;
	else if (status != RV_OK)
		rv_rrweb_fail(ex, status);
	if (ex->counts.order_violations + ex->counts.skipped > REFUSED_MAX)
		rv_rrweb_fail(ex, RV_BAD);
}

/* Folds on to the end of the first walk, or of the epoch; *end is the place behind it. */
static enum rv_status fold_ahead(struct rv_rrweb *ex, struct rv_cursor_place *end)
{
	enum rv_status status = RV_OK;
	struct rv_rec rec;
	while (!ex->failed && !ex->m->epoch.snapshot_done) {
		*end = ex->cursor.place;
		status = rv_cursor_next(&ex->cursor, &rec);
		if (status != RV_OK || rec.type == RV_REC_EPOCH)
			break;
		count(ex, rv_mirror_apply(ex->m, &rec));
	}
	if (status != RV_OK || ex->m->epoch.snapshot_done)
		*end = ex->cursor.place;
	return status == RV_END ? RV_OK : status;
}

static void write_meta(struct rv_rrweb *ex, uint32_t t_ms)
{
	struct rv_json json;
	rv_rrweb_begin(ex, &json, 4, -1);
	rv_json_key(&json, "href");
	rv_json_text(&json, ex->m->epoch.url);
	rv_json_key(&json, "width");
	rv_json_int(&json, ex->m->epoch.width);
	rv_json_key(&json, "height");
	rv_json_int(&json, ex->m->epoch.height);
	rv_rrweb_end(ex, &json, t_ms);
}

static void write_snapshot(struct rv_rrweb *ex, uint32_t t_ms)
{
	const struct rv_node_state *state = rv_at(ex, ex->m->top)->state;
	struct rv_json json;
	uint32_t depth;
	rv_rrweb_styles_reset(ex); /* so does the Replayer */
	ex->full = ex->live = ex->rescroll = true;
	ex->counts.full_snapshots++;
	if (!rv_rrweb_locate(ex, ex->m->top, &depth))
		return;
	rv_rrweb_begin(ex, &json, 2, -1);
	rv_json_key(&json, "node");
	rv_json_raw(&json, rv_span("", 0));
	rv_rrweb_tree(ex, ex->m->top, 0);
	rv_json_key(&json, "initialOffset");
	rv_json_open(&json, '{');
	rv_json_key(&json, "left");
	rv_json_int(&json, state ? state->scroll_x : 0);
	rv_json_key(&json, "top");
	rv_json_int(&json, state ? state->scroll_y : 0);
	rv_json_close(&json, '}');
	rv_rrweb_end(ex, &json, t_ms);
	rv_rrweb_write_after(ex, t_ms);
	rv_rrweb_end_run(ex);
	rv_rrweb_tell_page(ex, t_ms);
}

/* Writes what the run has changed: as mutations, or a document that is new as a whole. */
static void settle(struct rv_rrweb *ex)
{
	if (ex->live)
		rv_rrweb_end_run(ex);
	else if (ex->m->top)
		write_snapshot(ex, ex->run_ms);
}

static void end_epoch(struct rv_rrweb *ex)
{
	settle(ex);
	rv_rrweb_close_style(ex);
	rv_rrweb_write_moves(ex);
	rv_rrweb_forget_run(ex);
	rv_rrweb_styles_reset(ex);
	ex->frames.n = ex->after.n = 0;
	ex->base_slot = 0;
	ex->watched = ex->watch_due = 0;
	ex->target = 0;
	ex->live = ex->reselect = false;
}

/* Meta and FullSnapshot as of the end of the first walk, then what else happened during it. */
static enum rv_status begin_epoch(struct rv_rrweb *ex, const struct rv_rec *rec)
{
	struct rv_cursor_place start = ex->cursor.place, end = start;
	uint32_t t_ms = rec->t_ms;
	end_epoch(ex);
	count(ex, rv_mirror_apply(ex->m, rec));
	ex->run_ms = t_ms;
	write_meta(ex, t_ms);
	enum rv_status status = fold_ahead(ex, &end);
	if (status == RV_OK && ex->m->top)
		write_snapshot(ex, t_ms);
	if (status == RV_OK)
		status = rv_cursor_seek(&ex->cursor, start);
	while (status == RV_OK && !ex->failed && (ex->cursor.place.segment != end.segment || ex->cursor.place.record != end.record)) {
		struct rv_rec event;
		status = rv_cursor_next(&ex->cursor, &event);
		if (status == RV_OK && rv_cursor_is_event(event.type))
			rv_rrweb_event(ex, &event);
	}
	ex->run_ms = ex->m->epoch.last_ms;
	return status == RV_END ? RV_OK : status;
}

static bool is_in(const struct rv_rrweb *ex, uint32_t id)
{
	const struct rv_node *node = rv_mirror_find(ex->m, id);
	return node && node->mark & RV_IN;
}

static bool is_popover(const struct rv_rrweb *ex, uint32_t id)
{
	const struct rv_node *node = rv_mirror_find(ex->m, id);
	return node && node->state && node->state->dialog_flags & RV_DIALOG_POPOVER;
}

static void take(struct rv_rrweb *ex, const struct rv_rec *rec)
{
	bool popover;
	enum rv_status status;
	struct rv_json json;
	uint32_t focus = ex->m->epoch.focus;
	if (rec->t_ms != ex->run_ms) {
		settle(ex);
		ex->run_ms = rec->t_ms;
	}
	switch (rec->type) {
	case RV_REC_DOCUMENT:
	case RV_REC_DOCTYPE:
	case RV_REC_ELEMENT:
	case RV_REC_TEXT:
	case RV_REC_SHADOW_ROOT:
	case RV_REC_REMOVE:
	case RV_REC_MOVE:
	case RV_REC_ATTRIBUTES:
	case RV_REC_TEXT_SET:
	case RV_REC_PRIVACY:
	case RV_REC_SIZE: count(ex, rv_rrweb_mutate(ex, rec)); return;
	case RV_REC_DIALOG:
		popover = is_popover(ex, rec->v[RV_DIALOG_NODE].u);
		status = rv_rrweb_mutate(ex, rec);
		count(ex, status);
		if (status == RV_OK && (popover || is_popover(ex, rec->v[RV_DIALOG_NODE].u)) && is_in(ex, rec->v[RV_DIALOG_NODE].u)) {
			rv_rrweb_end_run(ex);
			if (ex->live)
				rv_rrweb_tell_popover(ex, rv_mirror_find(ex->m, rec->v[RV_DIALOG_NODE].u), rec->t_ms);
		}
		return;
	case RV_REC_CANVAS:
	case RV_REC_HOLD:
	case RV_REC_UPGRADED:
	case RV_REC_ASSIGN:
	case RV_REC_ANIMATION:
	case RV_REC_FULLSCREEN:
	case RV_REC_VISUAL_VIEWPORT:
	case RV_REC_SELECTION: count(ex, rv_rrweb_live(ex, rec)); return;
	case RV_REC_SHEET:
	case RV_REC_RULE_INSERT:
	case RV_REC_RULE_DELETE:
	case RV_REC_RULE_REPLACE:
	case RV_REC_ADOPTED:
	case RV_REC_SHEET_STATE:
	case RV_REC_SHEET_DROP: count(ex, rv_rrweb_restyle(ex, rec)); return;
	case RV_REC_INPUT:
	case RV_REC_SCROLL:
	case RV_REC_MEDIA:
		if (is_in(ex, rec->v[0].u))
			rv_rrweb_end_run(ex);
		if (rec->type == RV_REC_INPUT) {
			count(ex, rv_rrweb_take_input(ex, rec));
			return;
		}
		status = rv_mirror_apply(ex->m, rec);
		count(ex, status);
		if (status == RV_OK)
			rv_rrweb_state(ex, rec);
		return;
	default:
		settle(ex);
		status = rv_mirror_apply(ex->m, rec);
		count(ex, status);
		if (status != RV_OK || rec->type == RV_REC_SNAPSHOT_DONE || rec->type == RV_REC_TICK)
			return;
		if (rec->type == RV_REC_POINTER && ex->live && focus != ex->m->epoch.focus)
			rv_rrweb_refocus(ex, focus);
		if (rec->type == RV_REC_NAVIGATE && ex->live)
			rv_rrweb_retarget(ex);
		if (rec->type == RV_REC_POINTER || rec->type == RV_REC_NAVIGATE)
			settle(ex);
		if (rec->type != RV_REC_VIEWPORT) {
			rv_rrweb_event(ex, rec);
			return;
		}
		rv_rrweb_begin(ex, &json, 3, 4);
		rv_json_key(&json, "width");
		rv_json_int(&json, ex->m->epoch.width);
		rv_json_key(&json, "height");
		rv_json_int(&json, ex->m->epoch.height);
		rv_rrweb_end(ex, &json, rec->t_ms);
	}
}

static enum rv_status export(struct rv_rrweb *ex)
{
	enum rv_status status = RV_OK;
	struct rv_rec rec;
	while (status == RV_OK && !ex->failed) {
		status = rv_cursor_next(&ex->cursor, &rec);
		if (status == RV_OK && rec.type == RV_REC_EPOCH)
			status = begin_epoch(ex, &rec);
		else if (status == RV_OK && ex->m->epoch.started)
			take(ex, &rec);
		else if (status == RV_OK)
			count(ex, RV_ORDER);
	}
	if (status != RV_END && status != RV_OK)
		return status;
	end_epoch(ex);
	rv_rrweb_clear(ex, &ex->scratch);
	rv_rrweb_clear(ex, &ex->base);
	rv_buf_str(&ex->out, ex->counts.events ? "]" : "[]");
	rv_rrweb_flush(ex, 0);
	return ex->failed;
}

enum rv_status rv_rrweb_export(struct rv_span stream, rv_rrweb_write write, void *user, struct rv_rrweb_counts *counts)
{
	return rv_rrweb_export_assets(stream, NULL, write, user, counts);
}

enum rv_status rv_rrweb_export_assets(struct rv_span stream, const struct rv_rrweb_assets *assets, rv_rrweb_write write, void *user, struct rv_rrweb_counts *counts)
{
	struct rv_span *segments;
	size_t n_segments;
	enum rv_status status = rv_cursor_split(stream, &segments, &n_segments);
	if (status != RV_OK)
		return status;
	struct rv_rrweb *ex = calloc(1, sizeof *ex);
	struct rv_mirror *mirror = rv_mirror_new(NULL);
	status = RV_MEMORY;
	if (ex && mirror) {
		*ex = (struct rv_rrweb){.m = mirror, .write = write, .user = user, .assets = assets, .last_ms = INT64_MIN};
		struct rv_buf *const bufs[] = {&ex->out, &ex->scratch, &ex->attrs, &ex->base};
		for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
			rv_buf_init(bufs[i], TEXT_MAX);
		rv_cursor_init(&ex->cursor, segments, n_segments);
		status = export(ex);
		if (counts)
			*counts = ex->counts;
		rv_cursor_deinit(&ex->cursor);
		for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
			rv_buf_deinit(bufs[i]);
		struct rv_vec *const vecs[] = {&ex->pending, &ex->texts, &ex->hosts, &ex->adopt, &ex->stale, &ex->reslot, &ex->frames, &ex->after, &ex->adopters};
		for (size_t i = 0; i < sizeof vecs / sizeof *vecs; i++)
			free(vecs[i]->v);
		rv_map_clear(&ex->style_of);
		free(ex->removed);
		free(ex->entries);
		free(ex->styles);
	}
	free(ex);
	rv_mirror_free(mirror);
	free(segments);
	return status;
}
