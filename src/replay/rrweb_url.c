#include "css_split.h"
#include "rrweb_priv.h"

static bool is_alpha(uint8_t byte) { return (byte | 32) >= 'a' && (byte | 32) <= 'z'; }
static bool is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }
static bool is_space(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

static struct rv_span from(struct rv_span text, size_t at) { return rv_span(text.ptr + at, text.len - at); }

static struct rv_span trim(struct rv_span text)
{
	while (text.len && is_space(text.ptr[0]))
		text = from(text, 1);
	while (text.len && is_space(text.ptr[text.len - 1]))
		text.len--;
	return text;
}

/* Length of the scheme, 0 without one. */
static size_t scheme_of(struct rv_span url)
{
	size_t i = 0;
	if (!url.len || !is_alpha(url.ptr[0]))
		return 0;
	while (i < url.len && (is_alpha(url.ptr[i]) || is_digit(url.ptr[i]) || url.ptr[i] == '+' || url.ptr[i] == '-' || url.ptr[i] == '.'))
		i++;
	return i < url.len && url.ptr[i] == ':' ? i : 0;
}

static size_t find_any(struct rv_span text, size_t at, const char *bytes)
{
	while (at < text.len && !(text.ptr[at] && strchr(bytes, text.ptr[at])))
		at++;
	return at;
}

/* Appends the segments of a path to out, which ends with '/'; `.` and `..` are worked off, not above floor. */
static void put_path(struct rv_span path, size_t floor, struct rv_buf *out)
{
	for (size_t at = 0; at <= path.len;) {
		size_t end = find_any(path, at, "/");
		struct rv_span segment = rv_span(path.ptr + at, end - at);
		if (rv_span_is(segment, "..")) {
			if (!out->failed && out->len > floor)
				do
					out->len--;
				while (out->len > floor && out->ptr[out->len - 1] != '/');
		} else if (!rv_span_is(segment, ".")) {
			rv_buf_span(out, segment);
			if (end < path.len)
				rv_buf_byte(out, '/');
		}
		at = end + 1;
	}
}

void rv_url_resolve(struct rv_span base, struct rv_span address, struct rv_buf *out)
{
	struct rv_span ref = trim(address);
	size_t scheme = base.ptr ? scheme_of(base) : 0;
	if (!ref.len || scheme_of(ref) || !scheme || base.len < scheme + 3 || base.ptr[scheme + 1] != '/' || base.ptr[scheme + 2] != '/') {
		rv_buf_span(out, address);
		return;
	}
	size_t origin = find_any(base, scheme + 3, "/?#"), path = find_any(base, origin, "?#"), query = find_any(base, path, "#");
	if (ref.ptr[0] == '?' || ref.ptr[0] == '#') {
		rv_buf_add(out, base.ptr, ref.ptr[0] == '?' ? path : query);
		rv_buf_span(out, ref);
		return;
	}
	if (ref.len > 1 && ref.ptr[0] == '/' && ref.ptr[1] == '/') {
		rv_buf_add(out, base.ptr, scheme + 1);
		rv_buf_span(out, ref);
		return;
	}
	rv_buf_add(out, base.ptr, origin);
	rv_buf_byte(out, '/');
	size_t floor = out->len, ref_path = find_any(ref, 0, "?#"), skip = ref.ptr[0] == '/';
	if (!skip && path > origin) {
		size_t dir = path;
		while (base.ptr[dir - 1] != '/')
			dir--;
		put_path(rv_span(base.ptr + origin + 1, dir - origin - 1), floor, out);
	}
	put_path(rv_span(ref.ptr + skip, ref_path - skip), floor, out);
	rv_buf_span(out, from(ref, ref_path));
}

static bool is_url(struct rv_span css, size_t at)
{
	if (css.len - at < 4 || (css.ptr[at] | 32) != 'u' || (css.ptr[at + 1] | 32) != 'r' || (css.ptr[at + 2] | 32) != 'l' || css.ptr[at + 3] != '(')
		return false;
	uint8_t before = at ? css.ptr[at - 1] : ' ';
	return !is_alpha(before) && !is_digit(before) && before != '-' && before != '_';
}

struct rv_url rv_rrweb_url(const struct rv_rrweb *ex, const struct rv_sheet *sheet)
{
	return (struct rv_url){sheet && sheet->href.len ? sheet->href : rv_buf_get(&ex->base), ex->assets};
}

void rv_url_asset(const struct rv_url *url, struct rv_span address, struct rv_buf *out)
{
	struct rv_span ref = trim(address);
	size_t start = out->len, path = find_any(ref, 0, "#");
	if (!url->assets || !path || (ref.len > 5 && memcmp(ref.ptr, "data:", 5) == 0)) {
		rv_url_resolve(url->base, address, out);
		return;
	}
	struct rv_buf absolute;
	rv_buf_init(&absolute, out->max);
	rv_url_resolve(url->base, rv_span(ref.ptr, path), &absolute);
	if (rv_buf_status(&absolute) == RV_OK)
		url->assets->address(url->assets->user, rv_buf_get(&absolute), out);
	else if (!out->failed)
		out->failed = rv_buf_status(&absolute);
	rv_buf_deinit(&absolute);
	if (out->len > start)
		rv_buf_span(out, from(ref, path));
}

static size_t skip_space(struct rv_span css, size_t at)
{
	while (at < css.len && is_space(css.ptr[at]))
		at++;
	return at;
}

/* Length of "@import" and white space when a quoted address follows, else 0. */
static size_t import_at(struct rv_span css, size_t at)
{
	static const char word[] = "@import";
	for (size_t i = 0; i < 7; i++)
		if (at + i >= css.len || (i ? css.ptr[at + i] | 32 : css.ptr[at]) != (uint8_t)word[i])
			return 0;
	size_t quote = skip_space(css, at + 7);
	return quote < css.len && (css.ptr[quote] == '"' || css.ptr[quote] == '\'') ? quote - at : 0;
}

void rv_url_css(const struct rv_url *url, struct rv_span css, struct rv_buf *out)
{
	size_t done = 0;
	for (size_t at = 0; url->base.ptr && at < css.len;) {
		size_t import = css.ptr[at] == '@' ? import_at(css, at) : 0;
		if (!import && !is_url(css, at)) {
			at = rv_css_past(css, at);
			continue;
		}
		at += import ? import : 4;
		at = skip_space(css, at);
		bool quoted = at < css.len && (css.ptr[at] == '"' || css.ptr[at] == '\'');
		size_t start = at + quoted, end;
		if (quoted) {
			end = rv_css_past(css, at);
			at = end;
			end = end > start ? end - 1 : start;
		} else {
			at = end = find_any(css, at, ")");
		}
		struct rv_span address = rv_span(css.ptr + start, end - start);
		if (!address.len || address.ptr[0] == '#' || find_any(address, 0, "\\\"'") < address.len)
			continue;
		rv_buf_add(out, css.ptr + done, start - done);
		rv_url_asset(url, address, out);
		done = end;
	}
	rv_buf_span(out, from(css, done));
}

void rv_url_srcset(const struct rv_url *url, struct rv_span srcset, struct rv_buf *out)
{
	for (size_t at = 0; at < srcset.len;) {
		while (at < srcset.len && (is_space(srcset.ptr[at]) || srcset.ptr[at] == ','))
			rv_buf_byte(out, srcset.ptr[at++]);
		size_t end = at;
		while (end < srcset.len && !is_space(srcset.ptr[end]))
			end++;
		size_t next = end;
		while (end > at && srcset.ptr[end - 1] == ',')
			end--;
		if (end > at)
			rv_url_asset(url, rv_span(srcset.ptr + at, end - at), out);
		if (next == end) /* the descriptor, up to its comma */
			next = find_any(srcset, end, ",");
		rv_buf_add(out, srcset.ptr + end, next - end);
		at = next;
	}
}
