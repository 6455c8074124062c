/* The core's options, read from JSON. */
#ifndef RV_OPTIONS_H
#define RV_OPTIONS_H
#include "buf.h"
#include "mask.h"
#include "redact.h"

enum { RV_OPTIONS_BYTES_MAX = 256 << 10 };

struct rv_options {
	uint32_t window_ms, segment_ms, checkpoint_ms;
	uint32_t max_bytes, segment_bytes, checkpoint_bytes;
	enum rv_level level;
	bool console, network;
};

/* Fills options with defaults and what the text says; patterns are added to redact. RV_BAD for a wrong
 * type, a number out of its range or an unusable pattern: the key's name goes to error_out. */
enum rv_status rv_options_read(struct rv_span json, struct rv_options *options, struct rv_redact *redact, struct rv_buf *error_out) RV_MUST_USE;

#endif
