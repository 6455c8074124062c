#define _GNU_SOURCE
#include "ws.h"
#include "clock.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wslay/wslay.h>

enum { MESSAGE_BYTES_MAX = 64 << 10, WAITING_BYTES_MAX = 256 << 10, READS_A_TURN = 16, CLOSE_MS = 5000, EARLY_BYTES_MAX = 64 << 10 };

struct out { struct out *next; size_t len; uint8_t bytes[]; };

struct rv_ws {
	struct rv_watch watch;
	struct rv_sockets *sockets;
	const struct rv_ws_events *events;
	void *user;
	void (*left)(void *user);
	void *left_user;
	struct MHD_UpgradeResponseHandle *handle;
	atomic_uint refs;
	atomic_bool gone;       /* or closing: nothing more is sent */
	atomic_size_t waiting;  /* bytes on their way to the kernel */

	/* the loop's thread alone */
	struct rv_ws *prev, *next;
	wslay_event_context_ptr framing;
	uint8_t *early;
	size_t n_early, early_at;
	size_t framed;          /* bytes wslay had queued at the last look */
	int64_t heard_ms, pinged_ms, closing_ms;
	uint32_t interest;
	unsigned reads;
	bool opened, broken;

	/* under the sockets' mutex */
	struct rv_ws *next_dirty;
	bool dirty, adopted, abandoned, close_asked;
	uint16_t close_code;
	char close_reason[64];
	struct out *out_first, **out_last;
};

struct rv_sockets {
	struct rv_loop *loop;
	unsigned ping_ms, silence_ms, sweep_ms;
	atomic_uint count;
	struct rv_ws *first;       /* the loop's thread alone */
	pthread_mutex_t mutex;     /* below */
	pthread_cond_t emptied;
	struct rv_ws *dirty;
	bool closing, cut;
	unsigned live;             /* from rv_ws_new to the close callback */
};

void rv_ws_retain(struct rv_ws *ws) { atomic_fetch_add(&ws->refs, 1); }

void rv_ws_release(struct rv_ws *ws)
{
	if (atomic_fetch_sub(&ws->refs, 1) != 1)
		return;
	while (ws->out_first) {
		struct out *out = ws->out_first;
		ws->out_first = out->next;
		free(out);
	}
	free(ws->early);
	free(ws);
}

/* Under the mutex: the loop will look at ws in its next turn. */
static void mark_dirty(struct rv_ws *ws)
{
	if (ws->dirty)
		return;
	ws->dirty = true;
	rv_ws_retain(ws);
	ws->next_dirty = ws->sockets->dirty;
	ws->sockets->dirty = ws;
}

static void wake(struct rv_sockets *sockets)
{
	if (!rv_loop_here(sockets->loop))
		rv_loop_wake(sockets->loop);
}

bool rv_ws_send(struct rv_ws *ws, struct rv_span text)
{
	if (atomic_load(&ws->gone) || text.len > WAITING_BYTES_MAX)
		return false;
	if (atomic_fetch_add(&ws->waiting, text.len) + text.len > WAITING_BYTES_MAX) {
		atomic_fetch_sub(&ws->waiting, text.len);
		return false;
	}
	struct out *out = malloc(sizeof *out + text.len);
	if (!out) {
		atomic_fetch_sub(&ws->waiting, text.len);
		return false;
	}
	out->next = NULL;
	out->len = text.len;
	if (text.len)
		memcpy(out->bytes, text.ptr, text.len);
	pthread_mutex_lock(&ws->sockets->mutex);
	*ws->out_last = out;
	ws->out_last = &out->next;
	mark_dirty(ws);
	pthread_mutex_unlock(&ws->sockets->mutex);
	wake(ws->sockets);
	return true;
}

void rv_ws_close(struct rv_ws *ws, uint16_t code, const char *reason)
{
	pthread_mutex_lock(&ws->sockets->mutex);
	if (!ws->close_asked) {
		ws->close_asked = true;
		ws->close_code = code;
		size_t len = reason ? strnlen(reason, sizeof ws->close_reason - 1) : 0;
		memcpy(ws->close_reason, reason ? reason : "", len);
		ws->close_reason[len] = 0;
		mark_dirty(ws);
	}
	pthread_mutex_unlock(&ws->sockets->mutex);
	wake(ws->sockets);
}

/* ---- wslay's callbacks ---- */

static ssize_t on_recv(wslay_event_context_ptr framing, uint8_t *buf, size_t len, int flags, void *user)
{
	struct rv_ws *ws = user;
	if (ws->early_at < ws->n_early) {
		size_t n = ws->n_early - ws->early_at < len ? ws->n_early - ws->early_at : len;
		memcpy(buf, ws->early + ws->early_at, n);
		ws->early_at += n;
		return (ssize_t)n;
	}
	for (;;) {
		ssize_t got = ws->reads++ < READS_A_TURN ? recv(ws->watch.fd, buf, len, MSG_DONTWAIT) : (errno = EAGAIN, -1);
		if (got > 0) {
			ws->heard_ms = rv_clock_mono_ms();
			return got;
		}
		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
			ws->broken = true;
		wslay_event_set_error(framing, ws->broken ? WSLAY_ERR_CALLBACK_FAILURE : WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
}

static ssize_t on_send(wslay_event_context_ptr framing, const uint8_t *data, size_t len, int flags, void *user)
{
	struct rv_ws *ws = user;
	for (;;) {
		ssize_t sent = send(ws->watch.fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL | (flags & WSLAY_MSG_MORE ? MSG_MORE : 0));
		if (sent >= 0)
			return sent;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			ws->broken = true;
		wslay_event_set_error(framing, ws->broken ? WSLAY_ERR_CALLBACK_FAILURE : WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
}

static void on_message(wslay_event_context_ptr framing, const struct wslay_event_on_msg_recv_arg *arg, void *user)
{
	struct rv_ws *ws = user;
	if (arg->opcode == WSLAY_TEXT_FRAME && !ws->closing_ms)
		ws->events->text(ws, ws->user, rv_span(arg->msg, arg->msg_length));
	else if (arg->opcode == WSLAY_BINARY_FRAME)
		rv_ws_close(ws, WSLAY_CODE_UNSUPPORTED_DATA, "text only");
}

static const struct wslay_event_callbacks callbacks = {.recv_callback = on_recv, .send_callback = on_send, .on_msg_recv_callback = on_message};

/* ---- the loop's side ---- */

static void left(struct rv_sockets *sockets)
{
	pthread_mutex_lock(&sockets->mutex);
	if (--sockets->live == 0)
		pthread_cond_broadcast(&sockets->emptied);
	pthread_mutex_unlock(&sockets->mutex);
}

static void destroy(struct rv_ws *ws)
{
	struct rv_sockets *sockets = ws->sockets;
	atomic_store(&ws->gone, true);
	if (ws->prev)
		ws->prev->next = ws->next;
	else
		sockets->first = ws->next;
	if (ws->next)
		ws->next->prev = ws->prev;
	rv_loop_forget(sockets->loop, &ws->watch);
	if (ws->handle) {
		MHD_upgrade_action(ws->handle, MHD_UPGRADE_ACTION_CLOSE);
	} else if (ws->framing && wslay_event_get_close_sent(ws->framing) && !wslay_event_get_close_received(ws->framing) && !ws->broken) {
		shutdown(ws->watch.fd, SHUT_WR);
		rv_loop_linger(sockets->loop, ws->watch.fd);
	} else {
		close(ws->watch.fd);
	}
	ws->events->close(ws->opened ? ws : NULL, ws->user);
	if (ws->framing)
		wslay_event_context_free(ws->framing);
	ws->framing = NULL;
	atomic_fetch_sub(&sockets->count, 1);
	ws->left(ws->left_user);
	rv_ws_release(ws);
	left(sockets);
}

/* Writes what can be written and waits for what comes next; false when the socket is over and gone. */
static bool settle(struct rv_ws *ws)
{
	if (!ws->broken && wslay_event_want_write(ws->framing) && wslay_event_send(ws->framing) != 0)
		ws->broken = true;
	size_t framed = wslay_event_get_queued_msg_length(ws->framing);
	if (framed < ws->framed)
		atomic_fetch_sub(&ws->waiting, ws->framed - framed);
	else
		atomic_fetch_add(&ws->waiting, framed - ws->framed);
	ws->framed = framed;
	if (!ws->closing_ms && (wslay_event_get_close_sent(ws->framing) || wslay_event_get_close_received(ws->framing))) {
		ws->closing_ms = rv_clock_mono_ms();
		atomic_store(&ws->gone, true);
	}
	bool want_write = wslay_event_want_write(ws->framing), want_read = wslay_event_want_read(ws->framing);
	if (ws->broken || (!want_write && !want_read)) {
		destroy(ws);
		return false;
	}
	/* A peer that sends and never reads is not read any more until it does. */
	uint32_t interest = (want_read && framed <= WAITING_BYTES_MAX ? EPOLLIN | EPOLLRDHUP : 0) | (want_write ? EPOLLOUT : 0);
	if (interest != ws->interest) {
		ws->interest = interest;
		rv_loop_change(ws->sockets->loop, &ws->watch, interest);
	}
	return true;
}

static void read_some(struct rv_ws *ws)
{
	ws->reads = 0;
	/* On a malformed frame wslay has queued a close frame itself; broken is set where the socket fails. */
	if (wslay_event_want_read(ws->framing) && wslay_event_recv(ws->framing) != 0 && !wslay_event_want_write(ws->framing))
		ws->broken = true;
}

static void on_ready(struct rv_watch *watch, uint32_t events)
{
	struct rv_ws *ws = (struct rv_ws *)watch;
	if (events & (EPOLLIN | EPOLLRDHUP))
		read_some(ws);
	else if (events & (EPOLLERR | EPOLLHUP))
		ws->broken = true;
	settle(ws);
}

static void begin(struct rv_ws *ws)
{
	struct rv_sockets *sockets = ws->sockets;
	ws->next = sockets->first;
	if (ws->next)
		ws->next->prev = ws;
	sockets->first = ws;
	ws->heard_ms = ws->pinged_ms = rv_clock_mono_ms();
	ws->interest = EPOLLIN | EPOLLRDHUP;
	if (wslay_event_context_server_init(&ws->framing, &callbacks, ws) != 0) {
		ws->framing = NULL;
		destroy(ws);
		return;
	}
	wslay_event_config_set_max_recv_msg_length(ws->framing, MESSAGE_BYTES_MAX);
	if (!rv_loop_watch(sockets->loop, &ws->watch, ws->interest)) {
		destroy(ws);
		return;
	}
	ws->opened = true;
	ws->events->open(ws, ws->user);
	read_some(ws);
	if (ws->early_at == ws->n_early) {
		free(ws->early);
		ws->early = NULL;
	}
}

/* What other threads asked of this socket since the last turn. */
static void serve(struct rv_ws *ws)
{
	struct rv_sockets *sockets = ws->sockets;
	pthread_mutex_lock(&sockets->mutex);
	bool adopted = ws->adopted, abandoned = ws->abandoned, close_asked = ws->close_asked;
	struct out *out = ws->out_first;
	ws->out_first = NULL;
	ws->out_last = &ws->out_first;
	ws->adopted = ws->abandoned = false;
	bool closing = sockets->closing;
	pthread_mutex_unlock(&sockets->mutex);
	if (abandoned) {
		atomic_store(&ws->gone, true);
		ws->events->close(NULL, ws->user);
		atomic_fetch_sub(&sockets->count, 1);
		ws->left(ws->left_user);
		rv_ws_release(ws);
		left(sockets);
	}
	if (adopted)
		begin(ws);
	if (adopted && closing)
		rv_ws_close(ws, WSLAY_CODE_GOING_AWAY, "the server is stopping");
	while (out) {
		struct out *next = out->next;
		size_t framed = ws->framing ? wslay_event_get_queued_msg_length(ws->framing) : 0;
		struct wslay_event_msg message = {WSLAY_TEXT_FRAME, out->bytes, out->len};
		if (ws->framing && wslay_event_queue_msg(ws->framing, &message) == 0)
			ws->framed += wslay_event_get_queued_msg_length(ws->framing) - framed; /* counted as waiting already */
		else
			atomic_fetch_sub(&ws->waiting, out->len);
		free(out);
		out = next;
	}
	if (!ws->framing)
		return;
	if (close_asked && !ws->closing_ms) {
		if (wslay_event_queue_close(ws->framing, ws->close_code, (const uint8_t *)ws->close_reason, strlen(ws->close_reason)) != 0)
			ws->broken = true;
	}
	settle(ws);
}

static void turn(void *user)
{
	struct rv_sockets *sockets = user;
	for (;;) {
		pthread_mutex_lock(&sockets->mutex);
		struct rv_ws *ws = sockets->dirty;
		if (ws) {
			sockets->dirty = ws->next_dirty;
			ws->dirty = false;
		}
		pthread_mutex_unlock(&sockets->mutex);
		if (!ws)
			return;
		serve(ws);
		rv_ws_release(ws);
	}
}

static void sweep_once(void *user)
{
	struct rv_sockets *sockets = user;
	int64_t now_ms = rv_clock_mono_ms();
	pthread_mutex_lock(&sockets->mutex);
	bool closing = sockets->closing, cut = sockets->cut;
	pthread_mutex_unlock(&sockets->mutex);
	for (struct rv_ws *ws = sockets->first, *next; ws; ws = next) {
		next = ws->next;
		int64_t silent_ms = now_ms - ws->heard_ms;
		if (cut || silent_ms >= sockets->silence_ms || (ws->closing_ms && now_ms - ws->closing_ms >= CLOSE_MS)) {
			ws->broken = true;
			settle(ws);
		} else if (closing) {
			rv_ws_close(ws, WSLAY_CODE_GOING_AWAY, "the server is stopping");
		} else if (silent_ms >= sockets->ping_ms && now_ms - ws->pinged_ms >= sockets->ping_ms) {
			struct wslay_event_msg ping = {WSLAY_PING, NULL, 0};
			ws->pinged_ms = now_ms;
			if (wslay_event_queue_msg(ws->framing, &ping) != 0)
				ws->broken = true;
			settle(ws);
		}
	}
}

static void sweep(void *user)
{
	struct rv_sockets *sockets = user;
	sweep_once(sockets);
	if (!rv_loop_add(sockets->loop, sockets->sweep_ms, sweep, sockets))
		sockets->sweep_ms = 0; /* the loop is ending */
}

/* ---- from the event thread ---- */

struct rv_ws *rv_ws_new(struct rv_sockets *sockets, const struct rv_ws_events *events, void *user, void (*left_fn)(void *user), void *left_user)
{
	struct rv_ws *ws = calloc(1, sizeof *ws);
	if (!ws)
		return NULL;
	ws->watch = (struct rv_watch){on_ready, -1};
	ws->sockets = sockets;
	ws->events = events;
	ws->user = user;
	ws->left = left_fn;
	ws->left_user = left_user;
	ws->out_last = &ws->out_first;
	atomic_init(&ws->refs, 1);
	pthread_mutex_lock(&sockets->mutex);
	bool closing = sockets->closing;
	if (!closing)
		sockets->live++;
	pthread_mutex_unlock(&sockets->mutex);
	if (closing) {
		free(ws);
		return NULL;
	}
	atomic_fetch_add(&sockets->count, 1);
	return ws;
}

void rv_ws_adopt(struct rv_ws *ws, int fd, struct MHD_UpgradeResponseHandle *handle, const void *early, size_t n_early)
{
	ws->watch.fd = fd;
	ws->handle = handle;
	if (n_early && n_early <= EARLY_BYTES_MAX && (ws->early = malloc(n_early))) {
		memcpy(ws->early, early, n_early);
		ws->n_early = n_early;
	}
	pthread_mutex_lock(&ws->sockets->mutex);
	ws->adopted = true;
	mark_dirty(ws);
	pthread_mutex_unlock(&ws->sockets->mutex);
	rv_loop_wake(ws->sockets->loop);
}

void rv_ws_abandon(struct rv_ws *ws)
{
	pthread_mutex_lock(&ws->sockets->mutex);
	ws->abandoned = true;
	mark_dirty(ws);
	pthread_mutex_unlock(&ws->sockets->mutex);
	rv_loop_wake(ws->sockets->loop);
}

/* ---- all of them ---- */

enum rv_status rv_sockets_new(unsigned ping_ms, unsigned silence_ms, struct rv_sockets **out)
{
	struct rv_sockets *sockets = calloc(1, sizeof *sockets);
	if (!sockets)
		return RV_MEMORY;
	sockets->ping_ms = ping_ms;
	sockets->silence_ms = silence_ms;
	sockets->sweep_ms = ping_ms / 4 < 20 ? 20 : ping_ms / 4 > 5000 ? 5000 : ping_ms / 4;
	pthread_mutex_init(&sockets->mutex, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&sockets->emptied, &monotonic);
	pthread_condattr_destroy(&monotonic);
	enum rv_status status = rv_loop_new(turn, sockets, &sockets->loop);
	if (!status && !rv_loop_add(sockets->loop, sockets->sweep_ms, sweep, sockets))
		status = RV_MEMORY;
	if (status) {
		rv_sockets_free(sockets);
		return status;
	}
	*out = sockets;
	return RV_OK;
}

struct rv_loop *rv_sockets_loop(struct rv_sockets *sockets) { return sockets->loop; }

unsigned rv_sockets_count(struct rv_sockets *sockets) { return atomic_load(&sockets->count); }

void rv_sockets_close(struct rv_sockets *sockets, unsigned wait_ms)
{
	for (int round = 0; round < 2; round++) {
		pthread_mutex_lock(&sockets->mutex);
		sockets->closing = true;
		sockets->cut = round == 1;
		bool any = sockets->live > 0;
		pthread_mutex_unlock(&sockets->mutex);
		if (!any || !rv_loop_add(sockets->loop, 0, sweep_once, sockets))
			return;
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		long ms = round ? 1000 : (long)wait_ms;
		until.tv_sec += ms / 1000 + (until.tv_nsec + ms % 1000 * 1000000) / 1000000000;
		until.tv_nsec = (until.tv_nsec + ms % 1000 * 1000000) % 1000000000;
		pthread_mutex_lock(&sockets->mutex);
		while (sockets->live && pthread_cond_timedwait(&sockets->emptied, &sockets->mutex, &until) == 0)
			;
		pthread_mutex_unlock(&sockets->mutex);
	}
}

void rv_sockets_free(struct rv_sockets *sockets)
{
	if (sockets->loop)
		rv_loop_free(sockets->loop);
	pthread_cond_destroy(&sockets->emptied);
	pthread_mutex_destroy(&sockets->mutex);
	free(sockets);
}
