/* The epoll loop that upgraded sockets live on, with timers, on a thread of its own.
 * Owner: the server. Threads: rv_loop_add, rv_loop_wake, rv_loop_here: any; the rest: the loop's. */
#ifndef RV_LOOP_H
#define RV_LOOP_H
#include "status.h"
#include <stdbool.h>
#include <stdint.h>

struct rv_loop;
/* Embedded in whatever waits for a descriptor; level-triggered. ready may free its own watch, and no other. */
struct rv_watch { void (*ready)(struct rv_watch *watch, uint32_t events); int fd; };

/* turn runs after each round of events and timers, and once after the last. */
enum rv_status rv_loop_new(void (*turn)(void *user), void *user, struct rv_loop **loop) RV_MUST_USE;
/* Runs what still waits, then ends and frees the loop. */
void rv_loop_free(struct rv_loop *loop);
bool rv_loop_add(struct rv_loop *loop, uint32_t delay_ms, void (*fn)(void *user), void *user) RV_MUST_USE;
void rv_loop_wake(struct rv_loop *loop);
bool rv_loop_here(struct rv_loop *loop);

bool rv_loop_watch(struct rv_loop *loop, struct rv_watch *watch, uint32_t events) RV_MUST_USE;
void rv_loop_change(struct rv_loop *loop, struct rv_watch *watch, uint32_t events);
void rv_loop_forget(struct rv_loop *loop, struct rv_watch *watch);
/* Takes over fd, whose writing side is shut: reads and drops until the peer closes, at most 5 s and
 * 64 MiB, so that the answer on its way is not lost to a reset. Any thread. */
void rv_loop_linger(struct rv_loop *loop, int fd);

#endif
