#include "media.h"
#include "segment.h"

static uint32_t be(const uint8_t *at, unsigned n)
{
	uint32_t value = 0;
	while (n--)
		value = value << 8 | *at++;
	return value;
}

static uint32_t le(const uint8_t *at, unsigned n)
{
	uint32_t value = 0;
	while (n--)
		value = value << 8 | at[n];
	return value;
}

static bool begins(struct rv_span file, size_t at, const char *bytes, size_t n)
{
	return file.len >= at + n && memcmp(file.ptr + at, bytes, n) == 0;
}

static bool png_size(struct rv_span file, struct rv_media *media)
{
	if (!begins(file, 12, "IHDR", 4) || file.len < 33 || be(file.ptr + 8, 4) != 13)
		return false;
	media->width = be(file.ptr + 16, 4);
	media->height = be(file.ptr + 20, 4);
	return true;
}

/* Walks the segments to the frame header. */
static bool jpeg_size(struct rv_span file, struct rv_media *media)
{
	for (size_t at = 2; at + 9 <= file.len;) {
		if (file.ptr[at] != 0xff)
			return false;
		uint8_t marker = file.ptr[at + 1];
		if (marker == 0xff) {
			at++;
			continue;
		}
		if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
			media->height = be(file.ptr + at + 5, 2);
			media->width = be(file.ptr + at + 7, 2);
			return true;
		}
		if (marker == 0xd9 || marker == 0xda || be(file.ptr + at + 2, 2) < 2)
			return false;
		at += 2 + be(file.ptr + at + 2, 2);
	}
	return false;
}

static bool webp_size(struct rv_span file, struct rv_media *media)
{
	if (file.len < 30)
		return false;
	const uint8_t *at = file.ptr + 20;
	if (begins(file, 12, "VP8X", 4)) {
		media->width = le(at + 4, 3) + 1;
		media->height = le(at + 7, 3) + 1;
	} else if (begins(file, 12, "VP8L", 4) && at[0] == 0x2f) {
		media->width = (le(at + 1, 4) & 0x3fff) + 1;
		media->height = (le(at + 1, 4) >> 14 & 0x3fff) + 1;
	} else if (begins(file, 12, "VP8 ", 4) && begins(file, 23, "\x9d\x01\x2a", 3)) {
		media->width = le(at + 6, 2) & 0x3fff;
		media->height = le(at + 8, 2) & 0x3fff;
	} else {
		return false;
	}
	return true;
}

enum rv_status rv_media_look(struct rv_span file, struct rv_media *media)
{
	*media = (struct rv_media){.kind = RV_MEDIA_PICTURE};
	bool sound;
	if (begins(file, 0, "\x89PNG\r\n\x1a\n", 8)) {
		media->mime = "image/png";
		sound = png_size(file, media);
	} else if (begins(file, 0, "\xff\xd8\xff", 3)) {
		media->mime = "image/jpeg";
		sound = jpeg_size(file, media);
	} else if (begins(file, 0, "RIFF", 4) && begins(file, 8, "WEBP", 4)) {
		media->mime = "image/webp";
		sound = webp_size(file, media);
	} else if (begins(file, 0, "\x1a\x45\xdf\xa3", 4)) {
		*media = (struct rv_media){.kind = RV_MEDIA_VIDEO, .mime = "video/webm"};
		return RV_OK;
	} else if (begins(file, 4, "ftyp", 4) && file.len >= 16) {
		*media = (struct rv_media){.kind = RV_MEDIA_VIDEO, .mime = "video/mp4"};
		return RV_OK;
	} else if (begins(file, 0, "RVR1", 4)) {
		*media = (struct rv_media){.kind = RV_MEDIA_REPLAY, .mime = "application/vnd.rearview.replay"};
		return RV_OK;
	} else {
		media->kind = RV_MEDIA_OTHER;
		return RV_BAD;
	}
	if (!sound || !media->width || !media->height)
		return RV_BAD;
	return media->width > RV_MEDIA_SIDE_MAX || media->height > RV_MEDIA_SIDE_MAX || (uint64_t)media->width * media->height > RV_MEDIA_PIXELS_MAX ? RV_LIMIT : RV_OK;
}

enum rv_status rv_media_replay_size(struct rv_span stream)
{
	uint64_t raw = 0;
	size_t pos = 0, size;
	struct rv_span segment;
	struct rv_segment_head head;
	enum rv_status status;
	while ((status = rv_stream_next(stream, &pos, &segment)) == RV_OK) {
		status = rv_segment_head(segment, &head, &size);
		if (status != RV_OK)
			return status;
		raw += head.raw_bytes;
		if (raw > RV_MEDIA_REPLAY_RAW_MAX)
			return RV_LIMIT;
	}
	return status == RV_END ? RV_OK : status;
}
