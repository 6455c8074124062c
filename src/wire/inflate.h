/* Raw deflate (RFC 1951) out of one buffer into another. Two readers with one contract:
 *
 *   rv_inflate        zlib's: fast, 8 KB of code. What native builds use.
 *   rv_inflate_small  a third of the speed in a kilobyte, without allocations: what the Wasm modules use.
 *
 * RV_OK when `in` is exactly one deflate stream and it fills out[len] to the byte; RV_BAD otherwise
 * (out then holds anything); RV_MEMORY from zlib's alone. RV_INFLATE names the one that this build
 * reads segments with. */
#ifndef RV_INFLATE_H
#define RV_INFLATE_H
#include "span.h"
#include "status.h"

#ifndef RV_INFLATE
#define RV_INFLATE rv_inflate
#endif

enum rv_status rv_inflate(struct rv_span in, uint8_t *out, size_t len) RV_MUST_USE;
enum rv_status rv_inflate_small(struct rv_span in, uint8_t *out, size_t len) RV_MUST_USE;

#endif
