/* Word lists. */
#include "words.h"

static bool same(const uint8_t *text, const char *lower, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		uint8_t byte = text[i];

		if (byte >= 'A' && byte <= 'Z')
			byte |= 0x20;
		if (byte != (uint8_t)lower[i])
			return false;
	}
	return true;
}

static bool listed(const char *words, struct rv_span text, bool ending)
{
	if (!text.ptr || !text.len)
		return false;
	while (*words) {
		size_t len = 0;

		while (words[len] != ' ')
			len++;
		if ((ending ? len <= text.len : len == text.len) && same(text.ptr + text.len - len, words, len))
			return true;
		words += len + 1;
	}
	return false;
}

bool rv_words_have(const char *words, struct rv_span word)
{
	return listed(words, word, false);
}

bool rv_words_end(const char *words, struct rv_span text)
{
	return listed(words, text, true);
}

bool rv_one_of(uint8_t byte, const char *list)
{
	while (*list && (uint8_t)*list != byte)
		list++;
	return *list;
}

bool rv_word_is(struct rv_span text, const char *lower)
{
	return text.ptr && text.len == strlen(lower) && same(text.ptr, lower, text.len);
}
