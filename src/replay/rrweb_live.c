#include "rrweb_priv.h"

/* What documents hold beyond nodes, and Custom events for what rrweb has no word for. Their tags and
 * payloads stand in docs/ARCHITECTURE.md. */

#define U(index) (rec->v[index].u)
#define S(index) (rec->v[index].s)

static uint32_t known_id(const struct rv_rrweb *ex, uint32_t id)
{
	const struct rv_node *node = rv_mirror_find(ex->m, id);
	return node && node->mark & RV_IN ? id : 0;
}

/* The same for state: of a blocked node there is none. */
static uint32_t open_id(const struct rv_rrweb *ex, uint32_t id)
{
	const struct rv_node *node = rv_mirror_find(ex->m, id);
	return node && node->mark & RV_IN && !(node->kind == RV_NODE_ELEMENT && node->flags & RV_EL_BLOCK) ? id : 0;
}

void rv_rrweb_begin_custom(struct rv_rrweb *ex, struct rv_json *json, const char *tag)
{
	rv_rrweb_begin(ex, json, 5, -1);
	rv_json_key(json, "tag");
	rv_json_cstr(json, tag);
	rv_json_key(json, "payload");
	rv_json_open(json, '{');
}

void rv_rrweb_end_custom(struct rv_rrweb *ex, struct rv_json *json, uint32_t t_ms)
{
	rv_json_close(json, '}');
	rv_rrweb_end(ex, json, t_ms);
}

static void put_int(struct rv_json *json, const char *key, int64_t value)
{
	rv_json_key(json, key);
	rv_json_int(json, value);
}

static void put_bool(struct rv_json *json, const char *key, bool value)
{
	rv_json_key(json, key);
	rv_json_bool(json, value);
}

static void put_text(struct rv_json *json, const char *key, struct rv_span text)
{
	rv_json_key(json, key);
	rv_json_text(json, text);
}

static void put_word(struct rv_json *json, const char *const *words, uint32_t n, uint32_t value)
{
	rv_json_key(json, "kind");
	rv_json_cstr(json, value < n ? words[value] : "other");
}
#define PUT_WORD(json, value, ...) put_word(json, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), value)

/* JSON text by contract; what is not travels as a string. */
void rv_rrweb_put_json(struct rv_json *json, const char *key, struct rv_span text)
{
	rv_json_key(json, key);
	if (rv_rrweb_is_json(text))
		rv_json_raw(json, text);
	else
		rv_json_text(json, text);
}

/* ---- state ---- */

static void tell_flag(struct rv_rrweb *ex, const char *tag, const char *key, uint32_t id, bool on, uint32_t t_ms)
{
	struct rv_json json;
	rv_rrweb_begin_custom(ex, &json, tag);
	put_int(&json, "id", id);
	put_bool(&json, key, on);
	rv_rrweb_end_custom(ex, &json, t_ms);
}

void rv_rrweb_tell_popover(struct rv_rrweb *ex, const struct rv_node *node, uint32_t t_ms)
{
	if (open_id(ex, node->id))
		tell_flag(ex, "rv:popover", "open", node->id, (node->state->dialog_flags & (RV_DIALOG_POPOVER | RV_DIALOG_OPEN)) == (RV_DIALOG_POPOVER | RV_DIALOG_OPEN), t_ms);
}

void rv_rrweb_tell_indeterminate(struct rv_rrweb *ex, const struct rv_node *node, uint32_t t_ms)
{
	tell_flag(ex, "rv:indeterminate", "on", node->id, rv_rrweb_indeterminate(node), t_ms);
}

static void tell_slots(struct rv_rrweb *ex, const struct rv_node *slot, uint32_t t_ms)
{
	struct rv_json json;
	rv_rrweb_begin_custom(ex, &json, "rv:slots");
	put_int(&json, "id", slot->id);
	rv_json_key(&json, "nodes");
	rv_json_open(&json, '[');
	for (uint32_t i = 0; i < slot->state->n_assigned; i++)
		if (known_id(ex, slot->state->assigned[i]))
			rv_json_int(&json, slot->state->assigned[i]);
	rv_json_close(&json, ']');
	rv_rrweb_end_custom(ex, &json, t_ms);
}

static void tell_animation(struct rv_rrweb *ex, const struct rv_animation *animation, uint32_t t_ms)
{
	static const char *const states[] = {"idle", "running", "paused", "finished"};
	struct rv_json json;
	uint32_t id = open_id(ex, animation->node);
	rv_rrweb_begin_custom(ex, &json, "rv:animation");
	put_int(&json, "id", id);
	put_int(&json, "animation", animation->id);
	rv_json_key(&json, "state");
	rv_json_cstr(&json, states[id ? animation->state : RV_ANIMATION_IDLE]);
	put_int(&json, "time_ms", rv_mirror_animation_time(animation, t_ms));
	if (animation->pseudo.ptr)
		put_text(&json, "pseudo", animation->pseudo);
	if (animation->keyframes.ptr)
		rv_rrweb_put_json(&json, "keyframes", animation->keyframes);
	if (animation->timing.ptr)
		rv_rrweb_put_json(&json, "timing", animation->timing);
	rv_rrweb_end_custom(ex, &json, t_ms);
}

void rv_rrweb_tell(struct rv_rrweb *ex, const struct rv_node *node, uint32_t t_ms)
{
	const struct rv_node_state *state = node->state;
	struct rv_json json;
	if (node->shadow && node->mark & RV_ROOTED && rv_at(ex, node->shadow)->flags) {
		rv_rrweb_begin_custom(ex, &json, "rv:shadow");
		put_int(&json, "id", node->id);
		put_bool(&json, "closed", rv_at(ex, node->shadow)->flags & RV_SHADOW_CLOSED);
		put_bool(&json, "manual", rv_at(ex, node->shadow)->flags & RV_SHADOW_MANUAL_SLOTS);
		rv_rrweb_end_custom(ex, &json, t_ms);
	}
	if (!state)
		return;
	if ((state->dialog_flags & (RV_DIALOG_POPOVER | RV_DIALOG_OPEN)) == (RV_DIALOG_POPOVER | RV_DIALOG_OPEN))
		rv_rrweb_tell_popover(ex, node, t_ms);
	if (rv_rrweb_indeterminate(node))
		rv_rrweb_tell_indeterminate(ex, node, t_ms);
	if (state->n_assigned)
		tell_slots(ex, node, t_ms);
	for (uint32_t i = 0; state->animations && !ex->full && i < ex->m->n_animations; i++)
		if (ex->m->animations[i].node == node->id)
			tell_animation(ex, &ex->m->animations[i], t_ms);
}

static void tell_fullscreen(struct rv_rrweb *ex, uint32_t t_ms)
{
	struct rv_json json;
	rv_rrweb_begin_custom(ex, &json, "rv:fullscreen");
	put_int(&json, "id", open_id(ex, ex->m->epoch.fullscreen));
	rv_rrweb_end_custom(ex, &json, t_ms);
}

static void tell_visual_viewport(struct rv_rrweb *ex, uint32_t t_ms)
{
	struct rv_json json;
	rv_rrweb_begin_custom(ex, &json, "rv:visual-viewport");
	put_int(&json, "x", ex->m->epoch.visual_x);
	put_int(&json, "y", ex->m->epoch.visual_y);
	rv_json_key(&json, "scale");
	rv_json_num(&json, ex->m->epoch.visual_scale_milli / 1000.0);
	rv_rrweb_end_custom(ex, &json, t_ms);
}

static void put_range(struct rv_json *json, const struct rv_range *range)
{
	rv_json_open(json, '{');
	put_int(json, "start", range->start);
	put_int(json, "startOffset", range->start_offset);
	put_int(json, "end", range->end);
	put_int(json, "endOffset", range->end_offset);
	rv_json_close(json, '}');
}

void rv_rrweb_selection(struct rv_rrweb *ex, uint32_t t_ms)
{
	struct rv_json json;
	ex->reselect = false;
	rv_rrweb_begin(ex, &json, 3, 14);
	rv_json_key(&json, "ranges");
	rv_json_open(&json, '[');
	bool any = false;
	for (uint32_t i = 0; i < ex->m->n_ranges; i++) {
		const struct rv_range *range = &ex->m->ranges[i];
		if (!known_id(ex, range->start) || !known_id(ex, range->end))
			continue;
		put_range(&json, range);
		any = true;
	}
	/* The Replayer gives a selection up only for another one: an empty one, before the root element. */
	uint32_t root = ex->m->top ? rv_at(ex, ex->m->top)->frame : 0;
	if (!any && root && rv_at(ex, root)->mark & RV_IN)
		put_range(&json, &(struct rv_range){rv_at(ex, root)->id, 0, rv_at(ex, root)->id, 0});
	rv_json_close(&json, ']');
	rv_rrweb_end(ex, &json, t_ms);
}

void rv_rrweb_tell_page(struct rv_rrweb *ex, uint32_t t_ms)
{
	if (ex->m->epoch.fullscreen)
		tell_fullscreen(ex, t_ms);
	if (ex->m->epoch.visual_scale_milli)
		tell_visual_viewport(ex, t_ms);
	if (ex->m->n_ranges)
		rv_rrweb_selection(ex, t_ms);
	for (uint32_t i = 0; i < ex->m->n_animations && !ex->failed; i++)
		if (open_id(ex, ex->m->animations[i].node))
			tell_animation(ex, &ex->m->animations[i], t_ms);
}

/* ---- its records ---- */

static void animated(struct rv_rrweb *ex, const struct rv_rec *rec)
{
	struct rv_animation gone = {.id = U(RV_ANIMATION_ANIMATION), .node = U(RV_ANIMATION_NODE), .state = RV_ANIMATION_IDLE, .time_ms = U(RV_ANIMATION_TIME_MS)};
	const struct rv_animation *now = NULL;
	for (uint32_t i = 0; i < ex->m->n_animations && !now; i++)
		if (ex->m->animations[i].id == gone.id)
			now = &ex->m->animations[i];
	rv_rrweb_end_run(ex);
	if (now)
		tell_animation(ex, now, rec->t_ms);
	else
		tell_animation(ex, &gone, rec->t_ms);
}

static void defined(struct rv_rrweb *ex, const struct rv_node *node, uint32_t t_ms)
{
	struct rv_json json;
	rv_rrweb_change(ex, node, &json);
	if (ex->watched & RV_WATCH_DEFINED) {
		rv_json_key(&json, "data-rv-undefined");
		rv_json_null(&json);
	}
	rv_rrweb_changed(ex, node, &json);
	if (!rv_rrweb_is_custom(node->name))
		return;
	rv_rrweb_begin(ex, &json, 3, 16);
	rv_json_key(&json, "define");
	rv_json_open(&json, '{');
	put_text(&json, "name", node->name);
	rv_json_close(&json, '}');
	rv_rrweb_end(ex, &json, t_ms);
}

/* Those whose slot a record may change: the slot itself, what it had, what it gets, and what shares a
 * slot with a text that leaves it. */
static void push_assigned(struct rv_rrweb *ex, uint32_t slot_id)
{
	const struct rv_node *slot = rv_mirror_find(ex->m, slot_id);
	const struct rv_node_state *state = slot ? slot->state : NULL;
	rv_rrweb_push(ex, &ex->reslot, slot_id);
	for (uint32_t i = 0; state && i < state->n_assigned; i++)
		if (state->assigned[i])
			rv_rrweb_push(ex, &ex->reslot, state->assigned[i]);
}

static void before_assign(struct rv_rrweb *ex, const struct rv_rec *rec)
{
	uint32_t other = 0;
	ex->reslot.n = 0;
	push_assigned(ex, U(RV_ASSIGN_SLOT));
	for (uint32_t i = 0; i < rv_record_groups(rec); i++) {
		const struct rv_node *node = rv_mirror_find(ex->m, U(RV_ASSIGN_FIXED + i));
		if (!node)
			continue;
		rv_rrweb_push(ex, &ex->reslot, node->id);
		if (node->kind == RV_NODE_TEXT && node->state && node->state->slot && node->state->slot != other && node->state->slot != U(RV_ASSIGN_SLOT)) {
			other = node->state->slot;
			push_assigned(ex, other);
		}
	}
}

enum rv_status rv_rrweb_live(struct rv_rrweb *ex, const struct rv_rec *rec)
{
	uint32_t full = rec->type == RV_REC_FULLSCREEN ? rv_mirror_lookup(ex->m, ex->m->epoch.fullscreen) : 0;
	if (rec->type == RV_REC_ASSIGN)
		before_assign(ex, rec);
	enum rv_status status = rv_mirror_apply(ex->m, rec);
	if (status != RV_OK || !ex->live)
		return status;
	uint32_t slot = rec->n ? rv_mirror_lookup(ex->m, U(0)) : 0;
	bool in = slot && rv_at(ex, slot)->mark & RV_IN, open = in && !(rv_at(ex, slot)->flags & RV_EL_BLOCK);
	switch (rec->type) {
	case RV_REC_CANVAS:
		if (open && rv_rrweb_tag(rv_at(ex, slot)) == RV_TAG_CANVAS)
			rv_rrweb_renew(ex, slot); /* a picture is drawn only when its node is made */
		break;
	case RV_REC_HOLD:
		rv_rrweb_resign(ex, slot, NULL, false);
		break;
	case RV_REC_UPGRADED:
		if (open)
			defined(ex, rv_at(ex, slot), rec->t_ms);
		break;
	case RV_REC_ASSIGN:
		for (uint32_t i = 0; i < ex->reslot.n; i++)
			rv_rrweb_reslot(ex, ex->reslot.v[i]);
		rv_rrweb_end_run(ex);
		if (open)
			tell_slots(ex, rv_at(ex, slot), rec->t_ms);
		break;
	case RV_REC_ANIMATION:
		animated(ex, rec);
		break;
	case RV_REC_FULLSCREEN:
		if (full)
			rv_rrweb_resign(ex, full, "data-rv-fullscreen", full == slot);
		if (slot && slot != full)
			rv_rrweb_resign(ex, slot, "data-rv-fullscreen", true);
		rv_rrweb_end_run(ex);
		tell_fullscreen(ex, rec->t_ms);
		break;
	case RV_REC_VISUAL_VIEWPORT:
		tell_visual_viewport(ex, rec->t_ms);
		break;
	default: /* selection */
		rv_rrweb_end_run(ex);
		rv_rrweb_selection(ex, rec->t_ms);
	}
	return RV_OK;
}

/* ---- what people and the page do ---- */

bool rv_rrweb_tell_event(struct rv_rrweb *ex, const struct rv_rec *rec)
{
	struct rv_json json;
	switch (rec->type) {
	case RV_REC_KEY:
		rv_rrweb_begin_custom(ex, &json, "rv:key");
		put_int(&json, "id", known_id(ex, U(RV_KEY_NODE)));
		put_text(&json, "key", S(RV_KEY_KEY));
		put_bool(&json, "alt", U(RV_KEY_FLAGS) & RV_KEY_ALT);
		put_bool(&json, "ctrl", U(RV_KEY_FLAGS) & RV_KEY_CTRL);
		put_bool(&json, "meta", U(RV_KEY_FLAGS) & RV_KEY_META);
		put_bool(&json, "shift", U(RV_KEY_FLAGS) & RV_KEY_SHIFT);
		put_bool(&json, "repeat", U(RV_KEY_FLAGS) & RV_KEY_REPEAT);
		break;
	case RV_REC_CLIPBOARD:
		rv_rrweb_begin_custom(ex, &json, "rv:clipboard");
		put_int(&json, "id", known_id(ex, U(RV_CLIPBOARD_NODE)));
		PUT_WORD(&json, U(RV_CLIPBOARD_KIND), "copy", "cut", "paste");
		break;
	case RV_REC_LIFECYCLE:
		rv_rrweb_begin_custom(ex, &json, "rv:lifecycle");
		PUT_WORD(&json, U(RV_LIFECYCLE_KIND), "freeze", "resume", "hide", "show");
		break;
	case RV_REC_TRANSITION:
		rv_rrweb_begin_custom(ex, &json, "rv:transition");
		PUT_WORD(&json, U(RV_TRANSITION_KIND), "start", "end");
		break;
	case RV_REC_PERFORMANCE:
		rv_rrweb_begin_custom(ex, &json, "rv:performance");
		PUT_WORD(&json, U(RV_PERFORMANCE_KIND), "long-task", "layout-shift", "vital");
		put_text(&json, "name", S(RV_PERFORMANCE_NAME));
		rv_json_key(&json, "value");
		rv_json_num(&json, rec->v[RV_PERFORMANCE_VALUE].f);
		put_int(&json, "start", rv_rrweb_time(ex, U(RV_PERFORMANCE_START_MS)));
		put_int(&json, "duration_ms", U(RV_PERFORMANCE_DURATION_MS));
		put_int(&json, "id", known_id(ex, U(RV_PERFORMANCE_NODE)));
		rv_rrweb_put_json(&json, "detail", S(RV_PERFORMANCE_DETAIL));
		break;
	case RV_REC_SOCKET:
		rv_rrweb_begin_custom(ex, &json, "rv:socket");
		put_int(&json, "request", U(RV_SOCKET_REQUEST));
		put_bool(&json, "sent", U(RV_SOCKET_FLAGS) & RV_SOCKET_SENT);
		put_bool(&json, "binary", U(RV_SOCKET_FLAGS) & RV_SOCKET_BINARY);
		put_int(&json, "bytes", U(RV_SOCKET_BYTES));
		put_text(&json, "text", S(RV_SOCKET_TEXT));
		break;
	default: return false;
	}
	rv_rrweb_end_custom(ex, &json, rec->t_ms);
	return true;
}
