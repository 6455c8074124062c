#include "heap.h"
#include "record.h"
#include <emscripten.h>
#include <malloc.h>
#include <stdlib.h>

enum { OUT_KEPT = 1 << 20 };

static struct rv_buf out;
static struct rv_span result; /* what rv_out_ptr and rv_out_len show: `out`, or bytes of the core */

/* The heap has grown: JavaScript makes its views anew after every call, so there is nothing to tell. */
void emscripten_notify_memory_growth(size_t memory_index)
{
	(void)memory_index;
}

/* In place of emmalloc's, which tries first to grow a block where it lies and is three times this size. */
void *realloc(void *ptr, size_t len)
{
	size_t old = ptr ? malloc_usable_size(ptr) : 0;
	void *grown;

	if (ptr && old >= len)
		return ptr;
	grown = malloc(len);
	if (grown && ptr) {
		memcpy(grown, ptr, old);
		free(ptr);
	}
	return grown;
}

struct rv_buf *rv_heap_out(void)
{
	if (out.cap > OUT_KEPT)
		rv_buf_deinit(&out);
	if (!out.max)
		rv_buf_init(&out, RV_OUT_MAX);
	rv_buf_clear(&out);
	result = rv_span(NULL, 0);
	return &out;
}

int rv_heap_done(enum rv_status status)
{
	result = rv_buf_get(&out);
	return (int)status;
}

void rv_heap_show(struct rv_span bytes)
{
	result = bytes;
}

EMSCRIPTEN_KEEPALIVE uint32_t rv_abi(void)
{
	return RV_ABI_HASH;
}

EMSCRIPTEN_KEEPALIVE uint8_t *rv_alloc(uint32_t len)
{
	return malloc(len ? len : 1);
}

EMSCRIPTEN_KEEPALIVE void rv_free(uint8_t *ptr)
{
	free(ptr);
}

EMSCRIPTEN_KEEPALIVE const uint8_t *rv_out_ptr(void)
{
	return result.ptr;
}

EMSCRIPTEN_KEEPALIVE uint32_t rv_out_len(void)
{
	return (uint32_t)result.len;
}
