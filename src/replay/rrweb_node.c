#include "rrweb_priv.h"

/* rrweb's node types: 0 document, 1 doctype, 2 element, 3 text, 5 comment. A CDATA section is written
 * as text (HTML documents cannot make one), a processing instruction as a comment. Names that a
 * browser would refuse to create are replaced: one throw and the whole snapshot is lost. */

static bool is_lower(uint8_t byte) { return byte >= 'a' && byte <= 'z'; }
static bool is_letter(uint8_t byte) { return is_lower(byte | 32); }

static bool is_name(struct rv_span name, bool colon)
{
	for (size_t i = 0; i < name.len; i++) {
		uint8_t byte = name.ptr[i];
		if (!is_letter(byte) && !(i && ((byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == '.' || (byte == ':' && colon))))
			return false;
	}
	return name.len > 0;
}

bool rv_rrweb_is_custom(struct rv_span name)
{
	static const char *const taken[] = {"annotation-xml", "color-profile", "font-face", "font-face-src", "font-face-uri", "font-face-format", "font-face-name", "missing-glyph"};
	bool dash = false;
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] >= 'A' && name.ptr[i] <= 'Z')
			return false;
		dash |= name.ptr[i] == '-';
	}
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		if (rv_span_is(name, taken[i]))
			return false;
	return dash && is_name(name, false) && is_lower(name.ptr[0]);
}

/* The elements on which attachShadow does not throw. */
static bool can_host(const struct rv_node *node)
{
	static const char *const hosts[] = {"article", "aside", "blockquote", "body", "div", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "main", "nav", "p", "section", "span"};
	if (node->flags & RV_EL_NS_MASK)
		return false;
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
		if (rv_span_is(node->name, hosts[i]))
			return true;
	return rv_rrweb_is_custom(node->name);
}

bool rv_rrweb_open(const struct rv_rrweb *ex, const struct rv_node *node)
{
	if (node->kind == RV_NODE_SHADOW) {
		const struct rv_node *host = rv_at(ex, node->parent);
		return !(host->flags & RV_EL_BLOCK) && can_host(host);
	}
	if (node->kind == RV_NODE_DOCUMENT)
		return true;
	if (node->kind != RV_NODE_ELEMENT || node->flags & RV_EL_BLOCK)
		return false;
	enum rv_tag tag = rv_rrweb_tag(node);
	return tag != RV_TAG_TEXTAREA && tag != RV_TAG_IFRAME;
}

bool rv_rrweb_holds(const struct rv_rrweb *ex, uint32_t parent_slot)
{
	const struct rv_node *parent = rv_at(ex, parent_slot);
	const struct rv_node *known = parent->kind == RV_NODE_SHADOW ? rv_at(ex, parent->parent) : parent;
	return known->mark & RV_IN && rv_rrweb_open(ex, parent);
}

/* The Replayer needs an html element at the top; any other root it cannot show. */
bool rv_rrweb_shown(const struct rv_rrweb *ex, uint32_t slot)
{
	const struct rv_node *node = rv_at(ex, slot);
	return node->parent != ex->m->top || node->kind != RV_NODE_ELEMENT || (rv_span_is(node->name, "html") && !(node->flags & RV_EL_NS_MASK));
}

static uint32_t shown(const struct rv_rrweb *ex, uint32_t slot)
{
	while (slot && !rv_rrweb_shown(ex, slot))
		slot = rv_at(ex, slot)->next;
	return slot;
}

/* The first child to write: shadow tree first, then the node's own. */
static uint32_t first_child(const struct rv_rrweb *ex, const struct rv_node *node)
{
	if (!rv_rrweb_open(ex, node))
		return 0;
	if (node->kind == RV_NODE_ELEMENT && node->shadow && rv_at(ex, node->shadow)->first && rv_rrweb_open(ex, rv_at(ex, node->shadow)))
		return rv_at(ex, node->shadow)->first;
	return shown(ex, node->first);
}

/* What follows among the children of the node that is written round it; *parent becomes that node. */
static uint32_t next_child(const struct rv_rrweb *ex, uint32_t slot, uint32_t *parent)
{
	const struct rv_node *node = rv_at(ex, slot);
	uint32_t next = shown(ex, node->next);
	*parent = node->parent;
	if (rv_at(ex, *parent)->kind != RV_NODE_SHADOW)
		return next;
	*parent = rv_at(ex, *parent)->parent;
	return next ? next : rv_at(ex, *parent)->first;
}

/* ---- where a node is ---- */

/* <base href> of a document: in its head, the first that has one. */
static struct rv_span find_base(const struct rv_rrweb *ex, const struct rv_node *document)
{
	uint32_t head = document->frame ? rv_at(ex, document->frame)->first : 0;
	while (head && !rv_span_is(rv_at(ex, head)->name, "head"))
		head = rv_at(ex, head)->next;
	for (uint32_t slot = head ? rv_at(ex, head)->first : 0; slot; slot = rv_at(ex, slot)->next)
		if (rv_span_is(rv_at(ex, slot)->name, "base") && rv_mirror_attribute(rv_at(ex, slot), "href").len)
			return rv_mirror_attribute(rv_at(ex, slot), "href");
	return rv_span(NULL, 0);
}

static bool is_about(struct rv_span url)
{
	return !url.len || (url.len > 5 && memcmp(url.ptr, "about:", 6) == 0);
}

/* The address that the document came from: what it has loaded stays where it was when the page
 * changes its address. */
static struct rv_span url_of(const struct rv_rrweb *ex, const struct rv_node *document)
{
	return document->parent || document->text.len ? document->text : ex->m->epoch.url;
}

/* about:blank and about:srcdoc take their parent's base. */
static void find_document_base(struct rv_rrweb *ex, uint32_t slot)
{
	const struct rv_node *document = rv_at(ex, slot);
	struct rv_span href = find_base(ex, document), url = url_of(ex, document);
	uint32_t depth = 0;
	while (is_about(url) && document->parent && depth++ < RV_OUT_DEPTH_MAX) {
		const struct rv_node *up = rv_at(ex, document->parent);
		while (up->kind != RV_NODE_DOCUMENT && up->parent && depth++ < RV_OUT_DEPTH_MAX)
			up = rv_at(ex, up->parent);
		if (up->kind != RV_NODE_DOCUMENT)
			break;
		document = up;
		url = url_of(ex, document);
	}
	rv_rrweb_clear(ex, &ex->base);
	if (href.len)
		rv_url_resolve(url, href, &ex->base);
	else
		rv_buf_span(&ex->base, url);
	ex->base_slot = slot;
}

bool rv_rrweb_locate(struct rv_rrweb *ex, uint32_t slot, uint32_t *depth)
{
	*depth = 0;
	while (rv_at(ex, slot)->kind != RV_NODE_DOCUMENT) {
		slot = rv_at(ex, slot)->parent;
		if (!slot || ++*depth >= RV_OUT_DEPTH_MAX)
			return false;
	}
	ex->root_id = slot == ex->m->top ? 0 : rv_at(ex, slot)->id;
	if (ex->base_slot != slot)
		find_document_base(ex, slot);
	return true;
}

/* ---- writing ---- */

void rv_rrweb_text(struct rv_rrweb *ex, const struct rv_node *node, struct rv_json *json)
{
	const struct rv_node *parent = rv_at(ex, node->parent);
	enum rv_tag tag = node->kind == RV_NODE_TEXT || node->kind == RV_NODE_CDATA ? rv_rrweb_tag(parent) : RV_TAG_OTHER;
	if (tag == RV_TAG_SCRIPT) {
		rv_json_cstr(json, "SCRIPT_PLACEHOLDER");
	} else if (tag == RV_TAG_STYLE && rv_rrweb_sheet(ex, parent)) {
		rv_json_cstr(json, ""); /* _cssText has it */
	} else if (tag == RV_TAG_STYLE) {
		rv_rrweb_clear(ex, &ex->scratch);
		rv_rrweb_css(ex, NULL, node->text, &ex->scratch);
		rv_json_text(json, rv_buf_get(&ex->scratch));
	} else {
		rv_json_text(json, node->text);
	}
}

static void write_element(struct rv_rrweb *ex, const struct rv_node *node, struct rv_json *json)
{
	uint32_t space = node->flags & RV_EL_NS_MASK;
	bool host = node->shadow && rv_rrweb_open(ex, rv_at(ex, node->shadow));
	rv_json_key(json, "tagName");
	if (space == RV_NS_HTML && (rv_span_is(node->name, "frame") || rv_span_is(node->name, "frameset")))
		rv_json_cstr(json, node->name.len > 5 ? "div" : "iframe"); /* it attaches documents to these alone */
	else if (is_name(node->name, space != RV_NS_SVG))
		rv_json_text(json, node->name);
	else
		rv_json_cstr(json, space == RV_NS_SVG ? "g" : "div");
	rv_json_key(json, "attributes");
	rv_rrweb_attributes(ex, node, json);
	if (space == RV_NS_SVG) {
		rv_json_key(json, "isSVG");
		rv_json_bool(json, true);
	}
	if (space == RV_NS_MATHML) {
		rv_json_key(json, "isMathML");
		rv_json_bool(json, true);
	}
	if (host) {
		rv_json_key(json, "isShadowHost");
		rv_json_bool(json, true);
	}
	if (node->flags & RV_EL_CUSTOM && space == RV_NS_HTML && rv_rrweb_is_custom(node->name)) {
		rv_json_key(json, "isCustom");
		rv_json_bool(json, true);
	}
	uint8_t mark = RV_IN | (host ? RV_ROOTED : 0) | (rv_rrweb_sheet(ex, node) && !(node->flags & RV_EL_BLOCK) ? RV_STYLED : 0);
	rv_mirror_mark(ex->m, rv_mirror_slot_of(ex->m, node), mark);
	if (node->frame && rv_rrweb_tag(node) == RV_TAG_IFRAME && !(node->flags & RV_EL_BLOCK))
		rv_rrweb_push(ex, &ex->frames, rv_at(ex, node->frame)->id);
	if (host && rv_at(ex, node->shadow)->n_adopted)
		rv_rrweb_push(ex, &ex->adopt, rv_at(ex, node->shadow)->id);
	if (node->state || (host && rv_at(ex, node->shadow)->flags))
		rv_rrweb_push(ex, &ex->after, node->id);
}

static void write_document(struct rv_rrweb *ex, const struct rv_node *node, struct rv_json *json)
{
	/* The Replayer does not build a document again that looks as it did: then compatMode is spelled out. */
	bool again = node->mark & RV_AGAIN;
	if (again || (node->flags & RV_DOC_QUIRKS && first_child(ex, node))) {
		rv_json_key(json, "compatMode");
		rv_json_cstr(json, node->flags & RV_DOC_QUIRKS && first_child(ex, node) ? "BackCompat" : "CSS1Compat");
	}
	rv_mirror_mark(ex->m, rv_mirror_slot_of(ex->m, node), (uint8_t)(RV_IN | (again ? 0 : RV_AGAIN)));
	if (node->n_adopted)
		rv_rrweb_push(ex, &ex->adopt, node->id);
	if (node->state)
		rv_rrweb_push(ex, &ex->after, node->id);
}

static void reselect(struct rv_rrweb *ex, uint32_t id)
{
	for (uint32_t i = 0; i < ex->m->n_ranges && !ex->reselect; i++)
		ex->reselect = ex->m->ranges[i].start == id || ex->m->ranges[i].end == id;
}

static bool has_children(const struct rv_node *node) { return node->kind == RV_NODE_ELEMENT || node->kind == RV_NODE_DOCUMENT; }

/* Everything of a node but what follows childNodes:[ , and marks it as known. */
static void write_head(struct rv_rrweb *ex, const struct rv_node *node, struct rv_json *json)
{
	static const uint8_t types[] = {[RV_NODE_ELEMENT] = 2, [RV_NODE_TEXT] = 3, [RV_NODE_CDATA] = 3, [RV_NODE_PI] = 5, [RV_NODE_COMMENT] = 5, [RV_NODE_DOCUMENT] = 0, [RV_NODE_DOCTYPE] = 1};
	reselect(ex, node->id);
	rv_json_open(json, '{');
	rv_json_key(json, "type");
	rv_json_int(json, types[node->kind]);
	rv_json_key(json, "id");
	rv_json_int(json, node->id);
	if (ex->root_id && node->kind != RV_NODE_DOCUMENT) {
		rv_json_key(json, "rootId");
		rv_json_int(json, ex->root_id);
	}
	if (node->kind != RV_NODE_DOCUMENT && rv_at(ex, node->parent)->kind == RV_NODE_SHADOW) {
		rv_json_key(json, "isShadow");
		rv_json_bool(json, true);
	}
	if (node->kind == RV_NODE_ELEMENT) {
		write_element(ex, node, json);
	} else if (node->kind == RV_NODE_DOCUMENT) {
		write_document(ex, node, json);
	} else {
		if (node->kind == RV_NODE_DOCTYPE) {
			rv_json_key(json, "name");
			rv_json_text(json, is_name(node->name, false) ? node->name : rv_span_str("html"));
			rv_json_key(json, "publicId");
			rv_json_text(json, node->text);
			rv_json_key(json, "systemId");
			rv_json_text(json, node->extra);
		} else {
			rv_json_key(json, "textContent");
			rv_rrweb_text(ex, node, json);
		}
		rv_mirror_mark(ex->m, rv_mirror_slot_of(ex->m, node), RV_IN);
	}
	if (has_children(node))
		rv_buf_str(&ex->out, ",\"childNodes\":[");
}

static void write_tail(struct rv_rrweb *ex, const struct rv_node *node)
{
	rv_buf_str(&ex->out, has_children(node) ? "]}" : "}");
}

void rv_rrweb_adds(struct rv_rrweb *ex, uint32_t root, uint32_t depth, struct rv_json *json)
{
	for (uint32_t slot = root; !ex->failed;) {
		const struct rv_node *node = rv_at(ex, slot), *parent = rv_at(ex, node->parent);
		uint32_t next = slot == root ? shown(ex, node->next) : 0, around;
		rv_json_open(json, '{');
		rv_json_key(json, "parentId");
		rv_json_int(json, parent->kind == RV_NODE_SHADOW ? rv_at(ex, parent->parent)->id : parent->id);
		rv_json_key(json, "nextId");
		if (next)
			rv_json_int(json, rv_at(ex, next)->id);
		else
			rv_json_null(json);
		rv_json_key(json, "node");
		rv_json_raw(json, rv_span("", 0));
		struct rv_json inner;
		rv_json_init(&inner, &ex->out);
		write_head(ex, node, &inner);
		write_tail(ex, node);
		rv_json_close(json, '}');
		rv_rrweb_flush(ex, 64 << 10);
		uint32_t down = depth < RV_OUT_DEPTH_MAX ? first_child(ex, node) : 0;
		if (down) {
			depth++;
			slot = down;
			continue;
		}
		while (slot != root) {
			down = next_child(ex, slot, &around);
			if (down)
				break;
			depth--;
			slot = around;
		}
		if (slot == root)
			return;
		slot = down;
	}
}

/* A top document without an html element to show gets an empty one, under an id that nothing has. */
static void write_stand_in(struct rv_rrweb *ex, const struct rv_node *document)
{
	uint32_t id = UINT32_MAX;
	if (document->frame && rv_rrweb_shown(ex, document->frame))
		return;
	while (rv_mirror_find(ex->m, id))
		id--;
	rv_buf_str(&ex->out, first_child(ex, document) ? ",{\"type\":2,\"id\":" : "{\"type\":2,\"id\":");
	rv_buf_dec(&ex->out, id);
	rv_buf_str(&ex->out, ",\"tagName\":\"html\",\"attributes\":{},\"childNodes\":[]}");
}

/* When the Replayer builds a document it puts the body behind its siblings: what follows it comes later. */
static bool is_last_in_document(const struct rv_rrweb *ex, uint32_t slot)
{
	const struct rv_node *parent = rv_at(ex, rv_at(ex, slot)->parent);
	return rv_span_is(rv_at(ex, slot)->name, "body") && parent->kind == RV_NODE_ELEMENT && rv_at(ex, parent->parent)->kind == RV_NODE_DOCUMENT;
}

void rv_rrweb_tree(struct rv_rrweb *ex, uint32_t root, uint32_t depth)
{
	for (uint32_t slot = root; !ex->failed;) {
		struct rv_json json;
		rv_json_init(&json, &ex->out);
		write_head(ex, rv_at(ex, slot), &json);
		rv_rrweb_flush(ex, 64 << 10);
		uint32_t down = depth < RV_OUT_DEPTH_MAX ? first_child(ex, rv_at(ex, slot)) : 0, around;
		if (down) {
			depth++;
			slot = down;
			continue;
		}
		for (;;) {
			if (slot == root && ex->full)
				write_stand_in(ex, rv_at(ex, root));
			write_tail(ex, rv_at(ex, slot));
			if (slot == root)
				return;
			down = next_child(ex, slot, &around);
			if (down && is_last_in_document(ex, slot)) {
				rv_rrweb_defer(ex, down);
				down = 0;
			}
			if (down)
				break;
			depth--;
			slot = around;
		}
		rv_buf_byte(&ex->out, ',');
		slot = down;
	}
}
