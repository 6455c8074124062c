#include "grow.h"
#include "mirror_priv.h"
#include <stdlib.h>

/* ---- the walk ---- */

uint32_t rv_mirror_next(const struct rv_mirror *m, uint32_t slot, uint32_t root)
{
	const struct rv_node *node = &m->nodes[slot];
	if (node->kind == RV_NODE_ELEMENT && (node->shadow || node->frame))
		return node->shadow ? node->shadow : node->frame;
	if (node->first)
		return node->first;
	while (slot != root) {
		const struct rv_node *parent = &m->nodes[node->parent];
		if (node->kind == RV_NODE_SHADOW && parent->frame)
			return parent->frame;
		if (node->kind == RV_NODE_SHADOW || node->kind == RV_NODE_DOCUMENT) {
			if (parent->first)
				return parent->first;
		} else if (node->next) {
			return node->next;
		}
		slot = node->parent;
		node = parent;
	}
	return 0;
}

/* ---- dump ---- */

/* The values of one record, gathered and sent off; a failure is sticky. */
struct dump {
	const struct rv_mirror *m;
	rv_mirror_sink sink;
	void *user;
	struct rv_val *v;
	uint32_t n, cap;
	enum rv_status status;
	struct rv_buf text;
};

static void value(struct dump *dump, struct rv_val val)
{
	if (dump->n == dump->cap) {
		struct rv_val *v = rv_grow(dump->v, &dump->cap, 64, sizeof *v);
		if (!v) {
			dump->status = RV_MEMORY;
			return;
		}
		dump->v = v;
	}
	dump->v[dump->n++] = val;
}

static void words(struct dump *dump, const void *from, uint32_t n)
{
	for (const uint32_t *word = from; n; n--)
		value(dump, (struct rv_val){.u = *word++});
}

static void texts(struct dump *dump, const struct rv_span *text, uint32_t n)
{
	for (; n; n--)
		value(dump, (struct rv_val){.s = *text++});
}

static void emit(struct dump *dump, uint32_t type)
{
	const struct rv_rec rec = {.type = type, .t_ms = dump->m->epoch.last_ms, .n = dump->n, .v = dump->v};
	if (dump->status == RV_OK)
		dump->status = dump->sink(dump->user, &rec);
	dump->n = 0;
}

static uint32_t id_at(const struct rv_mirror *m, uint32_t slot) { return m->nodes[slot].id; }

static void dump_epoch(struct dump *dump)
{
	const struct rv_mirror_epoch *epoch = &dump->m->epoch;
	const uint32_t visible = epoch->visible;
	value(dump, (struct rv_val){.f = epoch->wall_ms});
	words(dump, &epoch->width, 3);
	texts(dump, &epoch->url, 2);
	words(dump, &visible, 1);
	emit(dump, RV_REC_EPOCH);
}

/* The walk goes in document order, so every node is the last of its parent when it comes. */
static void dump_node(struct dump *dump, const struct rv_node *node)
{
	const uint32_t kind = node->kind;
	uint32_t head[4] = {node->id, id_at(dump->m, node->parent), 0, node->flags}, type = RV_REC_TEXT;
	switch (kind) {
	case RV_NODE_DOCUMENT:
	case RV_NODE_SHADOW:
		head[2] = node->flags;
		words(dump, head, 3);
		if (kind == RV_NODE_DOCUMENT)
			texts(dump, &node->text, 1);
		type = kind == RV_NODE_DOCUMENT ? RV_REC_DOCUMENT : RV_REC_SHADOW_ROOT;
		break;
	case RV_NODE_DOCTYPE:
		words(dump, head, 3);
		texts(dump, &node->name, 3);
		type = RV_REC_DOCTYPE;
		break;
	case RV_NODE_ELEMENT:
		words(dump, head, 4);
		texts(dump, &node->name, 1);
		texts(dump, (const struct rv_span *)(const void *)node->attributes, 2 * node->n_attributes);
		type = RV_REC_ELEMENT;
		break;
	default:
		head[3] = kind;
		words(dump, head, 4);
		texts(dump, &node->text, 1);
	}
	emit(dump, type);
}

uint32_t rv_mirror_media_time(const struct rv_node_state *state, uint32_t at_ms)
{
	if (!(state->media_flags & RV_MEDIA_PLAYING) || at_ms <= state->media_at_ms)
		return state->media_time_ms;
	uint64_t time = state->media_time_ms + (uint64_t)(at_ms - state->media_at_ms) * state->media_rate_milli / 1000;
	return time > UINT32_MAX ? UINT32_MAX : (uint32_t)time;
}

static void dump_state(struct dump *dump, const struct rv_node *node)
{
	const char *state = (const char *)node->state;
	for (const struct rv_state_shape *shape = rv_state_shapes; shape < rv_state_shapes + RV_STATE_SHAPES; shape++) {
		if (!*(const bool *)(state + shape->has))
			continue;
		words(dump, &node->id, 1);
		words(dump, state + shape->at, shape->n);
		if (shape->type == RV_REC_MEDIA && dump->status == RV_OK)
			dump->v[RV_MEDIA_TIME_MS].u = rv_mirror_media_time(node->state, dump->m->epoch.last_ms);
		if (shape->text)
			texts(dump, (const struct rv_span *)(const void *)(state + shape->text), 1);
		emit(dump, shape->type);
	}
	words(dump, &node->id, 1);
	for (uint32_t i = 0; i < node->state->n_assigned; i++)
		if (node->state->assigned[i])
			words(dump, &node->state->assigned[i], 1);
	if (dump->n > 1)
		emit(dump, RV_REC_ASSIGN);
	dump->n = 0;
}

static void dump_live(struct dump *dump)
{
	const struct rv_mirror *m = dump->m;
	for (uint32_t i = 0; i < m->n_animations; i++) {
		const struct rv_animation *animation = &m->animations[i];
		const uint32_t time_ms = rv_mirror_animation_time(animation, m->epoch.last_ms);
		words(dump, animation, 3); /* node, id, state */
		words(dump, &time_ms, 1);
		texts(dump, &animation->pseudo, 3);
		emit(dump, RV_REC_ANIMATION);
	}
	if (m->epoch.fullscreen) {
		words(dump, &m->epoch.fullscreen, 1);
		emit(dump, RV_REC_FULLSCREEN);
	}
	if (m->epoch.focus) {
		const uint32_t pointer[RV_POINTER_FIXED] = {RV_POINTER_FOCUS, m->epoch.focus, m->epoch.focus_visible};
		words(dump, pointer, RV_POINTER_FIXED);
		emit(dump, RV_REC_POINTER);
	}
	if (m->epoch.visual_scale_milli) {
		words(dump, &m->epoch.visual_x, 3);
		emit(dump, RV_REC_VISUAL_VIEWPORT);
	}
	if (m->n_ranges) {
		words(dump, m->ranges, RV_SELECTION_GROUP * m->n_ranges);
		emit(dump, RV_REC_SELECTION);
	}
}

/* The rules, each with its path[0 … depth], then its nested rules; depth stays below RV_RULE_DEPTH_MAX. */
static void dump_rules(struct dump *dump, const struct rv_rules *list, uint32_t sheet, uint32_t *path, uint32_t depth)
{
	for (uint32_t i = 0; dump->status == RV_OK && i < list->n_rules; i++) {
		const struct rv_rule *rule = &list->rules[i];
		struct rv_span text = rule->text;
		if (rule->cap_rules) {
			rv_buf_clear(&dump->text);
			rv_buf_span(&dump->text, text);
			rv_buf_byte(&dump->text, '}');
			dump->status = rv_buf_status(&dump->text);
			text = rv_buf_get(&dump->text);
		}
		path[depth] = i;
		words(dump, &sheet, 1);
		texts(dump, &text, 1);
		words(dump, path, depth + 1);
		emit(dump, RV_REC_RULE_INSERT);
		dump_rules(dump, &rule->list, sheet, path, depth + 1);
	}
}

static void dump_sheet(struct dump *dump, const struct rv_sheet *sheet)
{
	uint32_t path[RV_RULE_DEPTH_MAX + 1];
	words(dump, sheet, 3); /* id, owner, flags */
	texts(dump, &sheet->media, 2);
	emit(dump, RV_REC_SHEET);
	dump_rules(dump, &sheet->list, sheet->id, path, 0);
}

static void dump_all(struct dump *dump)
{
	const struct rv_mirror *m = dump->m;
	dump_epoch(dump);
	for (uint32_t slot = m->top; dump->status == RV_OK && slot; slot = rv_mirror_next(m, slot, m->top))
		dump_node(dump, &m->nodes[slot]);
	for (uint32_t slot = m->top; dump->status == RV_OK && slot; slot = rv_mirror_next(m, slot, m->top))
		if (m->nodes[slot].state)
			dump_state(dump, &m->nodes[slot]);
	for (uint32_t i = 1; dump->status == RV_OK && i < m->n_sheets; i++)
		if (m->sheets[i].sheet.id)
			dump_sheet(dump, &m->sheets[i].sheet);
	for (uint32_t slot = m->top; dump->status == RV_OK && slot; slot = rv_mirror_next(m, slot, m->top)) {
		const struct rv_node *node = &m->nodes[slot];
		if (!node->adopted_known)
			continue;
		words(dump, &node->id, 1);
		words(dump, node->adopted, node->n_adopted);
		emit(dump, RV_REC_ADOPTED);
	}
	dump_live(dump);
	if (m->epoch.snapshot_done)
		emit(dump, RV_REC_SNAPSHOT_DONE);
}

enum rv_status rv_mirror_dump(const struct rv_mirror *m, rv_mirror_sink sink, void *user)
{
	struct dump dump = {.m = m, .sink = sink, .user = user};
	if (!m->epoch.started)
		return RV_OK;
	rv_buf_init(&dump.text, m->limits.max_text_bytes + 1);
	dump_all(&dump);
	rv_buf_deinit(&dump.text);
	free(dump.v);
	return dump.status;
}

/* ---- hash ---- */

static uint32_t mix(uint32_t hash, uint32_t value)
{
	hash = (hash ^ value) * 0x85ebca6bu;
	return hash ^ hash >> 15;
}

static uint32_t mix_text(uint32_t hash, struct rv_span held) { return mix(hash, rv_mirror_text_hash(held)); }

static uint32_t hash_state(uint32_t hash, const struct rv_node_state *state)
{
	uint32_t has = state->has_input | state->has_scroll << 1 | state->has_media << 2 | state->has_dialog << 3 | state->has_size << 4;
	if (has) {
		hash = mix(hash, has);
		hash = mix_text(mix(mix(hash, state->input_flags), state->input_len), state->input_value);
		hash = mix(mix(hash, (uint32_t)state->scroll_x), (uint32_t)state->scroll_y);
		hash = mix(mix(mix(hash, state->media_flags), state->media_volume_milli), state->media_rate_milli);
		if (!(state->media_flags & RV_MEDIA_PLAYING))
			hash = mix(hash, state->media_time_ms);
		hash = mix(mix(mix(hash, state->dialog_flags), state->width), state->height);
	}
	if (state->canvas.ptr || state->canvas_width || state->canvas_height)
		hash = mix_text(mix(mix(hash, state->canvas_width), state->canvas_height), state->canvas);
	if (state->hold.ptr)
		hash = mix_text(mix(hash, 1), state->hold);
	for (uint32_t i = 0; i < state->n_assigned; i++)
		if (state->assigned[i])
			hash = mix(hash, state->assigned[i]);
	return hash;
}

static uint32_t hash_live(const struct rv_mirror *m, uint32_t hash)
{
	hash = mix(mix(mix(hash, m->epoch.fullscreen), m->epoch.focus), m->epoch.visual_scale_milli);
	if (m->epoch.visual_scale_milli)
		hash = mix(mix(hash, (uint32_t)m->epoch.visual_x), (uint32_t)m->epoch.visual_y);
	for (uint32_t i = 0; i < m->n_ranges; i++)
		hash = mix(mix(mix(mix(hash, m->ranges[i].start), m->ranges[i].start_offset), m->ranges[i].end), m->ranges[i].end_offset);
	for (uint32_t i = 0; i < m->n_animations; i++) {
		const struct rv_animation *animation = &m->animations[i];
		hash = mix(mix(mix(hash, animation->id), animation->node), animation->state);
		hash = mix_text(mix_text(mix_text(hash, animation->pseudo), animation->keyframes), animation->timing);
		if (animation->state != RV_ANIMATION_RUNNING)
			hash = mix(hash, animation->time_ms);
	}
	return hash;
}

static uint32_t hash_node(const struct rv_mirror *m, uint32_t hash, const struct rv_node *node)
{
	hash = mix(mix(hash, node->id), id_at(m, node->parent));
	hash = mix(mix(hash, node->kind), node->flags);
	hash = mix_text(mix_text(mix_text(hash, node->name), node->text), node->extra);
	for (uint32_t i = 0; i < node->n_attributes; i++)
		hash = mix_text(mix_text(hash, node->attributes[i].name), node->attributes[i].value);
	if (node->state)
		hash = hash_state(hash, node->state);
	hash = mix(mix(hash, node->sheet), node->adopted_known);
	for (uint32_t i = 0; i < node->n_adopted; i++)
		hash = mix(hash, node->adopted[i]);
	return hash;
}

/* A rule that has lost its last nested rule hashes as its whole text does, which is what a dump writes. */
static uint32_t hash_rule(uint32_t hash, const struct rv_rule *rule)
{
	uint32_t len = (uint32_t)rule->text.len, text = rv_mirror_text_hash(rule->text);
	if (rule->cap_rules)
		text = (((text ^ len) ^ '}') * 16777619u) ^ (len + 1);
	hash = mix(mix(hash, text), rule->n_rules);
	for (uint32_t i = 0; i < rule->n_rules; i++)
		hash = hash_rule(hash, &rule->rules[i]);
	return hash;
}

uint32_t rv_mirror_hash(const struct rv_mirror *m)
{
	const struct rv_mirror_epoch *epoch = &m->epoch;
	uint32_t hash = 1, wall[2];
	if (!epoch->started)
		return 0;
	memcpy(wall, &epoch->wall_ms, sizeof wall);
	hash = mix(mix(hash, wall[0]), wall[1]);
	hash = mix(mix(mix(hash, epoch->width), epoch->height), epoch->dpr_milli);
	hash = mix_text(mix_text(hash, epoch->url), epoch->referrer);
	hash = mix(hash, (uint32_t)epoch->visible | (uint32_t)epoch->snapshot_done << 1);
	for (uint32_t slot = m->top; slot; slot = rv_mirror_next(m, slot, m->top))
		hash = hash_node(m, hash, &m->nodes[slot]);
	uint32_t sheets = 0; /* a sum: sheets have no order of their own */
	for (uint32_t i = 1; i < m->n_sheets; i++) {
		const struct rv_sheet *sheet = &m->sheets[i].sheet;
		if (!sheet->id)
			continue;
		uint32_t one = mix(mix(mix(1, sheet->id), sheet->owner), sheet->flags);
		one = mix_text(mix_text(one, sheet->media), sheet->href);
		for (uint32_t j = 0; j < sheet->n_rules; j++)
			one = hash_rule(one, &sheet->rules[j]);
		sheets += one;
	}
	return hash_live(m, mix(hash, sheets));
}
