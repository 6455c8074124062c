/* The core's options: numbers, each within bounds of its own. */
#ifndef RV_OPTIONS_H
#define RV_OPTIONS_H
#include "mask.h"

/* In the order of OPTION_* in record.def. */
struct rv_options {
	uint32_t window_ms, max_bytes;
	uint32_t segment_ms, segment_bytes;
	uint32_t checkpoint_ms, checkpoint_bytes;
	uint32_t level;            /* enum rv_level */
	uint32_t console, network; /* 0 or 1 */
};

void rv_options_init(struct rv_options *options);
/* RV_BAD for an option that does not exist or a number out of its range; its fraction is cut. */
enum rv_status rv_options_set(struct rv_options *options, uint32_t option, double value) RV_MUST_USE;

#endif
