#include "css_split.h"

static bool is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r' || byte == '\f';
}

size_t rv_css_past(struct rv_span text, size_t at)
{
	uint8_t byte = text.ptr[at++];
	if (byte == '\\')
		return at < text.len ? at + 1 : at;
	if (byte == '/' && at < text.len && text.ptr[at] == '*') {
		for (at++; at + 1 < text.len; at++)
			if (text.ptr[at] == '*' && text.ptr[at + 1] == '/')
				return at + 2;
		return text.len;
	}
	if (byte != '"' && byte != '\'')
		return at;
	while (at < text.len && text.ptr[at] != byte)
		at += text.ptr[at] == '\\' ? 2 : 1;
	return at < text.len ? at + 1 : text.len;
}

/* Past white space and comments. */
static size_t past_space(struct rv_span text, size_t at)
{
	for (; at < text.len; at = rv_css_past(text, at))
		if (!is_space(text.ptr[at]) && !(text.ptr[at] == '/' && at + 1 < text.len && text.ptr[at + 1] == '*'))
			break;
	return at;
}

enum ending { END_BLOCK, END_SEMICOLON, END_CLOSE, END_TEXT };

/* Reads one statement from `at`: up to and with its block or semicolon, or up to the brace that closes
 * what is round it. Semicolons and braces in parentheses and brackets do not count. */
static enum ending statement(struct rv_span text, size_t *at)
{
	uint32_t braces = 0, round = 0;
	for (size_t i = *at; i < text.len; i = rv_css_past(text, i)) {
		switch (text.ptr[i]) {
		case '(':
		case '[':
			round++;
			break;
		case ')':
		case ']':
			round -= round > 0;
			break;
		case '{':
			braces += round == 0;
			break;
		case '}':
			if (round)
				break;
			*at = i;
			if (!braces)
				return END_CLOSE;
			*at = i + 1;
			if (!--braces)
				return END_BLOCK;
			break;
		case ';':
			if (round || braces)
				break;
			*at = i + 1;
			return END_SEMICOLON;
		}
	}
	*at = text.len;
	return END_TEXT;
}

static struct rv_span trimmed(struct rv_span text, size_t from, size_t to)
{
	while (to > from && is_space(text.ptr[to - 1]))
		to--;
	return rv_span(text.ptr + from, to - from);
}

bool rv_css_split_open(struct rv_css_split *split, struct rv_span text)
{
	size_t at = 0;
	uint32_t round = 0;
	*split = (struct rv_css_split){.text = text};
	for (; at < text.len && (text.ptr[at] != '{' || round); at = rv_css_past(text, at)) {
		round += text.ptr[at] == '(';
		round -= text.ptr[at] == ')' && round;
	}
	if (at == text.len)
		return false;
	size_t end = ++at; /* of the head */
	for (;;) {
		size_t from = past_space(text, at), to = from;
		if (from == text.len || text.ptr[from] == '@')
			break;
		enum ending ending = statement(text, &to);
		if (ending == END_BLOCK)
			break;
		struct rv_span declaration = trimmed(text, from, to);
		if (declaration.len) {
			end = (size_t)(declaration.ptr - text.ptr) + declaration.len;
			split->open_end = ending != END_SEMICOLON;
		}
		at = to;
		if (ending != END_SEMICOLON)
			break;
	}
	split->at = at;
	split->head = rv_span(text.ptr, end);
	return true;
}

bool rv_css_split_next(struct rv_css_split *split, struct rv_span *item)
{
	struct rv_span text = split->text;
	size_t from = past_space(text, split->at), to = from, run = 0;
	while (to < text.len) {
		size_t start = to;
		bool at_rule = text.ptr[start] == '@';
		enum ending ending = statement(text, &to);
		if (at_rule || ending == END_BLOCK) {
			if (run) { /* declarations before it are an item */
				to = start;
				break;
			}
			run = to;
			break;
		}
		if (trimmed(text, start, to).len)
			run = to;
		if (ending == END_CLOSE || ending == END_TEXT)
			break;
		to = past_space(text, to);
	}
	*item = trimmed(text, from, run > from ? run : from);
	split->at = to;
	return item->len > 0;
}

bool rv_css_split_whole(const struct rv_css_split *split)
{
	return split->at < split->text.len && split->text.ptr[split->at] == '}' && past_space(split->text, split->at + 1) == split->text.len;
}
