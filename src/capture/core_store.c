/* Pages, sealing, checkpoints, survival. */
#include "core_priv.h"
#include <stdlib.h>

/* ---- pages ---- */

enum rv_status rv_page_init(struct rv_page *page, enum rv_level level)
{
	static const struct rv_mirror_limits limits = {0, RV_CORE_TEXT_MAX};

	*page = (struct rv_page){0};
	rv_mask_init(&page->mask, level);
	page->mirror = rv_mirror_new(&limits);
	page->open = rv_segment_writer_new(RV_SEGMENT_RAW_MAX);
	if (page->mirror && page->open)
		return RV_OK;
	rv_page_deinit(page);
	return RV_MEMORY;
}

void rv_page_deinit(struct rv_page *page)
{
	rv_mirror_free(page->mirror);
	rv_segment_writer_free(page->open);
	rv_mask_deinit(&page->mask);
	*page = (struct rv_page){0};
}

void rv_page_begin(struct rv_page *page)
{
	rv_segment_writer_begin(page->open, RV_SEGMENT_RECORDS, page->wall_ms, page->number, page->key);
}

double rv_page_last_wall_ms(const struct rv_page *page)
{
	return page->wall_ms + rv_mirror_epoch(page->mirror)->last_ms;
}

/* Whether the page has an open segment with something in it. */
static bool has_open(const struct rv_core *core)
{
	return core->page.number && rv_segment_writer_records(core->page.open) > 0;
}

/* ---- checkpoints ---- */

static enum rv_status sink(void *user, const struct rv_rec *rec)
{
	return rv_segment_writer_add(user, rec);
}

/* Writes the document now into the ring under the key of the open segment, which must be empty. */
static enum rv_status write_checkpoint(struct rv_core *core)
{
	struct rv_page *page = &core->page;
	struct rv_segment_writer *writer = rv_segment_writer_new(RV_SEGMENT_RAW_MAX);
	enum rv_status status;

	if (!writer)
		return RV_MEMORY;
	rv_buf_clear(&core->scratch);
	rv_segment_writer_begin(writer, RV_SEGMENT_CHECKPOINT, page->wall_ms, page->number, page->key);
	status = rv_mirror_dump(page->mirror, sink, writer);
	if (status == RV_OK)
		status = rv_segment_writer_seal(writer, RV_CORE_LEVEL_CHECKPOINT, &core->scratch);
	rv_segment_writer_free(writer);
	if (status == RV_OK)
		status = rv_ring_add(&core->ring, rv_buf_get(&core->scratch), true, false);
	if (status != RV_OK)
		return status;
	page->key++;
	page->anchor_wall_ms = rv_page_last_wall_ms(page);
	page->checkpoint_bytes = rv_ring_weight(&core->ring.entries[core->ring.n - 1]);
	page->run_bytes = 0;
	page->run_segments = 0;
	return RV_OK;
}

/* Checkpoints as often as the options say, but not so often that they fill the ring: the segments
 * between two of them are worth half a checkpoint, or a good part of the window. */
static bool checkpoint_due(const struct rv_core *core)
{
	const struct rv_page *page = &core->page;
	const struct rv_options *options = &core->options;
	double elapsed_ms = rv_page_last_wall_ms(page) - page->anchor_wall_ms;
	bool worth = page->run_bytes >= page->checkpoint_bytes / 2;

	if (!page->run_segments)
		return false;
	if (page->run_segments >= RV_CORE_RUN_MAX)
		return true;
	if (core->ring.bytes > core->ring.max_bytes && worth)
		return true;
	if (elapsed_ms < options->checkpoint_ms && elapsed_ms < options->window_ms && page->run_bytes < options->checkpoint_bytes)
		return false;
	return worth || elapsed_ms >= options->window_ms / 4;
}

/* ---- sealing ---- */

enum rv_status rv_core_scratch(struct rv_core *core, int level)
{
	rv_buf_clear(&core->scratch);
	if (!has_open(core))
		return RV_NOT_FOUND;
	return rv_segment_writer_seal(core->page.open, level, &core->scratch);
}

enum rv_status rv_core_seal_open(struct rv_core *core, bool goes_on)
{
	struct rv_page *page = &core->page;
	enum rv_status status = rv_core_scratch(core, RV_CORE_LEVEL_SEGMENT);

	if (status == RV_NOT_FOUND)
		return RV_OK;
	if (status == RV_OK)
		status = rv_ring_add(&core->ring, rv_buf_get(&core->scratch), page->open_anchor, false);
	if (status != RV_OK)
		return status;
	page->open_anchor = false;
	page->key++;
	page->run_bytes += rv_ring_weight(&core->ring.entries[core->ring.n - 1]);
	page->run_segments++;
	rv_page_begin(page);
	rv_ring_evict(&core->ring, core->now_wall_ms);
	if (goes_on && !core->need_epoch && checkpoint_due(core)) {
		status = write_checkpoint(core); /* one that fails is tried again after the next segment */
		rv_page_begin(page);
		rv_ring_evict(&core->ring, core->now_wall_ms);
	}
	return status;
}

bool rv_core_seal_due(const struct rv_core *core, uint32_t now_ms)
{
	struct rv_segment_mark mark;

	if (!has_open(core))
		return false;
	mark = rv_segment_writer_mark(core->page.open);
	return rv_segment_writer_raw_bytes(core->page.open) >= core->options.segment_bytes
		|| (now_ms > mark.first_ms && now_ms - mark.first_ms >= core->options.segment_ms);
}

enum rv_status rv_core_seal(struct rv_core *core, uint32_t now_ms, bool force)
{
	double now_wall_ms = core->page.wall_ms + now_ms;

	if (!core->page.number)
		return RV_OK;
	if (now_wall_ms > core->now_wall_ms)
		core->now_wall_ms = now_wall_ms;
	if (force || rv_core_seal_due(core, now_ms))
		return rv_core_seal_open(core, true);
	rv_ring_evict(&core->ring, core->now_wall_ms);
	return RV_OK;
}

/* ---- folding ---- */

static enum rv_status fold(struct rv_mirror *mirror, struct rv_span segment, struct rv_arena *arena)
{
	struct rv_segment_reader reader;
	enum rv_status status;
	struct rv_rec rec;

	rv_arena_reset(arena);
	if ((status = rv_segment_open(&reader, segment, arena)) != RV_OK)
		return status;
	while ((status = rv_segment_next(&reader, &rec)) == RV_OK) {
		if ((status = rv_mirror_apply(mirror, &rec)) != RV_OK)
			return status;
	}
	return status == RV_END ? RV_OK : status;
}

enum rv_status rv_core_rebuild(struct rv_core *core)
{
	const struct rv_ring *ring = &core->ring;
	enum rv_status status = RV_OK;
	size_t i = ring->n;

	rv_mirror_reset(core->page.mirror);
	core->page.folded = true;
	/* Back to the newest anchor of this page; there is none while its epoch record is still open. */
	while (!core->page.open_anchor && i && !ring->entries[--i].anchor)
		;
	for (; i < ring->n && status == RV_OK; i++)
		status = fold(core->page.mirror, rv_ring_segment(ring, i), &core->arena);
	if (status == RV_OK) {
		status = rv_core_scratch(core, 1);
		status = status == RV_NOT_FOUND ? RV_OK : status == RV_OK ? fold(core->page.mirror, rv_buf_get(&core->scratch), &core->arena) : status;
	}
	if (status != RV_OK)
		rv_mirror_reset(core->page.mirror);
	return status;
}

/* ---- survival ---- */

enum rv_status rv_core_tail(struct rv_core *core, struct rv_buf *out)
{
	if (!has_open(core))
		return RV_NOT_FOUND;
	return rv_segment_writer_seal(core->page.open, RV_CORE_LEVEL_TAIL, out);
}

enum rv_status rv_core_unsaved(struct rv_core *core, uint32_t *key, struct rv_span *segment)
{
	size_t i;

	for (i = 0; i < core->ring.n; i++) {
		struct rv_ring_entry *entry = &core->ring.entries[i];

		if (entry->saved)
			continue;
		entry->saved = true;
		*key = entry->key;
		*segment = rv_span(entry->ptr, entry->len);
		return RV_OK;
	}
	return RV_END;
}

enum rv_status rv_core_pack(struct rv_core *core, uint32_t key, struct rv_span payload, struct rv_span *segment)
{
	return rv_ring_pack(&core->ring, key, payload, segment);
}

uint32_t rv_core_oldest(const struct rv_core *core)
{
	return core->ring.n ? core->ring.entries[0].key : core->page.key;
}

/* Folds a segment from outside into the document of those before it. Its head must say what its
 * records do: they alone are covered by the checksum. *anchor: its first record begins a page. */
static enum rv_status fold_loaded(struct rv_core *core, struct rv_span segment, const struct rv_segment_head *head, bool *anchor)
{
	struct rv_segment_reader reader;
	uint32_t n = 0, last_ms = head->first_ms;
	enum rv_status status;
	struct rv_rec rec;

	*anchor = false;
	rv_arena_reset(&core->arena);
	if ((status = rv_segment_open(&reader, segment, &core->arena)) != RV_OK)
		return status;
	while ((status = rv_segment_next(&reader, &rec)) == RV_OK) {
		bool epoch = rec.type == RV_REC_EPOCH;

		if (n++ == 0) {
			*anchor = epoch;
			if (rec.t_ms != head->first_ms || (epoch && rec.v[RV_EPOCH_WALL_MS].f != head->epoch_wall_ms))
				return RV_BAD;
			/* Without an anchor it goes on where the last one ended; a page has one beginning. */
			if (epoch ? head->kind == RV_SEGMENT_RECORDS && head->epoch <= core->epochs : head->kind == RV_SEGMENT_CHECKPOINT || !core->loading_sound)
				return RV_ORDER;
			core->loading_sound = false; /* until all of it is in */
		} else if (epoch) {
			return RV_BAD;
		}
		last_ms = rec.t_ms;
		if ((status = rv_mirror_apply(core->loading, &rec)) != RV_OK)
			return status;
	}
	if (status != RV_END)
		return status;
	return n && last_ms == head->last_ms ? RV_OK : RV_BAD;
}

enum rv_status rv_core_load(struct rv_core *core, struct rv_span segment)
{
	static const struct rv_mirror_limits limits = {0, RV_CORE_TEXT_MAX};
	struct rv_segment_head head;
	enum rv_status status;
	bool anchor, same_page, hole;
	size_t size, i;

	if (core->page.number)
		return RV_ORDER; /* recording has begun */
	if (!segment.ptr)
		return RV_INCOMPLETE;
	if ((status = rv_segment_head(segment, &head, &size)) != RV_OK)
		return status;
	if (size != segment.len || !(head.epoch_wall_ms >= 0 && head.epoch_wall_ms <= 8.64e15) || head.sequence > RV_CORE_NUMBER_MAX || head.epoch > RV_CORE_NUMBER_MAX)
		return RV_BAD;
	same_page = core->loading && head.epoch == core->epochs;
	if (head.epoch_wall_ms + head.first_ms < core->now_wall_ms || head.sequence < core->page.key || head.epoch < core->epochs)
		return RV_ORDER;
	if (same_page ? head.epoch_wall_ms != core->loading_wall_ms : head.epoch == core->epochs)
		return RV_ORDER;
	if (!core->loading && !(core->loading = rv_mirror_new(&limits)))
		return RV_MEMORY;
	hole = !same_page || !core->loading_sound || head.sequence != core->page.key;
	if (hole)
		core->loading_sound = false;
	status = fold_loaded(core, segment, &head, &anchor);
	if (status == RV_OK && hole && same_page) {
		/* What the page did before the hole does not lead to this checkpoint. */
		for (i = core->ring.n; i && core->ring.entries[i - 1].epoch == head.epoch; i--)
			;
		rv_ring_cut(&core->ring, i);
	}
	if (status == RV_OK)
		status = rv_ring_add(&core->ring, segment, anchor, true);
	core->loading_sound = status == RV_OK;
	if (status != RV_OK)
		return status;
	core->now_wall_ms = head.epoch_wall_ms + head.last_ms;
	core->loading_wall_ms = head.epoch_wall_ms;
	core->page.key = head.sequence + 1;
	core->epochs = head.epoch;
	rv_ring_evict(&core->ring, core->now_wall_ms);
	return RV_OK;
}

void rv_core_forget(struct rv_core *core)
{
	struct rv_page *page = &core->page;

	rv_ring_drop(&core->ring, core->ring.n);
	if (!page->number)
		return;
	page->key++;
	rv_page_begin(page);
	page->open_anchor = false;
	page->run_bytes = page->run_segments = 0;
	if (core->need_epoch)
		return;
	/* The page goes on from the document as it is; what cannot be written down starts anew. */
	if (write_checkpoint(core) != RV_OK) {
		rv_mirror_reset(page->mirror);
		core->need_epoch = true;
	}
	rv_page_begin(page);
}
