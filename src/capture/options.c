/* Options from lines of text. */
#include "options.h"

static const struct range {
	const char *name;
	uint8_t at; /* in struct rv_options */
	uint32_t min, max;
} RANGES[] = {
	{"window_ms", offsetof(struct rv_options, window_ms), 1000, 24 * 3600 * 1000},
	{"max_bytes", offsetof(struct rv_options, max_bytes), 64 << 10, 128 << 20},
	{"segment_ms", offsetof(struct rv_options, segment_ms), 50, 600000},
	{"segment_bytes", offsetof(struct rv_options, segment_bytes), 1 << 10, 16 << 20},
	{"checkpoint_ms", offsetof(struct rv_options, checkpoint_ms), 100, 3600 * 1000},
	{"checkpoint_bytes", offsetof(struct rv_options, checkpoint_bytes), 1 << 10, 64 << 20},
	{"level", offsetof(struct rv_options, level), RV_LEVEL_NONE, RV_LEVEL_STRICT},
	{"console", offsetof(struct rv_options, console), 0, 1},
	{"network", offsetof(struct rv_options, network), 0, 1},
};

/* The text up to the separator or the end; *text goes on behind it. */
static struct rv_span cut(struct rv_span *text, char separator)
{
	struct rv_span head = *text;
	size_t i = 0;

	while (i < text->len && text->ptr[i] != (uint8_t)separator)
		i++;
	head.len = i;
	if (i < text->len)
		i++;
	text->ptr += i;
	text->len -= i;
	return head;
}

static enum rv_status read_number(const struct range *range, struct rv_span digits, struct rv_options *options)
{
	uint32_t value = 0;
	size_t i;

	for (i = 0; i < digits.len; i++) {
		uint32_t digit = digits.ptr[i] - (uint32_t)'0';

		if (digit > 9 || value > range->max)
			return RV_BAD;
		value = value * 10 + digit;
	}
	if (!i || value < range->min || value > range->max)
		return RV_BAD;
	memcpy((uint8_t *)options + range->at, &value, sizeof(value));
	return RV_OK;
}

static enum rv_status read_option(struct rv_span name, struct rv_span value, struct rv_options *options, struct rv_redact *redact)
{
	size_t i;

	if (rv_span_is(name, "redact_patterns"))
		return rv_redact_add_pattern(redact, value);
	for (i = 0; i < sizeof(RANGES) / sizeof(*RANGES); i++) {
		if (rv_span_is(name, RANGES[i].name))
			return read_number(&RANGES[i], value, options);
	}
	return RV_OK;
}

enum rv_status rv_options_read(struct rv_span text, struct rv_options *options, struct rv_redact *redact, struct rv_buf *error_out)
{
	*options = (struct rv_options){
		.window_ms = 600000,
		.max_bytes = 8 << 20,
		.segment_ms = 2000,
		.segment_bytes = 64 << 10,
		.checkpoint_ms = 30000,
		.checkpoint_bytes = 1 << 20,
		.level = RV_LEVEL_INPUTS,
		.console = 1,
		.network = 1,
	};
	if (text.len > RV_OPTIONS_BYTES_MAX)
		return RV_LIMIT;
	while (text.len) {
		struct rv_span line = cut(&text, '\n'), name = cut(&line, ' ');
		enum rv_status status = read_option(name, line, options, redact);

		if (status != RV_OK) {
			if (error_out)
				rv_buf_span(error_out, name);
			return status == RV_MEMORY ? status : RV_BAD;
		}
	}
	return RV_OK;
}
