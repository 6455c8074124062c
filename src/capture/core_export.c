/* What leaves the core: the native stream and the logs of a window. */
#include "core_priv.h"
#include "cursor.h"
#include "logs.h"
#include "stream.h"

enum { STREAM_MAX = 512 << 20 };

static void resolve(const struct rv_core *core, double *from_wall_ms, double *to_wall_ms)
{
	if (!(*to_wall_ms > 0))
		*to_wall_ms = core->now_wall_ms;
	if (!(*from_wall_ms > 0))
		*from_wall_ms = *to_wall_ms - core->options.window_ms;
	if (*from_wall_ms > *to_wall_ms)
		*from_wall_ms = *to_wall_ms;
}

enum rv_status rv_core_window(struct rv_core *core, double *from_wall_ms, double *to_wall_ms, struct rv_buf *out)
{
	const struct rv_ring *ring = &core->ring;
	size_t before = out->len, i;
	enum rv_status status;

	resolve(core, from_wall_ms, to_wall_ms);
	rv_stream_begin(out);
	/* Records of the same millisecond may lie before an anchor. */
	for (i = rv_ring_anchor(ring, *from_wall_ms - 1); i < ring->n; i++)
		rv_buf_span(out, rv_ring_segment(ring, i));
	status = rv_core_tail(core, out);
	if (status == RV_NOT_FOUND && ring->n)
		status = RV_OK;
	if (status == RV_OK)
		status = rv_buf_status(out);
	if (status != RV_OK)
		out->len = before;
	return status;
}

enum rv_status rv_core_export(struct rv_core *core, double from_wall_ms, double to_wall_ms, struct rv_buf *out)
{
	struct rv_buf stream;
	enum rv_status status;

	rv_buf_init(&stream, STREAM_MAX);
	status = rv_core_window(core, &from_wall_ms, &to_wall_ms, &stream);
	if (status == RV_OK)
		status = rv_stream_cut_out(rv_buf_get(&stream), from_wall_ms, to_wall_ms, out);
	rv_buf_deinit(&stream);
	return status;
}

enum rv_status rv_core_logs(struct rv_core *core, double from_wall_ms, double to_wall_ms, struct rv_buf *json_out)
{
	struct rv_buf stream;
	struct rv_json json;
	size_t before = json_out->len;
	enum rv_status status;

	rv_buf_init(&stream, STREAM_MAX);
	status = rv_core_window(core, &from_wall_ms, &to_wall_ms, &stream);
	rv_json_init(&json, json_out);
	rv_json_open(&json, '{');
	if (status == RV_OK || status == RV_NOT_FOUND)
		status = rv_logs_stream(rv_buf_get(&stream), from_wall_ms, to_wall_ms, &json);
	rv_buf_deinit(&stream);
	if (status != RV_OK) {
		json_out->len = before;
		return status;
	}
	rv_json_close(&json, '}');
	return rv_buf_status(json_out);
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
