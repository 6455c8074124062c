#include "cursor.h"
#include <stdlib.h>

#define COST_MAX ((uint64_t)2 << 30)
enum { ARENA_MAX = 160 << 20 }; /* one segment: its text, its string table, one record */

enum rv_status rv_cursor_split(struct rv_span stream, struct rv_span **segments, size_t *n_segments)
{
	struct rv_span *list = NULL, segment;
	size_t n = 0, cap = 0, pos = 0;
	enum rv_status status;
	while ((status = rv_stream_next(stream, &pos, &segment)) == RV_OK) {
		if (n == cap) {
			cap = cap ? cap * 2 : 64;
			struct rv_span *more = realloc(list, cap * sizeof *list);
			if (!more) {
				status = RV_MEMORY;
				break;
			}
			list = more;
		}
		list[n++] = segment;
	}
	if (status != RV_END) {
		free(list);
		return status;
	}
	*segments = list;
	*n_segments = n;
	return RV_OK;
}

void rv_cursor_init(struct rv_cursor *cursor, const struct rv_span *segments, size_t n_segments)
{
	*cursor = (struct rv_cursor){.segments = segments, .n_segments = n_segments};
	rv_arena_init(&cursor->arena, ARENA_MAX);
}

void rv_cursor_deinit(struct rv_cursor *cursor)
{
	rv_arena_deinit(&cursor->arena);
}

static enum rv_status open_segment(struct rv_cursor *cursor)
{
	rv_arena_reset(&cursor->arena);
	enum rv_status status = rv_segment_open(&cursor->reader, cursor->segments[cursor->place.segment], &cursor->arena);
	cursor->open = status == RV_OK;
	if (cursor->open)
		cursor->cost_bytes += cursor->reader.head.raw_bytes;
	return status;
}

static uint64_t text_bytes(const struct rv_rec *rec)
{
	const struct rv_schema *schema = rv_record_schema(rec->type);
	uint64_t bytes = 0;
	for (uint32_t i = 0; schema && i < rec->n; i++)
		bytes += rv_record_field(schema, i) == RV_FIELD_STR ? rec->v[i].s.len : 0;
	return bytes;
}

enum rv_status rv_cursor_next(struct rv_cursor *cursor, struct rv_rec *rec)
{
	struct rv_cursor_place *place = &cursor->place;
	for (;;) {
		if (!cursor->open) {
			struct rv_segment_head head;
			size_t size;
			if (place->segment == cursor->n_segments)
				return RV_END;
			enum rv_status status = rv_segment_head(cursor->segments[place->segment], &head, &size);
			if (status != RV_OK)
				return status;
			bool same = place->known && place->epoch == head.epoch && place->wall_ms == head.epoch_wall_ms;
			if (same && head.kind == RV_SEGMENT_CHECKPOINT) {
				place->segment++;
				continue;
			}
			status = open_segment(cursor);
			if (status != RV_OK)
				return status;
			place->known = true;
			place->epoch = head.epoch;
			place->wall_ms = head.epoch_wall_ms;
		}
		enum rv_status status = rv_segment_next(&cursor->reader, rec);
		if (status == RV_OK) {
			place->record++;
			cursor->cost_bytes += text_bytes(rec);
			return cursor->cost_bytes > COST_MAX ? RV_LIMIT : RV_OK;
		}
		if (status != RV_END)
			return status;
		cursor->open = false;
		place->segment++;
		place->record = 0;
	}
}

enum rv_status rv_cursor_seek(struct rv_cursor *cursor, struct rv_cursor_place place)
{
	uint32_t records = place.record;
	cursor->place = place;
	cursor->open = false;
	if (!records)
		return RV_OK;
	enum rv_status status = open_segment(cursor);
	for (struct rv_rec rec; status == RV_OK && records; records--)
		status = rv_segment_next(&cursor->reader, &rec);
	return status;
}

int rv_cursor_event_node(uint32_t type)
{
	switch (type) {
	case RV_REC_POINTER: return RV_POINTER_NODE;
	case RV_REC_POINTER_MOVE: return RV_POINTER_MOVE_NODE;
	case RV_REC_KEY: return RV_KEY_NODE;
	case RV_REC_CLIPBOARD: return RV_CLIPBOARD_NODE;
	case RV_REC_PERFORMANCE: return RV_PERFORMANCE_NODE;
	default: return -1;
	}
}

bool rv_cursor_is_event(uint32_t type)
{
	switch (type) {
	case RV_REC_GAP:
	case RV_REC_NOTE:
	case RV_REC_POINTER:
	case RV_REC_POINTER_MOVE:
	case RV_REC_VISIBILITY:
	case RV_REC_NAVIGATE:
	case RV_REC_CONSOLE:
	case RV_REC_ERROR:
	case RV_REC_NETWORK:
	case RV_REC_CUSTOM:
	case RV_REC_KEY:
	case RV_REC_CLIPBOARD:
	case RV_REC_LIFECYCLE:
	case RV_REC_TRANSITION:
	case RV_REC_PERFORMANCE:
	case RV_REC_SOCKET: return true;
	default: return false;
	}
}
