#include "markup_css.h"
#include "utf8.h"

void rv_markup_escape(struct rv_span text, bool attribute, struct rv_buf *out)
{
	size_t plain = 0; /* start of the run that needs no change */
	for (size_t at = 0; at < text.len;) {
		const uint8_t c = text.ptr[at];
		size_t next = at + 1;
		const char *with = NULL;
		if (c == '<')
			with = "&lt;";
		else if (c == '>')
			with = "&gt;";
		else if (c == '&')
			with = "&amp;";
		else if (c == '"' && attribute)
			with = "&quot;";
		else if (c == '\r')
			with = "&#13;";
		else if (c == '\n' && attribute)
			with = "&#10;";
		else if (c == '\t' && attribute)
			with = "&#9;";
		else if (c < 0x20 && c != '\n' && c != '\t')
			with = "\xEF\xBF\xBD";
		else if (c >= 0x80) {
			const size_t from = at;
			const uint32_t cp = rv_utf8_next(text, &at);
			next = at;
			at = from;
			if ((cp >= 0xD800 && cp <= 0xDFFF) || cp == 0xFFFE || cp == 0xFFFF || (cp == 0xFFFD && next - from == 1))
				with = "\xEF\xBF\xBD";
		}
		if (with) {
			rv_buf_add(out, text.ptr + plain, at - plain);
			rv_buf_str(out, with);
			plain = next;
		}
		at = next;
	}
	if (text.len > plain)
		rv_buf_add(out, text.ptr + plain, text.len - plain);
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool word_at(struct rv_span text, size_t at, const char *word)
{
	size_t i = 0;
	for (; word[i]; i++)
		if (at + i >= text.len || lower(text.ptr[at + i]) != (uint8_t)word[i])
			return false;
	return true;
}

static bool is_name(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c >= 0x80;
}

/* `word` stands at `at` and ends there. */
static bool token_at(struct rv_span text, size_t at, const char *word)
{
	const size_t end = at + strlen(word);
	return word_at(text, at, word) && (end >= text.len || !is_name(text.ptr[end]));
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* The position after a string that opens at `at`. */
static size_t string_end(struct rv_span text, size_t at)
{
	const uint8_t quote = text.ptr[at++];
	while (at < text.len && text.ptr[at] != quote) {
		if (text.ptr[at] == '\\' && at + 1 < text.len)
			at++;
		at++;
	}
	return at < text.len ? at + 1 : text.len;
}

/* url( stands at `at`: hands the address over, returns the position after the bracket. Escapes in
 * the address are left as they are: they do not occur in serialized rules. */
static size_t url_write(const struct rv_markup_css *css, struct rv_span text, size_t at, struct rv_buf *out)
{
	size_t from = at + 4, to, end;
	while (from < text.len && is_space(text.ptr[from]))
		from++;
	if (from < text.len && (text.ptr[from] == '"' || text.ptr[from] == '\'')) {
		end = string_end(text, from);
		from++;
		to = end > from ? end - 1 : from;
	} else {
		to = from;
		while (to < text.len && text.ptr[to] != ')' && !is_space(text.ptr[to]))
			to++;
		end = to;
	}
	while (end < text.len && text.ptr[end] != ')')
		end++;
	const struct rv_span address = rv_span(text.ptr + from, to > from ? to - from : 0);
	const char *quote = css->attribute ? "&quot;" : "\"";
	rv_buf_str(out, "url(");
	rv_buf_str(out, quote);
	/* a fragment alone refers into the picture itself */
	if (address.len && address.ptr[0] == '#')
		rv_markup_escape(address, true, out);
	else
		css->url(css->user, address, css->base, out);
	rv_buf_str(out, quote);
	rv_buf_str(out, ")");
	return end < text.len ? end + 1 : text.len;
}

void rv_markup_css_write(const struct rv_markup_css *css, struct rv_span text, struct rv_buf *out)
{
	size_t plain = 0, at = 0;
#define FLUSH() rv_markup_escape(rv_span(text.ptr + plain, at - plain), css->attribute, out)
	while (at < text.len) {
		const uint8_t c = text.ptr[at];
		size_t next = 0; /* set when the text up to there is replaced */
		if (c == '"' || c == '\'') {
			at = string_end(text, at);
			continue;
		}
		if (c == '\\') {
			at += at + 1 < text.len ? 2 : 1;
			continue;
		}
		if (c == '/' && at + 1 < text.len && text.ptr[at + 1] == '*') {
			FLUSH();
			at += 2;
			while (at + 1 < text.len && !(text.ptr[at] == '*' && text.ptr[at + 1] == '/'))
				at++;
			at = at + 1 < text.len ? at + 2 : text.len;
			plain = at;
			continue;
		}
		if ((c == 'u' || c == 'U') && word_at(text, at, "url(") && (at == 0 || !is_name(text.ptr[at - 1]))) {
			FLUSH();
			next = url_write(css, text, at, out);
		} else if (c == ':' && !css->attribute) {
			if (token_at(text, at, ":root") && (at == 0 || text.ptr[at - 1] != ':')) {
				FLUSH();
				rv_buf_str(out, ":is(:root,html)");
				next = at + 5;
			} else if (css->shadow && word_at(text, at, ":host(")) {
				FLUSH();
				rv_buf_str(out, ":scope:is(");
				next = at + 6;
			} else if (css->shadow && token_at(text, at, ":host")) {
				FLUSH();
				rv_buf_str(out, ":scope");
				next = at + 5;
			} else if (css->shadow && word_at(text, at, "::slotted(")) {
				FLUSH();
				rv_buf_str(out, at && (is_name(text.ptr[at - 1]) || text.ptr[at - 1] == ']') ? "&gt;:is(" : "slot&gt;:is(");
				next = at + 10;
			}
		} else if (c == '@' && !css->attribute && (token_at(text, at, "@import") || token_at(text, at, "@charset"))) {
			FLUSH();
			next = at;
			while (next < text.len && text.ptr[next] != ';')
				next = text.ptr[next] == '"' || text.ptr[next] == '\'' ? string_end(text, next) : next + 1;
			next = next < text.len ? next + 1 : text.len;
		}
		if (next)
			plain = at = next;
		else
			at++;
	}
	at = text.len;
	FLUSH();
#undef FLUSH
}
