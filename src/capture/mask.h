/* Masking: what the privacy level hides in the records of the document, before they are stored.
 *
 *   level    input values   text     text in attributes   media
 *   none     as sent        as sent  as sent              as sent
 *   inputs   masked         as sent  as sent              as sent
 *   strict   masked         masked   masked               sources dropped
 *
 * An element's EL_MASK and EL_BLOCK hide its text at every level, EL_ALLOW shows it at every level;
 * EL_MASK wins. Fields for passwords, one-time codes and cards show nothing, whatever the level, the
 * flags or the sender say, also after their type has changed. Masked text keeps its white space; every
 * other character becomes `*`. Owner: the caller. Threads: one at a time. */
#ifndef RV_MASK_H
#define RV_MASK_H
#include "mirror.h"

enum rv_level { RV_LEVEL_NONE, RV_LEVEL_INPUTS, RV_LEVEL_STRICT };
enum { RV_MASK_SECRETS_MAX = 1024, RV_MASK_LEN_MAX = 1000 };

struct rv_mask {
	enum rv_level level;
	/* Elements that were secret fields once, in the order in which they became so. Past the bound
	 * every field counts as secret. */
	uint32_t *secrets;
	uint32_t n_secrets, cap_secrets;
};

void rv_mask_init(struct rv_mask *mask, enum rv_level level);
void rv_mask_deinit(struct rv_mask *mask);
/* Changes rec as needed: v points to a copy in the arena then. The mirror is the document before it. */
enum rv_status rv_mask_record(struct rv_mask *mask, const struct rv_mirror *mirror, struct rv_rec *rec, struct rv_arena *arena) RV_MUST_USE;

#endif
