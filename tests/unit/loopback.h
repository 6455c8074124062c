/* A client for tests: raw bytes to a server on this machine, answers as text. */
#ifndef RV_LOOPBACK_H
#define RV_LOOPBACK_H
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MS = 10000 };

static inline int dial(unsigned port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* False when the peer has gone. */
static inline int say(int fd, const void *data, size_t len)
{
	const char *p = data;
	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		p += n;
		len -= (size_t)n;
	}
	return 1;
}

static inline int say_text(int fd, const char *text) { return say(fd, text, strlen(text)); }

struct answer { int status; size_t len, head; char *text; const char *body; size_t n_body; int closed; };

static inline void answer_free(struct answer *answer) { free(answer->text); *answer = (struct answer){0}; }

/* One whole answer (status 0: the connection ended without one). no_body: to HEAD. */
static inline struct answer hear_of(int fd, int no_body)
{
	struct answer answer = {.text = malloc(1 << 22)};
	size_t cap = (1 << 22) - 1;
	for (;;) {
		answer.text[answer.len] = 0;
		char *end = answer.head ? NULL : strstr(answer.text, "\r\n\r\n");
		if (end)
			answer.head = (size_t)(end - answer.text) + 4;
		if (answer.head) {
			answer.status = atoi(answer.text + 9);
			char *length = strcasestr(answer.text, "\r\nContent-Length:");
			answer.n_body = no_body || !length || answer.status == 304 || answer.status == 204 || answer.status == 101 ? 0 : strtoul(length + 17, NULL, 10);
			answer.body = answer.text + answer.head;
			if (answer.len >= answer.head + answer.n_body) {
				if (answer.status == 100) { /* wait for the real one */
					answer.len -= answer.head;
					memmove(answer.text, answer.text + answer.head, answer.len);
					answer.head = 0;
					continue;
				}
				return answer;
			}
		}
		struct pollfd ready = {fd, POLLIN, 0};
		if (poll(&ready, 1, ANSWER_MS) <= 0)
			return answer;
		ssize_t n = recv(fd, answer.text + answer.len, cap - answer.len, 0);
		if (n <= 0) {
			answer.closed = 1;
			return answer;
		}
		answer.len += (size_t)n;
	}
}

static inline struct answer hear(int fd) { return hear_of(fd, 0); }

static inline struct answer ask_bytes(unsigned port, const void *request, size_t len)
{
	int fd = dial(port);
	say(fd, request, len);
	struct answer answer = hear(fd);
	close(fd);
	return answer;
}

static inline struct answer ask(unsigned port, const char *request) { return ask_bytes(port, request, strlen(request)); }

/* A header's value up to the line's end in a static buffer, NULL without it. */
static inline const char *header_of(const struct answer *answer, const char *name)
{
	static char value[1024];
	char line[100];
	snprintf(line, sizeof line, "\r\n%s:", name);
	const char *at = answer->text ? strcasestr(answer->text, line) : NULL;
	if (!at || at > answer->text + answer->head)
		return NULL;
	at += strlen(line);
	at += strspn(at, " ");
	size_t n = strcspn(at, "\r");
	snprintf(value, sizeof value, "%.*s", (int)n, at);
	return value;
}

/* True when the peer ends the connection before ANSWER_MS. */
static inline int is_closed(int fd)
{
	char sink[4096];
	for (;;) {
		struct pollfd ready = {fd, POLLIN, 0};
		if (poll(&ready, 1, ANSWER_MS) <= 0)
			return 0;
		if (recv(fd, sink, sizeof sink, 0) <= 0)
			return 1;
	}
}

#endif
