/* A bump allocator: many small allocations, one release. Poisoned under ASan after a reset.
 * Owner: the caller. Lifetime of an allocation: until reset or deinit. Threads: one at a time.
 * Memory comes in chunks, so pointers stay valid while the arena grows. */
#ifndef RV_ARENA_H
#define RV_ARENA_H
#include "span.h"
#include "status.h"

struct rv_arena_chunk;
struct rv_arena {
	struct rv_arena_chunk *head; /* newest chunk */
	size_t used_bytes, max_bytes;
};

void rv_arena_init(struct rv_arena *arena, size_t max_bytes);
void rv_arena_deinit(struct rv_arena *arena);
void rv_arena_reset(struct rv_arena *arena);
/* 8-byte aligned, not zeroed; NULL past max_bytes or out of memory. */
void *rv_arena_alloc(struct rv_arena *arena, size_t len) RV_MUST_USE;
/* Why an allocation of len bytes has just failed: RV_LIMIT or RV_MEMORY. */
static inline enum rv_status rv_arena_why(const struct rv_arena *arena, size_t len)
{
	return len > arena->max_bytes - arena->used_bytes || ((len + 7) & ~(size_t)7) > arena->max_bytes - arena->used_bytes ? RV_LIMIT : RV_MEMORY;
}
/* A copy with a terminating NUL that is not counted in len; ptr NULL on failure. */
struct rv_span rv_arena_copy(struct rv_arena *arena, struct rv_span span) RV_MUST_USE;

#endif
