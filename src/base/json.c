#include "json.h"
#include "utf8.h"

enum { DEPTH_MAX = 64 };

void rv_json_init(struct rv_json *json, struct rv_buf *out)
{
	*json = (struct rv_json){.out = out};
}

static void before_value(struct rv_json *json)
{
	if (json->after_key) {
		json->after_key = false;
		return;
	}
	if (json->depth == 0)
		return;
	uint64_t bit = (uint64_t)1 << (json->depth - 1);
	if (json->comma & bit)
		rv_buf_byte(json->out, ',');
	json->comma |= bit;
}

void rv_json_open(struct rv_json *json, char bracket)
{
	before_value(json);
	if (json->depth == DEPTH_MAX) {
		if (!json->out->failed)
			json->out->failed = RV_LIMIT;
		return;
	}
	json->comma &= ~((uint64_t)1 << json->depth);
	json->depth++;
	rv_buf_byte(json->out, (uint8_t)bracket);
}

void rv_json_close(struct rv_json *json, char bracket)
{
	if (json->depth > 0)
		json->depth--;
	rv_buf_byte(json->out, (uint8_t)bracket);
}

static void escape_u(struct rv_buf *out, uint32_t unit)
{
	static const char hex[] = "0123456789abcdef";
	char text[6] = {'\\', 'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15], hex[unit >> 4 & 15], hex[unit & 15]};
	rv_buf_add(out, text, sizeof text);
}

/* What must not stand in a JSON string as it is; `</` and `<!` would be seen by an HTML parser. */
static void escape(struct rv_buf *out, uint8_t byte)
{
	static const char short_from[] = "\"\\\n\r\t\b\f", short_to[] = "\"\\nrtbf";
	for (size_t i = 0; i < sizeof short_from - 1; i++)
		if (byte == (uint8_t)short_from[i]) {
			rv_buf_byte(out, '\\');
			rv_buf_byte(out, (uint8_t)short_to[i]);
			return;
		}
	escape_u(out, byte);
}

static void quoted(struct rv_buf *out, struct rv_span text)
{
	size_t from = 0, pos = 0; /* [from, pos) can be copied as it is */
	rv_buf_byte(out, '"');
	while (pos < text.len) {
		uint8_t byte = text.ptr[pos];
		size_t at = pos;
		if (byte < 0x80) {
			pos++;
			uint8_t next = byte == '<' && pos < text.len ? text.ptr[pos] : 0;
			if (byte >= 0x20 && byte != '"' && byte != '\\' && next != '/' && next != '!')
				continue;
			rv_buf_add(out, text.ptr + from, at - from);
			if (next == '/') {
				rv_buf_str(out, "<\\/");
				pos++;
			} else {
				escape(out, byte);
			}
		} else {
			uint32_t code = rv_utf8_next(text, &pos);
			bool surrogate = code >= 0xd800 && code < 0xe000;
			if (!surrogate && pos - at > 1)
				continue;
			rv_buf_add(out, text.ptr + from, at - from);
			if (surrogate)
				escape_u(out, code);
			else
				rv_utf8_put(out, code);
		}
		from = pos;
	}
	rv_buf_add(out, text.ptr + from, text.len - from);
	rv_buf_byte(out, '"');
}

void rv_json_key_span(struct rv_json *json, struct rv_span key)
{
	before_value(json);
	quoted(json->out, key.ptr ? key : rv_span_str(""));
	rv_buf_byte(json->out, ':');
	json->after_key = true;
}

void rv_json_key(struct rv_json *json, const char *key)
{
	rv_json_key_span(json, rv_span_str(key));
}

void rv_json_text(struct rv_json *json, struct rv_span text)
{
	if (!text.ptr) {
		rv_json_null(json);
		return;
	}
	before_value(json);
	quoted(json->out, text);
}

void rv_json_cstr(struct rv_json *json, const char *text)
{
	rv_json_text(json, rv_span_str(text));
}

void rv_json_int(struct rv_json *json, int64_t value)
{
	before_value(json);
	if (value < 0)
		rv_buf_byte(json->out, '-');
	rv_buf_dec(json->out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void rv_json_num(struct rv_json *json, double value)
{
	if (!(value >= -1e18 && value <= 1e18)) {
		rv_json_null(json);
		return;
	}
	before_value(json);
	bool negative = value < 0;
	double size = negative ? -value : value;
	uint64_t whole = (uint64_t)size;
	uint32_t milli = (uint32_t)((size - (double)whole) * 1000 + 0.5);
	if (milli == 1000) {
		whole++;
		milli = 0;
	}
	if (negative && (whole || milli))
		rv_buf_byte(json->out, '-');
	rv_buf_dec(json->out, whole);
	if (!milli)
		return;
	uint8_t text[4] = {'.', (uint8_t)('0' + milli / 100), (uint8_t)('0' + milli / 10 % 10), (uint8_t)('0' + milli % 10)};
	size_t len = sizeof text;
	while (text[len - 1] == '0')
		len--;
	rv_buf_add(json->out, text, len);
}

void rv_json_bool(struct rv_json *json, bool value)
{
	before_value(json);
	rv_buf_str(json->out, value ? "true" : "false");
}

void rv_json_null(struct rv_json *json)
{
	before_value(json);
	rv_buf_str(json->out, "null");
}

void rv_json_raw(struct rv_json *json, struct rv_span text)
{
	before_value(json);
	rv_buf_span(json->out, text);
}
