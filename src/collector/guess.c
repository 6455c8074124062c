#include "guess.h"
#include "secret.h"
#include <pthread.h>
#include <string.h>

enum { SLOTS = 4096, FORGET_MS = 3600000 };

static struct { uint8_t key[16]; unsigned tries; int64_t last_ms, until_ms; } slots[SLOTS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static unsigned slot_of(const char *key, uint8_t sha256[32])
{
	rv_sha256(rv_span_str(key), sha256);
	return (unsigned)(sha256[30] << 8 | sha256[31]) % SLOTS;
}

bool rv_guess_try(const char *key, unsigned free_tries, unsigned wait_max_s, int64_t now_ms, unsigned *retry_after_s)
{
	uint8_t sha256[32];
	unsigned slot = slot_of(key, sha256);
	bool allowed = false;
	pthread_mutex_lock(&lock);
	bool same = memcmp(slots[slot].key, sha256, 16) == 0;
	if (!same || now_ms - slots[slot].last_ms > FORGET_MS) {
		/* A key that still waits keeps its slot; the newcomer is not counted. */
		if (!same && slots[slot].until_ms > now_ms) {
			pthread_mutex_unlock(&lock);
			return true;
		}
		memcpy(slots[slot].key, sha256, 16);
		slots[slot].tries = 0;
		slots[slot].until_ms = 0;
	}
	if (slots[slot].until_ms <= now_ms) {
		unsigned over = ++slots[slot].tries > free_tries ? slots[slot].tries - free_tries : 0;
		unsigned wait_s = over == 0 ? 0 : over > 16 ? wait_max_s : 1u << over;
		slots[slot].last_ms = now_ms;
		slots[slot].until_ms = now_ms + 1000ll * (wait_s > wait_max_s ? wait_max_s : wait_s);
		allowed = true;
	} else {
		*retry_after_s = (unsigned)((slots[slot].until_ms - now_ms + 999) / 1000);
	}
	pthread_mutex_unlock(&lock);
	return allowed;
}

void rv_guess_right(const char *key)
{
	uint8_t sha256[32];
	unsigned slot = slot_of(key, sha256);
	pthread_mutex_lock(&lock);
	if (memcmp(slots[slot].key, sha256, 16) == 0)
		memset(&slots[slot], 0, sizeof slots[slot]);
	pthread_mutex_unlock(&lock);
}
