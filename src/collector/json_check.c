#include "json_check.h"

enum { NUMBER_BYTES_MAX = 63 }; /* what cJSON copies before it converts */

struct state {
	struct rv_json_check *check;
	uint8_t *text;
	size_t len, at;
	const char *message;
	size_t key_at, key_len;         /* the innermost key seen, still escaped */
	unsigned n_taken;
	unsigned depth;
	uint64_t is_object;             /* bit per depth */
	uint32_t serial;                /* objects opened so far */
	uint32_t serials[RV_JSON_DEPTH_MAX];
	uint16_t marks[RV_JSON_DEPTH_MAX]; /* n_taken when the depth was entered */
};

static enum rv_status fail(struct state *s, enum rv_status status, const char *message)
{
	s->message = message;
	return status;
}

static void skip_space(struct state *s)
{
	while (s->at < s->len && (s->text[s->at] == ' ' || s->text[s->at] == '\n' || s->text[s->at] == '\r' || s->text[s->at] == '\t'))
		s->at++;
}

static uint64_t hash_byte(uint64_t hash, uint8_t byte)
{
	return (hash ^ byte) * 0x100000001b3ull;
}

static uint64_t hash_code_point(uint64_t hash, uint32_t c)
{
	if (c < 0x80)
		return hash_byte(hash, (uint8_t)c);
	if (c < 0x800)
		return hash_byte(hash_byte(hash, (uint8_t)(0xc0 | c >> 6)), (uint8_t)(0x80 | (c & 63)));
	if (c < 0x10000)
		hash = hash_byte(hash, (uint8_t)(0xe0 | c >> 12));
	else
		hash = hash_byte(hash_byte(hash, (uint8_t)(0xf0 | c >> 18)), (uint8_t)(0x80 | (c >> 12 & 63)));
	return hash_byte(hash_byte(hash, (uint8_t)(0x80 | (c >> 6 & 63))), (uint8_t)(0x80 | (c & 63)));
}

/* The four hex digits at `at`, -1 when they are not there. */
static int32_t hex4(const struct state *s, size_t at)
{
	if (s->len < 4 || at > s->len - 4)
		return -1;
	int32_t value = 0;
	for (size_t i = at; i < at + 4; i++) {
		uint8_t c = s->text[i];
		int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

/* Length of the well-formed UTF-8 sequence at `at`, 0 when there is none. */
static size_t sequence(const struct state *s, size_t at)
{
	const uint8_t *p = s->text + at;
	size_t room = s->len - at;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	size_t n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (room < n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

/* An escape after its backslash at s->at - 1; its code point to *out. */
static enum rv_status read_escape(struct state *s, uint32_t *out)
{
	if (s->at >= s->len)
		return fail(s, RV_BAD, "the text ends inside a string");
	uint8_t c = s->text[s->at++];
	switch (c) {
	case '"': case '\\': case '/': *out = c; return RV_OK;
	case 'b': *out = '\b'; return RV_OK;
	case 'f': *out = '\f'; return RV_OK;
	case 'n': *out = '\n'; return RV_OK;
	case 'r': *out = '\r'; return RV_OK;
	case 't': *out = '\t'; return RV_OK;
	case 'u': break;
	default: return fail(s, RV_BAD, "an unknown escape in a string");
	}
	int32_t unit = hex4(s, s->at);
	if (unit < 0)
		return fail(s, RV_BAD, "\\u needs four hexadecimal digits");
	if (unit == 0)
		return fail(s, RV_BAD, "\\u0000 is not accepted");
	s->at += 4;
	*out = (uint32_t)unit;
	if (unit < 0xd800 || unit > 0xdfff)
		return RV_OK;
	if (unit < 0xdc00 && s->at + 1 < s->len && s->text[s->at] == '\\' && s->text[s->at + 1] == 'u') {
		int32_t low = hex4(s, s->at + 2);
		if (low >= 0xdc00 && low <= 0xdfff) {
			s->at += 6;
			*out = 0x10000 + (((uint32_t)unit - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
			return RV_OK;
		}
	}
	memcpy(s->text + s->at - 4, "fffd", 4);
	*out = 0xfffd;
	return RV_OK;
}

/* A string from its opening quote on; the hash of its decoded text to *hash. */
static enum rv_status read_string(struct state *s, uint64_t *hash)
{
	uint64_t h = *hash;
	s->at++;
	while (s->at < s->len) {
		uint8_t c = s->text[s->at];
		if (c == '"') {
			s->at++;
			*hash = h;
			return RV_OK;
		}
		if (c == '\\') {
			uint32_t code_point;
			s->at++;
			enum rv_status status = read_escape(s, &code_point);
			if (status)
				return status;
			h = hash_code_point(h, code_point);
		} else if (c < 0x20) {
			return fail(s, RV_BAD, "a control character in a string");
		} else if (c < 0x80) {
			h = hash_byte(h, c);
			s->at++;
		} else {
			size_t n = sequence(s, s->at);
			if (!n)
				return fail(s, RV_BAD, "the text is not valid UTF-8");
			for (size_t i = 0; i < n; i++)
				h = hash_byte(h, s->text[s->at++]);
		}
	}
	return fail(s, RV_BAD, "the text ends inside a string");
}

static size_t digits(struct state *s)
{
	size_t from = s->at;
	while (s->at < s->len && s->text[s->at] >= '0' && s->text[s->at] <= '9')
		s->at++;
	return s->at - from;
}

static enum rv_status read_number(struct state *s)
{
	size_t from = s->at;
	if (s->text[s->at] == '-')
		s->at++;
	size_t first = s->at;
	size_t n = digits(s);
	if (!n || (n > 1 && s->text[first] == '0'))
		return fail(s, RV_BAD, "a malformed number");
	if (s->at < s->len && s->text[s->at] == '.') {
		s->at++;
		if (!digits(s))
			return fail(s, RV_BAD, "a malformed number");
	}
	if (s->at < s->len && (s->text[s->at] == 'e' || s->text[s->at] == 'E')) {
		s->at++;
		if (s->at < s->len && (s->text[s->at] == '+' || s->text[s->at] == '-'))
			s->at++;
		if (!digits(s))
			return fail(s, RV_BAD, "a malformed number");
	}
	if (s->at - from > NUMBER_BYTES_MAX)
		return fail(s, RV_LIMIT, "a number is too long");
	return RV_OK;
}

static enum rv_status read_word(struct state *s, const char *word)
{
	size_t n = strlen(word);
	if (s->len - s->at < n || memcmp(s->text + s->at, word, n) != 0)
		return fail(s, RV_BAD, "unexpected text");
	s->at += n;
	return RV_OK;
}

static bool in_object(const struct state *s)
{
	return s->depth && (s->is_object >> (s->depth - 1) & 1);
}

static enum rv_status enter(struct state *s, bool object)
{
	if (s->depth == RV_JSON_DEPTH_MAX)
		return fail(s, RV_LIMIT, "nested too deep");
	s->serials[s->depth] = ++s->serial;
	s->marks[s->depth] = (uint16_t)s->n_taken;
	s->is_object = (s->is_object & ~(1ull << s->depth)) | (uint64_t)object << s->depth;
	s->depth++;
	s->at++;
	return RV_OK;
}

static void leave(struct state *s)
{
	s->depth--;
	while (s->n_taken > s->marks[s->depth])
		s->check->slots[s->check->taken[--s->n_taken]] = 0;
}

static enum rv_status read_key(struct state *s)
{
	if (s->at >= s->len || s->text[s->at] != '"')
		return fail(s, RV_BAD, "expected a key");
	uint64_t hash = 0xcbf29ce484222325ull ^ s->check->seed;
	size_t from = s->at;
	enum rv_status status = read_string(s, &hash);
	if (status)
		return status;
	s->key_at = from + 1;
	s->key_len = s->at - from - 2;
	hash ^= s->serials[s->depth - 1] * 0x9e3779b97f4a7c15ull;
	hash = (hash ^ hash >> 29) * 0xbf58476d1ce4e5b9ull;
	hash ^= hash >> 32;
	hash += !hash;
	size_t slot = (size_t)(hash % RV_JSON_SLOTS);
	while (s->check->slots[slot]) {
		if (s->check->slots[slot] == hash)
			return fail(s, RV_CONFLICT, "a key is given twice");
		slot = (slot + 1) % RV_JSON_SLOTS;
	}
	if (s->n_taken == RV_JSON_OPEN_KEYS_MAX)
		return fail(s, RV_LIMIT, "too many keys in one object");
	s->check->slots[slot] = hash;
	s->check->taken[s->n_taken++] = (uint16_t)slot;
	skip_space(s);
	if (s->at >= s->len || s->text[s->at] != ':')
		return fail(s, RV_BAD, "expected a colon");
	s->at++;
	skip_space(s);
	return RV_OK;
}

/* Everything up to the end of one value that is no bracket, or past one opening bracket. */
static enum rv_status read_value(struct state *s, bool *opened)
{
	*opened = false;
	if (s->at >= s->len)
		return fail(s, RV_BAD, "the text ends early");
	uint64_t hash = 0;
	uint8_t c = s->text[s->at];
	switch (c) {
	case '{':
	case '[': *opened = true; return enter(s, c == '{');
	case '"': return read_string(s, &hash);
	case 't': return read_word(s, "true");
	case 'f': return read_word(s, "false");
	case 'n': return read_word(s, "null");
	default:
		if (c == '-' || (c >= '0' && c <= '9'))
			return read_number(s);
		return fail(s, RV_BAD, c < 0x80 ? "unexpected character" : "the text is not valid JSON");
	}
}

static enum rv_status run(struct state *s)
{
	bool opened;
	skip_space(s);
	enum rv_status status = read_value(s, &opened);
	while (!status && s->depth) {
		skip_space(s);
		if (s->at >= s->len)
			return fail(s, RV_BAD, "the text ends early");
		uint8_t c = s->text[s->at];
		if (c == (in_object(s) ? '}' : ']')) {
			s->at++;
			leave(s);
			opened = false;
			continue;
		}
		if (!opened) {
			if (c != ',')
				return fail(s, RV_BAD, "expected a comma or a closing bracket");
			s->at++;
			skip_space(s);
		}
		if (in_object(s)) {
			status = read_key(s);
			if (status)
				return status;
		}
		status = read_value(s, &opened);
	}
	if (status)
		return status;
	skip_space(s);
	return s->at == s->len ? RV_OK : fail(s, RV_BAD, "text after the end of the value");
}

enum rv_status rv_json_check(struct rv_json_check *check, uint8_t *text, size_t len, struct rv_json_error *error)
{
	struct state s = {.check = check, .text = text, .len = len};
	enum rv_status status = run(&s);
	while (s.depth)
		leave(&s);
	*error = (struct rv_json_error){.message = s.message, .at = s.at};
	if (status && s.key_at) {
		size_t n = s.key_len < sizeof error->key - 1 ? s.key_len : sizeof error->key - 1;
		while (n && n < s.key_len && (text[s.key_at + n] & 0xc0) == 0x80)
			n--; /* never a cut code point */
		memcpy(error->key, text + s.key_at, n);
	}
	return status;
}
