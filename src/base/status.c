#include "status.h"

const char *rv_status_text(enum rv_status status)
{
	switch (status) {
#define RV_STATUS(name, number, text, http, retryable) case RV_##name: return text;
#include "status.def"
#undef RV_STATUS
	}
	return "unknown status";
}

int rv_status_http(enum rv_status status)
{
	switch (status) {
#define RV_STATUS(name, number, text, http, retryable) case RV_##name: return http;
#include "status.def"
#undef RV_STATUS
	}
	return 500;
}
