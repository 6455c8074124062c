#define _GNU_SOURCE
#include "loop.h"
#include "clock.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TIMERS_MAX = 65536, EVENTS_A_ROUND = 256, LINGERERS_MAX = 256, LINGER_MS = 5000, LINGER_BYTES_MAX = 64 << 20 };

struct lingerer;
static void linger_end(struct lingerer *lingerer);

struct timer { int64_t due_ms; uint64_t order; void (*fn)(void *user); void *user; };

struct rv_loop {
	int epoll_fd;
	struct rv_watch bell; /* an eventfd */
	pthread_t thread;
	void (*turn)(void *user);
	void *turn_user;
	atomic_int lingerers;
	struct lingerer *lingering; /* the loop's thread alone */
	bool sweeping;
	pthread_mutex_t mutex; /* below */
	struct timer *heap;    /* the earliest at 0 */
	size_t n_timers, cap_timers;
	uint64_t order;
	bool stopping;
};

static bool earlier(const struct timer *a, const struct timer *b)
{
	return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void sift_up(struct timer *heap, size_t i)
{
	for (; i && earlier(&heap[i], &heap[(i - 1) / 2]); i = (i - 1) / 2) {
		struct timer swap = heap[i];
		heap[i] = heap[(i - 1) / 2];
		heap[(i - 1) / 2] = swap;
	}
}

static void sift_down(struct timer *heap, size_t n, size_t i)
{
	for (;;) {
		size_t least = i;
		for (size_t child = 2 * i + 1; child < n && child <= 2 * i + 2; child++)
			if (earlier(&heap[child], &heap[least]))
				least = child;
		if (least == i)
			return;
		struct timer swap = heap[i];
		heap[i] = heap[least];
		heap[least] = swap;
		i = least;
	}
}

bool rv_loop_add(struct rv_loop *loop, uint32_t delay_ms, void (*fn)(void *user), void *user)
{
	bool added = false, first = false;
	pthread_mutex_lock(&loop->mutex);
	if (loop->stopping || loop->n_timers == TIMERS_MAX)
		goto done;
	if (loop->n_timers == loop->cap_timers) {
		size_t cap = loop->cap_timers ? loop->cap_timers * 2 : 64;
		struct timer *heap = realloc(loop->heap, cap * sizeof *heap);
		if (!heap)
			goto done;
		loop->heap = heap;
		loop->cap_timers = cap;
	}
	loop->heap[loop->n_timers] = (struct timer){rv_clock_mono_ms() + delay_ms, loop->order++, fn, user};
	sift_up(loop->heap, loop->n_timers++);
	first = loop->heap[0].fn == fn && loop->heap[0].user == user;
	added = true;
done:
	pthread_mutex_unlock(&loop->mutex);
	if (first)
		rv_loop_wake(loop);
	return added;
}

void rv_loop_wake(struct rv_loop *loop)
{
	uint64_t one = 1;
	ssize_t written = write(loop->bell.fd, &one, sizeof one);
	(void)written; /* full means that it rings already */
}

static _Thread_local struct rv_loop *here;

bool rv_loop_here(struct rv_loop *loop) { return here == loop; }

static void answer_bell(struct rv_watch *watch, uint32_t events)
{
	uint64_t count;
	ssize_t got = read(watch->fd, &count, sizeof count);
	(void)got;
}

/* The next timer that is due, or any while stopping. */
static bool take_timer(struct rv_loop *loop, int64_t now_ms, struct timer *out, bool *stopping)
{
	pthread_mutex_lock(&loop->mutex);
	*stopping = loop->stopping;
	bool due = loop->n_timers && (loop->stopping || loop->heap[0].due_ms <= now_ms);
	if (due) {
		*out = loop->heap[0];
		loop->heap[0] = loop->heap[--loop->n_timers];
		sift_down(loop->heap, loop->n_timers, 0);
	}
	pthread_mutex_unlock(&loop->mutex);
	return due;
}

static int wait_ms(struct rv_loop *loop)
{
	pthread_mutex_lock(&loop->mutex);
	int64_t ms = loop->stopping ? 0 : loop->n_timers ? loop->heap[0].due_ms - rv_clock_mono_ms() : 60000;
	pthread_mutex_unlock(&loop->mutex);
	return ms < 0 ? 0 : ms > 60000 ? 60000 : (int)ms;
}

static void *run(void *arg)
{
	struct rv_loop *loop = arg;
	struct epoll_event events[EVENTS_A_ROUND];
	bool stopping = false;
	here = loop;
	while (!stopping) {
		int n = epoll_wait(loop->epoll_fd, events, EVENTS_A_ROUND, wait_ms(loop));
		for (int i = 0; i < n; i++) {
			struct rv_watch *watch = events[i].data.ptr;
			watch->ready(watch, events[i].events);
		}
		struct timer timer;
		int64_t now_ms = rv_clock_mono_ms();
		while (take_timer(loop, now_ms, &timer, &stopping))
			timer.fn(timer.user);
		loop->turn(loop->turn_user);
	}
	while (loop->lingering)
		linger_end(loop->lingering);
	return NULL;
}

bool rv_loop_watch(struct rv_loop *loop, struct rv_watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};
	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event) == 0;
}

void rv_loop_change(struct rv_loop *loop, struct rv_watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event);
}

void rv_loop_forget(struct rv_loop *loop, struct rv_watch *watch)
{
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
}

/* ---- lingering ---- */

struct lingerer { struct rv_watch watch; struct rv_loop *loop; struct lingerer *prev, *next; int64_t until_ms; size_t bytes; };

static void linger_end(struct lingerer *lingerer)
{
	struct rv_loop *loop = lingerer->loop;
	if (lingerer->prev)
		lingerer->prev->next = lingerer->next;
	else
		loop->lingering = lingerer->next;
	if (lingerer->next)
		lingerer->next->prev = lingerer->prev;
	rv_loop_forget(loop, &lingerer->watch);
	close(lingerer->watch.fd);
	atomic_fetch_sub(&loop->lingerers, 1);
	free(lingerer);
}

static void linger_ready(struct rv_watch *watch, uint32_t events)
{
	struct lingerer *lingerer = (struct lingerer *)watch;
	static char sink[64 << 10]; /* the loop's thread alone writes here, nobody reads */
	for (int i = 0; i < 16 && lingerer->bytes < LINGER_BYTES_MAX; i++) {
		ssize_t got = recv(watch->fd, sink, sizeof sink, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) {
			linger_end(lingerer);
			return;
		}
		lingerer->bytes += (size_t)got;
	}
	if (lingerer->bytes >= LINGER_BYTES_MAX)
		linger_end(lingerer);
}

static void linger_sweep(void *user)
{
	struct rv_loop *loop = user;
	int64_t now_ms = rv_clock_mono_ms();
	for (struct lingerer *lingerer = loop->lingering, *next; lingerer; lingerer = next) {
		next = lingerer->next;
		if (lingerer->until_ms <= now_ms)
			linger_end(lingerer);
	}
	loop->sweeping = loop->lingering && rv_loop_add(loop, 1000, linger_sweep, loop);
}

static void linger_begin(void *user)
{
	struct lingerer *lingerer = user;
	struct rv_loop *loop = lingerer->loop;
	lingerer->until_ms = rv_clock_mono_ms() + LINGER_MS;
	lingerer->next = loop->lingering;
	if (lingerer->next)
		lingerer->next->prev = lingerer;
	loop->lingering = lingerer;
	if (!loop->sweeping)
		loop->sweeping = rv_loop_add(loop, 1000, linger_sweep, loop);
	if (!loop->sweeping || !rv_loop_watch(loop, &lingerer->watch, EPOLLIN | EPOLLRDHUP))
		linger_end(lingerer);
}

void rv_loop_linger(struct rv_loop *loop, int fd)
{
	struct lingerer *lingerer = atomic_fetch_add(&loop->lingerers, 1) < LINGERERS_MAX ? malloc(sizeof *lingerer) : NULL;
	if (lingerer)
		*lingerer = (struct lingerer){.watch = {linger_ready, fd}, .loop = loop};
	if (!lingerer || !rv_loop_add(loop, 0, linger_begin, lingerer)) {
		atomic_fetch_sub(&loop->lingerers, 1);
		close(fd);
		free(lingerer);
	}
}

/* ---- life ---- */

enum rv_status rv_loop_new(void (*turn)(void *user), void *user, struct rv_loop **out)
{
	struct rv_loop *loop = calloc(1, sizeof *loop);
	if (!loop)
		return RV_MEMORY;
	loop->turn = turn;
	loop->turn_user = user;
	loop->bell.ready = answer_bell;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->bell.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&loop->mutex, NULL);
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bool started = loop->epoll_fd >= 0 && loop->bell.fd >= 0 && rv_loop_watch(loop, &loop->bell, EPOLLIN) && pthread_create(&loop->thread, NULL, run, loop) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!started) {
		if (loop->epoll_fd >= 0)
			close(loop->epoll_fd);
		if (loop->bell.fd >= 0)
			close(loop->bell.fd);
		pthread_mutex_destroy(&loop->mutex);
		free(loop);
		return RV_IO;
	}
	*out = loop;
	return RV_OK;
}

void rv_loop_free(struct rv_loop *loop)
{
	pthread_mutex_lock(&loop->mutex);
	loop->stopping = true;
	pthread_mutex_unlock(&loop->mutex);
	rv_loop_wake(loop);
	pthread_join(loop->thread, NULL);
	close(loop->epoll_fd);
	close(loop->bell.fd);
	pthread_mutex_destroy(&loop->mutex);
	free(loop->heap);
	free(loop);
}
