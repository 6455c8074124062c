/* What a customer pastes. The same text as web/widget/snippet.js makes; a test compares them. */
#ifndef RV_SNIPPET_H
#define RV_SNIPPET_H
#include "buf.h"

/* base: the collector's origin. The content of a script element, and the tag for strict policies. */
void rv_snippet_script(const char *base, const char *workspace_id, const char *project_key, struct rv_buf *out);
void rv_snippet_tag(const char *base, const char *workspace_id, const char *project_key, struct rv_buf *out);

#endif
