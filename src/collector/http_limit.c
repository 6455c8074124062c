/* Who may connect and how long each step may take. libmicrohttpd's own time-out sees only silence, so a
 * watch on the loop's thread looks at every connection four times a second and shuts those that are late. */
#define _GNU_SOURCE
#include "http_int.h"
#include "clock.h"
#include "log.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WATCH_MS = 250, IP_LISTS = 1024 };

struct rv_ip_count { struct rv_ip_count *next; struct rv_ip ip; unsigned n; };

/* ---- connections of one address; under conn_mutex ---- */

static struct rv_ip_count **find_count(struct rv_server *server, struct rv_ip ip)
{
	uint32_t hash = 2166136261u;
	for (int i = 0; i < 16; i++)
		hash = (hash ^ ip.bytes[i]) * 16777619u;
	struct rv_ip_count **at = &server->ip_counts[hash % IP_LISTS];
	while (*at && memcmp(&(*at)->ip, &ip, sizeof ip) != 0)
		at = &(*at)->next;
	return at;
}

static void count(struct rv_server *server, struct rv_ip ip, int change)
{
	struct rv_ip_count **at = find_count(server, rv_ip_site(ip));
	if (!*at && change > 0 && (*at = calloc(1, sizeof **at)))
		(*at)->ip = rv_ip_site(ip);
	if (!*at)
		return;
	(*at)->n += (unsigned)change;
	if (!(*at)->n) {
		struct rv_ip_count *empty = *at;
		*at = empty->next;
		free(empty);
	}
}

void rv_limit_count(struct rv_server *server, const struct rv_ip *ip, int change)
{
	pthread_mutex_lock(&server->conn_mutex);
	count(server, *ip, change);
	pthread_mutex_unlock(&server->conn_mutex);
}

enum MHD_Result rv_limit_accept(void *user, const struct sockaddr *address, socklen_t len)
{
	struct rv_server *server = user;
	struct rv_ip ip = rv_ip_of(address);
	unsigned most = server->options.max_connections_per_ip;
	if (!most || rv_net_list_has(&server->proxies, &ip))
		return MHD_YES;
	pthread_mutex_lock(&server->conn_mutex);
	struct rv_ip_count *known = *find_count(server, rv_ip_site(ip));
	bool room = !known || known->n < most;
	pthread_mutex_unlock(&server->conn_mutex);
	if (!room)
		atomic_fetch_add(&server->refused_connections, 1);
	return room ? MHD_YES : MHD_NO;
}

/* ---- the life of a connection ---- */

static void arrive(struct rv_server *server, struct MHD_Connection *mhd, void **context)
{
	const union MHD_ConnectionInfo *address = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const union MHD_ConnectionInfo *fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct rv_conn *conn = address && fd ? calloc(1, sizeof *conn) : NULL;
	*context = conn;
	if (!conn)
		return; /* its first request is refused */
	conn->server = server;
	conn->fd = fd->connect_fd;
	conn->peer = rv_ip_of(address->client_addr);
	conn->state = RV_CONN_FRESH;
	conn->since_ms = rv_clock_mono_ms();
	pthread_mutex_lock(&server->conn_mutex);
	count(server, conn->peer, 1);
	conn->next = server->conns;
	if (conn->next)
		conn->next->prev = conn;
	server->conns = conn;
	server->n_conns++;
	pthread_mutex_unlock(&server->conn_mutex);
}

static void depart(struct rv_server *server, struct rv_conn *conn)
{
	pthread_mutex_lock(&server->conn_mutex);
	count(server, conn->peer, -1);
	if (conn->prev)
		conn->prev->next = conn->next;
	else
		server->conns = conn->next;
	if (conn->next)
		conn->next->prev = conn->prev;
	server->n_conns--;
	pthread_cond_signal(&server->conn_changed);
	pthread_mutex_unlock(&server->conn_mutex);
	/* An answer before the end of the request: what still comes in must not reset it away. */
	bool cut_short = conn->early || conn->state == RV_CONN_FRESH || conn->state == RV_CONN_HEAD || conn->state == RV_CONN_BODY;
	int fd = cut_short ? fcntl(conn->fd, F_DUPFD_CLOEXEC, 0) : -1;
	if (fd >= 0)
		rv_loop_linger(rv_sockets_loop(server->sockets), fd);
	free(conn);
}

void rv_conn_notify(void *user, struct MHD_Connection *mhd, void **context, enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		arrive(user, mhd, context);
	else if (*context)
		depart(user, *context);
}

void rv_conn_enter(struct rv_conn *conn, enum rv_conn_state state, uint64_t bytes)
{
	pthread_mutex_lock(&conn->server->conn_mutex);
	conn->state = state;
	conn->since_ms = rv_clock_mono_ms();
	conn->bytes = bytes;
	conn->looks = 0;
	if (state == RV_CONN_IDLE)
		pthread_cond_signal(&conn->server->conn_changed);
	pthread_mutex_unlock(&conn->server->conn_mutex);
}

void rv_conn_received(struct rv_conn *conn, uint64_t bytes, bool dropping)
{
	pthread_mutex_lock(&conn->server->conn_mutex);
	conn->bytes += bytes;
	conn->dropping = dropping;
	pthread_mutex_unlock(&conn->server->conn_mutex);
}

/* ---- deadlines ---- */

static bool is_late(const struct rv_server *server, const struct rv_conn *conn, int64_t now_ms)
{
	int64_t ms = now_ms - conn->since_ms;
	uint64_t rate = server->options.min_body_rate;
	switch (conn->state) {
	case RV_CONN_FRESH:
	case RV_CONN_HEAD: return ms >= server->options.header_timeout_ms;
	case RV_CONN_IDLE: return ms >= RV_IDLE_MS;
	case RV_CONN_BODY: return ms >= (conn->dropping ? RV_DROP_MS : server->options.body_timeout_ms) || (ms > RV_RATE_GRACE_MS && conn->bytes < (uint64_t)(ms - RV_RATE_GRACE_MS) * rate / 1000);
	case RV_CONN_REPLY: return ms >= RV_REPLY_MS + (int64_t)(conn->bytes / rate) * 1000;
	default: return false;
	}
}

/* A client that ended its side together with what it sent: libmicrohttpd misses that and would wait for
 * more. One look at a connection that has become idle tells; an unfinished request is given up when
 * nothing has been left to read for two rounds, so that what was read last has been dealt with. */
static bool has_left(struct rv_conn *conn)
{
	char byte;
	bool idle = conn->state == RV_CONN_IDLE;
	if (conn->state == RV_CONN_WORK || conn->state == RV_CONN_REPLY || conn->state == RV_CONN_UPGRADED || (idle && conn->looks))
		return false;
	bool ended = recv(conn->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
	conn->looks = idle ? 1 : ended ? conn->looks + 1 : 0;
	return ended && (idle || conn->looks > 2);
}

/* Nothing has been answered yet, so these bytes cannot end up inside of another answer. */
static void say_timeout(struct rv_server *server, struct rv_conn *conn)
{
	static const char text[] = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
	if (server->options.tls_cert || (conn->state != RV_CONN_HEAD && conn->state != RV_CONN_BODY && conn->state != RV_CONN_FRESH))
		return;
	ssize_t sent = send(conn->fd, text, sizeof text - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)sent; /* it is a courtesy */
}

static void watch(void *user)
{
	struct rv_server *server = user;
	int64_t now_ms = rv_clock_mono_ms();
	pthread_mutex_lock(&server->conn_mutex);
	for (struct rv_conn *conn = server->conns; conn; conn = conn->next) {
		bool late = !conn->cut && is_late(server, conn, now_ms);
		if (conn->cut || (!late && !has_left(conn)))
			continue;
		if (late && conn->state != RV_CONN_IDLE) {
			atomic_fetch_add(&server->timed_out, 1);
			say_timeout(server, conn);
		}
		conn->cut = true;
		shutdown(conn->fd, SHUT_RDWR);
	}
	pthread_mutex_unlock(&server->conn_mutex);
	if (!rv_loop_after(server, WATCH_MS, watch, server) && !atomic_load(&server->stopping))
		rv_log(RV_LOG_ERROR, "the watch on deadlines has ended: out of memory");
}

bool rv_limit_drain(struct rv_server *server, int64_t until_ms)
{
	bool busy = true;
	while (busy) {
		int64_t now_ms = rv_clock_mono_ms();
		pthread_mutex_lock(&server->conn_mutex);
		busy = false;
		for (struct rv_conn *conn = server->conns; conn; conn = conn->next) {
			bool idle = conn->state == RV_CONN_IDLE || conn->state == RV_CONN_FRESH;
			if (idle && !conn->cut) {
				conn->cut = true;
				shutdown(conn->fd, SHUT_RDWR);
			}
			busy |= !idle && conn->state != RV_CONN_UPGRADED;
		}
		busy |= atomic_load(&server->pending) > 0;
		if (busy && now_ms < until_ms) {
			struct timespec wake_at;
			clock_gettime(CLOCK_MONOTONIC, &wake_at);
			wake_at.tv_nsec += 50000000;
			wake_at.tv_sec += wake_at.tv_nsec / 1000000000;
			wake_at.tv_nsec %= 1000000000;
			pthread_cond_timedwait(&server->conn_changed, &server->conn_mutex, &wake_at);
		}
		pthread_mutex_unlock(&server->conn_mutex);
		if (now_ms >= until_ms)
			break;
	}
	return atomic_load(&server->pending) == 0;
}

/* ---- rate by key ---- */

bool rv_limit_rate(struct rv_server *server, const char *key, unsigned *retry_after_s)
{
	uint64_t a_minute = server->options.requests_per_minute_per_key;
	if (!a_minute || !key || !*key)
		return true;
	uint64_t hash = 0xcbf29ce484222325ull ^ server->json_check->seed;
	for (const char *p = key; *p; p++)
		hash = (hash ^ (uint8_t)*p) * 0x100000001b3ull;
	hash = (hash ^ hash >> 31) * 0xbf58476d1ce4e5b9ull;
	hash ^= hash >> 32;
	struct rv_bucket *set = &server->buckets[hash % (RV_BUCKETS / RV_BUCKET_WAYS) * RV_BUCKET_WAYS], *bucket = set;
	for (int i = 0; i < RV_BUCKET_WAYS && bucket->key != hash; i++)
		if (set[i].key == hash || set[i].at_ms < bucket->at_ms)
			bucket = &set[i];
	/* A bucket holds ten seconds' worth, and at least ten requests. */
	uint64_t full = a_minute * 1000 / 6 > 10000 ? a_minute * 1000 / 6 : 10000;
	int64_t now_ms = rv_clock_mono_ms();
	if (bucket->key != hash) {
		*bucket = (struct rv_bucket){hash, full, now_ms};
	} else {
		uint64_t gained = (uint64_t)(now_ms - bucket->at_ms) * a_minute / 60;
		bucket->tokens_milli = bucket->tokens_milli + gained < full ? bucket->tokens_milli + gained : full;
		bucket->at_ms = gained || bucket->tokens_milli == full ? now_ms : bucket->at_ms;
	}
	if (bucket->tokens_milli >= 1000) {
		bucket->tokens_milli -= 1000;
		return true;
	}
	*retry_after_s = (unsigned)((1000 - bucket->tokens_milli) * 60 / a_minute / 1000) + 1;
	atomic_fetch_add(&server->rate_limited, 1);
	return false;
}

/* ---- life ---- */

bool rv_limit_start(struct rv_server *server)
{
	server->ip_counts = calloc(IP_LISTS, sizeof *server->ip_counts);
	server->buckets = calloc(RV_BUCKETS, sizeof *server->buckets);
	return server->ip_counts && server->buckets && rv_loop_after(server, WATCH_MS, watch, server);
}

void rv_limit_free(struct rv_server *server)
{
	for (int i = 0; server->ip_counts && i < IP_LISTS; i++)
		while (server->ip_counts[i]) {
			struct rv_ip_count *next = server->ip_counts[i]->next;
			free(server->ip_counts[i]);
			server->ip_counts[i] = next;
		}
	free(server->ip_counts);
	free(server->buckets);
}
