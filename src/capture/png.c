/* PNG: stb_image_write builds the file, zlib compresses it. */
#include "png.h"
#include "png_palette.h"
#include <stdlib.h>
#include <zlib.h>

static unsigned char *deflate_rows(unsigned char *data, int len, int *out_len, int level);
static unsigned crc_of(const unsigned char *data, int len);

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#define STBIW_ASSERT(x) ((void)0)
#define STBIW_ZLIB_COMPRESS deflate_rows
#define STBIW_CRC32 crc_of
/* Most of that file is not needed here; what is unused is reported at the end of this one. */
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb_image_write.h>

enum {
	SIDE_MAX = 16384, PIXELS_MAX = 64 << 20,
	FILTERS = 5,
	SAMPLE_BANDS = 12, SAMPLE_ROWS = 4, /* rows next to each other, so that filters see their neighbours */
	LEVEL_SAMPLE = 1, LEVEL_PALETTE = 6, LEVEL_FLAT = 3, LEVEL_BUSY = 1
};

/* What stb_image_write got from deflate_rows: it frees it, but not when its next allocation fails. */
static unsigned char *lent;

static unsigned char *deflate_rows(unsigned char *data, int len, int *out_len, int level)
{
	size_t packed = 0;

	lent = rv_png_deflate(data, (size_t)len, &packed, level);
	*out_len = (int)packed;
	return lent;
}

static unsigned crc_of(const unsigned char *data, int len)
{
	return (unsigned)crc32(0, data, (uInt)len);
}

/* True when every pixel is opaque; then the pixels have become RGB, packed, in place. */
static bool drop_alpha(uint8_t *pixels, size_t n)
{
	uint8_t alpha = 255, *to = pixels;
	size_t i;

	for (i = 0; i < n; i++)
		alpha &= pixels[i * 4 + 3];
	if (alpha != 255)
		return false;
	for (i = 0; i < n; i++, pixels += 4, to += 3) {
		to[0] = pixels[0];
		to[1] = pixels[1];
		to[2] = pixels[2];
	}
	return true;
}

static unsigned char *write_png(const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int filter, int level, int *len)
{
	unsigned char *png;

	stbi_write_force_png_filter = filter;
	stbi_write_png_compression_level = level;
	lent = NULL;
	png = stbi_write_png_to_mem(pixels, 0, (int)width, (int)height, channels, len);
	if (!png)
		free(lent);
	return png;
}

/* Tries every filter on bands of rows spread over the picture. */
static bool choose(const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int *filter, int *level)
{
	size_t stride = (size_t)width * (size_t)channels;
	uint32_t rows = 0, band;
	int best = 0, len, i;
	uint8_t *sample = malloc(stride * SAMPLE_BANDS * SAMPLE_ROWS);

	if (!sample)
		return false;
	for (band = 0; band < SAMPLE_BANDS; band++) {
		uint32_t from = (uint32_t)((uint64_t)height * band / SAMPLE_BANDS), n = height - from < SAMPLE_ROWS ? height - from : SAMPLE_ROWS;

		memcpy(sample + stride * rows, pixels + stride * from, stride * n);
		rows += n;
	}
	*filter = 0;
	for (i = 0; i < FILTERS; i++) {
		unsigned char *png = write_png(sample, width, rows, channels, i, LEVEL_SAMPLE, &len);

		free(png);
		if (!png)
			break;
		if (i == 0 || len < best) {
			best = len;
			*filter = i;
		}
	}
	free(sample);
	/* Text and boxes reward a longer search and cost little of it; photographs do neither. */
	*level = (size_t)best < stride * rows / 5 ? LEVEL_FLAT : LEVEL_BUSY;
	return i == FILTERS;
}

enum rv_status rv_png_encode(uint8_t *pixels, uint32_t width, uint32_t height, struct rv_buf *out)
{
	int channels, filter, level, len;
	enum rv_status status;
	unsigned char *png;

	if (!width || !height || width > SIDE_MAX || height > SIDE_MAX || (uint64_t)width * height > PIXELS_MAX)
		return RV_LIMIT;
	status = rv_png_palette(pixels, width, height, LEVEL_PALETTE, out);
	if (status != RV_LIMIT || rv_buf_status(out) != RV_OK)
		return status;
	channels = drop_alpha(pixels, (size_t)width * height) ? 3 : 4;
	if (!choose(pixels, width, height, channels, &filter, &level))
		return RV_MEMORY;
	png = write_png(pixels, width, height, channels, filter, level, &len);
	if (!png)
		return RV_MEMORY;
	rv_buf_add(out, png, (size_t)len);
	free(png);
	return rv_buf_status(out);
}
