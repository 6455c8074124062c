/* What a route checks first. Each of these answers the call and returns false when the caller may not
 * do it. On the event thread: each reads a row or two. */
#ifndef RV_AUTH_H
#define RV_AUTH_H
#include "app.h"

/* The project key (X-Project-Key or ?key=) and the page's origin; sets the CORS answer. A WebSocket
 * must say its origin when the workspace restricts them. Clear out with rv_workspace_clear. */
bool rv_auth_project(struct rv_call *call, bool socket, struct rv_workspace *out) RV_MUST_USE;
/* The API key's workspace, NULL without a right key; answers nothing. */
const char *rv_auth_api_key(struct rv_call *call);
/* The API key, a console login, or a link to the report that the path names as :id. *workspace_id NULL:
 * a login, which may see every workspace, or a link, which is checked against that report already. */
bool rv_auth_reader(struct rv_call *call, const char **workspace_id) RV_MUST_USE;
/* A console login; changing requests need X-Rearview-Console, which no other site's form can send. */
bool rv_auth_console(struct rv_call *call, bool changes) RV_MUST_USE;
/* The user behind the cookie; answers nothing. */
bool rv_auth_login(struct rv_call *call, char user_id[32]);

/* "BASE/api/v1/session-info/WORKSPACE/TOKEN" in the call's arena; "" when that is full. */
const char *rv_session_info_url(struct rv_call *call, const char *workspace_id, const char *session_token);
/* Letters, digits and . _ ~ : -, 1 to 128 of them. */
bool rv_session_token_ok(const char *token);

#endif
