/* The ring: sealed segments and checkpoints in order of time, newest at the end.
 *
 *   [C0][s][s][s][C1][s][s] ┆ [s*][s][s][C2][s]        C checkpoint, s segment, ┆ new page,
 *    └ anchor     └ anchor     └ anchor └ anchor       s* first segment of a page
 *
 * An anchor is where folding may begin: a checkpoint, or the segment with a page's epoch record.
 * What is dropped is whole runs from the oldest end up to the next anchor, so the first entry is
 * always an anchor. The last run is never dropped. Keys increase and are never used twice.
 * Owner: the caller. Threads: one at a time. */
#ifndef RV_RING_H
#define RV_RING_H
#include "segment.h"

enum { RV_RING_ENTRIES_MAX = 8192 };

struct rv_ring_entry {
	uint8_t *ptr; /* a whole segment, owned */
	size_t len;
	uint32_t key, epoch;
	double first_wall_ms, last_wall_ms;
	bool checkpoint, anchor, saved;
	bool packed; /* compressed */
};

struct rv_ring {
	struct rv_ring_entry *entries;
	size_t n;
	uint32_t cap;
	size_t bytes, max_bytes; /* by rv_ring_weight */
	uint32_t window_ms, evicted;
};

void rv_ring_init(struct rv_ring *ring, uint32_t window_ms, size_t max_bytes);
void rv_ring_deinit(struct rv_ring *ring);
/* Copies the segment, whose header must be whole, in under the key head.sequence. RV_ORDER when the
 * key is not above the last one, or the first entry would be no anchor. */
enum rv_status rv_ring_add(struct rv_ring *ring, struct rv_span segment, bool anchor, bool saved) RV_MUST_USE;
/* Puts a compressed payload of the same bytes in the place of the segment's; *segment is it then. RV_NOT_FOUND
 * when there is no such key, or the payload is no shorter. */
enum rv_status rv_ring_pack(struct rv_ring *ring, uint32_t key, struct rv_span payload, struct rv_span *segment) RV_MUST_USE;
/* What an entry counts: one that waits to be packed as much as it will be about then. */
size_t rv_ring_weight(const struct rv_ring_entry *entry);
/* Drops runs that end before now - window, then the oldest runs while there are more than max_bytes. */
void rv_ring_evict(struct rv_ring *ring, double now_wall_ms);
/* Drops entries [0, n). */
void rv_ring_drop(struct rv_ring *ring, size_t n);
/* Drops entries [n, end): a run of loaded segments that turned out to be unsound. */
void rv_ring_cut(struct rv_ring *ring, size_t n);
/* Index of the newest anchor whose time is at or before wall_ms, 0 when there is none. */
size_t rv_ring_anchor(const struct rv_ring *ring, double wall_ms);
struct rv_span rv_ring_segment(const struct rv_ring *ring, size_t index);

#endif
