#include "rrweb_priv.h"
#include "utf8.h"

/* Is this text one JSON value that may be copied into the output as it is? No recursion: the open
 * brackets are bits. `<` is refused too, as json.h promises that the output may stand in a script. */

enum { DEPTH_MAX = 32 };

static size_t string_end(struct rv_span text, size_t at)
{
	for (at++; at < text.len; at++) {
		uint8_t byte = text.ptr[at];
		if (byte == '"')
			return at + 1;
		if (byte < 0x20 || byte == '<')
			return 0;
		if (byte != '\\')
			continue;
		if (++at == text.len || !text.ptr[at] || !strchr("\"\\/bfnrtu", text.ptr[at]))
			return 0;
		if (text.ptr[at] != 'u')
			continue;
		for (int i = 0; i < 4; i++)
			if (++at >= text.len || !text.ptr[at] || !strchr("0123456789abcdefABCDEF", text.ptr[at]))
				return 0;
	}
	return 0;
}

static size_t digits_end(struct rv_span text, size_t at)
{
	while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9')
		at++;
	return at;
}

static size_t number_end(struct rv_span text, size_t at)
{
	size_t end;
	at += text.ptr[at] == '-';
	end = digits_end(text, at);
	if (end == at || (end > at + 1 && text.ptr[at] == '0'))
		return 0;
	if (end < text.len && text.ptr[end] == '.') {
		at = end + 1;
		end = digits_end(text, at);
		if (end == at)
			return 0;
	}
	if (end < text.len && (text.ptr[end] | 32) == 'e') {
		at = end + 1;
		at += at < text.len && (text.ptr[at] == '+' || text.ptr[at] == '-');
		end = digits_end(text, at);
		if (end == at)
			return 0;
	}
	return end;
}

static size_t word_end(struct rv_span text, size_t at)
{
	static const char *const words[] = {"true", "false", "null"};
	for (int i = 0; i < 3; i++) {
		size_t len = strlen(words[i]);
		if (text.len - at >= len && memcmp(text.ptr + at, words[i], len) == 0)
			return at + len;
	}
	return 0;
}

static size_t space_end(struct rv_span text, size_t at)
{
	while (at < text.len && text.ptr[at] && strchr(" \t\r\n", text.ptr[at]))
		at++;
	return at;
}

bool rv_rrweb_is_json(struct rv_span text)
{
	uint32_t objects = 0, depth = 0; /* bit i: bracket i is an object's */
	size_t at = 0;
	if (!text.ptr || !rv_utf8_valid(text, false))
		return false;
	for (;;) {
		at = space_end(text, at); /* a value, or the first thing after an opening bracket */
		if (at == text.len)
			return false;
		uint8_t byte = text.ptr[at];
		if (byte == '{' || byte == '[') {
			if (depth == DEPTH_MAX)
				return false;
			objects = (objects & ~((uint32_t)1 << depth)) | (uint32_t)(byte == '{') << depth;
			depth++;
			at = space_end(text, at + 1);
			if (at < text.len && text.ptr[at] == (byte == '{' ? '}' : ']'))
				goto closing;
			if (byte == '[')
				continue;
			goto key;
		}
		at = byte == '"' ? string_end(text, at) : byte == '-' || (byte >= '0' && byte <= '9') ? number_end(text, at) : word_end(text, at);
		if (!at)
			return false;
after:
		at = space_end(text, at);
		if (!depth)
			return at == text.len;
		if (at == text.len)
			return false;
		bool object = objects >> (depth - 1) & 1;
		if (text.ptr[at] == (object ? '}' : ']')) {
closing:
			depth--;
			at++;
			goto after;
		}
		if (text.ptr[at++] != ',')
			return false;
		if (!object)
			continue;
		at = space_end(text, at);
key:
		if (at == text.len || text.ptr[at] != '"' || !(at = string_end(text, at)))
			return false;
		at = space_end(text, at);
		if (at == text.len || text.ptr[at++] != ':')
			return false;
	}
}
