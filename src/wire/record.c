#include "record.h"

enum {
#define F(type, field) +1
#define G(type, field) +1
#define RV_RECORD(number, name, version, fixed, group) FIXED_##name = 0 fixed, GROUP_##name = 0 group,
#include "record.def"
};

enum { TYPE_u32 = RV_FIELD_U32, TYPE_i32 = RV_FIELD_I32, TYPE_f64 = RV_FIELD_F64, TYPE_str = RV_FIELD_STR };

/* The types of all fields one after the other, and where each record's begin. */
static const uint8_t types[] = {
#define F(type, field) TYPE_##type,
#define G(type, field) TYPE_##type,
#define RV_RECORD(number, name, version, fixed, group) fixed group
#include "record.def"
};
enum {
#define RV_RECORD(number, name, version, fixed, group) AT_##name, END_##name = AT_##name + FIXED_##name + GROUP_##name - 1,
#include "record.def"
};

_Static_assert(sizeof types <= 256, "a place in it is one byte");

static const struct rv_schema schemas[RV_REC_MAX + 1] = {
#define RV_RECORD(number, name, version, fixed, group) [number] = {number, version, FIXED_##name, GROUP_##name, AT_##name},
#include "record.def"
};

const struct rv_schema *rv_record_schema(uint32_t number)
{
	return number <= RV_REC_MAX && schemas[number].number ? &schemas[number] : NULL;
}

const char *rv_record_name(uint32_t number)
{
	switch (number) {
#define F(type, field)
#define G(type, field)
#define RV_RECORD(number, name, version, fixed, group) case number: return #name;
#include "record.def"
	}
	return "unknown";
}

uint32_t rv_record_groups(const struct rv_rec *rec)
{
	const struct rv_schema *schema = rv_record_schema(rec->type);
	return schema && schema->n_group && rec->n > schema->n_fixed ? (rec->n - schema->n_fixed) / schema->n_group : 0;
}

uint32_t rv_record_place(const struct rv_schema *schema, uint32_t index)
{
	return index < schema->n_fixed || !schema->n_group ? index : schema->n_fixed + (index - schema->n_fixed) % schema->n_group;
}

enum rv_field_type rv_record_field(const struct rv_schema *schema, uint32_t index)
{
	return (enum rv_field_type)types[schema->at + rv_record_place(schema, index)];
}

bool rv_record_whole(const struct rv_schema *schema, uint32_t n)
{
	if (n < schema->n_fixed || n > RV_RECORD_VALUES_MAX)
		return false;
	return schema->n_group ? (n - schema->n_fixed) % schema->n_group == 0 : n == schema->n_fixed;
}

enum rv_status rv_record_room(struct rv_arena *arena, struct rv_val **values, uint32_t *cap, uint32_t used)
{
	if (used < *cap)
		return RV_OK;
	uint32_t more = *cap ? *cap * 2 : 64;
	struct rv_val *grown = rv_arena_alloc(arena, more * sizeof *grown);
	if (!grown)
		return rv_arena_why(arena, more * sizeof *grown);
	if (used)
		memcpy(grown, *values, used * sizeof *grown);
	*values = grown;
	*cap = more;
	return RV_OK;
}

bool rv_f64_finite(double value)
{
	return value - value == 0;
}
