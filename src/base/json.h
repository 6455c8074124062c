/* A streaming JSON writer over rv_buf: commas are its business, nesting is the caller's (at most 64
 * deep; deeper fails the buffer with RV_LIMIT). Text is WTF-8; malformed bytes come out as U+FFFD,
 * lone surrogates as \udXXX, so the output is always valid UTF-8 JSON. `</` is written `<\/` and `<!`
 * \u003c! so that the text may stand in a script element. Threads: one at a time. */
#ifndef RV_JSON_H
#define RV_JSON_H
#include "buf.h"

struct rv_json {
	struct rv_buf *out;
	uint64_t comma; /* bit per depth: a value has been written at that depth */
	uint8_t depth;
	bool after_key;
};

void rv_json_init(struct rv_json *json, struct rv_buf *out);
void rv_json_open(struct rv_json *json, char bracket);  /* '{' or '[' */
void rv_json_close(struct rv_json *json, char bracket); /* '}' or ']' */
void rv_json_key(struct rv_json *json, const char *key);
void rv_json_key_span(struct rv_json *json, struct rv_span key);
void rv_json_text(struct rv_json *json, struct rv_span text); /* ptr NULL writes null */
void rv_json_cstr(struct rv_json *json, const char *text);
void rv_json_int(struct rv_json *json, int64_t value);
/* At most three decimals, no exponent: times and offsets need no more. Beyond ±1e18 and NaN: null. */
void rv_json_num(struct rv_json *json, double value);
void rv_json_bool(struct rv_json *json, bool value);
void rv_json_null(struct rv_json *json);
/* Bytes that are JSON already. */
void rv_json_raw(struct rv_json *json, struct rv_span json_text);

#endif
