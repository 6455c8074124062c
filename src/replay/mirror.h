/* The document mirror: the page as the records describe it. Folding is applying records in order;
 * `dump` writes the records that make an equal mirror (a checkpoint).
 *
 *   mirror ── documents ── nodes (id → slot by an open hash; slots in one growing table)
 *      │                     └ parent/first/last/prev/next are slot numbers, 0 none
 *      ├ sheets (id → rules, nested rules below), adopted lists per root
 *      └ epoch: url, viewport, wall clock
 *
 * Strings are shared and counted inside the mirror. Every table has a bound. A record that breaks a
 * rule changes nothing: RV_ORDER when it names an id the stream does not know or has in use, runs
 * backwards in time or comes before the first epoch; RV_BAD when the ids are fine and the meaning is
 * not (wrong kind, `next` not a child of the parent, a cycle, a second shadow root, frame document,
 * document element or doctype, a rule path out of range); RV_LIMIT at a bound. Node 0 stands for
 * "none" in pointer records only. Dropping an unknown sheet is no error: it may have gone with its
 * owner. An epoch record empties the mirror. Owner: the caller. Threads: one at a time. */
#ifndef RV_MIRROR_H
#define RV_MIRROR_H
#include "buf.h"
#include "record.h"

struct rv_mirror;

struct rv_mirror_limits {
	uint32_t max_nodes;     /* 0: 500,000 */
	size_t max_text_bytes;  /* 0: 128 MiB of strings, attributes and rules together */
};

enum rv_node_kind { /* DOM nodeType numbers; a shadow root is 11 */
	RV_NODE_ELEMENT = 1, RV_NODE_TEXT = 3, RV_NODE_CDATA = 4, RV_NODE_PI = 7, RV_NODE_COMMENT = 8,
	RV_NODE_DOCUMENT = 9, RV_NODE_DOCTYPE = 10, RV_NODE_SHADOW = 11
};

struct rv_attribute { struct rv_span name, value; };

/* State that only some nodes have; NULL pointer in the node otherwise. What a record tells lies together
 * in the order of its fields: see rv_state_shapes. */
struct rv_node_state {
	uint32_t input_flags, input_len;   /* INPUT_*; has_input tells whether there was a record */
	int32_t scroll_x, scroll_y;
	uint32_t media_flags, media_time_ms, media_volume_milli, media_rate_milli;
	uint32_t dialog_flags;
	uint32_t width, height;
	uint32_t canvas_width, canvas_height;
	struct rv_span input_value;        /* ptr NULL: none, or masked */
	struct rv_span canvas, hold;       /* the last frame, a data: URL; declarations; ptr NULL: none */
	bool has_input, has_scroll, has_media, has_dialog, has_size, has_canvas, has_hold;
	uint32_t media_at_ms;
	uint32_t *assigned, n_assigned;    /* slot element: ids of the nodes assigned by hand, 0 where one has gone */
	uint32_t slot, slot_at;            /* id of the slot that a node is assigned to by hand, its place there; 0 none */
	uint32_t animations;               /* live ones */
};

/* A scripted animation that is not idle, as its record has it. */
struct rv_animation {
	uint32_t node, id, state, time_ms;     /* node: id; ANIMATION_*; its time at_ms, a time of the epoch */
	struct rv_span pseudo, keyframes, timing;
	uint32_t at_ms;
};
struct rv_range { uint32_t start, start_offset, end, end_offset; };

struct rv_node {
	uint32_t id;                              /* 0: free slot */
	uint32_t parent, first, last, prev, next; /* slots; a shadow root hangs on `shadow`, not in the list */
	uint32_t shadow;                          /* element: slot of its shadow root; document: of its doctype; 0 none */
	uint32_t frame;                           /* element: slot of its frame's document; document: of its document element; 0 none */
	uint8_t kind;                             /* enum rv_node_kind */
	uint8_t mark;                             /* for the mirror's owner, 0 in a new node; no part of the document */
	uint32_t flags;                           /* EL_*, DOC_*, SHADOW_* by kind */
	struct rv_span name;                      /* tag, doctype name */
	struct rv_span text;                      /* text kinds; document: url; doctype: public id */
	struct rv_span extra;                     /* doctype: system id */
	struct rv_attribute *attributes;
	uint32_t n_attributes;
	struct rv_node_state *state;
	uint32_t sheet;                           /* element: id of the sheet it owns, 0 none */
	uint32_t *adopted, n_adopted;             /* document, shadow root: sheet ids */
	bool adopted_known;
};

/* The text of a grouping rule holds its nested rules too until one of them changes. From then on
 * (cap_rules > 0) `text` is what stands before the nested rules, its opening brace included, and the
 * closing brace is understood. */
struct rv_rules { struct rv_rule *rules; uint32_t n_rules, cap_rules; };
struct rv_rule {
	struct rv_span text;
	union {
		struct { struct rv_rule *rules; uint32_t n_rules, cap_rules; };
		struct rv_rules list;
	};
};

struct rv_sheet {
	uint32_t id, owner, flags;   /* owner: node id, 0 for a constructed one */
	struct rv_span media, href;
	union {
		struct { struct rv_rule *rules; uint32_t n_rules, cap_rules; };
		struct rv_rules list;
	};
};

struct rv_mirror_epoch {
	double wall_ms;
	uint32_t number, last_ms;
	uint32_t width, height, dpr_milli;    /* as in a viewport record */
	struct rv_span url, referrer; /* url follows navigate records */
	bool visible, snapshot_done, started;
	uint32_t fullscreen, focus;           /* node ids, 0 none */
	uint32_t focus_visible;
	int32_t visual_x, visual_y;
	uint32_t visual_scale_milli;          /* 0: not told; the three as in their record */
};

struct rv_mirror *rv_mirror_new(const struct rv_mirror_limits *limits) RV_MUST_USE; /* NULL limits: defaults */
void rv_mirror_free(struct rv_mirror *mirror);
void rv_mirror_reset(struct rv_mirror *mirror);

/* Applies one record. Records that carry no document state (pointer, logs …) only check node ids and time.
 * Animations beyond RV_ANIMATIONS_MAX and ranges beyond RV_RANGES_MAX are not kept; what names a removed
 * node goes with it. A check record is RV_BAD: it is no part of a stream. */
enum rv_status rv_mirror_apply(struct rv_mirror *mirror, const struct rv_rec *rec) RV_MUST_USE;

/* Calls sink for each record of a dump, all at epoch.last_ms (media positions too are those of then);
 * the record lives for the call. Stops at the first status but RV_OK and returns it. */
typedef enum rv_status (*rv_mirror_sink)(void *user, const struct rv_rec *rec);
enum rv_status rv_mirror_dump(const struct rv_mirror *mirror, rv_mirror_sink sink, void *user) RV_MUST_USE;

/* ---- reading: pointers live until the next apply ---- */
const struct rv_mirror_epoch *rv_mirror_epoch(const struct rv_mirror *mirror);
const struct rv_node *rv_mirror_slot(const struct rv_mirror *mirror, uint32_t slot); /* slot 0: NULL */
const struct rv_node *rv_mirror_find(const struct rv_mirror *mirror, uint32_t id);
const struct rv_node *rv_mirror_document(const struct rv_mirror *mirror);            /* top document or NULL */
const struct rv_sheet *rv_mirror_sheet(const struct rv_mirror *mirror, uint32_t id);
/* The next slot in document order within the subtree of root: a node, its shadow tree, its frame's
 * document, its children. 0 at the end. */
uint32_t rv_mirror_next(const struct rv_mirror *mirror, uint32_t slot, uint32_t root);
/* Where a medium stands at a time of the epoch. */
uint32_t rv_mirror_media_time(const struct rv_node_state *state, uint32_t at_ms);
uint32_t rv_mirror_animation_time(const struct rv_animation *animation, uint32_t at_ms);
const struct rv_animation *rv_mirror_animations(const struct rv_mirror *mirror, uint32_t *n);
const struct rv_range *rv_mirror_selection(const struct rv_mirror *mirror, uint32_t *n);
struct rv_span rv_mirror_attribute(const struct rv_node *node, const char *name);
void rv_mirror_rule_text(const struct rv_rule *rule, struct rv_buf *out);
/* The style text of a sheet, rules joined by newlines, nested rules in place. */
void rv_mirror_sheet_text(const struct rv_mirror *mirror, const struct rv_sheet *sheet, struct rv_buf *out);
uint32_t rv_mirror_nodes(const struct rv_mirror *mirror);
void rv_mirror_mark(struct rv_mirror *mirror, uint32_t slot, uint8_t mark);
/* The slot of a node that this mirror handed out. */
uint32_t rv_mirror_slot_of(const struct rv_mirror *mirror, const struct rv_node *node);
size_t rv_mirror_bytes(const struct rv_mirror *mirror); /* memory held, approximately */
/* A hash over ids, structure, names, values and state; equal documents hash alike whatever their
 * slots. Not in it: the time of the last record, and the position of a medium that plays or an
 * animation that runs, which follows from it. */
uint32_t rv_mirror_hash(const struct rv_mirror *mirror);

#endif
