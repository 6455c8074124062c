/* The mirror as JSON, for what draws pictures of it (web/widget/flat/):
 *
 *   {"url", "width", "height", "focus", "nodes": [node…], "sheets": [sheet…]}
 *   node   [kind, id, parent, …]      parent: an id; a frame's document has the frame's element, a shadow
 *          element  …, flags, tag, [name, value, name, value…], sheet, state
 *          text     …, text
 *          document …, flags, url, [adopted sheet…]
 *          shadow   …, flags, [adopted sheet…]
 *   state  0, or {"i": [flags, length, value], "d": dialog flags, "z": [width, height],
 *          "c": [width, height, image], "h": declarations, "a": [id assigned to the slot…]}
 *   sheet  [id, flags, media, href, text]      of those that nodes refer to
 *
 * Nodes come in document order: a node, its shadow tree, its frame's document, its children. Values of
 * fields are as the records have them: of masked ones the length alone. Comments, processing
 * instructions and doctypes are left out. */
#ifndef RV_MARKUP_H
#define RV_MARKUP_H
#include "mirror.h"

/* RV_NOT_FOUND without a document. RV_LIMIT beyond 4,096 sheets or what `out` may hold. */
enum rv_status rv_markup_write(const struct rv_mirror *mirror, struct rv_buf *out) RV_MUST_USE;

#endif
