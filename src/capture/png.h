/* PNG from RGBA pixels. Up to 256 colours: a palette (png_palette.h); more: stb_image_write over zlib,
 * RGB when every pixel is opaque, filter and level chosen by content. pixels: width × height × 4 bytes,
 * rows top to bottom, 1 ≤ sides ≤ 16384, at most 64 million pixels. Memory while encoding: about twice
 * the pixels. */
#ifndef RV_PNG_H
#define RV_PNG_H
#include "buf.h"
/* Converts pixels to RGB in place when opaque: the caller's pixels are spent. */
enum rv_status rv_png_encode(uint8_t *pixels, uint32_t width, uint32_t height, struct rv_buf *out) RV_MUST_USE;
#endif
