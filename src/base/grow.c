#include "grow.h"
#include <stdlib.h>

void *rv_grow(void *items, uint32_t *cap, uint32_t first, size_t size)
{
	uint32_t more = *cap ? *cap * 2 : first;
	void *grown = realloc(items, more * size);
	if (grown)
		*cap = more;
	return grown;
}
