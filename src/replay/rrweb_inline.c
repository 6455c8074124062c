#include "rrweb_priv.h"

/* What elements carry so that the Replayer shows what it has no word for: the style attribute with
 * what else holds over it, attributes in place of pseudo-classes, named slots in place of assigned ones. */

static const struct rv_node_state *state_of(const struct rv_node *node)
{
	static const struct rv_node_state none;
	return node->state ? node->state : &none;
}

/* ---- MathML and frame sets, which are HTML elements there ---- */

static const struct { const char *name, *style; } math_styles[] = {
	{"math", "display:inline-block;font-family:math,\"Cambria Math\",\"Latin Modern Math\",serif"},
	{"mfrac", "display:inline-flex;flex-direction:column;vertical-align:middle;text-align:center"},
	{"msqrt", "display:inline-block;border-top:1px solid;border-left:1px solid;padding:0 .15em 0 .25em"},
	{"mroot", "display:inline-flex;flex-direction:row-reverse;align-items:flex-start"},
	{"munder", "display:inline-flex;flex-direction:column;vertical-align:middle;text-align:center"},
	{"mover", "display:inline-flex;flex-direction:column;vertical-align:middle;text-align:center"},
	{"munderover", "display:inline-flex;flex-direction:column;vertical-align:middle;text-align:center"},
	{"mtable", "display:inline-table;vertical-align:middle;border-spacing:.4em .2em"},
	{"mtr", "display:table-row"},
	{"mtd", "display:table-cell;text-align:center"},
	{"mphantom", "visibility:hidden"},
	{"annotation", "display:none"},
	{"annotation-xml", "display:none"},
	{"mprescripts", "display:none"},
};
/* By what the parent is and where the child stands in it. */
static const struct { const char *parent; int place; const char *style; } script_styles[] = {
	{"mfrac", 0, "border-bottom:1px solid"}, {"msub", 1, "vertical-align:sub;font-size:.71em"}, {"msup", 1, "vertical-align:super;font-size:.71em"},
	{"msubsup", 1, "vertical-align:sub;font-size:.71em"}, {"msubsup", 2, "vertical-align:super;font-size:.71em"},
	{"mroot", 0, "border-top:1px solid;border-left:1px solid;padding:0 .15em 0 .25em"}, {"mroot", 1, "font-size:.6em"},
	{"munder", 1, "font-size:.71em"}, {"mover", 1, "order:-1;font-size:.71em"}, {"munderover", 1, "font-size:.71em"}, {"munderover", 2, "order:-1;font-size:.71em"},
};

static void add(struct rv_rrweb *ex, const char *style)
{
	if (ex->scratch.len && ex->scratch.ptr[ex->scratch.len - 1] != ';')
		rv_buf_byte(&ex->scratch, ';');
	rv_buf_str(&ex->scratch, style);
}

/* How many elements stand before this one; 3 and more are 3. */
static int place_of(const struct rv_rrweb *ex, const struct rv_node *node)
{
	int place = 0, steps = 12;
	for (uint32_t slot = node->prev; slot && place < 3 && steps--; slot = rv_at(ex, slot)->prev)
		place += rv_at(ex, slot)->kind == RV_NODE_ELEMENT;
	return place;
}

static void add_math(struct rv_rrweb *ex, const struct rv_node *node)
{
	const struct rv_node *parent = rv_at(ex, node->parent);
	const struct rv_node *text = node->first ? rv_at(ex, node->first) : NULL;
	int place = place_of(ex, node);
	for (size_t i = 0; i < sizeof math_styles / sizeof *math_styles; i++)
		if (rv_span_is(node->name, math_styles[i].name))
			add(ex, math_styles[i].style);
	for (size_t i = 0; i < sizeof script_styles / sizeof *script_styles; i++)
		if (place == script_styles[i].place && rv_span_is(parent->name, script_styles[i].parent))
			add(ex, script_styles[i].style);
	if (rv_span_is(node->name, "math") && rv_span_is(rv_mirror_attribute(node, "display"), "block"))
		add(ex, "display:block;text-align:center");
	if (!text || text->kind != RV_NODE_TEXT || !text->text.len)
		return;
	if (rv_span_is(node->name, "mi") && (text->text.len == 1 || (text->text.ptr[0] >= 0xc0 && text->text.len < 5)))
		add(ex, "font-style:italic");
	if (rv_span_is(node->name, "mo") && !(text->text.len == 1 && strchr("()[]{}|,.;:!'", text->text.ptr[0])))
		add(ex, "margin:0 .22em");
}

/* rows or cols of a frame set as tracks of a grid. */
static void add_tracks(struct rv_rrweb *ex, const char *property, struct rv_span list)
{
	uint32_t n = 0;
	add(ex, property);
	for (size_t at = 0; at < list.len && n < 64; n++) {
		uint32_t number = 0, digits = 0;
		while (at < list.len && (list.ptr[at] == ' ' || list.ptr[at] == '\n' || list.ptr[at] == '\t'))
			at++;
		for (; at < list.len && list.ptr[at] >= '0' && list.ptr[at] <= '9'; at++, digits++)
			number = number < 100000 ? number * 10 + (list.ptr[at] - '0') : number;
		const char *unit = at < list.len && list.ptr[at] == '%' ? "%" : digits && !(at < list.len && list.ptr[at] == '*') ? "px" : "fr";
		rv_buf_byte(&ex->scratch, ' ');
		rv_buf_dec(&ex->scratch, digits ? number : 1);
		rv_buf_str(&ex->scratch, unit);
		while (at < list.len && list.ptr[at++] != ',')
			;
	}
	if (!n)
		rv_buf_str(&ex->scratch, " 1fr");
}

static bool is_frameset(const struct rv_node *node) { return !(node->flags & RV_EL_NS_MASK) && rv_span_is(node->name, "frameset"); }
static bool is_frame(const struct rv_node *node) { return !(node->flags & RV_EL_NS_MASK) && rv_span_is(node->name, "frame"); }

static void add_look(struct rv_rrweb *ex, const struct rv_node *node)
{
	if ((node->flags & RV_EL_NS_MASK) == RV_NS_MATHML)
		add_math(ex, node);
	if (is_frameset(node)) {
		add(ex, is_frameset(rv_at(ex, node->parent)) ? "width:100%;height:100%;display:grid" : "position:fixed;inset:0;display:grid");
		add_tracks(ex, "grid-template-rows:", rv_mirror_attribute(node, "rows"));
		add_tracks(ex, "grid-template-columns:", rv_mirror_attribute(node, "cols"));
	}
	if (is_frame(node))
		add(ex, rv_span_is(rv_mirror_attribute(node, "frameborder"), "0") || rv_span_is(rv_mirror_attribute(rv_at(ex, node->parent), "frameborder"), "0") ? "width:100%;height:100%;border:0" : "width:100%;height:100%;box-sizing:border-box;border:1px inset");
}

/* ---- the style attribute ---- */

static bool is_popped(const struct rv_node *node)
{
	return (state_of(node)->dialog_flags & (RV_DIALOG_POPOVER | RV_DIALOG_OPEN)) == (RV_DIALOG_POPOVER | RV_DIALOG_OPEN);
}

static bool is_full(const struct rv_rrweb *ex, const struct rv_node *node) { return ex->m->epoch.fullscreen == node->id; }
bool rv_rrweb_indeterminate(const struct rv_node *node)
{
	return rv_rrweb_tag(node) == RV_TAG_INPUT && state_of(node)->has_input && state_of(node)->input_flags & RV_INPUT_INDETERMINATE;
}

bool rv_rrweb_undefined(const struct rv_rrweb *ex, const struct rv_node *node)
{
	return ex->watched & RV_WATCH_DEFINED && !(node->flags & (RV_EL_CUSTOM | RV_EL_NS_MASK)) && rv_rrweb_is_custom(node->name);
}

/* ---- canvases ---- */

static bool is_canvas(const struct rv_node *node) { return !(node->flags & RV_EL_NS_MASK) && rv_rrweb_tag(node) == RV_TAG_CANVAS; }

static uint32_t canvas_side(const struct rv_node *node, const char *name, uint32_t other)
{
	struct rv_span text = rv_mirror_attribute(node, name);
	uint32_t side = 0;
	for (size_t i = 0; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9' && side < 100000; i++)
		side = side * 10 + (text.ptr[i] - '0');
	return text.len && text.ptr[0] >= '0' && text.ptr[0] <= '9' ? side : other;
}

/* The last frame, while it has the canvas's size: another size has emptied it. */
static bool has_frame(const struct rv_node *node)
{
	const struct rv_node_state *state = state_of(node);
	struct rv_span frame = state->canvas;
	if (!frame.len || canvas_side(node, "width", state->canvas_width) != state->canvas_width || canvas_side(node, "height", state->canvas_height) != state->canvas_height)
		return false;
	for (size_t i = 0; i < frame.len; i++)
		if (frame.ptr[i] == '"' || frame.ptr[i] == '\\' || frame.ptr[i] < ' ')
			return false;
	return true;
}

/* Where no script may run a canvas is laid out as what stands in it. An image in its place has the canvas's
 * size and what was drawn; where scripts run it is not looked at. */
static void add_canvas(struct rv_rrweb *ex, const struct rv_node *node)
{
	add(ex, "content:url(\"");
	if (has_frame(node)) {
		rv_buf_span(&ex->scratch, state_of(node)->canvas);
	} else {
		rv_buf_str(&ex->scratch, "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='");
		rv_buf_dec(&ex->scratch, canvas_side(node, "width", 300));
		rv_buf_str(&ex->scratch, "' height='");
		rv_buf_dec(&ex->scratch, canvas_side(node, "height", 150));
		rv_buf_str(&ex->scratch, "'/%3E");
	}
	rv_buf_str(&ex->scratch, "\")");
}

bool rv_rrweb_restyled(const struct rv_rrweb *ex, const struct rv_node *node)
{
	return is_popped(node) || is_full(ex, node) || state_of(node)->hold.len || rv_rrweb_indeterminate(node) || is_canvas(node)
		|| (node->flags & RV_EL_NS_MASK) == RV_NS_MATHML || is_frameset(node) || is_frame(node);
}

void rv_rrweb_style(struct rv_rrweb *ex, const struct rv_node *node, struct rv_json *json)
{
	struct rv_span own = rv_mirror_attribute(node, "style"), hold = state_of(node)->hold;
	struct rv_url url = rv_rrweb_url(ex, NULL);
	rv_rrweb_clear(ex, &ex->scratch);
	add_look(ex, node);
	if (own.len) {
		add(ex, "");
		rv_url_css(&url, own, &ex->scratch);
	}
	if (hold.len) {
		add(ex, "");
		rv_url_css(&url, hold, &ex->scratch);
	}
	if (is_canvas(node))
		add_canvas(ex, node);
	if (is_popped(node)) /* shown where its style puts it, above the others */
		add(ex, "display:var(--rv-popover-display,block);z-index:2147483647");
	if (is_full(ex, node) && !rv_span_is(node->name, "html"))
		add(ex, "position:fixed!important;inset:0!important;margin:0!important;box-sizing:border-box!important;min-width:0!important;max-width:none!important;min-height:0!important;max-height:none!important;"
			"width:100%!important;height:100%!important;transform:none!important;object-fit:contain;z-index:2147483647;backdrop-filter:brightness(0)");
	if (rv_rrweb_indeterminate(node) && !(ex->watched & RV_WATCH_INDETERMINATE))
		add(ex, "appearance:none;min-width:13px;min-height:13px;border-radius:2px;background:#0075ff linear-gradient(#fff,#fff) center/7px 2px no-repeat");
	rv_json_key(json, "style");
	if (own.ptr || ex->scratch.len)
		rv_json_text(json, rv_buf_get(&ex->scratch));
	else
		rv_json_null(json);
}

/* ---- attributes in place of pseudo-classes ---- */

bool rv_rrweb_is_sign(struct rv_span name)
{
	static const char *const signs[] = {"data-rv-popover-open", "data-rv-fullscreen", "data-rv-indeterminate", "data-rv-undefined", "data-rv-focus", "data-rv-focus-visible", "data-rv-target"};
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
		if (rv_span_is(name, signs[i]))
			return true;
	return false;
}

static bool is_focused(const struct rv_rrweb *ex, const struct rv_node *node) { return ex->watched & RV_WATCH_FOCUS && ex->m->epoch.focus == node->id; }
static bool is_focus_seen(const struct rv_rrweb *ex, const struct rv_node *node) { return is_focused(ex, node) && ex->m->epoch.focus_visible; }
static bool is_target(const struct rv_rrweb *ex, const struct rv_node *node) { return ex->target == node->id; }

void rv_rrweb_signs(struct rv_rrweb *ex, const struct rv_node *node, struct rv_json *json)
{
	const struct { const char *name; bool on; } signs[] = {{"data-rv-popover-open", is_popped(node)}, {"data-rv-fullscreen", is_full(ex, node)},
		{"data-rv-indeterminate", rv_rrweb_indeterminate(node)}, {"data-rv-undefined", rv_rrweb_undefined(ex, node)},
		{"data-rv-focus", is_focused(ex, node)}, {"data-rv-focus-visible", is_focus_seen(ex, node)}, {"data-rv-target", is_target(ex, node)}};
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
		if (signs[i].on) {
			rv_json_key(json, signs[i].name);
			rv_json_cstr(json, "");
		}
}

void rv_rrweb_resign(struct rv_rrweb *ex, uint32_t slot, const char *sign, bool on)
{
	const struct rv_node *node = rv_at(ex, slot);
	struct rv_json json;
	if (!(node->mark & RV_IN) || node->kind != RV_NODE_ELEMENT || node->flags & RV_EL_BLOCK)
		return;
	rv_rrweb_change(ex, node, &json);
	rv_rrweb_style(ex, node, &json);
	if (sign) {
		rv_json_key(&json, sign);
		if (on)
			rv_json_cstr(&json, "");
		else
			rv_json_null(&json);
	}
	rv_rrweb_changed(ex, node, &json);
}

static void put_sign(struct rv_json *json, const char *sign, bool on)
{
	rv_json_key(json, sign);
	if (on)
		rv_json_cstr(json, "");
	else
		rv_json_null(json);
}

/* The element of this id, if it can have signs. */
static const struct rv_node *signed_node(const struct rv_rrweb *ex, uint32_t id)
{
	const struct rv_node *node = rv_mirror_find(ex->m, id);
	return node && node->mark & RV_IN && node->kind == RV_NODE_ELEMENT && !(node->flags & RV_EL_BLOCK) ? node : NULL;
}

void rv_rrweb_refocus(struct rv_rrweb *ex, uint32_t before)
{
	const uint32_t ids[] = {before, ex->m->epoch.focus};
	for (int i = 0; i < 2 && ex->watched & RV_WATCH_FOCUS; i++) {
		const struct rv_node *node = i && ids[0] == ids[1] ? NULL : signed_node(ex, ids[i]);
		struct rv_json json;
		if (!node)
			continue;
		rv_rrweb_change(ex, node, &json);
		put_sign(&json, "data-rv-focus", is_focused(ex, node));
		put_sign(&json, "data-rv-focus-visible", is_focus_seen(ex, node));
		rv_rrweb_changed(ex, node, &json);
	}
}

/* The element of the top document's own tree that has this id. */
static uint32_t find_target(const struct rv_rrweb *ex, struct rv_span url)
{
	const uint8_t *hash = url.len ? memchr(url.ptr, '#', url.len) : NULL;
	struct rv_span name = hash ? rv_span(hash + 1, (size_t)(url.ptr + url.len - hash - 1)) : rv_span(NULL, 0);
	for (uint32_t slot = name.len ? ex->m->top : 0; slot; ) {
		const struct rv_node *node = rv_at(ex, slot);
		struct rv_span id = rv_mirror_attribute(node, "id");
		if (node->kind == RV_NODE_ELEMENT && id.len == name.len && memcmp(id.ptr, name.ptr, id.len) == 0)
			return node->id;
		uint32_t next = node->first;
		for (; !next && slot != ex->m->top; slot = rv_at(ex, slot)->parent)
			next = rv_at(ex, slot)->next;
		slot = next;
	}
	return 0;
}

void rv_rrweb_retarget(struct rv_rrweb *ex)
{
	const uint32_t ids[] = {ex->target, ex->watched & RV_WATCH_TARGET ? find_target(ex, ex->m->epoch.url) : 0};
	ex->target = ids[1];
	for (int i = 0; i < 2 && ids[0] != ids[1]; i++) {
		const struct rv_node *node = signed_node(ex, ids[i]);
		struct rv_json json;
		if (!node)
			continue;
		rv_rrweb_change(ex, node, &json);
		put_sign(&json, "data-rv-target", is_target(ex, node));
		rv_rrweb_changed(ex, node, &json);
	}
}

void rv_rrweb_watch(struct rv_rrweb *ex, uint8_t what)
{
	ex->watch_due |= what & ~ex->watched & (uint8_t)~RV_WATCH_INDETERMINATE;
	ex->watched |= what;
}

void rv_rrweb_watch_now(struct rv_rrweb *ex)
{
	uint8_t due = ex->watch_due;
	ex->watch_due = 0;
	if (due & RV_WATCH_FOCUS)
		rv_rrweb_refocus(ex, 0);
	if (due & RV_WATCH_TARGET)
		rv_rrweb_retarget(ex);
	for (uint32_t slot = due & RV_WATCH_DEFINED ? ex->m->top : 0; slot && !ex->failed; slot = rv_mirror_next(ex->m, slot, ex->m->top)) {
		const struct rv_node *node = rv_at(ex, slot);
		if (node->kind == RV_NODE_ELEMENT && node->mark & RV_IN && !(node->flags & RV_EL_BLOCK) && rv_rrweb_undefined(ex, node)) {
			struct rv_json json;
			rv_rrweb_change(ex, node, &json);
			rv_json_key(&json, "data-rv-undefined");
			rv_json_cstr(&json, "");
			rv_rrweb_changed(ex, node, &json);
		}
	}
}

/* ---- slots assigned by hand ---- */

/* A text node cannot name its slot: the slot that has one goes without a name, and everything that
 * is nowhere names a slot that there is not. */

static bool has_text(const struct rv_rrweb *ex, const struct rv_node *slot)
{
	const struct rv_node_state *state = state_of(slot);
	for (uint32_t i = 0; i < state->n_assigned && i < 64; i++)
		if (state->assigned[i] && rv_mirror_find(ex->m, state->assigned[i])->kind == RV_NODE_TEXT)
			return true;
	return false;
}

static bool is_manual_slot(const struct rv_rrweb *ex, const struct rv_node *node)
{
	if (node->flags & RV_EL_NS_MASK || !rv_span_is(node->name, "slot"))
		return false;
	for (int depth = 0; node->parent && depth < RV_OUT_DEPTH_MAX; depth++) {
		node = rv_at(ex, node->parent);
		if (node->kind == RV_NODE_SHADOW)
			return node->flags & RV_SHADOW_MANUAL_SLOTS;
	}
	return false;
}

static bool is_manual_child(const struct rv_rrweb *ex, const struct rv_node *node)
{
	const struct rv_node *parent = rv_at(ex, node->parent);
	return parent->kind == RV_NODE_ELEMENT && parent->shadow && rv_at(ex, parent->shadow)->flags & RV_SHADOW_MANUAL_SLOTS;
}

bool rv_rrweb_slot_hidden(const struct rv_rrweb *ex, const struct rv_node *node, struct rv_span name)
{
	return (rv_span_is(name, "name") && is_manual_slot(ex, node)) || (rv_span_is(name, "slot") && is_manual_child(ex, node));
}

static void write_slot(struct rv_rrweb *ex, const char *key, uint32_t id, bool named, bool change, struct rv_json *json)
{
	if (!named && !change)
		return;
	rv_json_key(json, key);
	rv_rrweb_clear(ex, &ex->scratch);
	rv_buf_str(&ex->scratch, "rv-");
	rv_buf_dec(&ex->scratch, id);
	rv_json_text(json, named ? rv_buf_get(&ex->scratch) : rv_span(NULL, 0));
}

void rv_rrweb_slots(struct rv_rrweb *ex, const struct rv_node *node, bool change, struct rv_json *json)
{
	uint32_t slot = state_of(node)->slot;
	if (is_manual_slot(ex, node))
		write_slot(ex, "name", node->id, !has_text(ex, node), change, json);
	if (is_manual_child(ex, node))
		write_slot(ex, "slot", slot, !slot || !has_text(ex, rv_mirror_find(ex->m, slot)), change, json);
}

void rv_rrweb_reslot(struct rv_rrweb *ex, uint32_t id)
{
	const struct rv_node *node = rv_mirror_find(ex->m, id);
	struct rv_json json;
	if (!node || !(node->mark & RV_IN) || node->kind != RV_NODE_ELEMENT || node->flags & RV_EL_BLOCK)
		return;
	rv_rrweb_change(ex, node, &json);
	rv_rrweb_slots(ex, node, true, &json);
	rv_rrweb_changed(ex, node, &json);
}
