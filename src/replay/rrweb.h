/* Export of a native stream as standard rrweb events, a JSON array, written piece by piece.
 *
 *   epoch + first walk → Meta (4), FullSnapshot (2)        mutations → Incremental (3)
 *   navigate, visibility, gap, note, custom → Custom (5)   console, errors, network → Plugin (6)
 *
 * rrweb has no word for a frame inside a full snapshot: each frame's document follows as a mutation
 * with isAttachIframe. A first walk that is still going on when its events begin is folded ahead, so
 * that the FullSnapshot is whole. Event times are absolute milliseconds and never decrease.
 * A stream that is refused over and over is RV_BAD, one whose export would be over 512 MiB RV_LIMIT.
 * The output goes to `write` in pieces of some 64 KiB. */
#ifndef RV_RRWEB_H
#define RV_RRWEB_H
#include "mirror.h"

typedef enum rv_status (*rv_rrweb_write)(void *user, struct rv_span piece);

struct rv_rrweb_counts { uint32_t events, full_snapshots, order_violations, skipped; };

/* What becomes of the addresses that a page fetches by itself (images, posters, style sheets, fonts):
 * `address` is called with each one, absolute and without its fragment, in the order of the export, and
 * appends what is to be written for it. */
struct rv_rrweb_assets { void (*address)(void *user, struct rv_span url, struct rv_buf *out); void *user; };

/* stream: a whole native stream, already cut to its window. counts may be NULL. */
enum rv_status rv_rrweb_export(struct rv_span stream, rv_rrweb_write write, void *user, struct rv_rrweb_counts *counts) RV_MUST_USE;
enum rv_status rv_rrweb_export_assets(struct rv_span stream, const struct rv_rrweb_assets *assets, rv_rrweb_write write, void *user, struct rv_rrweb_counts *counts) RV_MUST_USE;

#endif
