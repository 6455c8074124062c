/* Uploads that come in parts and are not whole yet: DIR/parts/WORKSPACE.HASH/ONE-FILE-A-PART, HASH being
 * the Idempotency-Key's. A part's name is "offset-total" in hex, so the folder alone says what is there:
 *
 *   parts/ws_x.9f…/000000000000-0000012a05f2   bytes 0 … of 19531250
 *                  000000400000-0000012a05f2   bytes 4194304 … of 19531250
 *
 * A part counts once its file has that name and the folder is on the disk, and parts are only taken one
 * after the other. The last one is never kept: it makes the upload whole, or is sent again. Threads: any. */
#ifndef RV_PARTS_H
#define RV_PARTS_H
#include "span.h"
#include "status.h"

enum { RV_PARTS_BYTES_MAX = 64 << 20, RV_PART_BYTES_MIN = 256 << 10, RV_PARTS_OPEN_MAX = 256 };

struct rv_parts;
/* Where an upload stands: so many bytes from its beginning, of so many; total 0: there is none. */
struct rv_parts_state { uint64_t received, total; };

enum rv_status rv_parts_open(const char *dir, struct rv_parts **parts) RV_MUST_USE;
void rv_parts_close(struct rv_parts *parts);
enum rv_status rv_parts_look(struct rv_parts *parts, const char *workspace_id, const char *key, struct rv_parts_state *state) RV_MUST_USE;
/* Takes the temporary file at path (open as fd, same file system) as the part at offset; blocks for the
 * sync. state: as it stands then, also for RV_CONFLICT (offset is not where it stands, or total differs).
 * RV_FULL: the disk is, or RV_PARTS_OPEN_MAX uploads of the workspace are unfinished, none of them idle
 * for ten minutes; of those that are, the oldest goes. */
enum rv_status rv_parts_add(struct rv_parts *parts, const char *workspace_id, const char *key, uint64_t offset, uint64_t total, int fd, const char *path, struct rv_parts_state *state) RV_MUST_USE;
/* Writes all parts to out (open, empty) and then the last, which is read from last; sha256 of all of it.
 * RV_CONFLICT: they do not end where last begins. */
enum rv_status rv_parts_join(struct rv_parts *parts, const char *workspace_id, const char *key, uint64_t offset, uint64_t total, int last, int out, uint8_t sha256[32]) RV_MUST_USE;
void rv_parts_drop(struct rv_parts *parts, const char *workspace_id, const char *key);
/* Removes the uploads that no part has come to for age_s. */
enum rv_status rv_parts_sweep(struct rv_parts *parts, unsigned age_s) RV_MUST_USE;

#endif
