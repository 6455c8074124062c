/* A workspace's configuration: one table of keys with type, bounds, default and what they do. Stored
 * is only what was set, as JSON; reading puts the defaults under it, and a stored value that is no
 * longer valid reads as its default. Pure functions. */
#ifndef RV_SETTINGS_H
#define RV_SETTINGS_H
#include "json_read.h"
#include "store.h"

/* Puts changes over stored and writes what is to be stored. A key with null goes back to its default,
 * keys that are absent stay, unknown ones are ignored. RV_BAD: error names the field and what is wrong. */
enum rv_status rv_settings_merge(const char *stored_json, const cJSON *changes, struct rv_buf *stored_out, struct rv_field_error *error) RV_MUST_USE;
/* {"site":{"name"},"allowed_origins":[…],"actions":{…},…}, every key. stored_json "{}": the defaults. */
void rv_settings_config_json(const struct rv_workspace *workspace, const char *stored_json, struct rv_json *json);
/* [{"key","type","min","max","choices","default","description"}] in the order of the table. */
void rv_settings_keys_json(const struct rv_workspace *workspace, struct rv_json *json);
/* The widget configuration of API §1 and its quoted ETag. */
enum rv_status rv_settings_widget_json(const struct rv_workspace *workspace, struct rv_buf *out, char etag[24]) RV_MUST_USE;
/* Whether a page of that origin may use the workspace's key. Without allowed_origins any may. With
 * some, origin NULL (no Origin header) answers without_origin, "null" is never allowed. */
bool rv_settings_origin_allowed(const char *stored_json, const char *origin, bool without_origin);

#endif
