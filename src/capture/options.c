/* Options from JSON. */
#include "options.h"
#include "utf8.h"
#include <cJSON.h>

static bool fail(struct rv_buf *error_out, const char *key)
{
	if (error_out)
		rv_buf_str(error_out, key);
	return false;
}

static bool read_number(const cJSON *json, const char *key, uint32_t min, uint32_t max, uint32_t *value, struct rv_buf *error_out)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);

	if (!item)
		return true;
	if (!cJSON_IsNumber(item) || !(item->valuedouble >= min && item->valuedouble <= max))
		return fail(error_out, key);
	*value = (uint32_t)item->valuedouble;
	return true;
}

static bool read_bool(const cJSON *json, const char *key, bool *value, struct rv_buf *error_out)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);

	if (!item)
		return true;
	if (!cJSON_IsBool(item))
		return fail(error_out, key);
	*value = cJSON_IsTrue(item);
	return true;
}

static bool read_level(const cJSON *json, enum rv_level *level, struct rv_buf *error_out)
{
	static const char *const names[] = {"none", "inputs", "strict"};
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, "level");
	uint32_t i;

	if (!item)
		return true;
	for (i = 0; cJSON_IsString(item) && i < 3; i++) {
		if (strcmp(item->valuestring, names[i]) == 0) {
			*level = (enum rv_level)i;
			return true;
		}
	}
	return fail(error_out, "level");
}

static enum rv_status read_patterns(const cJSON *json, struct rv_redact *redact, struct rv_buf *error_out)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "redact_patterns"), *item;
	enum rv_status status = RV_OK;

	if (!list)
		return RV_OK;
	if (cJSON_IsArray(list)) {
		cJSON_ArrayForEach(item, list) {
			status = cJSON_IsString(item) ? rv_redact_add_pattern(redact, rv_span_str(item->valuestring)) : RV_BAD;
			if (status != RV_OK)
				break;
		}
	} else {
		status = RV_BAD;
	}
	if (status == RV_OK || status == RV_MEMORY)
		return status;
	fail(error_out, "redact_patterns");
	return RV_BAD;
}

/* cJSON recurses with the depth of its input and cuts strings at a NUL. */
static bool is_tame(struct rv_span json)
{
	bool string = false;
	uint32_t depth = 0;
	size_t i;

	if (json.len > RV_OPTIONS_BYTES_MAX || !rv_utf8_valid(json, false))
		return false;
	for (i = 0; i < json.len; i++) {
		uint8_t byte = json.ptr[i];

		if (!byte)
			return false;
		if (byte == '"')
			string = !string;
		else if (string && byte == '\\')
			i++;
		else if (!string && (byte == '{' || byte == '[') && ++depth > 32)
			return false;
		else if (!string && (byte == '}' || byte == ']') && depth)
			depth--;
	}
	return true;
}

enum rv_status rv_options_read(struct rv_span json, struct rv_options *options, struct rv_redact *redact, struct rv_buf *error_out)
{
	const char *after = NULL;
	enum rv_status status = RV_BAD;
	cJSON *root;

	*options = (struct rv_options){
		.window_ms = 600000,
		.max_bytes = 8 << 20,
		.segment_ms = 2000,
		.segment_bytes = 64 << 10,
		.checkpoint_ms = 30000,
		.checkpoint_bytes = 1 << 20,
		.level = RV_LEVEL_INPUTS,
		.console = true,
		.network = true,
	};
	if (!json.ptr || !json.len)
		return RV_OK;
	root = is_tame(json) ? cJSON_ParseWithLengthOpts((const char *)json.ptr, json.len, &after, false) : NULL;
	if (!cJSON_IsObject(root)) {
		fail(error_out, "JSON");
		goto done;
	}
	if (!read_number(root, "window_ms", 1000, 24 * 3600 * 1000, &options->window_ms, error_out)
		|| !read_number(root, "max_bytes", 64 << 10, 128 << 20, &options->max_bytes, error_out)
		|| !read_number(root, "segment_ms", 50, 600000, &options->segment_ms, error_out)
		|| !read_number(root, "segment_bytes", 1 << 10, 16 << 20, &options->segment_bytes, error_out)
		|| !read_number(root, "checkpoint_ms", 100, 3600 * 1000, &options->checkpoint_ms, error_out)
		|| !read_number(root, "checkpoint_bytes", 1 << 10, 64 << 20, &options->checkpoint_bytes, error_out)
		|| !read_level(root, &options->level, error_out)
		|| !read_bool(root, "console", &options->console, error_out)
		|| !read_bool(root, "network", &options->network, error_out))
		goto done;
	status = read_patterns(root, redact, error_out);
done:
	cJSON_Delete(root);
	return status;
}
