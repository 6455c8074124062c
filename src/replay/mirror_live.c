#include "grow.h"
#include "mirror_priv.h"
#include <stdlib.h>

/* What a document holds beside its tree: animations, manual slots, the selection, who has the screen. */

#define U(index) (rec->v[index].u)
#define S(index) (rec->v[index].s)

/* ---- animations ---- */

static void drop_animation(struct rv_mirror *m, uint32_t at)
{
	struct rv_animation *gone = &m->animations[at];
	m->nodes[rv_mirror_lookup(m, gone->node)].state->animations--;
	rv_mirror_drop_all(m, &gone->pseudo, 3);
	m->n_animations--;
	memmove(gone, gone + 1, (m->n_animations - at) * sizeof *gone);
}

static enum rv_status grow_animations(struct rv_mirror *m)
{
	if (m->n_animations < m->cap_animations)
		return RV_OK;
	struct rv_animation *animations = rv_grow(m->animations, &m->cap_animations, 16, sizeof *animations);
	if (!animations)
		return RV_MEMORY;
	m->animations = animations;
	return RV_OK;
}

static enum rv_status apply_animation(struct rv_mirror *m, const struct rv_rec *rec)
{
	uint32_t id = U(RV_ANIMATION_ANIMATION), state = U(RV_ANIMATION_STATE), node = rv_mirror_lookup(m, U(RV_ANIMATION_NODE)), at = 0;
	if (!node)
		return RV_ORDER;
	if (!id || state > RV_ANIMATION_FINISHED || m->nodes[node].kind != RV_NODE_ELEMENT)
		return RV_BAD;
	while (at < m->n_animations && m->animations[at].id != id)
		at++;
	bool found = at < m->n_animations;
	if (state == RV_ANIMATION_IDLE) {
		if (found)
			drop_animation(m, at);
		return RV_OK;
	}
	if (at == RV_ANIMATIONS_MAX)
		return RV_OK;
	struct rv_animation old = found ? m->animations[at] : (struct rv_animation){0}, next = {.at_ms = rec->t_ms};
	struct rv_span *texts = &old.pseudo;
	for (uint32_t i = 0; i < 3; i++) {
		struct rv_span text = S(RV_ANIMATION_PSEUDO + i); /* null stands for the old one, if there is any */
		if (text.ptr)
			texts[i] = text.len > RV_ANIMATION_TEXT_MAX ? rv_span(NULL, 0) : text;
	}
	rv_mirror_words(&next.node, rec->v, 4);
	enum rv_status status = grow_animations(m);
	if (status == RV_OK)
		status = rv_mirror_need_state(m, &m->nodes[node]);
	if (status == RV_OK)
		status = rv_mirror_hold_all(m, texts, &next.pseudo, 3);
	if (status != RV_OK)
		return status;
	m->nodes[node].state->animations++;
	if (found)
		drop_animation(m, at);
	memmove(m->animations + at + 1, m->animations + at, (m->n_animations - at) * sizeof next);
	m->animations[at] = next;
	m->n_animations++;
	return RV_OK;
}

/* "playbackRate" of the timing, in thousandths; 1000 when it does not say. */
static int32_t rate_of(struct rv_span timing)
{
	static const char key[] = "\"playbackRate\":";
	size_t at = 0, len = sizeof key - 1;
	int32_t rate = 0, unit = 1000, sign = 1;
	bool fraction = false;
	while (at + len < timing.len && memcmp(timing.ptr + at, key, len) != 0)
		at++;
	at += len;
	if (at >= timing.len)
		return 1000;
	if (timing.ptr[at] == '-') {
		sign = -1;
		at++;
	}
	for (; at < timing.len && unit && rate < 1000000; at++) {
		uint8_t byte = timing.ptr[at];
		if (byte == '.')
			fraction = true;
		else if (byte < '0' || byte > '9')
			break;
		else if (!fraction)
			rate = rate * 10 + (byte - '0') * 1000;
		else
			rate += (byte - '0') * (unit /= 10);
	}
	return sign * rate;
}

uint32_t rv_mirror_animation_time(const struct rv_animation *animation, uint32_t at_ms)
{
	if (animation->state != RV_ANIMATION_RUNNING || at_ms <= animation->at_ms)
		return animation->time_ms;
	int64_t time = animation->time_ms + (int64_t)(at_ms - animation->at_ms) * rate_of(animation->timing) / 1000;
	return time < 0 ? 0 : time > UINT32_MAX ? UINT32_MAX : (uint32_t)time;
}

/* ---- slots ---- */

static struct rv_node_state *state_at(const struct rv_mirror *m, uint32_t id) { return m->nodes[rv_mirror_lookup(m, id)].state; }

static void free_assigned(struct rv_mirror *m, struct rv_node_state *state)
{
	for (uint32_t i = 0; i < state->n_assigned; i++)
		if (state->assigned[i])
			state_at(m, state->assigned[i])->slot = 0;
	rv_mirror_list_free(m, &state->assigned, &state->n_assigned);
}

static enum rv_status apply_assign(struct rv_mirror *m, const struct rv_rec *rec)
{
	uint32_t slot = rv_mirror_lookup(m, U(RV_ASSIGN_SLOT)), n = rv_record_groups(rec);
	const struct rv_val *ids = rec->v + RV_ASSIGN_FIXED;
	if (!slot)
		return RV_ORDER;
	if (m->nodes[slot].kind != RV_NODE_ELEMENT)
		return RV_BAD;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = rv_mirror_lookup(m, ids[i].u);
		if (!at)
			return RV_ORDER;
		if (m->nodes[at].kind != RV_NODE_ELEMENT && m->nodes[at].kind != RV_NODE_TEXT)
			return RV_BAD;
	}
	enum rv_status status = rv_mirror_need_state(m, &m->nodes[slot]);
	for (uint32_t i = 0; status == RV_OK && i < n; i++)
		status = rv_mirror_need_state(m, &m->nodes[rv_mirror_lookup(m, ids[i].u)]);
	uint32_t *list;
	if (status == RV_OK)
		status = rv_mirror_list(m, ids, n, &list);
	if (status != RV_OK)
		return status;
	struct rv_node_state *state = m->nodes[slot].state;
	free_assigned(m, state);
	state->assigned = list;
	state->n_assigned = n;
	for (uint32_t i = 0; i < n; i++) { /* a node is in one slot, once */
		struct rv_node_state *node = state_at(m, ids[i].u);
		if (node->slot)
			state_at(m, node->slot)->assigned[node->slot_at] = 0;
		node->slot = U(RV_ASSIGN_SLOT);
		node->slot_at = i;
	}
	return RV_OK;
}

/* ---- selection, full screen ---- */

static enum rv_status apply_selection(struct rv_mirror *m, const struct rv_rec *rec)
{
	uint32_t n = rv_record_groups(rec);
	for (uint32_t i = 0; i < n; i++)
		if (!rv_mirror_lookup(m, U(4 * i + RV_SELECTION_G_START)) || !rv_mirror_lookup(m, U(4 * i + RV_SELECTION_G_END)))
			return RV_ORDER;
	m->n_ranges = n < RV_RANGES_MAX ? n : RV_RANGES_MAX;
	rv_mirror_words(&m->ranges[0].start, rec->v, RV_SELECTION_GROUP * m->n_ranges);
	return RV_OK;
}

enum rv_status rv_mirror_apply_live(struct rv_mirror *m, const struct rv_rec *rec)
{
	switch (rec->type) {
	case RV_REC_ASSIGN: return apply_assign(m, rec);
	case RV_REC_ANIMATION: return apply_animation(m, rec);
	case RV_REC_SELECTION: return apply_selection(m, rec);
	default: /* full screen */
		if (U(RV_FULLSCREEN_NODE) && !rv_mirror_lookup(m, U(RV_FULLSCREEN_NODE)))
			return RV_ORDER;
		m->epoch.fullscreen = U(RV_FULLSCREEN_NODE);
		return RV_OK;
	}
}

void rv_mirror_forget(struct rv_mirror *m, struct rv_node *node)
{
	struct rv_node_state *state = node->state;
	uint32_t kept = 0;
	for (uint32_t i = 0; i < m->n_ranges; i++)
		if (m->ranges[i].start != node->id && m->ranges[i].end != node->id)
			m->ranges[kept++] = m->ranges[i];
	m->n_ranges = kept;
	if (m->epoch.fullscreen == node->id)
		m->epoch.fullscreen = 0;
	if (m->epoch.focus == node->id)
		m->epoch.focus = 0;
	if (!state)
		return;
	for (uint32_t i = m->n_animations; state->animations && i--;)
		if (m->animations[i].node == node->id)
			drop_animation(m, i);
	if (state->slot)
		state_at(m, state->slot)->assigned[state->slot_at] = 0;
	free_assigned(m, state);
}

/* ---- reading ---- */

const struct rv_animation *rv_mirror_animations(const struct rv_mirror *m, uint32_t *n)
{
	*n = m->n_animations;
	return m->animations;
}

const struct rv_range *rv_mirror_selection(const struct rv_mirror *m, uint32_t *n)
{
	*n = m->n_ranges;
	return m->ranges;
}
