/* The mirror as one SVG image: markup with its own style text inside a foreignObject.
 *
 * Two passes: the first lists the resources (images, fonts, url() of style text) the picture needs as
 * pairs of address and base, the caller fetches what it may and adds each as a data: URL, the second
 * writes the SVG with them; a resource that was not added becomes a transparent image.
 * Values of fields are written as the record has them (masked ones as bullets). What only a style
 * engine knows, the root's font size and the canvas background, the caller gives.
 *
 * Shadow trees are flattened: their style text goes into an @scope of the host (:host becomes
 * :scope), slots hold what is assigned to them. The mirror must not change between the two passes. */
#ifndef RV_MARKUP_H
#define RV_MARKUP_H
#include "mirror.h"

/* Off-screen: drawn as an empty box of that size, in 1/1000 px. Margins are those of the element with
 * what its children's margins add where they collapse into them. */
struct rv_markup_cull { uint32_t node, width_milli, height_milli; int32_t margin_top_milli, margin_bottom_milli; };

struct rv_markup_options {
	uint32_t width, height;      /* of the picture, CSS pixels; 0: the mirror's viewport */
	uint32_t content_width, content_height; /* of the document in it, less where scroll bars stand; 0: all */
	uint32_t root_font_milli;    /* used font size of the root in 1/1000 px; 0: 16 px */
	struct rv_span background;   /* CSS value for the canvas; ptr NULL: white */
	const struct rv_markup_cull *cull; /* copied */
	size_t n_cull;
	size_t max_bytes;            /* 0: 32 MiB */
};

struct rv_markup;
struct rv_markup *rv_markup_new(const struct rv_mirror *mirror, const struct rv_markup_options *options) RV_MUST_USE;
void rv_markup_free(struct rv_markup *markup);
/* Writes the needed resources as a JSON array of [address, base]; at most 1,000. */
enum rv_status rv_markup_resources(struct rv_markup *markup, struct rv_buf *json_out) RV_MUST_USE;
/* index: position in that array. data_url is copied. */
enum rv_status rv_markup_add(struct rv_markup *markup, uint32_t index, struct rv_span data_url) RV_MUST_USE;
enum rv_status rv_markup_write(struct rv_markup *markup, struct rv_buf *svg_out) RV_MUST_USE;

#endif
