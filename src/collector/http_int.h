/* What the http*.c files share. A call goes through these stages, all but `finish` on the event thread:
 *
 *   URI line ─▶ NEW ─head checked, route found─▶ BODY ─last byte─▶ RUN ─reply there─▶ SENT ─▶ freed
 *               │                                │                  │  ▲
 *               └── refused: the reply is kept ──┘                  ▼  │ finish, any thread
 *                   and the body dropped                         suspended
 */
#ifndef RV_HTTP_INT_H
#define RV_HTTP_INT_H
#include "http.h"
#include "json_check.h"
#include "net.h"
#include "ws.h"
#include <microhttpd.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <zlib.h>

enum {
	RV_HEAD_BYTES_MAX = 16 << 10, RV_URI_BYTES_MAX = 8 << 10, RV_PARAMS_MAX = 8, RV_QUERY_MAX = 64, RV_PARTS_MAX = 32, RV_FIELD_BYTES_MAX = 64 << 10,
	RV_ARENA_BYTES_MAX = 16 << 20, RV_OUT_BYTES_MAX = 256 << 20, RV_PENDING_MAX = 1024, RV_DROP_BYTES_MAX = 64 << 20,
	RV_IDLE_MS = 60000, RV_REPLY_MS = 60000, RV_RATE_GRACE_MS = 5000, RV_DROP_MS = 30000, RV_STATUSES = 500
};

/* One TCP connection. Under the server's connection mutex, since the watch on deadlines reads it too. */
enum rv_conn_state { RV_CONN_FRESH, RV_CONN_IDLE, RV_CONN_HEAD, RV_CONN_BODY, RV_CONN_WORK, RV_CONN_REPLY, RV_CONN_UPGRADED };
struct rv_conn {
	struct rv_conn *prev, *next;
	struct rv_server *server;
	int fd;
	struct rv_ip peer;
	enum rv_conn_state state;
	int64_t since_ms;
	uint64_t bytes;     /* BODY: received so far; REPLY: to send */
	bool dropping;      /* BODY: refused, read only to be dropped */
	bool cut;           /* its deadline is over, the socket is shut */
	unsigned looks;     /* IDLE: how often the watch has looked for its end; before the reply: how often it saw one */
	bool early;         /* answered before its body was read */
};

struct rv_name_value { const char *name, *value; };
struct rv_reply_header { struct rv_reply_header *next; const char *name, *value; };

/* The body on its way in: raw bytes ─▶ inflated if gzip ─▶ buffer or multipart. */
struct rv_body_in {
	bool expected, chunked, gzip, gzip_over;
	uint64_t length;        /* of Content-Length */
	uint64_t received, produced;
	z_stream inflate;
	bool inflating;
	struct rv_buf whole;
	struct MHD_PostProcessor *multipart;
	EVP_MD_CTX *sha256;     /* of the file part that is open */
	struct rv_part *parts;
	struct rv_buf *values;  /* of field parts, beside parts */
	size_t n_parts;
};

enum rv_call_stage { RV_STAGE_NEW, RV_STAGE_BODY, RV_STAGE_RUN, RV_STAGE_SENT };
enum rv_call_progress { RV_RUNNING, RV_SUSPENDED, RV_FINISHED };

struct rv_call {
	struct rv_server *server;
	struct rv_conn *conn;
	struct MHD_Connection *mhd;
	const struct rv_route *route;  /* NULL: none fits */
	enum rv_family family;
	struct rv_arena arena;
	enum rv_call_stage stage;
	bool counted;                  /* in the server's pending */
	atomic_int progress;           /* enum rv_call_progress */
	int64_t start_us;
	void *user;

	const char *method, *version, *uri, *path, *raw_query; /* uri as sent; path without query */
	struct rv_name_value params[RV_PARAMS_MAX], *query;
	size_t n_params, n_query;
	const char *ip, *base_url, *session_info;
	bool tls;
	struct rv_body_in body;

	/* the reply */
	bool replied;                  /* one of the finishing functions ran */
	bool by_server;                /* it was the server that refused */
	bool close_after;
	int status;
	const char *content_type;
	const char *origin;            /* CORS */
	struct rv_reply_header *headers;
	struct rv_buf out;
	int file;                      /* -1: none */
	uint64_t file_at, file_bytes;
	struct rv_ws *ws;              /* an upgrade */
	const char *ws_protocol, *ws_accept;
	bool ws_taken;
};

struct rv_bucket { uint64_t key, tokens_milli; int64_t at_ms; };
enum { RV_BUCKETS = 4096, RV_BUCKET_WAYS = 4 };

struct rv_server {
	struct rv_server_options options;
	struct rv_app *app;
	const struct rv_route *routes;
	size_t n_routes;
	struct MHD_Daemon *daemon;
	struct rv_sockets *sockets;
	struct rv_jobs *jobs;
	struct rv_net_list proxies;
	unsigned port;
	char *strings[5];              /* copies behind options */
	atomic_bool stopping;
	atomic_uint pending;           /* calls that a handler has not finished yet */
	atomic_ullong temp_serial;
	struct rv_json_check *json_check; /* the event thread's */

	pthread_mutex_t conn_mutex;
	pthread_cond_t conn_changed;
	struct rv_conn *conns;
	unsigned n_conns;
	struct rv_ip_count **ip_counts;

	struct rv_bucket *buckets;     /* the event thread's */

	_Atomic uint64_t *by_status;   /* (n_routes + 1) × RV_STATUSES */
	_Atomic uint64_t latency[16], latency_sum_us, timed_out, refused_connections, rate_limited, shed;
};

/* http.c */
int64_t rv_now_us(void);

/* http_call.c: what the head says. Returns with call->replied when it is refused. */
void rv_call_read_head(struct rv_call *call);
bool rv_decode_percent(char *text, bool plus_is_space); /* in place; false: malformed, NUL or not UTF-8 */
bool rv_header_has_token(const char *value, const char *token);

/* http_route.c */
void rv_call_find_route(struct rv_call *call);

/* http_body.c */
void rv_body_begin(struct rv_call *call);
void rv_body_feed(struct rv_call *call, const char *data, size_t len);
void rv_body_end(struct rv_call *call);
void rv_body_free(struct rv_call *call);

/* http_reply.c */
void rv_call_refuse(struct rv_call *call, int http_status, const char *code, const char *message); /* the server's own no */
bool rv_call_send(struct rv_call *call); /* on the event thread: queues the reply */

/* http_upgrade.c */
struct MHD_Response *rv_upgrade_response(struct rv_call *call);

/* http_limit.c */
enum MHD_Result rv_limit_accept(void *server, const struct sockaddr *address, socklen_t len);
void rv_conn_notify(void *server, struct MHD_Connection *mhd, void **context, enum MHD_ConnectionNotificationCode code);
void rv_conn_enter(struct rv_conn *conn, enum rv_conn_state state, uint64_t bytes);
void rv_conn_received(struct rv_conn *conn, uint64_t bytes, bool dropping);
bool rv_limit_start(struct rv_server *server);
void rv_limit_free(struct rv_server *server);
bool rv_limit_rate(struct rv_server *server, const char *key, unsigned *retry_after_s);
void rv_limit_count(struct rv_server *server, const struct rv_ip *ip, int change);
/* Waits until no call is pending and no connection busy, at most until_ms; idle ones are shut. */
bool rv_limit_drain(struct rv_server *server, int64_t until_ms);

/* http_metrics.c */
void rv_metrics_call(struct rv_call *call);

/* jobs.c */
struct rv_jobs;
struct rv_jobs *rv_jobs_new(unsigned threads);
bool rv_jobs_add(struct rv_jobs *jobs, void (*fn)(void *user), void *user);
void rv_jobs_free(struct rv_jobs *jobs);

#endif
