/* What a customer pastes. The texts are made by the build of the widget (web/widget/snippet.js) and lie
 * beside rearview.js with {{BASE}}, {{WORKSPACE}} and {{KEY}} in them. */
#ifndef RV_SNIPPET_H
#define RV_SNIPPET_H
#include "buf.h"

/* base: the collector's origin. widget_dir may be NULL. The queue stub in a script element; without
 * its file the tag below. Reads a small file. */
void rv_snippet_script(const char *widget_dir, const char *base, const char *workspace_id, const char *project_key, struct rv_buf *out);
/* One tag without inline script, for strict policies. */
void rv_snippet_tag(const char *widget_dir, const char *base, const char *workspace_id, const char *project_key, struct rv_buf *out);

/* The tag for exactly the script that is installed now: its hash in the address, which makes it immutable,
 * and in integrity. Nothing where the script cannot be read. */
void rv_snippet_pinned(const char *widget_dir, const char *base, const char *workspace_id, const char *project_key, struct rv_buf *out);

#endif
