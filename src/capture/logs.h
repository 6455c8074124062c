/* Logs of a window, as report JSON (API.md §1 names; every field: docs/ARCHITECTURE.md, "Logs of a
 * report"). Segments are walked in order of time; when there is more than fits, the newest stay and a
 * note says so. A network record replaces an earlier one of the same request: what is still going on is
 * told again as it goes on.
 * Owner: the caller. Threads: one at a time. */
#ifndef RV_LOGS_H
#define RV_LOGS_H
#include "json.h"
#include "segment.h"

enum {
	RV_LOGS_ITEMS_MAX = 1000,     /* of each kind */
	RV_LOGS_BYTES_MAX = 1 << 20,  /* of each kind */
	RV_LOGS_TEXT_MAX = 16 << 10,  /* one argument, stack, body */
	RV_LOGS_ARGS_MAX = 32,
	RV_LOGS_PARTS_MAX = 100,      /* headers of a request */
	RV_LOGS_NAME_MAX = 256,
	RV_LOGS_DEPTH_MAX = 50        /* console groups */
};

struct rv_log_item {
	double wall_ms;
	uint32_t request; /* 0: of none */
	size_t at, len;
};

struct rv_log_list {
	struct rv_buf text; /* the items' JSON, oldest first; dead bytes at the front are cut now and then */
	struct rv_log_item items[RV_LOGS_ITEMS_MAX];
	uint32_t first, n, dropped;
	size_t live_bytes;
};

struct rv_logs {
	double from_wall_ms, to_wall_ms;
	uint32_t depth; /* console groups that are open */
	struct rv_log_list console, network, frames, performance;
};

struct rv_logs *rv_logs_new(double from_wall_ms, double to_wall_ms) RV_MUST_USE;
void rv_logs_free(struct rv_logs *logs);
enum rv_status rv_logs_add(struct rv_logs *logs, struct rv_span segment, struct rv_arena *arena) RV_MUST_USE;
/* Writes the keys console_logs, network_logs, performance and log_notes into the open object. */
void rv_logs_write(const struct rv_logs *logs, struct rv_json *json);
/* The same of a whole stream; an empty one has none. */
enum rv_status rv_logs_stream(struct rv_span stream, double from_wall_ms, double to_wall_ms, struct rv_json *json) RV_MUST_USE;
/* "2026-01-31T23:59:59.999Z" as a JSON string; null for times outside of the years 0 to 9999. */
void rv_logs_time(struct rv_json *json, double wall_ms);

#endif
