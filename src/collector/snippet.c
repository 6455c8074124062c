#include "snippet.h"
#include "secret.h"
#include <stdio.h>
#include <stdlib.h>

enum { FILE_MAX = 16 << 10, PATH_BYTES_MAX = 4096, SCRIPT_MAX = 1 << 20 };

static const char tag[] = "<script async src=\"{{BASE}}/{{WORKSPACE}}/rearview.js\" data-project=\"{{KEY}}\"></script>";

static size_t read_file(const char *dir, const char *name, char *out, size_t size)
{
	char path[PATH_BYTES_MAX];
	if (!dir || snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
		return 0;
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	size_t len = fread(out, 1, size - 1, file);
	fclose(file);
	out[len] = 0;
	return len;
}

/* The three values are of harmless characters: ids are ours, and base is a checked origin. */
static void fill_in(const char *text, const char *base, const char *workspace_id, const char *project_key, struct rv_buf *out)
{
	const struct { const char *name, *value; } values[] = {{"{{BASE}}", base}, {"{{WORKSPACE}}", workspace_id}, {"{{KEY}}", project_key}};
	while (*text) {
		const char *value = NULL;
		for (size_t i = 0; i < 3 && !value; i++)
			if (strncmp(text, values[i].name, strlen(values[i].name)) == 0) {
				value = values[i].value;
				text += strlen(values[i].name);
			}
		if (value)
			rv_buf_str(out, value);
		else
			rv_buf_byte(out, (uint8_t)*text++);
	}
}

void rv_snippet_tag(const char *widget_dir, const char *base, const char *workspace_id, const char *project_key, struct rv_buf *out)
{
	char text[FILE_MAX];
	fill_in(read_file(widget_dir, "snippet-csp.txt", text, sizeof text) ? text : tag, base, workspace_id, project_key, out);
}

void rv_snippet_script(const char *widget_dir, const char *base, const char *workspace_id, const char *project_key, struct rv_buf *out)
{
	char text[FILE_MAX];
	if (!read_file(widget_dir, "snippet.txt", text, sizeof text)) {
		rv_snippet_tag(widget_dir, base, workspace_id, project_key, out);
		return;
	}
	rv_buf_str(out, "<script>\n");
	fill_in(text, base, workspace_id, project_key, out);
	rv_buf_str(out, "\n</script>");
}

void rv_snippet_pinned(const char *widget_dir, const char *base, const char *workspace_id, const char *project_key, struct rv_buf *out)
{
	char *script = malloc(SCRIPT_MAX), integrity[80], hex[65];
	uint8_t digest[32];
	size_t len = script ? read_file(widget_dir, "rearview.js", script, SCRIPT_MAX) : 0;
	if (len > 0 && len < SCRIPT_MAX - 1) {
		rv_integrity(rv_span(script, len), integrity);
		rv_sha256(rv_span(script, len), digest);
		rv_hex(rv_span(digest, sizeof digest), hex);
		const char *const pieces[] = {"<script async src=\"", base, "/", workspace_id, "/rearview.js?v=", NULL, "\" data-project=\"", project_key, "\" integrity=\"", integrity, "\" crossorigin=\"anonymous\"></script>"};
		for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
			if (pieces[i])
				rv_buf_str(out, pieces[i]);
			else
				rv_buf_add(out, hex, 12);
	}
	free(script);
}
