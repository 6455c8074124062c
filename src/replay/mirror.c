#include "grow.h"
#include "mirror_priv.h"
#include <stdlib.h>

#define U(index) (rec->v[index].u)
#define S(index) (rec->v[index].s)

/* ---- life ---- */

struct rv_mirror *rv_mirror_new(const struct rv_mirror_limits *limits)
{
	struct rv_mirror *m = calloc(1, sizeof *m);
	if (!m)
		return NULL;
	if (limits)
		m->limits = *limits;
	if (!m->limits.max_nodes)
		m->limits.max_nodes = 500000;
	if (!m->limits.max_text_bytes)
		m->limits.max_text_bytes = (size_t)128 << 20;
	return m;
}

void rv_mirror_reset(struct rv_mirror *m)
{
	for (uint32_t i = 1; i < m->n_slots; i++) {
		free(m->nodes[i].attributes);
		if (m->nodes[i].state)
			free(m->nodes[i].state->assigned);
		free(m->nodes[i].state);
		free(m->nodes[i].adopted);
	}
	free(m->nodes);
	free(m->animations);
	rv_mirror_sheets_reset(m);
	rv_map_clear(&m->ids);
	rv_mirror_strings_free(m);
	*m = (struct rv_mirror){.limits = m->limits};
}

void rv_mirror_free(struct rv_mirror *m)
{
	if (!m)
		return;
	rv_mirror_reset(m);
	free(m);
}

/* ---- slots ---- */

/* A zeroed slot for a new id, counted. */
static enum rv_status new_slot(struct rv_mirror *m, uint32_t id, uint32_t *slot)
{
	if (m->n_nodes >= m->limits.max_nodes)
		return RV_LIMIT;
	if (!m->free_slot && m->n_slots == m->cap_slots) {
		struct rv_node *nodes = rv_grow(m->nodes, &m->cap_slots, 64, sizeof *nodes);
		if (!nodes)
			return RV_MEMORY;
		m->nodes = nodes;
		if (!m->n_slots)
			m->nodes[m->n_slots++] = (struct rv_node){0};
	}
	uint32_t at = m->free_slot ? m->free_slot : m->n_slots;
	enum rv_status status = rv_map_put(&m->ids, id, at);
	if (status != RV_OK)
		return status;
	if (m->free_slot)
		m->free_slot = m->nodes[at].next;
	else
		m->n_slots++;
	m->nodes[at] = (struct rv_node){.id = id};
	m->n_nodes++;
	*slot = at;
	return RV_OK;
}

static void free_slot(struct rv_mirror *m, uint32_t slot)
{
	struct rv_node *node = &m->nodes[slot];
	rv_mirror_forget(m, node);
	rv_map_remove(&m->ids, node->id);
	rv_mirror_drop_all(m, &node->name, 3);
	rv_mirror_drop_all(m, (const struct rv_span *)(const void *)node->attributes, 2 * node->n_attributes);
	rv_mirror_refund(m, node->n_attributes * sizeof *node->attributes);
	free(node->attributes);
	if (node->state) {
		rv_mirror_drop_all(m, &node->state->input_value, 3);
		rv_mirror_refund(m, sizeof *node->state);
		free(node->state);
	}
	rv_mirror_adopted_free(m, node);
	if (node->sheet)
		rv_mirror_sheet_free(m, node->sheet);
	*node = (struct rv_node){.next = m->free_slot};
	m->free_slot = slot;
	m->n_nodes--;
}

/* Takes a node out of whatever holds it. */
static void detach(struct rv_mirror *m, uint32_t slot)
{
	struct rv_node *node = &m->nodes[slot], *parent = &m->nodes[node->parent];
	if (node->kind == RV_NODE_DOCUMENT) {
		if (node->parent)
			parent->frame = 0;
		else
			m->top = 0;
		return;
	}
	*(node->prev ? &m->nodes[node->prev].next : &parent->first) = node->next;
	*(node->next ? &m->nodes[node->next].prev : &parent->last) = node->prev;
	if (parent->kind == RV_NODE_DOCUMENT) {
		if (parent->frame == slot)
			parent->frame = 0;
		if (parent->shadow == slot)
			parent->shadow = 0;
	}
	node->prev = node->next = 0;
}

static void attach(struct rv_mirror *m, uint32_t slot, uint32_t parent_slot, uint32_t next)
{
	struct rv_node *node = &m->nodes[slot], *parent = &m->nodes[parent_slot];
	node->parent = parent_slot;
	node->next = next;
	node->prev = next ? m->nodes[next].prev : parent->last;
	*(node->prev ? &m->nodes[node->prev].next : &parent->first) = slot;
	*(next ? &m->nodes[next].prev : &parent->last) = slot;
	if (parent->kind == RV_NODE_DOCUMENT && node->kind == RV_NODE_ELEMENT)
		parent->frame = slot;
	if (parent->kind == RV_NODE_DOCUMENT && node->kind == RV_NODE_DOCTYPE)
		parent->shadow = slot;
}

/* Frees a detached subtree: always the deepest first child, then up. */
static void free_tree(struct rv_mirror *m, uint32_t root)
{
	uint32_t slot = root;
	for (;;) {
		struct rv_node *node = &m->nodes[slot];
		uint32_t down = 0;
		if (node->kind == RV_NODE_ELEMENT && (node->shadow || node->frame)) {
			uint32_t *held = node->shadow ? &node->shadow : &node->frame;
			down = *held;
			*held = 0;
		} else if (node->first) {
			down = node->first;
			node->first = m->nodes[down].next;
		}
		if (down) {
			slot = down;
			continue;
		}
		uint32_t up = node->parent;
		free_slot(m, slot);
		if (slot == root)
			return;
		slot = up;
	}
}

/* ---- nodes ---- */

static bool is_list_child(const struct rv_node *node)
{
	return node->kind != RV_NODE_DOCUMENT && node->kind != RV_NODE_SHADOW;
}

/* May a node of this kind stand in parent before next? `slot` is the node itself when it moves. */
static enum rv_status check_place(const struct rv_mirror *m, uint8_t kind, uint32_t slot, uint32_t parent_id, uint32_t next_id, uint32_t *parent_slot, uint32_t *next_slot)
{
	*parent_slot = rv_mirror_lookup(m, parent_id);
	*next_slot = rv_mirror_lookup(m, next_id);
	if (!*parent_slot || (next_id && !*next_slot))
		return RV_ORDER;
	const struct rv_node *parent = &m->nodes[*parent_slot], *next = &m->nodes[*next_slot];
	if (next_id && (next->parent != *parent_slot || !is_list_child(next) || *next_slot == slot))
		return RV_BAD;
	switch (parent->kind) {
	case RV_NODE_DOCUMENT:
		if (kind == RV_NODE_TEXT || kind == RV_NODE_CDATA)
			return RV_BAD;
		if (kind == RV_NODE_ELEMENT)
			return parent->frame && parent->frame != slot ? RV_BAD : RV_OK;
		if (kind == RV_NODE_DOCTYPE)
			return parent->shadow && parent->shadow != slot ? RV_BAD : RV_OK;
		return RV_OK;
	case RV_NODE_ELEMENT:
	case RV_NODE_SHADOW:
		return kind == RV_NODE_DOCTYPE ? RV_BAD : RV_OK;
	default:
		return RV_BAD;
	}
}

static struct rv_span or_empty(struct rv_span text)
{
	return text.ptr ? text : rv_span("", 0);
}

static bool is_text(uint8_t kind)
{
	return kind == RV_NODE_TEXT || kind == RV_NODE_CDATA || kind == RV_NODE_PI || kind == RV_NODE_COMMENT;
}

static bool is_frame(const struct rv_node *node)
{
	return node->kind == RV_NODE_ELEMENT && (rv_span_is(node->name, "iframe") || rv_span_is(node->name, "frame") || rv_span_is(node->name, "object"));
}

/* document, shadow root, doctype, element, text. The id and the parent come first in all of them, then
 * the next sibling in those that have a place among others. */
static enum rv_status apply_node(struct rv_mirror *m, const struct rv_rec *rec)
{
	uint32_t parent = rv_mirror_lookup(m, U(1)), next = 0, slot, flags = U(2);
	struct rv_span texts[3] = {{0}}, held[3];
	uint8_t kind = RV_NODE_DOCTYPE;
	enum rv_status status;
	if (!U(0))
		return RV_BAD;
	if (rv_mirror_lookup(m, U(0)))
		return RV_ORDER;
	switch (rec->type) {
	case RV_REC_DOCUMENT:
		if (U(1) && !parent)
			return RV_ORDER;
		if (parent ? !is_frame(&m->nodes[parent]) || m->nodes[parent].frame : m->top)
			return RV_BAD;
		kind = RV_NODE_DOCUMENT;
		texts[1] = or_empty(S(RV_DOCUMENT_URL));
		break;
	case RV_REC_SHADOW_ROOT:
		if (!parent)
			return RV_ORDER;
		if (m->nodes[parent].kind != RV_NODE_ELEMENT || m->nodes[parent].shadow)
			return RV_BAD;
		kind = RV_NODE_SHADOW;
		break;
	case RV_REC_ELEMENT:
		kind = RV_NODE_ELEMENT;
		flags = U(RV_ELEMENT_FLAGS);
		texts[0] = S(RV_ELEMENT_TAG);
		if (!texts[0].ptr || !texts[0].len)
			return RV_BAD;
		break;
	case RV_REC_TEXT:
		if (U(RV_TEXT_KIND) > RV_TEXT_COMMENT || !is_text((uint8_t)U(RV_TEXT_KIND)))
			return RV_BAD;
		kind = (uint8_t)U(RV_TEXT_KIND);
		flags = 0;
		texts[1] = or_empty(S(RV_TEXT_TEXT));
		break;
	default:
		flags = 0;
		for (uint32_t i = 0; i < 3; i++)
			texts[i] = or_empty(S(RV_DOCTYPE_NAME + i));
	}
	bool listed = kind != RV_NODE_DOCUMENT && kind != RV_NODE_SHADOW;
	status = listed ? check_place(m, kind, 0, U(1), U(2), &parent, &next) : RV_OK;
	if (status == RV_OK)
		status = rv_mirror_hold_all(m, texts, held, 3);
	if (status != RV_OK)
		return status;
	status = new_slot(m, U(0), &slot);
	if (status != RV_OK) {
		rv_mirror_drop_all(m, held, 3);
		return status;
	}
	struct rv_node *node = &m->nodes[slot];
	node->kind = kind;
	node->flags = flags;
	memcpy(&node->name, held, sizeof held);
	if (kind == RV_NODE_ELEMENT) {
		status = rv_mirror_set_attributes(m, slot, rec->v + RV_ELEMENT_FIXED, rv_record_groups(rec), false);
		if (status != RV_OK) {
			free_slot(m, slot);
			return status;
		}
	}
	if (listed) {
		attach(m, slot, parent, next);
	} else {
		node->parent = parent;
		*(kind == RV_NODE_SHADOW ? &m->nodes[parent].shadow : parent ? &m->nodes[parent].frame : &m->top) = slot;
	}
	return RV_OK;
}

static enum rv_status apply_remove(struct rv_mirror *m, const struct rv_rec *rec)
{
	uint32_t slot = rv_mirror_lookup(m, U(RV_REMOVE_NODE));
	if (!slot)
		return RV_ORDER;
	if (m->nodes[slot].kind == RV_NODE_SHADOW)
		return RV_BAD;
	detach(m, slot);
	free_tree(m, slot);
	return RV_OK;
}

static enum rv_status apply_move(struct rv_mirror *m, const struct rv_rec *rec)
{
	uint32_t slot = rv_mirror_lookup(m, U(RV_MOVE_NODE)), parent, next, depth = 0;
	if (!slot)
		return RV_ORDER;
	const struct rv_node *node = &m->nodes[slot];
	if (!is_list_child(node))
		return RV_BAD;
	enum rv_status status = check_place(m, node->kind, slot, U(RV_MOVE_PARENT), U(RV_MOVE_NEXT), &parent, &next);
	if (status != RV_OK)
		return status;
	if (node->first || node->shadow || node->frame)
		for (uint32_t up = parent; up; up = m->nodes[up].parent) {
			if (up == slot)
				return RV_BAD;
			if (++depth > RV_DEPTH_MAX)
				return RV_LIMIT;
		}
	else if (parent == slot)
		return RV_BAD;
	detach(m, slot);
	attach(m, slot, parent, next);
	return RV_OK;
}

static enum rv_status apply_text_set(struct rv_mirror *m, const struct rv_rec *rec)
{
	uint32_t slot = rv_mirror_lookup(m, U(RV_TEXT_SET_NODE));
	struct rv_span held;
	if (!slot)
		return RV_ORDER;
	struct rv_node *node = &m->nodes[slot];
	if (!is_text(node->kind))
		return RV_BAD;
	enum rv_status status = rv_mirror_hold(m, or_empty(S(RV_TEXT_SET_TEXT)), &held);
	if (status != RV_OK)
		return status;
	rv_mirror_drop(m, node->text);
	node->text = held;
	return RV_OK;
}

/* ---- the epoch ---- */

static enum rv_status apply_epoch(struct rv_mirror *m, const struct rv_rec *rec)
{
	struct rv_mirror fresh = {.limits = m->limits, .scanned_kib = m->scanned_kib};
	const struct rv_span texts[2] = {or_empty(S(RV_EPOCH_URL)), or_empty(S(RV_EPOCH_REFERRER))};
	struct rv_span held[2];
	enum rv_status status = rv_mirror_hold_all(&fresh, texts, held, 2);
	if (status != RV_OK) {
		rv_mirror_strings_free(&fresh);
		return status;
	}
	fresh.epoch = (struct rv_mirror_epoch){
		.wall_ms = rec->v[RV_EPOCH_WALL_MS].f, .number = m->epoch.number + 1, .width = U(RV_EPOCH_WIDTH), .height = U(RV_EPOCH_HEIGHT),
		.dpr_milli = U(RV_EPOCH_DPR_MILLI), .last_ms = rec->t_ms, .url = held[0], .referrer = held[1], .visible = U(RV_EPOCH_VISIBLE) != 0, .started = true};
	rv_mirror_reset(m);
	*m = fresh;
	return RV_OK;
}

static enum rv_status apply_navigate(struct rv_mirror *m, const struct rv_rec *rec)
{
	struct rv_span held;
	if (!S(RV_NAVIGATE_URL).ptr)
		return RV_OK;
	enum rv_status status = rv_mirror_hold(m, S(RV_NAVIGATE_URL), &held);
	if (status != RV_OK)
		return status;
	rv_mirror_drop(m, m->epoch.url);
	m->epoch.url = held;
	return RV_OK;
}

static enum rv_status check_pointer(const struct rv_mirror *m, uint32_t id)
{
	return !id || rv_mirror_lookup(m, id) ? RV_OK : RV_ORDER;
}

static enum rv_status apply_pointer(struct rv_mirror *m, const struct rv_rec *rec)
{
	uint32_t node = U(RV_POINTER_NODE), kind = U(RV_POINTER_KIND);
	enum rv_status status = check_pointer(m, node);
	if (status == RV_OK && (kind == RV_POINTER_FOCUS || (kind == RV_POINTER_BLUR && node == m->epoch.focus))) {
		m->epoch.focus = kind == RV_POINTER_FOCUS ? node : 0;
		m->epoch.focus_visible = U(RV_POINTER_X);
	}
	return status;
}

static enum rv_status apply_known(struct rv_mirror *m, const struct rv_rec *rec)
{
	switch (rec->type) {
	case RV_REC_SNAPSHOT_DONE:
		m->epoch.snapshot_done = true;
		return RV_OK;
	case RV_REC_DOCUMENT:
	case RV_REC_DOCTYPE:
	case RV_REC_ELEMENT:
	case RV_REC_TEXT:
	case RV_REC_SHADOW_ROOT: return apply_node(m, rec);
	case RV_REC_REMOVE: return apply_remove(m, rec);
	case RV_REC_MOVE: return apply_move(m, rec);
	case RV_REC_TEXT_SET: return apply_text_set(m, rec);
	case RV_REC_ATTRIBUTES:
	case RV_REC_PRIVACY:
	case RV_REC_UPGRADED:
	case RV_REC_INPUT:
	case RV_REC_SCROLL:
	case RV_REC_MEDIA:
	case RV_REC_DIALOG:
	case RV_REC_SIZE:
	case RV_REC_CANVAS:
	case RV_REC_HOLD: return rv_mirror_apply_state(m, rec);
	case RV_REC_VIEWPORT:
		rv_mirror_words(&m->epoch.width, rec->v, RV_VIEWPORT_FIXED);
		return RV_OK;
	case RV_REC_VISIBILITY:
		m->epoch.visible = U(RV_VISIBILITY_VISIBLE) != 0;
		return RV_OK;
	case RV_REC_NAVIGATE: return apply_navigate(m, rec);
	case RV_REC_VISUAL_VIEWPORT:
		rv_mirror_words((uint32_t *)&m->epoch.visual_x, rec->v, RV_VISUAL_VIEWPORT_FIXED);
		return RV_OK;
	case RV_REC_ASSIGN:
	case RV_REC_ANIMATION:
	case RV_REC_FULLSCREEN:
	case RV_REC_SELECTION: return rv_mirror_apply_live(m, rec);
	case RV_REC_POINTER: return apply_pointer(m, rec);
	case RV_REC_CLIPBOARD: return check_pointer(m, U(RV_CLIPBOARD_NODE));
	case RV_REC_POINTER_MOVE:
	case RV_REC_KEY: return check_pointer(m, U(0));
	case RV_REC_PERFORMANCE: return check_pointer(m, U(RV_PERFORMANCE_NODE));
	case RV_REC_CHECK: return RV_BAD;
	case RV_REC_SHEET:
	case RV_REC_RULE_INSERT:
	case RV_REC_RULE_DELETE:
	case RV_REC_RULE_REPLACE:
	case RV_REC_ADOPTED:
	case RV_REC_SHEET_STATE:
	case RV_REC_SHEET_DROP: return rv_mirror_apply_sheet(m, rec);
	default: return RV_OK; /* logs, notes */
	}
}

enum rv_status rv_mirror_apply(struct rv_mirror *m, const struct rv_rec *rec)
{
	const struct rv_schema *schema = rv_record_schema(rec->type);
	if (schema && !rv_record_whole(schema, rec->n))
		return RV_BAD;
	if (rec->type == RV_REC_EPOCH)
		return apply_epoch(m, rec);
	if (!m->epoch.started || rec->t_ms < m->epoch.last_ms)
		return RV_ORDER;
	enum rv_status status = schema ? apply_known(m, rec) : RV_OK;
	if (status == RV_OK)
		m->epoch.last_ms = rec->t_ms;
	return status;
}

/* ---- reading ---- */

const struct rv_mirror_epoch *rv_mirror_epoch(const struct rv_mirror *m) { return &m->epoch; }
uint32_t rv_mirror_nodes(const struct rv_mirror *m) { return m->n_nodes; }
void rv_mirror_mark(struct rv_mirror *m, uint32_t slot, uint8_t mark) { m->nodes[slot].mark = mark; }
uint32_t rv_mirror_slot_of(const struct rv_mirror *m, const struct rv_node *node) { return (uint32_t)(node - m->nodes); }

const struct rv_node *rv_mirror_slot(const struct rv_mirror *m, uint32_t slot)
{
	return slot && slot < m->n_slots && m->nodes[slot].id ? &m->nodes[slot] : NULL;
}

const struct rv_node *rv_mirror_find(const struct rv_mirror *m, uint32_t id) { return rv_mirror_slot(m, rv_mirror_lookup(m, id)); }
const struct rv_node *rv_mirror_document(const struct rv_mirror *m) { return rv_mirror_slot(m, m->top); }

struct rv_span rv_mirror_attribute(const struct rv_node *node, const char *name)
{
	for (uint32_t i = 0; i < node->n_attributes; i++)
		if (rv_span_is(node->attributes[i].name, name))
			return node->attributes[i].value;
	return rv_span(NULL, 0);
}

size_t rv_mirror_bytes(const struct rv_mirror *m)
{
	return sizeof *m + m->text_bytes + m->cap_animations * sizeof *m->animations + m->cap_slots * sizeof *m->nodes + m->cap_sheets * sizeof *m->sheets
		+ (m->ids.cap + m->sheet_ids.cap) * (sizeof(struct rv_map_entry) + sizeof(uint32_t)) + m->n_buckets * sizeof *m->buckets;
}
