/* The ring of sealed segments. */
#include "ring.h"
#include "grow.h"
#include <stdlib.h>

enum { PACKED = 4 }; /* times shorter are segments once they are compressed, more or less */

void rv_ring_init(struct rv_ring *ring, uint32_t window_ms, size_t max_bytes)
{
	*ring = (struct rv_ring){.window_ms = window_ms, .max_bytes = max_bytes};
}

void rv_ring_deinit(struct rv_ring *ring)
{
	rv_ring_cut(ring, 0);
	free(ring->entries);
	ring->entries = NULL;
	ring->cap = 0;
}

struct rv_span rv_ring_segment(const struct rv_ring *ring, size_t index)
{
	return rv_span(ring->entries[index].ptr, ring->entries[index].len);
}

size_t rv_ring_weight(const struct rv_ring_entry *entry)
{
	return entry->packed ? entry->len : entry->len / PACKED;
}

static enum rv_status grow(struct rv_ring *ring)
{
	struct rv_ring_entry *entries;

	if (ring->n < ring->cap)
		return RV_OK;
	if (ring->n >= RV_RING_ENTRIES_MAX)
		return RV_LIMIT;
	entries = rv_grow(ring->entries, &ring->cap, 64, sizeof(*entries));
	if (!entries)
		return RV_MEMORY;
	ring->entries = entries;
	return RV_OK;
}

enum rv_status rv_ring_add(struct rv_ring *ring, struct rv_span segment, bool anchor, bool saved)
{
	struct rv_segment_head head;
	struct rv_ring_entry *entry;
	enum rv_status status;
	size_t size;
	uint8_t *copy;

	if ((status = rv_segment_head(segment, &head, &size)) != RV_OK)
		return status;
	if (ring->n ? head.sequence <= ring->entries[ring->n - 1].key : !anchor)
		return RV_ORDER;
	if ((status = grow(ring)) != RV_OK)
		return status;
	copy = malloc(segment.len);
	if (!copy)
		return RV_MEMORY;
	memcpy(copy, segment.ptr, segment.len);
	entry = &ring->entries[ring->n++];
	*entry = (struct rv_ring_entry){
		.ptr = copy,
		.len = segment.len,
		.key = head.sequence,
		.epoch = head.epoch,
		.first_wall_ms = head.epoch_wall_ms + head.first_ms,
		.last_wall_ms = head.epoch_wall_ms + head.last_ms,
		.checkpoint = head.kind == RV_SEGMENT_CHECKPOINT,
		.anchor = anchor,
		.saved = saved,
		.packed = head.stored_bytes < head.raw_bytes,
	};
	ring->bytes += rv_ring_weight(entry);
	return RV_OK;
}

enum rv_status rv_ring_pack(struct rv_ring *ring, uint32_t key, struct rv_span payload, struct rv_span *segment)
{
	size_t len = RV_SEGMENT_HEAD_BYTES + payload.len, i = ring->n;
	struct rv_ring_entry *entry;
	uint8_t *copy;

	while (i && ring->entries[i - 1].key > key)
		i--;
	if (!i)
		return RV_NOT_FOUND;
	entry = &ring->entries[i - 1];
	if (entry->key != key || len >= entry->len)
		return RV_NOT_FOUND;
	copy = malloc(len);
	if (!copy)
		return RV_MEMORY;
	memcpy(copy, entry->ptr, RV_SEGMENT_HEAD_BYTES);
	memcpy(copy + RV_SEGMENT_HEAD_BYTES, payload.ptr, payload.len);
	rv_segment_pack(copy, (uint32_t)payload.len);
	ring->bytes -= rv_ring_weight(entry);
	free(entry->ptr);
	entry->ptr = copy;
	entry->len = len;
	entry->packed = true;
	ring->bytes += len;
	*segment = rv_span(copy, len);
	return RV_OK;
}

static void free_entry(struct rv_ring *ring, size_t i)
{
	ring->bytes -= rv_ring_weight(&ring->entries[i]);
	free(ring->entries[i].ptr);
}

void rv_ring_drop(struct rv_ring *ring, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free_entry(ring, i);
	ring->n -= n;
	if (n)
		memmove(ring->entries, ring->entries + n, ring->n * sizeof(*ring->entries));
}

void rv_ring_cut(struct rv_ring *ring, size_t n)
{
	while (ring->n > n)
		free_entry(ring, --ring->n);
}

size_t rv_ring_anchor(const struct rv_ring *ring, double wall_ms)
{
	size_t i = ring->n;

	while (i-- > 1) {
		if (ring->entries[i].anchor && ring->entries[i].first_wall_ms <= wall_ms)
			return i;
	}
	return 0;
}

/* The start of the second run, 0 when there is only one. */
static size_t second_run(const struct rv_ring *ring)
{
	size_t i;

	for (i = 1; i < ring->n; i++) {
		if (ring->entries[i].anchor)
			return i;
	}
	return 0;
}

void rv_ring_evict(struct rv_ring *ring, double now_wall_ms)
{
	size_t drop = ring->n ? rv_ring_anchor(ring, now_wall_ms - ring->window_ms) : 0;

	do {
		ring->evicted += (uint32_t)drop;
		rv_ring_drop(ring, drop);
		drop = ring->bytes > ring->max_bytes || ring->n >= RV_RING_ENTRIES_MAX ? second_run(ring) : 0;
	} while (drop);
}
