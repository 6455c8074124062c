/* Random record streams for the tests of the replay ring, and for tests/tools. Seeded: the same number
 * makes the same stream. Candidates are drawn from small ranges, so that many break a rule; a mirror
 * of the maker's own tells which, and only sound ones go into the stream. */
#ifndef RV_REPLAY_RANDOM_H
#define RV_REPLAY_RANDOM_H
#include "mirror.h"
#include "segment.h"
#include <stdlib.h>

enum { RANDOM_IDS = 70, RANDOM_SHEETS = 9, RANDOM_VALUES = 32 };

struct random_maker {
	uint32_t state;
	struct rv_mirror *mirror;
	struct rv_segment_writer *writer;
	struct rv_buf stream;
	double wall_ms;
	uint32_t epoch, sequence, t_ms, walk_left, in_segment, last_id;
	struct rv_val v[RANDOM_VALUES];
	bool gentle; /* only what an honest recorder says of a page that a browser can hold */
	void (*seen)(void *user, const struct rv_rec *rec, enum rv_status status, uint32_t hash_before);
	void *user;
};

static inline uint32_t random_next(struct random_maker *r, uint32_t below)
{
	r->state ^= r->state << 13;
	r->state ^= r->state >> 17;
	r->state ^= r->state << 5;
	return below ? (r->state >> 3) % below : 0;
}

static inline struct rv_span random_pick(struct random_maker *r, const char *const *list, size_t n)
{
	return rv_span_str(list[random_next(r, (uint32_t)n)]);
}
#define RANDOM_PICK(r, ...) random_pick(r, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static inline struct rv_span random_tag(struct random_maker *r)
{
	if (r->gentle)
		return RANDOM_PICK(r, "div", "span", "p", "div", "section", "style", "style", "link", "input", "iframe", "iframe", "x-card", "x-card", "a", "b", "ul", "canvas", "slot", "video", "dialog");
	return RANDOM_PICK(r, "div", "span", "p", "div", "x-card", "iframe", "iframe", "style", "style", "link", "input", "textarea", "select", "option", "script", "video", "dialog", "object", "svg", "h<tml", "table", "canvas", "slot", "math", "frameset", "frame");
}

/* Two pixels, red and blue, and what is no picture. */
#define RANDOM_FRAMES "data:image/gif;base64,R0lGODlhAQABAPAAAP8AAAAAACwAAAAAAQABAAACAkQBADs=", "data:image/gif;base64,R0lGODlhAQABAPAAAAAA/wAAACwAAAAAAQABAAACAkQBADs=", "https://h.test/x.png"

static inline struct rv_span random_rule(struct random_maker *r)
{
	return RANDOM_PICK(r, "a { color: red; }", "b:hover { color: blue; }", "@media screen { a { top: 1px; } b { top: 2px; } }", "@media screen {\n  a { top: 1px; }\n  @supports (top: 1px) { b { left: 1px; } i { left: 2px; } }\n}",
		"@layer x { a { content: \"}\"; } }", ".n { color: red; & b { color: blue; } & i { top: 3px; } }", "u { background: url(\"i.png\"); }", "@media print { }", "p { }");
}

static inline struct rv_span random_text(struct random_maker *r)
{
	return RANDOM_PICK(r, "one", "two", "three \xE2\x82\xAC", "", "a { color: green; }", "x < y & z", "long long long long long long long long text");
}

/* An id for a new node: never used before in a gentle stream, as likely as not in use otherwise. */
static inline uint32_t random_id(struct random_maker *r) { return r->gentle ? ++r->last_id : 1 + random_next(r, RANDOM_IDS); }
static inline uint32_t random_range(const struct random_maker *r) { return r->gentle ? r->last_id : RANDOM_IDS; }

/* A node of the mirror, most of the time; any number otherwise. */
static inline uint32_t random_node(struct random_maker *r, uint8_t kind)
{
	for (int tries = 0; tries < 12; tries++) {
		const struct rv_node *node = rv_mirror_find(r->mirror, 1 + random_next(r, random_range(r)));
		if (node && (!kind || node->kind == kind))
			return node->id;
	}
	return random_next(r, random_range(r) + 5);
}

static inline void random_seal(struct random_maker *r)
{
	if (rv_segment_writer_records(r->writer) && rv_segment_writer_seal(r->writer, 1, &r->stream) != RV_OK)
		abort();
	rv_segment_writer_begin(r->writer, RV_SEGMENT_RECORDS, r->wall_ms, r->epoch, ++r->sequence);
	r->in_segment = 0;
}

static inline enum rv_status random_dumped(void *user, const struct rv_rec *rec)
{
	return rv_segment_writer_add(user, rec);
}

static inline void random_checkpoint(struct random_maker *r)
{
	random_seal(r);
	rv_segment_writer_begin(r->writer, RV_SEGMENT_CHECKPOINT, r->wall_ms, r->epoch, r->sequence);
	if (rv_mirror_dump(r->mirror, random_dumped, r->writer) != RV_OK)
		abort();
	random_seal(r);
}

static inline bool random_put(struct random_maker *r, uint32_t type, uint32_t n)
{
	const struct rv_rec rec = {.type = type, .t_ms = r->t_ms, .n = n, .v = r->v};
	uint32_t before = rv_mirror_hash(r->mirror);
	enum rv_status status = rv_mirror_apply(r->mirror, &rec);
	if (r->seen)
		r->seen(r->user, &rec, status, before);
	if (status != RV_OK)
		return false;
	if (rv_segment_writer_add(r->writer, &rec) != RV_OK)
		abort();
	if (++r->in_segment > 12 && random_next(r, 20) == 0)
		random_seal(r);
	return true;
}

#define RU(value) ((struct rv_val){.u = (value)})
#define RI(value) ((struct rv_val){.i = (value)})
#define RS(value) ((struct rv_val){.s = (value)})
#define RT(text) ((struct rv_val){.s = rv_span_str(text)})
#define RANDOM_PUT(r, type, ...) \
	do { \
		const struct rv_val random_v_[] = {__VA_ARGS__}; \
		memcpy((r)->v, random_v_, sizeof random_v_); \
		(void)random_put(r, type, sizeof random_v_ / sizeof *random_v_); \
	} while (0)

static inline void random_epoch(struct random_maker *r)
{
	if (r->epoch)
		random_seal(r);
	r->wall_ms += r->t_ms + random_next(r, 500);
	r->t_ms = random_next(r, 5);
	r->epoch++;
	r->walk_left = random_next(r, 60);
	rv_segment_writer_begin(r->writer, RV_SEGMENT_RECORDS, r->wall_ms, r->epoch, r->sequence);
	RANDOM_PUT(r, RV_REC_EPOCH, (struct rv_val){.f = r->wall_ms}, RU(800), RU(600), RU(1000), RT("https://h.test/a/b?c#d"), RT(""), RU(1));
	RANDOM_PUT(r, RV_REC_DOCUMENT, RU(1), RU(0), RU(r->gentle ? 0 : random_next(r, 2)), RT("https://h.test/a/b"));
	RANDOM_PUT(r, RV_REC_DOCTYPE, RU(2), RU(1), RU(0), RT("html"), RT(""), RT(""));
	RANDOM_PUT(r, RV_REC_ELEMENT, RU(3), RU(1), RU(0), RU(0), RT("html"));
	RANDOM_PUT(r, RV_REC_ELEMENT, RU(4), RU(3), RU(0), RU(0), RT("head"));
	RANDOM_PUT(r, RV_REC_ELEMENT, RU(5), RU(3), RU(0), RU(0), RT("body"));
	r->last_id = 5;
}

static inline void random_element(struct random_maker *r)
{
	static const char *const names[] = {"class", "id", "style", "href", "src", "value", "onclick", "rr_width", "title", "open"};
	struct rv_span tag = random_tag(r);
	uint32_t n = 5, flags = 0;
	if (rv_span_is(tag, "svg"))
		flags = RV_NS_SVG;
	if (random_next(r, 14) == 0)
		flags |= RV_EL_BLOCK;
	uint32_t parent = random_node(r, random_next(r, 5) ? RV_NODE_ELEMENT : random_next(r, 2) ? RV_NODE_SHADOW : RV_NODE_DOCUMENT);
	const struct rv_node *up = rv_mirror_find(r->mirror, parent);
	if (r->gentle && up && up->kind == RV_NODE_DOCUMENT)
		tag = rv_span_str("html");
	r->v[0] = RU(random_id(r));
	r->v[1] = RU(parent);
	r->v[2] = RU(random_next(r, 3) ? 0 : random_node(r, 0));
	if (up && up->last && random_next(r, 3) == 0)
		r->v[2] = RU(rv_mirror_slot(r->mirror, random_next(r, 2) ? up->first : up->last)->id);
	r->v[3] = RU(flags);
	r->v[4] = RS(tag);
	for (uint32_t i = random_next(r, 4); i; i--) {
		const char *name = names[random_next(r, sizeof names / sizeof *names)];
		r->v[n++] = RT(name);
		r->v[n++] = RS(strcmp(name, "style") ? random_text(r) : rv_span_str("top: 1px;"));
	}
	(void)random_put(r, RV_REC_ELEMENT, n);
}

static inline void random_path(struct random_maker *r, uint32_t type, uint32_t n)
{
	for (uint32_t depth = 1 + random_next(r, 3); depth; depth--)
		r->v[n++] = RU(random_next(r, 4));
	(void)random_put(r, type, n);
}

static inline bool random_in_style(struct random_maker *r, uint32_t id)
{
	const struct rv_node *node = rv_mirror_find(r->mirror, id);
	const struct rv_node *up = node ? rv_mirror_slot(r->mirror, node->parent) : NULL;
	return (node && rv_span_is(node->name, "style")) || (up && rv_span_is(up->name, "style"));
}

/* The document a node is in, 0 for none. */
static inline uint32_t random_document(struct random_maker *r, uint32_t id)
{
	const struct rv_node *node = rv_mirror_find(r->mirror, id);
	while (node && node->kind != RV_NODE_DOCUMENT)
		node = rv_mirror_slot(r->mirror, node->parent);
	return node ? node->id : 0;
}

/* Is there a frame's document in the subtree? A browser loads frames anew when they move. */
static inline bool random_framed(struct random_maker *r, uint32_t id)
{
	const struct rv_node *node = rv_mirror_find(r->mirror, id);
	uint32_t root = node ? rv_mirror_slot_of(r->mirror, node) : 0;
	for (uint32_t slot = root; slot; slot = rv_mirror_next(r->mirror, slot, root))
		if (rv_mirror_slot(r->mirror, slot)->kind == RV_NODE_DOCUMENT)
			return true;
	return false;
}

/* Text for below a node: style elements of honest pages hold style text. */
static inline struct rv_span random_text_in(struct random_maker *r, uint32_t id)
{
	return r->gentle && random_in_style(r, id) ? RANDOM_PICK(r, "a { color: green; }", "", "i { top: 1px; }\nu { left: 2px; }") : random_text(r);
}

/* A node with one of these tags, or any element when there is none. */
static inline uint32_t random_tagged(struct random_maker *r, const char *tag)
{
	uint32_t first = random_next(r, random_range(r));
	for (uint32_t i = 0; i < random_range(r); i++) {
		const struct rv_node *node = rv_mirror_find(r->mirror, 1 + (first + i) % random_range(r));
		if (node && rv_span_is(node->name, tag))
			return node->id;
	}
	return r->gentle ? 0 : random_node(r, RV_NODE_ELEMENT);
}

/* A child of the host of the manual root that a slot is in; any node in a wild stream. */
static inline uint32_t random_slottable(struct random_maker *r, uint32_t slot)
{
	const struct rv_node *up = rv_mirror_find(r->mirror, slot);
	while (up && up->kind != RV_NODE_SHADOW)
		up = rv_mirror_slot(r->mirror, up->parent);
	uint32_t child = up ? rv_mirror_slot(r->mirror, up->parent)->first : 0, id = 0;
	for (uint32_t n = 1; child; child = rv_mirror_slot(r->mirror, child)->next)
		if ((rv_mirror_slot(r->mirror, child)->kind == RV_NODE_ELEMENT || rv_mirror_slot(r->mirror, child)->kind == RV_NODE_TEXT) && random_next(r, n++) == 0)
			id = rv_mirror_slot(r->mirror, child)->id;
	return r->gentle ? id : id ? id : random_node(r, 0);
}

/* What documents hold beyond nodes. */
static inline void random_live(struct random_maker *r, uint32_t kind)
{
	uint32_t id, n;
	if (kind < 3) {
		id = random_tagged(r, "canvas");
		RANDOM_PUT(r, RV_REC_CANVAS, RU(id), RU(30), RU(20), RS(random_next(r, 5) ? RANDOM_PICK(r, RANDOM_FRAMES) : rv_span(NULL, 0)));
	} else if (kind < 5) {
		RANDOM_PUT(r, RV_REC_HOLD, RU(random_node(r, RV_NODE_ELEMENT)), RS(RANDOM_PICK(r, "", "opacity: 0.5", "left: 3px; top: 4px")));
	} else if (kind < 9) {
		uint32_t state = random_next(r, 4);
		n = 1 + random_next(r, 12);
		RANDOM_PUT(r, RV_REC_ANIMATION, RU(random_node(r, RV_NODE_ELEMENT)), RU(n), RU(state), RU(random_next(r, 5000)), RS(random_next(r, 4) ? rv_span(NULL, 0) : rv_span_str("::before")),
			RS(random_next(r, 2) ? rv_span(NULL, 0) : RANDOM_PICK(r, "[{\"opacity\":0},{\"opacity\":1}]", "[]", "{bad")),
			RS(random_next(r, 2) ? rv_span(NULL, 0) : RANDOM_PICK(r, "{\"duration\":1000}", "{\"duration\":500,\"playbackRate\":-2.25}", "{\"playbackRate\":0.5,\"x\":1}")));
	} else if (kind < 10) {
		RANDOM_PUT(r, RV_REC_FULLSCREEN, RU(random_next(r, 2) ? 0 : random_node(r, RV_NODE_ELEMENT)));
	} else if (kind < 11) {
		RANDOM_PUT(r, RV_REC_VISUAL_VIEWPORT, RI((int32_t)random_next(r, 90) - 10), RI((int32_t)random_next(r, 90)), RU(1000 + random_next(r, 3000)));
	} else if (kind < 13) {
		for (n = 0; n < 12 && random_next(r, 2); n += 4) {
			r->v[n] = RU(random_node(r, RV_NODE_TEXT));
			r->v[n + 1] = RU(0);
			r->v[n + 2] = RU(random_next(r, 2) ? r->v[n].u : random_node(r, RV_NODE_TEXT));
			r->v[n + 3] = RU(random_next(r, 2));
		}
		(void)random_put(r, RV_REC_SELECTION, n);
	} else if (kind < 15) {
		RANDOM_PUT(r, RV_REC_SHEET_STATE, RU(1 + random_next(r, RANDOM_SHEETS)), RU(random_next(r, 2)), RS(RANDOM_PICK(r, "", "screen", "print")));
	} else if (kind < 18) {
		id = random_tagged(r, "slot");
		r->v[0] = RU(id);
		for (n = 1; n < 5 && random_next(r, 3); n++)
			r->v[n] = RU(random_slottable(r, id));
		(void)random_put(r, RV_REC_ASSIGN, n);
	} else if (kind < 19) {
		RANDOM_PUT(r, RV_REC_UPGRADED, RU(random_tagged(r, "x-card")));
	} else if (kind < 21) {
		id = random_tagged(r, "dialog");
		RANDOM_PUT(r, RV_REC_DIALOG, RU(id), RU(random_next(r, 2) * RV_DIALOG_OPEN));
		id = random_node(r, RV_NODE_ELEMENT);
		const struct rv_node *node = rv_mirror_find(r->mirror, id);
		if (!r->gentle || (node && id > 5 && !rv_span_is(node->name, "dialog")))
			RANDOM_PUT(r, RV_REC_DIALOG, RU(id), RU(RV_DIALOG_POPOVER | random_next(r, 2)));
	} else if (kind < 22) {
		id = random_tagged(r, "video");
		RANDOM_PUT(r, RV_REC_MEDIA, RU(id), RU(random_next(r, 8)), RU(random_next(r, 9000)), RU(random_next(r, 1000)), RU(random_next(r, r->gentle ? 2000 : 20000)));
	} else {
		id = random_next(r, 3) ? 0 : random_node(r, 0);
		RANDOM_PUT(r, RV_REC_KEY, RU(id), RU(random_next(r, 32)), RS(random_next(r, 2) ? rv_span_str("Enter") : rv_span(NULL, 0)));
		RANDOM_PUT(r, RV_REC_CLIPBOARD, RU(random_next(r, 4)), RU(id));
		RANDOM_PUT(r, RV_REC_LIFECYCLE, RU(random_next(r, 5)));
		RANDOM_PUT(r, RV_REC_TRANSITION, RU(random_next(r, 3)));
		RANDOM_PUT(r, RV_REC_PERFORMANCE, RU(random_next(r, 4)), RT("CLS"), (struct rv_val){.f = 0.125}, RU(r->t_ms), RU(60), RU(id), RS(RANDOM_PICK(r, "{\"a\":1}", "words")));
		RANDOM_PUT(r, RV_REC_SOCKET, RU(1), RU(random_next(r, 4)), RU(12), RS(random_text(r)));
	}
}

/* One record, or an attempt at one. */
static inline void random_record(struct random_maker *r)
{
	uint32_t kind = random_next(r, 125), id, n;
	if (r->walk_left && --r->walk_left == 0)
		(void)random_put(r, RV_REC_SNAPSHOT_DONE, 0);
	if (random_next(r, 3) == 0)
		r->t_ms += random_next(r, 40);
	if (kind < 24) {
		random_element(r);
	} else if (kind < 34) {
		id = random_node(r, random_next(r, 4) ? RV_NODE_ELEMENT : RV_NODE_SHADOW);
		RANDOM_PUT(r, RV_REC_TEXT, RU(random_id(r)), RU(id), RU(random_next(r, 3) ? 0 : random_node(r, 0)),
			RU(random_in_style(r, id) || random_next(r, 4) ? RV_TEXT_PLAIN : RV_TEXT_COMMENT), RS(random_text_in(r, id)));
	} else if (kind < 38) {
		id = random_node(r, RV_NODE_ELEMENT);
		for (uint32_t other = 1; other <= random_range(r); other++) {
			const struct rv_node *node = rv_mirror_find(r->mirror, other);
			if (node && rv_span_is(node->name, "iframe") && !node->frame)
				id = other;
		}
		n = random_id(r);
		RANDOM_PUT(r, RV_REC_DOCUMENT, RU(n), RU(id), RU(0), RS(RANDOM_PICK(r, "about:blank", "https://f.test/x/")));
		if (random_next(r, 2))
			RANDOM_PUT(r, RV_REC_ELEMENT, RU(random_id(r)), RU(n), RU(0), RU(0), RT("html"));
	} else if (kind < 42) {
		id = random_node(r, RV_NODE_ELEMENT);
		const struct rv_node *host = rv_mirror_find(r->mirror, id);
		if (!r->gentle || (host && (rv_span_is(host->name, "div") || rv_span_is(host->name, "x-card")) && !random_framed(r, id)))
			RANDOM_PUT(r, RV_REC_SHADOW_ROOT, RU(random_id(r)), RU(id), RU(random_next(r, 4)));
	} else if (kind < 49) {
		id = random_node(r, 0);
		if (id > 5 || ((!r->gentle || id > 3) && random_next(r, 60) == 0))
			RANDOM_PUT(r, RV_REC_REMOVE, RU(id));
	} else if (kind < 56) {
		id = random_node(r, random_next(r, 2) ? RV_NODE_ELEMENT : 0);
		n = random_node(r, random_next(r, 4) ? RV_NODE_ELEMENT : RV_NODE_SHADOW);
		if (!r->gentle || (id > 5 && random_document(r, id) == random_document(r, n)))
			RANDOM_PUT(r, RV_REC_MOVE, RU(id), RU(n), RU(random_next(r, 2) ? 0 : random_node(r, 0)));
	} else if (kind < 64) {
		RANDOM_PUT(r, RV_REC_ATTRIBUTES, RU(random_node(r, RV_NODE_ELEMENT)), RS(RANDOM_PICK(r, "class", "title", "data-x", "onchange", "href")), RS(random_next(r, 3) ? random_text(r) : rv_span(NULL, 0)), RT("id"), RS(random_text(r)));
	} else if (kind < 69) {
		id = random_node(r, RV_NODE_TEXT);
		RANDOM_PUT(r, RV_REC_TEXT_SET, RU(id), RS(random_text_in(r, id)));
	} else if (kind < 71) {
		id = random_node(r, RV_NODE_ELEMENT);
		if (!r->gentle || (id > 5 && !random_framed(r, id)))
			RANDOM_PUT(r, RV_REC_PRIVACY, RU(id), RU(random_next(r, 3) ? 0 : RV_EL_BLOCK));
	} else if (kind < 75) {
		id = random_next(r, 4);
		if (id == 0)
			RANDOM_PUT(r, RV_REC_INPUT, RU(random_node(r, RV_NODE_ELEMENT)), RU(RV_INPUT_HAS_VALUE | RV_INPUT_MASKED), RU(random_next(r, 9)), RT("secret"));
		else
			RANDOM_PUT(r, RV_REC_INPUT, RU(random_node(r, RV_NODE_ELEMENT)), RU(RV_INPUT_HAS_VALUE | (random_next(r, 2) ? RV_INPUT_USER : 0)), RU(0), RS(random_text(r)));
	} else if (kind < 77) {
		RANDOM_PUT(r, RV_REC_SCROLL, RU(random_node(r, random_next(r, 2) ? RV_NODE_ELEMENT : RV_NODE_DOCUMENT)), RI((int32_t)random_next(r, 50) - 10), RI((int32_t)random_next(r, 500)));
	} else if (kind < 78) {
		RANDOM_PUT(r, RV_REC_SIZE, RU(random_node(r, RV_NODE_ELEMENT)), RU(random_next(r, 100)), RU(random_next(r, 100)));
	} else if (kind < 79 && !r->gentle) {
		RANDOM_PUT(r, RV_REC_MEDIA, RU(random_node(r, RV_NODE_ELEMENT)), RU(random_next(r, 8)), RU(random_next(r, 9000)), RU(500), RU(random_next(r, 3000)));
		RANDOM_PUT(r, RV_REC_DIALOG, RU(random_node(r, RV_NODE_ELEMENT)), RU(random_next(r, 8)));
	} else if (kind < 83) {
		id = random_next(r, 3) ? 0 : random_node(r, 0);
		RANDOM_PUT(r, RV_REC_POINTER_MOVE, RU(id), RI((int32_t)random_next(r, 800)), RI((int32_t)random_next(r, 600)), RU(random_next(r, 3)));
		RANDOM_PUT(r, RV_REC_POINTER, RU(random_next(r, 5)), RU(random_node(r, 0)), RI(5), RI(6), RU(0));
	} else if (kind < 84) {
		RANDOM_PUT(r, RV_REC_VIEWPORT, RU(700 + random_next(r, 100)), RU(600), RU(2000));
		RANDOM_PUT(r, RV_REC_VISIBILITY, RU(random_next(r, 2)));
		RANDOM_PUT(r, RV_REC_NAVIGATE, RU(random_next(r, 4)), RS(RANDOM_PICK(r, "https://h.test/n", "https://h.test/m?x=1")));
	} else if (kind < 88) {
		id = 0;
		for (uint32_t other = 1; other <= random_range(r); other++) {
			const struct rv_node *node = rv_mirror_find(r->mirror, other);
			if (node && rv_span_is(node->name, "style") && random_next(r, 2))
				id = other;
		}
		n = 1 + random_next(r, RANDOM_SHEETS);
		if (r->gentle ? id && n > 4 : random_next(r, 3) > 0)
			RANDOM_PUT(r, RV_REC_SHEET, RU(n), RU(id), RU(random_next(r, 9) == 0), RS(rv_span(NULL, 0)), RS(rv_span(NULL, 0)));
		else if (n <= 4 || !r->gentle)
			RANDOM_PUT(r, RV_REC_SHEET, RU(n), RU(0), RU(0), RS(rv_span(NULL, 0)), RS(rv_span(NULL, 0)));
	} else if (kind < 92) {
		r->v[0] = RU(1 + random_next(r, RANDOM_SHEETS));
		r->v[1] = RS(random_rule(r));
		random_path(r, random_next(r, 4) ? RV_REC_RULE_INSERT : RV_REC_RULE_REPLACE, 2);
	} else if (kind < 94) {
		r->v[0] = RU(1 + random_next(r, RANDOM_SHEETS));
		random_path(r, RV_REC_RULE_DELETE, 1);
	} else if (kind < 97) {
		r->v[0] = RU(random_node(r, random_next(r, 2) ? RV_NODE_DOCUMENT : RV_NODE_SHADOW));
		for (n = 1; n < 4 && random_next(r, 3); n++)
			r->v[n] = RU(1 + random_next(r, 4));
		if (!r->gentle || random_document(r, r->v[0].u) == 1) /* constructed sheets belong to one document */
			(void)random_put(r, RV_REC_ADOPTED, n);
	} else if (kind < 98) {
		RANDOM_PUT(r, RV_REC_SHEET_DROP, RU(1 + random_next(r, RANDOM_SHEETS)));
	} else if (kind >= 100) {
		random_live(r, kind - 100);
	} else {
		RANDOM_PUT(r, RV_REC_CONSOLE, RU(random_next(r, 7)), RU(1), RT("at a\nat b"), RS(random_text(r)));
		RANDOM_PUT(r, RV_REC_CUSTOM, RT("tag"), RS(RANDOM_PICK(r, "{\"a\":[1,2.5e3,true,null,\"x\"]}", "not json", "[", "\"\"")));
	}
}

/* A whole stream of about `records` records in one to three epochs, checkpoints in between. */
static inline void random_make(struct random_maker *r, uint32_t seed, uint32_t records)
{
	r->state = seed * 2654435761u | 1;
	r->mirror = rv_mirror_new(NULL);
	r->writer = rv_segment_writer_new(1 << 20);
	if (!r->mirror || !r->writer)
		abort();
	r->wall_ms = 1700000000000.0;
	r->t_ms = r->epoch = r->sequence = r->in_segment = r->last_id = 0;
	rv_buf_init(&r->stream, 64 << 20);
	rv_stream_begin(&r->stream);
	for (int i = 0; i < 8; i++)
		random_next(r, 0);
	random_epoch(r);
	for (uint32_t i = 0; i < records; i++) {
		random_record(r);
		if (random_next(r, 300) == 0)
			random_checkpoint(r);
		if (random_next(r, 400) == 0)
			random_epoch(r);
	}
	random_seal(r);
}

static inline void random_free(struct random_maker *r)
{
	rv_mirror_free(r->mirror);
	rv_segment_writer_free(r->writer);
	rv_buf_deinit(&r->stream);
}

#endif
