/* Redaction of text that leaves the page as a log: e-mail addresses, card numbers (Luhn), bearer and
 * basic credentials, JSON web tokens, values of secret names, user:password@ in URLs, configured
 * patterns. One pass, work bounded by the length of the text. What is found is replaced by
 * `[redacted]`, `[redacted:email]`, `[redacted:card]` or `[redacted:token]`.
 *
 * Text that is JSON (it starts with `{`, `[` or `"`) is JSON afterwards too: a value outside of a
 * string is replaced by a string.
 * Owner: the caller. Threads: one at a time. */
#ifndef RV_REDACT_H
#define RV_REDACT_H
#include "arena.h"
#include "buf.h"
#include "pattern.h"

enum { RV_REDACT_PATTERNS_MAX = 50, RV_REDACT_TEXT_MAX = 64 << 20 };

struct rv_redact {
	struct rv_pattern *patterns;
	uint32_t n_patterns;
	uint32_t count;    /* replacements so far */
	struct rv_buf out; /* scratch */
};

void rv_redact_init(struct rv_redact *redact);
void rv_redact_deinit(struct rv_redact *redact);
enum rv_status rv_redact_add_pattern(struct rv_redact *redact, struct rv_span pattern) RV_MUST_USE;

/* *text is replaced by a copy in the arena when something was found, and left alone otherwise. */
enum rv_status rv_redact_text(struct rv_redact *redact, struct rv_span *text, struct rv_arena *arena) RV_MUST_USE;
/* Only what is secret about an address in the document: values of secret names and configured patterns
 * in its query or fragment, and user:password@. */
enum rv_status rv_redact_address(struct rv_redact *redact, struct rv_span *url, struct rv_arena *arena) RV_MUST_USE;
/* The same for the addresses in style text. */
enum rv_status rv_redact_style(struct rv_redact *redact, struct rv_span *css, struct rv_arena *arena) RV_MUST_USE;
/* A value whose name (a header's) is known: all of it when the name is secret, else as text. */
enum rv_status rv_redact_named(struct rv_redact *redact, struct rv_span name, struct rv_span *value, struct rv_arena *arena) RV_MUST_USE;

#endif
