#include "rrweb_priv.h"
#include "utf8.h"

#define U(index) (rec->v[index].u)
#define S(index) (rec->v[index].s)
#define I(index) (rec->v[index].i)

/* ---- state of nodes ---- */

static void begin_node(struct rv_rrweb *ex, struct rv_json *json, int source, uint32_t id)
{
	rv_rrweb_begin(ex, json, 3, source);
	rv_json_key(json, "id");
	rv_json_int(json, id);
}

void rv_rrweb_input(struct rv_rrweb *ex, const struct rv_node *node, uint32_t t_ms)
{
	const struct rv_node_state *state = node->state;
	struct rv_json json;
	begin_node(ex, &json, 5, node->id);
	rv_json_key(&json, "text");
	if (state->input_flags & (RV_INPUT_HAS_VALUE | RV_INPUT_MASKED))
		rv_rrweb_value(ex, node, &json);
	else if (rv_mirror_attribute(node, "value").ptr)
		rv_json_text(&json, rv_mirror_attribute(node, "value"));
	else
		rv_json_cstr(&json, state->input_flags & RV_INPUT_CHECKABLE ? "on" : "");
	rv_json_key(&json, "isChecked");
	rv_json_bool(&json, state->input_flags & RV_INPUT_CHECKED);
	rv_json_key(&json, "userTriggered");
	rv_json_bool(&json, state->input_flags & RV_INPUT_USER);
	rv_rrweb_end(ex, &json, t_ms);
}

void rv_rrweb_scroll(struct rv_rrweb *ex, const struct rv_node *node, uint32_t t_ms)
{
	const struct rv_node_state *state = node->state;
	struct rv_json json;
	begin_node(ex, &json, 3, node->id);
	rv_json_key(&json, "x");
	rv_json_int(&json, state ? state->scroll_x : 0);
	rv_json_key(&json, "y");
	rv_json_int(&json, state ? state->scroll_y : 0);
	rv_rrweb_end(ex, &json, t_ms);
}

void rv_rrweb_media(struct rv_rrweb *ex, const struct rv_node *node, uint32_t t_ms)
{
	const struct rv_node_state *state = node->state;
	struct rv_json json;
	begin_node(ex, &json, 7, node->id);
	rv_json_key(&json, "type");
	rv_json_int(&json, state->media_flags & RV_MEDIA_PLAYING ? 0 : 1);
	rv_json_key(&json, "currentTime");
	rv_json_num(&json, rv_mirror_media_time(state, t_ms) / 1000.0);
	rv_json_key(&json, "volume");
	rv_json_num(&json, rv_rrweb_volume(state));
	rv_json_key(&json, "muted");
	rv_json_bool(&json, state->media_flags & RV_MEDIA_MUTED);
	rv_json_key(&json, "loop");
	rv_json_bool(&json, state->media_flags & RV_MEDIA_LOOP);
	rv_json_key(&json, "playbackRate");
	rv_json_num(&json, rv_rrweb_rate(state));
	rv_rrweb_end(ex, &json, t_ms);
}

/* The select an option belongs to, NULL when it has none or several may be chosen. */
static const struct rv_node *select_of(const struct rv_rrweb *ex, const struct rv_node *option)
{
	const struct rv_node *up = option;
	for (int depth = 0; depth < 2 && up->parent; depth++) {
		up = rv_at(ex, up->parent);
		if (rv_rrweb_tag(up) == RV_TAG_SELECT)
			return rv_mirror_attribute(up, "multiple").ptr ? NULL : up;
	}
	return NULL;
}

static bool is_selected(const struct rv_node *node)
{
	return rv_rrweb_tag(node) == RV_TAG_OPTION && node->state && node->state->has_input && node->state->input_flags & RV_INPUT_SELECTED;
}

static bool has_choice(const struct rv_rrweb *ex, const struct rv_node *select)
{
	for (uint32_t child = select->first; child; child = rv_at(ex, child)->next) {
		if (is_selected(rv_at(ex, child)))
			return true;
		for (uint32_t inner = rv_span_is(rv_at(ex, child)->name, "optgroup") ? rv_at(ex, child)->first : 0; inner; inner = rv_at(ex, inner)->next)
			if (is_selected(rv_at(ex, inner)))
				return true;
	}
	return false;
}

/* The value of an option without such an attribute: its text, white space collapsed. */
static struct rv_span option_text(struct rv_rrweb *ex, const struct rv_node *option)
{
	bool gap = false;
	rv_rrweb_clear(ex, &ex->scratch);
	for (uint32_t child = option->first; child; child = rv_at(ex, child)->next) {
		struct rv_span text = rv_at(ex, child)->kind == RV_NODE_TEXT ? rv_at(ex, child)->text : rv_span("", 0);
		for (size_t i = 0; i < text.len; i++) {
			if (text.ptr[i] == ' ' || (text.ptr[i] >= '\t' && text.ptr[i] <= '\r' && text.ptr[i] != '\v')) {
				gap = true;
				continue;
			}
			if (gap && ex->scratch.len)
				rv_buf_byte(&ex->scratch, ' ');
			gap = false;
			rv_buf_byte(&ex->scratch, text.ptr[i]);
		}
	}
	return rv_buf_get(&ex->scratch);
}

void rv_rrweb_choose(struct rv_rrweb *ex, const struct rv_node *option, bool settle, uint32_t t_ms)
{
	const struct rv_node *select = select_of(ex, option);
	bool selected = is_selected(option);
	struct rv_json json;
	if (!select || !(select->mark & RV_IN) || (select->state && select->state->has_input && select->state->input_flags & RV_INPUT_MASKED))
		return;
	if (!selected && has_choice(ex, select))
		return;
	if (settle)
		rv_rrweb_end_run(ex);
	begin_node(ex, &json, 5, select->id);
	rv_json_key(&json, "text");
	rv_json_text(&json, !selected ? rv_span("", 0) : rv_mirror_attribute(option, "value").ptr ? rv_mirror_attribute(option, "value") : option_text(ex, option));
	rv_json_key(&json, "isChecked");
	rv_json_bool(&json, false);
	rv_rrweb_end(ex, &json, t_ms);
}

static void write_option(struct rv_rrweb *ex, const struct rv_node *option, uint32_t t_ms)
{
	struct rv_json json;
	rv_rrweb_change(ex, option, &json);
	rv_json_key(&json, "selected");
	if (is_selected(option))
		rv_json_cstr(&json, "");
	else
		rv_json_null(&json);
	rv_rrweb_changed(ex, option, &json);
	rv_rrweb_choose(ex, option, true, t_ms);
}

void rv_rrweb_state(struct rv_rrweb *ex, const struct rv_rec *rec)
{
	const struct rv_node *node = rv_mirror_find(ex->m, U(0));
	enum rv_tag tag = rv_rrweb_tag(node);
	if (!(node->mark & RV_IN) || (node->kind == RV_NODE_ELEMENT && node->flags & RV_EL_BLOCK))
		return;
	if (rec->type == RV_REC_SCROLL)
		rv_rrweb_scroll(ex, node, rec->t_ms);
	else if (rec->type == RV_REC_MEDIA && tag == RV_TAG_MEDIA)
		rv_rrweb_media(ex, node, rec->t_ms);
	else if (rec->type == RV_REC_INPUT && tag == RV_TAG_OPTION)
		write_option(ex, node, rec->t_ms);
	else if (rec->type == RV_REC_INPUT && (tag == RV_TAG_INPUT || tag == RV_TAG_TEXTAREA || tag == RV_TAG_SELECT))
		rv_rrweb_input(ex, node, rec->t_ms);
}

enum rv_status rv_rrweb_take_input(struct rv_rrweb *ex, const struct rv_rec *rec)
{
	uint32_t slot = rv_mirror_lookup(ex->m, U(RV_INPUT_NODE));
	bool was = slot && rv_rrweb_indeterminate(rv_at(ex, slot));
	enum rv_status status = rv_mirror_apply(ex->m, rec);
	if (status != RV_OK || !ex->live)
		return status;
	rv_rrweb_state(ex, rec);
	if (was != rv_rrweb_indeterminate(rv_at(ex, slot)) && rv_at(ex, slot)->mark & RV_IN && !(rv_at(ex, slot)->flags & RV_EL_BLOCK)) {
		rv_rrweb_resign(ex, slot, "data-rv-indeterminate", !was);
		rv_rrweb_tell_indeterminate(ex, rv_at(ex, slot), rec->t_ms);
	}
	return RV_OK;
}

/* ---- pointer ---- */

/* The node as the Replayer knows it, else the document: the place on the page still counts. */
static uint32_t shown_id(const struct rv_rrweb *ex, uint32_t id)
{
	const struct rv_node *node = rv_mirror_find(ex->m, id);
	return node && node->mark & RV_IN ? id : ex->m->nodes[ex->m->top].id;
}

void rv_rrweb_write_moves(struct rv_rrweb *ex)
{
	uint32_t n = ex->n_moves, last = n ? ex->moves[n - 1].t_ms : 0;
	struct rv_json json;
	if (!n)
		return;
	ex->n_moves = 0;
	rv_rrweb_begin(ex, &json, 3, ex->touch ? 6 : 1);
	rv_json_key(&json, "positions");
	rv_json_open(&json, '[');
	for (uint32_t i = 0; i < n; i++) {
		const struct rv_position *move = &ex->moves[i];
		rv_json_open(&json, '{');
		rv_json_key(&json, "x");
		rv_json_int(&json, move->x);
		rv_json_key(&json, "y");
		rv_json_int(&json, move->y);
		rv_json_key(&json, "id");
		rv_json_int(&json, move->id);
		rv_json_key(&json, "timeOffset");
		rv_json_int(&json, (int64_t)move->t_ms - last);
		rv_json_close(&json, '}');
	}
	rv_json_close(&json, ']');
	rv_rrweb_end(ex, &json, last);
}

static void add_move(struct rv_rrweb *ex, const struct rv_rec *rec)
{
	enum { MOVES_MAX = sizeof ex->moves / sizeof *ex->moves, SPAN_MS = 500 };
	bool touch = U(RV_POINTER_MOVE_POINTER_TYPE) == RV_POINTER_TYPE_TOUCH;
	if (ex->n_moves && (ex->n_moves == MOVES_MAX || ex->touch != touch || rec->t_ms - ex->moves[0].t_ms > SPAN_MS))
		rv_rrweb_write_moves(ex);
	rv_rrweb_close_style(ex);
	ex->touch = touch;
	ex->moves[ex->n_moves++] = (struct rv_position){I(RV_POINTER_MOVE_X), I(RV_POINTER_MOVE_Y), shown_id(ex, U(RV_POINTER_MOVE_NODE)), rec->t_ms};
}

static void write_pointer(struct rv_rrweb *ex, const struct rv_rec *rec)
{
	struct rv_json json;
	if (U(RV_POINTER_KIND) > RV_POINTER_TOUCH_CANCEL) {
		ex->counts.skipped++;
		return;
	}
	begin_node(ex, &json, 2, shown_id(ex, U(RV_POINTER_NODE)));
	rv_json_key(&json, "type");
	rv_json_int(&json, U(RV_POINTER_KIND));
	rv_json_key(&json, "x");
	rv_json_int(&json, I(RV_POINTER_X));
	rv_json_key(&json, "y");
	rv_json_int(&json, I(RV_POINTER_Y));
	rv_json_key(&json, "pointerType");
	rv_json_int(&json, U(RV_POINTER_POINTER_TYPE));
	rv_rrweb_end(ex, &json, rec->t_ms);
}

/* ---- page ---- */

static void write_custom(struct rv_rrweb *ex, const struct rv_rec *rec)
{
	static const char *const kinds[] = {"push", "replace", "pop", "hash"};
	struct rv_json json;
	switch (rec->type) {
	case RV_REC_NAVIGATE:
		rv_rrweb_begin_custom(ex, &json, "navigate");
		rv_json_key(&json, "kind");
		rv_json_cstr(&json, U(RV_NAVIGATE_KIND) < 4 ? kinds[U(RV_NAVIGATE_KIND)] : "other");
		rv_json_key(&json, "url");
		rv_json_text(&json, S(RV_NAVIGATE_URL));
		break;
	case RV_REC_VISIBILITY:
		rv_rrweb_begin_custom(ex, &json, "visibility");
		rv_json_key(&json, "visible");
		rv_json_bool(&json, U(RV_VISIBILITY_VISIBLE));
		break;
	case RV_REC_GAP:
		rv_rrweb_begin_custom(ex, &json, "gap");
		rv_json_key(&json, "lost_ms");
		rv_json_int(&json, U(RV_GAP_LOST_MS));
		rv_json_key(&json, "why");
		rv_json_text(&json, S(RV_GAP_WHY));
		break;
	case RV_REC_NOTE:
		rv_rrweb_begin_custom(ex, &json, "note");
		rv_json_key(&json, "kind");
		rv_json_text(&json, S(RV_NOTE_KIND));
		rv_json_key(&json, "text");
		rv_json_text(&json, S(RV_NOTE_TEXT));
		break;
	default: return;
	}
	rv_rrweb_end_custom(ex, &json, rec->t_ms);
}

/* The host app's own event. Its payload is JSON text by contract; what is not travels as a string. */
static void write_own(struct rv_rrweb *ex, const struct rv_rec *rec)
{
	struct rv_span payload = S(RV_CUSTOM_PAYLOAD);
	struct rv_json json;
	rv_rrweb_begin(ex, &json, 5, -1);
	rv_json_key(&json, "tag");
	rv_json_text(&json, S(RV_CUSTOM_TAG).ptr ? S(RV_CUSTOM_TAG) : rv_span("", 0));
	rv_rrweb_put_json(&json, "payload", payload);
	rv_rrweb_end(ex, &json, rec->t_ms);
}

/* ---- logs ---- */

static void begin_plugin(struct rv_rrweb *ex, struct rv_json *json, const char *plugin)
{
	rv_rrweb_begin(ex, json, 6, -1);
	rv_json_key(json, "plugin");
	rv_json_cstr(json, plugin);
	rv_json_key(json, "payload");
	rv_json_open(json, '{');
}

/* A stack as an array of its lines. */
static void write_trace(struct rv_json *json, struct rv_span stack)
{
	rv_json_key(json, "trace");
	rv_json_open(json, '[');
	for (size_t at = 0; at < stack.len;) {
		size_t end = at;
		while (end < stack.len && stack.ptr[end] != '\n')
			end++;
		if (end > at)
			rv_json_text(json, rv_span(stack.ptr + at, end - at));
		at = end + 1;
	}
	rv_json_close(json, ']');
}

/* JSON text of a string, as a string: the console plugin parses each argument. */
static void write_argument(struct rv_rrweb *ex, struct rv_json *json, struct rv_span text)
{
	struct rv_json inner;
	rv_rrweb_clear(ex, &ex->scratch);
	rv_json_init(&inner, &ex->scratch);
	rv_json_text(&inner, text);
	rv_json_text(json, rv_buf_get(&ex->scratch));
}

static void write_console(struct rv_rrweb *ex, const struct rv_rec *rec)
{
	static const char *const levels[] = {"log", "debug", "info", "warn", "error", "trace", "assert"};
	struct rv_json json;
	begin_plugin(ex, &json, "rrweb/console@1");
	rv_json_key(&json, "level");
	rv_json_cstr(&json, U(RV_CONSOLE_LEVEL) < 7 ? levels[U(RV_CONSOLE_LEVEL)] : "log");
	write_trace(&json, S(RV_CONSOLE_STACK));
	rv_json_key(&json, "payload");
	rv_json_open(&json, '[');
	for (uint32_t i = 0; i < rv_record_groups(rec); i++)
		write_argument(ex, &json, S(RV_CONSOLE_FIXED + i));
	rv_json_close(&json, ']');
	if (U(RV_CONSOLE_COUNT) > 1) {
		rv_json_key(&json, "count");
		rv_json_int(&json, U(RV_CONSOLE_COUNT));
	}
	rv_json_close(&json, '}');
	rv_rrweb_end(ex, &json, rec->t_ms);
}

static void write_error(struct rv_rrweb *ex, const struct rv_rec *rec)
{
	struct rv_json json;
	begin_plugin(ex, &json, "rrweb/console@1");
	rv_json_key(&json, "level");
	rv_json_cstr(&json, "error");
	if (S(RV_ERROR_STACK).len) {
		write_trace(&json, S(RV_ERROR_STACK));
	} else {
		rv_json_key(&json, "trace");
		rv_json_open(&json, '[');
		if (S(RV_ERROR_SOURCE).len) {
			rv_rrweb_clear(ex, &ex->scratch);
			rv_buf_span(&ex->scratch, S(RV_ERROR_SOURCE));
			rv_buf_byte(&ex->scratch, ':');
			rv_buf_dec(&ex->scratch, U(RV_ERROR_LINE));
			rv_buf_byte(&ex->scratch, ':');
			rv_buf_dec(&ex->scratch, U(RV_ERROR_COLUMN));
			rv_json_text(&json, rv_buf_get(&ex->scratch));
		}
		rv_json_close(&json, ']');
	}
	rv_json_key(&json, "payload");
	rv_json_open(&json, '[');
	write_argument(ex, &json, S(RV_ERROR_MESSAGE).ptr ? S(RV_ERROR_MESSAGE) : rv_span("", 0));
	rv_json_close(&json, ']');
	rv_json_close(&json, '}');
	rv_rrweb_end(ex, &json, rec->t_ms);
}

static void write_headers(struct rv_json *json, const struct rv_rec *rec, uint32_t part, const char *key)
{
	bool any = false;
	for (uint32_t i = RV_NETWORK_FIXED; i + 2 < rec->n; i += RV_NETWORK_GROUP) {
		if (U(i) != part || !S(i + 1).ptr)
			continue;
		if (!any) {
			rv_json_key(json, key);
			rv_json_open(json, '{');
		}
		any = true;
		rv_json_key_span(json, S(i + 1));
		rv_json_text(json, S(i + 2));
	}
	if (any)
		rv_json_close(json, '}');
}

static void write_body(struct rv_json *json, const struct rv_rec *rec, uint32_t part, const char *key)
{
	for (uint32_t i = RV_NETWORK_FIXED; i + 2 < rec->n; i += RV_NETWORK_GROUP)
		if (U(i) == part) {
			rv_json_key(json, key);
			rv_json_text(json, S(i + 2));
			return;
		}
}

static void write_network(struct rv_rrweb *ex, const struct rv_rec *rec)
{
	static const char *const initiators[] = {"fetch", "xmlhttprequest", "websocket", "eventsource", "beacon", "resource"};
	struct rv_json json;
	begin_plugin(ex, &json, "rrweb/network@1");
	rv_json_key(&json, "requests");
	rv_json_open(&json, '[');
	rv_json_open(&json, '{');
	const struct { const char *key; struct rv_span text; } texts[] = {{"name", S(RV_NETWORK_URL)}, {"url", S(RV_NETWORK_URL)}, {"method", S(RV_NETWORK_METHOD)}, {"type", S(RV_NETWORK_TYPE)}, {"error", S(RV_NETWORK_ERROR)}};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i].text.ptr) {
			rv_json_key(&json, texts[i].key);
			rv_json_text(&json, texts[i].text);
		}
	rv_json_key(&json, "initiatorType");
	rv_json_cstr(&json, U(RV_NETWORK_KIND) < 6 ? initiators[U(RV_NETWORK_KIND)] : "other");
	const struct { const char *key; uint64_t number; } numbers[] = {{"requestId", U(RV_NETWORK_REQUEST)}, {"status", U(RV_NETWORK_STATUS)}, {"responseStatus", U(RV_NETWORK_STATUS)}, {"startTime", U(RV_NETWORK_START_MS)}, {"endTime", (uint64_t)U(RV_NETWORK_START_MS) + U(RV_NETWORK_DURATION_MS)}, {"duration", U(RV_NETWORK_DURATION_MS)}, {"requestSize", U(RV_NETWORK_REQUEST_BYTES)}, {"transferSize", U(RV_NETWORK_RESPONSE_BYTES)}};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		rv_json_key(&json, numbers[i].key);
		rv_json_int(&json, (int64_t)numbers[i].number);
	}
	rv_json_key(&json, "timestamp");
	rv_json_int(&json, rv_rrweb_time(ex, U(RV_NETWORK_START_MS)));
	write_headers(&json, rec, RV_PART_REQUEST_HEADER, "requestHeaders");
	write_headers(&json, rec, RV_PART_RESPONSE_HEADER, "responseHeaders");
	write_body(&json, rec, RV_PART_REQUEST_BODY, "requestBody");
	write_body(&json, rec, RV_PART_RESPONSE_BODY, "responseBody");
	rv_json_close(&json, '}');
	rv_json_close(&json, ']');
	rv_json_close(&json, '}');
	rv_rrweb_end(ex, &json, rec->t_ms);
}

void rv_rrweb_event(struct rv_rrweb *ex, const struct rv_rec *rec)
{
	switch (rec->type) {
	case RV_REC_POINTER:
		if (ex->live && ex->m->top)
			write_pointer(ex, rec);
		break;
	case RV_REC_POINTER_MOVE:
		if (ex->live && ex->m->top)
			add_move(ex, rec);
		break;
	case RV_REC_CONSOLE: write_console(ex, rec); break;
	case RV_REC_ERROR: write_error(ex, rec); break;
	case RV_REC_NETWORK: write_network(ex, rec); break;
	case RV_REC_CUSTOM: write_own(ex, rec); break;
	default:
		if (!rv_rrweb_tell_event(ex, rec))
			write_custom(ex, rec);
	}
}
