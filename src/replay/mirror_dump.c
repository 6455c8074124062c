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

struct dump {
	const struct rv_mirror *m;
	rv_mirror_sink sink;
	void *user;
	struct rv_val *v;
	uint32_t cap;
	struct rv_buf text;
};

static enum rv_status room(struct dump *dump, uint32_t n)
{
	if (n <= dump->cap)
		return RV_OK;
	struct rv_val *v = realloc(dump->v, n * 2 * sizeof *v);
	if (!v)
		return RV_MEMORY;
	dump->v = v;
	dump->cap = n * 2;
	return RV_OK;
}

static enum rv_status emit(struct dump *dump, uint32_t type, uint32_t n)
{
	const struct rv_rec rec = {.type = type, .t_ms = dump->m->epoch.last_ms, .n = n, .v = dump->v};
	return dump->sink(dump->user, &rec);
}

static uint32_t id_at(const struct rv_mirror *m, uint32_t slot) { return m->nodes[slot].id; }
static void set_u(struct dump *dump, uint32_t i, uint32_t value) { dump->v[i] = (struct rv_val){.u = value}; }
static void set_i(struct dump *dump, uint32_t i, int32_t value) { dump->v[i] = (struct rv_val){.i = value}; }
static void set_s(struct dump *dump, uint32_t i, struct rv_span value) { dump->v[i] = (struct rv_val){.s = value}; }

static enum rv_status dump_epoch(struct dump *dump)
{
	const struct rv_mirror_epoch *epoch = &dump->m->epoch;
	dump->v[RV_EPOCH_WALL_MS] = (struct rv_val){.f = epoch->wall_ms};
	set_u(dump, RV_EPOCH_WIDTH, epoch->width);
	set_u(dump, RV_EPOCH_HEIGHT, epoch->height);
	set_u(dump, RV_EPOCH_DPR_MILLI, epoch->dpr_milli);
	set_s(dump, RV_EPOCH_URL, epoch->url);
	set_s(dump, RV_EPOCH_REFERRER, epoch->referrer);
	set_u(dump, RV_EPOCH_VISIBLE, epoch->visible);
	return emit(dump, RV_REC_EPOCH, RV_EPOCH_FIXED);
}

/* The walk goes in document order, so every node is the last of its parent when it comes. */
static enum rv_status dump_node(struct dump *dump, const struct rv_node *node)
{
	enum rv_status status = room(dump, RV_ELEMENT_FIXED + 2 * node->n_attributes);
	if (status != RV_OK)
		return status;
	set_u(dump, 0, node->id);
	set_u(dump, 1, id_at(dump->m, node->parent));
	set_u(dump, 2, 0);
	switch (node->kind) {
	case RV_NODE_DOCUMENT:
		set_u(dump, RV_DOCUMENT_FLAGS, node->flags);
		set_s(dump, RV_DOCUMENT_URL, node->text);
		return emit(dump, RV_REC_DOCUMENT, RV_DOCUMENT_FIXED);
	case RV_NODE_SHADOW:
		set_u(dump, RV_SHADOW_ROOT_FLAGS, node->flags);
		return emit(dump, RV_REC_SHADOW_ROOT, RV_SHADOW_ROOT_FIXED);
	case RV_NODE_DOCTYPE:
		set_s(dump, RV_DOCTYPE_NAME, node->name);
		set_s(dump, RV_DOCTYPE_PUBLIC_ID, node->text);
		set_s(dump, RV_DOCTYPE_SYSTEM_ID, node->extra);
		return emit(dump, RV_REC_DOCTYPE, RV_DOCTYPE_FIXED);
	case RV_NODE_ELEMENT:
		set_u(dump, RV_ELEMENT_FLAGS, node->flags);
		set_s(dump, RV_ELEMENT_TAG, node->name);
		for (uint32_t i = 0; i < node->n_attributes; i++) {
			set_s(dump, RV_ELEMENT_FIXED + 2 * i, node->attributes[i].name);
			set_s(dump, RV_ELEMENT_FIXED + 2 * i + 1, node->attributes[i].value);
		}
		return emit(dump, RV_REC_ELEMENT, RV_ELEMENT_FIXED + 2 * node->n_attributes);
	default:
		set_u(dump, RV_TEXT_KIND, node->kind);
		set_s(dump, RV_TEXT_TEXT, node->text);
		return emit(dump, RV_REC_TEXT, RV_TEXT_FIXED);
	}
}

uint32_t rv_mirror_media_time(const struct rv_node_state *state, uint32_t at_ms)
{
	if (!(state->media_flags & RV_MEDIA_PLAYING) || at_ms <= state->media_at_ms)
		return state->media_time_ms;
	uint64_t time = state->media_time_ms + (uint64_t)(at_ms - state->media_at_ms) * state->media_rate_milli / 1000;
	return time > UINT32_MAX ? UINT32_MAX : (uint32_t)time;
}

static bool has_canvas(const struct rv_node_state *state) { return state->canvas.ptr || state->canvas_width || state->canvas_height; }

static enum rv_status dump_assigned(struct dump *dump, const struct rv_node_state *state)
{
	uint32_t n = RV_ASSIGN_FIXED;
	enum rv_status status = room(dump, n + state->n_assigned);
	if (status != RV_OK)
		return status;
	for (uint32_t i = 0; i < state->n_assigned; i++)
		if (state->assigned[i])
			set_u(dump, n++, state->assigned[i]);
	return n > RV_ASSIGN_FIXED ? emit(dump, RV_REC_ASSIGN, n) : RV_OK;
}

static enum rv_status dump_state(struct dump *dump, const struct rv_node *node)
{
	const struct rv_node_state *state = node->state;
	enum rv_status status = RV_OK;
	set_u(dump, 0, node->id);
	if (state->has_input) {
		set_u(dump, RV_INPUT_FLAGS, state->input_flags);
		set_u(dump, RV_INPUT_LEN, state->input_len);
		set_s(dump, RV_INPUT_VALUE, state->input_value);
		status = emit(dump, RV_REC_INPUT, RV_INPUT_FIXED);
	}
	if (status == RV_OK && state->has_scroll) {
		set_i(dump, RV_SCROLL_X, state->scroll_x);
		set_i(dump, RV_SCROLL_Y, state->scroll_y);
		status = emit(dump, RV_REC_SCROLL, RV_SCROLL_FIXED);
	}
	if (status == RV_OK && state->has_media) {
		set_u(dump, RV_MEDIA_FLAGS, state->media_flags);
		set_u(dump, RV_MEDIA_TIME_MS, rv_mirror_media_time(state, dump->m->epoch.last_ms));
		set_u(dump, RV_MEDIA_VOLUME_MILLI, state->media_volume_milli);
		set_u(dump, RV_MEDIA_RATE_MILLI, state->media_rate_milli);
		status = emit(dump, RV_REC_MEDIA, RV_MEDIA_FIXED);
	}
	if (status == RV_OK && state->has_dialog) {
		set_u(dump, RV_DIALOG_FLAGS, state->dialog_flags);
		status = emit(dump, RV_REC_DIALOG, RV_DIALOG_FIXED);
	}
	if (status == RV_OK && state->has_size) {
		set_u(dump, RV_SIZE_WIDTH, state->width);
		set_u(dump, RV_SIZE_HEIGHT, state->height);
		status = emit(dump, RV_REC_SIZE, RV_SIZE_FIXED);
	}
	if (status == RV_OK && has_canvas(state)) {
		set_u(dump, RV_CANVAS_WIDTH, state->canvas_width);
		set_u(dump, RV_CANVAS_HEIGHT, state->canvas_height);
		set_s(dump, RV_CANVAS_IMAGE, state->canvas);
		status = emit(dump, RV_REC_CANVAS, RV_CANVAS_FIXED);
	}
	if (status == RV_OK && state->hold.ptr) {
		set_s(dump, RV_HOLD_CSS, state->hold);
		status = emit(dump, RV_REC_HOLD, RV_HOLD_FIXED);
	}
	return status == RV_OK && state->n_assigned ? dump_assigned(dump, state) : status;
}

static enum rv_status dump_animation(struct dump *dump, const struct rv_animation *animation)
{
	set_u(dump, RV_ANIMATION_NODE, animation->node);
	set_u(dump, RV_ANIMATION_ANIMATION, animation->id);
	set_u(dump, RV_ANIMATION_STATE, animation->state);
	set_u(dump, RV_ANIMATION_TIME_MS, rv_mirror_animation_time(animation, dump->m->epoch.last_ms));
	set_s(dump, RV_ANIMATION_PSEUDO, animation->pseudo);
	set_s(dump, RV_ANIMATION_KEYFRAMES, animation->keyframes);
	set_s(dump, RV_ANIMATION_TIMING, animation->timing);
	return emit(dump, RV_REC_ANIMATION, RV_ANIMATION_FIXED);
}

static enum rv_status dump_live(struct dump *dump)
{
	const struct rv_mirror *m = dump->m;
	enum rv_status status = room(dump, 4 * RV_RANGES_MAX);
	for (uint32_t i = 0; status == RV_OK && i < m->n_animations; i++)
		status = dump_animation(dump, &m->animations[i]);
	if (status == RV_OK && m->epoch.fullscreen) {
		set_u(dump, RV_FULLSCREEN_NODE, m->epoch.fullscreen);
		status = emit(dump, RV_REC_FULLSCREEN, RV_FULLSCREEN_FIXED);
	}
	if (status == RV_OK && m->epoch.visual_scale_milli) {
		set_i(dump, RV_VISUAL_VIEWPORT_X, m->epoch.visual_x);
		set_i(dump, RV_VISUAL_VIEWPORT_Y, m->epoch.visual_y);
		set_u(dump, RV_VISUAL_VIEWPORT_SCALE_MILLI, m->epoch.visual_scale_milli);
		status = emit(dump, RV_REC_VISUAL_VIEWPORT, RV_VISUAL_VIEWPORT_FIXED);
	}
	if (status != RV_OK || !m->n_ranges)
		return status;
	for (uint32_t i = 0; i < m->n_ranges; i++) {
		set_u(dump, 4 * i + RV_SELECTION_G_START, m->ranges[i].start);
		set_u(dump, 4 * i + RV_SELECTION_G_START_OFFSET, m->ranges[i].start_offset);
		set_u(dump, 4 * i + RV_SELECTION_G_END, m->ranges[i].end);
		set_u(dump, 4 * i + RV_SELECTION_G_END_OFFSET, m->ranges[i].end_offset);
	}
	return emit(dump, RV_REC_SELECTION, 4 * m->n_ranges);
}

/* The rule at path[0 … depth], then its nested rules; depth stays below RV_RULE_DEPTH_MAX. */
static enum rv_status dump_rule(struct dump *dump, uint32_t sheet, const struct rv_rule *rule, uint32_t *path, uint32_t depth)
{
	struct rv_span text = rule->text;
	if (rule->cap_rules) {
		rv_buf_clear(&dump->text);
		rv_buf_span(&dump->text, rule->text);
		rv_buf_byte(&dump->text, '}');
		if (rv_buf_status(&dump->text) != RV_OK)
			return rv_buf_status(&dump->text);
		text = rv_buf_get(&dump->text);
	}
	set_u(dump, RV_RULE_INSERT_SHEET, sheet);
	set_s(dump, RV_RULE_INSERT_TEXT, text);
	for (uint32_t i = 0; i <= depth; i++)
		set_u(dump, RV_RULE_INSERT_FIXED + i, path[i]);
	enum rv_status status = emit(dump, RV_REC_RULE_INSERT, RV_RULE_INSERT_FIXED + depth + 1);
	for (uint32_t i = 0; status == RV_OK && i < rule->n_rules; i++) {
		path[depth + 1] = i;
		status = dump_rule(dump, sheet, &rule->rules[i], path, depth + 1);
	}
	return status;
}

static enum rv_status dump_sheet(struct dump *dump, const struct rv_sheet *sheet)
{
	uint32_t path[RV_RULE_DEPTH_MAX + 1];
	set_u(dump, RV_SHEET_SHEET, sheet->id);
	set_u(dump, RV_SHEET_OWNER, sheet->owner);
	set_u(dump, RV_SHEET_FLAGS, sheet->flags);
	set_s(dump, RV_SHEET_MEDIA, sheet->media);
	set_s(dump, RV_SHEET_HREF, sheet->href);
	enum rv_status status = emit(dump, RV_REC_SHEET, RV_SHEET_FIXED);
	for (uint32_t i = 0; status == RV_OK && i < sheet->n_rules; i++) {
		path[0] = i;
		status = dump_rule(dump, sheet->id, &sheet->rules[i], path, 0);
	}
	return status;
}

static enum rv_status dump_adopted(struct dump *dump, const struct rv_node *node)
{
	enum rv_status status = room(dump, RV_ADOPTED_FIXED + node->n_adopted);
	if (status != RV_OK)
		return status;
	set_u(dump, RV_ADOPTED_ROOT, node->id);
	for (uint32_t i = 0; i < node->n_adopted; i++)
		set_u(dump, RV_ADOPTED_FIXED + i, node->adopted[i]);
	return emit(dump, RV_REC_ADOPTED, RV_ADOPTED_FIXED + node->n_adopted);
}

static enum rv_status dump_all(struct dump *dump)
{
	const struct rv_mirror *m = dump->m;
	enum rv_status status = room(dump, 64);
	if (status == RV_OK)
		status = dump_epoch(dump);
	for (uint32_t slot = m->top; status == RV_OK && slot; slot = rv_mirror_next(m, slot, m->top))
		status = dump_node(dump, &m->nodes[slot]);
	for (uint32_t slot = m->top; status == RV_OK && slot; slot = rv_mirror_next(m, slot, m->top))
		if (m->nodes[slot].state)
			status = dump_state(dump, &m->nodes[slot]);
	for (uint32_t i = 1; status == RV_OK && i < m->n_sheets; i++)
		if (m->sheets[i].sheet.id)
			status = dump_sheet(dump, &m->sheets[i].sheet);
	for (uint32_t slot = m->top; status == RV_OK && slot; slot = rv_mirror_next(m, slot, m->top))
		if (m->nodes[slot].adopted_known)
			status = dump_adopted(dump, &m->nodes[slot]);
	if (status == RV_OK)
		status = dump_live(dump);
	if (status == RV_OK && m->epoch.snapshot_done)
		status = emit(dump, RV_REC_SNAPSHOT_DONE, RV_SNAPSHOT_DONE_FIXED);
	return status;
}

enum rv_status rv_mirror_dump(const struct rv_mirror *m, rv_mirror_sink sink, void *user)
{
	struct dump dump = {.m = m, .sink = sink, .user = user};
	if (!m->epoch.started)
		return RV_OK;
	rv_buf_init(&dump.text, m->limits.max_text_bytes + 1);
	enum rv_status status = dump_all(&dump);
	rv_buf_deinit(&dump.text);
	free(dump.v);
	return status;
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
	if (has_canvas(state))
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
	hash = mix(mix(hash, m->epoch.fullscreen), m->epoch.visual_scale_milli);
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
