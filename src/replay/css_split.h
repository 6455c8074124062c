/* Where the nested rules of a grouping rule's text begin and end. The text is what browsers write as
 * cssText, but comes from outside: anything is accepted, one pass, no recursion.
 *
 *   @media print { .a { color: red; } .b { } }
 *   └── head ────┘ └── item ────────┘ └item┘
 *
 * Declarations that stand before the first nested rule belong to the head (style rules with nesting);
 * a run of declarations after one is an item of its own, as it is in the object model. */
#ifndef RV_CSS_SPLIT_H
#define RV_CSS_SPLIT_H
#include "span.h"

struct rv_css_split {
	struct rv_span text;
	size_t at;
	struct rv_span head; /* up to the opening brace and leading declarations; its last byte is '{' or ';' unless open_end */
	bool open_end;       /* the last declaration in the head has no semicolon */
};

/* False when the text has no block, and so no place for nested rules. */
bool rv_css_split_open(struct rv_css_split *split, struct rv_span text);
/* The next nested rule, white space trimmed; false at the end. */
bool rv_css_split_next(struct rv_css_split *split, struct rv_span *item);
/* After the last: the closing brace is there, and nothing behind it. */
bool rv_css_split_whole(const struct rv_css_split *split);

/* Past the token that starts at `at` < text.len: a string, a comment, an escape, or one byte. */
size_t rv_css_past(struct rv_span text, size_t at);

#endif
