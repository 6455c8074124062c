/* The redaction scanner. At each byte that may end or begin something secret a finder looks back or
 * ahead a bounded way and names the bytes to replace; the scan goes on behind them. */
#include "redact.h"
#include "secret.h"
#include "words.h"
#include <stdlib.h>

enum { LOCAL_MAX = 64, DOMAIN_MAX = 255, USERINFO_MAX = 256, CARD_MIN = 13, CARD_MAX = 19, TOKEN_MIN = 8, JWT_PART_MIN = 10 };

static const char MARK[] = "[redacted]", MARK_EMAIL[] = "[redacted:email]", MARK_CARD[] = "[redacted:card]", MARK_TOKEN[] = "[redacted:token]";

enum what { TEXT, ADDRESS, STYLE };

struct scan {
	struct rv_span in;
	enum what what;
	size_t at;         /* the byte under examination */
	size_t kept;       /* everything before is in the output already */
	bool json, string; /* the text is JSON; `at` is inside a string of it */
	size_t followed;   /* how far JSON's strings have been followed */
};

struct hit {
	size_t from, to;
	const char *mark;
	bool bare; /* outside of a JSON string: the mark needs quotes */
};

static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }
static bool is_letter(uint8_t c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
static bool is_alnum(uint8_t c) { return is_digit(c) || is_letter(c); }
static bool is_space(uint8_t c) { return c <= ' '; }
static bool is_quote(uint8_t c) { return rv_one_of(c, "\"'`"); }

static uint8_t peek(const struct scan *scan, size_t at)
{
	return at < scan->in.len ? scan->in.ptr[at] : 0;
}

static bool starts(const struct scan *scan, size_t at, const char *lower)
{
	size_t i, len = strlen(lower);

	if (at > scan->in.len || scan->in.len - at < len)
		return false;
	for (i = 0; i < len; i++) {
		uint8_t byte = scan->in.ptr[at + i];

		if ((is_letter(byte) ? byte | 0x20 : byte) != (uint8_t)lower[i])
			return false;
	}
	return true;
}

static size_t slashes_before(const struct scan *scan, size_t at)
{
	size_t n = 0;

	while (n < at && n < 32 && scan->in.ptr[at - n - 1] == '\\')
		n++;
	return n;
}

/* The first byte at or behind `at` that is not the middle of an escape such as \n or \u00e9. */
static size_t behind_escape(const struct scan *scan, size_t at)
{
	size_t back;

	if (slashes_before(scan, at) & 1)
		return at + (peek(scan, at) == 'u' ? 5 : 1);
	for (back = 1; back <= 4 && back < at; back++) {
		if (scan->in.ptr[at - back] == 'u' && slashes_before(scan, at - back) & 1)
			return at - back + 5;
	}
	return at;
}

/* ---- e-mail addresses ---- */

static bool is_local(uint8_t c) { return is_alnum(c) || c >= 0x80 || rv_one_of(c, "._%+-"); }

/* Endings of file names such as icon@2x.png, which are not top-level domains. */
static const char FILE_ENDINGS[] = "png jpg jpeg gif svg webp avif ico js mjs cjs jsx ts tsx css scss map json html htm vue wasm tgz gz txt xml woff woff2 ttf mp4 webm pdf ";

/* sep: length of the @ or %40 at scan->at. */
static bool find_email(const struct scan *scan, size_t sep, struct hit *hit)
{
	const uint8_t *p = scan->in.ptr;
	size_t from = scan->at, to = scan->at + sep, label, dots = 0;

	while (from > scan->kept && scan->at - from < LOCAL_MAX && is_local(p[from - 1]))
		from--;
	from = behind_escape(scan, from);
	while (from < scan->at && (p[from] == '.' || p[from] == '-' || p[from] == '%'))
		from++;
	if (from >= scan->at)
		return false;
	for (label = to; to < scan->in.len && to - scan->at < DOMAIN_MAX; to++) {
		if (p[to] == '.') {
			if (to == label)
				return false;
			label = to + 1;
			dots++;
		} else if (!is_alnum(p[to]) && p[to] < 0x80 && p[to] != '-') {
			break;
		}
	}
	if (label == to && dots) { /* a full stop after the address */
		to--;
		dots--;
		for (label = to; label > scan->at + sep && p[label - 1] != '.'; label--)
			;
	}
	if (!dots || to - label < 2 || !(is_letter(p[label]) || p[label] >= 0x80) || rv_words_have(FILE_ENDINGS, rv_span(p + label, to - label)))
		return false;
	*hit = (struct hit){from, to, MARK_EMAIL, false};
	return true;
}

/* ---- card numbers ---- */

static bool find_card(const struct scan *scan, struct hit *hit)
{
	const uint8_t *p = scan->in.ptr;
	uint8_t digits[CARD_MAX], before = scan->at ? p[scan->at - 1] : ' ';
	size_t i = scan->at, n = 0, group = 0, last = scan->at;
	uint32_t sum = 0;
	bool split = false;
	uint8_t joint = 0;

	if (is_alnum(before) || before == '.' || before == '_' || before == '\\' || before >= 0x80 || p[i] < '2' || p[i] > '6')
		return false;
	for (; i < scan->in.len; i++) {
		if (is_digit(p[i])) {
			if (n == CARD_MAX)
				return false;
			digits[n++] = (uint8_t)(p[i] - '0');
			group++;
			last = i + 1;
		} else if ((p[i] == ' ' || p[i] == '-') && (!joint || p[i] == joint) && group >= 3 && is_digit(peek(scan, i + 1))) {
			joint = p[i];
			group = 0;
			split = true;
		} else {
			break;
		}
	}
	if (n < CARD_MIN || (split && group < 2) || is_letter(peek(scan, last)) || peek(scan, last) == '_' || (peek(scan, last) == '.' && is_digit(peek(scan, last + 1))))
		return false;
	for (i = 0; i < n; i++) {
		uint32_t digit = digits[n - 1 - i];

		if (i & 1)
			digit = digit > 4 ? digit * 2 - 9 : digit * 2;
		sum += digit;
	}
	if (sum % 10)
		return false;
	*hit = (struct hit){scan->at, last, MARK_CARD, scan->json && !scan->string};
	return true;
}

/* ---- tokens ---- */

static bool is_base64url(uint8_t c) { return is_alnum(c) || c == '-' || c == '_'; }
static bool is_token(uint8_t c) { return is_alnum(c) || rv_one_of(c, "-_.~+/="); }

static size_t run(const struct scan *scan, size_t at, bool (*is)(uint8_t))
{
	size_t from = at;

	while (at < scan->in.len && is(scan->in.ptr[at]))
		at++;
	return at - from;
}

static bool find_jwt(const struct scan *scan, struct hit *hit)
{
	size_t head, body, to;

	if (!(scan->in.ptr[scan->at] == 'e' && peek(scan, scan->at + 1) == 'y' && peek(scan, scan->at + 2) == 'J'))
		return false;
	if (scan->at && is_base64url(scan->in.ptr[scan->at - 1]))
		return false;
	head = run(scan, scan->at, is_base64url);
	to = scan->at + head;
	if (head < JWT_PART_MIN || peek(scan, to) != '.')
		return false;
	body = run(scan, to + 1, is_base64url);
	if (body < JWT_PART_MIN)
		return false;
	to += 1 + body;
	while (peek(scan, to) == '.' && (head = run(scan, to + 1, is_base64url)) != 0)
		to += 1 + head;
	*hit = (struct hit){scan->at, to, MARK_TOKEN, false};
	return true;
}

/* "Bearer abc…", "Basic abc…": a word of prose ("basic training") has neither digit nor inner capital. */
static bool find_scheme(const struct scan *scan, struct hit *hit)
{
	const uint8_t *p = scan->in.ptr;
	size_t from = scan->at, len, i;
	bool lower = false, odd = false;

	if (from && is_alnum(p[from - 1]))
		return false;
	if (starts(scan, from, "bearer"))
		from += 6;
	else if (starts(scan, from, "basic"))
		from += 5;
	else
		return false;
	if (peek(scan, from) == ' ')
		from++;
	else if (starts(scan, from, "%20"))
		from += 3;
	else
		return false;
	while (peek(scan, from) == ' ')
		from++;
	len = run(scan, from, is_token);
	while (len && p[from + len - 1] == '.')
		len--;
	if (len < TOKEN_MIN)
		return false;
	for (i = from; i < from + len; i++) {
		if (is_digit(p[i]) || p[i] == '=' || p[i] == '+' || p[i] == '_' || (lower && p[i] >= 'A' && p[i] <= 'Z'))
			odd = true;
		lower = lower || (p[i] >= 'a' && p[i] <= 'z');
	}
	if (!odd)
		return false;
	*hit = (struct hit){from, from + len, MARK_TOKEN, false};
	return true;
}

/* ---- names and values ---- */

static bool is_name(uint8_t c) { return is_alnum(c) || rv_one_of(c, "_-.[]%"); }

/* The name that ends at `end`; *sep is what stands before it, decoded when escaped. */
static struct rv_span name_before(const struct scan *scan, size_t end, uint8_t *sep)
{
	const uint8_t *p = scan->in.ptr;
	size_t from = end;

	while (from > 0 && end - from < 80 && is_name(p[from - 1])) {
		from--;
		/* %3F, %26 and %23 are ?, & and #: the name begins behind them. */
		if (p[from] == '%' && end - from >= 3 && ((p[from + 1] == '3' && (p[from + 2] | 0x20) == 'f') || (p[from + 1] == '2' && (p[from + 2] == '6' || p[from + 2] == '3')))) {
			*sep = '&';
			return rv_span(p + from + 3, end - from - 3);
		}
	}
	*sep = from ? p[from - 1] : 0;
	return rv_span(p + from, end - from);
}

static bool is_marked(const struct scan *scan, size_t from, size_t to)
{
	size_t i;

	if (starts(scan, from, "[redacted"))
		return true;
	for (i = from; i < to && scan->in.ptr[i] == '*'; i++)
		;
	return i == to; /* empty, or masked already */
}

/* Where an unquoted value ends. escaped: within an address that is itself a value, up to %26. */
static size_t value_end(const struct scan *scan, size_t at, bool escaped)
{
	for (; at < scan->in.len; at++) {
		uint8_t c = scan->in.ptr[at];

		if (is_space(c) || rv_one_of(c, "\"'`&;#<>\\)}],"))
			break;
		if (escaped && c == '%' && (starts(scan, at, "%26") || starts(scan, at, "%23")))
			break;
	}
	return at;
}

/* A quoted value begins at *at, its quote perhaps escaped: *at moves to its content and the content's
 * end is returned; 0 when none begins. It never leaves the JSON string in which it stands. */
static size_t quoted_value(const struct scan *scan, size_t *at)
{
	bool inner = scan->json && scan->string;
	size_t slashes = 0, before = 0, i;
	uint8_t quote;

	while (peek(scan, *at + slashes) == '\\')
		slashes++;
	quote = peek(scan, *at + slashes);
	if (!is_quote(quote) || (inner && quote == '"' && !(slashes & 1)))
		return 0; /* no quote, or the one that ends the string of JSON */
	*at += slashes + 1;
	for (i = *at; i < scan->in.len; i++) {
		uint8_t c = scan->in.ptr[i];

		if (c == quote && (slashes ? before && before <= slashes : !(before & 1)))
			return slashes ? i - before : i;
		if (inner && c == '"' && !(before & 1))
			return i;
		before = c == '\\' ? before + 1 : 0;
	}
	return i;
}

static bool hit_value(const struct scan *scan, size_t from, size_t to, bool bare, struct hit *hit)
{
	if (is_marked(scan, from, to))
		return false;
	*hit = (struct hit){from, to, MARK, bare};
	return true;
}

/* name=value: in addresses, forms and text. sep: length of the = or %3D. */
static bool find_assigned(const struct scan *scan, size_t sep, struct hit *hit)
{
	size_t from = scan->at + sep, to;
	uint8_t before;
	struct rv_span name = name_before(scan, scan->at, &before);
	enum rv_secret secret = rv_secret_name(name);
	bool query = rv_one_of(before, "?&#;");

	if (secret == RV_SECRET_NO || ((secret == RV_SECRET_QUERY || scan->what == STYLE) && !query))
		return false;
	to = quoted_value(scan, &from);
	return hit_value(scan, from, to ? to : value_end(scan, from, sep > 1), false, hit);
}

/* "name": value and name: "value" as in JSON and printed objects; Name: value as in headers. */
static bool find_member(const struct scan *scan, struct hit *hit)
{
	const uint8_t *p = scan->in.ptr;
	size_t end = scan->at, from = scan->at + 1, to;
	enum rv_secret secret;
	bool name_quoted;
	uint8_t before;

	while (end > 0 && scan->at - end < 4 && is_space(p[end - 1]))
		end--;
	name_quoted = end > 0 && is_quote(p[end - 1]);
	if (name_quoted) {
		end--;
		end -= slashes_before(scan, end);
	}
	secret = rv_secret_name(name_before(scan, end, &before));
	if (secret < RV_SECRET_FIELD)
		return false;
	while (from < scan->in.len && is_space(p[from]))
		from++;
	if ((to = quoted_value(scan, &from)) != 0)
		return hit_value(scan, from, to, false, hit);
	if (name_quoted) {
		/* Not text: nothing secret in itself, what is inside has names of its own. */
		if (peek(scan, from) == '{' || peek(scan, from) == '[' || starts(scan, from, "null") || starts(scan, from, "true") || starts(scan, from, "false"))
			return false;
		return hit_value(scan, from, value_end(scan, from, false), !scan->string, hit);
	}
	if (secret == RV_SECRET_LINE) {
		for (to = from; to < scan->in.len && !rv_one_of(p[to], "\n\r\\\"'`"); to++)
			;
		return hit_value(scan, from, to, false, hit);
	}
	/* "Unexpected token: }" tells nothing, "password: hunter2" does. */
	return secret == RV_SECRET_PROSE && hit_value(scan, from, value_end(scan, from, false), false, hit);
}

/* user:password@ behind "://". */
static bool find_userinfo(const struct scan *scan, struct hit *hit)
{
	size_t from = scan->at + 3, to;

	if (!starts(scan, scan->at, "://"))
		return false;
	for (to = from; to < scan->in.len && to - from < USERINFO_MAX; to++) {
		uint8_t c = scan->in.ptr[to];

		if (c == '@')
			return hit_value(scan, from, to, false, hit);
		if (is_space(c) || rv_one_of(c, "\"'`/?#<>\\"))
			return false;
	}
	return false;
}

/* ---- the scan ---- */

static bool find(const struct scan *scan, struct hit *hit)
{
	bool text = scan->what == TEXT;

	switch (scan->in.ptr[scan->at]) {
	case '=':
		return find_assigned(scan, 1, hit);
	case ':':
		return find_userinfo(scan, hit) || (text && find_member(scan, hit));
	case '%':
		if (starts(scan, scan->at, "%3d"))
			return find_assigned(scan, 3, hit);
		return text && starts(scan, scan->at, "%40") && find_email(scan, 3, hit);
	case '@':
		return text && find_email(scan, 1, hit);
	case 'e':
		return find_jwt(scan, hit);
	case 'b':
	case 'B':
		return text && find_scheme(scan, hit);
	default:
		return text && is_digit(scan->in.ptr[scan->at]) && find_card(scan, hit);
	}
}

static void replace(struct rv_redact *redact, struct scan *scan, const struct hit *hit)
{
	rv_buf_add(&redact->out, scan->in.ptr + scan->kept, hit->from - scan->kept);
	if (hit->bare)
		rv_buf_byte(&redact->out, '"');
	rv_buf_str(&redact->out, hit->mark);
	if (hit->bare)
		rv_buf_byte(&redact->out, '"');
	scan->kept = hit->to;
	redact->count++;
}

/* Moves to `at`, following JSON's strings on the way. */
static void move(struct scan *scan, size_t at)
{
	scan->at = at;
	while (scan->json && scan->followed < at) {
		uint8_t c = scan->in.ptr[scan->followed++];

		if (scan->string && c == '\\')
			scan->followed++;
		else if (c == '"')
			scan->string = !scan->string;
	}
}

static bool looks_like_json(struct rv_span text)
{
	return rv_one_of(text.ptr[0], "{[\"");
}

/* After a pass: the output, if there is any, becomes the text. */
static enum rv_status take(struct rv_redact *redact, struct scan *scan, struct rv_span *text, struct rv_arena *arena)
{
	if (scan->kept == 0)
		return RV_OK;
	rv_buf_add(&redact->out, scan->in.ptr + scan->kept, scan->in.len - scan->kept);
	if (rv_buf_status(&redact->out) != RV_OK)
		return rv_buf_status(&redact->out);
	*text = rv_arena_copy(arena, rv_buf_get(&redact->out));
	return text->ptr ? RV_OK : RV_MEMORY;
}

static enum rv_status pass(struct rv_redact *redact, struct rv_span *text, enum what what, struct rv_arena *arena)
{
	struct scan scan = {.in = *text, .what = what, .json = looks_like_json(*text)};
	struct hit hit;
	size_t at = 0;

	rv_buf_clear(&redact->out);
	while (at < text->len) {
		move(&scan, at);
		if (find(&scan, &hit) && hit.from >= scan.kept) {
			replace(redact, &scan, &hit);
			at = hit.to;
		} else {
			at++;
		}
	}
	return take(redact, &scan, text, arena);
}

/* In JSON a match must not break an escape, and outside of strings it must be a whole bare value. */
static bool fits_json(const struct scan *scan, size_t *from, size_t to)
{
	const uint8_t *p = scan->in.ptr;
	size_t i;

	if (scan->string)
		*from = behind_escape(scan, *from);
	for (i = *from; i < to; i++) {
		if (scan->string ? p[i] == '"' || p[i] == '\\' : !is_alnum(p[i]) && p[i] != '-' && p[i] != '+' && p[i] != '.')
			return false;
	}
	if (scan->string)
		return *from < to;
	return !(*from && (is_alnum(p[*from - 1]) || p[*from - 1] == '.' || p[*from - 1] == '-')) && !is_alnum(peek(scan, to)) && peek(scan, to) != '.';
}

static enum rv_status match_pattern(struct rv_redact *redact, const struct rv_pattern *pattern, struct rv_span *text, struct rv_arena *arena)
{
	struct scan scan = {.in = *text, .json = looks_like_json(*text)};
	size_t from = 0, to;

	rv_buf_clear(&redact->out);
	while (rv_pattern_find(pattern, *text, &from, &to)) {
		size_t begin = from;

		move(&scan, from);
		if (!scan.json || fits_json(&scan, &begin, to))
			replace(redact, &scan, &(struct hit){begin, to, MARK, scan.json && !scan.string});
		from = to;
	}
	return take(redact, &scan, text, arena);
}

static enum rv_status run_patterns(struct rv_redact *redact, struct rv_span *text, struct rv_arena *arena)
{
	enum rv_status status = RV_OK;
	uint32_t i;

	for (i = 0; i < redact->n_patterns && status == RV_OK; i++)
		status = match_pattern(redact, &redact->patterns[i], text, arena);
	return status;
}

void rv_redact_init(struct rv_redact *redact)
{
	*redact = (struct rv_redact){0};
	rv_buf_init(&redact->out, RV_REDACT_TEXT_MAX);
}

void rv_redact_deinit(struct rv_redact *redact)
{
	free(redact->patterns);
	redact->patterns = NULL;
	rv_buf_deinit(&redact->out);
}

enum rv_status rv_redact_add_pattern(struct rv_redact *redact, struct rv_span text)
{
	struct rv_pattern *patterns;
	enum rv_status status;

	if (redact->n_patterns == RV_REDACT_PATTERNS_MAX)
		return RV_LIMIT;
	patterns = realloc(redact->patterns, (redact->n_patterns + 1) * sizeof(*patterns));
	if (!patterns)
		return RV_MEMORY;
	redact->patterns = patterns;
	status = rv_pattern_compile(&patterns[redact->n_patterns], text);
	if (status == RV_OK)
		redact->n_patterns++;
	return status;
}

enum rv_status rv_redact_text(struct rv_redact *redact, struct rv_span *text, struct rv_arena *arena)
{
	enum rv_status status;

	if (!text->ptr || !text->len)
		return RV_OK;
	status = pass(redact, text, TEXT, arena);
	return status == RV_OK ? run_patterns(redact, text, arena) : status;
}

/* Whether there can be anything to find in an address. */
static bool may_hold_secrets(struct rv_span url)
{
	size_t i;

	for (i = 0; i < url.len; i++) {
		if (rv_one_of(url.ptr[i], "=@.#?"))
			return true;
	}
	return false;
}

/* Patterns look at the query and the fragment alone: the rest of an address is what loads it. */
static enum rv_status match_query(struct rv_redact *redact, struct rv_span *url, struct rv_arena *arena)
{
	struct rv_span tail = *url;
	const uint8_t *before;
	enum rv_status status;
	uint8_t *whole;
	size_t head;

	for (head = 0; head < url->len && url->ptr[head] != '?' && url->ptr[head] != '#'; head++)
		;
	tail.ptr = before = tail.ptr + head;
	tail.len -= head;
	if (!tail.len)
		return RV_OK;
	status = run_patterns(redact, &tail, arena);
	if (status != RV_OK || tail.ptr == before)
		return status;
	whole = rv_arena_alloc(arena, head + tail.len);
	if (!whole)
		return RV_MEMORY;
	memcpy(whole, url->ptr, head);
	memcpy(whole + head, tail.ptr, tail.len);
	*url = rv_span(whole, head + tail.len);
	return RV_OK;
}

enum rv_status rv_redact_address(struct rv_redact *redact, struct rv_span *url, struct rv_arena *arena)
{
	enum rv_status status;

	if (!url->ptr || !may_hold_secrets(*url))
		return RV_OK;
	if (url->len >= 5 && memcmp(url->ptr, "data:", 5) == 0)
		return RV_OK;
	status = pass(redact, url, ADDRESS, arena);
	return status == RV_OK ? match_query(redact, url, arena) : status;
}

enum rv_status rv_redact_style(struct rv_redact *redact, struct rv_span *css, struct rv_arena *arena)
{
	return css->ptr && css->len ? pass(redact, css, STYLE, arena) : RV_OK;
}

enum rv_status rv_redact_named(struct rv_redact *redact, struct rv_span name, struct rv_span *value, struct rv_arena *arena)
{
	if (!value->ptr || !value->len)
		return RV_OK;
	if (rv_secret_name(name) == RV_SECRET_NO)
		return rv_redact_text(redact, value, arena);
	*value = rv_span_str(MARK);
	redact->count++;
	return RV_OK;
}
