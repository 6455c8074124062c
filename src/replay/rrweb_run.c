#include "rrweb_priv.h"
#include <stdlib.h>

/* ---- what the run collects ---- */

static void add_removed(struct rv_rrweb *ex, uint32_t id, uint32_t parent_slot)
{
	const struct rv_node *parent = rv_at(ex, parent_slot);
	bool shadow = parent->kind == RV_NODE_SHADOW;
	if (ex->n_removed == ex->cap_removed) {
		uint32_t cap = ex->cap_removed ? ex->cap_removed * 2 : 64;
		struct rv_removed *removed = realloc(ex->removed, cap * sizeof *removed);
		if (!removed) {
			rv_rrweb_fail(ex, RV_MEMORY);
			return;
		}
		ex->removed = removed;
		ex->cap_removed = cap;
	}
	ex->removed[ex->n_removed++] = (struct rv_removed){id, shadow ? rv_at(ex, parent->parent)->id : parent->id, shadow};
}

static void set_mark(struct rv_rrweb *ex, uint32_t slot, uint8_t off, uint8_t on)
{
	rv_mirror_mark(ex->m, slot, (uint8_t)((rv_at(ex, slot)->mark & ~off) | on));
}

/* To be written at the end of the run, if the Replayer has its parent then. */
static void make_pending(struct rv_rrweb *ex, uint32_t slot)
{
	const struct rv_node *node = rv_at(ex, slot);
	if (node->mark & (RV_IN | RV_PENDING) || !rv_rrweb_holds(ex, node->parent) || !rv_rrweb_shown(ex, slot))
		return;
	set_mark(ex, slot, 0, RV_PENDING);
	rv_rrweb_push(ex, &ex->pending, node->id);
}

void rv_rrweb_defer(struct rv_rrweb *ex, uint32_t slot)
{
	for (; slot; slot = rv_at(ex, slot)->next) {
		set_mark(ex, slot, 0, RV_PENDING);
		rv_rrweb_push(ex, &ex->pending, rv_at(ex, slot)->id);
	}
}

/* The removal of a node that the Replayer has, standing below parent_slot there. Shadow trees and
 * frames below keep their ids in the Replayer's tables unless they are removed by name, and a node
 * that comes back under such an id is not built: so they are, innermost first. */
static void withdraw(struct rv_rrweb *ex, uint32_t root, uint32_t parent_slot)
{
	uint32_t first = ex->n_removed;
	if (!(rv_at(ex, root)->mark & RV_IN))
		return;
	add_removed(ex, rv_at(ex, root)->id, parent_slot);
	for (uint32_t slot = root; slot && !ex->failed; slot = rv_mirror_next(ex->m, slot, root)) {
		const struct rv_node *node = rv_at(ex, slot), *parent = rv_at(ex, node->parent);
		if (slot != root && node->mark & RV_IN && (parent->kind == RV_NODE_SHADOW || parent->kind == RV_NODE_DOCUMENT))
			add_removed(ex, node->id, node->parent);
		set_mark(ex, slot, (uint8_t)~RV_AGAIN, 0);
	}
	for (uint32_t i = first, j = ex->n_removed; i + 1 < j; i++) {
		struct rv_removed swap = ex->removed[i];
		ex->removed[i] = ex->removed[--j];
		ex->removed[j] = swap;
	}
}

void rv_rrweb_renew(struct rv_rrweb *ex, uint32_t slot)
{
	if (!(rv_at(ex, slot)->mark & RV_IN))
		return;
	withdraw(ex, slot, rv_at(ex, slot)->parent);
	make_pending(ex, slot);
}

/* ---- changes of attributes ---- */

void rv_rrweb_change(struct rv_rrweb *ex, const struct rv_node *node, struct rv_json *json)
{
	uint32_t depth;
	if (!rv_rrweb_locate(ex, rv_mirror_slot_of(ex->m, node), &depth))
		rv_rrweb_clear(ex, &ex->base);
	ex->attrs_from = ex->attrs.len;
	rv_json_init(json, &ex->attrs);
	rv_json_open(json, '{');
	rv_json_key(json, "id");
	rv_json_int(json, node->id);
	rv_json_key(json, "attributes");
	rv_json_open(json, '{');
}

void rv_rrweb_changed(struct rv_rrweb *ex, const struct rv_node *node, struct rv_json *json)
{
	bool empty = ex->attrs.len && ex->attrs.ptr[ex->attrs.len - 1] == '{';
	rv_json_close(json, '}');
	rv_json_close(json, '}');
	if (rv_buf_status(&ex->attrs) != RV_OK)
		rv_rrweb_fail(ex, rv_buf_status(&ex->attrs));
	if (empty || ex->failed) {
		ex->attrs.len = ex->attrs_from;
		return;
	}
	if (ex->n_entries == ex->cap_entries) {
		uint32_t cap = ex->cap_entries ? ex->cap_entries * 2 : 64;
		struct rv_attr_entry *entries = realloc(ex->entries, cap * sizeof *entries);
		if (!entries) {
			rv_rrweb_fail(ex, RV_MEMORY);
			return;
		}
		ex->entries = entries;
		ex->cap_entries = cap;
	}
	ex->entries[ex->n_entries++] = (struct rv_attr_entry){node->id, ex->attrs_from, ex->attrs.len};
}

/* A textarea's children are its default value, which is all the Replayer gets of them. */
static void retext(struct rv_rrweb *ex, uint32_t parent_slot)
{
	const struct rv_node *parent = rv_at(ex, parent_slot);
	if (rv_rrweb_tag(parent) != RV_TAG_TEXTAREA || parent->flags & RV_EL_BLOCK || !(parent->mark & RV_IN) || parent->mark & RV_RETEXT)
		return;
	set_mark(ex, parent_slot, 0, RV_RETEXT);
	rv_rrweb_push(ex, &ex->texts, parent->id);
}

static void change_attributes(struct rv_rrweb *ex, const struct rv_node *node, const struct rv_rec *rec)
{
	const struct rv_node_state *state = node->state;
	bool dialog = state && state->has_dialog && rv_rrweb_tag(node) == RV_TAG_DIALOG && !(node->flags & RV_EL_BLOCK);
	struct rv_json json;
	bool restyle = false;
	rv_rrweb_change(ex, node, &json);
	for (uint32_t i = 0; i < rv_record_groups(rec); i++) {
		struct rv_span name = rec->v[RV_ATTRIBUTES_FIXED + 2 * i].s;
		restyle |= rv_rrweb_tag(node) == RV_TAG_CANVAS && (rv_span_is(name, "width") || rv_span_is(name, "height")) && !(node->flags & RV_EL_BLOCK);
		if (!dialog || !rv_span_is(name, "open"))
			rv_rrweb_attribute(ex, node, name, rec->v[RV_ATTRIBUTES_FIXED + 2 * i + 1].s, &json);
	}
	if (restyle)
		rv_rrweb_style(ex, node, &json);
	rv_rrweb_changed(ex, node, &json);
}

/* popover: it is one, or was. */
static void change_state(struct rv_rrweb *ex, const struct rv_node *node, uint32_t type, bool popover)
{
	struct rv_json json;
	if (type == RV_REC_DIALOG && node->flags & RV_EL_BLOCK)
		return;
	if (popover)
		rv_rrweb_resign(ex, rv_mirror_slot_of(ex->m, node), "data-rv-popover-open", (node->state->dialog_flags & (RV_DIALOG_POPOVER | RV_DIALOG_OPEN)) == (RV_DIALOG_POPOVER | RV_DIALOG_OPEN));
	rv_rrweb_change(ex, node, &json);
	if (type == RV_REC_SIZE && node->flags & RV_EL_BLOCK) {
		rv_json_key(&json, "style");
		rv_json_open(&json, '{');
		for (int i = 0; i < 2; i++) {
			rv_rrweb_clear(ex, &ex->scratch);
			rv_buf_dec(&ex->scratch, i ? node->state->height : node->state->width);
			rv_buf_str(&ex->scratch, "px");
			rv_json_key(&json, i ? "height" : "width");
			rv_json_text(&json, rv_buf_get(&ex->scratch));
		}
		rv_json_close(&json, '}');
	} else if (type == RV_REC_DIALOG && rv_rrweb_tag(node) == RV_TAG_DIALOG) {
		rv_rrweb_dialog(node, &json);
	}
	rv_rrweb_changed(ex, node, &json);
}

/* ---- one record ---- */

static void before(struct rv_rrweb *ex, const struct rv_rec *rec)
{
	uint32_t slot = rv_mirror_lookup(ex->m, rec->v[0].u);
	if (rec->type != RV_REC_REMOVE || !slot || rec->t_ms < ex->m->epoch.last_ms)
		return;
	const struct rv_node *node = rv_at(ex, slot);
	if (node->kind == RV_NODE_DOCUMENT && node->mark & RV_IN) {
		for (uint32_t child = node->first; child; child = rv_at(ex, child)->next)
			if (rv_at(ex, child)->mark & RV_IN)
				add_removed(ex, rv_at(ex, child)->id, slot);
	} else if (node->mark & RV_IN) {
		add_removed(ex, node->id, node->parent);
	}
}

enum rv_status rv_rrweb_mutate(struct rv_rrweb *ex, const struct rv_rec *rec)
{
	uint32_t slot = rv_mirror_lookup(ex->m, rec->v[0].u), parent = slot ? rv_at(ex, slot)->parent : 0;
	bool blocked = slot && rv_at(ex, slot)->flags & RV_EL_BLOCK;
	bool popover = slot && rv_at(ex, slot)->state && rv_at(ex, slot)->state->dialog_flags & RV_DIALOG_POPOVER;
	before(ex, rec);
	enum rv_status status = rv_mirror_apply(ex->m, rec);
	if (status != RV_OK || !ex->live)
		return status;
	if (parent && rec->type != RV_REC_ATTRIBUTES)
		retext(ex, parent);
	slot = rv_mirror_lookup(ex->m, rec->v[0].u);
	if (!slot) { /* removed */
		ex->base_slot = 0;
		return RV_OK;
	}
	const struct rv_node *node = rv_at(ex, slot);
	switch (rec->type) {
	case RV_REC_DOCUMENT:
	case RV_REC_DOCTYPE:
	case RV_REC_ELEMENT:
	case RV_REC_TEXT:
		if (rec->type == RV_REC_DOCUMENT && !node->parent) { /* another top document: a new snapshot */
			rv_rrweb_forget_run(ex);
			ex->live = false;
			break;
		}
		if (rec->type == RV_REC_DOCUMENT && rv_rrweb_tag(rv_at(ex, node->parent)) == RV_TAG_IFRAME && rv_at(ex, node->parent)->mark & RV_IN && !(rv_at(ex, node->parent)->flags & RV_EL_BLOCK))
			rv_rrweb_push(ex, &ex->frames, node->id);
		else if (rec->type != RV_REC_DOCUMENT)
			make_pending(ex, slot);
		retext(ex, node->parent);
		if (rv_span_is(node->name, "base"))
			ex->base_slot = 0;
		break;
	case RV_REC_SHADOW_ROOT:
		if (rv_at(ex, node->parent)->mark & RV_IN)
			rv_rrweb_push(ex, &ex->hosts, rv_at(ex, node->parent)->id);
		for (uint32_t child = node->flags & RV_SHADOW_MANUAL_SLOTS ? rv_at(ex, node->parent)->first : 0; child; child = rv_at(ex, child)->next)
			rv_rrweb_reslot(ex, rv_at(ex, child)->id);
		break;
	case RV_REC_MOVE:
		withdraw(ex, slot, parent);
		set_mark(ex, slot, RV_PENDING, 0);
		make_pending(ex, slot);
		retext(ex, node->parent);
		break;
	case RV_REC_PRIVACY:
		if (blocked != ((node->flags & RV_EL_BLOCK) != 0))
			rv_rrweb_renew(ex, slot);
		break;
	case RV_REC_TEXT_SET:
		if ((node->mark & (RV_IN | RV_RETEXT)) == RV_IN) {
			set_mark(ex, slot, 0, RV_RETEXT);
			rv_rrweb_push(ex, &ex->texts, node->id);
		}
		break;
	case RV_REC_ATTRIBUTES:
		if (node->mark & RV_IN)
			change_attributes(ex, node, rec);
		if (rv_span_is(node->name, "base"))
			ex->base_slot = 0;
		break;
	default: /* dialog, size */
		if (node->mark & RV_IN)
			change_state(ex, node, rec->type, rec->type == RV_REC_DIALOG && (popover || node->state->dialog_flags & RV_DIALOG_POPOVER));
	}
	return RV_OK;
}

/* ---- the end of the run ---- */

/* A host that the Replayer has without its shadow root, and no child to bring it. */
static void renew_hosts(struct rv_rrweb *ex)
{
	for (uint32_t i = 0; i < ex->hosts.n; i++) {
		uint32_t slot = rv_mirror_lookup(ex->m, ex->hosts.v[i]);
		const struct rv_node *host = slot ? rv_at(ex, slot) : NULL;
		if (host && host->shadow && (host->mark & (RV_IN | RV_ROOTED)) == RV_IN && !rv_at(ex, host->shadow)->first && rv_rrweb_open(ex, rv_at(ex, host->shadow)))
			rv_rrweb_renew(ex, slot);
	}
	ex->hosts.n = 0;
}

static bool is_due(struct rv_rrweb *ex, uint32_t id, uint8_t mark)
{
	uint32_t slot = rv_mirror_lookup(ex->m, id);
	return slot && rv_at(ex, slot)->mark & mark;
}

static bool anything(struct rv_rrweb *ex)
{
	bool any = ex->n_removed > 0;
	for (uint32_t i = 0; !any && i < ex->pending.n; i++)
		any = is_due(ex, ex->pending.v[i], RV_PENDING);
	for (uint32_t i = 0; !any && i < ex->texts.n; i++)
		any = is_due(ex, ex->texts.v[i], RV_RETEXT);
	for (uint32_t i = 0; !any && i < ex->n_entries; i++)
		any = is_due(ex, ex->entries[i].id, RV_IN);
	return any;
}

static void write_texts(struct rv_rrweb *ex, struct rv_json *json)
{
	uint32_t depth;
	rv_json_key(json, "texts");
	rv_json_open(json, '[');
	for (uint32_t i = 0; i < ex->texts.n; i++) {
		uint32_t slot = rv_mirror_lookup(ex->m, ex->texts.v[i]);
		if (!slot || !(rv_at(ex, slot)->mark & RV_RETEXT))
			continue;
		const struct rv_node *node = rv_at(ex, slot);
		set_mark(ex, slot, RV_RETEXT, 0);
		if (!rv_rrweb_locate(ex, slot, &depth))
			continue;
		if (node->kind == RV_NODE_ELEMENT) { /* a textarea: its value is an attribute */
			struct rv_json change;
			rv_rrweb_change(ex, node, &change);
			rv_rrweb_textarea(ex, node, &change);
			rv_rrweb_changed(ex, node, &change);
			continue;
		}
		rv_json_open(json, '{');
		rv_json_key(json, "id");
		rv_json_int(json, node->id);
		rv_json_key(json, "value");
		rv_rrweb_text(ex, node, json);
		rv_json_close(json, '}');
		rv_rrweb_flush(ex, 64 << 10);
	}
	rv_json_close(json, ']');
}

static void write_changes(struct rv_rrweb *ex, struct rv_json *json)
{
	rv_json_key(json, "attributes");
	rv_json_open(json, '[');
	for (uint32_t i = 0; i < ex->n_entries; i++)
		if (is_due(ex, ex->entries[i].id, RV_IN)) {
			rv_json_raw(json, rv_span(ex->attrs.ptr + ex->entries[i].from, ex->entries[i].to - ex->entries[i].from));
			rv_rrweb_flush(ex, 64 << 10);
		}
	rv_json_close(json, ']');
}

static void write_removes(struct rv_rrweb *ex, struct rv_json *json)
{
	rv_json_key(json, "removes");
	rv_json_open(json, '[');
	for (uint32_t i = 0; i < ex->n_removed; i++) {
		rv_json_open(json, '{');
		rv_json_key(json, "parentId");
		rv_json_int(json, ex->removed[i].parent);
		rv_json_key(json, "id");
		rv_json_int(json, ex->removed[i].id);
		if (ex->removed[i].shadow) {
			rv_json_key(json, "isShadow");
			rv_json_bool(json, true);
		}
		rv_json_close(json, '}');
		rv_rrweb_flush(ex, 64 << 10);
	}
	rv_json_close(json, ']');
}

/* Pending siblings are written last to first, so that each finds its next one. */
static void write_pending(struct rv_rrweb *ex, uint32_t slot, struct rv_json *json)
{
	uint32_t depth, parent = rv_at(ex, slot)->parent;
	if (!rv_rrweb_holds(ex, parent) || !rv_rrweb_locate(ex, parent, &depth))
		return; /* it comes with what is above it, or never */
	if (rv_at(ex, parent)->kind == RV_NODE_SHADOW) {
		uint32_t host = rv_at(ex, parent)->parent;
		if (!(rv_at(ex, host)->mark & RV_ROOTED) && rv_at(ex, parent)->flags)
			rv_rrweb_push(ex, &ex->after, rv_at(ex, host)->id);
		set_mark(ex, host, 0, RV_ROOTED);
	}
	uint32_t last = slot;
	while (rv_at(ex, last)->next && rv_at(ex, rv_at(ex, last)->next)->mark & RV_PENDING)
		last = rv_at(ex, last)->next;
	for (uint32_t at = last;; at = rv_at(ex, at)->prev) {
		rv_rrweb_adds(ex, at, depth + 1, json);
		if (at == slot || ex->failed)
			return;
	}
}

static void write_run(struct rv_rrweb *ex)
{
	struct rv_json json;
	rv_rrweb_begin(ex, &json, 3, 0);
	write_texts(ex, &json);
	write_changes(ex, &json);
	write_removes(ex, &json);
	rv_json_key(&json, "adds");
	rv_json_open(&json, '[');
	for (uint32_t i = 0; i < ex->pending.n && !ex->failed; i++)
		if (is_due(ex, ex->pending.v[i], RV_PENDING))
			write_pending(ex, rv_mirror_lookup(ex->m, ex->pending.v[i]), &json);
	rv_json_close(&json, ']');
	rv_rrweb_end(ex, &json, ex->run_ms);
	/* On a seek the Replayer keeps the offset of the seek before, unless it is told one among the mutations. */
	if (ex->rescroll && !ex->full && ex->m->top) {
		ex->rescroll = false;
		rv_rrweb_scroll(ex, rv_at(ex, ex->m->top), ex->run_ms);
	}
}

void rv_rrweb_end_run(struct rv_rrweb *ex)
{
	do {
		renew_hosts(ex);
		rv_rrweb_watch_now(ex);
		if (anything(ex))
			write_run(ex);
		rv_rrweb_forget_run(ex);
		rv_rrweb_write_after(ex, ex->run_ms);
	} while ((ex->pending.n || ex->watch_due) && !ex->failed); /* a frame's document may have left something for later */
	if (ex->reselect && ex->m->n_ranges)
		rv_rrweb_selection(ex, ex->run_ms);
}

void rv_rrweb_forget_run(struct rv_rrweb *ex)
{
	ex->pending.n = ex->texts.n = ex->hosts.n = ex->n_removed = ex->n_entries = 0;
	rv_rrweb_clear(ex, &ex->attrs);
}

/* ---- what follows the nodes ---- */

static void write_frame(struct rv_rrweb *ex, uint32_t slot, uint32_t t_ms)
{
	struct rv_json json;
	uint32_t depth;
	if (!rv_rrweb_locate(ex, slot, &depth))
		return;
	rv_rrweb_begin(ex, &json, 3, 0);
	rv_json_key(&json, "texts");
	rv_json_raw(&json, rv_span_str("[]"));
	rv_json_key(&json, "attributes");
	rv_json_raw(&json, rv_span_str("[]"));
	rv_json_key(&json, "removes");
	rv_json_raw(&json, rv_span_str("[]"));
	rv_json_key(&json, "adds");
	rv_json_open(&json, '[');
	rv_json_open(&json, '{');
	rv_json_key(&json, "parentId");
	rv_json_int(&json, rv_at(ex, rv_at(ex, slot)->parent)->id);
	rv_json_key(&json, "nextId");
	rv_json_null(&json);
	rv_json_key(&json, "node");
	rv_json_raw(&json, rv_span("", 0));
	rv_rrweb_tree(ex, slot, 0);
	rv_json_close(&json, '}');
	rv_json_close(&json, ']');
	rv_json_key(&json, "isAttachIframe");
	rv_json_bool(&json, true);
	rv_rrweb_end(ex, &json, t_ms);
}

static void write_state(struct rv_rrweb *ex, const struct rv_node *node, uint32_t t_ms)
{
	const struct rv_node_state *state = node->state;
	enum rv_tag tag = rv_rrweb_tag(node);
	if (node->kind == RV_NODE_ELEMENT && node->flags & RV_EL_BLOCK)
		return;
	if (node->kind == RV_NODE_ELEMENT)
		rv_rrweb_tell(ex, node, t_ms);
	if (!state)
		return;
	if (state->has_input && tag == RV_TAG_SELECT)
		rv_rrweb_input(ex, node, t_ms);
	if (state->has_input && tag == RV_TAG_OPTION && state->input_flags & RV_INPUT_SELECTED && !ex->full)
		rv_rrweb_choose(ex, node, false, t_ms);
	if (state->has_scroll && !ex->full)
		rv_rrweb_scroll(ex, node, t_ms);
	if (state->has_media && tag == RV_TAG_MEDIA && !ex->full)
		rv_rrweb_media(ex, node, t_ms);
}

void rv_rrweb_write_after(struct rv_rrweb *ex, uint32_t t_ms)
{
	for (uint32_t frame = 0; !ex->failed; frame++) {
		for (uint32_t i = 0; i < ex->after.n && !ex->failed; i++)
			if (is_due(ex, ex->after.v[i], RV_IN))
				write_state(ex, rv_mirror_find(ex->m, ex->after.v[i]), t_ms);
		ex->after.n = 0;
		ex->full = false;
		rv_rrweb_write_adopted(ex, t_ms);
		while (frame < ex->frames.n) { /* not written yet, and its frame is there */
			uint32_t slot = rv_mirror_lookup(ex->m, ex->frames.v[frame]);
			if (slot && rv_at(ex, slot)->kind == RV_NODE_DOCUMENT && !(rv_at(ex, slot)->mark & RV_IN) && rv_at(ex, slot)->parent && rv_at(ex, rv_at(ex, slot)->parent)->mark & RV_IN) {
				write_frame(ex, slot, t_ms);
				break;
			}
			frame++;
		}
		if (frame >= ex->frames.n)
			break;
	}
	ex->frames.n = 0;
}
