/* PNG: what was put in comes out again, decoded by the specification's rules over zlib's inflate. */
#include "cmocka_all.h"
#include "fail_alloc.h"
#include "png.h"
#include <stdlib.h>
#include <zlib.h>

static uint32_t u32be(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint8_t guess(int filter, int a, int b, int c)
{
	int p = a + b - c, pa = abs(p - a), pb = abs(p - b), pc = abs(p - c);

	switch (filter) {
	case 0: return 0;
	case 1: return (uint8_t)a;
	case 2: return (uint8_t)b;
	case 3: return (uint8_t)((a + b) / 2);
	default: return (uint8_t)(pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
	}
}

/* *out_len: room, then what came out. */
static void inflate_whole(const uint8_t *data, size_t len, uint8_t *out, size_t *out_len)
{
	z_stream stream = {0};

	assert_int_equal(inflateInit(&stream), Z_OK);
	stream.next_in = (Bytef *)data;
	stream.avail_in = (uInt)len;
	stream.next_out = out;
	stream.avail_out = (uInt)*out_len;
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	*out_len = stream.total_out;
	inflateEnd(&stream);
}

/* Decodes to RGBA and compares; answers the colour type. */
static uint32_t check_png(const struct rv_buf *png, const uint8_t *pixels, uint32_t width, uint32_t height)
{
	const uint8_t *at = png->ptr + 8, *end = png->ptr + png->len, *palette = NULL, *alphas = NULL;
	uint32_t type = 0, n_alphas = 0, channels, x, y, k;
	uint8_t *rows = NULL;
	size_t n_rows = 0;

	assert_memory_equal(png->ptr, "\x89PNG\r\n\x1a\n", 8);
	while (at < end) {
		uint32_t len = u32be(at);

		assert_true(len <= (size_t)(end - at) - 12);
		assert_int_equal(u32be(at + 8 + len), crc32(0, at + 4, len + 4));
		if (!memcmp(at + 4, "IHDR", 4)) {
			assert_int_equal(u32be(at + 8), width);
			assert_int_equal(u32be(at + 12), height);
			assert_int_equal(at[16], 8);
			type = at[17];
		} else if (!memcmp(at + 4, "PLTE", 4)) {
			palette = at + 8;
		} else if (!memcmp(at + 4, "tRNS", 4)) {
			alphas = at + 8;
			n_alphas = len;
		} else if (!memcmp(at + 4, "IDAT", 4)) {
			channels = type == 3 ? 1 : type == 2 ? 3 : 4;
			n_rows = (size_t)(width * channels + 1) * height;
			rows = malloc(n_rows);
			inflate_whole(at + 8, len, rows, &n_rows);
		}
		at += 12 + len;
	}
	assert_memory_equal(end - 8, "IEND", 4);
	channels = type == 3 ? 1 : type == 2 ? 3 : 4;
	assert_int_equal(n_rows, (width * channels + 1) * height);
	for (y = 0; y < height; y++) {
		uint8_t *row = rows + (size_t)y * (width * channels + 1), *up = y ? row - (width * channels + 1) : NULL;

		assert_true(row[0] <= 4);
		for (x = 1; x <= width * channels; x++)
			row[x] = (uint8_t)(row[x] + guess(row[0], x > channels ? row[x - channels] : 0, up ? up[x] : 0, up && x > channels ? up[x - channels] : 0));
		for (x = 0; x < width; x++) {
			const uint8_t *was = pixels + ((size_t)y * width + x) * 4, *is = row + 1 + x * channels;
			uint8_t alpha = type == 6 ? is[3] : type == 3 && is[0] < n_alphas ? alphas[is[0]] : 255;

			for (k = 0; k < 3; k++)
				assert_int_equal(type == 3 ? palette[is[0] * 3 + k] : is[k], was[k]);
			assert_int_equal(alpha, was[3]);
		}
	}
	free(rows);
	return type;
}

static uint8_t *make_pixels(uint32_t width, uint32_t height, uint32_t kind, uint8_t alpha)
{
	uint8_t *pixels = malloc((size_t)width * height * 4);
	uint32_t x, y, seed = 1, n = 0;

	for (y = 0; y < height; y++) {
		for (x = 0; x < width; x++, n++) {
			uint8_t *p = pixels + (size_t)n * 4;

			seed = seed * 1664525 + 1013904223;
			p[0] = (uint8_t)(kind == 0 ? 7 : kind == 1 ? n % 256 : kind == 2 ? x * 3 : seed >> 24);
			p[1] = (uint8_t)(kind == 0 ? 7 : kind == 1 ? 0 : kind == 2 ? y * 5 + x : seed >> 16);
			p[2] = (uint8_t)(kind == 0 ? 7 : kind == 1 ? 0 : kind == 2 ? x + y : seed >> 8);
			p[3] = n == 3 ? alpha : 255;
		}
	}
	return pixels;
}

static void test_round_trips(void **state)
{
	static const uint32_t sizes[][2] = {{1, 1}, {1, 40}, {40, 1}, {3, 3}, {61, 47}, {300, 200}};
	uint32_t i, kind, alpha;

	for (i = 0; i < 6; i++) {
		for (kind = 0; kind < 4; kind++) {
			for (alpha = 0; alpha < 256; alpha += 255) {
				uint32_t width = sizes[i][0], height = sizes[i][1], type;
				uint8_t *pixels = make_pixels(width, height, kind, (uint8_t)alpha), *spent = make_pixels(width, height, kind, (uint8_t)alpha);
				struct rv_buf out;

				rv_buf_init(&out, 4 << 20);
				assert_int_equal(rv_png_encode(spent, width, height, &out), RV_OK);
				type = check_png(&out, pixels, width, height);
				if (i >= 4)
					assert_int_equal(type, kind == 0 || (kind == 1 && alpha == 255) ? 3 : kind == 1 ? 6 : alpha == 255 ? 2 : 6);
				rv_buf_deinit(&out);
				free(pixels);
				free(spent);
			}
		}
	}
}

static void test_bounds(void **state)
{
	uint8_t pixel[4] = {0};
	struct rv_buf out;

	rv_buf_init(&out, 10);
	assert_int_equal(rv_png_encode(pixel, 0, 1, &out), RV_LIMIT);
	assert_int_equal(rv_png_encode(pixel, 1, 0, &out), RV_LIMIT);
	assert_int_equal(rv_png_encode(pixel, 16385, 1, &out), RV_LIMIT);
	assert_int_equal(rv_png_encode(pixel, 16384, 16384, &out), RV_LIMIT);
	assert_int_equal(rv_png_encode(pixel, 1, 1, &out), RV_LIMIT);
	rv_buf_deinit(&out);
}

static void test_memory(void **state)
{
	uint32_t kind;

	for (kind = 1; kind < 4; kind += 2) {
		long nth;
		bool ok = false;

		for (nth = 1; nth < 100 && !ok; nth++) {
			uint8_t *pixels = make_pixels(100, 60, kind, 255);
			struct rv_buf out;
			enum rv_status status;

			rv_buf_init(&out, 1 << 20);
			rv_fail_alloc(nth);
			status = rv_png_encode(pixels, 100, 60, &out);
			ok = !rv_fail_alloc_fired();
			rv_fail_alloc(0);
			assert_int_equal(status, ok ? RV_OK : RV_MEMORY);
			rv_buf_deinit(&out);
			free(pixels);
		}
		assert_true(ok && nth > 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
