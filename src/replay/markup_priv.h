/* Inside the markup writer: markup.c walks and numbers resources, markup_style.c writes style text,
 * markup_attribute.c the attributes of an element. */
#ifndef RV_MARKUP_PRIV_H
#define RV_MARKUP_PRIV_H
#include "arena.h"
#include "markup.h"
#include "markup_css.h"

/* An iterative walk: a stack of open elements, each knowing which list of children it is in.
 *
 *   frame  {slot, next child, how}      how: own children · the host's children assigned to a slot
 *
 * Pass one and pass two are the same walk; in pass one the text is thrown away and resources are
 * numbered in the order in which they are met. */

enum { DEPTH_MAX = 2048, RESOURCES_MAX = 1000, BULLETS_MAX = 200 };

struct rv_markup_resource { struct rv_span address, base; char *data; size_t data_len; };

enum rv_markup_list { LIST_CHILDREN, LIST_ASSIGNED };

struct rv_markup_frame {
	uint32_t slot;      /* the element whose end tag closes this frame */
	uint32_t child;     /* next child to write, a mirror slot */
	uint32_t host;      /* LIST_ASSIGNED: whose children */
	struct rv_span slot_name;
	enum rv_markup_list list;
	int32_t shift_x, shift_y; /* scroll offset that the children are moved by */
	uint8_t ns;
	bool no_end;        /* written as something without an end tag of its own */
};

struct rv_markup {
	const struct rv_mirror *mirror;
	struct rv_markup_options options;
	struct rv_markup_cull *cull; /* open addressing by node id, 0 free */
	uint32_t cull_cap;
	struct rv_markup_resource *resources;
	uint32_t n_resources;
	uint32_t *by_hash;           /* open addressing: resource index + 1 */
	struct rv_markup_frame *stack;
	uint32_t depth;
	struct rv_span background;
	char *background_copy;
	struct rv_buf *out;
	struct rv_arena addresses;
	struct rv_buf css;           /* scratch: the text of one rule */
	struct rv_span base;         /* of the document */
};

enum { BY_HASH = 4096 };

static inline bool rv_markup_starts(struct rv_span text, const char *with)
{
	const size_t len = strlen(with);
	return text.len >= len && memcmp(text.ptr, with, len) == 0;
}

static inline bool rv_markup_tag(const struct rv_node *node, const char *tag)
{
	return rv_span_is(node->name, tag);
}

/* Whether XML can hold it as a name without a prefix. */
bool rv_markup_xml_name(struct rv_span name);

/* ---- markup.c ---- */
/* Writes the data: URL that stands for an address. */
void rv_markup_address(struct rv_markup *m, struct rv_span address, struct rv_span base, struct rv_buf *out);
/* The id of the host of the shadow tree a node is in, 0 in the document. */
uint32_t rv_markup_host(const struct rv_markup *m, const struct rv_node *node);

/* ---- markup_style.c ---- */
/* Style text of the document's author, addresses replaced; shadow: of a shadow tree. */
void rv_markup_css_text(struct rv_markup *m, struct rv_span text, struct rv_span base, bool shadow, bool attribute);
/* A style element, or a link whose sheet is known. */
void rv_markup_style_element(struct rv_markup *m, const struct rv_node *node);
/* The adopted sheets of a document or shadow root; host: id of the root's host, 0 none. */
void rv_markup_adopted(struct rv_markup *m, const struct rv_node *root, uint32_t host);

/* ---- markup_attribute.c ---- */
void rv_markup_root_font(struct rv_markup *m);
/* All attributes, with the state of fields, then style="". parent NULL: the root element. */
void rv_markup_attributes(struct rv_markup *m, const struct rv_node *node, const struct rv_markup_frame *parent, const struct rv_markup_cull *cull);
/* The text a field shows, bullets where it is masked; ptr NULL when there is no record of it. */
struct rv_span rv_markup_field(const struct rv_node *node, char scratch[3 * BULLETS_MAX]);

#endif
