#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include "http.h"
#include "loopback.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

static struct rv_server *server;
static unsigned port;
static atomic_int opened, closed, closed_unopened, texts;
static pthread_mutex_t last_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct rv_ws *last; /* retained */

static void keep(struct rv_ws *ws)
{
	pthread_mutex_lock(&last_mutex);
	if (last)
		rv_ws_release(last);
	last = ws;
	if (ws)
		rv_ws_retain(ws);
	pthread_mutex_unlock(&last_mutex);
}

static void on_open(struct rv_ws *ws, void *user)
{
	assert_ptr_equal(user, &opened);
	keep(ws);
	atomic_fetch_add(&opened, 1);
}

/* Echoes; "close 4001" closes. */
static void on_text(struct rv_ws *ws, void *user, struct rv_span text)
{
	atomic_fetch_add(&texts, 1);
	if (rv_span_is(text, "close 4001")) {
		rv_ws_close(ws, 4001, "asked");
		return;
	}
	rv_ws_send(ws, text);
}

static void on_close(struct rv_ws *ws, void *user)
{
	assert_ptr_equal(user, &opened);
	atomic_fetch_add(ws ? &closed : &closed_unopened, 1);
}

static const struct rv_ws_events events = {on_open, on_text, on_close};

static void upgrade(struct rv_call *call) { rv_call_upgrade(call, "rearview.v1", &events, &opened); }
static void upgrade_soon(void *call) { upgrade(call); }
static void upgrade_later(struct rv_call *call) { assert_true(rv_loop_after(server, 20, upgrade_soon, call)); }

static const struct rv_route routes[] = {
	{"GET", "/ws", upgrade, RV_FAMILY_WIDGET, RV_BODY_NONE, 0, "ws", NULL},
	{"GET", "/later", upgrade_later, RV_FAMILY_WIDGET, RV_BODY_NONE, 0, "later", NULL},
};

static struct rv_server_options options = {.listen = "127.0.0.1:0", .header_timeout_ms = 2000};

static void start(void)
{
	struct rv_buf error;
	rv_buf_init(&error, 1000);
	if (rv_server_start(&options, routes, 2, NULL, &server, &error))
		fail_msg("%.*s", (int)error.len, (char *)error.ptr);
	rv_buf_deinit(&error);
	port = rv_server_port(server);
	atomic_store(&opened, 0);
	atomic_store(&closed, 0);
	atomic_store(&closed_unopened, 0);
	atomic_store(&texts, 0);
}

static int set_up(void **unused)
{
	options.ping_ms = options.silence_ms = 0;
	start();
	return 0;
}

static int tear_down(void **unused)
{
	keep(NULL);
	assert_true(rv_server_stop(server, 2000));
	assert_int_equal(atomic_load(&opened), atomic_load(&closed));
	return 0;
}

static void await(atomic_int *count, int n)
{
	for (int i = 0; i < 3000 && atomic_load(count) < n; i++)
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	assert_int_equal(atomic_load(count), n);
}

#define HELLO "Host: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: other, rearview.v1\r\n\r\n"

static int join_at(const char *path)
{
	char request[600];
	int fd = dial(port);
	assert_true(fd >= 0);
	snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" HELLO, path);
	say_text(fd, request);
	struct answer answer = hear(fd);
	if (answer.status != 101)
		fail_msg("%s", answer.text);
	assert_string_equal(header_of(&answer, "Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	assert_string_equal(header_of(&answer, "Sec-WebSocket-Protocol"), "rearview.v1");
	assert_int_equal(answer.len, answer.head);
	answer_free(&answer);
	return fd;
}

static int join(void) { return join_at("/ws"); }

static size_t frame(uint8_t *to, uint8_t first, const void *data, size_t len, int masked)
{
	static const uint8_t mask[4] = {0x11, 0x22, 0x33, 0x44};
	size_t n = 0;
	to[n++] = first;
	uint8_t bit = masked ? 0x80 : 0;
	if (len < 126) {
		to[n++] = (uint8_t)(bit | len);
	} else if (len < 65536) {
		to[n++] = bit | 126;
		to[n++] = (uint8_t)(len >> 8);
		to[n++] = (uint8_t)len;
	} else {
		to[n++] = bit | 127;
		for (int i = 7; i >= 0; i--)
			to[n++] = (uint8_t)((uint64_t)len >> (8 * i));
	}
	if (masked) {
		memcpy(to + n, mask, 4);
		n += 4;
	}
	for (size_t i = 0; i < len; i++)
		to[n + i] = (uint8_t)(((const uint8_t *)data)[i] ^ (masked ? mask[i % 4] : 0));
	return n + len;
}

static void send_frame(int fd, uint8_t first, const void *data, size_t len)
{
	uint8_t *bytes = malloc(len + 20);
	say(fd, bytes, frame(bytes, first, data, len, 1));
	free(bytes);
}

static int read_n(int fd, void *to, size_t len)
{
	for (size_t at = 0; at < len;) {
		struct pollfd ready = {fd, POLLIN, 0};
		ssize_t n = poll(&ready, 1, ANSWER_MS) > 0 ? recv(fd, (char *)to + at, len - at, 0) : 0;
		if (n <= 0)
			return 0;
		at += (size_t)n;
	}
	return 1;
}

/* The next frame's first byte, 0 at the end; its payload to data. */
static int next_frame(int fd, uint8_t *data, size_t *len)
{
	uint8_t head[2], more[8];
	if (!read_n(fd, head, 2))
		return 0;
	assert_int_equal(head[1] & 0x80, 0);
	*len = head[1];
	if (*len == 126) {
		assert_true(read_n(fd, more, 2));
		*len = (size_t)more[0] << 8 | more[1];
	} else if (*len == 127) {
		assert_true(read_n(fd, more, 8));
		*len = (size_t)more[4] << 24 | (size_t)more[5] << 16 | (size_t)more[6] << 8 | more[7];
	}
	assert_true(*len <= 1 << 20);
	assert_true(read_n(fd, data, *len));
	return head[0];
}

static uint8_t data[1 << 20];
static size_t n_data;

static void expect_text(int fd, const char *text)
{
	assert_int_equal(next_frame(fd, data, &n_data), 0x81);
	assert_int_equal(n_data, strlen(text));
	assert_memory_equal(data, text, n_data);
}

static void expect_close(int fd, int code)
{
	assert_int_equal(next_frame(fd, data, &n_data), 0x88);
	assert_true(n_data >= 2);
	assert_int_equal(data[0] << 8 | data[1], code);
	assert_true(is_closed(fd));
	close(fd);
}

static void checks_the_handshake(void **unused)
{
	static const struct { const char *from, *to; int status; } wrong[] = {
		{"Upgrade: websocket", "Upgrade: h2c", 426}, {"Connection: keep-alive, Upgrade", "Connection: keep-alive", 426}, {"Version: 13", "Version: 8", 426}, {"Sec-WebSocket-Version: 13\r\n", "", 426},
		{"dGhlIHNhbXBsZSBub25jZQ==", "short==", 400}, {"dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=?", 400}, {"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 400}, {"rearview.v1", "rearview.v10", 400}, {"Sec-WebSocket-Protocol: other, rearview.v1\r\n", "", 400},
		{"HTTP/1.1", "HTTP/1.0", 426}, {"Host: a\r\n", "Host: a\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 400},
	};
	int n = (int)(sizeof wrong / sizeof *wrong);
	for (int i = 0; i < n; i++) {
		char request[800] = "GET /ws HTTP/1.1\r\n" HELLO, made[800];
		char *at = strstr(request, wrong[i].from);
		snprintf(made, sizeof made, "%.*s%s%s", (int)(at - request), request, wrong[i].to, at + strlen(wrong[i].from));
		struct answer answer = ask(port, made);
		if (answer.status != wrong[i].status)
			fail_msg("%s\n→ %s", made, answer.text);
		answer_free(&answer);
	}
	await(&closed_unopened, n - 1); /* the last one never came to the handler */
	assert_int_equal(atomic_load(&opened), 0);
}

static void echoes(void **unused)
{
	int fd = join();
	send_frame(fd, 0x81, "hello \xe2\x82\xac", 9);
	expect_text(fd, "hello \xe2\x82\xac");
	send_frame(fd, 0x81, "", 0);
	expect_text(fd, "");
	/* In fragments with a ping between, and all of it byte by byte. */
	uint8_t bytes[200];
	size_t n = frame(bytes, 0x01, "\xe2\x82", 2, 1);
	n += frame(bytes + n, 0x89, "p", 1, 1);
	n += frame(bytes + n, 0x00, "\xac", 1, 1);
	n += frame(bytes + n, 0x80, "!", 1, 1);
	for (size_t i = 0; i < n; i++)
		say(fd, bytes + i, 1);
	assert_int_equal(next_frame(fd, data, &n_data), 0x8a);
	assert_memory_equal(data, "p", 1);
	expect_text(fd, "\xe2\x82\xac!");
	/* The largest message passes. */
	static char large[65536];
	memset(large, 'x', sizeof large);
	send_frame(fd, 0x81, large, sizeof large);
	assert_int_equal(next_frame(fd, data, &n_data), 0x81);
	assert_int_equal(n_data, sizeof large);
	send_frame(fd, 0x88, "\x03\xe8", 2);
	expect_close(fd, 1000);
	await(&closed, 1);
}

/* A frame that comes in one packet with the handshake is not lost. */
static void takes_early_frames(void **unused)
{
	uint8_t request[700];
	size_t n = (size_t)snprintf((char *)request, sizeof request, "GET /later HTTP/1.1\r\n" HELLO);
	n += frame(request + n, 0x81, "early", 5, 1);
	int fd = dial(port);
	say(fd, request, n);
	char head[600];
	size_t at = 0;
	while (at < 4 || memcmp(head + at - 4, "\r\n\r\n", 4) != 0)
		assert_true(at < sizeof head && read_n(fd, head + at++, 1));
	assert_memory_equal(head, "HTTP/1.1 101", 12);
	expect_text(fd, "early");
	send_frame(fd, 0x81, "next", 4);
	expect_text(fd, "next");
	close(fd);
	await(&closed, 1);
}

static void closes_what_breaks_the_rules(void **unused)
{
	static char large[65537];
	memset(large, 'x', sizeof large);
	static const struct { uint8_t first; const char *data; size_t len; int code; } cases[] = {
		{0x81, large, 65537, 1009}, {0x81, "\xff", 1, 1007}, {0x81, "\xed\xa0\x80", 3, 1007}, {0x81, "\xe2\x82", 2, 1007}, {0x82, "binary", 6, 1003}, {0xc1, "rsv", 3, 1002}, {0x83, "?", 1, 1002}, {0x80, "alone", 5, 1002}, {0x09, "p", 1, 0}, {0x88, "\x03", 1, 0}, {0x88, "\x03\xed", 2, 1002},
		{0x81, "close 4001", 10, 4001},
	};
	int n = (int)(sizeof cases / sizeof *cases);
	for (int i = 0; i < n; i++) {
		int fd = join();
		send_frame(fd, cases[i].first, cases[i].data, cases[i].len);
		assert_int_equal(next_frame(fd, data, &n_data), 0x88);
		int code = n_data >= 2 ? data[0] << 8 | data[1] : 0;
		if (code != cases[i].code)
			fail_msg("case %d closed with %d", i, code);
		send_frame(fd, 0x88, data, n_data);
		assert_true(is_closed(fd));
		close(fd);
	}
	/* Too large in fragments, or by its announced length alone. */
	int fd = join();
	send_frame(fd, 0x01, large, 40000);
	send_frame(fd, 0x80, large, 40000);
	expect_close(fd, 1009);
	fd = join();
	say(fd, "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\1\2\3\4x", 15);
	expect_close(fd, 1009);
	/* Without a mask. */
	fd = join();
	uint8_t bytes[20];
	say(fd, bytes, frame(bytes, 0x81, "plain", 5, 0));
	expect_close(fd, 1002);
	await(&closed, n + 3);
	assert_int_equal(atomic_load(&texts), 1);
}

static void *send_many(void *unused)
{
	for (int i = 0; i < 200; i++) {
		pthread_mutex_lock(&last_mutex);
		struct rv_ws *ws = last;
		rv_ws_retain(ws);
		pthread_mutex_unlock(&last_mutex);
		rv_ws_send(ws, rv_span_str("from a thread"));
		rv_ws_release(ws);
	}
	return NULL;
}

static void sends_from_any_thread(void **unused)
{
	int fd = join();
	await(&opened, 1);
	pthread_t threads[3];
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, send_many, NULL);
	for (int i = 0; i < 600; i++)
		expect_text(fd, "from a thread");
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	/* While it goes away, and when it has gone. */
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, send_many, NULL);
	close(fd);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	await(&closed, 1);
	assert_false(rv_ws_send(last, rv_span_str("x")));
}

static void holds_back_pressure(void **unused)
{
	int fd = join();
	await(&opened, 1);
	static char chunk[16384];
	memset(chunk, 'y', sizeof chunk);
	size_t sent = 0;
	int refused = 0;
	for (int i = 0; i < 3000 && refused < 20; i++) { /* the kernel takes some megabytes first */
		if (rv_ws_send(last, rv_span(chunk, sizeof chunk)))
			sent++;
		else if (++refused)
			nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	assert_true(refused >= 20);
	/* What was accepted arrives whole and in order, and then there is room again. */
	for (size_t i = 0; i < sent; i++) {
		assert_int_equal(next_frame(fd, data, &n_data), 0x81);
		assert_int_equal(n_data, sizeof chunk);
	}
	bool room = false;
	for (int i = 0; i < 1000 && !room; i++) {
		room = rv_ws_send(last, rv_span_str("again"));
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	assert_true(room);
	expect_text(fd, "again");
	close(fd);
}

/* A peer that pings without reading must not fill our memory. */
static void bounds_pongs(void **unused)
{
	int fd = join();
	uint8_t ping[200];
	static const char text[125];
	size_t n = frame(ping, 0x89, text, sizeof text, 1), sent = 0;
	for (int i = 0; i < 400000; i++) {
		ssize_t got = send(fd, ping, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (got != (ssize_t)n)
			break;
		sent += n;
	}
	assert_true(sent < 40 << 20);
	struct linger hard = {1, 0};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	close(fd);
	await(&closed, 1);
}

static void asks_for_signs_of_life(void **unused)
{
	assert_true(rv_server_stop(server, 1000));
	options.ping_ms = 100;
	options.silence_ms = 400;
	start();
	int lively = join(), silent = join();
	for (int i = 0; i < 8; i++) { /* eight pings are twice the silence that kills */
		assert_int_equal(next_frame(lively, data, &n_data), 0x89);
		send_frame(lively, 0x8a, data, n_data);
	}
	await(&closed, 1);
	assert_int_equal(next_frame(silent, data, &n_data), 0x89);
	assert_true(is_closed(silent));
	send_frame(lively, 0x81, "alive", 5);
	do
		assert_int_not_equal(next_frame(lively, data, &n_data), 0);
	while (n_data != 5);
	close(lively);
	close(silent);
}

static void closes_with_1001_when_stopping(void **unused)
{
	int fds[50];
	for (int i = 0; i < 50; i++)
		fds[i] = join();
	await(&opened, 50);
	keep(NULL);
	assert_true(rv_server_stop(server, 1000));
	assert_int_equal(atomic_load(&closed), 50);
	for (int i = 0; i < 50; i++)
		expect_close(fds[i], 1001);
	start();
}

static void survives_resets(void **unused)
{
	for (int i = 0; i < 150; i++) {
		char request[600];
		int fd = dial(port);
		snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" HELLO, i % 2 ? "/ws" : "/later");
		say_text(fd, request);
		if (i % 3)
			send_frame(fd, 0x81, "hello", 5);
		struct linger hard = {1, 0};
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
		close(fd);
	}
	int fd = join();
	send_frame(fd, 0x81, "still here", 10);
	expect_text(fd, "still here");
	close(fd);
	for (int i = 0; i < 3000 && atomic_load(&closed) != atomic_load(&opened); i++)
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

static long resident_kb(void)
{
	long pages = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	if (fscanf(file, "%ld %ld", &pages, &resident) != 2)
		resident = 0;
	fclose(file);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void idles_cheaply(void **unused)
{
	enum { N = 400 };
	static int fds[N];
	for (int i = 0; i < 20; i++)
		close(join());
	await(&closed, 20);
	long before = resident_kb();
	for (int i = 0; i < N; i++)
		fds[i] = join();
	await(&opened, 20 + N);
	double each = (double)(resident_kb() - before) / N;
	print_message("%.1f KB an idle socket, the client's end included\n", each);
#ifndef SANITIZED /* which keeps what is freed */
	assert_true(each < 20);
#endif
	for (int i = 0; i < N; i++)
		close(fds[i]);
	await(&closed, 20 + N);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(checks_the_handshake), TEST(echoes), TEST(takes_early_frames), TEST(closes_what_breaks_the_rules), TEST(sends_from_any_thread), TEST(holds_back_pressure), TEST(bounds_pongs), TEST(asks_for_signs_of_life),
		TEST(closes_with_1001_when_stopping), TEST(survives_resets), TEST(idles_cheaply),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
