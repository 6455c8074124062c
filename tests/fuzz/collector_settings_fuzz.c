/* A change of settings: what is stored is JSON, storing it again changes nothing, and origins are safe to ask. */
#include "json_check.h"
#include "settings.h"
#include <stdlib.h>

static struct rv_json_check check;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rv_json_error wrong;
	struct rv_field_error error;
	struct rv_buf once, twice;
	cJSON *json, *empty = cJSON_CreateObject();
	uint8_t *copy = malloc(size + 1);
	memcpy(copy, data, size);
	copy[size] = 0;
	rv_buf_init(&once, 1 << 20);
	rv_buf_init(&twice, 1 << 20);
	if (rv_json_check(&check, copy, size, &wrong) == RV_OK && rv_json_parse(rv_span(copy, size), &json) == RV_OK) {
		if (rv_settings_merge("{}", json, &once, &error) == RV_OK) {
			rv_buf_byte(&once, 0);
			if (rv_settings_merge((const char *)once.ptr, empty, &twice, &error) != RV_OK || twice.len + 1 != once.len || memcmp(once.ptr, twice.ptr, twice.len) != 0)
				abort();
			rv_settings_origin_allowed((const char *)once.ptr, "https://a.example", false);
		}
		cJSON_Delete(json);
	}
	rv_settings_origin_allowed("{\"allowed_origins\":[\"https://*.example.com\"]}", (const char *)copy, false);
	rv_buf_deinit(&once);
	rv_buf_deinit(&twice);
	cJSON_Delete(empty);
	free(copy);
	return 0;
}
