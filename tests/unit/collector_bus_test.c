/* The bus with sockets, loop and clock of the test's own: every wait is a step of the clock. */
#include "bus.h"
#include "clock.h"
#include "cmocka_all.h"
#include "seen.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- the world round the bus ---- */

static int64_t now_ms;
int64_t rv_clock_mono_ms(void) { return now_ms; }
int64_t rv_clock_wall_ms(void) { return 1700000000000 + now_ms; }
/* What the console is told of an installation is not the bus's business. */
void rv_seen_note(const char *workspace_id, enum rv_seen_step step, struct rv_call *call) {}

struct timer { int64_t at_ms; void (*fn)(void *user); void *user; };
static struct timer timers[256];
static size_t n_timers;
static bool loop_over;

bool rv_loop_after(struct rv_server *server, uint32_t delay_ms, void (*fn)(void *user), void *user)
{
	if (loop_over)
		return false;
	assert_true(n_timers < 256);
	timers[n_timers++] = (struct timer){now_ms + delay_ms, fn, user};
	return true;
}

/* Moves the clock, running what falls due in order. */
static void pass(int64_t ms)
{
	int64_t until = now_ms + ms;
	for (;;) {
		size_t next = n_timers;
		for (size_t i = 0; i < n_timers; i++)
			if (timers[i].at_ms <= until && (next == n_timers || timers[i].at_ms < timers[next].at_ms))
				next = i;
		if (next == n_timers)
			break;
		struct timer timer = timers[next];
		timers[next] = timers[--n_timers];
		if (timer.at_ms > now_ms)
			now_ms = timer.at_ms;
		timer.fn(timer.user);
	}
	now_ms = until;
}

struct rv_ws { void *tab; char last[66000]; int n_sent, pings, closed; bool deaf; };

bool rv_ws_send(struct rv_ws *ws, struct rv_span text)
{
	if (ws->deaf)
		return false;
	if (rv_span_is(text, "{\"t\":\"ping\"}")) {
		ws->pings++;
		return true;
	}
	ws->n_sent++;
	snprintf(ws->last, sizeof ws->last, "%.*s", (int)text.len, text.ptr);
	return true;
}
void rv_ws_close(struct rv_ws *ws, uint16_t code, const char *reason) { ws->closed = code; }
void rv_ws_retain(struct rv_ws *ws) {}
void rv_ws_release(struct rv_ws *ws) {}

static struct rv_bus *bus;

static struct rv_ws *connect_to(const char *workspace)
{
	struct rv_ws *ws = calloc(1, sizeof *ws);
	ws->tab = rv_bus_tab(bus, workspace);
	assert_non_null(ws->tab);
	rv_bus_events.open(ws, ws->tab);
	return ws;
}

static void say(struct rv_ws *ws, const char *text) { rv_bus_events.text(ws, ws->tab, rv_span_str(text)); }

static struct rv_ws *tab_of(const char *workspace, const char *user, bool visible)
{
	char hello[1024];
	struct rv_ws *ws = connect_to(workspace);
	snprintf(hello, sizeof hello, "{\"t\":\"hello\",\"visitor\":\"v\",\"session\":\"s\",\"user\":%s,\"url\":\"https://a.de/\",\"visible\":%s,\"v\":1}", user, visible ? "true" : "false");
	say(ws, hello);
	assert_string_equal(ws->last, "{\"t\":\"welcome\"}");
	now_ms += 10; /* so that no two tabs were active at one time */
	return ws;
}

static void leave(struct rv_ws *ws)
{
	rv_bus_events.close(ws, ws->tab);
	free(ws);
}

struct asked { int n; enum rv_action_outcome outcome; int64_t at_ms; };

static void done(void *user, enum rv_action_outcome outcome)
{
	struct asked *asked = user;
	asked->n++;
	asked->outcome = outcome;
	asked->at_ms = now_ms;
}

static void ask(struct asked *asked, const char *workspace, const char *user)
{
	*asked = (struct asked){.outcome = 99};
	struct rv_action action = {.workspace_id = workspace, .user_id = user, .action = "upload-session", .description = "It \"broke\"", .session_token = "ses_x"};
	rv_bus_act(bus, &action, done, asked);
	pass(0);
}

static void answer(struct rv_ws *ws, const char *type, const char *more)
{
	char text[256], *id = strstr(ws->last, "\"id\":\"");
	assert_non_null(id);
	snprintf(text, sizeof text, "{\"t\":\"%s\",\"id\":\"%.26s\"%s}", type, id + 6, more);
	say(ws, text);
}

static void assert_answered(const struct asked *asked, enum rv_action_outcome outcome)
{
	assert_int_equal(asked->n, 1);
	assert_int_equal(asked->outcome, outcome);
}

static int set_up(void **state)
{
	now_ms = 1000;
	n_timers = 0;
	loop_over = false;
	bus = rv_bus_new(NULL);
	pass(200000); /* long after the start */
	return bus ? 0 : -1;
}

static int tear_down(void **state)
{
	rv_bus_free(bus);
	return 0;
}

/* ---- tests ---- */

static void acknowledges(void **state)
{
	struct asked asked;
	struct rv_ws *ws = tab_of("ws_1", "{\"id\":\"u1\",\"email\":\"Jane@Example.com\"}", true);
	ask(&asked, "ws_1", "u1");
	assert_int_equal(asked.n, 0);
	assert_non_null(strstr(ws->last, "\"t\":\"action\""));
	assert_non_null(strstr(ws->last, "\"action\":\"upload-session\",\"sessionToken\":\"ses_x\",\"userProvidedDescription\":\"It \\\"broke\\\"\",\"deadline\":17000"));
	answer(ws, "ack", "");
	assert_answered(&asked, RV_ACTION_ACKED);
	answer(ws, "result", ",\"ok\":true,\"report\":\"rep_1\"");
	assert_answered(&asked, RV_ACTION_ACKED);

	ask(&asked, "ws_1", "jane@example.COM");
	answer(ws, "result", ",\"ok\":true"); /* a result is an acknowledgement too */
	assert_answered(&asked, RV_ACTION_ACKED);
	ask(&asked, "ws_1", "u1");
	answer(ws, "ack", ",\"error\":\"ACTION_NOT_SUPPORTED\"");
	assert_answered(&asked, RV_ACTION_NOT_SUPPORTED);
	ask(&asked, "ws_1", "u1");
	answer(ws, "result", ",\"ok\":false,\"error\":\"ACTION_NOT_SUPPORTED\"");
	assert_answered(&asked, RV_ACTION_NOT_SUPPORTED);
	leave(ws);
}

static void knows_who_is_there(void **state)
{
	struct asked asked;
	struct rv_ws *ws = tab_of("ws_1", "{\"id\":\"u1\"}", true);
	ask(&asked, "ws_1", "u2");
	assert_answered(&asked, RV_ACTION_NOT_CONNECTED);
	ask(&asked, "ws_2", "u1"); /* the same id in another workspace is somebody else */
	assert_answered(&asked, RV_ACTION_NOT_CONNECTED);
	ask(&asked, "ws_1", "U1"); /* ids are exact, e-mails are not */
	assert_answered(&asked, RV_ACTION_NOT_CONNECTED);
	assert_int_equal(ws->n_sent, 1);

	say(ws, "{\"t\":\"identify\",\"user\":{\"id\":42,\"email\":\"a@b.de\"}}");
	ask(&asked, "ws_1", "42");
	answer(ws, "ack", "");
	assert_answered(&asked, RV_ACTION_ACKED);
	say(ws, "{\"t\":\"identify\",\"user\":null}"); /* logout */
	ask(&asked, "ws_1", "42");
	pass(3100);
	assert_answered(&asked, RV_ACTION_NOT_CONNECTED);
	assert_int_equal(ws->n_sent, 2);
	leave(ws);
}

static void prefers_the_visible_then_the_latest(void **state)
{
	struct asked asked;
	struct rv_ws *first = tab_of("ws_1", "{\"id\":\"u1\"}", true), *second = tab_of("ws_1", "{\"id\":\"u1\"}", true), *hidden = tab_of("ws_1", "{\"id\":\"u1\"}", false);
	say(first, "{\"t\":\"state\",\"visible\":true,\"url\":\"https://a.de/2\"}");
	ask(&asked, "ws_1", "u1");
	assert_int_equal(first->n_sent, 2);
	assert_int_equal(second->n_sent, 1);
	int64_t start = now_ms;
	pass(990);
	assert_int_equal(second->n_sent, 1);
	pass(20); /* one second without an acknowledgement: the next */
	assert_int_equal(second->n_sent, 2);
	assert_int_equal(hidden->n_sent, 1);
	pass(1000);
	assert_int_equal(hidden->n_sent, 2);
	pass(1000);
	assert_answered(&asked, RV_ACTION_NOT_CONNECTED);
	assert_in_range(asked.at_ms - start, 2990, 3010);
	assert_int_equal(first->n_sent + second->n_sent + hidden->n_sent, 6);

	say(first, "{\"t\":\"state\",\"visible\":false}");
	ask(&asked, "ws_1", "u1");
	assert_int_equal(second->n_sent, 3);
	pass(1100);
	answer(second, "ack", ""); /* late, but before another answered */
	assert_answered(&asked, RV_ACTION_ACKED);
	leave(first);
	leave(second);
	leave(hidden);
}

static void tries_the_next_when_a_tab_dies(void **state)
{
	struct asked asked;
	struct rv_ws *other = tab_of("ws_1", "{\"id\":\"u1\"}", true), *dying = tab_of("ws_1", "{\"id\":\"u1\"}", true), *deaf = tab_of("ws_1", "{\"id\":\"u1\"}", true);
	deaf->deaf = true;
	ask(&asked, "ws_1", "u1");
	assert_int_equal(dying->n_sent, 2);
	leave(dying);
	assert_int_equal(other->n_sent, 2); /* at once */
	answer(other, "ack", "");
	assert_answered(&asked, RV_ACTION_ACKED);
	leave(deaf);
	leave(other);
}

static void waits_for_a_socket_that_reconnects(void **state)
{
	struct asked asked;
	struct rv_ws *ws = tab_of("ws_1", "{\"id\":\"u1\"}", true);
	leave(ws);
	pass(5000);
	ask(&asked, "ws_1", "u1");
	pass(2000);
	assert_int_equal(asked.n, 0);
	for (int i = 0; i < 2; i++) { /* comes, gets the action, dies before it answers; comes again */
		ws = connect_to("ws_1");
		say(ws, "{\"t\":\"hello\",\"user\":{\"id\":\"u1\"},\"visible\":true}");
		assert_int_equal(ws->n_sent, 2);
		leave(ws);
	}
	assert_int_equal(asked.n, 0);
	pass(2000);
	assert_answered(&asked, RV_ACTION_NOT_CONNECTED);

	pass(130000); /* two minutes later nobody waits */
	ask(&asked, "ws_1", "u1");
	assert_answered(&asked, RV_ACTION_NOT_CONNECTED);
}

static void takes_the_action_after_reconnecting(void **state)
{
	struct asked asked;
	struct rv_ws *ws = tab_of("ws_1", "{\"id\":\"u1\"}", true);
	ask(&asked, "ws_1", "u1");
	leave(ws);
	pass(500);
	ws = connect_to("ws_1");
	say(ws, "{\"t\":\"hello\",\"user\":{\"id\":\"u1\"},\"visible\":true}");
	assert_int_equal(ws->n_sent, 2); /* welcome, action */
	answer(ws, "ack", "");
	assert_answered(&asked, RV_ACTION_ACKED);
	leave(ws);
}

static void stays_calm_with_hostile_frames(void **state)
{
	static const char *const frames[] = {"", "[]", "7", "{", "{\"t\":\"hello\",\"t\":\"hello\"}", "{\"t\":\"\\u0000\"}", "\xff", "null"};
	for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
		struct rv_ws *ws = connect_to("ws_1");
		say(ws, frames[i]);
		assert_int_equal(ws->closed, 1007);
		leave(ws);
	}
	struct rv_ws *ws = connect_to("ws_1");
	say(ws, "{\"t\":\"state\",\"visible\":true}");
	assert_int_equal(ws->closed, 1008); /* hello comes first */
	leave(ws);

	/* wrong types, over-long names, acknowledgements of others' or no actions */
	static const char *const odd[] = {
		"{\"t\":\"identify\",\"user\":7}", "{\"t\":\"identify\",\"user\":{\"id\":{},\"email\":[]}}", "{\"t\":\"identify\",\"user\":{\"id\":1e999}}", "{\"t\":\"ack\"}",
		"{\"t\":\"ack\",\"id\":7}", "{\"t\":\"result\",\"id\":\"act_none\",\"ok\":true}", "{\"t\":\"state\",\"visible\":\"yes\",\"url\":7}", "{\"t\":\"later\"}", "{\"t\":\"hello\",\"user\":\"x\"}",
	};
	ws = tab_of("ws_1", "{\"id\":\"u1\"}", true);
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
		say(ws, odd[i]);
	char *text = malloc(70000);
	strcpy(text, "{\"t\":\"identify\",\"user\":{\"id\":\"");
	memset(text + 30, 'x', 60000);
	strcpy(text + 60030, "\"}}");
	say(ws, text);
	text[30 + 1000] = 0;
	struct asked asked;
	ask(&asked, "ws_1", text + 30);
	assert_answered(&asked, RV_ACTION_NOT_CONNECTED);
	free(text);
	assert_int_equal(ws->closed, 0);

	struct rv_ws *stranger = tab_of("ws_2", "{\"id\":\"u1\"}", true);
	say(ws, "{\"t\":\"identify\",\"user\":{\"id\":\"u1\"}}");
	ask(&asked, "ws_1", "u1");
	snprintf(stranger->last, sizeof stranger->last, "%s", ws->last);
	answer(stranger, "ack", "");
	assert_int_equal(asked.n, 0);
	answer(ws, "ack", "");
	assert_answered(&asked, RV_ACTION_ACKED);
	leave(stranger);

	for (int i = 0; i < 300 && !ws->closed; i++)
		say(ws, "{\"t\":\"pong\"}");
	assert_int_equal(ws->closed, 1008); /* too many frames */
	leave(ws);
}

static void pings_and_tells_of_changes(void **state)
{
	struct rv_ws *ws = tab_of("ws_1", "null", true), *other = tab_of("ws_2", "null", true);
	pass(100000);
	assert_in_range(ws->pings, 2, 3);
	rv_bus_config_changed(bus, "ws_1", "\"0123456789abcdef\"");
	pass(0);
	assert_string_equal(ws->last, "{\"t\":\"config\",\"etag\":\"0123456789abcdef\"}");
	assert_int_equal(other->n_sent, 1);
	leave(ws);
	leave(other);
}

static void bounds_what_is_under_way(void **state)
{
	static struct asked asked[1100];
	struct rv_ws *ws = tab_of("ws_1", "{\"id\":\"u1\"}", true);
	unsigned busy = 0;
	for (int i = 0; i < 1100; i++) {
		ask(&asked[i], "ws_1", "u1");
		busy += asked[i].n == 1 && asked[i].outcome == RV_ACTION_BUSY;
	}
	assert_int_equal(busy, 1100 - 1024);
	pass(3100);
	for (int i = 0; i < 1100; i++)
		assert_int_equal(asked[i].n, 1);
	leave(ws);

	/* a handshake that failed: close without an open */
	void *tab = rv_bus_tab(bus, "ws_1");
	rv_bus_events.close(NULL, tab);

	/* many tabs of one user: no more than 64 are tried */
	struct rv_ws *many[100];
	for (int i = 0; i < 100; i++) {
		many[i] = tab_of("ws_1", "{\"id\":\"u9\"}", true);
		many[i]->deaf = true;
	}
	ask(&asked[0], "ws_1", "u9");
	pass(3100);
	assert_answered(&asked[0], RV_ACTION_NOT_CONNECTED);
	for (int i = 0; i < 100; i++)
		leave(many[i]);

	loop_over = true;
	ask(&asked[0], "ws_1", "u1");
	assert_answered(&asked[0], RV_ACTION_BUSY);
	loop_over = false;
	/* what is still under way when everything ends is freed */
	struct rv_action action = {.workspace_id = "ws_1", .user_id = "u1", .action = "upload-session", .session_token = "s"};
	rv_bus_act(bus, &action, done, &asked[1]);
	struct rv_buf metrics;
	rv_buf_init(&metrics, 4096);
	rv_bus_metrics(bus, &metrics);
	rv_buf_byte(&metrics, 0);
	assert_non_null(strstr((char *)metrics.ptr, "rearview_action_tabs 0\n"));
	assert_non_null(strstr((char *)metrics.ptr, "rearview_actions_total{outcome=\"busy\"} 76\n"));
	rv_buf_deinit(&metrics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(acknowledges, set_up, tear_down),
		cmocka_unit_test_setup_teardown(knows_who_is_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(prefers_the_visible_then_the_latest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tries_the_next_when_a_tab_dies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(waits_for_a_socket_that_reconnects, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_the_action_after_reconnecting, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stays_calm_with_hostile_frames, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pings_and_tells_of_changes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bounds_what_is_under_way, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
