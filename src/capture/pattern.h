/* Patterns for configured redaction: small, bounded, and linear in the text whatever the pattern.
 *
 *   *        any run of word characters, also none      ?      one word character
 *   [a-z_]   one of these characters                    [^…]   one word character but these
 *   +        after ?, a class or a character: one or more of it
 *   \x       the character x itself; anything else stands for itself
 *
 * A word character is anything but white space, quotes (" ' `), < and >. Letters match in either
 * case. The longest match from the leftmost start counts; matches are at most RV_PATTERN_SPAN_MAX
 * bytes. Examples: `CUST-[0-9]+`, `sk_live_*`, `[0-9][0-9][0-9]-[0-9][0-9]-????`.
 * Owner: the caller. Threads: matching is pure. */
#ifndef RV_PATTERN_H
#define RV_PATTERN_H
#include "span.h"
#include "status.h"

enum { RV_PATTERN_BYTES_MAX = 256, RV_PATTERN_ATOMS_MAX = 63, RV_PATTERN_SPAN_MAX = 512 };

struct rv_pattern_atom {
	uint32_t set[8]; /* bytes that it takes */
	bool repeat;     /* may take more of them */
	bool optional;   /* may take none */
};

struct rv_pattern {
	struct rv_pattern_atom atoms[RV_PATTERN_ATOMS_MAX];
	uint32_t n;
};

/* RV_BAD for a pattern that is empty, could match nothing at all, has an open class or a + or \ out
 * of place; RV_LIMIT when it is too long. */
enum rv_status rv_pattern_compile(struct rv_pattern *pattern, struct rv_span text) RV_MUST_USE;
/* The first match at or after *start: true, and [*start, *end) is it. */
bool rv_pattern_find(const struct rv_pattern *pattern, struct rv_span text, size_t *start, size_t *end);

#endif
