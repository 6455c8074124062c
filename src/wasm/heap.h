/* What both modules share: bytes for arguments, and where a result lies until the next call. */
#ifndef RV_HEAP_H
#define RV_HEAP_H
#include "buf.h"

enum { RV_OUT_MAX = 128 << 20 };

/* The result buffer, emptied. */
struct rv_buf *rv_heap_out(void);
/* Shows the result buffer as the result; hands the status on. */
int rv_heap_done(enum rv_status status);
/* Shows bytes that live elsewhere. */
void rv_heap_show(struct rv_span bytes);

#endif
