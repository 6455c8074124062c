/* The rrweb export's insides, for rrweb*.c alone.
 *
 *   records ──▶ mirror ──▶ run: what the Replayer does not know yet ──▶ events
 *
 * Mutation records of one time are a run. They are applied to the mirror first; at the end of the run
 * one event says what changed, from the mirror's state then: removes, adds, texts, attributes, the
 * order in which the Replayer works. A node's mark tells whether the Replayer has it (IN), or will get
 * it and all below it at the end of the run (PENDING). Every child of an open node that is IN is
 * either IN or PENDING; what hangs below a closed one (blocked, textarea, frame that is not an iframe)
 * is never written, nor is any record that names it. */
#ifndef RV_RRWEB_PRIV_H
#define RV_RRWEB_PRIV_H
#include "cursor.h"
#include "json.h"
#include "mirror_priv.h"
#include "rrweb.h"

enum {
	RV_IN = 1,
	RV_PENDING = 2,
	RV_STYLED = 4,   /* element: written with the rules of its sheet, so that they can be addressed */
	RV_ROOTED = 8,   /* element: the Replayer has a shadow root there */
	RV_RETEXT = 16,  /* its text is to be written at the end of the run */
	RV_AGAIN = 32,   /* document: has been written before, and must look different */
	RV_WATCH_DEFINED = 1,       /* some rule asks which elements are defined */
	RV_WATCH_INDETERMINATE = 2, /* some rule says how an undecided box looks */
	RV_WATCH_FOCUS = 4,         /* … what has the focus */
	RV_WATCH_TARGET = 8,        /* … what the address names */
	RV_OUT_DEPTH_MAX = 2000 /* the Replayer recurses */
};

struct rv_vec { uint32_t *v, n, cap; };
struct rv_removed { uint32_t id, parent; bool shadow; };
struct rv_attr_entry { uint32_t id; size_t from, to; };        /* JSON text in `attrs` */
struct rv_position { int32_t x, y; uint32_t id, t_ms; };
struct rv_style { uint32_t sheet, style_id, document; bool stale; }; /* a constructed sheet that the Replayer has, or is to get anew */

struct rv_rrweb {
	struct rv_mirror *m;
	struct rv_cursor cursor;
	rv_rrweb_write write;
	void *user;
	const struct rv_rrweb_assets *assets; /* NULL: none */
	struct rv_rrweb_counts counts;
	enum rv_status failed;
	struct rv_buf out, scratch, attrs, base;
	uint64_t written_bytes;
	int64_t last_ms;           /* of the last event */
	bool live;                 /* the epoch's FullSnapshot is written */
	/* the run */
	uint32_t run_ms;
	struct rv_vec pending, texts, hosts, adopt, stale, reslot; /* node ids; sheet ids in `stale` */
	struct rv_removed *removed;
	uint32_t n_removed, cap_removed;
	size_t attrs_from;         /* where the change being written begins in `attrs` */
	struct rv_attr_entry *entries;
	uint32_t n_entries, cap_entries;
	/* found while writing nodes */
	struct rv_vec frames, after;
	uint32_t root_id;          /* of the nodes being written: their frame document's id, 0 in the top document */
	uint32_t base_slot;        /* document that `base` belongs to, 0 none */
	bool full;                 /* a FullSnapshot is being written */
	uint8_t watched, watch_due; /* RV_WATCH_*: known of the epoch's rules; to be acted on at the end of the run */
	uint32_t target;           /* the element that the address names: id, 0 none; kept while rules ask */
	bool rescroll;             /* the top document's offset is to follow the next mutation */
	bool reselect;             /* selected nodes have been written anew */
	/* open ends */
	uint32_t style_owner, style_ms; /* a StyleSheetRule event whose adds are not closed: node id (0 none), time */
	struct rv_json style_json;
	struct rv_position moves[64];
	uint32_t n_moves;
	bool touch;
	/* constructed sheets */
	struct rv_map style_of;    /* sheet id → index + 1 */
	struct rv_style *styles;
	uint32_t n_styles, cap_styles, next_style;
	struct rv_vec adopters;    /* roots with adopted sheets; more than ADOPTERS_MAX are not counted */
};

/* ---- rrweb.c ---- */
void rv_rrweb_fail(struct rv_rrweb *ex, enum rv_status status);
void rv_rrweb_push(struct rv_rrweb *ex, struct rv_vec *vec, uint32_t value);
/* Empties a buffer for other text; that it failed before is not forgotten. */
void rv_rrweb_clear(struct rv_rrweb *ex, struct rv_buf *buf);
int64_t rv_rrweb_time(const struct rv_rrweb *ex, uint32_t t_ms);
/* Begins {"type":…,"data":{ ; the caller fills data through json. */
void rv_rrweb_begin(struct rv_rrweb *ex, struct rv_json *json, int type, int source);
void rv_rrweb_end(struct rv_rrweb *ex, struct rv_json *json, uint32_t t_ms);
/* Hands finished output on when there is enough of it. */
void rv_rrweb_flush(struct rv_rrweb *ex, size_t at_least);
static inline const struct rv_node *rv_at(const struct rv_rrweb *ex, uint32_t slot) { return &ex->m->nodes[slot]; }

/* ---- rrweb_node.c ---- */
/* May children of this node (element, document, shadow root) be written, given that it is? */
bool rv_rrweb_open(const struct rv_rrweb *ex, const struct rv_node *node);
/* True when the Replayer has the node that holds these children, and it is open. */
bool rv_rrweb_holds(const struct rv_rrweb *ex, uint32_t parent_slot);
/* False for the top document's element when it is not html: the Replayer can show no other root. */
bool rv_rrweb_shown(const struct rv_rrweb *ex, uint32_t slot);
/* Sets root_id and base for the nodes below or at slot; false when too deep. */
bool rv_rrweb_locate(struct rv_rrweb *ex, uint32_t slot, uint32_t *depth);
/* One add for the node, one for each node below it. */
void rv_rrweb_adds(struct rv_rrweb *ex, uint32_t slot, uint32_t depth, struct rv_json *json);
/* The node with everything below it nested in childNodes. */
void rv_rrweb_tree(struct rv_rrweb *ex, uint32_t slot, uint32_t depth);
bool rv_rrweb_is_custom(struct rv_span name);
/* The text as the Replayer is to have it: placeholder, style text, or as it is. */
void rv_rrweb_text(struct rv_rrweb *ex, const struct rv_node *node, struct rv_json *json);

/* ---- rrweb_attribute.c ---- */
enum rv_tag { RV_TAG_OTHER, RV_TAG_INPUT, RV_TAG_TEXTAREA, RV_TAG_SELECT, RV_TAG_OPTION, RV_TAG_STYLE, RV_TAG_LINK, RV_TAG_SCRIPT, RV_TAG_IFRAME, RV_TAG_MEDIA, RV_TAG_DIALOG, RV_TAG_META, RV_TAG_CANVAS };
enum rv_tag rv_rrweb_tag(const struct rv_node *node);
/* The sheet whose rules are written for a style or link element, or NULL. */
const struct rv_sheet *rv_rrweb_sheet(const struct rv_rrweb *ex, const struct rv_node *node);
void rv_rrweb_attributes(struct rv_rrweb *ex, const struct rv_node *node, struct rv_json *json);
/* One attribute as a change; nothing when the Replayer should not see it. */
void rv_rrweb_attribute(struct rv_rrweb *ex, const struct rv_node *node, struct rv_span name, struct rv_span value, struct rv_json *json);
void rv_rrweb_dialog(const struct rv_node *node, struct rv_json *json);
/* The media attribute of a node whose sheet is written: what holds, the sheet's own word first. */
void rv_rrweb_sheet_media(const struct rv_node *node, const struct rv_sheet *sheet, struct rv_json *json);
/* The field's value as far as it may be seen. */
void rv_rrweb_value(struct rv_rrweb *ex, const struct rv_node *node, struct rv_json *json);

/* A textarea's value: the recorded one, else its text. */
void rv_rrweb_textarea(struct rv_rrweb *ex, const struct rv_node *node, struct rv_json *json);
/* What a media element can be set to; it throws at anything else. */
double rv_rrweb_rate(const struct rv_node_state *state);
double rv_rrweb_volume(const struct rv_node_state *state);

/* ---- rrweb_css.c ---- */
/* Style text, of a sheet or of none (NULL), with its addresses as the Replayer is to have them and
 * pseudo-classes that it cannot have as attributes. */
void rv_rrweb_css(struct rv_rrweb *ex, const struct rv_sheet *sheet, struct rv_span css, struct rv_buf *out);

/* ---- rrweb_inline.c ---- */
/* Does the style attribute say more than the page's own? */
bool rv_rrweb_restyled(const struct rv_rrweb *ex, const struct rv_node *node);
void rv_rrweb_style(struct rv_rrweb *ex, const struct rv_node *node, struct rv_json *json);
/* Attributes in place of pseudo-classes: is this name one, those of a node, one of them as a change together with the style. */
bool rv_rrweb_is_sign(struct rv_span name);
void rv_rrweb_signs(struct rv_rrweb *ex, const struct rv_node *node, struct rv_json *json);
void rv_rrweb_resign(struct rv_rrweb *ex, uint32_t slot, const char *sign, bool on);
bool rv_rrweb_indeterminate(const struct rv_node *node);
bool rv_rrweb_undefined(const struct rv_rrweb *ex, const struct rv_node *node);
/* The focus, the element that the address names, is another one now: both get their signs. */
void rv_rrweb_refocus(struct rv_rrweb *ex, uint32_t before);
void rv_rrweb_retarget(struct rv_rrweb *ex);
/* Notes that a rule asks; undefined elements that the Replayer has get their sign at the end of the run. */
void rv_rrweb_watch(struct rv_rrweb *ex, uint8_t what);
void rv_rrweb_watch_now(struct rv_rrweb *ex);
/* The names of slots that were assigned by hand; the page's own are hidden there. */
bool rv_rrweb_slot_hidden(const struct rv_rrweb *ex, const struct rv_node *node, struct rv_span name);
void rv_rrweb_slots(struct rv_rrweb *ex, const struct rv_node *node, bool change, struct rv_json *json);
void rv_rrweb_reslot(struct rv_rrweb *ex, uint32_t id);

/* ---- rrweb_live.c ---- */
void rv_rrweb_begin_custom(struct rv_rrweb *ex, struct rv_json *json, const char *tag);
void rv_rrweb_end_custom(struct rv_rrweb *ex, struct rv_json *json, uint32_t t_ms);
void rv_rrweb_put_json(struct rv_json *json, const char *key, struct rv_span text);
/* State of a node, of the page, that has just been written. */
void rv_rrweb_tell(struct rv_rrweb *ex, const struct rv_node *node, uint32_t t_ms);
void rv_rrweb_tell_page(struct rv_rrweb *ex, uint32_t t_ms);
void rv_rrweb_tell_popover(struct rv_rrweb *ex, const struct rv_node *node, uint32_t t_ms);
void rv_rrweb_tell_indeterminate(struct rv_rrweb *ex, const struct rv_node *node, uint32_t t_ms);
void rv_rrweb_selection(struct rv_rrweb *ex, uint32_t t_ms);
/* Records of state beyond nodes: applies them. The status is the mirror's. */
enum rv_status rv_rrweb_live(struct rv_rrweb *ex, const struct rv_rec *rec) RV_MUST_USE;
/* Keys, clipboard, life cycle, transitions, performance, sockets; false for any other record. */
bool rv_rrweb_tell_event(struct rv_rrweb *ex, const struct rv_rec *rec);

/* ---- rrweb_run.c ---- */
/* A mutation or sheet record: applies it. The status is the mirror's. */
enum rv_status rv_rrweb_mutate(struct rv_rrweb *ex, const struct rv_rec *rec) RV_MUST_USE;
/* Takes the node and all below it from the Replayer, to be written anew at the end of the run. */
void rv_rrweb_renew(struct rv_rrweb *ex, uint32_t slot);
/* The node and its next siblings are written at the end of the run, though their parent is being written now. */
void rv_rrweb_defer(struct rv_rrweb *ex, uint32_t slot);
/* Begins a change of attributes in the run: {"id":…,"attributes":{ ; end drops it when it stayed empty. */
void rv_rrweb_change(struct rv_rrweb *ex, const struct rv_node *node, struct rv_json *json);
void rv_rrweb_changed(struct rv_rrweb *ex, const struct rv_node *node, struct rv_json *json);
void rv_rrweb_end_run(struct rv_rrweb *ex);
void rv_rrweb_forget_run(struct rv_rrweb *ex);
/* Frames, state and adopted sheets of what has just been written. */
void rv_rrweb_write_after(struct rv_rrweb *ex, uint32_t t_ms);

/* ---- rrweb_style.c ---- */
enum rv_status rv_rrweb_restyle(struct rv_rrweb *ex, const struct rv_rec *rec) RV_MUST_USE; /* sheet records */
void rv_rrweb_write_adopted(struct rv_rrweb *ex, uint32_t t_ms);
void rv_rrweb_close_style(struct rv_rrweb *ex);
void rv_rrweb_styles_reset(struct rv_rrweb *ex);

/* ---- rrweb_event.c ---- */
/* Input, scroll, media: the state of a node that the Replayer has. */
void rv_rrweb_state(struct rv_rrweb *ex, const struct rv_rec *rec);
void rv_rrweb_input(struct rv_rrweb *ex, const struct rv_node *node, uint32_t t_ms);
/* An option's state is an attribute, which counts until somebody chose: so its select gets a value too.
 * settle: the run so far is written first. */
void rv_rrweb_choose(struct rv_rrweb *ex, const struct rv_node *option, bool settle, uint32_t t_ms);
/* An input record: applies it. The status is the mirror's. */
enum rv_status rv_rrweb_take_input(struct rv_rrweb *ex, const struct rv_rec *rec) RV_MUST_USE;
void rv_rrweb_scroll(struct rv_rrweb *ex, const struct rv_node *node, uint32_t t_ms);
void rv_rrweb_media(struct rv_rrweb *ex, const struct rv_node *node, uint32_t t_ms);
/* Pointer, page and log records. */
void rv_rrweb_event(struct rv_rrweb *ex, const struct rv_rec *rec);
void rv_rrweb_write_moves(struct rv_rrweb *ex);

/* ---- rrweb_json.c ---- */
/* One JSON value that may be copied into the output as it is. */
bool rv_rrweb_is_json(struct rv_span text);

/* ---- rrweb_url.c ---- */
/* Writes the address made absolute; as it is when base is none or it is absolute already. */
void rv_url_resolve(struct rv_span base, struct rv_span address, struct rv_buf *out);
/* The same for what a page fetches by itself, which `assets` may put in another place. */
struct rv_url { struct rv_span base; const struct rv_rrweb_assets *assets; };
void rv_url_asset(const struct rv_url *url, struct rv_span address, struct rv_buf *out);
void rv_url_css(const struct rv_url *url, struct rv_span css, struct rv_buf *out);    /* every url(…) and @import in style text */
void rv_url_srcset(const struct rv_url *url, struct rv_span srcset, struct rv_buf *out);
/* How addresses are written now; sheet: in its rules. */
struct rv_url rv_rrweb_url(const struct rv_rrweb *ex, const struct rv_sheet *sheet);

#endif
