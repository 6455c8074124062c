/* Deflate streams from a stranger: the small reader says what zlib's says.
 *
 *   input: u16le bytes of output · the stream */
#include "inflate.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	size_t len = data[0] | (size_t)data[1] << 8;
	uint8_t *small = malloc(len + !len), *whole = malloc(len + !len);
	struct rv_span in = rv_span(data + 2, size - 2);
	enum rv_status status = rv_inflate_small(in, small, len);
	if (status != rv_inflate(in, whole, len) || (status == RV_OK && memcmp(small, whole, len) != 0))
		abort();
	free(small);
	free(whole);
	return 0;
}
