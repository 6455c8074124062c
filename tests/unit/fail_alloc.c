#include "fail_alloc.h"
#include <stddef.h>

static long left;
static bool fired;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *ptr, size_t size);

void rv_fail_alloc(long nth)
{
	left = nth;
	fired = false;
}

bool rv_fail_alloc_fired(void)
{
	return fired;
}

static bool fails(void)
{
	if (left == 0 || --left > 0)
		return false;
	return fired = true;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *ptr, size_t size)
{
	return fails() ? NULL : __real_realloc(ptr, size);
}
