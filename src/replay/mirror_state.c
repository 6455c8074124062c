#include "mirror_priv.h"
#include <stddef.h>
#include <stdlib.h>

#define U(index) (rec->v[index].u)
#define S(index) (rec->v[index].s)

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
	rv_mirror_drop_all(m, (const struct rv_span *)(const void *)list, 2 * n); /* name, value, name … */
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
	for (; copy.n_attributes < old->n_attributes; copy.n_attributes++) {
		struct rv_attribute *attribute = &copy.attributes[copy.n_attributes];
		*attribute = old->attributes[copy.n_attributes];
		rv_mirror_keep(attribute->name);
		rv_mirror_keep(attribute->value);
	}
	for (uint32_t i = 0; status == RV_OK && i < n; i++) {
		const struct rv_span pair[2] = {pairs[2 * i].s, pairs[2 * i + 1].s};
		struct rv_span held[2];
		uint32_t at = find_attribute(&copy, pair[0]);
		bool found = at < copy.n_attributes;
		struct rv_attribute *attribute = &copy.attributes[at];
		if (!found && !pair[1].ptr)
			continue;
		if (at == RV_ATTRIBUTES_MAX) {
			status = RV_LIMIT;
			break;
		}
		if (pair[1].ptr && (status = rv_mirror_hold_all(m, pair, held, 2)) != RV_OK)
			break;
		if (found)
			rv_mirror_drop_all(m, &attribute->name, 2);
		copy.n_attributes += !found;
		if (pair[1].ptr) {
			memcpy(attribute, held, sizeof held);
		} else {
			copy.n_attributes--;
			memmove(attribute, attribute + 1, (copy.n_attributes - at) * sizeof *attribute);
		}
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

#define AT(field) offsetof(struct rv_node_state, field)
const struct rv_state_shape rv_state_shapes[RV_STATE_SHAPES] = {
	{RV_REC_INPUT, 2, AT(input_flags), AT(input_value), AT(has_input)},
	{RV_REC_SCROLL, 2, AT(scroll_x), 0, AT(has_scroll)},
	{RV_REC_MEDIA, 4, AT(media_flags), 0, AT(has_media)},
	{RV_REC_DIALOG, 1, AT(dialog_flags), 0, AT(has_dialog)},
	{RV_REC_SIZE, 2, AT(width), 0, AT(has_size)},
	{RV_REC_CANVAS, 2, AT(canvas_width), AT(canvas), AT(has_canvas)},
	{RV_REC_HOLD, 0, 0, AT(hold), AT(has_hold)},
};
_Static_assert(AT(input_len) == AT(input_flags) + 4 && AT(scroll_y) == AT(scroll_x) + 4 && AT(media_rate_milli) == AT(media_flags) + 12
	&& AT(height) == AT(width) + 4 && AT(canvas_height) == AT(canvas_width) + 4, "fields lie as their records have them");

static enum rv_status set_state(struct rv_mirror *m, struct rv_node *node, const struct rv_rec *rec)
{
	static const char image[] = "data:image/";
	const struct rv_state_shape *shape = rv_state_shapes;
	struct rv_span text = {0}, held;
	while (shape->type != rec->type)
		shape++;
	if (shape->text)
		text = S(1 + shape->n);
	if (rec->type == RV_REC_INPUT ? U(RV_INPUT_FLAGS) & RV_INPUT_MASKED : rec->type == RV_REC_HOLD && !text.len)
		text = rv_span(NULL, 0);
	if (rec->type == RV_REC_CANVAS && text.ptr && (text.len < sizeof image || memcmp(text.ptr, image, sizeof image - 1) != 0))
		return RV_BAD;
	if (rec->type == RV_REC_CANVAS && text.len > RV_CANVAS_BYTES_MAX)
		return RV_LIMIT;
	enum rv_status status = rv_mirror_hold(m, text, &held);
	if (status == RV_OK)
		status = rv_mirror_need_state(m, node);
	if (status != RV_OK) {
		rv_mirror_drop(m, held);
		return status;
	}
	char *state = (char *)node->state;
	if (shape->text) {
		struct rv_span *old = (struct rv_span *)(void *)(state + shape->text);
		rv_mirror_drop(m, *old);
		*old = held;
	}
	rv_mirror_words((uint32_t *)(void *)(state + shape->at), rec->v + 1, shape->n);
	*(bool *)(state + shape->has) = true;
	if (rec->type == RV_REC_MEDIA)
		node->state->media_at_ms = rec->t_ms;
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
