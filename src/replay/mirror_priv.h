/* The mirror's insides, for mirror*.c and, as an owner that marks nodes, rrweb*.c. */
#ifndef RV_MIRROR_PRIV_H
#define RV_MIRROR_PRIV_H
#include "mirror.h"

enum {
	RV_ATTRIBUTES_MAX = 1024,   /* of one element */
	RV_RULES_MAX = 1 << 16,     /* in one list */
	RV_RULE_DEPTH_MAX = 16,     /* indices in a path */
	RV_SHEETS_MAX = 1 << 17,
	RV_DEPTH_MAX = 4096,        /* how far up a move looks for a cycle */
	RV_ANIMATIONS_MAX = 2000,
	RV_ANIMATION_TEXT_MAX = 64 << 10, /* longer keyframes and timings are not kept */
	RV_CANVAS_BYTES_MAX = 4 << 20,    /* of one frame */
	RV_RANGES_MAX = 32,
	RV_SCANNED_KIB_MAX = 1 << 20
};

/* A shared string. Spans in the mirror point at `bytes`; an empty string is a string too.
 * buckets[hash] ──▶ str ──next──▶ str        *link is what points at this one
 * Ids and texts come from outside, so chains may be made to collide: only the first CHAIN_MAX of a
 * chain are searched for a text to share, and an id beyond them is refused. */
struct rv_str { struct rv_str *next, **link; uint32_t refs, len, hash; uint8_t bytes[]; };

/* u32 → u32, chained; key 0 is not a key. */
struct rv_map_entry { uint32_t key, value, next; };
struct rv_map { uint32_t *buckets, n_buckets; struct rv_map_entry *entries; uint32_t n_entries, cap, free_entry, used; };

struct rv_sheet_slot { struct rv_sheet sheet; uint32_t adoptions; }; /* sheet.id 0: free */

struct rv_mirror {
	struct rv_mirror_limits limits;
	struct rv_mirror_epoch epoch;
	struct rv_node *nodes;          /* nodes[0] is unused */
	uint32_t n_slots, cap_slots, free_slot, n_nodes;
	struct rv_map ids, sheet_ids;
	struct rv_sheet_slot *sheets;   /* sheets[0] is unused */
	uint32_t n_sheets, cap_sheets, free_sheet, live_sheets; /* free ones linked by sheet.owner */
	struct rv_str **buckets;
	uint32_t n_buckets, n_strings;
	size_t text_bytes;
	uint32_t top;
	struct rv_animation *animations; /* in the order in which they came */
	uint32_t n_animations, cap_animations;
	struct rv_range ranges[RV_RANGES_MAX];
	uint32_t n_ranges;
	uint32_t scanned_kib;            /* rule text searched for nested rules */
};

/* ---- mirror_table.c ---- */
uint32_t rv_map_get(const struct rv_map *map, uint32_t key); /* 0: none */
enum rv_status rv_map_put(struct rv_map *map, uint32_t key, uint32_t value) RV_MUST_USE; /* key is new */
void rv_map_remove(struct rv_map *map, uint32_t key);
void rv_map_clear(struct rv_map *map);
/* Counts bytes against the bound; give back with rv_mirror_refund. */
enum rv_status rv_mirror_charge(struct rv_mirror *mirror, size_t bytes) RV_MUST_USE;
void rv_mirror_refund(struct rv_mirror *mirror, size_t bytes);
/* A counted reference to a shared copy; null stays null. */
enum rv_status rv_mirror_hold(struct rv_mirror *mirror, struct rv_span text, struct rv_span *out) RV_MUST_USE;
void rv_mirror_keep(struct rv_span held); /* one reference more */
void rv_mirror_drop(struct rv_mirror *mirror, struct rv_span held);
/* The same for n of them: all or none, and all. */
enum rv_status rv_mirror_hold_all(struct rv_mirror *mirror, const struct rv_span *texts, struct rv_span *out, uint32_t n) RV_MUST_USE;
void rv_mirror_drop_all(struct rv_mirror *mirror, const struct rv_span *held, uint32_t n);
uint32_t rv_mirror_text_hash(struct rv_span held);
void rv_mirror_strings_free(struct rv_mirror *mirror);

/* ---- mirror_state.c ---- */
/* How a record is kept in struct rv_node_state: after the node's id n words, which lie at `at`, and a text
 * at `text` (0: none); `has` tells that there was one. */
struct rv_state_shape { uint8_t type, n, at, text, has; };
enum { RV_STATE_SHAPES = 7 };
extern const struct rv_state_shape rv_state_shapes[RV_STATE_SHAPES];
/* pairs: n times name, value; all of them or none. */
enum rv_status rv_mirror_set_attributes(struct rv_mirror *mirror, uint32_t slot, const struct rv_val *pairs, uint32_t n, bool may_remove) RV_MUST_USE;
enum rv_status rv_mirror_apply_state(struct rv_mirror *mirror, const struct rv_rec *rec) RV_MUST_USE; /* records 17, 19, 21, 30, 31, 33–37 */
/* Gives the node its state. */
enum rv_status rv_mirror_need_state(struct rv_mirror *mirror, struct rv_node *node) RV_MUST_USE;

/* ---- mirror_live.c ---- */
enum rv_status rv_mirror_apply_live(struct rv_mirror *mirror, const struct rv_rec *rec) RV_MUST_USE; /* records 20, 38, 39, 44 */
/* Drops whatever names a node that is about to go. */
void rv_mirror_forget(struct rv_mirror *mirror, struct rv_node *node);

/* ---- mirror_sheet.c ---- */
enum rv_status rv_mirror_apply_sheet(struct rv_mirror *mirror, const struct rv_rec *rec) RV_MUST_USE; /* records 50–56 */
void rv_mirror_sheet_free(struct rv_mirror *mirror, uint32_t id);
void rv_mirror_adopted_free(struct rv_mirror *mirror, struct rv_node *node);
void rv_mirror_sheets_reset(struct rv_mirror *mirror);

/* The numbers of a record, n from v on. */
void rv_mirror_words(uint32_t *to, const struct rv_val *v, uint32_t n);
/* A list of its own of so many numbers, charged; NULL when there are none. */
enum rv_status rv_mirror_list(struct rv_mirror *mirror, const struct rv_val *v, uint32_t n, uint32_t **out) RV_MUST_USE;
void rv_mirror_list_free(struct rv_mirror *mirror, uint32_t **list, uint32_t *n);

/* The slot of a record's node, or 0. */
static inline uint32_t rv_mirror_lookup(const struct rv_mirror *mirror, uint32_t id) { return id ? rv_map_get(&mirror->ids, id) : 0; }

#endif
