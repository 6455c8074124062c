#include "markup_priv.h"

static void css_url(void *user, struct rv_span address, struct rv_span base, struct rv_buf *out)
{
	rv_markup_address(user, address, base, out);
}

void rv_markup_css_text(struct rv_markup *m, struct rv_span text, struct rv_span base, bool shadow, bool attribute)
{
	const struct rv_markup_css css = {.base = base, .shadow = shadow, .attribute = attribute, .url = css_url, .user = m};
	rv_markup_css_write(&css, text, m->out);
}

static void rule_write(struct rv_markup *m, const struct rv_sheet *sheet, struct rv_span base, bool shadow)
{
	/* a rule whose nested rules changed is put together by the mirror first */
	for (uint32_t i = 0; i < sheet->n_rules; i++) {
		if (sheet->rules[i].cap_rules) {
			rv_buf_clear(&m->css);
			const struct rv_sheet one = {.rules = &sheet->rules[i], .n_rules = 1};
			rv_mirror_sheet_text(m->mirror, &one, &m->css);
			rv_markup_css_text(m, rv_buf_get(&m->css), base, shadow, false);
		} else
			rv_markup_css_text(m, sheet->rules[i].text, base, shadow, false);
		rv_buf_byte(m->out, '\n');
	}
}

static void scope_open(struct rv_markup *m, uint32_t shadow_host)
{
	if (!shadow_host)
		return;
	rv_buf_str(m->out, "@scope ([data-rv-host=\"");
	rv_buf_dec(m->out, shadow_host);
	rv_buf_str(m->out, "\"]){");
}

/* One sheet as a style element. shadow_host: id of the host whose tree it styles, 0 none. */
static void sheet_write(struct rv_markup *m, const struct rv_sheet *sheet, uint32_t shadow_host)
{
	if (sheet->flags & RV_SHEET_DISABLED)
		return;
	rv_buf_str(m->out, "<style");
	if (sheet->media.len) {
		rv_buf_str(m->out, " media=\"");
		rv_markup_escape(sheet->media, true, m->out);
		rv_buf_byte(m->out, '"');
	}
	rv_buf_byte(m->out, '>');
	scope_open(m, shadow_host);
	rule_write(m, sheet, sheet->href.len ? sheet->href : m->base, shadow_host != 0);
	rv_buf_str(m->out, shadow_host ? "}</style>" : "</style>");
}

void rv_markup_adopted(struct rv_markup *m, const struct rv_node *root, uint32_t shadow_host)
{
	for (uint32_t i = 0; i < root->n_adopted; i++) {
		const struct rv_sheet *sheet = rv_mirror_sheet(m->mirror, root->adopted[i]);
		if (sheet)
			sheet_write(m, sheet, shadow_host);
	}
}

void rv_markup_style_element(struct rv_markup *m, const struct rv_node *node)
{
	const struct rv_sheet *sheet = node->sheet ? rv_mirror_sheet(m->mirror, node->sheet) : NULL;
	const uint32_t host = rv_markup_host(m, node);
	if (sheet) {
		sheet_write(m, sheet, host);
		return;
	}
	const struct rv_span media = rv_mirror_attribute(node, "media");
	rv_buf_str(m->out, "<style");
	if (media.len) {
		rv_buf_str(m->out, " media=\"");
		rv_markup_escape(media, true, m->out);
		rv_buf_byte(m->out, '"');
	}
	rv_buf_byte(m->out, '>');
	scope_open(m, host);
	for (uint32_t c = node->first; c; c = rv_mirror_slot(m->mirror, c)->next) {
		const struct rv_node *text = rv_mirror_slot(m->mirror, c);
		if (text->kind == RV_NODE_TEXT)
			rv_markup_css_text(m, text->text, m->base, host != 0, false);
	}
	rv_buf_str(m->out, host ? "}</style>" : "</style>");
}
