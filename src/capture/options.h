/* The core's options, read from lines of text:
 *
 *   window_ms 600000 ⏎ level 2 ⏎ console 1 ⏎ redact_patterns CUST-[0-9]+ ⏎ redact_patterns … ⏎
 *
 * A name, one space, the value up to the end of the line. Numbers are decimal digits; level is an enum
 * rv_level, switches are 0 or 1. JavaScript, which reads the configuration, writes it so. */
#ifndef RV_OPTIONS_H
#define RV_OPTIONS_H
#include "buf.h"
#include "mask.h"
#include "redact.h"

enum { RV_OPTIONS_BYTES_MAX = 256 << 10 };

struct rv_options {
	uint32_t window_ms, segment_ms, checkpoint_ms;
	uint32_t max_bytes, segment_bytes, checkpoint_bytes;
	uint32_t level; /* enum rv_level */
	uint32_t console, network;
};

/* Fills options with defaults and what the text says; patterns are added to redact. Names it does not
 * know are passed over. RV_BAD for a value that is no number or out of its range and for an unusable
 * pattern: its name goes to error_out. RV_LIMIT for more text than that. */
enum rv_status rv_options_read(struct rv_span text, struct rv_options *options, struct rv_redact *redact, struct rv_buf *error_out) RV_MUST_USE;

#endif
