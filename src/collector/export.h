/* A report's logs in forms that other programs read: its requests as HAR 1.2, its console as plain text.
 * Pure; report is the parsed JSON of API §6, whose log texts may hold anything. */
#ifndef RV_EXPORT_H
#define RV_EXPORT_H
#include "json.h"
#include <cJSON.h>

/* {"log":{…}}. Entries of requests without a usable time or address are left out. Members that HAR does
 * not know begin with an underscore. */
void rv_export_har(struct rv_json *json, const cJSON *report);
/* A head, then one line a message, further lines indented. Control and direction characters are
 * written as \xHH and \uHHHH, so that no text can pass for another line or steer a terminal. */
void rv_export_text(struct rv_buf *out, const cJSON *report);

#endif
