/* Which fields of which records are redacted, and how: see redact.h for what is found in them. */
#ifndef RV_SCRUB_H
#define RV_SCRUB_H
#include "mirror.h"
#include "redact.h"

/* Changes rec as needed: v points to a copy in the arena then. The mirror is the document before it. */
enum rv_status rv_scrub_record(struct rv_redact *redact, const struct rv_mirror *mirror, struct rv_rec *rec, struct rv_arena *arena) RV_MUST_USE;

#endif
