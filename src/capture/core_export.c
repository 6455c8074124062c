/* What leaves the core: the native stream and the logs of a window. */
#include "core_priv.h"
#include "logs.h"
#include "stream.h"
#include <stdlib.h>

struct window {
	double from_wall_ms, to_wall_ms;
};

static struct window window_of(const struct rv_core *core, double from_wall_ms, double to_wall_ms)
{
	struct window window = {from_wall_ms, to_wall_ms};

	if (!(to_wall_ms > 0))
		window.to_wall_ms = core->now_wall_ms;
	if (!(from_wall_ms > 0))
		window.from_wall_ms = window.to_wall_ms - core->options.window_ms;
	if (window.from_wall_ms > window.to_wall_ms)
		window.from_wall_ms = window.to_wall_ms;
	return window;
}

enum rv_status rv_core_export(struct rv_core *core, double from_wall_ms, double to_wall_ms, struct rv_buf *out)
{
	struct window window = window_of(core, from_wall_ms, to_wall_ms);
	const struct rv_ring *ring = &core->ring;
	struct rv_span *segments = malloc((ring->n + 1) * sizeof(*segments));
	enum rv_status status;
	size_t n = 0, i;

	if (!segments)
		return RV_MEMORY;
	for (i = rv_ring_anchor(ring, window.from_wall_ms); i < ring->n; i++)
		segments[n++] = rv_ring_segment(ring, i);
	status = rv_core_scratch(core, 1);
	if (status == RV_OK)
		segments[n++] = rv_buf_get(&core->scratch);
	if (status == RV_OK || status == RV_NOT_FOUND)
		status = n ? rv_stream_cut(segments, n, window.from_wall_ms, window.to_wall_ms, out) : RV_NOT_FOUND;
	free(segments);
	return status;
}

static enum rv_status add_logs(struct rv_core *core, struct rv_logs *logs)
{
	const struct rv_ring *ring = &core->ring;
	enum rv_status status = RV_OK;
	size_t i;

	for (i = 0; i < ring->n && status == RV_OK; i++) {
		const struct rv_ring_entry *entry = &ring->entries[i];

		if (!entry->checkpoint && entry->last_wall_ms >= logs->from_wall_ms && entry->first_wall_ms <= logs->to_wall_ms)
			status = rv_logs_add(logs, rv_ring_segment(ring, i), &core->arena);
	}
	if (status != RV_OK)
		return status;
	status = rv_core_scratch(core, 1);
	if (status == RV_NOT_FOUND)
		return RV_OK;
	return status == RV_OK ? rv_logs_add(logs, rv_buf_get(&core->scratch), &core->arena) : status;
}

enum rv_status rv_core_logs(struct rv_core *core, double from_wall_ms, double to_wall_ms, struct rv_buf *json_out)
{
	struct window window = window_of(core, from_wall_ms, to_wall_ms);
	struct rv_logs *logs = rv_logs_new(window.from_wall_ms, window.to_wall_ms);
	struct rv_json json;
	enum rv_status status;

	if (!logs)
		return RV_MEMORY;
	status = add_logs(core, logs);
	if (status == RV_OK) {
		rv_json_init(&json, json_out);
		rv_json_open(&json, '{');
		rv_logs_write(logs, &json);
		rv_json_key(&json, "capture");
		rv_core_counters(core, &json);
		rv_json_close(&json, '}');
		status = rv_buf_status(json_out);
	}
	rv_logs_free(logs);
	return status;
}

enum rv_status rv_core_redact(struct rv_core *core, struct rv_span text, struct rv_buf *out)
{
	enum rv_status status;

	rv_arena_reset(&core->arena);
	status = rv_redact_text(&core->redact, &text, &core->arena);
	if (status != RV_OK)
		return status;
	rv_buf_span(out, text);
	return rv_buf_status(out);
}
