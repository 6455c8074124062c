#include "cmocka_all.h"
#include "settings.h"
#include <stdio.h>
#include <stdlib.h>

static struct rv_workspace workspace = {.id = "ws_1", .name = "Shop \"A\"", .site_id = "site_1", .config_json = (char *)"{}"};

/* What is stored after the change, or "! field: message". The caller frees. */
static char *merge(const char *stored, const char *changes)
{
	struct rv_buf out;
	struct rv_field_error error;
	cJSON *parsed = cJSON_Parse(changes);
	assert_non_null(parsed);
	rv_buf_init(&out, 1 << 16);
	char *text = NULL;
	if (rv_settings_merge(stored, parsed, &out, &error) == RV_OK) {
		rv_buf_byte(&out, 0);
		text = strdup((char *)out.ptr);
	} else {
		text = malloc(300);
		snprintf(text, 300, "! %s: %s", error.field, error.message);
	}
	rv_buf_deinit(&out);
	cJSON_Delete(parsed);
	return text;
}

static void assert_merge(const char *stored, const char *changes, const char *expected)
{
	char *got = merge(stored, changes);
	assert_string_equal(got, expected);
	free(got);
}

static void stores_what_was_set(void **state)
{
	assert_merge("{}", "{}", "{}");
	assert_merge("{}", "{\"actions\":{\"always_connect\":true},\"unknown\":{\"x\":1}}", "{\"actions\":{\"always_connect\":true}}");
	assert_merge("{\"actions\":{\"always_connect\":true}}", "{\"capture\":{\"window_ms\":10000,\"later\":2}}", "{\"actions\":{\"always_connect\":true},\"capture\":{\"window_ms\":10000}}");
	assert_merge("{\"actions\":{\"always_connect\":true}}", "{\"actions\":{\"always_connect\":null}}", "{}");
	assert_merge("{\"actions\":{\"always_connect\":\"no longer valid\"}}", "{}", "{}");
	assert_merge("not JSON", "{\"site\":{\"name\":\"Ü\"}}", "{\"site\":{\"name\":\"Ü\"}}");
	assert_merge("{}", "{\"modules\":{\"feedback\":{\"fields\":[{\"type\":\"select\",\"key\":\"area\",\"label\":\"Area\",\"options\":[\"Billing\"],\"x\":1}]}},\"theme\":{\"labels\":{\"ui.title\":\"Help\"},\"locale\":\"\"}}",
		"{\"modules\":{\"feedback\":{\"fields\":[{\"key\":\"area\",\"label\":\"Area\",\"type\":\"select\",\"required\":false,\"options\":[\"Billing\"]}]}},\"theme\":{\"locale\":\"\",\"labels\":{\"ui.title\":\"Help\"}}}");
	assert_merge("{\"theme\":{\"radius\":9}}", "{\"theme\":{\"radius\":null},\"modules\":null}", "{}");
	assert_merge("{}", "{\"allowed_origins\":[\"HTTPS://App.Example.com:443\",\"http://[::1]:8080\",\"https://*.example.org\"]}",
		"{\"allowed_origins\":[\"https://app.example.com\",\"http://[::1]:8080\",\"https://*.example.org\"]}");
}

static void names_the_field_that_is_wrong(void **state)
{
	static const struct { const char *changes, *expected; } cases[] = {
		{"[]", "! config: must be an object"},
		{"{\"capture\":7}", "! capture: must be an object"},
		{"{\"capture\":{\"window_ms\":9999}}", "! capture.window_ms: is out of bounds"},
		{"{\"capture\":{\"window_ms\":1e300}}", "! capture.window_ms: must be a whole number"},
		{"{\"capture\":{\"window_ms\":10000.5}}", "! capture.window_ms: must be a whole number"},
		{"{\"capture\":{\"window_ms\":\"10000\"}}", "! capture.window_ms: must be a whole number"},
		{"{\"capture\":{\"max_bytes\":1}}", "! capture.max_bytes: is out of bounds"},
		{"{\"capture\":{\"console\":1}}", "! capture.console: must be true or false"},
		{"{\"actions\":{\"always_connect\":\"yes\"}}", "! actions.always_connect: must be true or false"},
		{"{\"site\":{\"name\":\"\"}}", "! site.name: is too short or too long"},
		{"{\"privacy\":{\"level\":\"in\"}}", "! privacy.level: is not one of the choices"},
		{"{\"privacy\":{\"level\":\"inputs,strict\"}}", "! privacy.level: is not one of the choices"},
		{"{\"privacy\":{\"mask_selectors\":\".a\"}}", "! privacy.mask_selectors: must be a list of texts"},
		{"{\"privacy\":{\"mask_selectors\":[\".a\",7]}}", "! privacy.mask_selectors[1]: must be a list of texts"},
		{"{\"privacy\":{\"block_selectors\":[\"a[b\"]}}", "! privacy.block_selectors[0]: must hold CSS selectors"},
		{"{\"privacy\":{\"block_selectors\":[\"a{color:red}\"]}}", "! privacy.block_selectors[0]: must hold CSS selectors"},
		{"{\"privacy\":{\"block_selectors\":[\"\"]}}", "! privacy.block_selectors[0]: must not hold an empty text"},
		{"{\"capture\":{\"network_headers\":[\"x-ok\",\"x bad\"]}}", "! capture.network_headers[1]: must hold names of headers"},
		{"{\"capture\":{\"network_bodies\":[\"https://a.example/*\",\"/relative\"]}}", "! capture.network_bodies[1]: must hold beginnings of addresses like https://api.example.com/orders"},
		{"{\"capture\":{\"network_bodies\":[\"https://\"]}}", "! capture.network_bodies[0]: must hold beginnings of addresses like https://api.example.com/orders"},
		{"{\"privacy\":{\"redact_patterns\":[\"*\"]}}", "! privacy.redact_patterns[0]: must hold patterns like CUST-[0-9]+"},
		{"{\"privacy\":{\"redact_patterns\":[\"ok\",\"+x\"]}}", "! privacy.redact_patterns[1]: must hold patterns like CUST-[0-9]+"},
		{"{\"privacy\":{\"redact_patterns\":[\"[a-\"]}}", "! privacy.redact_patterns[0]: must hold patterns like CUST-[0-9]+"},
		{"{\"privacy\":{\"redact_patterns\":[\"[z-a]\"]}}", "! privacy.redact_patterns[0]: must hold patterns like CUST-[0-9]+"},
		{"{\"privacy\":{\"redact_patterns\":[\"x\\\\\"]}}", "! privacy.redact_patterns[0]: must hold patterns like CUST-[0-9]+"},
		{"{\"modules\":7}", "! modules: must be an object"},
		{"{\"modules\":{\"feedback\":[]}}", "! modules.feedback: must be an object"},
		{"{\"modules\":{\"feedback\":{\"launcher\":\"loud\"}}}", "! modules.feedback.launcher: is not one of the choices"},
		{"{\"modules\":{\"feedback\":{\"types\":[\"bug\",\"bug\"]}}}", "! modules.feedback.types[1]: is there twice"},
		{"{\"modules\":{\"feedback\":{\"types\":[\"constructor\"]}}}", "! modules.feedback.types[0]: must hold short words of small letters, digits, dashes and underscores"},
		{"{\"modules\":{\"feedback\":{\"fields\":{}}}}", "! modules.feedback.fields: must be a list of fields"},
		{"{\"modules\":{\"feedback\":{\"fields\":[7]}}}", "! modules.feedback.fields[0]: must be an object"},
		{"{\"modules\":{\"feedback\":{\"fields\":[{\"key\":\"__proto__\",\"label\":\"x\",\"type\":\"text\"}]}}}", "! modules.feedback.fields[0].key: must be a short word of small letters, digits and underscores"},
		{"{\"modules\":{\"feedback\":{\"fields\":[{\"key\":\"a\",\"label\":\"x\",\"type\":\"text\"},{\"key\":\"a\",\"label\":\"x\",\"type\":\"text\"}]}}}", "! modules.feedback.fields[1].key: is there twice"},
		{"{\"modules\":{\"feedback\":{\"fields\":[{\"key\":\"a\",\"label\":\"\",\"type\":\"text\"}]}}}", "! modules.feedback.fields[0].label: must be a text of 1 to 120 characters"},
		{"{\"modules\":{\"feedback\":{\"fields\":[{\"key\":\"a\",\"label\":\"x\",\"type\":\"file\"}]}}}", "! modules.feedback.fields[0].type: must be text, textarea, select or checkbox"},
		{"{\"modules\":{\"feedback\":{\"fields\":[{\"key\":\"a\",\"label\":\"x\",\"type\":\"text\",\"required\":1}]}}}", "! modules.feedback.fields[0].required: must be true or false"},
		{"{\"modules\":{\"feedback\":{\"fields\":[{\"key\":\"a\",\"label\":\"x\",\"type\":\"text\",\"options\":[\"y\"]}]}}}", "! modules.feedback.fields[0].options: are for a select"},
		{"{\"modules\":{\"feedback\":{\"fields\":[{\"key\":\"a\",\"label\":\"x\",\"type\":\"select\"}]}}}", "! modules.feedback.fields[0].options: must list what can be chosen"},
		{"{\"modules\":{\"feedback\":{\"fields\":[{\"key\":\"a\",\"label\":\"x\",\"type\":\"select\",\"options\":[\"y\",\"\"]}]}}}", "! modules.feedback.fields[0].options[1]: must be a text of 1 to 100 characters"},
		{"{\"theme\":{\"color\":\"red;}\"}}", "! theme.color: must be a colour like #4338ca"},
		{"{\"theme\":{\"radius\":33}}", "! theme.radius: is out of bounds"},
		{"{\"theme\":{\"font\":\"x;}*{\"}}", "! theme.font: must be font families like Inter, sans-serif"},
		{"{\"theme\":{\"font\":\"'Inter\"}}", "! theme.font: must be font families like Inter, sans-serif"},
		{"{\"theme\":{\"locale\":\"xx\"}}", "! theme.locale: is not one of the choices"},
		{"{\"theme\":{\"labels\":[]}}", "! theme.labels: must be an object of texts"},
		{"{\"theme\":{\"labels\":{\"__proto__\":\"x\"}}}", "! theme.labels: has a key that is none: letters, digits and . _ - as in ui.title"},
		{"{\"theme\":{\"labels\":{\"ui.title\":7}}}", "! theme.labels.ui.title: must be a text"},
		{"{\"theme\":{\"custom_css\":\"a{\"}}", "! theme.custom_css: has braces that do not match"},
		{"{\"theme\":{\"custom_css\":\"@IMPORT 'x'\"}}", "! theme.custom_css: must not hold @import: put the rules themselves here"},
		{"{\"recording\":{\"max_ms\":60001}}", "! recording.max_ms: is out of bounds"},
		{"{\"allowed_origins\":[\"example.com\"]}", "! allowed_origins[0]: must hold origins like https://app.example.com or https://*.example.com"},
		{"{\"allowed_origins\":[\"https://example.com/path\"]}", "! allowed_origins[0]: must hold origins like https://app.example.com or https://*.example.com"},
		{"{\"allowed_origins\":[\"https://a.*.com\"]}", "! allowed_origins[0]: must hold origins like https://app.example.com or https://*.example.com"},
		{"{\"allowed_origins\":[\"https://example.com:0\"]}", "! allowed_origins[0]: must hold origins like https://app.example.com or https://*.example.com"},
		{"{\"allowed_origins\":[\"https://user@example.com\"]}", "! allowed_origins[0]: must hold origins like https://app.example.com or https://*.example.com"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_merge("{}", cases[i].changes, cases[i].expected);
	char *many = strdup("{\"allowed_origins\":[");
	for (int i = 0; i < 101; i++) {
		many = realloc(many, strlen(many) + 40);
		strcat(many, i ? ",\"https://a.de\"" : "\"https://a.de\"");
	}
	many = realloc(many, strlen(many) + 3);
	assert_merge("{}", strcat(many, "]}"), "! allowed_origins[100]: has too many members");
	free(many);
}

static void takes_patterns_the_core_takes(void **state)
{
	static const char *const good[] = {"CUST-[0-9]+", "sk_live_*", "[0-9][0-9]-????", "[]x]", "[^a-z_]+", "a\\+", "\\[x", "é*", "[\\]]"};
	static const char *const bad[] = {"[]", "[^]", "a++", "*+", "é+", "[é]", "**", "[a"};
	for (size_t i = 0; i < sizeof good / sizeof *good + sizeof bad / sizeof *bad; i++) {
		bool is_good = i < sizeof good / sizeof *good;
		const char *pattern = is_good ? good[i] : bad[i - sizeof good / sizeof *good];
		cJSON *changes = cJSON_Parse("{\"privacy\":{\"redact_patterns\":[]}}");
		cJSON_AddItemToArray(cJSON_GetObjectItem(cJSON_GetObjectItem(changes, "privacy"), "redact_patterns"), cJSON_CreateString(pattern));
		char *text = cJSON_PrintUnformatted(changes), *got = merge("{}", text);
		if ((got[0] != '!') != is_good)
			fail_msg("%s: %s", pattern, got);
		free(got);
		cJSON_free(text);
		cJSON_Delete(changes);
	}
}

static void puts_defaults_under_it(void **state)
{
	struct rv_buf out;
	struct rv_json json;
	rv_buf_init(&out, 1 << 16);
	rv_json_init(&json, &out);
	rv_settings_config_json(&workspace, "{\"capture\":{\"window_ms\":20000,\"max_bytes\":-1}}", &json);
	rv_buf_byte(&out, 0);
	assert_string_equal((char *)out.ptr, "{\"site\":{\"name\":\"Shop \\\"A\\\"\"},\"allowed_origins\":[],\"actions\":{\"always_connect\":false},"
		"\"capture\":{\"window_ms\":20000,\"max_bytes\":8388608,\"console\":true,\"network\":true,\"network_headers\":[],\"network_bodies\":[],\"assets\":true,\"canvas\":false},"
		"\"privacy\":{\"level\":\"inputs\",\"mask_selectors\":[],\"block_selectors\":[],\"redact_patterns\":[],\"honor_gpc\":false},\"features\":{\"bugpilot_alias\":false},"
		"\"modules\":{\"feedback\":{\"enabled\":true,\"launcher\":\"button\",\"label\":\"\",\"types\":[\"bug\",\"idea\",\"question\"],\"email\":\"optional\",\"fields\":[]}},"
		"\"theme\":{\"color\":\"\",\"scheme\":\"auto\",\"position\":\"bottom-right\",\"locale\":\"\",\"radius\":6,\"font\":\"\",\"labels\":{},\"custom_css\":\"\"},"
		"\"screenshot\":{\"attach\":true},\"recording\":{\"max_ms\":60000,\"microphone\":false}}");
	rv_buf_clear(&out);
	rv_json_init(&json, &out);
	rv_settings_keys_json(&workspace, &json);
	rv_buf_byte(&out, 0);
	cJSON *keys = cJSON_Parse((char *)out.ptr);
	assert_int_equal(cJSON_GetArraySize(keys), 34);
	for (cJSON *key = keys->child; key; key = key->next)
		assert_true(strlen(cJSON_GetStringValue(cJSON_GetObjectItem(key, "description"))) > 20 && cJSON_GetObjectItem(key, "default"));
	cJSON_Delete(keys);
	rv_buf_deinit(&out);
}

static void widget_configuration(void **state)
{
	struct rv_buf out;
	char etag[24], other[24];
	rv_buf_init(&out, 1 << 16);
	assert_int_equal(rv_settings_widget_json(&workspace, &out, etag), RV_OK);
	rv_buf_byte(&out, 0);
	cJSON *config = cJSON_Parse((char *)out.ptr);
	static const char *const members[] = {"version", "site", "features", "modules", "theme", "targeting", "capture", "privacy", "actions", "screenshot", "recording"};
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		assert_non_null(cJSON_GetObjectItemCaseSensitive(config, members[i]));
	assert_null(cJSON_GetObjectItem(config, "allowed_origins"));
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetObjectItem(config, "site"), "id")), "site_1");
	assert_true(cJSON_IsFalse(cJSON_GetObjectItem(cJSON_GetObjectItem(config, "capture"), "canvas")));
	cJSON_Delete(config);
	assert_int_equal(strlen(etag), 18);
	workspace.config_json = (char *)"{\"actions\":{\"always_connect\":true}}";
	rv_buf_clear(&out);
	assert_int_equal(rv_settings_widget_json(&workspace, &out, other), RV_OK);
	assert_string_not_equal(etag, other);
	workspace.config_json = (char *)"{\"allowed_origins\":[\"https://a.de\"]}"; /* not the widget's business */
	rv_buf_clear(&out);
	assert_int_equal(rv_settings_widget_json(&workspace, &out, other), RV_OK);
	assert_string_equal(etag, other);
	workspace.config_json = (char *)"{}";
	rv_buf_deinit(&out);
}

static void origins(void **state)
{
	static const char stored[] = "{\"allowed_origins\":[\"https://app.example.com\",\"https://*.shop.example:8443\",\"http://localhost:3000\"]}";
	static const char *const yes[] = {"https://app.example.com", "https://app.example.com:443", "https://APP.example.com", "https://a.shop.example:8443", "https://b.a.shop.example:8443", "http://localhost:3000"};
	static const char *const no[] = {
		"null", "", "https://", "http://app.example.com", "https://example.com", "https://app.example.com.evil.org", "https://evilapp.example.com", "https://xapp.example.com",
		"https://app.example.com:8443", "https://shop.example:8443", "https://ashop.example:8443", "https://a.shop.example", "https://a.shop.example:8443.evil.org",
		"https://*.shop.example:8443", "https://evil.org/.shop.example:8443", "https://evil.org#.shop.example:8443", "https://app.example.com ", "http://localhost:30000", "https://.shop.example:8443",
	};
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		if (!rv_settings_origin_allowed(stored, yes[i], false))
			fail_msg("%s", yes[i]);
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		if (rv_settings_origin_allowed(stored, no[i], true))
			fail_msg("%s", no[i]);
	assert_true(rv_settings_origin_allowed(stored, NULL, true));
	assert_false(rv_settings_origin_allowed(stored, NULL, false));
	assert_true(rv_settings_origin_allowed("{}", "null", false));
	assert_true(rv_settings_origin_allowed("{\"allowed_origins\":[]}", NULL, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stores_what_was_set), cmocka_unit_test(names_the_field_that_is_wrong), cmocka_unit_test(takes_patterns_the_core_takes),
		cmocka_unit_test(puts_defaults_under_it), cmocka_unit_test(widget_configuration), cmocka_unit_test(origins),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
