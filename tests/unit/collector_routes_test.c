/* docs/openapi.yaml and the server's route tables name the same paths and methods. */
#include "app.h"
#include "cmocka_all.h"
#include <ctype.h>
#include <stdlib.h>

enum { ROUTES_MAX = 256 };
static char documented[ROUTES_MAX][160], routed[ROUTES_MAX][160];
static size_t n_documented, n_routed;

/* "get /a/{id}" of every operation. The file has paths two deep and methods four deep in its indentation. */
static void read_document(void)
{
	char line[1024], path[128] = "";
	bool in_paths = false;
	FILE *file = fopen(RV_SOURCE_DIR "/docs/openapi.yaml", "r");
	assert_non_null(file);
	while (fgets(line, sizeof line, file)) {
		line[strcspn(line, "\n")] = 0;
		size_t len = strlen(line);
		if (isalpha((unsigned char)line[0]))
			in_paths = strcmp(line, "paths:") == 0;
		if (!in_paths || len < 4 || line[len - 1] != ':')
			continue;
		line[len - 1] = 0;
		if (strncmp(line, "  /", 3) == 0)
			snprintf(path, sizeof path, "%.120s", line + 2);
		else if (strncmp(line, "    ", 4) == 0 && islower((unsigned char)line[4])) {
			assert_true(n_documented < ROUTES_MAX);
			snprintf(documented[n_documented++], 160, "%.16s %s", line + 4, path);
		}
	}
	fclose(file);
}

/* ":id" and "*rest" as "{id}" and "{rest}". */
static void add_route(const struct rv_route *route)
{
	char *out = routed[n_routed++];
	size_t n = 0;
	for (const char *at = route->method; *at; at++)
		out[n++] = (char)tolower((unsigned char)*at);
	out[n++] = ' ';
	for (const char *at = route->pattern; *at;) {
		bool named = (*at == ':' || *at == '*') && at[-(at > route->pattern)] == '/';
		if (!named) {
			out[n++] = *at++;
			continue;
		}
		out[n++] = '{';
		for (at++; *at && *at != '/';)
			out[n++] = *at++;
		out[n++] = '}';
	}
	out[n] = 0;
}

static bool has(char (*list)[160], size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

static void document_and_routes_agree(void **state)
{
	const struct rv_routes *const tables[] = {&rv_routes_widget, &rv_routes_upload, &rv_routes_action, &rv_routes_report, &rv_routes_asset, &rv_routes_console, &rv_routes_share, &rv_routes_static};
	for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
		for (size_t i = 0; i < tables[t]->n; i++)
			add_route(&tables[t]->routes[i]);
	read_document();
	assert_true(n_documented > 30);
	for (size_t i = 0; i < n_routed; i++)
		if (!has(documented, n_documented, routed[i]))
			fail_msg("%s is not in docs/openapi.yaml", routed[i]);
	for (size_t i = 0; i < n_documented; i++)
		if (!has(routed, n_routed, documented[i]))
			fail_msg("%s is in docs/openapi.yaml and not routed", documented[i]);
	assert_int_equal(n_routed, n_documented);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(document_and_routes_agree)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
