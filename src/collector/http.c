/* The server: libmicrohttpd's callbacks, start and stop. */
#define _GNU_SOURCE
#include "http_int.h"
#include "clock.h"
#include "log.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTION_BYTES = 32 << 10, PEM_BYTES_MAX = 1 << 20, JOB_THREADS = 2 };

int64_t rv_now_us(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

/* ---- a call's way ---- */

static struct rv_call *call_new(struct rv_server *server, struct rv_conn *conn, struct MHD_Connection *mhd, const char *uri)
{
	struct rv_call *call = calloc(1, sizeof *call);
	if (!call)
		return NULL;
	call->server = server;
	call->conn = conn;
	call->mhd = mhd;
	call->file = -1;
	call->origin = "*";
	call->family = RV_FAMILY_OWN;
	call->start_us = rv_now_us();
	rv_arena_init(&call->arena, RV_ARENA_BYTES_MAX);
	rv_buf_init(&call->out, RV_OUT_BYTES_MAX);
	call->uri = uri ? (const char *)rv_arena_copy(&call->arena, rv_span_str(uri)).ptr : NULL;
	return call;
}

static void call_free(struct rv_call *call)
{
	if (call->ws && !call->ws_taken)
		rv_ws_abandon(call->ws);
	rv_body_free(call);
	if (call->file >= 0)
		close(call->file);
	rv_buf_deinit(&call->out);
	rv_arena_deinit(&call->arena);
	free(call);
}

/* The request line is in, the headers are not. What is returned becomes the call of this request. */
static void *on_uri(void *user, const char *uri, struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct rv_conn *conn = info ? info->socket_context : NULL;
	if (!conn)
		return NULL;
	rv_conn_enter(conn, RV_CONN_HEAD, 0);
	return call_new(user, conn, mhd, uri);
}

/* Paths and queries are decoded by us, once the route is known. */
static size_t keep_escapes(void *user, struct MHD_Connection *mhd, char *text) { return strlen(text); }

static const char *rate_key(struct rv_call *call)
{
	static const char *const headers[] = {"X-Project-Key", "X-Rearview-Api-Key", "X-Bugpilot-Api-Key", "X-Api-Key", "Authorization"};
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		const char *key = rv_call_header(call, headers[i]);
		if (key)
			return key;
	}
	return rv_call_query(call, "key");
}

static void check_load(struct rv_call *call)
{
	struct rv_server *server = call->server;
	unsigned retry_after_s = 1;
	char text[16];
	if (strcmp(call->method, "GET") != 0 && strcmp(call->method, "HEAD") != 0 && atomic_load(&server->pending) >= RV_PENDING_MAX) {
		atomic_fetch_add(&server->shed, 1);
		rv_call_refuse(call, 503, "overloaded", "The server is busy. Try again in a moment.");
	} else if (!rv_limit_rate(server, rate_key(call), &retry_after_s)) {
		snprintf(text, sizeof text, "%u", retry_after_s);
		rv_call_set_header(call, "Retry-After", text);
		rv_call_refuse(call, 429, "rate_limited", "There are too many requests with this key.");
	}
}

/* The head is in. A refusal is kept until the body is dropped, unless the body is long: then the answer goes at once. */
static enum MHD_Result begin(struct rv_call *call)
{
	call->stage = RV_STAGE_BODY;
	rv_conn_enter(call->conn, RV_CONN_BODY, 0);
	rv_call_read_head(call);
	if (!call->replied)
		rv_call_find_route(call);
	if (!call->replied && call->route->head)
		call->route->head(call);
	if (!call->replied)
		check_load(call);
	if (!call->replied)
		rv_body_begin(call);
	bool waits = rv_call_header(call, "Expect") != NULL;
	if (!call->replied || (!call->body.expected && !call->close_after))
		return MHD_YES;
	if (call->close_after || waits || call->body.length > RV_DROP_BYTES_MAX) {
		call->conn->early = true;
		return rv_call_send(call) ? MHD_YES : MHD_NO;
	}
	rv_conn_received(call->conn, 0, true);
	return MHD_YES;
}

static enum MHD_Result receive(struct rv_call *call, const char *data, size_t *len)
{
	if (!call->replied)
		rv_body_feed(call, data, *len);
	else
		call->body.received += *len;
	rv_conn_received(call->conn, *len, call->replied);
	*len = 0;
	return call->body.received > RV_DROP_BYTES_MAX && call->replied ? MHD_NO : MHD_YES;
}

static void uncount(struct rv_call *call)
{
	if (call->counted)
		atomic_fetch_sub(&call->server->pending, 1);
	call->counted = false;
}

static enum MHD_Result answer(struct rv_call *call)
{
	uncount(call);
	return rv_call_send(call) ? MHD_YES : MHD_NO;
}

/* The request is whole: the handler runs, and if it has not answered when it returns the connection sleeps. */
static enum MHD_Result run(struct rv_call *call)
{
	call->stage = RV_STAGE_RUN;
	rv_conn_enter(call->conn, RV_CONN_WORK, 0);
	if (!call->replied)
		rv_body_end(call);
	if (call->replied)
		return answer(call);
	call->counted = true;
	atomic_fetch_add(&call->server->pending, 1);
	call->route->handler(call);
	if (atomic_load(&call->progress) != RV_FINISHED) {
		/* Suspend first: whoever finishes after the exchange resumes, whoever finished before it could not. */
		struct MHD_Connection *mhd = call->mhd;
		int running = RV_RUNNING;
		MHD_suspend_connection(mhd);
		if (!atomic_compare_exchange_strong(&call->progress, &running, RV_SUSPENDED))
			MHD_resume_connection(mhd);
		return MHD_YES;
	}
	return answer(call);
}

static enum MHD_Result on_access(void *user, struct MHD_Connection *mhd, const char *url, const char *method, const char *version, const char *data, size_t *len, void **context)
{
	struct rv_call *call = *context;
	if (!call)
		return MHD_NO; /* out of memory */
	switch (call->stage) {
	case RV_STAGE_NEW:
		call->method = (const char *)rv_arena_copy(&call->arena, rv_span_str(method)).ptr;
		call->version = (const char *)rv_arena_copy(&call->arena, rv_span_str(version)).ptr;
		return call->method && call->version ? begin(call) : MHD_NO;
	case RV_STAGE_BODY:
		return *len ? receive(call, data, len) : run(call);
	case RV_STAGE_RUN:
		if (atomic_load(&call->progress) != RV_FINISHED)
			return MHD_YES;
		return answer(call);
	default:
		*len = 0;
		return MHD_YES;
	}
}

static void on_completed(void *user, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode code)
{
	struct rv_call *call = *context;
	*context = NULL;
	if (!call)
		return;
	uncount(call); /* the connection broke while the handler was at work */
	if (call->stage == RV_STAGE_SENT)
		rv_metrics_call(call);
	if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK && !call->conn->early && !call->ws)
		rv_conn_enter(call->conn, RV_CONN_IDLE, 0);
	rv_log(RV_LOG_DEBUG, "%s %s %d %lld us", call->method ? call->method : "?", call->route ? call->route->name : "none", call->status, (long long)(rv_now_us() - call->start_us));
	call_free(call);
}

static void on_mhd_log(void *user, const char *format, va_list args)
{
	char text[500];
	vsnprintf(text, sizeof text, format, args);
	rv_log(RV_LOG_DEBUG, "libmicrohttpd: %s", text);
}

/* ---- start and stop ---- */

static char *read_pem(const char *path, struct rv_buf *error)
{
	char text[400], *pem = NULL;
	struct stat info;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &info) == 0 && info.st_size > 0 && info.st_size <= PEM_BYTES_MAX && (pem = calloc(1, (size_t)info.st_size + 1)) && read(fd, pem, (size_t)info.st_size) != info.st_size) {
		free(pem);
		pem = NULL;
	}
	if (!pem) {
		snprintf(text, sizeof text, "The TLS file %s cannot be read: %s.", path, fd < 0 ? strerror(errno) : "it is empty or too large");
		rv_buf_str(error, text);
	}
	if (fd >= 0)
		close(fd);
	return pem;
}

/* Copies the strings behind the options and fills in what is 0. */
static bool take_options(struct rv_server *server, const struct rv_server_options *options)
{
	server->options = *options;
	struct rv_server_options *own = &server->options;
	const char **texts[] = {&own->tls_cert, &own->tls_key, &own->base_url, &own->temp_dir, &own->listen};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (!*texts[i] || !**texts[i]) {
			*texts[i] = NULL;
			continue;
		}
		server->strings[i] = strdup(*texts[i]);
		if (!server->strings[i])
			return false;
		*texts[i] = server->strings[i];
	}
	if (own->base_url)
		for (size_t len = strlen(own->base_url); len && own->base_url[len - 1] == '/'; len--)
			server->strings[2][len - 1] = 0;
	own->max_connections = own->max_connections ? own->max_connections : 20000;
	own->header_timeout_ms = own->header_timeout_ms ? own->header_timeout_ms : 10000;
	own->body_timeout_ms = own->body_timeout_ms ? own->body_timeout_ms : 300000;
	own->min_body_rate = own->min_body_rate ? own->min_body_rate : 1024;
	own->ping_ms = own->ping_ms ? own->ping_ms : 30000;
	own->silence_ms = own->silence_ms ? own->silence_ms : 75000;
	return own->listen != NULL;
}

static bool start_daemon(struct rv_server *server, int listen_fd, const char *cert, const char *key)
{
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE | MHD_USE_ERROR_LOG | (cert ? MHD_USE_TLS : 0);
	struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)cert}, {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key}, {MHD_OPTION_END, 0, NULL}};
	server->daemon = MHD_start_daemon(flags, 0, rv_limit_accept, server, on_access, server,
		MHD_OPTION_EXTERNAL_LOGGER, on_mhd_log, NULL,
		MHD_OPTION_LISTEN_SOCKET, listen_fd,
		MHD_OPTION_CONNECTION_LIMIT, server->options.max_connections,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(RV_REPLY_MS / 1000 + 5),
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
		MHD_OPTION_NOTIFY_CONNECTION, rv_conn_notify, server,
		MHD_OPTION_URI_LOG_CALLBACK, on_uri, server,
		MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
		MHD_OPTION_ARRAY, cert ? tls : &tls[2],
		MHD_OPTION_END);
	return server->daemon != NULL;
}

static void free_server(struct rv_server *server)
{
	if (server->jobs)
		rv_jobs_free(server->jobs);
	if (server->sockets) {
		rv_sockets_close(server->sockets, 0);
		rv_sockets_free(server->sockets);
	}
	rv_limit_free(server);
	pthread_cond_destroy(&server->conn_changed);
	pthread_mutex_destroy(&server->conn_mutex);
	for (size_t i = 0; i < sizeof server->strings / sizeof *server->strings; i++)
		free(server->strings[i]);
	free(server->json_check);
	free((void *)server->by_status);
	free(server);
}

enum rv_status rv_server_start(const struct rv_server_options *options, const struct rv_route *routes, size_t n_routes, struct rv_app *app, struct rv_server **out, struct rv_buf *error)
{
	enum rv_status status = RV_MEMORY;
	int listen_fd = -1;
	char *cert = NULL, *key = NULL;
	struct rv_server *server = calloc(1, sizeof *server);
	if (!server) {
		rv_buf_str(error, "Out of memory.");
		return RV_MEMORY;
	}
	server->app = app;
	server->routes = routes;
	server->n_routes = n_routes;
	pthread_mutex_init(&server->conn_mutex, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&server->conn_changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	server->json_check = calloc(1, sizeof *server->json_check);
	server->by_status = calloc((n_routes + 1) * RV_STATUSES, sizeof *server->by_status);
	if (!take_options(server, options) || !server->json_check || !server->by_status || getrandom(&server->json_check->seed, sizeof server->json_check->seed, 0) != sizeof server->json_check->seed) {
		rv_buf_str(error, "Out of memory.");
		goto fail;
	}
	if (!rv_net_list_parse(options->trusted_proxies, &server->proxies)) {
		rv_buf_str(error, "trusted_proxies is not a list of addresses like 10.0.0.1, 192.168.0.0/16.");
		status = RV_BAD;
		goto fail;
	}
	if (!server->options.tls_cert != !server->options.tls_key) {
		rv_buf_str(error, "tls_cert and tls_key are needed together.");
		status = RV_BAD;
		goto fail;
	}
	if (server->options.tls_cert && (!(cert = read_pem(server->options.tls_cert, error)) || !(key = read_pem(server->options.tls_key, error)))) {
		status = RV_IO;
		goto fail;
	}
	status = rv_net_listen(server->options.listen, &listen_fd, &server->port, error);
	if (status)
		goto fail;
	status = rv_sockets_new(server->options.ping_ms, server->options.silence_ms, &server->sockets);
	server->jobs = status ? NULL : rv_jobs_new(JOB_THREADS);
	if (!server->jobs || !rv_limit_start(server) || (options->prepare && !options->prepare(server, app))) {
		rv_buf_str(error, "The server's threads could not be started.");
		status = RV_IO;
		goto fail;
	}
	if (!start_daemon(server, listen_fd, cert, key)) {
		rv_buf_str(error, cert ? "The server could not be started; are tls_cert and tls_key a matching pair of PEM files?" : "The server could not be started.");
		status = RV_IO;
		goto fail;
	}
	free(cert);
	free(key);
	*out = server;
	return RV_OK;
fail:
	if (listen_fd >= 0)
		close(listen_fd);
	free(cert);
	free(key);
	free_server(server);
	return status;
}

unsigned rv_server_port(struct rv_server *server) { return server->port; }

bool rv_loop_after(struct rv_server *server, uint32_t delay_ms, void (*fn)(void *user), void *user)
{
	return rv_loop_add(rv_sockets_loop(server->sockets), delay_ms, fn, user);
}

bool rv_server_stop(struct rv_server *server, unsigned drain_ms)
{
	atomic_store(&server->stopping, true);
	MHD_socket listen_fd = MHD_quiesce_daemon(server->daemon);
	if (listen_fd != MHD_INVALID_SOCKET)
		close(listen_fd);
	bool drained = rv_limit_drain(server, rv_clock_mono_ms() + drain_ms);
	rv_sockets_close(server->sockets, 1000);
	if (!drained) {
		rv_log(RV_LOG_WARN, "stopped with %u requests unfinished", atomic_load(&server->pending));
		return false;
	}
	MHD_stop_daemon(server->daemon);
	free_server(server);
	return true;
}
