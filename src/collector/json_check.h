/* A check of JSON text before cJSON reads it: one pass, linear, no allocation. It refuses what cJSON
 * would misread (bad UTF-8, a NUL that would cut a string, trailing bytes, numbers past its buffer)
 * and what no honest client sends (a key twice in one object, depth over 64). A lone surrogate
 * escape (\ud83d without its other half), which JavaScript writes for cut emoji and cJSON refuses, is
 * rewritten in place to \ufffd.
 *
 * Duplicate keys are found by a table of the keys of the objects that are open at one time, at most
 * 4,096; as objects close in reverse order, leaving one restores the table exactly.
 *
 *   { a:1, b:{ c:2 ▲ } }      at ▲ the table holds hashes of (object 1,"a") (1,"b") (2,"c")
 *
 * Owner: the caller keeps one struct rv_json_check (72 KiB, zeroed once) for any number of checks.
 * Threads: one at a time. */
#ifndef RV_JSON_CHECK_H
#define RV_JSON_CHECK_H
#include "span.h"
#include "status.h"

enum { RV_JSON_DEPTH_MAX = 64, RV_JSON_OPEN_KEYS_MAX = 4096, RV_JSON_SLOTS = 8192 };

struct rv_json_check {
	uint64_t seed;                            /* random, so that nobody can aim at one slot */
	uint64_t slots[RV_JSON_SLOTS];            /* hash of an open object's key, 0: free */
	uint16_t taken[RV_JSON_OPEN_KEYS_MAX];    /* slots in the order in which they were taken */
};

struct rv_json_error {
	const char *message; /* a sentence without a full stop, for the client */
	size_t at;           /* byte offset */
	char key[64];        /* the innermost key before the error, cut; "" at the top */
};

/* RV_OK, or RV_BAD (malformed), RV_CONFLICT (duplicate key), RV_LIMIT (too deep, too many keys). */
enum rv_status rv_json_check(struct rv_json_check *check, uint8_t *text, size_t len, struct rv_json_error *error) RV_MUST_USE;

#endif
