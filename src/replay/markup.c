#include "json.h"
#include "markup_priv.h"
#include <stdlib.h>

static const char TRANSPARENT[] = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

struct rv_markup *rv_markup_new(const struct rv_mirror *mirror, const struct rv_markup_options *options)
{
	struct rv_markup *m = calloc(1, sizeof *m);
	if (!m)
		return NULL;
	m->mirror = mirror;
	m->options = *options;
	if (!m->options.max_bytes)
		m->options.max_bytes = (size_t)32 << 20;
	const struct rv_mirror_epoch *epoch = rv_mirror_epoch(mirror);
	if (!m->options.width)
		m->options.width = epoch->width;
	if (!m->options.height)
		m->options.height = epoch->height;
	if (!m->options.content_width)
		m->options.content_width = m->options.width;
	if (!m->options.content_height)
		m->options.content_height = m->options.height;
	m->cull_cap = 8;
	while (m->cull_cap < 2 * options->n_cull && m->cull_cap < 1u << 20)
		m->cull_cap *= 2;
	m->cull = calloc(m->cull_cap, sizeof *m->cull);
	m->resources = calloc(RESOURCES_MAX, sizeof *m->resources);
	m->by_hash = calloc(BY_HASH, sizeof *m->by_hash);
	m->stack = malloc(DEPTH_MAX * sizeof *m->stack);
	if (options->background.len)
		m->background_copy = malloc(options->background.len);
	if (!m->cull || !m->resources || !m->by_hash || !m->stack || (options->background.len && !m->background_copy)) {
		rv_markup_free(m);
		return NULL;
	}
	if (options->background.len) {
		memcpy(m->background_copy, options->background.ptr, options->background.len);
		m->background = rv_span(m->background_copy, options->background.len);
	}
	for (size_t i = 0; i < options->n_cull && i < m->cull_cap / 2; i++) {
		uint32_t at = options->cull[i].node * 2654435761u & (m->cull_cap - 1);
		if (!options->cull[i].node)
			continue;
		while (m->cull[at].node && m->cull[at].node != options->cull[i].node)
			at = (at + 1) & (m->cull_cap - 1);
		m->cull[at] = options->cull[i];
	}
	rv_buf_init(&m->css, m->options.max_bytes);
	rv_arena_init(&m->addresses, (size_t)RESOURCES_MAX * 4096);
	return m;
}

void rv_markup_free(struct rv_markup *m)
{
	if (!m)
		return;
	for (uint32_t i = 0; m->resources && i < m->n_resources; i++)
		free(m->resources[i].data);
	free(m->resources);
	free(m->by_hash);
	free(m->cull);
	free(m->stack);
	free(m->background_copy);
	rv_buf_deinit(&m->css);
	rv_arena_deinit(&m->addresses);
	free(m);
}

static const struct rv_markup_cull *cull_of(const struct rv_markup *m, uint32_t node)
{
	uint32_t at = node * 2654435761u & (m->cull_cap - 1);
	while (m->cull[at].node && m->cull[at].node != node)
		at = (at + 1) & (m->cull_cap - 1);
	return m->cull[at].node ? &m->cull[at] : NULL;
}

/* ---- resources ---- */

static uint32_t mix(struct rv_span text, uint32_t hash)
{
	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ text.ptr[i]) * 16777619u;
	return hash;
}

static struct rv_markup_resource *resource_of(struct rv_markup *m, struct rv_span address, struct rv_span base)
{
	uint32_t at = mix(base, mix(address, 2166136261u)) & (BY_HASH - 1);
	for (; m->by_hash[at]; at = (at + 1) & (BY_HASH - 1)) {
		struct rv_markup_resource *r = &m->resources[m->by_hash[at] - 1];
		if (rv_span_eq(r->address, address) && rv_span_eq(r->base, base))
			return r;
	}
	if (m->n_resources >= RESOURCES_MAX)
		return NULL;
	const struct rv_span copy = rv_arena_copy(&m->addresses, address);
	if (!copy.ptr)
		return NULL;
	m->resources[m->n_resources] = (struct rv_markup_resource){.address = copy, .base = base};
	m->by_hash[at] = ++m->n_resources;
	return &m->resources[m->n_resources - 1];
}

void rv_markup_address(struct rv_markup *m, struct rv_span address, struct rv_span base, struct rv_buf *out)
{
	if (rv_markup_starts(address, "data:")) {
		rv_markup_escape(address, true, out);
		return;
	}
	struct rv_markup_resource *r = address.len && address.len < 4096 ? resource_of(m, address, base) : NULL;
	if (r && r->data)
		rv_buf_add(out, r->data, r->data_len);
	else
		rv_buf_str(out, TRANSPARENT);
}

uint32_t rv_markup_host(const struct rv_markup *m, const struct rv_node *node)
{
	const struct rv_node *at = node;
	while (at && at->parent) {
		const struct rv_node *up = rv_mirror_slot(m->mirror, at->parent);
		if (up && up->kind == RV_NODE_SHADOW) {
			const struct rv_node *host = rv_mirror_slot(m->mirror, up->parent);
			return host ? host->id : 0;
		}
		at = up;
	}
	return 0;
}

bool rv_markup_xml_name(struct rv_span name)
{
	if (!name.len)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		const uint8_t c = name.ptr[i];
		const bool first = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		if (!first && (i == 0 || !((c >= '0' && c <= '9') || c == '-' || c == '.')))
			return false;
	}
	return true;
}

static bool is_dropped(const struct rv_node *node)
{
	static const char *const TAGS[] = {"script", "noscript", "template", "meta", "base", "title", "object", "embed"};
	if ((node->flags & RV_EL_NS_MASK) != RV_NS_HTML)
		return rv_markup_tag(node, "script");
	for (size_t i = 0; i < sizeof TAGS / sizeof *TAGS; i++)
		if (rv_markup_tag(node, TAGS[i]))
			return true;
	return false;
}

static const char *const NAMESPACES[] = {"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML", "http://www.w3.org/1999/xhtml"};

/* Opens an element: its tag and attributes are written; a frame for its children is pushed. */
static void element_open(struct rv_markup *m, const struct rv_node *node, uint32_t slot, const struct rv_markup_frame *parent)
{
	if (is_dropped(node))
		return;
	const uint8_t ns = node->flags & RV_EL_NS_MASK;
	if (ns == RV_NS_HTML && (rv_markup_tag(node, "style") || (rv_markup_tag(node, "link") && node->sheet))) {
		rv_markup_style_element(m, node);
		return;
	}
	if (ns == RV_NS_HTML && rv_markup_tag(node, "link"))
		return;
	const struct rv_markup_cull *cull = parent ? cull_of(m, node->id) : NULL;
	const struct rv_span tag = rv_markup_xml_name(node->name) ? node->name : rv_span_str("span");
	const struct rv_node_state *s = node->state;
	if (s && s->has_dialog && (s->dialog_flags & RV_DIALOG_OPEN) && (s->dialog_flags & RV_DIALOG_MODAL))
		rv_buf_str(m->out, "<div style=\"position:fixed;inset:0;background:rgba(0,0,0,.1);z-index:2147483646\"></div>");
	rv_buf_byte(m->out, '<');
	rv_buf_span(m->out, tag);
	if (!parent || parent->ns != ns) {
		rv_buf_str(m->out, " xmlns=\"");
		rv_buf_str(m->out, NAMESPACES[ns]);
		rv_buf_byte(m->out, '"');
	}
	rv_markup_attributes(m, node, parent, cull);
	const bool empty = cull || (node->flags & RV_EL_BLOCK) || rv_markup_tag(node, "iframe") || rv_markup_tag(node, "canvas") || rv_markup_tag(node, "video") || rv_markup_tag(node, "audio");
	char scratch[3 * BULLETS_MAX];
	const struct rv_span area = rv_markup_tag(node, "textarea") ? rv_markup_field(node, scratch) : (struct rv_span){NULL, 0};
	if (area.ptr && !empty) {
		rv_buf_byte(m->out, '>');
		rv_markup_escape(area, false, m->out);
		rv_buf_str(m->out, "</textarea>");
		return;
	}
	if (empty || m->depth >= DEPTH_MAX || (!node->first && !node->shadow && !(rv_markup_tag(node, "slot") && rv_markup_host(m, node)))) {
		rv_buf_str(m->out, "/>");
		return;
	}
	rv_buf_byte(m->out, '>');
	struct rv_markup_frame f = {.slot = slot, .child = node->first, .list = LIST_CHILDREN, .ns = ns};
	if (parent && s && s->has_scroll) {
		f.shift_x = s->scroll_x;
		f.shift_y = s->scroll_y;
	}
	if (node->shadow) {
		const struct rv_node *root = rv_mirror_slot(m->mirror, node->shadow);
		rv_markup_adopted(m, root, node->id);
		f.child = root->first;
	} else if (rv_markup_tag(node, "slot")) {
		/* what is assigned to the slot, or else its own children */
		const uint32_t host_id = rv_markup_host(m, node);
		const struct rv_node *host = host_id ? rv_mirror_find(m->mirror, host_id) : NULL;
		const struct rv_span name = rv_mirror_attribute(node, "name");
		for (uint32_t c = host ? host->first : 0; c; c = rv_mirror_slot(m->mirror, c)->next) {
			const struct rv_node *child = rv_mirror_slot(m->mirror, c);
			const struct rv_span wants = child->kind == RV_NODE_ELEMENT ? rv_mirror_attribute(child, "slot") : rv_span("", 0);
			if ((child->kind == RV_NODE_ELEMENT || child->kind == RV_NODE_TEXT) && wants.len == name.len && (!name.len || memcmp(wants.ptr, name.ptr, name.len) == 0)) {
				f.list = LIST_ASSIGNED;
				f.child = c;
				f.slot_name = name;
				break;
			}
		}
	}
	m->stack[m->depth++] = f;
}

static void walk(struct rv_markup *m, uint32_t root_slot)
{
	element_open(m, rv_mirror_slot(m->mirror, root_slot), root_slot, NULL);
	while (m->depth && rv_buf_status(m->out) == RV_OK) {
		struct rv_markup_frame *f = &m->stack[m->depth - 1];
		if (!f->child) {
			const struct rv_node *node = rv_mirror_slot(m->mirror, f->slot);
			if (m->depth == 1) { /* the root element: adopted sheets come after all others */
				const struct rv_node *doc = rv_mirror_document(m->mirror);
				rv_markup_adopted(m, doc, 0);
			}
			rv_buf_str(m->out, "</");
			rv_buf_span(m->out, rv_markup_xml_name(node->name) ? node->name : rv_span_str("span"));
			rv_buf_byte(m->out, '>');
			m->depth--;
			continue;
		}
		const uint32_t slot = f->child;
		const struct rv_node *child = rv_mirror_slot(m->mirror, slot);
		f->child = child->next;
		if (f->list == LIST_ASSIGNED) {
			const struct rv_span wants = child->kind == RV_NODE_ELEMENT ? rv_mirror_attribute(child, "slot") : rv_span("", 0);
			if (wants.len != f->slot_name.len || (wants.len && memcmp(wants.ptr, f->slot_name.ptr, wants.len) != 0))
				continue;
		}
		if (child->kind == RV_NODE_TEXT || child->kind == RV_NODE_CDATA)
			rv_markup_escape(child->text, false, m->out);
		else if (child->kind == RV_NODE_ELEMENT)
			element_open(m, child, slot, f);
	}
	m->depth = 0;
}

static void box_write(struct rv_markup *m, uint32_t width, uint32_t height)
{
	rv_buf_str(m->out, "width:");
	rv_buf_dec(m->out, width);
	rv_buf_str(m->out, "px;height:");
	rv_buf_dec(m->out, height);
	rv_buf_str(m->out, "px;");
}

static enum rv_status write_all(struct rv_markup *m, struct rv_buf *out)
{
	const struct rv_node *doc = rv_mirror_document(m->mirror);
	uint32_t root = doc ? doc->first : 0;
	while (root && rv_mirror_slot(m->mirror, root)->kind != RV_NODE_ELEMENT)
		root = rv_mirror_slot(m->mirror, root)->next;
	if (!root)
		return RV_NOT_FOUND;
	m->out = out;
	m->base = rv_mirror_epoch(m->mirror)->url;
	char size[64];
	struct rv_buf px;
	rv_buf_init(&px, sizeof size);
	rv_buf_str(&px, "width=\"");
	rv_buf_dec(&px, m->options.width);
	rv_buf_str(&px, "\" height=\"");
	rv_buf_dec(&px, m->options.height);
	rv_buf_byte(&px, '"');
	const struct rv_span wh = rv_buf_get(&px);
	rv_buf_str(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" ");
	rv_buf_span(out, wh);
	rv_buf_str(out, " style=\"");
	rv_markup_root_font(m);
	rv_buf_str(out, "margin:0!important;padding:0!important;border:0!important;background:none!important\"><foreignObject ");
	rv_buf_span(out, wh);
	rv_buf_str(out, "><div xmlns=\"http://www.w3.org/1999/xhtml\" style=\"");
	box_write(m, m->options.width, m->options.height);
	rv_buf_str(out, "background:");
	if (m->background.len)
		rv_markup_css_text(m, m->background, m->base, false, true);
	else
		rv_buf_str(out, "#fff");
	rv_buf_str(out, "\"><div style=\"");
	box_write(m, m->options.content_width, m->options.content_height);
	rv_buf_str(out, "position:relative;overflow:hidden\">");
	walk(m, root);
	/* nothing moves in the picture: what animates shows as it is when done */
	rv_buf_str(out, "<style>*,*::before,*::after{animation-duration:0s!important;animation-delay:0s!important;transition:none!important;caret-color:transparent!important;scroll-behavior:auto!important}</style></div></div></foreignObject></svg>");
	rv_buf_deinit(&px);
	return rv_buf_status(out);
}

enum rv_status rv_markup_resources(struct rv_markup *m, struct rv_buf *json_out)
{
	struct rv_buf text;
	rv_buf_init(&text, m->options.max_bytes);
	const enum rv_status status = write_all(m, &text);
	rv_buf_deinit(&text);
	if (status != RV_OK)
		return status;
	struct rv_json json;
	rv_json_init(&json, json_out);
	rv_json_open(&json, '[');
	for (uint32_t i = 0; i < m->n_resources; i++) {
		rv_json_open(&json, '[');
		rv_json_text(&json, m->resources[i].address);
		rv_json_text(&json, m->resources[i].base);
		rv_json_close(&json, ']');
	}
	rv_json_close(&json, ']');
	return rv_buf_status(json_out);
}

enum rv_status rv_markup_add(struct rv_markup *m, uint32_t index, struct rv_span data_url)
{
	if (index >= m->n_resources)
		return RV_NOT_FOUND;
	if (!rv_markup_starts(data_url, "data:"))
		return RV_BAD;
	struct rv_buf safe; /* a data: URL inside quotes, inside XML */
	rv_buf_init(&safe, m->options.max_bytes);
	rv_markup_escape(data_url, true, &safe);
	const enum rv_status status = rv_buf_status(&safe);
	if (status != RV_OK) {
		rv_buf_deinit(&safe);
		return status;
	}
	free(m->resources[index].data);
	m->resources[index].data = (char *)safe.ptr;
	m->resources[index].data_len = safe.len;
	return RV_OK;
}

enum rv_status rv_markup_write(struct rv_markup *m, struct rv_buf *svg_out)
{
	return write_all(m, svg_out);
}
