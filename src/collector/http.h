/* HTTP/1.1 over libmicrohttpd, and everything routes must not think of: framing checks, deadlines,
 * minimum body rate, limits, CORS, keep-alive, error forms, metrics.
 *
 *   accept ─▶ head checked ─▶ route found ─▶ body buffered / multipart to temporary files ─▶ handler
 *                                                                             │
 *                       response queued ◀── rv_call_finish (any thread, once) ┘
 *
 * A handler runs on the server's event thread and must not block: it either finishes the call before
 * it returns, or hands it to the store's writer or to the job pool, which finish it later from their
 * thread. Owner: the server owns a call; it lives until rv_call_finish and no pointer into it may be
 * kept after. */
#ifndef RV_HTTP_H
#define RV_HTTP_H
#include "arena.h"
#include "buf.h"
#include "status.h"
#include <stdio.h>
#include <sys/types.h>

struct rv_server;
struct rv_call;
struct rv_app;   /* the collector's parts, app.h; routes get it back from rv_call_app */

typedef void (*rv_handler)(struct rv_call *call);

/* How errors are spelled: each family of API.md has its own form. */
enum rv_family {
	RV_FAMILY_WIDGET, /* {"error":{"code","message","field"}}; CORS by workspace */
	RV_FAMILY_ACTION, /* {"ok":false,"error","error_message","ts"[,"sessionInfoUrl"]}; ts: ms since 1970, a number.
	                   * A body the server refuses itself is "INVALID_BODY" */
	RV_FAMILY_OWN,    /* as widget, no CORS */
	RV_FAMILY_PAGE    /* a small HTML page for browsers */
};

enum rv_body { RV_BODY_NONE, RV_BODY_JSON, RV_BODY_MULTIPART, RV_BODY_FORM };

struct rv_route {
	const char *method;      /* "GET" also answers HEAD; OPTIONS is answered by the server (CORS preflight) */
	const char *pattern;     /* "/api/v1/reports/:id/attachments/:attachment": segments; a last segment "*rest" takes all */
	rv_handler handler;
	enum rv_family family;
	enum rv_body body;       /* JSON: content type checked (415), UTF-8, no NUL, depth ≤ 64, duplicate keys refused (400) before the handler runs */
	size_t max_body_bytes;   /* 413 beyond; also after Content-Encoding: gzip, which is undone */
	const char *name;        /* for metrics and logs */
	/* Optional: runs when the head is in, before content type, length and body are looked at. It may
	 * answer the call (401 to a stranger's upload); then the body is dropped and handler not called. */
	rv_handler head;
};

/* ---- reading a call ---- */
struct rv_app *rv_call_app(struct rv_call *call);
struct rv_arena *rv_call_arena(struct rv_call *call);
const char *rv_call_method(struct rv_call *call);
const char *rv_call_path(struct rv_call *call);
const char *rv_call_param(struct rv_call *call, const char *name);   /* from the pattern, decoded; NULL if none */
const char *rv_call_query(struct rv_call *call, const char *name);   /* decoded, valid UTF-8; NULL if absent */
const char *rv_call_header(struct rv_call *call, const char *name);  /* case-insensitive; NULL if absent */
const char *rv_call_cookie(struct rv_call *call, const char *name);
const char *rv_call_ip(struct rv_call *call);                        /* behind trusted proxies: the forwarded one */
bool rv_call_is_tls(struct rv_call *call);
/* "https://host:port" as the client sees it: base_url from the configuration, else Host header. */
const char *rv_call_base_url(struct rv_call *call);
struct rv_span rv_call_body(struct rv_call *call);                   /* JSON, form: whole body, NUL after the end */
/* Multipart: a file part lies in a temporary file in the data directory (fd open, offset 0), hashed
 * while it came in; small fields are in memory. */
struct rv_part { const char *name, *filename, *content_type; struct rv_span value; int fd; const char *path; uint64_t bytes; uint8_t sha256[32]; };
size_t rv_call_parts(struct rv_call *call, const struct rv_part **parts);
const struct rv_part *rv_call_part(struct rv_call *call, const char *name);
/* A route may keep its own pointer with the call. */
void rv_call_set_user(struct rv_call *call, void *user);
void *rv_call_user(struct rv_call *call);

/* ---- answering ---- */
/* Copied. Replaces the header of that name, the server's own defaults among them (Cache-Control: no-store,
 * a Content-Security-Policy that allows nothing, …); value NULL removes it; Set-Cookie adds. A GET
 * answered 200 whose ETag the client already has goes out as 304. */
void rv_call_set_header(struct rv_call *call, const char *name, const char *value);
struct rv_buf *rv_call_out(struct rv_call *call);   /* the response body is written here */
/* CORS answer for the widget family: this origin, "*", or NULL for none. Without a call: "*". */
void rv_call_allow_origin(struct rv_call *call, const char *origin);
/* Sends rv_call_out with that status. Once, from any thread. */
void rv_call_finish(struct rv_call *call, int http_status, const char *content_type);
/* Sends a file (ETag, Range and If-None-Match honoured); takes over fd. */
void rv_call_finish_file(struct rv_call *call, int fd, const char *content_type, const char *etag);
/* Sends {"…"} in the family's error form and finishes. field may be NULL. */
void rv_call_fail(struct rv_call *call, int http_status, const char *code, const char *message, const char *field);
/* For an rv_status out of the store: the fitting error (503 with Retry-After for retryable ones). */
void rv_call_fail_status(struct rv_call *call, enum rv_status status);
void rv_call_redirect(struct rv_call *call, int http_status, const char *location);
/* Action family: every error answer from now on, the server's own included (but not 415), carries
 * this as sessionInfoUrl. Copied. */
void rv_call_set_session_info(struct rv_call *call, const char *url);
/* Upgrades to WebSocket after the handler's own checks; the socket then belongs to ws.h. */
struct rv_ws;
struct rv_ws_events;
void rv_call_upgrade(struct rv_call *call, const char *subprotocol, const struct rv_ws_events *events, void *user);

/* ---- WebSocket: one epoll loop of ours, framing by wslay. Callbacks run on that loop's thread. ---- */
struct rv_ws_events {
	void (*open)(struct rv_ws *ws, void *user);
	void (*text)(struct rv_ws *ws, void *user, struct rv_span text); /* whole messages ≤ 64 KiB, valid UTF-8 */
	/* The last call, exactly once for each rv_call_upgrade: free user here. When the handshake fails
	 * it comes without an open before it, and ws is NULL. */
	void (*close)(struct rv_ws *ws, void *user);
};
/* From any thread; the text is copied. false when the socket is gone or 256 KiB are waiting. */
bool rv_ws_send(struct rv_ws *ws, struct rv_span text);
void rv_ws_close(struct rv_ws *ws, uint16_t code, const char *reason);
/* Keeps the object valid across threads: retain before handing ws to another thread, release after. */
void rv_ws_retain(struct rv_ws *ws);
void rv_ws_release(struct rv_ws *ws);
/* Runs fn on the WebSocket loop's thread after delay_ms (0: soon), at the latest when the server stops.
 * false when it will not run: 65,536 wait, or the server is stopping. */
bool rv_loop_after(struct rv_server *server, uint32_t delay_ms, void (*fn)(void *user), void *user);

/* ---- the server ---- */
struct rv_server_options {
	const char *listen;            /* "127.0.0.1:8787", "[::1]:8787" */
	const char *tls_cert, *tls_key; /* PEM files, NULL: plain */
	const char *base_url;          /* NULL: from Host */
	const char *trusted_proxies;   /* comma-separated addresses, NULL: none */
	const char *temp_dir;          /* for multipart files; the server closes and removes what a route leaves there */
	/* Called once the loop and the job pool run and before the first connection is accepted: the rest
	 * of app (the bus) is made here. false stops the start. */
	bool (*prepare)(struct rv_server *server, struct rv_app *app);
	unsigned max_connections, header_timeout_ms, body_timeout_ms, min_body_rate; /* 0: defaults */
	unsigned max_connections_per_ip, requests_per_minute_per_key; /* 0: no limit */
	unsigned ping_ms, silence_ms;  /* WebSocket: a ping after that much silence (30 s), dead after that much (75 s) */
};
enum rv_status rv_server_start(const struct rv_server_options *options, const struct rv_route *routes, size_t n_routes, struct rv_app *app, struct rv_server **server, struct rv_buf *error) RV_MUST_USE;
unsigned rv_server_port(struct rv_server *server);
/* Stops accepting, lets calls finish for at most drain_ms, closes sockets with 1001, frees the server.
 * false when calls were still unfinished: then nothing is freed and the process should end. */
bool rv_server_stop(struct rv_server *server, unsigned drain_ms);
/* Prometheus text: requests by route name and status, latency histogram, connections, sockets. */
void rv_server_metrics(struct rv_server *server, struct rv_buf *out);

/* ---- jobs: a small pool for work that takes longer than a millisecond (replay conversion) ---- */
/* false when 256 jobs wait: answer 503. */
bool rv_job_start(struct rv_server *server, void (*fn)(void *user), void *user);

#endif
