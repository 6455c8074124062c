/* The drift check: what the page has, compared with the mirror, a few nodes at a time.
 *
 * A check record holds for each node a hash that the page makes of what it has where nothing is dirty:
 *
 *   structure << 16 | values      of each the low 16 bits of a sum
 *
 *   structure  hash(tag) of an element, nodeType of others
 *              + 31·parent + 37·previous sibling + 41·next sibling + 43·first child   (ids, 0 none)
 *   values     of an element: the sum over its attributes, but for `value`, of hash(value, hash(name));
 *              of others: hash(text)
 *
 * hash(text, seed): FNV-1a without its basis over the first DRIFT_UNITS UTF-16 units. Of values with a
 * `:` or `/` among them the name alone counts, as addresses may be written otherwise than they stand.
 * Values 0 says nothing: that is what
 * is sent of nodes whose text is hidden, and what is not compared where masking or redaction has changed
 * a value on the way.
 *
 * Who changes this changes DRIFT_VERSION in record.def, so that an old side and a new one refuse each
 * other. Pure. */
#ifndef RV_DRIFT_H
#define RV_DRIFT_H
#include "buf.h"
#include "mirror.h"

enum { RV_DRIFT_BYTES_MAX = 4096 };

/* Appends the ids, without base, of the nodes that differ to out, u32le; past its bound the others wait.
 * base is added to the record's ids. values: the mirror's marks say which nodes had values changed. */
enum rv_status rv_drift_check(const struct rv_mirror *mirror, const struct rv_rec *rec, uint32_t base, bool values, struct rv_buf *out) RV_MUST_USE;

#endif
