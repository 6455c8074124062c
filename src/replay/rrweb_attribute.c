#include "rrweb_priv.h"

/* Attributes as the Replayer should see them. It sets them as they come, so what would load, run or
 * navigate there is renamed or left out, addresses are absolute, and names that rrweb keeps for itself
 * are dropped: `on…` → `_on…`; no `src`, `srcdoc` and `sandbox` of frames (their documents follow as
 * recorded); no `autoplay`; the content of a meta with http-equiv → `csp-content`. */

enum { ASTERISKS_MAX = 1000 };

enum rv_tag rv_rrweb_tag(const struct rv_node *node)
{
	static const struct { const char *name; enum rv_tag tag; } tags[] = {
		{"input", RV_TAG_INPUT}, {"textarea", RV_TAG_TEXTAREA}, {"select", RV_TAG_SELECT}, {"option", RV_TAG_OPTION}, {"style", RV_TAG_STYLE},
		{"link", RV_TAG_LINK}, {"script", RV_TAG_SCRIPT}, {"iframe", RV_TAG_IFRAME}, {"audio", RV_TAG_MEDIA}, {"video", RV_TAG_MEDIA},
		{"dialog", RV_TAG_DIALOG}, {"meta", RV_TAG_META}, {"canvas", RV_TAG_CANVAS}, {"frame", RV_TAG_IFRAME}};
	if (node->kind == RV_NODE_ELEMENT)
		for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
			if (rv_span_is(node->name, tags[i].name))
				return tags[i].tag;
	return RV_TAG_OTHER;
}

const struct rv_sheet *rv_rrweb_sheet(const struct rv_rrweb *ex, const struct rv_node *node)
{
	enum rv_tag tag = node->sheet ? rv_rrweb_tag(node) : RV_TAG_OTHER;
	return tag == RV_TAG_STYLE || tag == RV_TAG_LINK ? rv_mirror_sheet(ex->m, node->sheet) : NULL;
}

static bool starts(struct rv_span text, const char *with)
{
	size_t len = strlen(with);
	return text.len >= len && memcmp(text.ptr, with, len) == 0;
}

static const struct rv_node_state *state_of(const struct rv_node *node)
{
	static const struct rv_node_state none;
	return node->state ? node->state : &none;
}

static bool has_value(const struct rv_node *node)
{
	return state_of(node)->has_input && state_of(node)->input_flags & (RV_INPUT_HAS_VALUE | RV_INPUT_MASKED);
}

static bool is_checkable(const struct rv_node *node)
{
	return state_of(node)->has_input && state_of(node)->input_flags & RV_INPUT_CHECKABLE;
}

static void pixels(struct rv_rrweb *ex, const char *key, uint32_t value, struct rv_json *json)
{
	rv_rrweb_clear(ex, &ex->scratch);
	rv_buf_dec(&ex->scratch, value);
	rv_buf_str(&ex->scratch, "px");
	rv_json_key(json, key);
	rv_json_text(json, rv_buf_get(&ex->scratch));
}

/* A value whose addresses are made absolute by one of the rv_url functions. */
static void absolute(struct rv_rrweb *ex, void (*how)(const struct rv_url *, struct rv_span, struct rv_buf *), bool asset, struct rv_span value, struct rv_json *json)
{
	struct rv_url url = rv_rrweb_url(ex, NULL);
	if (!asset)
		url.assets = NULL;
	rv_rrweb_clear(ex, &ex->scratch);
	how(&url, value, &ex->scratch);
	if (rv_buf_status(&ex->scratch) != RV_OK)
		rv_rrweb_fail(ex, rv_buf_status(&ex->scratch));
	rv_json_text(json, rv_buf_get(&ex->scratch));
}

static void blocked_class(struct rv_rrweb *ex, struct rv_span value, struct rv_json *json)
{
	rv_rrweb_clear(ex, &ex->scratch);
	rv_buf_span(&ex->scratch, value);
	rv_buf_str(&ex->scratch, value.len ? " rr-block" : "rr-block");
	rv_json_key(json, "class");
	rv_json_text(json, rv_buf_get(&ex->scratch));
}

static bool is_address(const struct rv_node *node, struct rv_span name, struct rv_span value)
{
	if (rv_span_is(name, "src") || rv_span_is(name, "poster"))
		return true;
	if (rv_span_is(name, "href") || rv_span_is(name, "xlink:href"))
		return !(value.len && value.ptr[0] == '#'); /* within the page: rules may ask for it */
	if (rv_span_is(name, "background"))
		return rv_span_is(node->name, "table") || rv_span_is(node->name, "td") || rv_span_is(node->name, "th");
	return rv_span_is(name, "data") && rv_span_is(node->name, "object");
}

/* Is "stylesheet" one of the words? */
static bool is_stylesheet(struct rv_span rel)
{
	static const char word[] = "stylesheet";
	for (size_t at = 0, n = 0; at <= rel.len; at++) {
		bool end = at == rel.len || rel.ptr[at] <= ' ';
		if (end && n == sizeof word - 1)
			return true;
		n = end ? 0 : n < sizeof word - 1 && (rel.ptr[at] | 32) == (uint8_t)word[n] ? n + 1 : sizeof word;
	}
	return false;
}

/* Does the page fetch what is at this address, to look like itself? */
static bool is_asset(const struct rv_node *node, struct rv_span name)
{
	static const char *const images[] = {"img", "input", "image", "feImage", "use"};
	if (rv_span_is(name, "poster") || rv_span_is(name, "background"))
		return true;
	for (size_t i = 0; i < sizeof images / sizeof *images; i++)
		if (rv_span_is(node->name, images[i]))
			return true;
	return rv_rrweb_tag(node) == RV_TAG_LINK && is_stylesheet(rv_mirror_attribute(node, "rel"));
}

static bool is_hidden(const struct rv_rrweb *ex, const struct rv_node *node, struct rv_span name)
{
	if (starts(name, "rr_") || rv_span_is(name, "_cssText") || rv_rrweb_is_sign(name) || rv_rrweb_slot_hidden(ex, node, name))
		return true;
	switch (rv_rrweb_tag(node)) {
	case RV_TAG_IFRAME: return rv_span_is(name, "src") || rv_span_is(name, "srcdoc") || rv_span_is(name, "sandbox");
	case RV_TAG_MEDIA: return rv_span_is(name, "autoplay");
	case RV_TAG_LINK: return rv_rrweb_sheet(ex, node) && (rv_span_is(name, "rel") || rv_span_is(name, "href"));
	case RV_TAG_INPUT: return (rv_span_is(name, "value") && has_value(node)) || (rv_span_is(name, "checked") && is_checkable(node));
	case RV_TAG_TEXTAREA:
	case RV_TAG_SELECT: return rv_span_is(name, "value");
	case RV_TAG_OPTION: return rv_span_is(name, "selected") && state_of(node)->has_input;
	default: return false;
	}
}

void rv_rrweb_sheet_media(const struct rv_node *node, const struct rv_sheet *sheet, struct rv_json *json)
{
	rv_json_key(json, "media");
	if (sheet->flags & RV_SHEET_DISABLED)
		rv_json_cstr(json, "not all");
	else
		rv_json_text(json, sheet->media.len ? sheet->media : rv_mirror_attribute(node, "media"));
}

/* Handlers are letters alone, and not as few as in `once`: `on:save` is some framework's. */
static bool is_handler(struct rv_span name)
{
	for (size_t i = 0; i < name.len; i++)
		if ((name.ptr[i] | 32) < 'a' || (name.ptr[i] | 32) > 'z')
			return false;
	return name.len > 4 && (name.ptr[0] | 32) == 'o' && (name.ptr[1] | 32) == 'n';
}

void rv_rrweb_attribute(struct rv_rrweb *ex, const struct rv_node *node, struct rv_span name, struct rv_span value, struct rv_json *json)
{
	if (node->flags & RV_EL_BLOCK) {
		if (rv_span_is(name, "class"))
			blocked_class(ex, value, json);
		return;
	}
	if (is_hidden(ex, node, name))
		return;
	if (rv_span_is(name, "style")) {
		rv_rrweb_style(ex, node, json);
		return;
	}
	if (rv_span_is(name, "media") && rv_rrweb_sheet(ex, node)) {
		rv_rrweb_sheet_media(node, rv_rrweb_sheet(ex, node), json);
		return;
	}
	if (is_handler(name)) {
		rv_rrweb_clear(ex, &ex->scratch);
		rv_buf_byte(&ex->scratch, '_');
		rv_buf_span(&ex->scratch, name);
		rv_json_key_span(json, rv_buf_get(&ex->scratch));
	} else if (rv_span_is(name, "content") && rv_rrweb_tag(node) == RV_TAG_META && rv_mirror_attribute(node, "http-equiv").ptr) {
		rv_json_key(json, "csp-content");
	} else {
		rv_json_key_span(json, name);
	}
	if (!value.ptr)
		rv_json_null(json);
	else if (is_address(node, name, value))
		absolute(ex, rv_url_asset, is_asset(node, name), value, json);
	else if (rv_span_is(name, "srcset"))
		absolute(ex, rv_url_srcset, true, value, json);
	else
		rv_json_text(json, value);
}

/* ---- state as attributes ---- */

void rv_rrweb_value(struct rv_rrweb *ex, const struct rv_node *node, struct rv_json *json)
{
	const struct rv_node_state *state = state_of(node);
	if (state->input_flags & RV_INPUT_MASKED) {
		uint32_t len = state->input_len < ASTERISKS_MAX ? state->input_len : ASTERISKS_MAX;
		rv_rrweb_clear(ex, &ex->scratch);
		while (len--)
			rv_buf_byte(&ex->scratch, '*');
		rv_json_text(json, rv_buf_get(&ex->scratch));
	} else {
		rv_json_text(json, state->input_value.ptr ? state->input_value : rv_span("", 0));
	}
}

void rv_rrweb_textarea(struct rv_rrweb *ex, const struct rv_node *node, struct rv_json *json)
{
	rv_json_key(json, "value");
	if (has_value(node)) {
		rv_rrweb_value(ex, node, json);
		return;
	}
	rv_rrweb_clear(ex, &ex->scratch);
	for (uint32_t child = node->first; child; child = rv_at(ex, child)->next)
		if (rv_at(ex, child)->kind == RV_NODE_TEXT)
			rv_buf_span(&ex->scratch, rv_at(ex, child)->text);
	rv_json_text(json, rv_buf_get(&ex->scratch));
}

void rv_rrweb_dialog(const struct rv_node *node, struct rv_json *json)
{
	uint32_t flags = state_of(node)->dialog_flags;
	rv_json_key(json, "open");
	if ((flags & (RV_DIALOG_OPEN | RV_DIALOG_POPOVER)) == RV_DIALOG_OPEN) {
		rv_json_cstr(json, "");
		rv_json_key(json, "rr_open_mode");
		rv_json_cstr(json, flags & RV_DIALOG_MODAL ? "modal" : "non-modal");
	} else {
		rv_json_null(json);
	}
}

double rv_rrweb_rate(const struct rv_node_state *state)
{
	uint32_t rate = state->media_rate_milli;
	return (rate > 16000 ? 16000 : rate && rate < 63 ? 63 : rate) / 1000.0;
}

double rv_rrweb_volume(const struct rv_node_state *state)
{
	return (state->media_volume_milli > 1000 ? 1000 : state->media_volume_milli) / 1000.0;
}

static void write_media(struct rv_rrweb *ex, const struct rv_node_state *state, struct rv_json *json)
{
	rv_json_key(json, "rr_mediaState");
	rv_json_cstr(json, state->media_flags & RV_MEDIA_PLAYING ? "played" : "paused");
	rv_json_key(json, "rr_mediaCurrentTime");
	rv_json_num(json, rv_mirror_media_time(state, ex->m->epoch.last_ms) / 1000.0);
	rv_json_key(json, "rr_mediaPlaybackRate");
	rv_json_num(json, rv_rrweb_rate(state));
	rv_json_key(json, "rr_mediaVolume");
	rv_json_num(json, rv_rrweb_volume(state));
	rv_json_key(json, "rr_mediaMuted");
	rv_json_bool(json, state->media_flags & RV_MEDIA_MUTED);
	rv_json_key(json, "rr_mediaLoop");
	rv_json_bool(json, state->media_flags & RV_MEDIA_LOOP);
}

/* The rules as text. The Replayer takes a link for a style element only when there is some. */
static void write_sheet(struct rv_rrweb *ex, const struct rv_sheet *sheet, struct rv_json *json)
{
	struct rv_buf text;
	rv_buf_init(&text, ex->m->limits.max_text_bytes);
	rv_mirror_sheet_text(ex->m, sheet, &text);
	if (!text.len)
		rv_buf_byte(&text, ' ');
	if (rv_buf_status(&text) != RV_OK)
		rv_rrweb_fail(ex, rv_buf_status(&text));
	rv_rrweb_clear(ex, &ex->scratch);
	rv_rrweb_css(ex, sheet, rv_buf_get(&text), &ex->scratch);
	rv_json_key(json, "_cssText");
	rv_json_text(json, rv_buf_get(&ex->scratch));
	rv_buf_deinit(&text);
}

/* Setting its size empties a canvas: so it always has one, or an earlier frame would shine through. */
static void write_frame(const struct rv_node *node, const struct rv_node_state *state, struct rv_json *json)
{
	if (!rv_mirror_attribute(node, "width").ptr) {
		rv_json_key(json, "width");
		rv_json_int(json, state->canvas_width);
	}
	if (!rv_mirror_attribute(node, "height").ptr) {
		rv_json_key(json, "height");
		rv_json_int(json, state->canvas_height);
	}
	rv_json_key(json, "rr_dataURL");
	rv_json_text(json, state->canvas);
}

void rv_rrweb_attributes(struct rv_rrweb *ex, const struct rv_node *node, struct rv_json *json)
{
	const struct rv_node_state *state = state_of(node);
	const struct rv_sheet *sheet = rv_rrweb_sheet(ex, node);
	enum rv_tag tag = rv_rrweb_tag(node);
	bool dialog = tag == RV_TAG_DIALOG && state->has_dialog, restyled = rv_rrweb_restyled(ex, node), frame = tag == RV_TAG_CANVAS && state->canvas.ptr;
	bool media = sheet && (sheet->flags & RV_SHEET_DISABLED || sheet->media.len);
	rv_json_open(json, '{');
	if (node->flags & RV_EL_BLOCK) {
		blocked_class(ex, rv_mirror_attribute(node, "class"), json);
		if (state->has_size) {
			pixels(ex, "rr_width", state->width, json);
			pixels(ex, "rr_height", state->height, json);
		}
		rv_json_close(json, '}');
		return;
	}
	/* The Replayer may set them on a link that is in the page already: one that is switched off must not load before. */
	struct rv_span off = rv_mirror_attribute(node, "disabled");
	bool is_off = tag == RV_TAG_LINK && off.ptr;
	if (is_off)
		rv_rrweb_attribute(ex, node, rv_span("disabled", 8), off, json);
	for (uint32_t i = 0; i < node->n_attributes; i++) {
		struct rv_span name = node->attributes[i].name;
		if (is_off && rv_span_is(name, "disabled"))
			continue;
		if ((dialog && rv_span_is(name, "open")) || (restyled && rv_span_is(name, "style")) || (media && rv_span_is(name, "media")))
			continue;
		rv_rrweb_attribute(ex, node, name, node->attributes[i].value, json);
	}
	if (sheet)
		write_sheet(ex, sheet, json);
	if (media)
		rv_rrweb_sheet_media(node, sheet, json);
	if (tag == RV_TAG_INPUT && has_value(node)) {
		rv_json_key(json, "value");
		rv_rrweb_value(ex, node, json);
	}
	if ((tag == RV_TAG_INPUT && is_checkable(node) && state->input_flags & RV_INPUT_CHECKED)) {
		rv_json_key(json, "checked");
		rv_json_bool(json, true);
	}
	if (tag == RV_TAG_OPTION && state->has_input && state->input_flags & RV_INPUT_SELECTED) {
		rv_json_key(json, "selected");
		rv_json_bool(json, true);
	}
	if (tag == RV_TAG_TEXTAREA)
		rv_rrweb_textarea(ex, node, json);
	if (tag == RV_TAG_IFRAME && !node->frame && rv_mirror_attribute(node, "src").ptr) {
		rv_json_key(json, "rr_src");
		absolute(ex, rv_url_asset, false, rv_mirror_attribute(node, "src"), json);
	}
	if (tag == RV_TAG_MEDIA && state->has_media && ex->full) /* a virtual medium has no promise to play, and throws: it gets an event */
		write_media(ex, state, json);
	if (dialog && (state->dialog_flags & (RV_DIALOG_OPEN | RV_DIALOG_POPOVER)) == RV_DIALOG_OPEN)
		rv_rrweb_dialog(node, json);
	if (restyled)
		rv_rrweb_style(ex, node, json);
	rv_rrweb_signs(ex, node, json);
	rv_rrweb_slots(ex, node, false, json);
	if (frame)
		write_frame(node, state, json);
	if (ex->full && state->has_scroll && (state->scroll_x || state->scroll_y)) {
		rv_json_key(json, "rr_scrollLeft");
		rv_json_int(json, state->scroll_x);
		rv_json_key(json, "rr_scrollTop");
		rv_json_int(json, state->scroll_y);
	}
	rv_json_close(json, '}');
}
