/* Export of a native stream as standard rrweb events, a JSON array, written piece by piece.
 *
 *   epoch + first walk → Meta (4), FullSnapshot (2)        mutations → Incremental (3)
 *   navigate, visibility, gap, note, custom → Custom (5)   console, errors, network → Plugin (6)
 *
 * rrweb has no word for a frame inside a full snapshot: each frame's document follows as a mutation
 * with isAttachIframe. A first walk that is still going on when its events begin is folded ahead, so
 * that the FullSnapshot is whole. Event times are absolute milliseconds and never decrease.
 * The output goes to `write` in pieces of some 64 KiB. */
#ifndef RV_RRWEB_H
#define RV_RRWEB_H
#include "mirror.h"

typedef enum rv_status (*rv_rrweb_write)(void *user, struct rv_span piece);

struct rv_rrweb_counts { uint32_t events, full_snapshots, order_violations, skipped; };

/* stream: a whole native stream, already cut to its window. counts may be NULL. */
enum rv_status rv_rrweb_export(struct rv_span stream, rv_rrweb_write write, void *user, struct rv_rrweb_counts *counts) RV_MUST_USE;

#endif
