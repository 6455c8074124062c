/* Style text on its way into the picture: one linear pass that keeps everything but
 *   url(…)            → whatever `url` answers (a data: URL, or nothing)
 *   :root             → :is(:root,html), as the picture's root is the svg element (same specificity)
 *   :host, :host(…)   → :scope, :scope:is(…)           inside a shadow tree's @scope
 *   ::slotted(…)      → slot > :is(…)
 *   @import, @charset → dropped up to the semicolon (imported rules are sheets of their own)
 * Strings and comments are never looked into; XML specials are escaped. */
#ifndef RV_MARKUP_CSS_H
#define RV_MARKUP_CSS_H
#include "buf.h"

typedef void (*rv_markup_css_url)(void *user, struct rv_span address, struct rv_span base, struct rv_buf *out);

struct rv_markup_css {
	struct rv_span base;   /* what addresses are relative to */
	bool shadow;           /* inside a shadow tree */
	bool attribute;        /* a style attribute: quotes are escaped too */
	rv_markup_css_url url; /* writes the value for url("…"), already safe inside double quotes */
	void *user;
};

void rv_markup_css_write(const struct rv_markup_css *css, struct rv_span text, struct rv_buf *out);

/* XML text or attribute value: specials escaped, what XML cannot hold becomes U+FFFD. */
void rv_markup_escape(struct rv_span text, bool attribute, struct rv_buf *out);

#endif
