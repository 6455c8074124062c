/* The mirror's side of the drift check. */
#include "drift.h"
#include "utf8.h"

static uint32_t step(uint32_t hash, uint32_t unit)
{
	return (hash ^ unit) * 16777619u;
}

/* *address: whether the text looks like one as far as it counts. */
static uint32_t hash_text(struct rv_span text, uint32_t hash, bool *address)
{
	uint32_t units = 0;
	size_t pos = 0;

	*address = false;
	while (pos < text.len && units < RV_DRIFT_UNITS) {
		uint32_t code = rv_utf8_next(text, &pos);

		*address = *address || code == ':' || code == '/';
		units++;
		if (code > 0xffff) {
			hash = step(hash, 0xd7c0 + (code >> 10));
			if (units++ == RV_DRIFT_UNITS)
				break;
			code = 0xdc00 | (code & 0x3ff);
		}
		hash = step(hash, code);
	}
	return hash;
}

static uint32_t id_at(const struct rv_mirror *mirror, uint32_t slot)
{
	return slot ? rv_mirror_slot(mirror, slot)->id : 0;
}

static bool differs(const struct rv_mirror *mirror, const struct rv_node *node, uint32_t hash, uint32_t base, bool values)
{
	uint32_t structure, value = 0, around[4], i;
	bool address;

	if (!node)
		return true;
	around[0] = id_at(mirror, node->parent);
	around[1] = id_at(mirror, node->prev);
	around[2] = id_at(mirror, node->next);
	around[3] = id_at(mirror, node->first);
	structure = node->kind;
	if (node->kind == RV_NODE_ELEMENT)
		structure = hash_text(node->name, 0, &address);
	for (i = 0; i < 4; i++)
		structure += (around[i] ? around[i] - base : 0) * ((const uint8_t[]){31, 37, 41, 43})[i];
	for (i = 0; i < node->n_attributes; i++) {
		uint32_t name = hash_text(node->attributes[i].name, 0, &address), both = hash_text(node->attributes[i].value, name, &address);

		/* Whether it is kept follows the field's type, which may change. */
		if (!rv_span_is(node->attributes[i].name, "value"))
			value += address ? name : both;
	}
	if (node->kind != RV_NODE_ELEMENT)
		value = hash_text(node->text, 0, &address);
	if ((structure ^ hash >> 16) & 0xffff)
		return true;
	return values && !node->mark && hash & 0xffff && (value ^ hash) & 0xffff;
}

enum rv_status rv_drift_check(const struct rv_mirror *mirror, const struct rv_rec *rec, uint32_t base, bool values, struct rv_buf *out)
{
	uint32_t i;

	for (i = 0; i + 1 < rec->n; i += 2) {
		uint32_t id = rec->v[i].u;

		if (differs(mirror, rv_mirror_find(mirror, base + id), rec->v[i + 1].u, base, values) && out->len + 4 <= RV_DRIFT_BYTES_MAX)
			rv_buf_u32le(out, id);
	}
	return rv_buf_status(out);
}
