/* Capture records, decoded: the form every ring works with. Numbers, field positions and constants
 * come from record.def through the generated header record_gen.h:
 *
 *   enum rv_record_type { RV_REC_TICK = 1, RV_REC_EPOCH = 2, … };
 *   enum { RV_EPOCH_WALL_MS, RV_EPOCH_WIDTH, …, RV_EPOCH_FIXED };   index into rec.v, count of fixed
 *   enum { RV_ELEMENT_GROUP = 2 };                                  fields in one repetition, 0 none
 *   enum { RV_EL_MASK = 4, … };                                     RV_CONST(EL_MASK, 4)
 *   RV_ABI_HASH                                                     over the whole schema
 *
 * A decoded record:
 *
 *   type, t_ms, n ──▶ v[0] … v[FIXED-1]  v[FIXED] … v[n-1]   (n - FIXED is a multiple of GROUP)
 *
 * Decoders guarantee: n ≥ FIXED, whole groups, spans within the input or the string table, text is
 * well-formed WTF-8, f64 is finite. They guarantee nothing about the meaning of ids. */
#ifndef RV_RECORD_H
#define RV_RECORD_H
#include "arena.h"
#include "record_gen.h"
#include "span.h"
#include "status.h"

struct rv_val {
	union {
		uint32_t u;
		int32_t i;
		double f;
	};
	struct rv_span s; /* for str fields; ptr NULL is null */
};

struct rv_rec {
	uint32_t type;
	uint32_t t_ms;
	uint32_t n;
	const struct rv_val *v;
};

enum rv_field_type { RV_FIELD_U32, RV_FIELD_I32, RV_FIELD_F64, RV_FIELD_STR };
enum { RV_FIELDS_MAX = 16 };

struct rv_schema {
	uint8_t number, version, n_fixed, n_group;
	uint8_t at; /* place of its first type; fixed ones, then the group's: see rv_record_field */
};

/* The schema of a record number, NULL when unknown. */
const struct rv_schema *rv_record_schema(uint32_t number);
/* Its name as record.def has it, "unknown" otherwise. */
const char *rv_record_name(uint32_t number);
/* Groups in a record: (n - fixed) / group, 0 without a group. */
uint32_t rv_record_groups(const struct rv_rec *rec);
/* The place of v[index] in the schema: of a group's repetitions it is the same. */
uint32_t rv_record_place(const struct rv_schema *schema, uint32_t index);
/* The type of v[index] of a record. */
enum rv_field_type rv_record_field(const struct rv_schema *schema, uint32_t index);

enum { RV_RECORD_VALUES_MAX = 1 << 16 }; /* values in one record */

/* ---- for decoders ---- */
/* Every fixed field and whole groups, within RV_RECORD_VALUES_MAX. */
bool rv_record_whole(const struct rv_schema *schema, uint32_t n);
/* Makes room in *values for one more than `used`; it moves within the arena when it must grow. */
enum rv_status rv_record_room(struct rv_arena *arena, struct rv_val **values, uint32_t *cap, uint32_t used) RV_MUST_USE;
bool rv_f64_finite(double value);

#endif
