/* Batches: what the main thread sends. Untrusted.
 *
 *   words   u32 little-endian:
 *     0 BATCH_MAGIC · 1 ABI hash · 2 sequence number, from 1 · 3 flags · 4 first new intern id (from 1) ·
 *     5 new interned strings · 6 inline strings · 7 words in all
 *     then records: type | words_in_record << 8, fields …   (words_in_record counts this word)
 *   strings  the batch's flat list, interned ones first:
 *     u32le length[n5 + n6] · the WTF-8 bytes one after the other
 *
 * A string reference is 0 (null), an intern id from 1, or STRING_INLINE | index. With the flag
 * BATCH_INTERN_CLEAR the table is empty before this batch's strings, whose first id is 1 again.
 *
 *   struct rv_batch b;
 *   s = rv_batch_open(&b, intern, words, strings, arena);
 *   while ((s = rv_batch_next(&b, &rec)) == RV_OK) …           RV_END at the end
 *   if (s == RV_END) s = rv_intern_commit(intern, &b);         only now does the table change
 *
 * A decoded record lives until the next rv_batch_next; its spans until the arena is reset (inline,
 * new strings) or the table is cleared. rv_batch_open checks sequence and table position but moves
 * neither: a batch that is not committed leaves no trace. Threads: one at a time. */
#ifndef RV_BATCH_H
#define RV_BATCH_H
#include "arena.h"
#include "record.h"

struct rv_intern; /* the interned strings of one stream, at most INTERN_MAX */

struct rv_intern *rv_intern_new(void) RV_MUST_USE;
void rv_intern_free(struct rv_intern *intern);
/* Empties the table and expects sequence number 1 next: a new encoder is talking. */
void rv_intern_reset(struct rv_intern *intern);

struct rv_batch {
	struct rv_intern *intern;
	struct rv_arena *arena;
	struct rv_span words;
	const uint8_t *at, *end;
	struct rv_span *strings; /* of this batch, in the arena */
	uint32_t seq, flags, first_intern, n_interned, n_inline, t_ms;
	struct rv_val *values;   /* scratch, in the arena, grows to the largest record */
	uint32_t values_cap;
	enum rv_status failed;   /* sticky */
};

/* Checks head and strings. RV_VERSION on another ABI hash, RV_ORDER on a wrong sequence number or
 * intern position, RV_LIMIT past INTERN_MAX, RV_BAD also on an interned string over INTERN_MAX_LENGTH. */
enum rv_status rv_batch_open(struct rv_batch *batch, struct rv_intern *intern, struct rv_span words, struct rv_span strings, struct rv_arena *arena) RV_MUST_USE;
/* The next record, ticks absorbed into t_ms (0 before the first tick); RV_ORDER when time runs
 * backwards inside the batch. A failure is sticky. */
enum rv_status rv_batch_next(struct rv_batch *batch, struct rv_rec *rec) RV_MUST_USE;
/* Takes over the new interned strings and the sequence number; on failure neither. The batch
 * must have been read to its end; a failed one answers its failure, one committed before RV_ORDER. */
enum rv_status rv_intern_commit(struct rv_intern *intern, const struct rv_batch *batch) RV_MUST_USE;

#endif
