#include "seen.h"
#include "clock.h"
#include "hash.h"
#include <pthread.h>
#include <string.h>

enum { SLOTS = 1024, WAYS = 4, ORIGIN_MAX = 200 };

struct sight { int64_t at_ms; char origin[ORIGIN_MAX + 1]; };
struct slot { char workspace_id[32]; int64_t used_ms; struct sight sights[RV_SEEN_STEPS]; };

static const char *const names[RV_SEEN_STEPS] = {"script", "config", "recording", "no_worker", "no_wasm", "socket", "identify", "report", "refused"};
static struct slot slots[SLOTS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* With the lock. NULL: not there, and not to be made. */
static struct slot *slot_of(const char *workspace_id, bool make)
{
	size_t len = strlen(workspace_id);
	if (!len || len >= sizeof slots->workspace_id)
		return NULL;
	struct slot *set = &slots[rv_hash32(rv_span_str(workspace_id), 0) % (SLOTS / WAYS) * WAYS], *oldest = set;
	for (struct slot *slot = set; slot < set + WAYS; slot++) {
		if (strcmp(slot->workspace_id, workspace_id) == 0)
			return slot;
		if (slot->used_ms < oldest->used_ms)
			oldest = slot;
	}
	if (!make)
		return NULL;
	memset(oldest, 0, sizeof *oldest);
	memcpy(oldest->workspace_id, workspace_id, len);
	return oldest;
}

/* "https://shop.example" of an Origin or a Referer; "" when it is none, too long, or not plain ASCII. */
static void origin_of(struct rv_call *call, char out[ORIGIN_MAX + 1])
{
	const char *text = call ? rv_call_header(call, "Origin") : NULL;
	out[0] = 0;
	if (call && (!text || strcmp(text, "null") == 0))
		text = rv_call_header(call, "Referer");
	const char *host = text ? strstr(text, "://") : NULL;
	size_t len = host ? (size_t)(host + 3 - text) + strcspn(host + 3, "/?#") : 0;
	if (!len || len > ORIGIN_MAX)
		return;
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return;
	memcpy(out, text, len);
	out[len] = 0;
}

static void note(const char *workspace_id, enum rv_seen_step step, struct rv_call *call, bool make)
{
	char origin[ORIGIN_MAX + 1];
	origin_of(call, origin);
	int64_t now = rv_clock_wall_ms();
	pthread_mutex_lock(&lock);
	struct slot *slot = slot_of(workspace_id, make);
	if (slot) {
		slot->used_ms = now;
		slot->sights[step].at_ms = now;
		memcpy(slot->sights[step].origin, origin, sizeof origin);
	}
	pthread_mutex_unlock(&lock);
}

void rv_seen_note(const char *workspace_id, enum rv_seen_step step, struct rv_call *call) { note(workspace_id, step, call, true); }

void rv_seen_file(const char *workspace_id, const char *file, struct rv_call *call)
{
	static const struct { const char *file; enum rv_seen_step step; } files[] = {
		{"rearview.js", RV_SEEN_SCRIPT}, {"rearview.later.js", RV_SEEN_RECORDING}, {"rearview.tools.wasm", RV_SEEN_RECORDING}, {"rearview.tools.wasm.js", RV_SEEN_RECORDING},
		{"rearview.page.js", RV_SEEN_NO_WORKER}, {"rearview.wasm.js", RV_SEEN_NO_WASM},
	};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (strcmp(files[i].file, file) == 0)
			note(workspace_id, files[i].step, call, false);
}

void rv_seen_json(const char *workspace_id, struct rv_json *json)
{
	struct sight sights[RV_SEEN_STEPS] = {{0}};
	pthread_mutex_lock(&lock);
	struct slot *slot = slot_of(workspace_id, true);
	if (slot) {
		slot->used_ms = rv_clock_wall_ms();
		memcpy(sights, slot->sights, sizeof sights);
	}
	pthread_mutex_unlock(&lock);
	rv_json_open(json, '{');
	for (int step = 0; step < RV_SEEN_STEPS; step++) {
		char at[32];
		if (!sights[step].at_ms)
			continue;
		rv_json_key(json, names[step]);
		rv_json_open(json, '{');
		rv_clock_iso(sights[step].at_ms, at);
		rv_json_key(json, "at");
		rv_json_cstr(json, at);
		if (*sights[step].origin) {
			rv_json_key(json, "origin");
			rv_json_cstr(json, sights[step].origin);
		}
		rv_json_close(json, '}');
	}
	rv_json_close(json, '}');
}
