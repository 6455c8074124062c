#include "snippet.h"
#include <stdio.h>

enum { FILE_MAX = 16 << 10, PATH_BYTES_MAX = 4096 };

static const char tag[] = "<script async src=\"{{BASE}}/{{WORKSPACE}}/rearview.js\" data-project=\"{{KEY}}\"></script>";

static size_t read_file(const char *dir, const char *name, char out[FILE_MAX])
{
	char path[PATH_BYTES_MAX];
	if (!dir || snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
		return 0;
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	size_t len = fread(out, 1, FILE_MAX - 1, file);
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
	fill_in(read_file(widget_dir, "snippet-csp.txt", text) ? text : tag, base, workspace_id, project_key, out);
}

void rv_snippet_script(const char *widget_dir, const char *base, const char *workspace_id, const char *project_key, struct rv_buf *out)
{
	char text[FILE_MAX];
	if (!read_file(widget_dir, "snippet.txt", text)) {
		rv_snippet_tag(widget_dir, base, workspace_id, project_key, out);
		return;
	}
	rv_buf_str(out, "<script>\n");
	fill_in(text, base, workspace_id, project_key, out);
	rv_buf_str(out, "\n</script>");
}
