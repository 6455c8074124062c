/* Allocation failures on demand: malloc, calloc and realloc of the code under test go through here
 * (linked with --wrap into every unit test). Threads: one at a time. */
#ifndef RV_FAIL_ALLOC_H
#define RV_FAIL_ALLOC_H
#include <stdbool.h>

/* The nth allocation from now on fails, once; 0: none does. */
void rv_fail_alloc(long nth);
/* Whether it has come to that. */
bool rv_fail_alloc_fired(void);

#endif
