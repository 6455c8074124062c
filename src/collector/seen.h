/* What a workspace's pages asked for last, for the console's "Verify installation": when, and from which
 * origin. In memory only, 1,024 workspaces at most (then the least recent of a few gives way); noting costs
 * a lock and a few comparisons, and the widget sends nothing for it. Threads: any. */
#ifndef RV_SEEN_H
#define RV_SEEN_H
#include "http.h"
#include "json.h"

enum rv_seen_step {
	RV_SEEN_SCRIPT,    /* rearview.js */
	RV_SEEN_CONFIG,
	RV_SEEN_RECORDING, /* what the widget fetches after its first batch */
	RV_SEEN_NO_WORKER, /* what it fetches where no worker may run */
	RV_SEEN_NO_WASM,   /* what it fetches where no Wasm may run */
	RV_SEEN_SOCKET,    /* a greeting on the action socket */
	RV_SEEN_IDENTIFY,  /* a user's id, on the socket or with a report */
	RV_SEEN_REPORT,
	RV_SEEN_REFUSED,   /* an origin that the workspace does not allow */
	RV_SEEN_STEPS
};

/* Notes it as of now, with the origin that the call's Origin or Referer names; call NULL: origin unknown. */
void rv_seen_note(const char *workspace_id, enum rv_seen_step step, struct rv_call *call);
/* A file of the widget was asked for: its step, if it has one. The address says any workspace it likes, so
 * only those are noted that rv_seen_json or rv_seen_note know already. */
void rv_seen_file(const char *workspace_id, const char *file, struct rv_call *call);
/* {"script":{"at","origin"?},…}: what was seen, by name. */
void rv_seen_json(const char *workspace_id, struct rv_json *json);

#endif
