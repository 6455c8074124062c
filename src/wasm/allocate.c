/* malloc and its family, small. Blocks lie one after the other, each knowing its own size and that of
 * the block before it, so that neighbours that become free grow together:
 *
 *   before │ size, USED │ bytes …     used
 *   before │ size       │ next │ link …     free: in the list of its size
 *
 * The heap ends with a used block of no bytes. Lists hold sizes from 2^n on in quarters of 2^n; a
 * request takes from a list whose every block is large enough, so no list is ever searched.
 * Threads: one. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { HEAD = 8, SMALLEST = 16, USED = 1, PAGE = 1 << 16, GROW = 1 << 18, LISTS = 128 };

struct block {
	uint32_t before; /* size of the block before, 0: none */
	uint32_t size;   /* with the head, a multiple of 8; | USED */
	struct block *next, **link;
};

extern uint8_t __heap_base;
static struct block *lists[LISTS], *last;
static uint32_t some[LISTS / 32]; /* which lists have blocks */

static struct block *at(void *from, uint32_t bytes)
{
	return (struct block *)((uint8_t *)from + bytes);
}

/* The list of blocks of at least that size: quarters between powers of two. */
static uint32_t list_of(uint32_t size)
{
	uint32_t power = 31 - (uint32_t)__builtin_clz(size);

	return power * 4 + (size >> (power - 2) & 3);
}

static void take(struct block *block)
{
	if (block->next)
		block->next->link = block->link;
	*block->link = block->next;
	if (!block->next && block->link >= lists && block->link < lists + LISTS)
		some[(block->link - lists) >> 5] &= ~(1u << ((block->link - lists) & 31));
}

static void resize(struct block *block, uint32_t size, uint32_t used)
{
	block->size = size | used;
	at(block, size)->before = size;
}

/* Makes a block free; it is not in a list yet. */
static void give(struct block *block, uint32_t size)
{
	struct block *after = at(block, size);
	uint32_t list;

	if (!(after->size & USED)) {
		take(after);
		size += after->size;
	}
	if (block->before && !(at(block, -block->before)->size & USED)) {
		size += block->before;
		block = at(block, -block->before);
		take(block);
	}
	resize(block, size, 0);
	list = list_of(size);
	block->next = lists[list];
	block->link = &lists[list];
	if (block->next)
		block->next->link = &block->next;
	lists[list] = block;
	some[list >> 5] |= 1u << (list & 31);
}

/* Keeps the first bytes of a block that is in no list, gives the others back. */
static void *keep(struct block *block, uint32_t have, uint32_t size)
{
	if (have - size >= SMALLEST) {
		resize(block, size, USED);
		give(at(block, size), have - size);
	} else {
		resize(block, have, USED);
	}
	return (uint8_t *)block + HEAD;
}

/* More memory behind the end: the last block becomes one of that memory. */
static int grow(uint32_t size)
{
	uint32_t pages, had = (uint32_t)__builtin_wasm_memory_size(0);
	struct block *block = last;

	if (!block) {
		/* The first time: what the memory has beside stack and data. */
		block = last = (struct block *)(((uintptr_t)&__heap_base + 7) & ~(uintptr_t)7);
		block->before = 0;
		pages = 0;
	} else {
		pages = ((size > GROW ? size : GROW) + PAGE - 1) / PAGE;
		if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1 && (size > GROW || __builtin_wasm_memory_grow(0, pages = (size + PAGE - 1) / PAGE) == (size_t)-1))
			return 0;
	}
	last = (struct block *)(uintptr_t)((had + pages) * PAGE - HEAD);
	last->size = USED;
	give(block, (uint32_t)((uint8_t *)last - (uint8_t *)block));
	return 1;
}

/* The size of a block for that many bytes, 0 when there is none. */
static uint32_t size_for(size_t bytes)
{
	return bytes > INT32_MAX / 2 ? 0 : bytes < SMALLEST - HEAD ? SMALLEST : (uint32_t)(bytes + HEAD + 7) & ~7u;
}

/* A free block of at least that size, NULL when there is none. */
static struct block *find(uint32_t size)
{
	uint32_t list = list_of(size), i, bits;

	if (lists[list] && lists[list]->size >= size)
		return lists[list];
	list = list_of(size - 1) + 1;
	for (i = list >> 5, bits = some[i] & ~0u << (list & 31); !bits; bits = some[i]) {
		if (++i == LISTS / 32)
			return NULL;
	}
	return lists[i * 32 + (uint32_t)__builtin_ctz(bits)];
}

void *malloc(size_t bytes)
{
	uint32_t size = size_for(bytes);
	struct block *block = NULL;

	if (!size)
		return NULL;
	while (!(block = find(size))) {
		if (!grow(size))
			return NULL;
	}
	take(block);
	return keep(block, block->size, size);
}

void free(void *ptr)
{
	struct block *block = at(ptr, (uint32_t)-HEAD);

	if (ptr)
		give(block, block->size - USED);
}

void *realloc(void *ptr, size_t bytes)
{
	struct block *block = at(ptr, (uint32_t)-HEAD), *after;
	uint32_t size = size_for(bytes), have;
	void *copy;

	if (!ptr)
		return malloc(bytes);
	if (!size)
		return NULL;
	have = block->size - USED;
	if (size <= have)
		return ptr;
	after = at(block, have);
	if (!(after->size & USED) && have + after->size >= size) {
		take(after);
		return keep(block, have + after->size, size);
	}
	if (!(copy = malloc(bytes)))
		return NULL;
	memcpy(copy, ptr, have - HEAD);
	free(ptr);
	return copy;
}

void *calloc(size_t n, size_t size)
{
	void *ptr = size && n > INT32_MAX / size ? NULL : malloc(n * size);

	if (ptr)
		memset(ptr, 0, n * size);
	return ptr;
}
