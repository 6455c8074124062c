#include "markup_priv.h"

static void attribute_write(struct rv_markup *m, const char *name, struct rv_span value)
{
	rv_buf_byte(m->out, ' ');
	rv_buf_str(m->out, name);
	rv_buf_str(m->out, "=\"");
	rv_markup_escape(value, true, m->out);
	rv_buf_byte(m->out, '"');
}

/* milli: in 1/1000 px */
static void px_write(struct rv_markup *m, const char *property, int64_t value, bool milli)
{
	rv_buf_str(m->out, property);
	rv_buf_byte(m->out, ':');
	if (value < 0) {
		rv_buf_byte(m->out, '-');
		value = -value;
	}
	rv_buf_dec(m->out, (uint64_t)value);
	rv_buf_str(m->out, milli ? "e-3px!important;" : "px!important;");
}

void rv_markup_root_font(struct rv_markup *m)
{
	rv_buf_str(m->out, "font-size:");
	rv_buf_dec(m->out, m->options.root_font_milli ? m->options.root_font_milli : 16000);
	rv_buf_str(m->out, "e-3px!important;");
}

/* The attributes that the picture's own rendering replaces or that must not be in it. */
static bool attribute_skipped(const struct rv_node *node, struct rv_span name)
{
	static const char *const ALWAYS[] = {"style", "src", "srcset", "sizes", "loading", "xmlns", "popover", "srcdoc", "nonce", "integrity", "data-rv-host", "poster", "ping"};
	for (size_t i = 0; i < sizeof ALWAYS / sizeof *ALWAYS; i++)
		if (rv_span_is(name, ALWAYS[i]))
			return true;
	if (name.len > 2 && (name.ptr[0] == 'o' || name.ptr[0] == 'O') && (name.ptr[1] == 'n' || name.ptr[1] == 'N'))
		return true;
	const struct rv_node_state *s = node->state;
	if (s && s->has_input && (rv_span_is(name, "checked") || rv_span_is(name, "selected") || (rv_span_is(name, "value") && (rv_markup_tag(node, "input")))))
		return true;
	return s && s->has_dialog && rv_span_is(name, "open");
}

static struct rv_span bullets(uint32_t len, char out[3 * BULLETS_MAX])
{
	const uint32_t n = len < BULLETS_MAX ? len : BULLETS_MAX;
	for (uint32_t i = 0; i < n; i++)
		memcpy(out + 3 * i, "\xE2\x80\xA2", 3);
	return rv_span(out, 3 * (size_t)n);
}

struct rv_span rv_markup_field(const struct rv_node *node, char scratch[3 * BULLETS_MAX])
{
	const struct rv_node_state *s = node->state;
	if (!s || !s->has_input || !(s->input_flags & RV_INPUT_HAS_VALUE))
		return (struct rv_span){NULL, 0};
	if (s->input_flags & RV_INPUT_MASKED)
		return bullets(s->input_len, scratch);
	return s->input_value.ptr ? s->input_value : rv_span("", 0);
}

/* style="": the element's own text, then what the picture needs. */
static void style_write(struct rv_markup *m, const struct rv_node *node, const struct rv_markup_frame *parent, const struct rv_markup_cull *cull)
{
	const struct rv_node_state *s = node->state;
	const struct rv_span own = rv_mirror_attribute(node, "style");
	const bool root = parent == NULL;
	const bool blocked = (node->flags & RV_EL_BLOCK) != 0;
	const bool sized = blocked && s && s->has_size;
	const bool top = s && s->has_dialog && (s->dialog_flags & RV_DIALOG_OPEN) && (s->dialog_flags & (RV_DIALOG_MODAL | RV_DIALOG_POPOVER));
	const bool moved = parent && (parent->shift_x || parent->shift_y);
	const bool scrolls = !root && s && s->has_scroll && (s->scroll_x || s->scroll_y);
	if (!own.len && !root && !blocked && !top && !moved && !cull && !scrolls)
		return;
	rv_buf_str(m->out, " style=\"");
	rv_markup_css_text(m, own, m->base, false, true);
	if (own.len)
		rv_buf_byte(m->out, ';');
	if (root) {
		const struct rv_node *doc = rv_mirror_document(m->mirror);
		const bool scrolled = doc && doc->state && doc->state->has_scroll;
		rv_markup_root_font(m);
		rv_buf_str(m->out, "background:none!important;position:relative!important;min-height:100%!important;");
		px_write(m, "margin-top", scrolled ? -(int64_t)doc->state->scroll_y : 0, false);
		px_write(m, "margin-left", scrolled ? -(int64_t)doc->state->scroll_x : 0, false);
		rv_buf_str(m->out, "overflow:visible!important;");
	}
	if (cull || sized) {
		px_write(m, "width", cull ? cull->width_milli : s->width, cull != NULL);
		px_write(m, "height", cull ? cull->height_milli : s->height, cull != NULL);
		if (cull) {
			px_write(m, "margin-top", cull->margin_top_milli, true);
			px_write(m, "margin-bottom", cull->margin_bottom_milli, true);
		}
		rv_buf_str(m->out, "min-width:0!important;min-height:0!important;max-width:none!important;max-height:none!important;box-sizing:border-box!important;overflow:hidden!important;");
	}
	if (blocked)
		rv_buf_str(m->out, "background:#c9cdd6!important;border-color:transparent!important;color:transparent!important;");
	if (scrolls)
		rv_buf_str(m->out, "overflow:hidden!important;");
	if (top)
		rv_buf_str(m->out, s->dialog_flags & RV_DIALOG_MODAL ? "display:block;position:fixed;inset:0;margin:auto;z-index:2147483647;" : "display:block;position:fixed;z-index:2147483646;");
	if (moved) {
		rv_buf_str(m->out, "translate:");
		for (int axis = 0; axis < 2; axis++) {
			const int64_t by = axis ? parent->shift_y : parent->shift_x;
			rv_buf_str(m->out, by > 0 ? "-" : "");
			rv_buf_dec(m->out, (uint64_t)(by < 0 ? -by : by));
			rv_buf_str(m->out, axis ? "px!important;" : "px ");
		}
	}
	rv_buf_byte(m->out, '"');
}

/* First candidate of a srcset. */
static struct rv_span srcset_first(struct rv_span set)
{
	size_t from = 0, to;
	while (from < set.len && (set.ptr[from] == ' ' || set.ptr[from] == '\n' || set.ptr[from] == '\t' || set.ptr[from] == ','))
		from++;
	for (to = from; to < set.len && set.ptr[to] != ' ' && set.ptr[to] != '\n' && set.ptr[to] != '\t'; to++)
		;
	while (to > from && set.ptr[to - 1] == ',')
		to--;
	return rv_span(set.ptr + from, to - from);
}

static void resource_attribute(struct rv_markup *m, const char *name, struct rv_span address)
{
	rv_buf_byte(m->out, ' ');
	rv_buf_str(m->out, name);
	rv_buf_str(m->out, "=\"");
	rv_markup_address(m, address, m->base, m->out);
	rv_buf_byte(m->out, '"');
}

static void image_write(struct rv_markup *m, const struct rv_node *node)
{
	if (rv_markup_tag(node, "img") || (rv_markup_tag(node, "input") && rv_span_is(rv_mirror_attribute(node, "type"), "image"))) {
		struct rv_span src = rv_mirror_attribute(node, "src");
		if (!src.len)
			src = srcset_first(rv_mirror_attribute(node, "srcset"));
		if (src.len)
			resource_attribute(m, "src", src);
	}
}

void rv_markup_attributes(struct rv_markup *m, const struct rv_node *node, const struct rv_markup_frame *parent, const struct rv_markup_cull *cull)
{
	const uint8_t ns = node->flags & RV_EL_NS_MASK;
	const bool svg_image = ns == RV_NS_SVG && (rv_markup_tag(node, "image") || rv_markup_tag(node, "feImage"));
	for (uint32_t i = 0; i < node->n_attributes; i++) {
		const struct rv_attribute *a = &node->attributes[i];
		if (attribute_skipped(node, a->name))
			continue;
		const bool xlink = rv_span_is(a->name, "xlink:href");
		if (svg_image && (xlink || rv_span_is(a->name, "href"))) {
			resource_attribute(m, "href", a->value);
			continue;
		}
		if (!xlink && !rv_markup_xml_name(a->name) && !rv_span_is(a->name, "xml:lang") && !rv_span_is(a->name, "xml:space"))
			continue;
		if (rv_markup_starts(a->value, "javascript:"))
			continue;
		rv_buf_byte(m->out, ' ');
		rv_buf_span(m->out, a->name);
		rv_buf_str(m->out, "=\"");
		rv_markup_escape(a->value, true, m->out);
		rv_buf_byte(m->out, '"');
	}
	const struct rv_node_state *s = node->state;
	if (s && s->has_input) {
		char scratch[3 * BULLETS_MAX];
		if (s->input_flags & RV_INPUT_CHECKED)
			attribute_write(m, "checked", rv_span("", 0));
		if (s->input_flags & RV_INPUT_SELECTED)
			attribute_write(m, "selected", rv_span("", 0));
		const struct rv_span value = rv_markup_field(node, scratch);
		if (value.ptr && rv_markup_tag(node, "input"))
			attribute_write(m, "value", value);
	}
	if (s && s->has_dialog && (s->dialog_flags & RV_DIALOG_OPEN))
		attribute_write(m, "open", rv_span("", 0));
	if (node->shadow) {
		rv_buf_str(m->out, " data-rv-host=\"");
		rv_buf_dec(m->out, node->id);
		rv_buf_byte(m->out, '"');
	}
	image_write(m, node);
	style_write(m, node, parent, cull);
}
