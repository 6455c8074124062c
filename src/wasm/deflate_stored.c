/* In place of zlib's deflate in the core: the same format, nothing compressed. A worker has the
 * browser's own compression, which the core's segments are packed with once they are sealed
 * (rv_core_pack); where there is none they stay as they are. Linked into the core, where its functions
 * take the place of those in zlib's library, with a small crc32. One stream at a time. */
#include <string.h>
#include <zlib.h>

enum { HEAD_BYTES = 5, BLOCK_MAX = 65535 };

static Bytef head[HEAD_BYTES];
static uInt head_at, body; /* written of the block's head, still to be written of what it holds */
static int is_last;

static void begin_block(int last, uInt len)
{
	head[0] = (Bytef)last;
	head[1] = (Bytef)len;
	head[2] = (Bytef)(len >> 8);
	head[3] = (Bytef)~len;
	head[4] = (Bytef)(~len >> 8);
	head_at = 0;
	body = len;
	is_last = last;
}

int ZEXPORT deflateInit2_(z_streamp z, int level, int method, int window, int memory, int strategy, const char *version, int size)
{
	(void)z, (void)level, (void)method, (void)window, (void)memory, (void)strategy, (void)version, (void)size;
	head_at = HEAD_BYTES;
	body = 0;
	is_last = 0;
	return Z_OK;
}

int ZEXPORT deflate(z_streamp z, int flush)
{
	for (;;) {
		const Bytef *from = z->next_in;
		uInt len = body;

		if (head_at < HEAD_BYTES) {
			from = head + head_at;
			len = HEAD_BYTES - head_at;
		} else if (!len) {
			if (z->avail_in)
				begin_block(0, z->avail_in < BLOCK_MAX ? z->avail_in : BLOCK_MAX);
			else if (flush == Z_FINISH && !is_last)
				begin_block(1, 0);
			else
				return is_last ? Z_STREAM_END : Z_OK;
			continue;
		}
		if (!z->avail_out)
			return Z_OK;
		if (len > z->avail_out)
			len = z->avail_out;
		memcpy(z->next_out, from, len);
		z->next_out += len;
		z->avail_out -= len;
		if (head_at < HEAD_BYTES) {
			head_at += len;
		} else {
			z->next_in += len;
			z->avail_in -= len;
			body -= len;
		}
	}
}

int ZEXPORT deflateEnd(z_streamp z)
{
	(void)z;
	return Z_OK;
}

/* zlib's own takes five words at a time and 8 KB of tables for it. */
uLong ZEXPORT crc32(uLong crc, const Bytef *bytes, uInt len)
{
	static const unsigned by_nibble[16] = {
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
