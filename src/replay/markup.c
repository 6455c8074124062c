#include "markup.h"
#include "arena.h"
#include "json.h"
#include "markup_css.h"
#include <stdlib.h>

/* An iterative walk: a stack of open elements, each knowing which list of children it is in.
 *
 *   frame  {slot, next child, how}      how: own children · the host's children assigned to a slot
 *
 * Pass one and pass two are the same walk; in pass one the text is thrown away and resources are
 * numbered in the order in which they are met. */

enum { DEPTH_MAX = 2048, RESOURCES_MAX = 1000, BULLETS_MAX = 200 };

struct resource { struct rv_span address, base; char *data; size_t data_len; };

enum list { LIST_CHILDREN, LIST_ASSIGNED };

struct frame {
	uint32_t slot;      /* the element whose end tag closes this frame */
	uint32_t child;     /* next child to write, a mirror slot */
	uint32_t host;      /* LIST_ASSIGNED: whose children */
	struct rv_span slot_name;
	enum list list;
	int32_t shift_x, shift_y; /* scroll offset that the children are moved by */
	uint8_t ns;
	bool no_end;        /* written as something without an end tag of its own */
};

struct rv_markup {
	const struct rv_mirror *mirror;
	struct rv_markup_options options;
	struct rv_markup_cull *cull; /* open addressing by node id, 0 free */
	uint32_t cull_cap;
	struct resource *resources;
	uint32_t n_resources;
	uint32_t *by_hash;           /* open addressing: resource index + 1 */
	struct frame *stack;
	uint32_t depth;
	struct rv_span background;
	char *background_copy;
	struct rv_buf *out;
	struct rv_arena addresses;
	struct rv_buf css;           /* scratch: the text of one rule */
	struct rv_span base;         /* of the document */
};

enum { BY_HASH = 4096 };
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

static struct resource *resource_of(struct rv_markup *m, struct rv_span address, struct rv_span base)
{
	uint32_t at = mix(base, mix(address, 2166136261u)) & (BY_HASH - 1);
	for (; m->by_hash[at]; at = (at + 1) & (BY_HASH - 1)) {
		struct resource *r = &m->resources[m->by_hash[at] - 1];
		if (rv_span_eq(r->address, address) && rv_span_eq(r->base, base))
			return r;
	}
	if (m->n_resources >= RESOURCES_MAX)
		return NULL;
	const struct rv_span copy = rv_arena_copy(&m->addresses, address);
	if (!copy.ptr)
		return NULL;
	m->resources[m->n_resources] = (struct resource){.address = copy, .base = base};
	m->by_hash[at] = ++m->n_resources;
	return &m->resources[m->n_resources - 1];
}

static bool starts(struct rv_span text, const char *with)
{
	const size_t len = strlen(with);
	return text.len >= len && memcmp(text.ptr, with, len) == 0;
}

/* Writes the data: URL that stands for an address. */
static void address_write(struct rv_markup *m, struct rv_span address, struct rv_span base, struct rv_buf *out)
{
	if (starts(address, "data:")) {
		rv_markup_escape(address, true, out);
		return;
	}
	struct resource *r = address.len && address.len < 4096 ? resource_of(m, address, base) : NULL;
	if (r && r->data)
		rv_buf_add(out, r->data, r->data_len);
	else
		rv_buf_str(out, TRANSPARENT);
}

static void css_url(void *user, struct rv_span address, struct rv_span base, struct rv_buf *out)
{
	address_write(user, address, base, out);
}

static void css_write(struct rv_markup *m, struct rv_span text, struct rv_span base, bool shadow, bool attribute)
{
	const struct rv_markup_css css = {.base = base, .shadow = shadow, .attribute = attribute, .url = css_url, .user = m};
	rv_markup_css_write(&css, text, m->out);
}

/* ---- style text ---- */

static void rule_write(struct rv_markup *m, const struct rv_sheet *sheet, struct rv_span base, bool shadow)
{
	/* a rule whose nested rules changed is put together by the mirror first */
	for (uint32_t i = 0; i < sheet->n_rules; i++) {
		if (sheet->rules[i].n_rules || !sheet->rules[i].text.ptr) {
			rv_buf_clear(&m->css);
			const struct rv_sheet one = {.rules = &sheet->rules[i], .n_rules = 1};
			rv_mirror_sheet_text(m->mirror, &one, &m->css);
			css_write(m, rv_buf_get(&m->css), base, shadow, false);
		} else
			css_write(m, sheet->rules[i].text, base, shadow, false);
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

static void adopted_write(struct rv_markup *m, const struct rv_node *root, uint32_t shadow_host)
{
	for (uint32_t i = 0; i < root->n_adopted; i++) {
		const struct rv_sheet *sheet = rv_mirror_sheet(m->mirror, root->adopted[i]);
		if (sheet)
			sheet_write(m, sheet, shadow_host);
	}
}

/* The id of the host of the shadow tree a node is in, 0 in the document. */
static uint32_t host_of(const struct rv_markup *m, const struct rv_node *node)
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

static void style_element_write(struct rv_markup *m, const struct rv_node *node)
{
	const struct rv_sheet *sheet = node->sheet ? rv_mirror_sheet(m->mirror, node->sheet) : NULL;
	const uint32_t host = host_of(m, node);
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
			css_write(m, text->text, m->base, host != 0, false);
	}
	rv_buf_str(m->out, host ? "}</style>" : "</style>");
}

/* ---- elements ---- */

static bool xml_name(struct rv_span name)
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

static bool tag_is(const struct rv_node *node, const char *tag)
{
	return rv_span_is(node->name, tag);
}

static void attribute_write(struct rv_markup *m, const char *name, struct rv_span value)
{
	rv_buf_byte(m->out, ' ');
	rv_buf_str(m->out, name);
	rv_buf_str(m->out, "=\"");
	rv_markup_escape(value, true, m->out);
	rv_buf_byte(m->out, '"');
}

static void px_write(struct rv_markup *m, const char *property, int64_t value)
{
	rv_buf_str(m->out, property);
	rv_buf_byte(m->out, ':');
	if (value < 0) {
		rv_buf_byte(m->out, '-');
		value = -value;
	}
	rv_buf_dec(m->out, (uint64_t)value);
	rv_buf_str(m->out, "px!important;");
}

static void root_font_write(struct rv_markup *m)
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
	if (s && s->has_input && (rv_span_is(name, "checked") || rv_span_is(name, "selected") || (rv_span_is(name, "value") && (tag_is(node, "input")))))
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

/* The text a field shows; ptr NULL when the record has none. */
static struct rv_span field_text(const struct rv_node *node, char scratch[3 * BULLETS_MAX])
{
	const struct rv_node_state *s = node->state;
	if (!s || !s->has_input || !(s->input_flags & RV_INPUT_VALUE))
		return (struct rv_span){NULL, 0};
	if (s->input_flags & RV_INPUT_MASKED)
		return bullets(s->input_len, scratch);
	return s->input_value.ptr ? s->input_value : rv_span("", 0);
}

/* style="": the element's own text, then what the picture needs. */
static void style_write(struct rv_markup *m, const struct rv_node *node, const struct frame *parent, const struct rv_markup_cull *cull)
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
	css_write(m, own, m->base, false, true);
	if (own.len)
		rv_buf_byte(m->out, ';');
	if (root) {
		const struct rv_node *doc = rv_mirror_document(m->mirror);
		const bool scrolled = doc && doc->state && doc->state->has_scroll;
		root_font_write(m);
		rv_buf_str(m->out, "background:none!important;position:relative!important;min-height:100%!important;");
		px_write(m, "margin-top", scrolled ? -(int64_t)doc->state->scroll_y : 0);
		px_write(m, "margin-left", scrolled ? -(int64_t)doc->state->scroll_x : 0);
		rv_buf_str(m->out, "overflow:visible!important;");
	}
	if (cull || sized) {
		px_write(m, "width", cull ? cull->width : s->width);
		px_write(m, "height", cull ? cull->height : s->height);
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
	address_write(m, address, m->base, m->out);
	rv_buf_byte(m->out, '"');
}

static void image_write(struct rv_markup *m, const struct rv_node *node)
{
	if (tag_is(node, "img") || (tag_is(node, "input") && rv_span_is(rv_mirror_attribute(node, "type"), "image"))) {
		struct rv_span src = rv_mirror_attribute(node, "src");
		if (!src.len)
			src = srcset_first(rv_mirror_attribute(node, "srcset"));
		if (src.len)
			resource_attribute(m, "src", src);
	}
}

static void attributes_write(struct rv_markup *m, const struct rv_node *node)
{
	const uint8_t ns = node->flags & RV_EL_NS_MASK;
	const bool svg_image = ns == RV_NS_SVG && (tag_is(node, "image") || tag_is(node, "feImage"));
	for (uint32_t i = 0; i < node->n_attributes; i++) {
		const struct rv_attribute *a = &node->attributes[i];
		if (attribute_skipped(node, a->name))
			continue;
		const bool xlink = rv_span_is(a->name, "xlink:href");
		if (svg_image && (xlink || rv_span_is(a->name, "href"))) {
			resource_attribute(m, "href", a->value);
			continue;
		}
		if (!xlink && !xml_name(a->name) && !rv_span_is(a->name, "xml:lang") && !rv_span_is(a->name, "xml:space"))
			continue;
		if (starts(a->value, "javascript:"))
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
		const struct rv_span value = field_text(node, scratch);
		if (value.ptr && tag_is(node, "input"))
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
}

static bool is_dropped(const struct rv_node *node)
{
	static const char *const TAGS[] = {"script", "noscript", "template", "meta", "base", "title", "object", "embed"};
	if ((node->flags & RV_EL_NS_MASK) != RV_NS_HTML)
		return tag_is(node, "script");
	for (size_t i = 0; i < sizeof TAGS / sizeof *TAGS; i++)
		if (tag_is(node, TAGS[i]))
			return true;
	return false;
}

static const char *const NAMESPACES[] = {"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML", "http://www.w3.org/1999/xhtml"};

/* Opens an element: its tag and attributes are written; a frame for its children is pushed. */
static void element_open(struct rv_markup *m, const struct rv_node *node, uint32_t slot, const struct frame *parent)
{
	if (is_dropped(node))
		return;
	const uint8_t ns = node->flags & RV_EL_NS_MASK;
	if (ns == RV_NS_HTML && (tag_is(node, "style") || (tag_is(node, "link") && node->sheet))) {
		style_element_write(m, node);
		return;
	}
	if (ns == RV_NS_HTML && tag_is(node, "link"))
		return;
	const struct rv_markup_cull *cull = parent ? cull_of(m, node->id) : NULL;
	const struct rv_span tag = xml_name(node->name) ? node->name : rv_span_str("span");
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
	attributes_write(m, node);
	style_write(m, node, parent, cull);
	const bool empty = cull || (node->flags & RV_EL_BLOCK) || tag_is(node, "iframe") || tag_is(node, "canvas") || tag_is(node, "video") || tag_is(node, "audio");
	char scratch[3 * BULLETS_MAX];
	const struct rv_span area = tag_is(node, "textarea") ? field_text(node, scratch) : (struct rv_span){NULL, 0};
	if (area.ptr && !empty) {
		rv_buf_byte(m->out, '>');
		rv_markup_escape(area, false, m->out);
		rv_buf_str(m->out, "</textarea>");
		return;
	}
	if (empty || m->depth >= DEPTH_MAX || (!node->first && !node->shadow && !(tag_is(node, "slot") && host_of(m, node)))) {
		rv_buf_str(m->out, "/>");
		return;
	}
	rv_buf_byte(m->out, '>');
	struct frame f = {.slot = slot, .child = node->first, .list = LIST_CHILDREN, .ns = ns};
	if (parent && s && s->has_scroll) {
		f.shift_x = s->scroll_x;
		f.shift_y = s->scroll_y;
	}
	if (node->shadow) {
		const struct rv_node *root = rv_mirror_slot(m->mirror, node->shadow);
		adopted_write(m, root, node->id);
		f.child = root->first;
	} else if (tag_is(node, "slot")) {
		/* what is assigned to the slot, or else its own children */
		const uint32_t host_id = host_of(m, node);
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
		struct frame *f = &m->stack[m->depth - 1];
		if (!f->child) {
			const struct rv_node *node = rv_mirror_slot(m->mirror, f->slot);
			if (m->depth == 1) { /* the root element: adopted sheets come after all others */
				const struct rv_node *doc = rv_mirror_document(m->mirror);
				adopted_write(m, doc, 0);
			}
			rv_buf_str(m->out, "</");
			rv_buf_span(m->out, xml_name(node->name) ? node->name : rv_span_str("span"));
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
	root_font_write(m);
	rv_buf_str(out, "margin:0!important;padding:0!important;border:0!important;background:none!important\"><foreignObject ");
	rv_buf_span(out, wh);
	rv_buf_str(out, "><div xmlns=\"http://www.w3.org/1999/xhtml\" style=\"position:relative;overflow:hidden;width:");
	rv_buf_dec(out, m->options.width);
	rv_buf_str(out, "px;height:");
	rv_buf_dec(out, m->options.height);
	rv_buf_str(out, "px;background:");
	if (m->background.len)
		css_write(m, m->background, m->base, false, true);
	else
		rv_buf_str(out, "#fff");
	rv_buf_str(out, "\">");
	walk(m, root);
	/* nothing moves in the picture: what animates shows as it is when done */
	rv_buf_str(out, "<style>*,*::before,*::after{animation-duration:0s!important;animation-delay:0s!important;transition:none!important;caret-color:transparent!important;scroll-behavior:auto!important}</style></div></foreignObject></svg>");
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
	if (!starts(data_url, "data:"))
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
