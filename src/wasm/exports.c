/* The capture core's functions. Arguments and results are bytes in the heap; nothing is decided here. */
#include "exports.h"
#include "core.h"
#include "heap.h"
#include <emscripten.h>

static struct rv_core *core;
static uint32_t key;
static double from, to; /* of the window shown last */

EMSCRIPTEN_KEEPALIVE int rv_start(void)
{
	rv_core_free(core);
	return (int)rv_core_new(&core);
}

/* A core that is not as it was asked to be records nothing. */
static int set(enum rv_status status)
{
	if (status != RV_OK) {
		rv_core_free(core);
		core = NULL;
	}
	return (int)status;
}

EMSCRIPTEN_KEEPALIVE int rv_option(uint32_t option, double value)
{
	return core ? set(rv_core_option(core, option, value)) : RV_NOT_FOUND;
}

EMSCRIPTEN_KEEPALIVE int rv_pattern(const uint8_t *ptr, uint32_t len)
{
	return core ? set(rv_core_pattern(core, rv_span(ptr, len))) : RV_NOT_FOUND;
}

EMSCRIPTEN_KEEPALIVE int rv_batch(const uint8_t *words, uint32_t words_len, const uint8_t *strings, uint32_t strings_len)
{
	return core ? (int)rv_core_batch(core, rv_span(words, words_len), rv_span(strings, strings_len)) : RV_NOT_FOUND;
}

EMSCRIPTEN_KEEPALIVE uint32_t rv_join(uint32_t host, uint32_t flags, uint32_t level)
{
	return core ? rv_core_join(core, host, flags, level) : 0;
}

EMSCRIPTEN_KEEPALIVE int rv_part(const uint8_t *words, uint32_t words_len, const uint8_t *strings, uint32_t strings_len, uint32_t part, uint32_t now_ms)
{
	return core ? (int)rv_core_part(core, part, now_ms, rv_span(words, words_len), rv_span(strings, strings_len)) : RV_NOT_FOUND;
}

EMSCRIPTEN_KEEPALIVE void rv_leave(uint32_t part)
{
	if (core)
		rv_core_leave(core, part);
}

EMSCRIPTEN_KEEPALIVE void rv_drift(void)
{
	rv_heap_show(core ? rv_core_drift(core) : rv_span(NULL, 0));
}

EMSCRIPTEN_KEEPALIVE void rv_restart(void)
{
	if (core)
		rv_core_restart(core);
}

EMSCRIPTEN_KEEPALIVE int rv_seal(uint32_t now_ms, int force)
{
	return core ? (int)rv_core_seal(core, now_ms, force != 0) : RV_NOT_FOUND;
}

EMSCRIPTEN_KEEPALIVE int rv_tail(void)
{
	return core ? rv_heap_done(rv_core_tail(core, rv_heap_out())) : RV_NOT_FOUND;
}

EMSCRIPTEN_KEEPALIVE int rv_unsaved(void)
{
	struct rv_span segment = {0};
	int status;

	rv_heap_out();
	status = core ? (int)rv_core_unsaved(core, &key, &segment) : RV_NOT_FOUND;
	rv_heap_show(segment);
	return status;
}

EMSCRIPTEN_KEEPALIVE int rv_pack(uint32_t segment_key, const uint8_t *ptr, uint32_t len)
{
	struct rv_span segment = {0};
	int status = core ? (int)rv_core_pack(core, segment_key, rv_span(ptr, len), &segment) : RV_NOT_FOUND;

	rv_heap_show(segment);
	return status;
}

EMSCRIPTEN_KEEPALIVE uint32_t rv_key(void)
{
	return key;
}

EMSCRIPTEN_KEEPALIVE uint32_t rv_oldest(void)
{
	return core ? rv_core_oldest(core) : 0;
}

EMSCRIPTEN_KEEPALIVE int rv_load(const uint8_t *ptr, uint32_t len)
{
	return core ? (int)rv_core_load(core, rv_span(ptr, len)) : RV_NOT_FOUND;
}

EMSCRIPTEN_KEEPALIVE void rv_forget(void)
{
	if (core)
		rv_core_forget(core);
}

EMSCRIPTEN_KEEPALIVE int rv_window(double from_wall_ms, double to_wall_ms)
{
	from = from_wall_ms;
	to = to_wall_ms;
	return core ? rv_heap_done(rv_core_window(core, &from, &to, rv_heap_out())) : RV_NOT_FOUND;
}

EMSCRIPTEN_KEEPALIVE double rv_from(void)
{
	return from;
}

EMSCRIPTEN_KEEPALIVE double rv_to(void)
{
	return to;
}

EMSCRIPTEN_KEEPALIVE int rv_redacted(const uint8_t *text, uint32_t len)
{
	return core ? rv_heap_done(rv_core_redact(core, rv_span(text, len), rv_heap_out())) : RV_NOT_FOUND;
}

EMSCRIPTEN_KEEPALIVE int rv_counters(void)
{
	static uint32_t counters[RV_COUNTERS];

	if (!core)
		return RV_NOT_FOUND;
	rv_core_counters(core, counters);
	rv_heap_show(rv_span(counters, sizeof(counters)));
	return RV_OK;
}
