/* A growing table: twice as large each time. */
#ifndef RV_GROW_H
#define RV_GROW_H
#include "span.h"

/* Makes room for twice as many items of so many bytes, `first` for a start; *cap says how many. NULL without
 * memory: items and *cap are as they were. The caller bounds how often. */
void *rv_grow(void *items, uint32_t *cap, uint32_t first, size_t size);

#endif
