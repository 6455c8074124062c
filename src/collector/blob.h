/* Content-addressed files under DIR/blobs/ab/cdef…: temporary name, sync, rename, directory sync.
 * A blob is never changed; putting the same bytes twice is one file. Threads: any. */
#ifndef RV_BLOB_H
#define RV_BLOB_H
#include "span.h"
#include "status.h"

struct rv_blobs;
/* Makes the folders, empties the temporary one. RV_CONFLICT: another process has these blobs open. */
enum rv_status rv_blobs_open(const char *dir, struct rv_blobs **blobs) RV_MUST_USE;
void rv_blobs_close(struct rv_blobs *blobs);
/* Takes the temporary file at path (open as fd, same file system, content hashed to sha256) into place. Blocks for the sync. */
enum rv_status rv_blob_put(struct rv_blobs *blobs, const uint8_t sha256[32], int fd, const char *path) RV_MUST_USE;
/* An open read-only descriptor in *fd, RV_NOT_FOUND without one. */
enum rv_status rv_blob_open(struct rv_blobs *blobs, const char *sha256_hex, int *fd, uint64_t *bytes) RV_MUST_USE;
/* Calls wanted for each blob untouched for age_s; removes those it answers false for. */
enum rv_status rv_blobs_sweep(struct rv_blobs *blobs, unsigned age_s, bool (*wanted)(void *user, const char *sha256_hex), void *user) RV_MUST_USE;
enum rv_status rv_blob_remove(struct rv_blobs *blobs, const char *sha256_hex) RV_MUST_USE;
const char *rv_blobs_temp_dir(struct rv_blobs *blobs);
#endif
