/* Text that a style sheet shows on the page. Pure but for the arena. */
#ifndef RV_STYLE_TEXT_H
#define RV_STYLE_TEXT_H
#include "arena.h"

/* Replaces what stands in strings of `content` and of custom properties, which `content` may show, by a
 * `*` a character; white space stays, and so do characters for private use, which are pictures in icon
 * fonts. Comments become empty. *css is replaced by a copy in the arena when there is anything to hide. */
enum rv_status rv_style_stars(struct rv_span *css, struct rv_arena *arena) RV_MUST_USE;

#endif
