/* Cutting a window out of a run of segments. `segments` are whole segments in order of time (from
 * the ring or a stream), the first being a checkpoint or a page's first records. The result is a
 * native stream that begins exactly at from_wall_ms: everything before is folded into one checkpoint
 * of that time, records from then to to_wall_ms follow unchanged, in longer segments than the ring's. A
 * first walk that is not complete at the start is folded to its end; logs, pointer and page events of the
 * window stay. A page that just stood still in the window is a checkpoint alone. RV_NOT_FOUND when there is
 * neither a record nor a document; out is then, and on any failure, as it was. */
#ifndef RV_STREAM_H
#define RV_STREAM_H
#include "mirror.h"
#include "segment.h"

enum rv_status rv_stream_cut(const struct rv_span *segments, size_t n_segments, double from_wall_ms, double to_wall_ms, struct rv_buf *out) RV_MUST_USE;
/* The same out of a stream. */
enum rv_status rv_stream_cut_out(struct rv_span stream, double from_wall_ms, double to_wall_ms, struct rv_buf *out) RV_MUST_USE;
/* Folds a stream up to and with at_wall_ms into mirror (reset first): the document at that time. Stops
 * at the first record that the mirror refuses, with its status. */
enum rv_status rv_stream_fold(struct rv_span stream, double at_wall_ms, struct rv_mirror *mirror) RV_MUST_USE;

#endif
