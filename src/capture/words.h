/* Word lists as one string, every word in lower case and followed by a space: "input textarea ".
 * Letters compare in either case. Pure functions. */
#ifndef RV_WORDS_H
#define RV_WORDS_H
#include "span.h"

bool rv_words_have(const char *words, struct rv_span word);
/* True when text ends with one of the words. */
bool rv_words_end(const char *words, struct rv_span text);
/* Whether the byte, not 0, is in the list. */
bool rv_one_of(uint8_t byte, const char *list);
bool rv_word_is(struct rv_span text, const char *lower);

#endif
