/* Who guesses passwords waits: after some free tries each further one doubles the wait. Counted by a
 * key (an address, a name, both) in a table of fixed size. Threads: any. */
#ifndef RV_GUESS_H
#define RV_GUESS_H
#include <stdbool.h>
#include <stdint.h>

/* Counts a try before it is made. false: not now, *retry_after_s says when. */
bool rv_guess_try(const char *key, unsigned free_tries, unsigned wait_max_s, int64_t now_ms, unsigned *retry_after_s);
/* The try was right: forgets the key. */
void rv_guess_right(const char *key);

#endif
