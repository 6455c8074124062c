/* Status codes, shared by every ring. Threads: all functions are pure. */
#ifndef RV_STATUS_H
#define RV_STATUS_H

enum rv_status {
#define RV_STATUS(name, number, text, http, retryable) RV_##name = number,
#include "status.def"
#undef RV_STATUS
};

#define RV_MUST_USE __attribute__((warn_unused_result))

/* The text of a status, "unknown status" for a number outside the list. */
const char *rv_status_text(enum rv_status status);
/* The HTTP status a route answers with when nothing more exact is known. */
int rv_status_http(enum rv_status status);

#endif
