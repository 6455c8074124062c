/* Changing a decoded record: its values are read-only, so the first change copies them. */
#ifndef RV_EDIT_H
#define RV_EDIT_H
#include "arena.h"
#include "record.h"

/* The record's values, writable; NULL when the arena has no room. */
static inline struct rv_val *rv_edit_values(struct rv_rec *rec, struct rv_arena *arena)
{
	struct rv_val *values = rv_arena_alloc(arena, rec->n * sizeof(*values) + 1);

	if (values) {
		memcpy(values, rec->v, rec->n * sizeof(*values));
		rec->v = values;
	}
	return values;
}

#endif
