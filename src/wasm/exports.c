/* The exported functions. Arguments and results are bytes in the heap; nothing is decided here. */
#include "exports.h"
#include "core.h"
#include "markup.h"
#include "png.h"
#include "rrweb.h"
#include "stream.h"
#include <emscripten.h>
#include <stdlib.h>

enum { OUT_MAX = 128 << 20, OUT_KEPT = 1 << 20 };

static struct rv_core *core;
static struct rv_markup *markup;
static struct rv_buf out;
static struct rv_span result; /* what rv_out_ptr and rv_out_len show: `out`, or bytes of the core */
static uint32_t key;

/* The heap has grown: JavaScript makes its views anew after every call, so there is nothing to tell. */
void emscripten_notify_memory_growth(size_t memory_index)
{
	(void)memory_index;
}

static struct rv_buf *fresh(void)
{
	if (out.cap > OUT_KEPT)
		rv_buf_deinit(&out);
	if (!out.max)
		rv_buf_init(&out, OUT_MAX);
	rv_buf_clear(&out);
	result = rv_span(NULL, 0);
	return &out;
}

static int done(enum rv_status status)
{
	result = rv_buf_get(&out);
	return (int)status;
}

/* The markup reads the document: it ends before that changes. */
static void end_markup(void)
{
	rv_markup_free(markup);
	markup = NULL;
}

EMSCRIPTEN_KEEPALIVE uint32_t rv_abi(void)
{
	return RV_ABI_HASH;
}

EMSCRIPTEN_KEEPALIVE uint8_t *rv_alloc(uint32_t len)
{
	return malloc(len ? len : 1);
}

EMSCRIPTEN_KEEPALIVE void rv_free(uint8_t *ptr)
{
	free(ptr);
}

EMSCRIPTEN_KEEPALIVE const uint8_t *rv_out_ptr(void)
{
	return result.ptr;
}

EMSCRIPTEN_KEEPALIVE uint32_t rv_out_len(void)
{
	return (uint32_t)result.len;
}

EMSCRIPTEN_KEEPALIVE int rv_start(const uint8_t *ptr, uint32_t len)
{
	end_markup();
	rv_core_free(core);
	core = NULL;
	return done(rv_core_new(rv_span(ptr, len), &core, fresh()));
}

EMSCRIPTEN_KEEPALIVE int rv_batch(const uint8_t *words, uint32_t words_len, const uint8_t *strings, uint32_t strings_len)
{
	end_markup();
	return core ? (int)rv_core_batch(core, rv_span(words, words_len), rv_span(strings, strings_len)) : RV_NOT_FOUND;
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
	return core ? done(rv_core_tail(core, fresh())) : RV_NOT_FOUND;
}

EMSCRIPTEN_KEEPALIVE int rv_unsaved(void)
{
	fresh();
	return core ? (int)rv_core_unsaved(core, &key, &result) : RV_NOT_FOUND;
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
	end_markup();
	if (core)
		rv_core_forget(core);
}

EMSCRIPTEN_KEEPALIVE int rv_export(double from_wall_ms, double to_wall_ms)
{
	return core ? done(rv_core_export(core, from_wall_ms, to_wall_ms, fresh())) : RV_NOT_FOUND;
}

static enum rv_status add_piece(void *user, struct rv_span piece)
{
	rv_buf_span(user, piece);
	return rv_buf_status(user);
}

EMSCRIPTEN_KEEPALIVE int rv_rrweb(double from_wall_ms, double to_wall_ms)
{
	struct rv_buf stream;
	enum rv_status status;

	if (!core)
		return RV_NOT_FOUND;
	rv_buf_init(&stream, OUT_MAX);
	status = rv_core_export(core, from_wall_ms, to_wall_ms, &stream);
	if (status == RV_OK)
		status = rv_rrweb_export(rv_buf_get(&stream), add_piece, fresh(), NULL);
	rv_buf_deinit(&stream);
	return done(status);
}

EMSCRIPTEN_KEEPALIVE int rv_logs(double from_wall_ms, double to_wall_ms)
{
	return core ? done(rv_core_logs(core, from_wall_ms, to_wall_ms, fresh())) : RV_NOT_FOUND;
}

EMSCRIPTEN_KEEPALIVE int rv_redacted(const uint8_t *text, uint32_t len)
{
	return core ? done(rv_core_redact(core, rv_span(text, len), fresh())) : RV_NOT_FOUND;
}

EMSCRIPTEN_KEEPALIVE int rv_counters(void)
{
	struct rv_json json;

	if (!core)
		return RV_NOT_FOUND;
	rv_json_init(&json, fresh());
	rv_core_counters(core, &json);
	return done(rv_buf_status(&out));
}

EMSCRIPTEN_KEEPALIVE int rv_markup(uint32_t width, uint32_t height, uint32_t root_font_milli, const uint8_t *background, uint32_t background_len, const uint32_t *cull, uint32_t n_cull)
{
	struct rv_markup_options options = {
		.width = width,
		.height = height,
		.root_font_milli = root_font_milli,
		.background = background_len ? rv_span(background, background_len) : rv_span(NULL, 0),
		.cull = (const struct rv_markup_cull *)cull,
		.n_cull = n_cull,
	};

	end_markup();
	if (!core)
		return RV_NOT_FOUND;
	fresh();
	markup = rv_markup_new(rv_core_mirror(core), &options);
	return markup ? done(rv_markup_resources(markup, &out)) : RV_MEMORY;
}

EMSCRIPTEN_KEEPALIVE int rv_markup_resource(uint32_t index, const uint8_t *data_url, uint32_t len)
{
	return markup ? (int)rv_markup_add(markup, index, rv_span(data_url, len)) : RV_NOT_FOUND;
}

EMSCRIPTEN_KEEPALIVE int rv_markup_svg(void)
{
	enum rv_status status;

	fresh();
	status = markup ? rv_markup_write(markup, &out) : RV_NOT_FOUND;
	end_markup();
	return done(status);
}

EMSCRIPTEN_KEEPALIVE int rv_png(uint8_t *pixels, uint32_t width, uint32_t height)
{
	return done(rv_png_encode(pixels, width, height, fresh()));
}

EMSCRIPTEN_KEEPALIVE int rv_fold_hash(const uint8_t *stream, uint32_t len, double at_wall_ms)
{
	struct rv_mirror *mirror = rv_mirror_new(NULL);
	enum rv_status status = mirror ? rv_stream_fold(rv_span(stream, len), at_wall_ms, mirror) : RV_MEMORY;

	fresh();
	if (status == RV_OK)
		rv_buf_u32le(&out, rv_mirror_hash(mirror));
	rv_mirror_free(mirror);
	return done(status == RV_OK ? rv_buf_status(&out) : status);
}
