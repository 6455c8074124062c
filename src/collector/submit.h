/* The body of POST /v1/widget/submit: every field checked and named when it is wrong, and written anew
 * as what the report keeps. Pure; fuzzed. */
#ifndef RV_SUBMIT_H
#define RV_SUBMIT_H
#include "json_read.h"
#include "store.h"

enum { RV_SUBMIT_ATTACHMENTS_MAX = 20, RV_SUBMIT_BODY_MAX = 16 << 20 };

/* report points into the parsed body and into this: both must live as long as it is used. */
struct rv_submit {
	struct rv_report_new report; /* id, workspace_id and idempotency_key are the caller's */
	struct rv_buf body;          /* report.body_json, NUL-terminated */
	const char *attachment_ids[RV_SUBMIT_ATTACHMENTS_MAX];
	char user_id[400], user_name[900], path[4200], first_error[600];
};

/* user_agent: of the request, NULL if none. RV_BAD: error tells. Free with rv_submit_deinit either way. */
enum rv_status rv_submit_read(struct rv_submit *submit, const cJSON *json, const char *user_agent, struct rv_field_error *error) RV_MUST_USE;
void rv_submit_deinit(struct rv_submit *submit);

#endif
