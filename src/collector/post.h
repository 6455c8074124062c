/* The head of a POST of the widget family, as routes_widget.c and routes_upload.c share it. */
#ifndef RV_POST_H
#define RV_POST_H
#include "http.h"

enum { RV_IDEMPOTENCY_KEY_MAX = 200 };

/* Of Content-Range: "bytes 0-9/30" is 10 bytes from 0 of 30, an asterisk for "0-9" asks: bytes 0. */
struct rv_content_range { uint64_t from, bytes, total; };

/* What the head told, for the handler. range.total 0: there is no Content-Range. */
struct rv_post { struct rv_call *call; char workspace_id[32]; const char *idempotency_key; struct rv_content_range range; };

/* Before any body: a stranger's upload costs nothing. Keeps an rv_post with the call, or answers it. */
void rv_post_head(struct rv_call *call);

#endif
