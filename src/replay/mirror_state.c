#include "mirror_priv.h"
#include <stdlib.h>

#define U(index) (rec->v[index].u)
#define S(index) (rec->v[index].s)
#define I(index) (rec->v[index].i)

/* ---- attributes ---- */

static uint32_t find_attribute(const struct rv_node *node, struct rv_span name)
{
	uint32_t i = 0;
	while (i < node->n_attributes && !rv_span_eq(node->attributes[i].name, name))
		i++;
	return i;
}

static void drop_attributes(struct rv_mirror *m, struct rv_attribute *list, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		rv_mirror_drop(m, list[i].name);
		rv_mirror_drop(m, list[i].value);
	}
	free(list);
}

/* Works on a copy of the list, so that a failure half way leaves the node as it was. */
enum rv_status rv_mirror_set_attributes(struct rv_mirror *m, uint32_t slot, const struct rv_val *pairs, uint32_t n, bool may_remove)
{
	const struct rv_node *old = &m->nodes[slot];
	struct rv_node copy = {.n_attributes = 0};
	uint32_t cap = old->n_attributes + n;
	enum rv_status status = RV_OK;
	for (uint32_t i = 0; i < n; i++)
		if (!pairs[2 * i].s.ptr || !pairs[2 * i].s.len || (!may_remove && !pairs[2 * i + 1].s.ptr))
			return RV_BAD;
	if (!n)
		return RV_OK;
	if (cap > RV_ATTRIBUTES_MAX)
		cap = RV_ATTRIBUTES_MAX;
	copy.attributes = malloc(cap * sizeof *copy.attributes);
	if (!copy.attributes)
		return RV_MEMORY;
	for (uint32_t i = 0; i < old->n_attributes; i++) {
		copy.attributes[copy.n_attributes++] = old->attributes[i];
		rv_mirror_keep(old->attributes[i].name);
		rv_mirror_keep(old->attributes[i].value);
	}
	for (uint32_t i = 0; status == RV_OK && i < n; i++) {
		struct rv_span name = pairs[2 * i].s, value = pairs[2 * i + 1].s, held;
		uint32_t at = find_attribute(&copy, name);
		bool found = at < copy.n_attributes;
		struct rv_attribute *attribute = &copy.attributes[at];
		if (!value.ptr) {
			if (!found)
				continue;
			rv_mirror_drop(m, attribute->name);
			rv_mirror_drop(m, attribute->value);
			copy.n_attributes--;
			memmove(attribute, attribute + 1, (copy.n_attributes - at) * sizeof *attribute);
			continue;
		}
		if (!found && at == RV_ATTRIBUTES_MAX) {
			status = RV_LIMIT;
			break;
		}
		status = rv_mirror_hold(m, value, &held);
		if (status != RV_OK)
			break;
		if (found) {
			rv_mirror_drop(m, attribute->value);
			attribute->value = held;
			continue;
		}
		struct rv_span held_name;
		status = rv_mirror_hold(m, name, &held_name);
		if (status != RV_OK) {
			rv_mirror_drop(m, held);
			break;
		}
		copy.attributes[copy.n_attributes++] = (struct rv_attribute){held_name, held};
	}
	if (status == RV_OK && copy.n_attributes > old->n_attributes)
		status = rv_mirror_charge(m, (copy.n_attributes - old->n_attributes) * sizeof *copy.attributes);
	if (status != RV_OK) {
		drop_attributes(m, copy.attributes, copy.n_attributes);
		return status;
	}
	struct rv_node *node = &m->nodes[slot];
	if (copy.n_attributes < node->n_attributes)
		rv_mirror_refund(m, (node->n_attributes - copy.n_attributes) * sizeof *copy.attributes);
	drop_attributes(m, node->attributes, node->n_attributes);
	node->attributes = copy.attributes;
	node->n_attributes = copy.n_attributes;
	return RV_OK;
}

/* ---- state ---- */

enum rv_status rv_mirror_need_state(struct rv_mirror *m, struct rv_node *node)
{
	if (node->state)
		return RV_OK;
	enum rv_status status = rv_mirror_charge(m, sizeof *node->state);
	if (status == RV_OK && !(node->state = calloc(1, sizeof *node->state))) {
		rv_mirror_refund(m, sizeof *node->state);
		status = RV_MEMORY;
	}
	return status;
}

/* The text that a state record brings. */
static struct rv_span text_of(const struct rv_rec *rec)
{
	switch (rec->type) {
	case RV_REC_INPUT: return U(RV_INPUT_FLAGS) & RV_INPUT_MASKED ? rv_span(NULL, 0) : S(RV_INPUT_VALUE);
	case RV_REC_CANVAS: return S(RV_CANVAS_IMAGE);
	case RV_REC_HOLD: return S(RV_HOLD_CSS).len ? S(RV_HOLD_CSS) : rv_span(NULL, 0);
	default: return rv_span(NULL, 0);
	}
}

static enum rv_status set_state(struct rv_mirror *m, struct rv_node *node, const struct rv_rec *rec)
{
	static const char image[] = "data:image/";
	struct rv_span text = text_of(rec), value;
	if (rec->type == RV_REC_CANVAS && text.ptr && (text.len < sizeof image || memcmp(text.ptr, image, sizeof image - 1) != 0))
		return RV_BAD;
	if (rec->type == RV_REC_CANVAS && text.len > RV_CANVAS_BYTES_MAX)
		return RV_LIMIT;
	enum rv_status status = rv_mirror_hold(m, text, &value);
	if (status == RV_OK)
		status = rv_mirror_need_state(m, node);
	if (status != RV_OK) {
		rv_mirror_drop(m, value);
		return status;
	}
	struct rv_node_state *state = node->state;
	switch (rec->type) {
	case RV_REC_INPUT:
		rv_mirror_drop(m, state->input_value);
		state->has_input = true;
		state->input_flags = U(RV_INPUT_FLAGS);
		state->input_len = U(RV_INPUT_LEN);
		state->input_value = value;
		break;
	case RV_REC_SCROLL:
		state->has_scroll = true;
		state->scroll_x = I(RV_SCROLL_X);
		state->scroll_y = I(RV_SCROLL_Y);
		break;
	case RV_REC_MEDIA:
		state->has_media = true;
		state->media_flags = U(RV_MEDIA_FLAGS);
		state->media_time_ms = U(RV_MEDIA_TIME_MS);
		state->media_volume_milli = U(RV_MEDIA_VOLUME_MILLI);
		state->media_rate_milli = U(RV_MEDIA_RATE_MILLI);
		state->media_at_ms = rec->t_ms;
		break;
	case RV_REC_DIALOG:
		state->has_dialog = true;
		state->dialog_flags = U(RV_DIALOG_FLAGS);
		break;
	case RV_REC_CANVAS:
		rv_mirror_drop(m, state->canvas);
		state->canvas = value;
		state->canvas_width = U(RV_CANVAS_WIDTH);
		state->canvas_height = U(RV_CANVAS_HEIGHT);
		break;
	case RV_REC_HOLD:
		rv_mirror_drop(m, state->hold);
		state->hold = value;
		break;
	default: /* size */
		state->has_size = true;
		state->width = U(RV_SIZE_WIDTH);
		state->height = U(RV_SIZE_HEIGHT);
	}
	return RV_OK;
}

enum rv_status rv_mirror_apply_state(struct rv_mirror *m, const struct rv_rec *rec)
{
	uint32_t slot = rv_mirror_lookup(m, U(0)); /* the node comes first in all of them */
	if (!slot)
		return RV_ORDER;
	struct rv_node *node = &m->nodes[slot];
	if (node->kind != RV_NODE_ELEMENT && !(rec->type == RV_REC_SCROLL && node->kind == RV_NODE_DOCUMENT))
		return RV_BAD;
	if (rec->type == RV_REC_ATTRIBUTES)
		return rv_mirror_set_attributes(m, slot, rec->v + RV_ATTRIBUTES_FIXED, rv_record_groups(rec), true);
	if (rec->type == RV_REC_PRIVACY) {
		const uint32_t bits = RV_EL_MASK | RV_EL_BLOCK | RV_EL_ALLOW;
		node->flags = (node->flags & ~bits) | (U(RV_PRIVACY_FLAGS) & bits);
		return RV_OK;
	}
	if (rec->type == RV_REC_UPGRADED) {
		node->flags |= RV_EL_CUSTOM;
		return RV_OK;
	}
	return set_state(m, node, rec);
}
