/* What an uploaded file is, by its first bytes, and whether it is safe to hand to a decoder. */
#ifndef RV_MEDIA_H
#define RV_MEDIA_H
#include "span.h"
#include "status.h"

enum rv_media_kind { RV_MEDIA_OTHER, RV_MEDIA_PICTURE, RV_MEDIA_VIDEO, RV_MEDIA_REPLAY };
enum { RV_MEDIA_SIDE_MAX = 20000, RV_MEDIA_PIXELS_MAX = 120000000, RV_MEDIA_REPLAY_RAW_MAX = 512 << 20 };

struct rv_media { enum rv_media_kind kind; const char *mime; uint32_t width, height; };

/* RV_BAD: not a file of a kind we take. RV_LIMIT: a picture with too many pixels to decode. Pure. */
enum rv_status rv_media_look(struct rv_span file, struct rv_media *media) RV_MUST_USE;
/* Adds up what a native stream claims to inflate to, before anything is: RV_LIMIT over RV_MEDIA_REPLAY_RAW_MAX. */
enum rv_status rv_media_replay_size(struct rv_span stream) RV_MUST_USE;

#endif
