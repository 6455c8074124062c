/* Hiding what style sheets show: one pass that knows strings, comments and the property it is in. */
#include "style_text.h"
#include "utf8.h"
#include "words.h"

struct pass {
	struct rv_span in;
	size_t at;
	uint8_t *out;
	size_t n;
};

static uint8_t peek(const struct pass *pass, size_t ahead)
{
	return ahead < pass->in.len - pass->at ? pass->in.ptr[pass->at + ahead] : 0;
}

static int hex(uint8_t c)
{
	uint8_t lower = c | 0x20;

	return c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The next character of a string, escapes read; 0 for an escaped line end. */
static uint32_t next(struct pass *pass)
{
	uint32_t code = 0, n = 0;

	if (pass->in.ptr[pass->at] != '\\')
		return rv_utf8_next(pass->in, &pass->at);
	pass->at++;
	for (; n < 6 && hex(peek(pass, 0)) >= 0; n++)
		code = code * 16 + (uint32_t)hex(pass->in.ptr[pass->at++]);
	if (n && peek(pass, 0) == ' ')
		pass->at++;
	if (!n && pass->at < pass->in.len)
		code = rv_utf8_next(pass->in, &pass->at);
	return code == '\n' && !n ? 0 : code;
}

static bool is_kept(uint32_t code)
{
	return code <= ' ' || (code >= 0xe000 && code <= 0xf8ff) || (code >= 0xf0000 && code <= 0x10ffff);
}

static void copy(struct pass *pass, size_t from)
{
	memcpy(pass->out + pass->n, pass->in.ptr + from, pass->at - from);
	pass->n += pass->at - from;
}

/* A string, its opening quote next. */
static void string(struct pass *pass, bool hidden)
{
	uint8_t quote = pass->in.ptr[pass->at];
	size_t from = pass->at++;

	copy(pass, from);
	while (pass->at < pass->in.len) {
		bool end = pass->in.ptr[pass->at] == quote || pass->in.ptr[pass->at] == '\n';

		from = pass->at;
		if (is_kept(next(pass)) || end || !hidden)
			copy(pass, from);
		else
			pass->out[pass->n++] = '*';
		if (end)
			return;
	}
}

static bool is_name(uint8_t c)
{
	uint8_t lower = c | 0x20;

	return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '\\' || c >= 0x80;
}

enum rv_status rv_style_stars(struct rv_span *css, struct rv_arena *arena)
{
	struct pass pass = {.in = *css};
	struct rv_span name = {0};
	bool hidden = false;

	if (!css->len)
		return RV_OK;
	if (!(pass.out = rv_arena_alloc(arena, css->len)))
		return RV_MEMORY;
	while (pass.at < css->len) {
		uint8_t c = css->ptr[pass.at];
		size_t from = pass.at;

		if (c == '"' || c == '\'') {
			string(&pass, hidden);
			continue;
		}
		if (c == '/' && peek(&pass, 1) == '*') {
			for (pass.at += 2; pass.at < css->len && !(c == '*' && css->ptr[pass.at] == '/'); pass.at++)
				c = css->ptr[pass.at];
			pass.at += pass.at < css->len;
			continue;
		}
		if (is_name(c)) {
			while (pass.at < css->len && is_name(css->ptr[pass.at]))
				pass.at += css->ptr[pass.at] == '\\' && pass.at + 1 < css->len ? 2 : 1;
			name = rv_span(css->ptr + from, pass.at - from);
			copy(&pass, from);
			continue;
		}
		if (c == ':' && name.ptr)
			hidden = rv_word_is(name, "content") || (name.len > 2 && name.ptr[0] == '-' && name.ptr[1] == '-');
		else if (c == ';' || c == '{' || c == '}')
			hidden = false;
		if (c > ' ')
			name.ptr = NULL;
		pass.at++;
		copy(&pass, from);
	}
	*css = rv_span(pass.out, pass.n);
	return RV_OK;
}
