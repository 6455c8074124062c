/* The facade: options, batches, counters. */
#include "core_priv.h"
#include "drift.h"
#include "edit.h"
#include "scrub.h"
#include <stdlib.h>

enum rv_status rv_core_new(struct rv_core **out)
{
	struct rv_core *core = calloc(1, sizeof(*core));

	*out = NULL;
	if (!core)
		return RV_MEMORY;
	rv_options_init(&core->options);
	rv_redact_init(&core->redact);
	rv_arena_init(&core->arena, RV_CORE_ARENA_MAX);
	rv_buf_init(&core->scratch, RV_SEGMENT_RAW_MAX + (1 << 20));
	rv_buf_init(&core->drift, RV_DRIFT_BYTES_MAX);
	rv_ring_init(&core->ring, core->options.window_ms, core->options.max_bytes);
	core->intern = rv_intern_new();
	if (!core->intern || rv_page_init(&core->page, core->options.level) != RV_OK) {
		rv_core_free(core);
		return RV_MEMORY;
	}
	core->page.key = 1;
	core->need_epoch = true;
	*out = core;
	return RV_OK;
}

enum rv_status rv_core_option(struct rv_core *core, uint32_t option, double value)
{
	enum rv_status status = core->page.number ? RV_ORDER : rv_options_set(&core->options, option, value);

	core->page.mask.level = core->options.level;
	core->ring.window_ms = core->options.window_ms;
	core->ring.max_bytes = core->options.max_bytes;
	return status;
}

enum rv_status rv_core_pattern(struct rv_core *core, struct rv_span pattern)
{
	return core->page.number ? RV_ORDER : rv_redact_add_pattern(&core->redact, pattern);
}

void rv_core_free(struct rv_core *core)
{
	if (!core)
		return;
	rv_core_parts_drop(core);
	rv_page_deinit(&core->page);
	rv_mirror_free(core->loading);
	rv_buf_deinit(&core->drift);
	rv_ring_deinit(&core->ring);
	rv_intern_free(core->intern);
	rv_redact_deinit(&core->redact);
	rv_buf_deinit(&core->scratch);
	rv_arena_deinit(&core->arena);
	free(core);
}

void rv_core_restart(struct rv_core *core)
{
	rv_intern_reset(core->intern);
	core->need_epoch = true;
}

const struct rv_mirror *rv_core_mirror(const struct rv_core *core)
{
	return core->page.mirror;
}

/* ---- batches ---- */

/* What a batch has done so far. */
struct tally {
	uint32_t records, resyncs, snapshots;
	bool touched; /* the mirror */
};

/* A page of its own for the batch whose first record is this one: the old page stays whole until the
 * batch has proved good. Keeps wall clocks of pages in order, whatever the system's clock does. */
static enum rv_status begin_page(struct rv_core *core, struct rv_page *next, struct rv_rec *rec)
{
	double wall_ms = rec->v[RV_EPOCH_WALL_MS].f, before = core->now_wall_ms;
	struct rv_val *values;
	enum rv_status status;

	if (!(wall_ms >= 0 && wall_ms <= 8.64e15))
		return RV_BAD;
	if ((status = rv_page_init(next, core->options.level)) != RV_OK)
		return status;
	if (wall_ms < before) {
		next->clock_back = before - wall_ms > RV_CORE_CLOCK_BACK_MS;
		if (!next->clock_back) {
			if (!(values = rv_edit_values(rec, &core->arena)))
				return RV_MEMORY;
			values[RV_EPOCH_WALL_MS].f = wall_ms = before;
		}
	}
	next->wall_ms = next->anchor_wall_ms = wall_ms;
	next->number = core->epochs + 1;
	next->key = core->page.key + 1;
	next->open_anchor = true;
	rv_page_begin(next);
	return RV_OK;
}

/* Whether masking or redaction may have changed what the mirror has of a node. */
static bool is_content(uint32_t type)
{
	return type == RV_REC_ELEMENT || type == RV_REC_TEXT || type == RV_REC_ATTRIBUTES || type == RV_REC_TEXT_SET;
}

enum rv_status rv_core_record(struct rv_core *core, struct rv_page *page, struct rv_rec *rec)
{
	const struct rv_segment_mark mark = rv_segment_writer_mark(page->open);
	const struct rv_val *sent = rec->v;
	const struct rv_node *node;
	enum rv_status status;

	if ((status = rv_mask_record(&page->mask, page->mirror, rec, &core->arena)) != RV_OK)
		return status;
	if ((status = rv_scrub_record(&core->redact, page->mirror, rec, &core->arena)) != RV_OK)
		return status;
	if ((status = rv_segment_writer_add(page->open, rec)) != RV_OK)
		return status;
	if ((status = rv_mirror_apply(page->mirror, rec)) != RV_OK) {
		rv_segment_writer_rewind(page->open, mark);
		return status;
	}
	if (rec->v != sent && is_content(rec->type) && (node = rv_mirror_find(page->mirror, rec->v[0].u)))
		rv_mirror_mark(page->mirror, rv_mirror_slot_of(page->mirror, node), 1);
	return RV_OK;
}

static enum rv_status apply(struct rv_core *core, struct rv_page *page, struct rv_rec *rec, struct tally *tally)
{
	uint32_t last_ms = rv_mirror_epoch(page->mirror)->last_ms;
	enum rv_status status;

	if ((rec->type == RV_REC_CONSOLE && !core->options.console) || (rec->type == RV_REC_NETWORK && !core->options.network))
		return RV_OK;
	if (rec->type == RV_REC_CHECK)
		return rv_drift_check(page->mirror, rec, 0, !page->folded, &core->drift);
	if (rec->t_ms < page->last_ms)
		return RV_ORDER;
	page->last_ms = rec->t_ms;
	if (rec->t_ms < last_ms && rec->type != RV_REC_EPOCH)
		rec->t_ms = last_ms;
	tally->touched = true;
	if (rec->type == RV_REC_DOCUMENT && page == &core->page)
		rv_core_parts_yield(core, rec->v[RV_DOCUMENT_PARENT].u, NULL, rec->t_ms);
	if ((status = rv_core_record(core, page, rec)) != RV_OK)
		return status;
	tally->records++;
	if (rec->type == RV_REC_SNAPSHOT_DONE)
		tally->snapshots++;
	else if (rec->type == RV_REC_NOTE && rv_span_is(rec->v[RV_NOTE_KIND].s, "resync"))
		tally->resyncs++;
	return RV_OK;
}

/* The batch was good: the page it began takes the place of the old one. */
static void adopt(struct rv_core *core, struct rv_page *next)
{
	/* Without memory for it the old page loses its end; the new one matters more. */
	enum rv_status status = rv_core_seal_open(core, false);

	(void)status;
	if (next->clock_back) {
		core->ring.evicted += (uint32_t)core->ring.n;
		rv_ring_drop(&core->ring, core->ring.n);
		core->now_wall_ms = 0;
	}
	rv_core_parts_drop(core);
	rv_page_deinit(&core->page);
	core->page = *next;
	core->epochs = next->number;
	*next = (struct rv_page){0};
	core->need_epoch = false;
	rv_mirror_free(core->loading);
	core->loading = NULL;
}

static enum rv_status run_batch(struct rv_core *core, struct rv_batch *batch, struct rv_page *next, struct tally *tally)
{
	struct rv_page *page = &core->page;
	enum rv_status status;
	struct rv_rec rec;
	bool first = true;

	while ((status = rv_batch_next(batch, &rec)) == RV_OK) {
		if (rec.type == RV_REC_EPOCH) {
			if (!first)
				return RV_ORDER;
			if ((status = begin_page(core, next, &rec)) != RV_OK)
				return status;
			page = next;
		} else if (first && core->need_epoch) {
			return RV_ORDER;
		}
		first = false;
		if ((status = apply(core, page, &rec, tally)) != RV_OK)
			return status;
	}
	return status == RV_END ? rv_intern_commit(core->intern, batch) : status;
}

enum rv_status rv_core_batch(struct rv_core *core, struct rv_span words, struct rv_span strings)
{
	struct rv_segment_mark mark = {0};
	struct rv_page next = {0};
	struct tally tally = {0};
	struct rv_batch batch;
	uint32_t secrets = core->page.mask.n_secrets, redactions = core->redact.count, last_ms = core->page.last_ms;
	enum rv_status status;

	rv_arena_reset(&core->arena);
	rv_buf_clear(&core->drift);
	if (core->page.number)
		mark = rv_segment_writer_mark(core->page.open);
	status = rv_batch_open(&batch, core->intern, words, strings, &core->arena);
	if (status == RV_OK)
		status = run_batch(core, &batch, &next, &tally);
	if (status != RV_OK) {
		core->rejected++;
		core->order_violations += status == RV_ORDER;
		core->redact.count = redactions;
		core->page.mask.n_secrets = secrets;
		core->page.last_ms = last_ms;
		rv_buf_clear(&core->drift);
		if (next.mirror) {
			rv_page_deinit(&next);
		} else if (tally.touched) {
			rv_segment_writer_rewind(core->page.open, mark);
			/* A document that cannot be had again is given up; the recording starts anew. */
			if (rv_core_rebuild(core) != RV_OK)
				core->need_epoch = true;
		}
		return status;
	}
	if (next.mirror)
		adopt(core, &next);
	core->batches++;
	core->records += tally.records;
	core->resyncs += tally.resyncs;
	core->snapshots += tally.snapshots;
	if (tally.records)
		rv_core_after(core);
	return RV_OK;
}

void rv_core_after(struct rv_core *core)
{
	enum rv_status later;

	if (rv_page_last_wall_ms(&core->page) > core->now_wall_ms)
		core->now_wall_ms = rv_page_last_wall_ms(&core->page);
	if (rv_core_seal_due(core, rv_mirror_epoch(core->page.mirror)->last_ms)) {
		/* The records stay open when sealing fails; the next batch tries again. */
		later = rv_core_seal_open(core, true);
		(void)later;
	}
}

struct rv_span rv_core_drift(const struct rv_core *core)
{
	return rv_buf_get(&core->drift);
}

/* ---- counters ---- */

void rv_core_counters(const struct rv_core *core, uint32_t out[RV_COUNTERS])
{
	uint32_t checkpoints = 0;
	size_t i;

	for (i = 0; i < core->ring.n; i++)
		checkpoints += core->ring.entries[i].checkpoint;
	out[RV_COUNTER_BATCHES] = core->batches;
	out[RV_COUNTER_RECORDS] = core->records;
	out[RV_COUNTER_REJECTED] = core->rejected;
	out[RV_COUNTER_ORDER_VIOLATIONS] = core->order_violations;
	out[RV_COUNTER_RESYNCS] = core->resyncs;
	out[RV_COUNTER_SNAPSHOTS] = core->snapshots;
	out[RV_COUNTER_NODES] = rv_mirror_nodes(core->page.mirror);
	out[RV_COUNTER_RING_BYTES] = (uint32_t)core->ring.bytes;
	out[RV_COUNTER_MIRROR_BYTES] = (uint32_t)rv_mirror_bytes(core->page.mirror);
	out[RV_COUNTER_SEGMENTS] = (uint32_t)core->ring.n - checkpoints;
	out[RV_COUNTER_CHECKPOINTS] = checkpoints;
	out[RV_COUNTER_EVICTED] = core->ring.evicted;
	out[RV_COUNTER_REDACTIONS] = core->redact.count;
}
