#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <zlib.h>
#include "http.h"
#include "loopback.h"

static struct rv_server *server;
static unsigned port;
static char temp_dir[64];

/* ---- routes of the test ---- */

static void echo(struct rv_call *call)
{
	struct rv_span body = rv_call_body(call);
	assert_int_equal(body.ptr[body.len], 0);
	rv_buf_span(rv_call_out(call), body);
	rv_call_finish(call, 200, "application/json");
}

static void show(struct rv_call *call)
{
	struct rv_buf *out = rv_call_out(call);
	const char *const texts[] = {rv_call_method(call), rv_call_param(call, "id"), rv_call_param(call, "rest"), rv_call_query(call, "q"), rv_call_cookie(call, "b"), rv_call_ip(call), rv_call_base_url(call)};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		rv_buf_str(out, texts[i] ? texts[i] : "-");
		rv_buf_byte(out, '|');
	}
	rv_call_set_header(call, "ETag", "\"one\"");
	rv_call_finish(call, 200, "text/plain");
}

static void tell_literal(struct rv_call *call)
{
	rv_buf_str(rv_call_out(call), "literal");
	rv_call_finish(call, 200, "text/plain");
}

static void form(struct rv_call *call)
{
	const struct rv_part *parts;
	size_t n = rv_call_parts(call, &parts);
	struct rv_buf *out = rv_call_out(call);
	for (size_t i = 0; i < n; i++) {
		char line[300];
		int len = snprintf(line, sizeof line, "%s,%s,%s,%llu,", parts[i].name, parts[i].filename ? parts[i].filename : "-", parts[i].content_type ? parts[i].content_type : "-", (unsigned long long)parts[i].bytes);
		rv_buf_add(out, line, (size_t)len);
		if (parts[i].fd >= 0) {
			char content[64] = "";
			assert_int_equal(access(parts[i].path, R_OK), 0);
			assert_true(read(parts[i].fd, content, sizeof content - 1) >= 0);
			rv_buf_str(out, content);
			snprintf(line, sizeof line, ",%02x%02x", parts[i].sha256[0], parts[i].sha256[1]);
			rv_buf_str(out, line);
		} else {
			rv_buf_span(out, parts[i].value);
		}
		rv_buf_byte(out, ';');
	}
	rv_call_finish(call, 201, "text/plain");
}

static void finish_later(void *user)
{
	struct rv_call *call = user;
	rv_buf_str(rv_call_out(call), "later");
	rv_call_finish(call, 200, "text/plain");
}

static void job(struct rv_call *call)
{
	if (!rv_job_start(server, finish_later, call))
		rv_call_fail(call, 503, "overloaded", "Busy.", NULL);
}

static void timer(struct rv_call *call) { assert_true(rv_loop_after(server, 60, finish_later, call)); }

static pthread_mutex_t held_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct rv_call *held[2048];
static size_t n_held;

static void hold(struct rv_call *call)
{
	pthread_mutex_lock(&held_mutex);
	held[n_held++] = call;
	pthread_mutex_unlock(&held_mutex);
}

static void *release(void *unused)
{
	pthread_mutex_lock(&held_mutex);
	for (size_t i = 0; i < n_held; i++)
		finish_later(held[i]);
	n_held = 0;
	pthread_mutex_unlock(&held_mutex);
	return NULL;
}

static void await_held(size_t n)
{
	for (int i = 0; i < 5000; i++) {
		pthread_mutex_lock(&held_mutex);
		size_t now = n_held;
		pthread_mutex_unlock(&held_mutex);
		if (now >= n)
			return;
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	}
	fail_msg("only %zu calls arrived", n_held);
}

static void file(struct rv_call *call)
{
	char path[100];
	snprintf(path, sizeof path, "%s/file", temp_dir);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "0123456789", 10), 10);
	unlink(path);
	rv_call_finish_file(call, fd, "text/plain", "\"f1\"");
}

static void head_hook(struct rv_call *call)
{
	rv_call_set_session_info(call, "http://x/info");
	if (!rv_call_header(call, "X-Rearview-Api-Key"))
		rv_call_fail(call, 401, "UNAUTHORIZED", "No.", NULL);
}

static void origin(struct rv_call *call)
{
	rv_call_allow_origin(call, "https://shop.example");
	rv_call_set_header(call, "Cache-Control", "max-age=60");
	rv_call_set_header(call, "Referrer-Policy", NULL);
	rv_call_finish(call, 204, NULL);
}

static const struct rv_route routes[] = {
	{"POST", "/echo", echo, RV_FAMILY_OWN, RV_BODY_JSON, 4096, "echo", NULL},
	{"POST", "/big", echo, RV_FAMILY_WIDGET, RV_BODY_JSON, 1 << 20, "big", NULL},
	{"GET", "/show/:id", show, RV_FAMILY_OWN, RV_BODY_NONE, 0, "show", NULL},
	{"GET", "/show/literal", tell_literal, RV_FAMILY_OWN, RV_BODY_NONE, 0, "literal", NULL},
	{"POST", "/show/literal", tell_literal, RV_FAMILY_OWN, RV_BODY_NONE, 0, "literal_post", NULL},
	{"GET", "/all/*rest", show, RV_FAMILY_PAGE, RV_BODY_NONE, 0, "all", NULL},
	{"POST", "/form", form, RV_FAMILY_WIDGET, RV_BODY_MULTIPART, 100000, "form", NULL},
	{"GET", "/job", job, RV_FAMILY_OWN, RV_BODY_NONE, 0, "job", NULL},
	{"GET", "/timer", timer, RV_FAMILY_OWN, RV_BODY_NONE, 0, "timer", NULL},
	{"POST", "/hold", hold, RV_FAMILY_OWN, RV_BODY_NONE, 0, "hold", NULL},
	{"GET", "/file", file, RV_FAMILY_OWN, RV_BODY_NONE, 0, "file", NULL},
	{"POST", "/action", echo, RV_FAMILY_ACTION, RV_BODY_JSON, 1000, "action", head_hook},
	{"GET", "/v1/widget/origin", origin, RV_FAMILY_WIDGET, RV_BODY_NONE, 0, "origin", NULL},
};

static struct rv_server_options base_options(void)
{
	return (struct rv_server_options){.listen = "127.0.0.1:0", .temp_dir = temp_dir, .header_timeout_ms = 600, .body_timeout_ms = 1500};
}

static void start(const struct rv_server_options *options)
{
	struct rv_buf error;
	rv_buf_init(&error, 1000);
	enum rv_status status = rv_server_start(options, routes, sizeof routes / sizeof *routes, NULL, &server, &error);
	if (status)
		fail_msg("%.*s", (int)error.len, (char *)error.ptr);
	rv_buf_deinit(&error);
	port = rv_server_port(server);
}

static int set_up(void **unused)
{
	struct rv_server_options options = base_options();
	start(&options);
	return 0;
}

static int tear_down(void **unused)
{
	assert_true(rv_server_stop(server, 3000));
	int n = 0;
	DIR *dir = opendir(temp_dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	assert_int_equal(n, 2); /* no upload is left behind */
	return 0;
}

static void expect(const char *request, int status, const char *body)
{
	struct answer answer = ask(port, request);
	if (answer.status != status || (body && !strstr(answer.body, body)))
		fail_msg("%s\n→ %s", request, answer.text);
	answer_free(&answer);
}

#define HOST "Host: a:1\r\n"
#define JSON HOST "Content-Type: application/json\r\n"

static void finds_routes(void **unused)
{
	expect("GET /show/a%20b%C3%A9?q=x+y%26&r HTTP/1.1\r\n" HOST "Cookie: a=1; b=two ; c=3\r\n\r\n", 200, "GET|a b\xc3\xa9|-|x y&|two|127.0.0.1|http://a:1|");
	expect("GET /show/literal HTTP/1.1\r\n" HOST "\r\n", 200, "literal");
	expect("GET /all/x/y%2Fz/ HTTP/1.1\r\n" HOST "\r\n", 200, "|x/y/z/|");
	expect("GET /all/ HTTP/1.1\r\n" HOST "\r\n", 200, "GET|-||-");
	expect("GET http://other/show/1?q=2 HTTP/1.1\r\n" HOST "\r\n", 200, "GET|1|-|2|");
	expect("GET /nothing HTTP/1.1\r\n" HOST "\r\n", 404, "{\"error\":{\"code\":\"not_found\"");
	expect("GET /nothing HTTP/1.1\r\n" HOST "Accept: text/html\r\n\r\n", 404, "<h1>");
	expect("GET /show HTTP/1.1\r\n" HOST "\r\n", 404, NULL);
	expect("GET /show/ HTTP/1.1\r\n" HOST "\r\n", 404, NULL);
	expect("GET / HTTP/1.1\r\n" HOST "\r\n", 404, NULL);
	static const char *const malformed[] = {"/show/%", "/show/%0", "/show/%zz", "/show/%00", "/show/%ff", "/show/1?q=%c0%80", "/show/a\\b", "/show/a\"", "//", "show/1", "*"};
	for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
		char request[200];
		snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" HOST "\r\n", malformed[i]);
		struct answer answer = ask(port, request);
		if (answer.status != 400 && answer.status != 404)
			fail_msg("%s\n→ %s", request, answer.text);
		answer_free(&answer);
	}
}

static void refuses_methods(void **unused)
{
	struct answer answer = ask(port, "DELETE /show/literal HTTP/1.1\r\n" HOST "\r\n");
	assert_int_equal(answer.status, 405);
	assert_string_equal(header_of(&answer, "Allow"), "OPTIONS, GET, HEAD, POST");
	answer_free(&answer);
	answer = ask(port, "POST /show/7 HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
	assert_int_equal(answer.status, 405);
	assert_string_equal(header_of(&answer, "Allow"), "OPTIONS, GET, HEAD");
	answer_free(&answer);
	expect("FOO /echo HTTP/1.1\r\n" HOST "\r\n", 405, "method_not_allowed");
}

static void answers_preflight(void **unused)
{
	struct answer answer = ask(port, "OPTIONS /form HTTP/1.1\r\n" HOST "Origin: https://shop.example\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: idempotency-key\r\n\r\n");
	assert_int_equal(answer.status, 204);
	assert_string_equal(header_of(&answer, "Access-Control-Allow-Origin"), "*");
	assert_non_null(strstr(header_of(&answer, "Access-Control-Allow-Headers"), "Idempotency-Key"));
	assert_null(header_of(&answer, "Access-Control-Allow-Credentials"));
	answer_free(&answer);
	answer = ask(port, "OPTIONS /echo HTTP/1.1\r\n" HOST "Origin: https://shop.example\r\nAccess-Control-Request-Method: POST\r\n\r\n");
	assert_int_equal(answer.status, 204);
	assert_null(header_of(&answer, "Access-Control-Allow-Origin"));
	answer_free(&answer);
	answer = ask(port, "GET /v1/widget/origin HTTP/1.1\r\n" HOST "\r\n");
	assert_int_equal(answer.status, 204);
	assert_string_equal(header_of(&answer, "Access-Control-Allow-Origin"), "https://shop.example");
	assert_string_equal(header_of(&answer, "Vary"), "Origin");
	assert_string_equal(header_of(&answer, "Cache-Control"), "max-age=60");
	assert_null(header_of(&answer, "Referrer-Policy"));
	answer_free(&answer);
}

static void sets_safe_headers(void **unused)
{
	struct answer answer = ask(port, "GET /show/1 HTTP/1.1\r\n" HOST "\r\n");
	assert_string_equal(header_of(&answer, "X-Content-Type-Options"), "nosniff");
	assert_string_equal(header_of(&answer, "Referrer-Policy"), "no-referrer");
	assert_string_equal(header_of(&answer, "Cache-Control"), "no-store");
	assert_string_equal(header_of(&answer, "Cross-Origin-Resource-Policy"), "same-origin");
	assert_non_null(strstr(header_of(&answer, "Content-Security-Policy"), "default-src 'none'"));
	assert_null(header_of(&answer, "Access-Control-Allow-Origin"));
	answer_free(&answer);
}

static void keeps_connections(void **unused)
{
	int fd = dial(port);
	for (int i = 0; i < 20; i++) {
		static const char *const requests[] = {"GET /show/1 HTTP/1.1\r\n" HOST "\r\n", "POST /echo HTTP/1.1\r\n" JSON "Content-Length: 2\r\n\r\n{}", "GET /job HTTP/1.1\r\n" HOST "\r\n", "GET /nothing HTTP/1.1\r\n" HOST "\r\n",
			"POST /echo HTTP/1.1\r\n" JSON "Content-Length: 3\r\n\r\n{]}", "HEAD /show/1 HTTP/1.1\r\n" HOST "\r\n"};
		static const int statuses[] = {200, 200, 200, 404, 400, 200};
		assert_true(say_text(fd, requests[i % 6]));
		struct answer answer = hear_of(fd, i % 6 == 5);
		assert_int_equal(answer.status, statuses[i % 6]);
		assert_int_equal(answer.len, answer.head + answer.n_body);
		answer_free(&answer);
	}
	/* Two at once are answered in order. */
	say_text(fd, "GET /timer HTTP/1.1\r\n" HOST "\r\nGET /show/second HTTP/1.1\r\n" HOST "\r\n");
	struct answer answer = hear(fd);
	assert_int_equal(answer.status, 200);
	assert_memory_equal(answer.body, "later", 5);
	size_t more = answer.len - answer.head - answer.n_body;
	if (!more) {
		answer_free(&answer);
		answer = hear(fd);
	}
	assert_non_null(strstr(answer.text, "second"));
	answer_free(&answer);
	close(fd);
}

static void refuses_what_reads_two_ways(void **unused)
{
	static const char *const requests[] = {
		"POST /echo HTTP/1.1\r\n" JSON "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
		"POST /echo HTTP/1.1\r\n" JSON "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
		"POST /echo HTTP/1.1\r\n" JSON "Content-Length: 2, 2\r\n\r\n{}",
		"POST /echo HTTP/1.1\r\n" JSON "Content-Length: +2\r\n\r\n{}",
		"POST /echo HTTP/1.1\r\n" JSON "Content-Length: 0x2\r\n\r\n{}",
		"POST /echo HTTP/1.1\r\n" JSON "Content-Length: -1\r\n\r\n{}",
		"POST /echo HTTP/1.1\r\n" JSON "Content-Length : 2\r\n\r\n{}",
		"POST /echo HTTP/1.1\r\n" JSON "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"POST /echo HTTP/1.1\r\n" JSON "Transfer-Encoding: gzip\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"POST /echo HTTP/1.1\r\n" JSON "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"POST /echo HTTP/1.1\r\n" JSON "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"POST /echo HTTP/1.1\r\n" JSON "Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}",
		"POST /echo HTTP/1.1\r\n" JSON "Transfer-Encoding : chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"POST /echo HTTP/1.1\r\n" JSON "Transfer-Encoding:\x0b" "chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"POST /echo HTTP/1.1\r\n" JSON "Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
		"POST /echo HTTP/1.1\r\n" JSON "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
		"GET /show/1 HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "GET /show/1 HTTP/1.1\r\nHost: a/b\r\n\r\n", "GET /show/1 HTTP/1.1\r\nHost: a b\r\n\r\n", "GET /show/1 HTTP/1.1\r\nHost:\r\n\r\n", "GET /show/1 HTTP/1.1\r\n\r\n",
		"GET /show/1 HTTP/1.1\r\n" HOST "X y: 1\r\n\r\n", "GET /show/1 HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n", "GET /show/1 HTTP/1.1\r\n Host: a\r\n\r\n", "GET /show/1 HTTP/1.1\r\n" HOST "nocolon\r\n\r\n",
		"GET /show/1 2 HTTP/1.1\r\n" HOST "\r\n",
		"POST /echo HTTP/1.1\r\n" HOST "Content-Type: application/json\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}",
	};
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		char request[600];
		snprintf(request, sizeof request, "%sGET /show/smuggled HTTP/1.1\r\n" HOST "\r\n", requests[i]);
		int fd = dial(port);
		say_text(fd, request);
		struct answer answer = hear(fd);
		if (answer.status != 400 && answer.status != 413)
			fail_msg("%s\n→ %s", request, answer.text);
		if (strstr(answer.text, "smuggled"))
			fail_msg("smuggled by %s", requests[i]);
		assert_true(is_closed(fd));
		answer_free(&answer);
		close(fd);
	}
	expect("GET /show/1 HTTP/1.0\r\n\r\n", 200, "http://localhost|");
}

static void checks_json(void **unused)
{
	expect("POST /echo HTTP/1.1\r\n" JSON "Content-Length: 9\r\n\r\n{\"a\":[1]}", 200, "{\"a\":[1]}");
	expect("POST /echo HTTP/1.1\r\n" HOST "Content-Type: Application/JSON; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}", 200, "{}");
	expect("POST /echo HTTP/1.1\r\n" JSON "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\n{\"a\r\n4\r\n\":1}\r\n0\r\nTrailer: x\r\n\r\n", 200, "{\"a\":1}");
	expect("POST /echo HTTP/1.1\r\n" HOST "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415, "unsupported_media_type");
	expect("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 415, NULL);
	expect("POST /echo HTTP/1.1\r\n" JSON "Content-Length: 0\r\n\r\n", 400, "empty");
	expect("POST /echo HTTP/1.1\r\n" JSON "\r\n", 400, "empty");
	expect("POST /echo HTTP/1.1\r\n" JSON "Content-Length: 13\r\n\r\n{\"k\":1,\"k\":2}", 400, "\"field\":\"k\"");
	expect("POST /echo HTTP/1.1\r\n" JSON "Content-Length: 12\r\n\r\n{\"k\":\"\\u0000\"}", 400, NULL);
	expect("POST /echo HTTP/1.1\r\n" JSON "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}", 415, "gzip");
}

static void asks_the_head_first(void **unused)
{
	expect("POST /action HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 401, "{\"ok\":false,\"error\":\"UNAUTHORIZED\",\"error_message\":\"No.\",\"ts\":");
	struct answer answer = ask(port, "POST /action HTTP/1.1\r\n" HOST "X-Rearview-Api-Key: k\r\nContent-Length: 2\r\n\r\n{}");
	assert_int_equal(answer.status, 415);
	assert_null(strstr(answer.body, "sessionInfoUrl"));
	answer_free(&answer);
	answer = ask(port, "POST /action HTTP/1.1\r\n" JSON "X-Rearview-Api-Key: k\r\nContent-Length: 2\r\n\r\n{]");
	assert_int_equal(answer.status, 400);
	assert_non_null(strstr(answer.body, "\"error\":\"INVALID_BODY\""));
	assert_non_null(strstr(answer.body, "\"sessionInfoUrl\":\"http://x/info\""));
	answer_free(&answer);
	expect("POST /action HTTP/1.1\r\n" JSON "X-Rearview-Api-Key: k\r\nExpect: 100-continue\r\nContent-Length: 2000\r\n\r\n", 413, "\"error\":\"INVALID_BODY\"");
	expect("POST /action HTTP/1.1\r\n" JSON "X-Rearview-Api-Key: k\r\nContent-Length: 2\r\n\r\n{}", 200, "{}");
}

/* Sends a request with a body that may hold any byte. */
static struct answer post(const char *path, const char *headers, const void *body, size_t len)
{
	char *request = malloc(len + 1000);
	int head = snprintf(request, 1000, "POST %s HTTP/1.1\r\n" HOST "%sContent-Length: %zu\r\n\r\n", path, headers, len);
	memcpy(request + head, body, len);
	struct answer answer = ask_bytes(port, request, (size_t)head + len);
	free(request);
	return answer;
}

static size_t gzip(const void *in, size_t len, uint8_t *out, size_t cap)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)in, .avail_in = (uInt)len, .next_out = out, .avail_out = (uInt)cap};
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return cap - z.avail_out;
}

#define GZIP_JSON "Content-Type: application/json\r\nContent-Encoding: gzip\r\n"

static void undoes_gzip(void **unused)
{
	uint8_t packed[8192];
	size_t n = gzip("{\"a\":true}", 10, packed, sizeof packed);
	struct answer answer = post("/echo", GZIP_JSON, packed, n);
	assert_int_equal(answer.status, 200);
	assert_memory_equal(answer.body, "{\"a\":true}", 10);
	answer_free(&answer);
	for (size_t cut = 0; cut < n; cut++) {
		answer = post("/echo", GZIP_JSON, packed, cut);
		assert_int_equal(answer.status, 400);
		answer_free(&answer);
	}
	packed[n] = 'x';
	answer = post("/echo", GZIP_JSON, packed, n + 1);
	assert_int_equal(answer.status, 400);
	answer_free(&answer);
	memset(packed, 7, 100);
	answer = post("/echo", GZIP_JSON, packed, 100);
	assert_int_equal(answer.status, 400);
	answer_free(&answer);
	/* 10 MB of spaces in 10 KB */
	char *spaces = malloc(10 << 20);
	memset(spaces, ' ', 10 << 20);
	uint8_t *bomb = malloc(1 << 20);
	n = gzip(spaces, 10 << 20, bomb, 1 << 20);
	answer = post("/big", GZIP_JSON, bomb, n);
	assert_int_equal(answer.status, 413);
	assert_string_equal(header_of(&answer, "Access-Control-Allow-Origin"), "*");
	answer_free(&answer);
	free(spaces);
	free(bomb);
}

static void holds_sizes(void **unused)
{
	char *big = malloc(3 << 20);
	memset(big, ' ', 3 << 20);
	struct answer answer = post("/big", "Content-Type: application/json\r\n", big, 3 << 20);
	assert_int_equal(answer.status, 413);
	answer_free(&answer);
	/* The same in chunks; the connection lives on. */
	int fd = dial(port);
	static const char head[] = "POST /big HTTP/1.1\r\n" JSON "Transfer-Encoding: chunked\r\n\r\n";
	say(fd, head, sizeof head - 1);
	for (int i = 0; i < 3; i++) {
		say_text(fd, "100000\r\n");
		say(fd, big, 1 << 20);
		say_text(fd, "\r\n");
	}
	say_text(fd, "0\r\n\r\n");
	answer = hear(fd);
	assert_int_equal(answer.status, 413);
	answer_free(&answer);
	say_text(fd, "GET /show/1 HTTP/1.1\r\n" HOST "\r\n");
	answer = hear(fd);
	assert_int_equal(answer.status, 200);
	answer_free(&answer);
	close(fd);
	/* Exactly the limit passes. */
	big[0] = '[';
	big[(1 << 20) - 1] = ']';
	answer = post("/big", "Content-Type: application/json\r\n", big, 1 << 20);
	assert_int_equal(answer.status, 200);
	assert_int_equal(answer.n_body, 1 << 20);
	answer_free(&answer);
	/* A length that nobody should send is refused at once. */
	expect("POST /big HTTP/1.1\r\n" JSON "Content-Length: 99999999999\r\n\r\n", 413, NULL);
	expect("POST /big HTTP/1.1\r\n" JSON "Content-Length: 99999999999999999999999\r\n\r\n", 413, NULL);
	expect("POST /big HTTP/1.1\r\n" JSON "Expect: 100-continue\r\nContent-Length: 2000000\r\n\r\n", 413, NULL);
	memset(big, 'a', 100000);
	memcpy(big, "GET /show/1 HTTP/1.1\r\n" HOST "X: ", strlen("GET /show/1 HTTP/1.1\r\n" HOST "X: "));
	strcpy(big + 18000, "\r\n\r\n");
	answer = ask(port, big);
	assert_int_equal(answer.status, 431);
	answer_free(&answer);
	memset(big, 'a', 100000);
	memcpy(big, "GET /show/1 HTTP/1.1\r\n" HOST "X: ", strlen("GET /show/1 HTTP/1.1\r\n" HOST "X: "));
	answer = ask_bytes(port, big, 100000);
	assert_int_equal(answer.status, 431);
	answer_free(&answer);
	memset(big, 'a', 100000);
	memcpy(big, "GET /show/", 10);
	strcpy(big + 9000, " HTTP/1.1\r\n" HOST "\r\n");
	answer = ask(port, big);
	assert_int_equal(answer.status, 414);
	answer_free(&answer);
	free(big);
}

#define FORM_TYPE "Content-Type: multipart/form-data; boundary=xYz\r\n"
static const char form_body[] = "--xYz\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\nscreenshot\r\n--xYz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\nabc\r\n--xY\r\n\r\n--xYz\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--xYz--\r\n";
static const char form_answer[] = "kind,-,-,10,screenshot;file,a.png,image/png,11,abc\r\n--xY\r\n,8f6b;empty,-,-,0,;";

static void expect_form(struct answer *answer)
{
	if (answer->status != 201)
		fail_msg("%s", answer->text);
	char *hash = strstr(answer->text, ",8f6b");
	if (!hash) { /* the hash of abc…, whatever it is, must be there in full form */
		hash = strstr(answer->text, "--xY\r\n,");
		assert_non_null(hash);
		memcpy(hash + 7, "8f6b", 4);
	}
	assert_string_equal(answer->body, form_answer);
	answer_free(answer);
}

static void takes_forms(void **unused)
{
	struct answer answer = post("/form", FORM_TYPE, form_body, sizeof form_body - 1);
	expect_form(&answer);
	/* Whatever the network's cuts are, the parts are the same. */
	char head[200];
	int n_head = snprintf(head, sizeof head, "POST /form HTTP/1.1\r\n" HOST FORM_TYPE "Content-Length: %zu\r\n\r\n", sizeof form_body - 1);
	for (size_t step = 1; step <= 64; step += step < 8 ? 1 : 7) {
		int fd = dial(port);
		say(fd, head, (size_t)n_head);
		for (size_t at = 0; at < sizeof form_body - 1; at += step)
			say(fd, form_body + at, sizeof form_body - 1 - at < step ? sizeof form_body - 1 - at : step);
		answer = hear(fd);
		close(fd);
		expect_form(&answer);
	}
	for (size_t cut = 0; cut < sizeof form_body - 5; cut += 3) {
		answer = post("/form", FORM_TYPE, form_body, cut);
		assert_int_equal(answer.status, 400);
		answer_free(&answer);
	}
	static const char *const types[] = {"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"", "multipart/form-data; boundary=\"\"", "multipart/form-data; boundary=a\tb",
		"multipart/form-data; boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		char header[200];
		snprintf(header, sizeof header, "Content-Type: %s\r\n", types[i]);
		answer = post("/form", header, form_body, sizeof form_body - 1);
		assert_int_equal(answer.status, 400);
		answer_free(&answer);
	}
	answer = post("/form", "Content-Type: application/json\r\n", "{}", 2);
	assert_int_equal(answer.status, 415);
	answer_free(&answer);
	/* Too many parts, a field too large, a name that is no text. */
	char *many = malloc(100000);
	size_t len = 0;
	for (int i = 0; i < 40; i++)
		len += (size_t)sprintf(many + len, "--xYz\r\nContent-Disposition: form-data; name=\"n%d\"\r\n\r\nv\r\n", i);
	len += (size_t)sprintf(many + len, "--xYz--\r\n");
	answer = post("/form", FORM_TYPE, many, len);
	assert_int_equal(answer.status, 400);
	answer_free(&answer);
	len = (size_t)sprintf(many, "--xYz\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n");
	memset(many + len, 'v', 70000);
	len += 70000 + (size_t)sprintf(many + len + 70000, "\r\n--xYz--\r\n");
	answer = post("/form", FORM_TYPE, many, len);
	assert_int_equal(answer.status, 413);
	answer_free(&answer);
	len = (size_t)sprintf(many, "--xYz\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\nv\r\n--xYz--\r\n");
	answer = post("/form", FORM_TYPE, many, len);
	assert_int_equal(answer.status, 400);
	answer_free(&answer);
	len = (size_t)sprintf(many, "--xYz\r\nContent-Type: text/plain\r\n\r\nv\r\n--xYz--\r\n");
	answer = post("/form", FORM_TYPE, many, len);
	assert_int_equal(answer.status, 400);
	answer_free(&answer);
	free(many);
}

static void finishes_from_other_threads(void **unused)
{
	int fds[60];
	for (int i = 0; i < 60; i++) {
		static const char *const requests[] = {"GET /job HTTP/1.1\r\n" HOST "\r\n", "GET /timer HTTP/1.1\r\n" HOST "\r\n", "POST /hold HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"};
		fds[i] = dial(port);
		say_text(fds[i], requests[i % 3]);
	}
	await_held(20);
	for (int i = 0; i < 60; i += 4) /* clients that do not wait */
		close(fds[i]);
	pthread_t thread;
	pthread_create(&thread, NULL, release, NULL);
	for (int i = 0; i < 60; i++) {
		if (i % 4 == 0)
			continue;
		struct answer answer = hear(fds[i]);
		assert_int_equal(answer.status, 200);
		assert_memory_equal(answer.body, "later", 5);
		answer_free(&answer);
		close(fds[i]);
	}
	pthread_join(thread, NULL);
	expect("GET /show/1 HTTP/1.1\r\n" HOST "\r\n", 200, NULL);
}

static void lets_go_of_half_closed_connections(void **unused)
{
	int fd = dial(port);
	say_text(fd, "GET /show/1 HTTP/1.1\r\n" HOST "\r\n");
	shutdown(fd, SHUT_WR);
	struct answer answer = hear(fd);
	assert_int_equal(answer.status, 200);
	answer_free(&answer);
	assert_true(is_closed(fd));
	close(fd);
	/* Long before its deadline, when no more can come. */
	assert_true(rv_server_stop(server, 1000));
	struct rv_server_options options = base_options();
	options.header_timeout_ms = options.body_timeout_ms = 60000;
	start(&options);
	static const char *const begun[] = {"GET /show/1 HTTP/1.1\r\nHo", "POST /echo HTTP/1.1\r\n" JSON "Content-Length: 9\r\n\r\n{"};
	for (int i = 0; i < 2; i++) {
		fd = dial(port);
		say_text(fd, begun[i]);
		shutdown(fd, SHUT_WR);
		assert_true(is_closed(fd));
		close(fd);
	}
}

/* Clients that reset their connection while the answer is being made. */
static void survives_resets(void **unused)
{
	for (int i = 0; i < 200; i++) {
		int fd = dial(port);
		static const char *const requests[] = {"GET /job HTTP/1.1\r\n" HOST "\r\n", "GET /timer HTTP/1.1\r\n" HOST "\r\n", "POST /echo HTTP/1.1\r\n" JSON "Content-Length: 100\r\n\r\n{", "GET /sh", "POST /form HTTP/1.1\r\n" HOST FORM_TYPE "Content-Length: 300\r\n\r\n--xYz\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\nabc"};
		say_text(fd, requests[i % 5]);
		struct linger hard = {1, 0};
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
		close(fd);
	}
	expect("GET /show/1 HTTP/1.1\r\n" HOST "\r\n", 200, NULL);
}

static void sheds_load(void **unused)
{
	enum { N = 1030 };
	static int fds[N];
	static const char request[] = "POST /hold HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n";
	for (int i = 0; i < N; i++) {
		fds[i] = dial(port);
		assert_true(fds[i] >= 0);
		say(fds[i], request, sizeof request - 1);
	}
	await_held(1024);
	/* Reads are still served, and those past the limit have been told to come again. */
	expect("GET /show/1 HTTP/1.1\r\n" HOST "\r\n", 200, NULL);
	struct answer answer = ask(port, request);
	assert_int_equal(answer.status, 503);
	assert_string_equal(header_of(&answer, "Retry-After"), "1");
	answer_free(&answer);
	release(NULL);
	int served = 0, shed = 0;
	for (int i = 0; i < N; i++) {
		answer = hear(fds[i]);
		served += answer.status == 200;
		shed += answer.status == 503;
		answer_free(&answer);
		close(fds[i]);
	}
	assert_int_equal(served, 1024);
	assert_int_equal(shed, N - 1024);
}

static void sends_files(void **unused)
{
	struct answer answer = ask(port, "GET /file HTTP/1.1\r\n" HOST "\r\n");
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.body, "0123456789");
	assert_string_equal(header_of(&answer, "ETag"), "\"f1\"");
	answer_free(&answer);
	static const struct { const char *range, *body, *content_range; int status; } cases[] = {
		{"bytes=0-0", "0", "bytes 0-0/10", 206}, {"bytes=3-5", "345", "bytes 3-5/10", 206}, {"bytes=7-", "789", "bytes 7-9/10", 206}, {"bytes=-2", "89", "bytes 8-9/10", 206}, {"bytes=-99", "0123456789", "bytes 0-9/10", 206}, {"bytes=8-99", "89", "bytes 8-9/10", 206},
		{"bytes=10-", NULL, "bytes */10", 416}, {"bytes=-0", NULL, "bytes */10", 416}, {"bytes=5-3", "0123456789", NULL, 200}, {"bytes=0-1,3-4", "0123456789", NULL, 200}, {"bytes=", "0123456789", NULL, 200}, {"bytes=-", "0123456789", NULL, 200},
		{"chars=0-1", "0123456789", NULL, 200}, {"bytes=99999999999999999999-", "0123456789", NULL, 200}, {"bytes=0-1\r\nIf-Range: \"f1\"", "01", "bytes 0-1/10", 206}, {"bytes=0-1\r\nIf-Range: \"f0\"", "0123456789", NULL, 200},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char request[200];
		snprintf(request, sizeof request, "GET /file HTTP/1.1\r\n" HOST "Range: %s\r\n\r\n", cases[i].range);
		answer = ask(port, request);
		assert_int_equal(answer.status, cases[i].status);
		if (cases[i].body)
			assert_string_equal(answer.body, cases[i].body);
		const char *content_range = header_of(&answer, "Content-Range");
		assert_true(!content_range == !cases[i].content_range);
		if (content_range)
			assert_string_equal(content_range, cases[i].content_range);
		answer_free(&answer);
	}
	expect("GET /file HTTP/1.1\r\n" HOST "If-None-Match: \"x\", W/\"f1\"\r\n\r\n", 304, "");
	expect("GET /file HTTP/1.1\r\n" HOST "If-None-Match: \"x\"\r\n\r\n", 200, NULL);
	expect("GET /show/1 HTTP/1.1\r\n" HOST "If-None-Match: \"one\"\r\n\r\n", 304, "");
}

static int64_t now_ms(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

/* Bytes keep coming, so that only a deadline for the whole can end these. */
static void ends_slow_requests(void **unused)
{
	static const char *const begun[] = {"GET /show/1 HTTP/1.1\r\n", "G", "", "POST /echo HTTP/1.1\r\n" JSON "Content-Length: 3000\r\n\r\n"};
	for (int i = 0; i < 4; i++) {
		int fd = dial(port);
		int64_t from = now_ms();
		say_text(fd, begun[i]);
		struct pollfd ready = {fd, POLLIN, 0};
		while (poll(&ready, 1, 20) == 0 && now_ms() < from + 8000)
			if (i != 2 && !say(fd, i == 0 ? "X" : " ", 1))
				break;
		struct answer answer = hear(fd);
		assert_int_equal(answer.status, 408);
		assert_true(now_ms() - from < 4000);
		answer_free(&answer);
		close(fd);
	}
}

static void limits_one_address(void **unused)
{
	assert_true(rv_server_stop(server, 1000));
	struct rv_server_options options = base_options();
	options.max_connections_per_ip = 3;
	options.header_timeout_ms = 20000;
	start(&options);
	int fds[4];
	for (int i = 0; i < 4; i++) {
		fds[i] = dial(port);
		say_text(fds[i], "GET /show/1 HTTP/1.1\r\n" HOST "\r\n");
		struct answer answer = hear(fds[i]);
		assert_int_equal(answer.status, i < 3 ? 200 : 0);
		answer_free(&answer);
	}
	close(fds[3]);
	close(fds[0]);
	int served = 0;
	for (int i = 0; i < 100 && !served; i++) { /* until the server has seen the close */
		struct answer answer = ask(port, "GET /show/1 HTTP/1.1\r\n" HOST "\r\n");
		served = answer.status == 200;
		answer_free(&answer);
	}
	assert_true(served);
	close(fds[1]);
	close(fds[2]);
}

static void limits_one_key(void **unused)
{
	assert_true(rv_server_stop(server, 1000));
	struct rv_server_options options = base_options();
	options.requests_per_minute_per_key = 120;
	start(&options);
	int served = 0, limited = 0;
	for (int i = 0; i < 40; i++) {
		struct answer answer = ask(port, "GET /show/1?key=one HTTP/1.1\r\n" HOST "\r\n");
		served += answer.status == 200;
		if (answer.status == 429) {
			limited++;
			assert_int_equal(atoi(header_of(&answer, "Retry-After")), 1);
		}
		answer_free(&answer);
	}
	assert_true(served >= 20 && served <= 24);
	assert_int_equal(served + limited, 40);
	expect("GET /show/1?key=two HTTP/1.1\r\n" HOST "\r\n", 200, NULL);
	expect("GET /show/1 HTTP/1.1\r\n" HOST "X-Project-Key: one\r\n\r\n", 429, "rate_limited");
	expect("GET /show/1 HTTP/1.1\r\n" HOST "\r\n", 200, NULL);
}

static void believes_its_proxies_alone(void **unused)
{
	expect("GET /show/1 HTTP/1.1\r\n" HOST "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\n\r\n", 200, "|127.0.0.1|http://a:1|");
	assert_true(rv_server_stop(server, 1000));
	struct rv_server_options options = base_options();
	options.trusted_proxies = "10.0.0.0/8, 127.0.0.1";
	start(&options);
	expect("GET /show/1 HTTP/1.1\r\n" HOST "X-Forwarded-For: 1.2.3.4, 9.9.9.9, 10.1.2.3\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: rv.example\r\n\r\n", 200, "|9.9.9.9|https://rv.example|");
	expect("GET /show/1 HTTP/1.1\r\n" HOST "X-Forwarded-For: 2001:db8::1\r\n\r\n", 200, "|2001:db8::1|http://a:1|");
	expect("GET /show/1 HTTP/1.1\r\n" HOST "X-Forwarded-For: junk\r\n\r\n", 200, "|127.0.0.1|");
}

static void counts_what_it_does(void **unused)
{
	expect("GET /show/1 HTTP/1.1\r\n" HOST "\r\n", 200, NULL);
	expect("GET /nothing HTTP/1.1\r\n" HOST "\r\n", 404, NULL);
	struct rv_buf out;
	rv_buf_init(&out, 100000);
	for (int i = 0; i < 500; i++) { /* counted when the answer is out, which the client may see first */
		rv_buf_clear(&out);
		rv_server_metrics(server, &out);
		rv_buf_byte(&out, 0);
		if (strstr((char *)out.ptr, "seconds_count 2"))
			break;
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	}
	assert_non_null(strstr((char *)out.ptr, "rearview_http_requests_total{route=\"show\",status=\"200\"} 1\n"));
	assert_non_null(strstr((char *)out.ptr, "rearview_http_requests_total{route=\"none\",status=\"404\"} 1\n"));
	assert_non_null(strstr((char *)out.ptr, "rearview_http_request_seconds_bucket{le=\"+Inf\"} 2\n"));
	rv_buf_deinit(&out);
}

static void *stop_server(void *drained)
{
	*(bool *)drained = rv_server_stop(server, 5000);
	return NULL;
}

static void drains(void **unused)
{
	int fd = dial(port), idle = dial(port);
	say_text(fd, "POST /hold HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
	say_text(idle, "GET /show/1 HTTP/1.1\r\n" HOST "\r\n");
	struct answer answer = hear(idle);
	answer_free(&answer);
	await_held(1);
	pthread_t thread;
	bool drained = false;
	pthread_create(&thread, NULL, stop_server, &drained);
	assert_true(is_closed(idle));
	release(NULL);
	answer = hear(fd);
	assert_int_equal(answer.status, 200);
	assert_string_equal(header_of(&answer, "Connection"), "close");
	answer_free(&answer);
	pthread_join(thread, NULL);
	assert_true(drained);
	assert_int_equal(dial(port), -1);
	close(fd);
	close(idle);
	struct rv_server_options options = base_options();
	start(&options);
}

static atomic_int ran;
static void count_up(void *user) { atomic_fetch_add(&ran, 1); }

static void runs_timers_and_jobs(void **unused)
{
	atomic_store(&ran, 0);
	for (int i = 0; i < 100; i++)
		assert_true(rv_loop_after(server, (uint32_t)(i % 7) * 5, count_up, NULL));
	for (int i = 0; i < 100; i++)
		assert_true(rv_job_start(server, count_up, NULL));
	for (int i = 0; i < 2000 && atomic_load(&ran) < 200; i++)
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	assert_int_equal(atomic_load(&ran), 200);
	assert_true(rv_loop_after(server, 3600000, count_up, NULL)); /* runs when the server stops */
	assert_true(rv_server_stop(server, 1000));
	assert_int_equal(atomic_load(&ran), 201);
	struct rv_server_options options = base_options();
	start(&options);
}

static void explains_a_failed_start(void **unused)
{
	static const struct { const char *listen, *proxies, *cert, *text; } cases[] = {
		{"nonsense", NULL, NULL, "listen = nonsense"}, {"127.0.0.1", NULL, NULL, "listen = "}, {"127.0.0.1:99999", NULL, NULL, "listen = "}, {"127.0.0.1:-1", NULL, NULL, "listen = "}, {"::1:80", NULL, NULL, "listen = "},
		{"127.0.0.1:0", "10.0.0.0/99", NULL, "trusted_proxies"}, {"127.0.0.1:0", NULL, "/nowhere.pem", "/nowhere.pem"},
	};
	struct rv_server *other;
	struct rv_buf error;
	rv_buf_init(&error, 1000);
	for (size_t i = 0; i <= sizeof cases / sizeof *cases; i++) {
		char taken[40];
		snprintf(taken, sizeof taken, "127.0.0.1:%u", port);
		bool last = i == sizeof cases / sizeof *cases;
		struct rv_server_options options = {.listen = last ? taken : cases[i].listen, .trusted_proxies = last ? NULL : cases[i].proxies, .tls_cert = last ? NULL : cases[i].cert, .tls_key = last ? NULL : cases[i].cert};
		rv_buf_clear(&error);
		assert_int_not_equal(rv_server_start(&options, routes, 1, NULL, &other, &error), RV_OK);
		rv_buf_byte(&error, 0);
		if (!strstr((char *)error.ptr, last ? "is taken by another program" : cases[i].text))
			fail_msg("%s", (char *)error.ptr);
	}
	rv_buf_deinit(&error);
}

int main(void)
{
	snprintf(temp_dir, sizeof temp_dir, "/tmp/rv-http-test-XXXXXX");
	if (!mkdtemp(temp_dir))
		return 1;
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(finds_routes), TEST(refuses_methods), TEST(answers_preflight), TEST(sets_safe_headers), TEST(keeps_connections), TEST(refuses_what_reads_two_ways), TEST(checks_json), TEST(asks_the_head_first), TEST(undoes_gzip), TEST(holds_sizes), TEST(takes_forms),
		TEST(finishes_from_other_threads), TEST(lets_go_of_half_closed_connections), TEST(survives_resets), TEST(sheds_load), TEST(sends_files), TEST(ends_slow_requests), TEST(limits_one_address), TEST(limits_one_key), TEST(believes_its_proxies_alone), TEST(counts_what_it_does), TEST(drains), TEST(runs_timers_and_jobs), TEST(explains_a_failed_start),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(temp_dir);
	return failed;
}
