/* zlib's deflate as one translation unit, as small as its macros allow: raw streams only, tables
 * computed at the first use instead of shipped, bits and symbols written by functions instead of
 * macros at every place. RV_DEFLATE_C is zlib's deflate.c without the strategies that nothing here
 * asks for (cmake/wasm-zlib.cmake). Linked into the core, where its functions take the place of those
 * in zlib's library. */
#include <stdlib.h>
#include <zutil.h>

/* No zlib wrapper, so no checksum; no messages. */
#define adler32(adler, bytes, len) 1
#undef ERR_MSG
#define ERR_MSG(error) Z_NULL

/* zutil.h was read without it: of zlib's debugging nothing is left but functions for macros. */
#define ZLIB_DEBUG
#define z_verbose 0
#define fprintf(...) 0
/* trees.c computes its tables for compilers from before the standard. */
#undef STDC
#include <trees.c>
#undef ZLIB_DEBUG
#include RV_DEFLATE_C

/* Of zutil.c. */
voidpf ZLIB_INTERNAL zcalloc(voidpf opaque, unsigned items, unsigned size)
{
	return malloc((size_t)items * size);
}

void ZLIB_INTERNAL zcfree(voidpf opaque, voidpf ptr)
{
	free(ptr);
}
