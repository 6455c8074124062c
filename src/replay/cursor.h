/* Reading a run of segments record by record, for stream, rrweb and summary. A checkpoint inside an
 * epoch that is already being read says nothing new and is passed over.
 * Owner: the caller. A record lives until the next call. Threads: one at a time. */
#ifndef RV_CURSOR_H
#define RV_CURSOR_H
#include "segment.h"

struct rv_cursor_place { size_t segment; uint32_t record; uint32_t epoch; double wall_ms; bool known; };

struct rv_cursor {
	const struct rv_span *segments;
	size_t n_segments;
	struct rv_cursor_place place; /* of the next record */
	struct rv_segment_reader reader;
	struct rv_arena arena;
	bool open;
	uint64_t cost_bytes; /* what has been inflated and read so far: strings are shared, so few bytes may name many */
};

/* A stream's segments as an array, which the caller frees. */
enum rv_status rv_cursor_split(struct rv_span stream, struct rv_span **segments, size_t *n_segments) RV_MUST_USE;
void rv_cursor_init(struct rv_cursor *cursor, const struct rv_span *segments, size_t n_segments);
void rv_cursor_deinit(struct rv_cursor *cursor);
/* RV_END at the end, RV_LIMIT when the segments cost more to read than any recording does. cursor->reader.head is the head of the record's segment. */
enum rv_status rv_cursor_next(struct rv_cursor *cursor, struct rv_rec *rec) RV_MUST_USE;
/* Back (or forward) to a place that the cursor has been at. */
enum rv_status rv_cursor_seek(struct rv_cursor *cursor, struct rv_cursor_place place) RV_MUST_USE;
/* A record that is worth keeping even where the document round it is folded: pointer, page events, logs. */
bool rv_cursor_is_event(uint32_t type);
/* Where such a record names a node, which may be 0; -1: nowhere. */
int rv_cursor_event_node(uint32_t type);

#endif
