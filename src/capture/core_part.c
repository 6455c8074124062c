/* Frames of another origin. A part's batch is translated record by record and then goes the way of the
 * page's own. Each record counts by itself: a batch that turns out bad ends the part, whose document is
 * taken out, and costs the page nothing. */
#include "core_priv.h"
#include "drift.h"
#include "edit.h"
#include "words.h"

/* Which fields of a record are ids: bits of the first fixed ones. Others are passed over. Requests have
 * numbers that do not repeat anyway. */
enum { PASS = 128, GROUP = 64, A = 1, B = 2, C = 4, F5 = 32 };
static const uint8_t IDS[RV_REC_MAX + 1] = {
	[RV_REC_NOTE] = PASS, [RV_REC_CHECK] = PASS,
	[RV_REC_DOCUMENT] = PASS | A | B, [RV_REC_DOCTYPE] = PASS | A | B | C, [RV_REC_ELEMENT] = PASS | A | B | C, [RV_REC_TEXT] = PASS | A | B | C,
	[RV_REC_SHADOW_ROOT] = PASS | A | B, [RV_REC_REMOVE] = PASS | A, [RV_REC_MOVE] = PASS | A | B | C, [RV_REC_ATTRIBUTES] = PASS | A,
	[RV_REC_TEXT_SET] = PASS | A, [RV_REC_PRIVACY] = PASS | A, [RV_REC_ASSIGN] = PASS | A | GROUP, [RV_REC_UPGRADED] = PASS | A,
	[RV_REC_INPUT] = PASS | A, [RV_REC_SCROLL] = PASS | A, [RV_REC_MEDIA] = PASS | A, [RV_REC_DIALOG] = PASS | A, [RV_REC_SIZE] = PASS | A,
	[RV_REC_CANVAS] = PASS | A, [RV_REC_HOLD] = PASS | A, [RV_REC_ANIMATION] = PASS | A | B,
	[RV_REC_POINTER] = PASS | B, [RV_REC_POINTER_MOVE] = PASS | A, [RV_REC_SELECTION] = PASS | GROUP, [RV_REC_KEY] = PASS | A, [RV_REC_CLIPBOARD] = PASS | B,
	[RV_REC_SHEET] = PASS | A | B, [RV_REC_RULE_INSERT] = PASS | A, [RV_REC_RULE_DELETE] = PASS | A, [RV_REC_RULE_REPLACE] = PASS | A,
	[RV_REC_ADOPTED] = PASS | A | GROUP, [RV_REC_SHEET_DROP] = PASS | A, [RV_REC_SHEET_STATE] = PASS | A,
	[RV_REC_CONSOLE] = PASS, [RV_REC_ERROR] = PASS, [RV_REC_NETWORK] = PASS, [RV_REC_CUSTOM] = PASS,
	[RV_REC_PERFORMANCE] = PASS | F5, [RV_REC_SOCKET] = PASS,
};

static struct rv_part *find(struct rv_core *core, uint32_t handle)
{
	uint32_t i;

	for (i = 0; i < RV_CORE_PARTS_MAX; i++) {
		if (core->parts[i].intern && core->parts[i].handle == handle)
			return &core->parts[i];
	}
	return NULL;
}

static void drop(struct rv_part *part)
{
	rv_intern_free(part->intern);
	*part = (struct rv_part){0};
}

void rv_core_parts_drop(struct rv_core *core)
{
	uint32_t i;

	for (i = 0; i < RV_CORE_PARTS_MAX; i++)
		drop(&core->parts[i]);
}

/* A record of the core's own about one id. Without memory for it the document keeps what was there. */
static void say(struct rv_core *core, uint32_t type, uint32_t id, uint32_t t_ms)
{
	const struct rv_val value = {.u = id};
	struct rv_rec rec = {.type = type, .t_ms = t_ms, .n = 1, .v = &value};
	enum rv_status status = rv_core_record(core, &core->page, &rec);

	(void)status;
}

void rv_part_end(struct rv_core *core, struct rv_part *part, uint32_t t_ms)
{
	const struct rv_mirror *mirror = core->page.mirror;
	const struct rv_sheet *sheet;
	uint32_t i;

	if (part->document && rv_mirror_find(mirror, part->document))
		say(core, RV_REC_REMOVE, part->document, t_ms);
	for (i = 1; i <= part->sheets; i++) {
		sheet = rv_mirror_sheet(mirror, part->base + i);
		if (sheet && !sheet->owner)
			say(core, RV_REC_SHEET_DROP, part->base + i, t_ms);
	}
	drop(part);
}

void rv_core_parts_yield(struct rv_core *core, uint32_t host, const struct rv_part *to, uint32_t t_ms)
{
	uint32_t i;

	for (i = 0; i < RV_CORE_PARTS_MAX; i++) {
		if (core->parts[i].intern && core->parts[i].host == host && &core->parts[i] != to)
			rv_part_end(core, &core->parts[i], t_ms);
	}
}

static uint32_t last_ms(const struct rv_core *core)
{
	return rv_mirror_epoch(core->page.mirror)->last_ms;
}

/* Whether the document is a part's. */
static bool holds(const struct rv_core *core, uint32_t document)
{
	uint32_t i;

	for (i = 0; i < RV_CORE_PARTS_MAX; i++) {
		if (core->parts[i].document == document)
			return true;
	}
	return false;
}

uint32_t rv_core_join(struct rv_core *core, uint32_t host, uint32_t flags, uint32_t level)
{
	const struct rv_node *node = rv_mirror_find(core->page.mirror, host);
	struct rv_part *part = NULL, *slot;

	if (!node || node->kind != RV_NODE_ELEMENT || !rv_words_have("iframe frame object ", node->name) || node->flags & RV_EL_BLOCK || core->need_epoch)
		return 0;
	if (node->frame && !holds(core, rv_mirror_slot(core->page.mirror, node->frame)->id))
		return 0;
	/* A free one, or the oldest that was offered and is not in use. */
	for (slot = core->parts; slot < core->parts + RV_CORE_PARTS_MAX; slot++) {
		if (!slot->begun && (!part || slot->handle < part->handle))
			part = slot;
	}
	if (!part)
		return 0;
	drop(part);
	if (!(part->intern = rv_intern_new()))
		return 0;
	part->handle = ++core->n_parts;
	/* Above all of the page's ids; used again after 256 parts. */
	part->base = 1u << 31 | core->n_parts % 256 * RV_PART_IDS;
	part->host = host;
	part->flags = (flags | node->flags) & RV_EL_MASK;
	part->level = (enum rv_level)(level < core->options.level ? core->options.level : level < RV_LEVEL_STRICT ? level : RV_LEVEL_STRICT);
	return part->handle;
}

static bool translate_id(struct rv_part *part, struct rv_val *value, bool sheet)
{
	if (value->u >= RV_PART_IDS)
		return false;
	if (sheet && value->u > part->sheets)
		part->sheets = value->u;
	if (value->u)
		value->u += part->base;
	return true;
}

/* Ids into those of the page; flags and the place of the document as the frame's element says. */
static enum rv_status translate(struct rv_part *part, struct rv_rec *rec, struct rv_arena *arena)
{
	const struct rv_schema *schema = rv_record_schema(rec->type);
	struct rv_val *values = rv_edit_values(rec, arena);
	uint8_t ids = IDS[rec->type];
	uint32_t i;

	if (!values)
		return RV_MEMORY;
	for (i = 0; i < 6 && i < schema->n_fixed; i++) {
		if (ids >> i & 1 && !translate_id(part, &values[i], rec->type == RV_REC_SHEET && i == RV_SHEET_SHEET))
			return RV_BAD;
	}
	/* Groups begin with an id; a pair of places in the document has two. */
	for (i = schema->n_fixed; ids & GROUP && i < rec->n; i += schema->n_group > 1 ? 2 : 1) {
		if (!translate_id(part, &values[i], false))
			return RV_BAD;
	}
	if (rec->type == RV_REC_DOCUMENT && !values[RV_DOCUMENT_PARENT].u) {
		if (part->document)
			return RV_BAD;
		values[RV_DOCUMENT_PARENT].u = part->host;
	}
	i = rec->type == RV_REC_ELEMENT ? RV_ELEMENT_FLAGS : rec->type == RV_REC_PRIVACY ? RV_PRIVACY_FLAGS : 0;
	if (i && part->flags)
		values[i].u = (values[i].u & ~(uint32_t)RV_EL_ALLOW) | part->flags;
	return RV_OK;
}

static enum rv_status run(struct rv_core *core, struct rv_part *part, struct rv_batch *batch, uint32_t now_ms)
{
	struct rv_page *page = &core->page;
	enum rv_status status;
	struct rv_rec rec;
	double t_ms;

	while ((status = rv_batch_next(batch, &rec)) == RV_OK) {
		uint32_t nodes = rv_mirror_nodes(page->mirror), earliest = last_ms(core);
		size_t bytes = rv_mirror_bytes(page->mirror);

		if (rec.type == RV_REC_EPOCH ? part->begun : !part->begun)
			return RV_ORDER;
		if (rec.type == RV_REC_EPOCH) {
			rv_core_parts_yield(core, part->host, part, earliest);
			part->begun = true;
			part->wall_ms = rec.v[RV_EPOCH_WALL_MS].f;
		}
		/* Nothing selected in the frame is no word about the page's selection. */
		if (!(IDS[rec.type] & PASS) || (rec.type == RV_REC_SELECTION && !rec.n))
			continue;
		if (rec.type == RV_REC_CHECK) {
			if ((status = rv_drift_check(page->mirror, &rec, part->base, !page->folded, &core->drift)) != RV_OK)
				return status;
			continue;
		}
		if ((rec.type == RV_REC_CONSOLE && !core->options.console) || (rec.type == RV_REC_NETWORK && !core->options.network))
			continue;
		if ((status = translate(part, &rec, &core->arena)) != RV_OK)
			return status;
		t_ms = rec.t_ms + part->wall_ms - page->wall_ms;
		rec.t_ms = t_ms >= now_ms ? now_ms : t_ms > 0 ? (uint32_t)t_ms : 0;
		if (rec.t_ms < earliest)
			rec.t_ms = earliest;
		if ((status = rv_core_record(core, page, &rec)) != RV_OK)
			return status;
		core->records++;
		if (rec.type == RV_REC_DOCUMENT && rec.v[RV_DOCUMENT_PARENT].u == part->host)
			part->document = rec.v[RV_DOCUMENT_ID].u;
		else if (rec.type == RV_REC_REMOVE && rec.v[RV_REMOVE_NODE].u == part->document)
			part->document = 0; /* another follows */
		part->nodes += rv_mirror_nodes(page->mirror) - nodes;
		part->bytes += rv_mirror_bytes(page->mirror) - bytes;
		if ((int32_t)part->nodes > RV_PART_NODES_MAX || (ptrdiff_t)part->bytes > RV_PART_BYTES_MAX)
			return RV_LIMIT;
	}
	return status == RV_END ? rv_intern_commit(part->intern, batch) : status;
}

enum rv_status rv_core_part(struct rv_core *core, uint32_t handle, uint32_t now_ms, struct rv_span words, struct rv_span strings)
{
	struct rv_part *part = find(core, handle);
	const enum rv_level level = core->page.mask.level;
	struct rv_batch batch;
	enum rv_status status;

	rv_buf_clear(&core->drift);
	if (!part || core->need_epoch)
		return RV_NOT_FOUND;
	rv_arena_reset(&core->arena);
	status = part->document && !rv_mirror_find(core->page.mirror, part->document) ? RV_NOT_FOUND : rv_batch_open(&batch, part->intern, words, strings, &core->arena);
	core->page.mask.level = part->level;
	if (status == RV_OK)
		status = run(core, part, &batch, now_ms);
	core->page.mask.level = level;
	if (status == RV_OK) {
		core->batches++;
	} else {
		core->rejected += status != RV_NOT_FOUND;
		rv_buf_clear(&core->drift);
		rv_part_end(core, part, last_ms(core));
	}
	rv_core_after(core);
	return status;
}

void rv_core_leave(struct rv_core *core, uint32_t handle)
{
	struct rv_part *part = find(core, handle);

	if (part)
		rv_part_end(core, part, last_ms(core));
}
