/* The tools' functions: what is made of a native stream, and PNG. Nothing is decided here. */
#include "exports.h"
#include "assets.h"
#include "heap.h"
#include "logs.h"
#include "markup.h"
#include "png.h"
#include "redact.h"
#include "rrweb.h"
#include "stream.h"
#include <emscripten.h>

static struct rv_mirror *mirror;

static enum rv_status fold(const uint8_t *stream, uint32_t len, double at_wall_ms)
{
	if (!mirror && !(mirror = rv_mirror_new(NULL)))
		return RV_MEMORY;
	return rv_stream_fold(rv_span(stream, len), at_wall_ms, mirror);
}

static enum rv_status add_piece(void *user, struct rv_span piece)
{
	rv_buf_span(user, piece);
	return rv_buf_status(user);
}

EMSCRIPTEN_KEEPALIVE int rv_cut(const uint8_t *stream, uint32_t len, double from_wall_ms, double to_wall_ms)
{
	return rv_heap_done(rv_stream_cut_out(rv_span(stream, len), from_wall_ms, to_wall_ms, rv_heap_out()));
}

EMSCRIPTEN_KEEPALIVE int rv_logs(const uint8_t *stream, uint32_t len, double from_wall_ms, double to_wall_ms)
{
	struct rv_buf *out = rv_heap_out();
	struct rv_json json;
	enum rv_status status;

	rv_json_init(&json, out);
	rv_json_open(&json, '{');
	status = rv_logs_stream(rv_span(stream, len), from_wall_ms, to_wall_ms, &json);
	rv_json_close(&json, '}');
	return rv_heap_done(status == RV_OK ? rv_buf_status(out) : status);
}

EMSCRIPTEN_KEEPALIVE int rv_rrweb(const uint8_t *stream, uint32_t len)
{
	return rv_heap_done(rv_rrweb_export(rv_span(stream, len), add_piece, rv_heap_out(), NULL));
}

/* The addresses as JSON, without those that carry a secret. */
static enum rv_status write_addresses(const struct rv_urls *urls, struct rv_buf *out)
{
	struct rv_redact redact;
	struct rv_arena arena;
	struct rv_json json;
	enum rv_status status = RV_OK;

	rv_redact_init(&redact);
	rv_arena_init(&arena, RV_ASSETS_MAX * RV_ASSETS_URL_MAX * 2);
	rv_json_init(&json, out);
	rv_json_open(&json, '[');
	for (uint32_t i = 0; i < urls->n && status == RV_OK; i++) {
		static const char mark[] = "[redacted";
		struct rv_span url = rv_urls_get(urls, i), clean = url;
		bool secret = false;
		status = rv_redact_address(&redact, &clean, &arena);
		for (size_t at = 0; at + sizeof mark - 1 <= url.len && !secret; at++)
			secret = memcmp(url.ptr + at, mark, sizeof mark - 1) == 0;
		if (!secret && clean.ptr == url.ptr)
			rv_json_text(&json, url);
	}
	rv_json_close(&json, ']');
	rv_arena_deinit(&arena);
	rv_redact_deinit(&redact);
	return status == RV_OK ? rv_buf_status(out) : status;
}

EMSCRIPTEN_KEEPALIVE int rv_assets(const uint8_t *stream, uint32_t len)
{
	struct rv_urls *urls = rv_urls_new();
	struct rv_buf *out = rv_heap_out();
	enum rv_status status = urls ? rv_assets_stream(rv_span(stream, len), urls) : RV_MEMORY;

	if (status == RV_OK)
		status = write_addresses(urls, out);
	rv_urls_free(urls);
	return rv_heap_done(status);
}

EMSCRIPTEN_KEEPALIVE int rv_assets_sheet(const uint8_t *css, uint32_t len, const uint8_t *base, uint32_t base_len)
{
	struct rv_urls *urls = rv_urls_new();
	struct rv_buf *out = rv_heap_out();
	const struct rv_rrweb_assets collect = {rv_assets_collect, urls};
	enum rv_status status = urls ? RV_OK : RV_MEMORY;

	if (urls) {
		rv_assets_css(rv_span(base, base_len), rv_span(css, len), &collect, out);
		status = rv_buf_status(out);
		rv_buf_clear(out);
	}
	if (status == RV_OK)
		status = write_addresses(urls, out);
	rv_urls_free(urls);
	return rv_heap_done(status);
}

EMSCRIPTEN_KEEPALIVE int rv_markup(const uint8_t *stream, uint32_t len)
{
	struct rv_buf *out = rv_heap_out();
	const enum rv_status status = fold(stream, len, 1e300);

	return rv_heap_done(status == RV_OK ? rv_markup_write(mirror, out) : status);
}

EMSCRIPTEN_KEEPALIVE int rv_png(uint8_t *pixels, uint32_t width, uint32_t height)
{
	return rv_heap_done(rv_png_encode(pixels, width, height, rv_heap_out()));
}

EMSCRIPTEN_KEEPALIVE int rv_fold_hash(const uint8_t *stream, uint32_t len, double at_wall_ms)
{
	struct rv_buf *out = rv_heap_out();
	const enum rv_status status = fold(stream, len, at_wall_ms);

	if (status == RV_OK)
		rv_buf_u32le(out, rv_mirror_hash(mirror));
	return rv_heap_done(status == RV_OK ? rv_buf_status(out) : status);
}
