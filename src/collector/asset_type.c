#include "asset_type.h"
#include "utf8.h"

static bool begins(struct rv_span file, size_t at, const char *bytes, size_t n)
{
	return file.len >= at + n && memcmp(file.ptr + at, bytes, n) == 0;
}

static bool is_space(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

static size_t skip_space(struct rv_span file, size_t at)
{
	while (at < file.len && is_space(file.ptr[at]))
		at++;
	return at;
}

/* Past the next `end`, or the file's end. */
static size_t past(struct rv_span file, size_t at, const char *end)
{
	size_t n = strlen(end);
	while (at < file.len && !begins(file, at, end, n))
		at++;
	return at < file.len ? at + n : file.len;
}

static bool is_text(struct rv_span file) { return !memchr(file.ptr, 0, file.len) && rv_utf8_valid(file, false); }

/* XML declaration, comments and a doctype without an internal subset may stand before <svg. */
static bool is_svg(struct rv_span file)
{
	size_t at = begins(file, 0, "\xef\xbb\xbf", 3) ? 3 : 0;
	for (;;) {
		at = skip_space(file, at);
		if (begins(file, at, "<svg", 4))
			return at + 4 < file.len && (is_space(file.ptr[at + 4]) || file.ptr[at + 4] == '>' || file.ptr[at + 4] == '/') && is_text(file);
		if (begins(file, at, "<?xml", 5))
			at = past(file, at, "?>");
		else if (begins(file, at, "<!--", 4))
			at = past(file, at, "-->");
		else if (begins(file, at, "<!DOCTYPE svg", 13))
			at = past(file, at, ">");
		else
			return false;
	}
}

static bool is_css(struct rv_span file, const char *declared)
{
	static const char type[] = "text/css";
	size_t at = skip_space(file, begins(file, 0, "\xef\xbb\xbf", 3) ? 3 : 0);
	for (size_t i = 0; i < sizeof type - 1; i++)
		if (!declared || (declared[i] >= 'A' && declared[i] <= 'Z' ? declared[i] | 32 : declared[i]) != type[i])
			return false;
	if (declared[8] && declared[8] != ';' && declared[8] != ' ')
		return false;
	return (at == file.len || file.ptr[at] != '<') && is_text(file);
}

const char *rv_asset_type(struct rv_span file, const char *declared)
{
	static const struct { size_t at; const char *bytes; size_t n; const char *type; } marks[] = {
		{0, "\x89PNG\r\n\x1a\n", 8, "image/png"}, {0, "\xff\xd8\xff", 3, "image/jpeg"}, {0, "GIF87a", 6, "image/gif"}, {0, "GIF89a", 6, "image/gif"},
		{0, "\0\0\1\0", 4, "image/x-icon"}, {0, "BM", 2, "image/bmp"}, {4, "ftypavif", 8, "image/avif"}, {4, "ftypavis", 8, "image/avif"},
		{0, "wOF2", 4, "font/woff2"}, {0, "wOFF", 4, "font/woff"}, {0, "OTTO", 4, "font/otf"}, {0, "\0\1\0\0", 4, "font/ttf"}, {0, "true", 4, "font/ttf"},
	};
	if (begins(file, 0, "RIFF", 4) && begins(file, 8, "WEBP", 4))
		return "image/webp";
	if (is_css(file, declared))
		return "text/css; charset=utf-8";
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (begins(file, marks[i].at, marks[i].bytes, marks[i].n))
			return marks[i].type;
	return is_svg(file) ? "image/svg+xml" : NULL;
}
