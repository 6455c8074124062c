#include "css_split.h"
#include "rrweb_priv.h"

/* Style text as the Replayer is to have it. It opens no popover, no full screen, defines no element,
 * leaves no box undecided, has no fragment in its address and gives the focus on a seek only to what is there already, so these pseudo-classes are written as attributes of the same weight,
 * which the elements get (rrweb_inline.c). What an open popover's rule says of `display` is said once
 * more as --rv-popover-display, since the element's own style must overrule what hides it. */

enum { DEPTH_MAX = 32 };

static const struct { const char *name, *instead; uint8_t watch; bool popover; } pseudos[] = {
	{":popover-open", "[data-rv-popover-open]", 0, true},
	{":fullscreen", "[data-rv-fullscreen]", 0, false},
	{":-webkit-full-screen", "[data-rv-fullscreen]", 0, false},
	{":-moz-full-screen", "[data-rv-fullscreen]", 0, false},
	{":indeterminate", ":is(:indeterminate,[data-rv-indeterminate])", RV_WATCH_INDETERMINATE, false},
	{":focus", "[data-rv-focus]", RV_WATCH_FOCUS, false},
	{":focus-visible", "[data-rv-focus-visible]", RV_WATCH_FOCUS, false},
	{":focus-within", ":is(:focus-within,[data-rv-focus],:has([data-rv-focus]))", RV_WATCH_FOCUS, false},
	{":target", "[data-rv-target]", RV_WATCH_TARGET, false},
	{":defined", ":not([data-rv-undefined])", RV_WATCH_DEFINED, false},
};
enum { N_PSEUDOS = sizeof pseudos / sizeof *pseudos };

static uint8_t lower(uint8_t byte) { return byte >= 'A' && byte <= 'Z' ? byte | 32 : byte; }
static bool is_space(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }
static bool is_name(uint8_t byte) { return (lower(byte) >= 'a' && lower(byte) <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte >= 0x80 || byte == '\\'; }

/* Does the word stand here? */
static bool is_word(struct rv_span css, size_t at, const char *word)
{
	size_t len = strlen(word);
	if (css.len - at < len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (lower(css.ptr[at + i]) != (uint8_t)word[i])
			return false;
	return at + len == css.len || !is_name(css.ptr[at + len]);
}

/* The pseudo-class that stands here, N_PSEUDOS for none. */
static int pseudo_at(struct rv_span css, size_t at)
{
	int i = 0;
	if (at && css.ptr[at - 1] == ':')
		return N_PSEUDOS;
	while (i < N_PSEUDOS && !is_word(css, at, pseudos[i].name))
		i++;
	return i;
}

static bool has_pseudo(struct rv_span css)
{
	const uint8_t *at = css.len ? memchr(css.ptr, ':', css.len) : NULL;
	for (; at; at = memchr(at + 1, ':', (size_t)(css.ptr + css.len - at - 1)))
		if (pseudo_at(css, (size_t)(at - css.ptr)) < N_PSEUDOS)
			return true;
	return false;
}

/* A `display` declaration that begins here: its end, and where its value begins. 0: it is none. */
static size_t display_end(struct rv_span css, size_t at, size_t *value)
{
	uint32_t round = 0;
	if (!is_word(css, at, "display"))
		return 0;
	at += strlen("display");
	while (at < css.len && is_space(css.ptr[at]))
		at++;
	if (at == css.len || css.ptr[at] != ':')
		return 0;
	*value = ++at;
	for (; at < css.len; at = rv_css_past(css, at)) {
		round += css.ptr[at] == '(';
		round -= css.ptr[at] == ')' && round;
		if (css.ptr[at] == '{')
			return 0;
		if (!round && (css.ptr[at] == ';' || css.ptr[at] == '}'))
			break;
	}
	return at;
}

static void replace(struct rv_rrweb *ex, struct rv_span css, struct rv_buf *out)
{
	uint32_t popovers = 0, depth = 0; /* bit i: block i is an open popover's */
	bool fresh = true, prelude = false, at_rule = false;
	for (size_t at = 0; at < css.len;) {
		uint8_t byte = css.ptr[at];
		int pseudo = byte == ':' ? pseudo_at(css, at) : N_PSEUDOS;
		if (pseudo < N_PSEUDOS) {
			rv_buf_str(out, pseudos[pseudo].instead);
			prelude |= pseudos[pseudo].popover;
			rv_rrweb_watch(ex, pseudos[pseudo].watch);
			fresh = false;
			at += strlen(pseudos[pseudo].name);
			continue;
		}
		bool inside = depth && depth < DEPTH_MAX && popovers >> depth & 1;
		size_t value = 0, end = fresh && inside ? display_end(css, at, &value) : 0;
		if (end) {
			rv_buf_add(out, css.ptr + at, end - at);
			rv_buf_str(out, "; --rv-popover-display:");
			rv_buf_add(out, css.ptr + value, end - value);
			at = end;
			fresh = false;
			continue;
		}
		size_t past = rv_css_past(css, at);
		if (byte == '{') {
			bool popover = prelude || (at_rule && inside);
			if (++depth < DEPTH_MAX)
				popovers = (popovers & ~((uint32_t)1 << depth)) | (uint32_t)popover << depth;
		} else if (byte == '}') {
			depth -= depth > 0;
		}
		if (byte == '{' || byte == '}' || byte == ';') {
			fresh = true;
			prelude = at_rule = false;
		} else if (fresh && !is_space(byte) && !(byte == '/' && past > at + 1)) {
			fresh = false;
			at_rule = byte == '@';
		}
		rv_buf_add(out, css.ptr + at, past - at);
		at = past;
	}
}

void rv_rrweb_css(struct rv_rrweb *ex, const struct rv_sheet *sheet, struct rv_span css, struct rv_buf *out)
{
	struct rv_url url = rv_rrweb_url(ex, sheet);
	if (!has_pseudo(css)) {
		rv_url_css(&url, css, out);
		return;
	}
	struct rv_buf replaced;
	rv_buf_init(&replaced, ex->scratch.max);
	replace(ex, css, &replaced);
	rv_url_css(&url, rv_buf_get(&replaced), out);
	if (rv_buf_status(&replaced) != RV_OK)
		rv_rrweb_fail(ex, rv_buf_status(&replaced));
	rv_buf_deinit(&replaced);
}
