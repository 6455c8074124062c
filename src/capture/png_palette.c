/*   signature · IHDR · PLTE (3 bytes a colour) · tRNS (1 byte a colour, if any is not opaque) · IDAT · IEND
 *   a chunk: u32be length · 4 letters · data · u32be CRC-32 of letters and data */
#include "png_palette.h"
#include <stdlib.h>
#include <zlib.h>

enum { COLOURS_MAX = 256, SLOTS = 1024 };

struct palette {
	uint32_t colours[COLOURS_MAX]; /* as in memory: bytes R, G, B, A */
	uint32_t n;
	uint32_t keys[SLOTS];          /* open hash: colour → index + 1 */
	uint16_t slots[SLOTS];
};

uint8_t *rv_png_deflate(const uint8_t *data, size_t len, size_t *out_len, int level)
{
	z_stream stream = {0};
	size_t cap = len / 8 + 4096;
	uint8_t *out = malloc(cap), *more;
	int status;

	if (!out || deflateInit2(&stream, level, Z_DEFLATED, 15, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(out);
		return NULL;
	}
	stream.next_in = (Bytef *)data; /* only read; zlib's const is optional */
	stream.avail_in = (uInt)len;
	stream.next_out = out;
	stream.avail_out = (uInt)cap;
	while ((status = deflate(&stream, Z_FINISH)) == Z_OK && (more = realloc(out, cap * 2)) != NULL) {
		out = more;
		stream.next_out = out + cap;
		stream.avail_out = (uInt)cap;
		cap *= 2;
	}
	*out_len = stream.total_out;
	deflateEnd(&stream);
	if (status == Z_STREAM_END)
		return out;
	free(out);
	return NULL;
}

/* The colour's index, COLOURS_MAX when there is no room for one more. */
static uint32_t index_of(struct palette *palette, uint32_t colour)
{
	uint32_t slot = colour * 2654435761u >> 22;

	for (; palette->slots[slot]; slot = (slot + 1) % SLOTS) {
		if (palette->keys[slot] == colour)
			return palette->slots[slot] - 1u;
	}
	if (palette->n == COLOURS_MAX)
		return COLOURS_MAX;
	palette->keys[slot] = colour;
	palette->colours[palette->n++] = colour;
	palette->slots[slot] = (uint16_t)palette->n;
	return palette->n - 1;
}

/* Rows of indices, each behind its filter byte. */
static bool index_rows(struct palette *palette, const uint8_t *pixels, uint32_t width, uint32_t height, uint8_t *rows)
{
	uint32_t x, y, colour, last = 0, index = COLOURS_MAX;

	for (y = 0; y < height; y++) {
		*rows++ = 0;
		for (x = 0; x < width; x++, pixels += 4) {
			memcpy(&colour, pixels, 4);
			if (colour != last || index == COLOURS_MAX) {
				index = index_of(palette, colour);
				last = colour;
				if (index == COLOURS_MAX)
					return false;
			}
			*rows++ = (uint8_t)index;
		}
	}
	return true;
}

static void put_u32be(struct rv_buf *out, uint32_t value)
{
	const uint8_t bytes[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};

	rv_buf_add(out, bytes, sizeof(bytes));
}

static void put_chunk(struct rv_buf *out, const char *name, const uint8_t *data, size_t len)
{
	uLong crc = crc32(0, (const Bytef *)name, 4);

	put_u32be(out, (uint32_t)len);
	rv_buf_add(out, name, 4);
	rv_buf_add(out, data, len);
	put_u32be(out, (uint32_t)(len ? crc32(crc, data, (uInt)len) : crc));
}

static void put_file(struct rv_buf *out, const struct palette *palette, uint32_t width, uint32_t height, const uint8_t *data, size_t len)
{
	uint8_t colours[COLOURS_MAX * 3], alphas[COLOURS_MAX];
	const uint8_t head[13] = {(uint8_t)(width >> 24), (uint8_t)(width >> 16), (uint8_t)(width >> 8), (uint8_t)width,
		(uint8_t)(height >> 24), (uint8_t)(height >> 16), (uint8_t)(height >> 8), (uint8_t)height, 8, 3, 0, 0, 0};
	uint32_t n_alphas = 0, i;

	for (i = 0; i < palette->n; i++) {
		uint8_t colour[4];

		memcpy(colour, &palette->colours[i], 4);
		memcpy(colours + i * 3, colour, 3);
		alphas[i] = colour[3];
		if (colour[3] != 255)
			n_alphas = i + 1;
	}
	rv_buf_add(out, "\x89PNG\r\n\x1a\n", 8);
	put_chunk(out, "IHDR", head, sizeof(head));
	put_chunk(out, "PLTE", colours, palette->n * 3);
	if (n_alphas)
		put_chunk(out, "tRNS", alphas, n_alphas);
	put_chunk(out, "IDAT", data, len);
	put_chunk(out, "IEND", NULL, 0);
}

enum rv_status rv_png_palette(const uint8_t *pixels, uint32_t width, uint32_t height, int level, struct rv_buf *out)
{
	struct palette *palette = calloc(1, sizeof(*palette));
	size_t len = ((size_t)width + 1) * height, packed;
	uint8_t *rows = malloc(len), *data = NULL;
	enum rv_status status = RV_MEMORY;

	if (!palette || !rows)
		goto done;
	status = RV_LIMIT;
	if (!index_rows(palette, pixels, width, height, rows))
		goto done;
	status = RV_MEMORY;
	data = rv_png_deflate(rows, len, &packed, level);
	if (!data)
		goto done;
	put_file(out, palette, width, height, data, packed);
	status = rv_buf_status(out);
done:
	free(palette);
	free(rows);
	free(data);
	return status;
}
