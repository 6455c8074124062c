#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "config.h"

static char path[] = "/tmp/rv-config-test-XXXXXX";

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static bool is_own(const char *option) { return strcmp(option, "json") == 0 || strncmp(option, "name", 4) == 0; }

static struct rv_config config;
static char message[2000];
static char *args[20];
static size_t n_args;

/* args end with NULL; the message is "" when it goes well. */
static void load(char *const *environment, ...)
{
	va_list list;
	struct rv_buf error;
	rv_buf_init(&error, sizeof message - 1);
	va_start(list, environment);
	for (n_args = 0; (args[n_args] = va_arg(list, char *));)
		n_args++;
	va_end(list);
	enum rv_status status = rv_config_load(&config, &n_args, args, environment, is_own, &error);
	snprintf(message, sizeof message, "%.*s", (int)error.len, error.ptr ? (char *)error.ptr : "");
	assert_int_equal(status != RV_OK, message[0] != 0);
	rv_buf_deinit(&error);
}

static void has_defaults(void **unused)
{
	load(NULL, NULL);
	assert_string_equal(message, "");
	assert_string_equal(config.listen, "127.0.0.1:8787");
	assert_string_equal(config.base_url, "");
	assert_int_equal(config.ping_ms, 30000);
	assert_int_equal(rv_config_log_level(&config), RV_LOG_INFO);
	rv_config_deinit(&config);
}

static void later_sources_win(void **unused)
{
	char setting[100];
	snprintf(setting, sizeof setting, "RV_CONFIG=%s", path);
	char *environment[] = {(char *)"PATH=/bin", setting, (char *)"RV_LISTEN=[::1]:2", (char *)"RV_PING_MS=200", (char *)"RV_REARVIEWD=unknown names are other programs'", NULL};
	write_file("# a comment\n\n  listen = 127.0.0.1:1  \r\nlog_level=debug\nping_ms = 100\ndata-dir = /a b\nbase_url =\n");
	load(environment, "serve", "--ping-ms", "300", "--name", "Shop", "--max_connections=77", "--json", NULL);
	assert_string_equal(message, "");
	assert_string_equal(config.listen, "[::1]:2");
	assert_string_equal(config.data_dir, "/a b");
	assert_string_equal(config.base_url, "");
	assert_int_equal(config.ping_ms, 300);
	assert_int_equal(config.max_connections, 77);
	assert_int_equal(rv_config_log_level(&config), RV_LOG_DEBUG);
	assert_int_equal(n_args, 4);
	assert_string_equal(args[0], "serve");
	assert_string_equal(args[1], "--name");
	assert_string_equal(args[2], "Shop");
	assert_string_equal(args[3], "--json");
	rv_config_deinit(&config);
	char option[100];
	snprintf(option, sizeof option, "--config=%s", path);
	load(NULL, option, NULL);
	assert_string_equal(message, "");
	assert_int_equal(config.ping_ms, 100);
	assert_int_equal(n_args, 0);
	rv_config_deinit(&config);
}

static void names_what_is_wrong(void **unused)
{
	static const struct { const char *file, *option, *names; } cases[] = {
		{"lisen = 1\n", NULL, "lisen"}, {"a\nlisten = x\n", NULL, "setting a"}, {"\n\nlisten\n", NULL, "line 3"}, {"ping_ms = x\n", NULL, "ping_ms"}, {"ping_ms = 5\n", NULL, "100 to 3600000"}, {"ping_ms = 99999999999999999999\n", NULL, "ping_ms"}, {"ping_ms = -1\n", NULL, "ping_ms"},
		{"ping_ms = 500x\n", NULL, "ping_ms"}, {"ping_ms =\n", NULL, "ping_ms"}, {"log_level = loud\n", NULL, "log_level"}, {"= 5\n", NULL, "setting"}, {"", "--lisen", "--lisen"}, {"", "--listen", "--listen needs a value"}, {"", "--ping-ms=1", "command line"}, {"", "--config=/nowhere/at.all", "/nowhere/at.all"},
	};
	char setting[100];
	snprintf(setting, sizeof setting, "RV_CONFIG=%s", path);
	char *environment[] = {setting, NULL};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		write_file(cases[i].file);
		load(environment, cases[i].option, NULL);
		if (!strstr(message, cases[i].names))
			fail_msg("%s %s → %s", cases[i].file, cases[i].option ? cases[i].option : "", message);
	}
	char *wrong[] = {(char *)"RV_DRAIN_MS=soon", NULL};
	load(wrong, NULL);
	assert_non_null(strstr(message, "drain_ms (environment)"));
}

static void prints_every_key(void **unused)
{
	struct rv_buf out;
	rv_buf_init(&out, 100000);
	rv_config_help(&out);
	rv_buf_byte(&out, 0);
#define CHECK_TEXT(key, value, help) assert_non_null(strstr((char *)out.ptr, help));
#define CHECK_NUMBER(key, value, least, most, help) assert_non_null(strstr((char *)out.ptr, help));
	RV_CONFIG_KEYS(CHECK_TEXT, CHECK_NUMBER)
	assert_non_null(strstr((char *)out.ptr, "--requests-per-minute-per-key N (6000)"));
	rv_buf_deinit(&out);
}

int main(void)
{
	int fd = mkstemp(path);
	if (fd < 0)
		return 1;
	close(fd);
	const struct CMUnitTest tests[] = {cmocka_unit_test(has_defaults), cmocka_unit_test(later_sources_win), cmocka_unit_test(names_what_is_wrong), cmocka_unit_test(prints_every_key)};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
