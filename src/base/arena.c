#include "arena.h"
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RV_POISON 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define RV_POISON 1
#endif

#ifdef RV_POISON
#include <sanitizer/asan_interface.h>
enum { GAP_BYTES = 16 }; /* poisoned, between allocations */
/* Not inlined: the compiler would take the call for a read of fresh memory and warn. */
__attribute__((noinline)) static void hide(void *ptr, size_t len) { __asan_poison_memory_region(ptr, len); }
static void show(void *ptr, size_t len) { __asan_unpoison_memory_region(ptr, len); }
#else
enum { GAP_BYTES = 0 };
static void hide(void *ptr, size_t len) { (void)ptr; (void)len; }
static void show(void *ptr, size_t len) { (void)ptr; (void)len; }
#endif

enum { CHUNK_MIN_BYTES = 4 << 10, CHUNK_MAX_BYTES = 1 << 20 };

struct rv_arena_chunk {
	struct rv_arena_chunk *next; /* older */
	size_t cap, len;
	_Alignas(8) uint8_t bytes[];
};

void rv_arena_init(struct rv_arena *arena, size_t max_bytes)
{
	*arena = (struct rv_arena){.max_bytes = max_bytes};
}

static void free_chunks(struct rv_arena_chunk *chunk)
{
	while (chunk) {
		struct rv_arena_chunk *next = chunk->next;
		show(chunk->bytes, chunk->cap);
		free(chunk);
		chunk = next;
	}
}

void rv_arena_deinit(struct rv_arena *arena)
{
	free_chunks(arena->head);
	arena->head = NULL;
	arena->used_bytes = 0;
}

/* One chunk of ordinary size stays for the next round; one made for a single large allocation goes. */
void rv_arena_reset(struct rv_arena *arena)
{
	struct rv_arena_chunk *head = arena->head;
	arena->used_bytes = 0;
	if (!head)
		return;
	free_chunks(head->next);
	head->next = NULL;
	head->len = 0;
	if (head->cap > CHUNK_MAX_BYTES) {
		free_chunks(head);
		arena->head = NULL;
		return;
	}
	hide(head->bytes, head->cap);
}

static struct rv_arena_chunk *add_chunk(struct rv_arena *arena, size_t need)
{
	size_t cap = arena->head ? arena->head->cap : CHUNK_MIN_BYTES / 2;
	cap = cap > CHUNK_MAX_BYTES / 2 ? CHUNK_MAX_BYTES : cap * 2;
	size_t left = arena->max_bytes - arena->used_bytes;
	if (cap > left)
		cap = left;
	if (cap < need)
		cap = need;
	struct rv_arena_chunk *chunk = malloc(sizeof *chunk + cap);
	if (!chunk)
		return NULL;
	chunk->next = arena->head;
	chunk->cap = cap;
	chunk->len = 0;
	hide(chunk->bytes, cap);
	arena->head = chunk;
	return chunk;
}

void *rv_arena_alloc(struct rv_arena *arena, size_t len)
{
	if (len > arena->max_bytes)
		return NULL;
	size_t rounded = (len + 7) & ~(size_t)7;
	if (rounded < len || rounded > arena->max_bytes - arena->used_bytes)
		return NULL;
	size_t need = rounded + GAP_BYTES;
	struct rv_arena_chunk *chunk = arena->head;
	if (!chunk || need > chunk->cap - chunk->len) {
		chunk = add_chunk(arena, need);
		if (!chunk)
			return NULL;
	}
	uint8_t *ptr = chunk->bytes + chunk->len;
	chunk->len += need;
	arena->used_bytes += rounded;
	show(ptr, len);
	return ptr;
}

struct rv_span rv_arena_copy(struct rv_arena *arena, struct rv_span span)
{
	uint8_t *ptr = span.len == SIZE_MAX ? NULL : rv_arena_alloc(arena, span.len + 1);
	if (!ptr)
		return rv_span(NULL, 0);
	if (span.len)
		memcpy(ptr, span.ptr, span.len);
	ptr[span.len] = 0;
	return rv_span(ptr, span.len);
}
