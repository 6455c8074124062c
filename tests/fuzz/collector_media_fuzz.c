/* The first look at an upload, and what a replay claims to inflate to. */
#include "media.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rv_media media;
	enum rv_status status = rv_media_look(rv_span(data, size), &media);
	if (status == RV_OK && media.kind == RV_MEDIA_PICTURE && (!media.width || !media.height || media.width > RV_MEDIA_SIDE_MAX || media.height > RV_MEDIA_SIDE_MAX))
		abort();
	if (media.kind == RV_MEDIA_REPLAY)
		status = rv_media_replay_size(rv_span(data, size));
	(void)status;
	return 0;
}
