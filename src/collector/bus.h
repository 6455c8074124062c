/* Who is online, and actions on their way to them. In-process: sockets register themselves, the
 * Action API asks. Several tabs of one user: the most recently active visible one first; a tab has
 * 1 s to acknowledge, then the next, 3 s in all; a socket that reconnects within that time is tried.
 * A user who was not here within the last two minutes is NOT_CONNECTED at once.
 * Threads: any; done is called once, on the WebSocket loop's thread, or before rv_bus_act returns. */
#ifndef RV_BUS_H
#define RV_BUS_H
#include "http.h"

/* Frames (JSON text). Widget → collector: hello {visitor,session,user,url,visible,v}, identify {user},
 * state {visible,url}, ack {id[,error]}, result {id,ok,report?,error?}, pong. Collector → widget:
 * welcome {}, action {id,action,sessionToken,userProvidedDescription?,deadline (ms since 1970)},
 * ping, config {etag}. An ack or a result with an error "ACTION_NOT_SUPPORTED" is an answer, too. */

struct rv_bus;
struct rv_bus *rv_bus_new(struct rv_server *server) RV_MUST_USE;
void rv_bus_free(struct rv_bus *bus); /* after rv_server_stop: the sockets are closed, the loop is over */
/* The socket's callbacks: pass as events to rv_call_upgrade with a tab from rv_bus_tab. */
extern const struct rv_ws_events rv_bus_events;
void *rv_bus_tab(struct rv_bus *bus, const char *workspace_id); /* NULL: too many */

enum rv_action_outcome { RV_ACTION_ACKED, RV_ACTION_NOT_CONNECTED, RV_ACTION_NOT_SUPPORTED, RV_ACTION_BUSY }; /* busy: 1,024 are on their way */
struct rv_action { const char *workspace_id, *user_id, *action, *description, *session_token; };
/* Everything in action is copied. user_id is the id or the e-mail given to identify. */
void rv_bus_act(struct rv_bus *bus, const struct rv_action *action, void (*done)(void *user, enum rv_action_outcome outcome), void *user);
/* Tells the workspace's tabs that their configuration has changed. */
void rv_bus_config_changed(struct rv_bus *bus, const char *workspace_id, const char *etag);
void rv_bus_metrics(struct rv_bus *bus, struct rv_buf *out);
#endif
