/* zlib's reader. */
#include "inflate.h"
#include <zlib.h>

enum rv_status rv_inflate(struct rv_span in, uint8_t *out, size_t len)
{
	z_stream z = {.next_in = (Bytef *)in.ptr, .avail_in = (uInt)in.len, .next_out = out, .avail_out = (uInt)len};
	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return RV_MEMORY;
	int answer = inflate(&z, Z_FINISH);
	bool whole = answer == Z_STREAM_END && z.avail_in == 0 && z.avail_out == 0;
	inflateEnd(&z);
	return whole ? RV_OK : answer == Z_MEM_ERROR ? RV_MEMORY : RV_BAD;
}
