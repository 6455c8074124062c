/* Options within their bounds. */
#include "options.h"

static const struct { uint32_t usual, min, max; } OPTIONS[] = {
	[RV_OPTION_WINDOW_MS] = {600000, 1000, 24 * 3600 * 1000},
	[RV_OPTION_MAX_BYTES] = {8 << 20, 64 << 10, 128 << 20},
	[RV_OPTION_SEGMENT_MS] = {2000, 50, 600000},
	[RV_OPTION_SEGMENT_BYTES] = {64 << 10, 1 << 10, 16 << 20},
	[RV_OPTION_CHECKPOINT_MS] = {30000, 100, 3600 * 1000},
	[RV_OPTION_CHECKPOINT_BYTES] = {1 << 20, 1 << 10, 64 << 20},
	[RV_OPTION_LEVEL] = {RV_LEVEL_INPUTS, RV_LEVEL_NONE, RV_LEVEL_STRICT},
	[RV_OPTION_CONSOLE] = {1, 0, 1},
	[RV_OPTION_NETWORK] = {1, 0, 1},
};
enum { N = sizeof(OPTIONS) / sizeof(*OPTIONS) };
_Static_assert(sizeof(struct rv_options) == N * sizeof(uint32_t), "a field for each option");

void rv_options_init(struct rv_options *options)
{
	uint32_t i;

	for (i = 0; i < N; i++)
		((uint32_t *)options)[i] = OPTIONS[i].usual;
}

enum rv_status rv_options_set(struct rv_options *options, uint32_t option, double value)
{
	if (option >= N || !(value >= OPTIONS[option].min && value <= OPTIONS[option].max))
		return RV_BAD;
	((uint32_t *)options)[option] = (uint32_t)value;
	return RV_OK;
}
