/* All state but the inbox belongs to the WebSocket loop's thread:
 *
 *   any thread ─▶ inbox (mutex) ─rv_loop_after─▶ loop: acts ── waiting for ──▶ tab ─▶ its socket
 *                                                      tabs ── names ──▶ index by (workspace, id | e-mail)
 */
#include "bus.h"
#include "clock.h"
#include "json_check.h"
#include "json_read.h"
#include "secret.h"
#include "seen.h"
#include "hash.h"
#include "store.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
	ACT_MS = 3000, TAB_MS = 1000,      /* for the whole action, for one tab's acknowledgement */
	ACTS_MAX = 1024, TRIED_MAX = 64,
	TABS_MAX = 200000,
	PERSON_MAX = 320,                    /* bytes of a user's id or e-mail */
	INDEX_SLOTS = 1 << 14,
	SEEN_SLOTS = 4096, SEEN_MS = 120000,
	PING_MS = 30000, PING_ROUND_MS = 5000,
	FRAMES_PER_S = 20, FRAMES_BURST = 200,
	FRAME_MAX = 64 << 10
};

enum { BY_ID, BY_EMAIL, NAMES };

struct tab;
struct name {
	struct name *next; /* in its index slot */
	struct tab *tab;
	uint64_t hash;     /* 0: none, not in the index */
	char *text;
};

struct tab {
	struct tab *prev, *next;
	struct rv_bus *bus;
	struct rv_ws *ws;
	uint64_t serial;
	char workspace_id[32];
	struct name names[NAMES];
	bool visible, greeted;
	int64_t active_ms, pinged_ms, frames_at_ms;
	int frames_left;
};

struct act {
	struct act *prev, *next;
	char id[32], workspace_id[32];
	char names[NAMES][PERSON_MAX + 1];   /* the same person as an id and as an e-mail in lower case */
	uint64_t hashes[NAMES];
	struct rv_buf frame;
	int64_t until_ms, tab_until_ms;
	uint64_t tab, tried[TRIED_MAX];    /* serials; tab 0: waits for one to come */
	unsigned n_tried;
	void (*done)(void *user, enum rv_action_outcome outcome);
	void *user;
};

struct inbox_item { struct inbox_item *next; struct act *act; char workspace_id[32], etag[24]; };

struct rv_bus {
	struct rv_server *server;
	uint32_t seed;
	int64_t start_ms, timer_ms;        /* timer_ms: the earliest wake-up asked for, 0 none */
	struct tab *tabs;
	struct act *acts;
	unsigned n_acts;
	uint64_t last_serial;
	struct name *index[INDEX_SLOTS];
	/* Who left lately and may be reconnecting; a slot taken by another only costs that one its wait. */
	struct { uint64_t hash; int64_t at_ms; } seen[SEEN_SLOTS];
	struct rv_json_check check;
	uint8_t scratch[FRAME_MAX + 1];

	pthread_mutex_t inbox_lock;
	struct inbox_item *inbox, **inbox_tail;
	atomic_uint n_tabs, n_waiting;
	atomic_ulong outcomes[4], refused_frames;
};

static void tick(void *user);

/* ---- names ---- */

static uint64_t name_hash(const struct rv_bus *bus, const char *workspace_id, int kind, const char *text)
{
	uint32_t low = rv_hash32(rv_span_str(workspace_id), bus->seed + (uint32_t)kind);
	uint32_t high = rv_hash32(rv_span_str(text), low);
	low = rv_hash32(rv_span_str(text), high ^ bus->seed);
	return ((uint64_t)high << 32 | low) | 1;
}

static void lower(char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text += 32;
}

static void forget_name(struct rv_bus *bus, struct name *name)
{
	if (!name->hash)
		return;
	struct name **at = &bus->index[name->hash >> 8 & (INDEX_SLOTS - 1)];
	while (*at != name)
		at = &(*at)->next;
	*at = name->next;
	bus->seen[name->hash >> 8 & (SEEN_SLOTS - 1)].hash = name->hash;
	bus->seen[name->hash >> 8 & (SEEN_SLOTS - 1)].at_ms = rv_clock_mono_ms();
	free(name->text);
	*name = (struct name){.tab = name->tab};
}

static void set_name(struct rv_bus *bus, struct tab *tab, int kind, const char *text)
{
	struct name *name = &tab->names[kind];
	if (name->text && text && strcmp(name->text, text) == 0)
		return;
	forget_name(bus, name);
	if (!text || !*text || strlen(text) > PERSON_MAX || !(name->text = strdup(text)))
		return;
	if (kind == BY_EMAIL)
		lower(name->text);
	name->hash = name_hash(bus, tab->workspace_id, kind, name->text);
	struct name **slot = &bus->index[name->hash >> 8 & (INDEX_SLOTS - 1)];
	name->next = *slot;
	*slot = name;
}

static bool may_come_back(const struct rv_bus *bus, const struct act *act, int64_t now)
{
	if (now - bus->start_ms < SEEN_MS) /* after a restart everybody is reconnecting */
		return true;
	for (int kind = 0; kind < NAMES; kind++) {
		uint64_t hash = act->hashes[kind];
		unsigned slot = hash >> 8 & (SEEN_SLOTS - 1);
		if (bus->seen[slot].hash == hash && now - bus->seen[slot].at_ms < SEEN_MS)
			return true;
	}
	return false;
}

/* ---- timer ---- */

static void wake_at(struct rv_bus *bus, int64_t at_ms)
{
	if (bus->timer_ms && bus->timer_ms <= at_ms)
		return;
	int64_t now = rv_clock_mono_ms();
	bus->timer_ms = at_ms;
	if (!rv_loop_after(bus->server, at_ms > now ? (uint32_t)(at_ms - now) : 0, tick, bus))
		bus->timer_ms = 0;
}

/* ---- acts ---- */

static void free_act(struct act *act)
{
	rv_buf_deinit(&act->frame);
	free(act);
}

static void finish_act(struct rv_bus *bus, struct act *act, enum rv_action_outcome outcome)
{
	if (act->prev)
		act->prev->next = act->next;
	else
		bus->acts = act->next;
	if (act->next)
		act->next->prev = act->prev;
	bus->n_acts--;
	atomic_store(&bus->n_waiting, bus->n_acts);
	atomic_fetch_add(&bus->outcomes[outcome], 1);
	act->done(act->user, outcome);
	free_act(act);
}

static bool was_tried(const struct act *act, const struct tab *tab)
{
	for (unsigned i = 0; i < act->n_tried; i++)
		if (act->tried[i] == tab->serial)
			return true;
	return false;
}

static bool is_better(const struct tab *a, const struct tab *b)
{
	if (!b || a->visible != b->visible)
		return !b || a->visible;
	return a->active_ms != b->active_ms ? a->active_ms > b->active_ms : a->serial > b->serial;
}

static struct tab *best_tab(struct rv_bus *bus, const struct act *act)
{
	struct tab *best = NULL;
	for (int kind = 0; kind < NAMES; kind++)
		for (struct name *name = bus->index[act->hashes[kind] >> 8 & (INDEX_SLOTS - 1)]; name; name = name->next)
			if (name->hash == act->hashes[kind] && strcmp(name->text, act->names[kind]) == 0 && strcmp(name->tab->workspace_id, act->workspace_id) == 0
				&& !was_tried(act, name->tab) && is_better(name->tab, best))
				best = name->tab;
	return best;
}

/* Moves an act on; it may be gone afterwards. */
static void step_act(struct rv_bus *bus, struct act *act, int64_t now)
{
	if (now >= act->until_ms) {
		finish_act(bus, act, RV_ACTION_NOT_CONNECTED);
		return;
	}
	if (act->tab && now < act->tab_until_ms)
		return;
	act->tab = 0;
	struct tab *tab;
	while (act->n_tried < TRIED_MAX && (tab = best_tab(bus, act))) {
		act->tried[act->n_tried++] = tab->serial;
		if (!rv_ws_send(tab->ws, rv_buf_get(&act->frame)))
			continue;
		act->tab = tab->serial;
		act->tab_until_ms = now + TAB_MS < act->until_ms ? now + TAB_MS : act->until_ms;
		wake_at(bus, act->tab_until_ms);
		return;
	}
	if (act->n_tried == 0 && !may_come_back(bus, act, now))
		finish_act(bus, act, RV_ACTION_NOT_CONNECTED);
	else
		wake_at(bus, act->until_ms);
}

/* Acts that wait for no tab, or for the one that has gone. */
static void step_acts(struct rv_bus *bus, uint64_t gone)
{
	int64_t now = rv_clock_mono_ms();
	for (struct act *act = bus->acts, *next; act; act = next) {
		next = act->next;
		if (gone && act->tab == gone)
			act->tab = 0;
		if (!act->tab)
			step_act(bus, act, now);
	}
}

static void answer_act(struct rv_bus *bus, const struct tab *tab, const cJSON *frame)
{
	const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(frame, "id"));
	struct act *act = bus->acts;
	while (act && id && (strcmp(act->id, id) != 0 || strcmp(act->workspace_id, tab->workspace_id) != 0))
		act = act->next;
	if (!id || !act)
		return;
	bool no = cJSON_IsString(cJSON_GetObjectItemCaseSensitive(frame, "error")) || cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(frame, "ok"))
		|| cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(frame, "unsupported"));
	finish_act(bus, act, no ? RV_ACTION_NOT_SUPPORTED : RV_ACTION_ACKED);
}

static void start_act(struct rv_bus *bus, struct act *act)
{
	if (bus->n_acts >= ACTS_MAX) {
		atomic_fetch_add(&bus->outcomes[RV_ACTION_BUSY], 1);
		act->done(act->user, RV_ACTION_BUSY);
		free_act(act);
		return;
	}
	act->next = bus->acts;
	if (act->next)
		act->next->prev = act;
	bus->acts = act;
	atomic_store(&bus->n_waiting, ++bus->n_acts);
	step_act(bus, act, rv_clock_mono_ms());
}

/* ---- sockets ---- */

static void send_text(struct tab *tab, const char *text)
{
	if (!rv_ws_send(tab->ws, rv_span_str(text)))
		rv_ws_close(tab->ws, 1013, "too slow");
}

static void on_open(struct rv_ws *ws, void *user)
{
	struct tab *tab = user;
	struct rv_bus *bus = tab->bus;
	tab->ws = ws;
	tab->serial = ++bus->last_serial;
	tab->active_ms = tab->pinged_ms = tab->frames_at_ms = rv_clock_mono_ms();
	tab->frames_left = FRAMES_BURST;
	tab->next = bus->tabs;
	if (tab->next)
		tab->next->prev = tab;
	bus->tabs = tab;
	wake_at(bus, tab->active_ms + PING_ROUND_MS);
}

static void on_close(struct rv_ws *ws, void *user)
{
	struct tab *tab = user;
	struct rv_bus *bus = tab->bus;
	uint64_t serial = tab->serial;
	if (serial) {
		for (int kind = 0; kind < NAMES; kind++)
			forget_name(bus, &tab->names[kind]);
		if (tab->prev)
			tab->prev->next = tab->next;
		else
			bus->tabs = tab->next;
		if (tab->next)
			tab->next->prev = tab->prev;
	}
	free(tab);
	atomic_fetch_sub(&bus->n_tabs, 1);
	if (serial)
		step_acts(bus, serial);
}

/* A text, or a number written as one; NULL for anything else. */
static const char *name_text(const cJSON *value, char number[32])
{
	if (rv_json_is_whole(value)) {
		snprintf(number, 32, "%lld", (long long)value->valuedouble);
		return number;
	}
	return cJSON_GetStringValue(value);
}

static void set_user(struct rv_bus *bus, struct tab *tab, const cJSON *user)
{
	char number[32];
	set_name(bus, tab, BY_ID, name_text(cJSON_GetObjectItemCaseSensitive(user, "id"), number));
	if (tab->names[BY_ID].hash)
		rv_seen_note(tab->workspace_id, RV_SEEN_IDENTIFY, NULL);
	set_name(bus, tab, BY_EMAIL, cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(user, "email")));
	step_acts(bus, 0);
}

static void set_visible(struct tab *tab, const cJSON *frame)
{
	const cJSON *visible = cJSON_GetObjectItemCaseSensitive(frame, "visible");
	if (cJSON_IsBool(visible))
		tab->visible = cJSON_IsTrue(visible);
	tab->active_ms = rv_clock_mono_ms();
}

static void on_frame(struct rv_bus *bus, struct tab *tab, const cJSON *frame)
{
	const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(frame, "t"));
	if (!type) {
		rv_ws_close(tab->ws, 1008, "no frame type");
	} else if (strcmp(type, "hello") == 0) {
		set_visible(tab, frame);
		tab->greeted = true;
		rv_seen_note(tab->workspace_id, RV_SEEN_SOCKET, NULL);
		send_text(tab, "{\"t\":\"welcome\"}");
		set_user(bus, tab, cJSON_GetObjectItemCaseSensitive(frame, "user"));
	} else if (!tab->greeted) {
		rv_ws_close(tab->ws, 1008, "hello comes first");
	} else if (strcmp(type, "identify") == 0) {
		set_user(bus, tab, cJSON_GetObjectItemCaseSensitive(frame, "user"));
	} else if (strcmp(type, "state") == 0) {
		set_visible(tab, frame);
	} else if (strcmp(type, "ack") == 0 || strcmp(type, "result") == 0) {
		answer_act(bus, tab, frame);
	}
	/* pong, and what a later widget may say, needs no answer. */
}

static bool may_talk(struct tab *tab)
{
	int64_t now = rv_clock_mono_ms(), more = (now - tab->frames_at_ms) * FRAMES_PER_S / 1000;
	if (more > 0) {
		tab->frames_left = tab->frames_left + more > FRAMES_BURST ? FRAMES_BURST : (int)(tab->frames_left + more);
		tab->frames_at_ms = now;
	}
	return tab->frames_left-- > 0;
}

static void on_text(struct rv_ws *ws, void *user, struct rv_span text)
{
	struct tab *tab = user;
	struct rv_bus *bus = tab->bus;
	struct rv_json_error error;
	cJSON *frame = NULL;
	if (!may_talk(tab)) {
		atomic_fetch_add(&bus->refused_frames, 1);
		rv_ws_close(ws, 1008, "too many frames");
		return;
	}
	if (text.len <= FRAME_MAX) {
		memcpy(bus->scratch, text.ptr, text.len);
		bus->scratch[text.len] = 0;
		if (rv_json_check(&bus->check, bus->scratch, text.len, &error) == RV_OK && rv_json_parse(rv_span(bus->scratch, text.len), &frame) != RV_OK)
			frame = NULL;
	}
	if (cJSON_IsObject(frame)) {
		on_frame(bus, tab, frame);
	} else {
		atomic_fetch_add(&bus->refused_frames, 1);
		rv_ws_close(ws, 1007, "not a JSON object");
	}
	cJSON_Delete(frame);
}

const struct rv_ws_events rv_bus_events = {.open = on_open, .text = on_text, .close = on_close};

void *rv_bus_tab(struct rv_bus *bus, const char *workspace_id)
{
	struct tab *tab = atomic_load(&bus->n_tabs) < TABS_MAX ? calloc(1, sizeof *tab) : NULL;
	if (!tab)
		return NULL;
	atomic_fetch_add(&bus->n_tabs, 1);
	tab->bus = bus;
	snprintf(tab->workspace_id, sizeof tab->workspace_id, "%s", workspace_id);
	for (int kind = 0; kind < NAMES; kind++)
		tab->names[kind].tab = tab;
	return tab;
}

static void tick(void *user)
{
	struct rv_bus *bus = user;
	int64_t now = rv_clock_mono_ms(), next = 0;
	if (now + 2 < bus->timer_ms)
		return; /* not the timer that counts: an earlier one has run since, and asked for its own */
	bus->timer_ms = 0;
	for (struct act *act = bus->acts, *after; act; act = after) {
		after = act->next;
		step_act(bus, act, now);
	}
	for (struct act *act = bus->acts; act; act = act->next) {
		int64_t due = act->tab ? act->tab_until_ms : act->until_ms;
		next = !next || due < next ? due : next;
	}
	for (struct tab *tab = bus->tabs; tab; tab = tab->next)
		if (now - tab->pinged_ms >= PING_MS) {
			tab->pinged_ms = now;
			send_text(tab, "{\"t\":\"ping\"}");
		}
	if (bus->tabs && (!next || next > now + PING_ROUND_MS))
		next = now + PING_ROUND_MS;
	if (next)
		wake_at(bus, next);
}

/* ---- from other threads ---- */

static void drain_inbox(void *user)
{
	struct rv_bus *bus = user;
	pthread_mutex_lock(&bus->inbox_lock);
	struct inbox_item *item = bus->inbox;
	bus->inbox = NULL;
	bus->inbox_tail = &bus->inbox;
	pthread_mutex_unlock(&bus->inbox_lock);
	while (item) {
		struct inbox_item *next = item->next;
		if (item->act) {
			start_act(bus, item->act);
		} else {
			char text[64];
			snprintf(text, sizeof text, "{\"t\":\"config\",\"etag\":\"%.16s\"}", item->etag);
			for (struct tab *tab = bus->tabs; tab; tab = tab->next)
				if (strcmp(tab->workspace_id, item->workspace_id) == 0)
					send_text(tab, text);
		}
		free(item);
		item = next;
	}
}

/* What is posted when the loop no longer runs stays in the inbox until rv_bus_free. */
static bool post(struct rv_bus *bus, struct inbox_item *item)
{
	item->next = NULL;
	pthread_mutex_lock(&bus->inbox_lock);
	bool ok = rv_loop_after(bus->server, 0, drain_inbox, bus);
	if (ok) {
		*bus->inbox_tail = item;
		bus->inbox_tail = &item->next;
	}
	pthread_mutex_unlock(&bus->inbox_lock);
	return ok;
}

static enum rv_status write_frame(struct act *act, const struct rv_action *action)
{
	struct rv_json json;
	rv_buf_init(&act->frame, FRAME_MAX);
	rv_json_init(&json, &act->frame);
	rv_json_open(&json, '{');
	rv_json_key(&json, "t");
	rv_json_cstr(&json, "action");
	rv_json_key(&json, "id");
	rv_json_cstr(&json, act->id);
	rv_json_key(&json, "action");
	rv_json_cstr(&json, action->action);
	rv_json_key(&json, "sessionToken");
	rv_json_cstr(&json, action->session_token);
	if (action->description) {
		rv_json_key(&json, "userProvidedDescription");
		rv_json_cstr(&json, action->description);
	}
	rv_json_key(&json, "deadline");
	rv_json_int(&json, rv_clock_wall_ms() + ACT_MS);
	rv_json_close(&json, '}');
	return rv_buf_status(&act->frame);
}

void rv_bus_act(struct rv_bus *bus, const struct rv_action *action, void (*done)(void *user, enum rv_action_outcome outcome), void *user)
{
	struct act *act = strlen(action->user_id) <= PERSON_MAX ? calloc(1, sizeof *act) : NULL;
	struct inbox_item *item = calloc(1, sizeof *item);
	if (act && item) {
		rv_id_new("act_", act->id);
		snprintf(act->workspace_id, sizeof act->workspace_id, "%s", action->workspace_id);
		strcpy(act->names[BY_ID], action->user_id);
		strcpy(act->names[BY_EMAIL], action->user_id);
		lower(act->names[BY_EMAIL]);
		for (int kind = 0; kind < NAMES; kind++)
			act->hashes[kind] = name_hash(bus, act->workspace_id, kind, act->names[kind]);
		act->until_ms = rv_clock_mono_ms() + ACT_MS;
		act->done = done;
		act->user = user;
		item->act = act;
		if (write_frame(act, action) == RV_OK && post(bus, item))
			return;
	}
	if (act)
		free_act(act);
	free(item);
	/* A name longer than any tab's belongs to nobody here. */
	done(user, strlen(action->user_id) > PERSON_MAX ? RV_ACTION_NOT_CONNECTED : RV_ACTION_BUSY);
}

void rv_bus_config_changed(struct rv_bus *bus, const char *workspace_id, const char *etag)
{
	struct inbox_item *item = calloc(1, sizeof *item);
	if (!item)
		return;
	snprintf(item->workspace_id, sizeof item->workspace_id, "%s", workspace_id);
	snprintf(item->etag, sizeof item->etag, "%.*s", (int)strcspn(etag + 1, "\""), etag + 1);
	if (!post(bus, item))
		free(item);
}

/* ---- all of it ---- */

struct rv_bus *rv_bus_new(struct rv_server *server)
{
	struct rv_bus *bus = calloc(1, sizeof *bus);
	if (!bus)
		return NULL;
	char random[9];
	rv_random_text(random, 8);
	memcpy(&bus->seed, random, sizeof bus->seed);
	memcpy(&bus->check.seed, random, sizeof bus->check.seed);
	bus->server = server;
	bus->start_ms = rv_clock_mono_ms();
	bus->inbox_tail = &bus->inbox;
	pthread_mutex_init(&bus->inbox_lock, NULL);
	return bus;
}

void rv_bus_free(struct rv_bus *bus)
{
	if (!bus)
		return;
	for (struct inbox_item *item = bus->inbox, *next; item; item = next) {
		next = item->next;
		if (item->act)
			free_act(item->act);
		free(item);
	}
	for (struct act *act = bus->acts, *next; act; act = next) {
		next = act->next;
		free_act(act);
	}
	pthread_mutex_destroy(&bus->inbox_lock);
	free(bus);
}

void rv_bus_metrics(struct rv_bus *bus, struct rv_buf *out)
{
	static const char *const names[] = {"acked", "not_connected", "not_supported", "busy"};
	rv_buf_str(out, "# TYPE rearview_action_tabs gauge\nrearview_action_tabs ");
	rv_buf_dec(out, atomic_load(&bus->n_tabs));
	rv_buf_str(out, "\n# TYPE rearview_actions_waiting gauge\nrearview_actions_waiting ");
	rv_buf_dec(out, atomic_load(&bus->n_waiting));
	rv_buf_str(out, "\n# TYPE rearview_actions_total counter\n");
	for (int i = 0; i < 4; i++) {
		rv_buf_str(out, "rearview_actions_total{outcome=\"");
		rv_buf_str(out, names[i]);
		rv_buf_str(out, "\"} ");
		rv_buf_dec(out, atomic_load(&bus->outcomes[i]));
		rv_buf_str(out, "\n");
	}
	rv_buf_str(out, "# TYPE rearview_action_frames_refused_total counter\nrearview_action_frames_refused_total ");
	rv_buf_dec(out, atomic_load(&bus->refused_frames));
	rv_buf_str(out, "\n");
}
