/* The capture core: head mirror, ring, masking, redaction, export. What src/wasm exports, as plain C.
 * Time is an argument; nothing here reads a clock. Threads: one at a time. */
#ifndef RV_CORE_H
#define RV_CORE_H
#include "buf.h"
#include "mirror.h"

struct rv_core;

enum rv_status rv_core_new(struct rv_core **core) RV_MUST_USE;
/* Until the first batch, else RV_ORDER: an option by OPTION_*, see options.c for what each may be; a pattern
 * to redact (pattern.h). RV_BAD and nothing changed for what is not usable. */
enum rv_status rv_core_option(struct rv_core *core, uint32_t option, double value) RV_MUST_USE;
enum rv_status rv_core_pattern(struct rv_core *core, struct rv_span pattern) RV_MUST_USE;
void rv_core_free(struct rv_core *core);

/* Checks, masks, redacts, applies and stores one batch: all of it or nothing. */
enum rv_status rv_core_batch(struct rv_core *core, struct rv_span words, struct rv_span strings) RV_MUST_USE;
/* Ids of the nodes for which the last good batch's check records say something else than the mirror,
 * u32le, in the ids of that batch: see drift.h. */
struct rv_span rv_core_drift(const struct rv_core *core);

/* ---- frames of another origin: documents that encoders of their own describe ---- */
/* A new part of the page: the document below the element host, its text masked at least as level (enum
 * rv_level) says, and wholly when flags has EL_MASK. 0 when there is no such frame, the page
 * describes its document itself, or there are too many parts. A part that the host had before ends with
 * the new one's first batch: of several that are offered to a frame it may use any. */
uint32_t rv_core_join(struct rv_core *core, uint32_t host, uint32_t flags, uint32_t level) RV_MUST_USE;
/* A batch of the part's encoder, which names ids of its own. Its times are brought between the page's
 * last record and now_ms (of the page's epoch). What is not about the document or the logs is passed
 * over. On any failure the part has ended. RV_NOT_FOUND when it had before: its element left, or the
 * page began anew. */
enum rv_status rv_core_part(struct rv_core *core, uint32_t part, uint32_t now_ms, struct rv_span words, struct rv_span strings) RV_MUST_USE;
/* The frame shows something else now. */
void rv_core_leave(struct rv_core *core, uint32_t part);

/* A new encoder is about to talk (worker restart, reload): sequence numbers and strings start anew. */
void rv_core_restart(struct rv_core *core);

/* ---- survival: what to write to IndexedDB. Ring entries have increasing keys. ---- */
/* Seals the open segment if it is due at now_ms (epoch time) or force; writes a checkpoint if due. */
enum rv_status rv_core_seal(struct rv_core *core, uint32_t now_ms, bool force) RV_MUST_USE;
/* The open segment as a whole, masked, self-contained segment; RV_NOT_FOUND when empty. */
enum rv_status rv_core_tail(struct rv_core *core, struct rv_buf *out) RV_MUST_USE;
/* The next ring entry not yet handed out by this call; RV_END when none. *key is its number. */
enum rv_status rv_core_unsaved(struct rv_core *core, uint32_t *key, struct rv_span *segment) RV_MUST_USE;
/* A segment that was handed out, compressed better: payload is raw deflate of the bytes that its own holds.
 * *segment: it as it is then, until the next call. RV_NOT_FOUND when it is gone, or the payload no shorter. */
enum rv_status rv_core_pack(struct rv_core *core, uint32_t key, struct rv_span payload, struct rv_span *segment) RV_MUST_USE;
/* The smallest key still in the ring: everything below it may be deleted. */
uint32_t rv_core_oldest(const struct rv_core *core);
/* Puts a saved segment back, in order, before the first batch. Checked like anything from outside. */
enum rv_status rv_core_load(struct rv_core *core, struct rv_span segment) RV_MUST_USE;
/* Ends the window: drops everything before now (logout). */
void rv_core_forget(struct rv_core *core);

/* ---- out ---- */
/* What is needed to cut the window [*from, *to] out: a native stream that begins with the document
 * before *from and goes on until now. Both become what they stand for, as in rv_core_export. Cheap: the
 * tools module cuts, reads logs and draws from it. RV_NOT_FOUND when nothing is recorded. */
enum rv_status rv_core_window(struct rv_core *core, double *from_wall_ms, double *to_wall_ms, struct rv_buf *out) RV_MUST_USE;
/* The window [from, to] in wall-clock ms (0, 0: the configured window up to now) as a native stream.
 * A from after to is to: the document then and little else. */
enum rv_status rv_core_export(struct rv_core *core, double from_wall_ms, double to_wall_ms, struct rv_buf *out) RV_MUST_USE;
/* {"console_logs":[…],"network_logs":[…],…} of the window, fields as API §1. */
enum rv_status rv_core_logs(struct rv_core *core, double from_wall_ms, double to_wall_ms, struct rv_buf *json_out) RV_MUST_USE;
/* Text that goes into a report beside the stream (the page's address, its title), redacted as logs are. */
enum rv_status rv_core_redact(struct rv_core *core, struct rv_span text, struct rv_buf *out) RV_MUST_USE;
/* By COUNTER_*. */
void rv_core_counters(const struct rv_core *core, uint32_t out[RV_COUNTERS]);
const struct rv_mirror *rv_core_mirror(const struct rv_core *core);

#endif
