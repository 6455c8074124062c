#include "submit.h"
#include "auth.h"
#include "utf8.h"
#include <stdio.h>

enum { FIRST_ERROR_BYTES = 500, PATH_BYTES = 4096 };
#define COUNT(list) (sizeof list / sizeof *list)

static const struct rv_field top_fields[] = {
	{"title", RV_TEXT, 1000}, {"description", RV_TEXT, 20000}, {"item_type", RV_TEXT, 40}, {"session_token", RV_TEXT, 128}, {"trigger", RV_TEXT, 40},
	{"name", RV_TEXT, 200}, {"email", RV_TEXT, 320}, {"user_id", RV_TEXT | RV_NUMBER, 256}, {"user", RV_OBJECT, 200}, {"metadata", RV_OBJECT, 0},
	{"attachment_ids", RV_ARRAY, RV_SUBMIT_ATTACHMENTS_MAX}, {"element", RV_OBJECT, 0}, {"custom", RV_OBJECT, 1000}, {"capture", RV_OBJECT, 200},
	{"console_logs", RV_ARRAY, 20000}, {"network_logs", RV_ARRAY, 20000}, {"performance", RV_ARRAY, 20000},
};
/* Flat or under metadata; page_title comes first, metadata.title is taken for it. */
static const struct rv_field page_fields[] = {
	{"url", RV_TEXT, 16384}, {"path", RV_TEXT, 16384}, {"page_title", RV_TEXT, 4096}, {"referrer", RV_TEXT, 16384}, {"viewport", RV_OBJECT, 20}, {"screen", RV_TEXT | RV_OBJECT, 200},
	{"device_pixel_ratio", RV_NUMBER, 0}, {"browser", RV_TEXT | RV_OBJECT, 200}, {"platform", RV_TEXT, 200}, {"language", RV_TEXT, 100}, {"time_zone", RV_TEXT, 100},
	{"connection", RV_TEXT | RV_OBJECT, 200}, {"user_agent", RV_TEXT, 1024},
};
static const struct rv_field size_fields[] = {{"width", RV_NUMBER, 0}, {"height", RV_NUMBER, 0}};
static const struct rv_field browser_fields[] = {{"name", RV_TEXT, 100}, {"version", RV_TEXT, 100}};
static const struct rv_field element_fields[] = {{"selector", RV_TEXT, 4000}, {"tag", RV_TEXT, 200}, {"text", RV_TEXT, 20000}, {"rect", RV_OBJECT, 20}, {"outer_html", RV_TEXT, 200000}};
static const struct rv_field console_fields[] = {{"ts", RV_NUMBER | RV_TEXT, 40}, {"level", RV_TEXT, 20}, {"args", RV_ARRAY, 200}, {"stack", RV_TEXT, 20000}, {"count", RV_NUMBER, 0},
	{"kind", RV_TEXT, 40}, {"depth", RV_NUMBER, 0}, {"source", RV_TEXT, 20000}, {"line", RV_NUMBER, 0}, {"column", RV_NUMBER, 0}};
static const struct rv_field network_fields[] = {
	{"ts", RV_NUMBER | RV_TEXT, 40}, {"method", RV_TEXT, 40}, {"url", RV_TEXT, 16384}, {"status", RV_NUMBER, 0}, {"duration_ms", RV_NUMBER, 0}, {"request_bytes", RV_NUMBER, 0},
	{"response_bytes", RV_NUMBER, 0}, {"type", RV_TEXT, 100}, {"error", RV_TEXT, 4000}, {"request_headers", RV_OBJECT | RV_ARRAY, 500}, {"response_headers", RV_OBJECT | RV_ARRAY, 500},
	{"request_body", RV_TEXT | RV_OBJECT | RV_ARRAY, 0}, {"response_body", RV_TEXT | RV_OBJECT | RV_ARRAY, 0},
	{"content_type", RV_TEXT, 20000}, {"state", RV_TEXT, 20}, {"protocol", RV_TEXT, 100}, {"initiator", RV_TEXT, 100}, {"trace", RV_TEXT, 20000}, {"transferred_bytes", RV_NUMBER, 0},
	{"messages_sent", RV_NUMBER, 0}, {"messages_received", RV_NUMBER, 0}, {"close_code", RV_NUMBER, 0}, {"close_reason", RV_TEXT, 20000}, {"timings", RV_OBJECT, 20}, {"frames", RV_ARRAY, 1000},
};
static const struct rv_field performance_fields[] = {
	{"ts", RV_NUMBER | RV_TEXT, 40}, {"kind", RV_TEXT, 40}, {"name", RV_TEXT, 200}, {"value", RV_NUMBER, 0}, {"duration_ms", RV_NUMBER, 0}, {"node", RV_NUMBER, 0}, {"detail", RV_TEXT, 20000},
};
static const char *const triggers[] = {"widget", "sdk", "autopilot", "wss", "helpdesk"};

struct reading { struct rv_submit *submit; const cJSON *root, *metadata; struct rv_json json; struct rv_field_error *error; };

static bool fail(struct reading *reading, const char *field, const char *message)
{
	snprintf(reading->error->field, sizeof reading->error->field, "%s", field);
	reading->error->message = message;
	return false;
}

/* After check_top, members of the root have their right types. */
static const char *top_text(const struct reading *reading, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(reading->root, name));
}

static bool check_top(struct reading *reading)
{
	for (size_t i = 0; i < COUNT(top_fields); i++)
		if (!rv_field_get(reading->root, &top_fields[i], "", reading->error) && reading->error->message)
			return false;
	const char *item_type = top_text(reading, "item_type"), *token = top_text(reading, "session_token"), *trigger = top_text(reading, "trigger");
	if (item_type && (!*item_type || item_type[strspn(item_type, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")]))
		return fail(reading, "item_type", "must be one short word");
	if (token && !rv_session_token_ok(token))
		return fail(reading, "session_token", "has characters that a token cannot have");
	bool known = !trigger;
	for (size_t i = 0; i < COUNT(triggers); i++)
		known = known || strcmp(trigger, triggers[i]) == 0;
	return known || fail(reading, "trigger", "must be widget, sdk, autopilot, wss or helpdesk");
}

static bool read_attachment_ids(struct reading *reading)
{
	struct rv_report_new *report = &reading->submit->report;
	char field[64];
	const cJSON *ids = cJSON_GetObjectItemCaseSensitive(reading->root, "attachment_ids");
	for (const cJSON *id = cJSON_IsArray(ids) ? ids->child : NULL; id; id = id->next) {
		snprintf(field, sizeof field, "attachment_ids[%zu]", report->n_attachments);
		if (!cJSON_IsString(id) || strlen(id->valuestring) > 31)
			return fail(reading, field, "must be the id of an upload");
		for (size_t i = 0; i < report->n_attachments; i++)
			if (strcmp(reading->submit->attachment_ids[i], id->valuestring) == 0)
				return fail(reading, field, "is there twice");
		reading->submit->attachment_ids[report->n_attachments++] = id->valuestring;
	}
	report->attachment_ids = reading->submit->attachment_ids;
	return true;
}

/* ---- who ---- */

static void write_number(const cJSON *value, char *out, size_t out_size)
{
	snprintf(out, out_size, rv_json_is_whole(value) ? "%.0f" : "%.17g", value->valuedouble);
}

static bool user_text(struct reading *reading, const cJSON *user, const char *name, unsigned kinds, unsigned max, char *out, size_t out_size)
{
	const cJSON *value = rv_field_get(user, &(struct rv_field){name, kinds, max}, "user.", reading->error);
	if (!value && reading->error->message)
		return false;
	if (cJSON_IsNumber(value))
		write_number(value, out, out_size);
	else if (value)
		snprintf(out, out_size, "%s", value->valuestring);
	return true;
}

static void member(struct rv_json *json, const char *key, const char *text)
{
	if (!text || !*text)
		return;
	rv_json_key(json, key);
	rv_json_cstr(json, text);
}

static bool read_user(struct reading *reading)
{
	static const char *const own[] = {"id", "email", "name", "user_id", "userId"};
	struct rv_submit *submit = reading->submit;
	const cJSON *user = cJSON_GetObjectItemCaseSensitive(reading->root, "user"), *flat_id = cJSON_GetObjectItemCaseSensitive(reading->root, "user_id");
	char email[1300] = "", first[810] = "", last[810] = "";
	if (!cJSON_IsObject(user))
		user = NULL;
	/* The flat fields are the post's own and win over the identified user's. */
	if (!user_text(reading, user, "id", RV_TEXT | RV_NUMBER, 256, submit->user_id, sizeof submit->user_id) || !user_text(reading, user, "email", RV_TEXT, 320, email, sizeof email)
		|| !user_text(reading, user, "name", RV_TEXT, 200, submit->user_name, sizeof submit->user_name) || !user_text(reading, user, "firstName", RV_TEXT, 200, first, sizeof first)
		|| !user_text(reading, user, "lastName", RV_TEXT, 200, last, sizeof last))
		return false;
	if (cJSON_IsNumber(flat_id))
		write_number(flat_id, submit->user_id, sizeof submit->user_id);
	else if (cJSON_IsString(flat_id))
		snprintf(submit->user_id, sizeof submit->user_id, "%s", flat_id->valuestring);
	if (!*submit->user_name && (*first || *last))
		snprintf(submit->user_name, sizeof submit->user_name, "%.400s%s%.400s", first, *first && *last ? " " : "", last);
	if (top_text(reading, "name"))
		snprintf(submit->user_name, sizeof submit->user_name, "%s", top_text(reading, "name"));
	const cJSON *user_email = cJSON_GetObjectItemCaseSensitive(user, "email");
	const char *final_email = top_text(reading, "email") ? top_text(reading, "email") : cJSON_GetStringValue(user_email);

	rv_json_key(&reading->json, "user");
	rv_json_open(&reading->json, '{');
	member(&reading->json, "id", submit->user_id);
	member(&reading->json, "email", final_email);
	member(&reading->json, "name", submit->user_name);
	for (const cJSON *value = user ? user->child : NULL; value; value = value->next) {
		bool reserved = !*value->string || strcmp(value->string, "__proto__") == 0 || strcmp(value->string, "constructor") == 0 || strcmp(value->string, "prototype") == 0;
		for (size_t i = 0; i < COUNT(own); i++)
			reserved = reserved || strcmp(value->string, own[i]) == 0;
		if (reserved || strlen(value->string) > 200)
			continue;
		rv_json_key(&reading->json, value->string);
		rv_json_write(&reading->json, value);
	}
	rv_json_close(&reading->json, '}');
	submit->report.user_id = *submit->user_id ? submit->user_id : NULL;
	submit->report.user_name = *submit->user_name ? submit->user_name : NULL;
	submit->report.user_email = final_email && *final_email ? final_email : NULL;
	return true;
}

/* ---- where ---- */

static const cJSON *page_field(struct reading *reading, const struct rv_field *field)
{
	const cJSON *value = rv_field_get(reading->root, field, "", reading->error);
	return value || reading->error->message ? value : rv_field_get(reading->metadata, field, "metadata.", reading->error);
}

/* "/cart" of "https://shop.example/cart?x#y". */
static const char *path_of(const char *url, char *out)
{
	const char *start = strstr(url, "://");
	start = start ? strpbrk(start + 3, "/?#") : NULL;
	size_t len = start && *start == '/' ? strcspn(start, "?#") : 0;
	struct rv_span path = rv_utf8_prefix(rv_span(start, len), PATH_BYTES);
	snprintf(out, PATH_BYTES + 1, "%.*s", (int)path.len, len ? (const char *)path.ptr : "");
	return len ? out : "/";
}

/* The members of those page fields that are objects. */
static bool check_members(struct reading *reading, const cJSON *value, const char *name)
{
	char prefix[48];
	bool is_browser = strcmp(name, "browser") == 0;
	if (!cJSON_IsObject(value) || strcmp(name, "connection") == 0)
		return true;
	snprintf(prefix, sizeof prefix, "%s.", name);
	for (size_t i = 0; i < 2; i++)
		if (!rv_field_get(value, is_browser ? &browser_fields[i] : &size_fields[i], prefix, reading->error) && reading->error->message)
			return false;
	return true;
}

static bool read_page(struct reading *reading, const char *user_agent)
{
	struct rv_report_new *report = &reading->submit->report;
	bool has_agent = false;
	rv_json_key(&reading->json, "page");
	rv_json_open(&reading->json, '{');
	for (size_t i = 0; i < COUNT(page_fields); i++) {
		const struct rv_field *field = &page_fields[i];
		bool is_title = strcmp(field->name, "page_title") == 0;
		const cJSON *value = page_field(reading, field);
		if (!value && !reading->error->message && is_title)
			value = rv_field_get(reading->metadata, &(struct rv_field){"title", RV_TEXT, field->max}, "metadata.", reading->error);
		if (reading->error->message)
			return false;
		if (!value)
			continue;
		if (!check_members(reading, value, field->name))
			return false;
		if (strcmp(field->name, "url") == 0)
			report->url = value->valuestring;
		else if (strcmp(field->name, "path") == 0)
			report->path = value->valuestring;
		else if (is_title)
			report->page_title = value->valuestring;
		has_agent = has_agent || strcmp(field->name, "user_agent") == 0;
		rv_json_key(&reading->json, is_title ? "title" : field->name);
		rv_json_write(&reading->json, value);
	}
	if (!report->path && report->url) {
		report->path = path_of(report->url, reading->submit->path);
		member(&reading->json, "path", report->path);
	}
	if (!has_agent)
		member(&reading->json, "user_agent", user_agent);
	rv_json_close(&reading->json, '}');
	return true;
}

/* ---- logs ---- */

static unsigned times(const cJSON *entry)
{
	double count = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(entry, "count"));
	return count >= 1 && count <= 1e6 ? (unsigned)count : 1;
}

static void note_error(struct rv_submit *submit, const cJSON *entry)
{
	const char *level = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry, "level"));
	if (!level || strcmp(level, "error") != 0)
		return;
	unsigned n = times(entry);
	submit->report.n_errors = submit->report.n_errors > 1000000 ? submit->report.n_errors : submit->report.n_errors + n;
	const cJSON *args = cJSON_GetObjectItemCaseSensitive(entry, "args");
	const char *text = cJSON_IsArray(args) ? cJSON_GetStringValue(args->child) : NULL;
	if (submit->report.first_error || !text || !*text)
		return;
	struct rv_span cut = rv_utf8_prefix(rv_span_str(text), FIRST_ERROR_BYTES);
	snprintf(submit->first_error, sizeof submit->first_error, "%.*s", (int)cut.len, (const char *)cut.ptr);
	submit->report.first_error = submit->first_error;
}

static void note_failed(struct rv_submit *submit, const cJSON *entry)
{
	double status = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(entry, "status"));
	const char *error = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry, "error"));
	submit->report.n_failed_requests += status >= 400 || (error && *error);
}

static bool read_logs(struct reading *reading, const char *name, const struct rv_field *fields, size_t n, void (*note)(struct rv_submit *, const cJSON *))
{
	char prefix[48];
	unsigned i = 0;
	const cJSON *logs = cJSON_GetObjectItemCaseSensitive(reading->root, name);
	rv_json_key(&reading->json, name);
	rv_json_open(&reading->json, '[');
	for (const cJSON *entry = cJSON_IsArray(logs) ? logs->child : NULL; entry; entry = entry->next, i++) {
		snprintf(prefix, sizeof prefix, "%s[%u]", name, i);
		if (!cJSON_IsObject(entry))
			return fail(reading, prefix, "must be an object");
		strcat(prefix, ".");
		rv_json_open(&reading->json, '{');
		if (!rv_fields_write(&reading->json, entry, fields, n, prefix, reading->error))
			return false;
		rv_json_close(&reading->json, '}');
		if (note)
			note(reading->submit, entry);
	}
	rv_json_close(&reading->json, ']');
	return true;
}

static bool read_objects(struct reading *reading)
{
	static const char *const names[] = {"custom", "capture"};
	const cJSON *element = cJSON_GetObjectItemCaseSensitive(reading->root, "element");
	if (cJSON_IsObject(element)) {
		rv_json_key(&reading->json, "element");
		rv_json_open(&reading->json, '{');
		if (!rv_fields_write(&reading->json, element, element_fields, COUNT(element_fields), "element.", reading->error))
			return false;
		rv_json_close(&reading->json, '}');
	}
	for (size_t i = 0; i < COUNT(names); i++) {
		const cJSON *value = cJSON_GetObjectItemCaseSensitive(reading->root, names[i]);
		if (!cJSON_IsObject(value))
			continue;
		rv_json_key(&reading->json, names[i]);
		rv_json_write(&reading->json, value);
	}
	return true;
}

static bool says_something(const struct rv_report_new *report, const cJSON *root)
{
	const cJSON *logs = cJSON_GetObjectItemCaseSensitive(root, "console_logs"), *element = cJSON_GetObjectItemCaseSensitive(root, "element");
	return (report->title && *report->title) || (report->notes && *report->notes) || report->n_attachments || report->session_token || (cJSON_IsArray(logs) && logs->child) || cJSON_IsObject(element);
}

enum rv_status rv_submit_read(struct rv_submit *submit, const cJSON *json, const char *user_agent, struct rv_field_error *error)
{
	memset(submit, 0, sizeof *submit);
	memset(error, 0, sizeof *error);
	rv_buf_init(&submit->body, RV_SUBMIT_BODY_MAX);
	struct reading reading = {.submit = submit, .root = json, .error = error};
	if (!cJSON_IsObject(json)) {
		fail(&reading, "body", "must be an object");
		return RV_BAD;
	}
	if (!check_top(&reading))
		return RV_BAD;
	reading.metadata = cJSON_GetObjectItemCaseSensitive(json, "metadata");
	struct rv_report_new *report = &submit->report;
	report->title = top_text(&reading, "title");
	report->notes = top_text(&reading, "description");
	report->item_type = top_text(&reading, "item_type");
	report->session_token = top_text(&reading, "session_token");
	report->trigger = top_text(&reading, "trigger");
	if (!report->trigger)
		report->trigger = "widget";
	rv_json_init(&reading.json, &submit->body);
	rv_json_open(&reading.json, '{');
	if (!read_attachment_ids(&reading) || !read_user(&reading) || !read_page(&reading, user_agent) || !read_objects(&reading)
		|| !read_logs(&reading, "console_logs", console_fields, COUNT(console_fields), note_error) || !read_logs(&reading, "network_logs", network_fields, COUNT(network_fields), note_failed)
		|| !read_logs(&reading, "performance", performance_fields, COUNT(performance_fields), NULL))
		return RV_BAD;
	rv_json_close(&reading.json, '}');
	rv_buf_byte(&submit->body, 0);
	if (!says_something(report, json)) {
		fail(&reading, "title", "or a description, an attachment or a session_token is needed");
		return RV_BAD;
	}
	if (rv_buf_status(&submit->body) == RV_MEMORY)
		return RV_MEMORY;
	if (rv_buf_status(&submit->body) != RV_OK) {
		fail(&reading, "body", "is too deep or too large");
		return RV_BAD;
	}
	report->body_json = (const char *)submit->body.ptr;
	return RV_OK;
}

void rv_submit_deinit(struct rv_submit *submit) { rv_buf_deinit(&submit->body); }
