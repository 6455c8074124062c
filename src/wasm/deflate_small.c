/* zlib's deflate as one translation unit, as small as its macros allow: raw streams only, tables
 * computed at the first use instead of shipped, bits and symbols written by functions instead of
 * macros at every place. RV_DEFLATE_C and RV_TREES_C are zlib's files without what nothing here
 * asks for (cmake/wasm-zlib.cmake). Linked into the core, where its functions take the place of those
 * in zlib's library, with a small crc32. */
#include <stdlib.h>
#include <zutil.h>

/* No zlib wrapper, so no checksum; no messages. */
#define adler32(adler, bytes, len) 1
#undef ERR_MSG
#define ERR_MSG(error) Z_NULL

/* The heap itself, not through the stream's pointers, which stay NULL. */
#undef ZALLOC
#undef ZFREE
#define ZALLOC(stream, items, size) malloc((size_t)(items) * (size))
#define ZFREE(stream, ptr) free(ptr)

/* zutil.h was read without it: of zlib's debugging nothing is left but functions for macros. */
#define ZLIB_DEBUG
#define z_verbose 0
#define fprintf(...) 0
/* trees.c computes its tables for compilers from before the standard. */
#undef STDC
#include RV_TREES_C
#undef ZLIB_DEBUG
#include RV_DEFLATE_C

/* zlib's own takes five words at a time and 8 KB of tables for it. */
uLong ZEXPORT crc32(uLong crc, const Bytef *bytes, uInt len)
{
	static const z_crc_t by_nibble[16] = {
		0, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};

	for (crc = ~crc; len; len--) {
		crc ^= *bytes++;
		crc = crc >> 4 ^ by_nibble[crc & 15];
		crc = crc >> 4 ^ by_nibble[crc & 15];
	}
	return ~crc;
}
