/* What the check accepts, cJSON must parse; what is refused leaves the table empty. */
#include <cJSON.h>
#include <stdlib.h>
#include "json_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct rv_json_check check;
	struct rv_json_error error;
	uint8_t *text = malloc(len + 1);
	if (!text)
		return 0;
	memcpy(text, data, len);
	text[len] = 0;
	enum rv_status status = rv_json_check(&check, text, len, &error);
	for (size_t i = 0; i < RV_JSON_SLOTS; i++)
		if (check.slots[i])
			abort();
	if (status == RV_OK) {
		cJSON *json = cJSON_ParseWithLengthOpts((const char *)text, len + 1, NULL, 1);
		if (!json)
			abort();
		cJSON_Delete(json);
	} else if (!error.message || error.at > len) {
		abort();
	}
	free(text);
	return 0;
}
