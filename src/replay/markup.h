/* The mirror as one SVG image: markup with its own style text inside a foreignObject.
 *
 * Two passes: the first call lists the resources (images, fonts, sheets' url()) the picture needs, the
 * caller fetches what it may and adds each as a data: URL, the second call writes the SVG with them;
 * a resource that was not added becomes a transparent image (or is left out of the style text).
 * Input values are written at the privacy level of the record (masked ones as bullets). */
#ifndef RV_MARKUP_H
#define RV_MARKUP_H
#include "mirror.h"

struct rv_markup_cull { uint32_t node, width, height; }; /* off-screen: drawn as an empty box of that size */

struct rv_markup_options {
	uint32_t width, height;      /* CSS pixels; 0: the mirror's viewport */
	const struct rv_markup_cull *cull;
	size_t n_cull;
	size_t max_bytes;            /* 0: 32 MiB */
};

struct rv_markup;
struct rv_markup *rv_markup_new(const struct rv_mirror *mirror, const struct rv_markup_options *options) RV_MUST_USE;
void rv_markup_free(struct rv_markup *markup);
/* Writes the needed absolute URLs as a JSON array of strings. */
enum rv_status rv_markup_resources(struct rv_markup *markup, struct rv_buf *json_out) RV_MUST_USE;
/* data_url is copied. */
enum rv_status rv_markup_add(struct rv_markup *markup, struct rv_span url, struct rv_span data_url) RV_MUST_USE;
enum rv_status rv_markup_write(struct rv_markup *markup, struct rv_buf *svg_out) RV_MUST_USE;

#endif
