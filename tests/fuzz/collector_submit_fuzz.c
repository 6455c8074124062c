/* The body of a submit: checked, parsed, read, written anew. What comes out must be JSON that passes
 * the same check. */
#include "json_check.h"
#include "submit.h"
#include <stdlib.h>

static struct rv_json_check check;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rv_json_error wrong;
	struct rv_field_error error;
	struct rv_submit submit;
	cJSON *json;
	uint8_t *copy = malloc(size + 1);
	memcpy(copy, data, size);
	copy[size] = 0;
	if (rv_json_check(&check, copy, size, &wrong) == RV_OK && rv_json_parse(rv_span(copy, size), &json) == RV_OK) {
		if (rv_submit_read(&submit, json, "agent", &error) == RV_OK) {
			if (strlen(submit.report.body_json) + 1 != submit.body.len || rv_json_check(&check, submit.body.ptr, submit.body.len - 1, &wrong) != RV_OK)
				abort();
		}
		rv_submit_deinit(&submit);
		cJSON_Delete(json);
	}
	free(copy);
	return 0;
}
