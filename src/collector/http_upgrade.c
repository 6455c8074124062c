/* The WebSocket handshake (RFC 6455 §4.2) and the hand-over of the socket to the loop. */
#define _GNU_SOURCE
#include "http_int.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

struct closing { const struct rv_ws_events *events; void *user; };

static void close_now(void *user)
{
	struct closing *closing = user;
	closing->events->close(NULL, closing->user);
	free(closing);
}

/* The promise of exactly one close, on the loop's thread, where there is no socket to carry it. */
static void close_without_socket(struct rv_server *server, const struct rv_ws_events *events, void *user)
{
	struct closing *closing = malloc(sizeof *closing);
	if (closing)
		*closing = (struct closing){events, user};
	if (!closing || !rv_loop_after(server, 0, close_now, closing)) {
		free(closing);
		events->close(NULL, user); /* the loop is ending or memory is out: better on this thread than never */
	}
}

static bool is_key(const char *key)
{
	return key && strlen(key) == 24 && strcmp(key + 22, "==") == 0 && strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") == 22;
}

static void left(void *user)
{
	struct rv_conn *ghost = user;
	rv_limit_count(ghost->server, &ghost->peer, -1);
	free(ghost);
}

static const char *answer_key(struct rv_call *call, const char *key)
{
	char joined[24 + 36 + 1];
	uint8_t digest[SHA_DIGEST_LENGTH];
	char *accept = rv_arena_alloc(&call->arena, 32);
	memcpy(joined, key, 24);
	memcpy(joined + 24, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 37);
	SHA1((const uint8_t *)joined, 60, digest);
	if (accept)
		EVP_EncodeBlock((uint8_t *)accept, digest, sizeof digest);
	return accept;
}

void rv_call_upgrade(struct rv_call *call, const char *subprotocol, const struct rv_ws_events *events, void *user)
{
	struct rv_server *server = call->server;
	const char *upgrade = rv_call_header(call, "Upgrade"), *connection = rv_call_header(call, "Connection"), *version = rv_call_header(call, "Sec-WebSocket-Version");
	const char *key = rv_call_header(call, "Sec-WebSocket-Key"), *offered = rv_call_header(call, "Sec-WebSocket-Protocol");
	if (!upgrade || !rv_header_has_token(upgrade, "websocket") || !connection || !rv_header_has_token(connection, "upgrade") || strcmp(call->method, "GET") != 0 || strcmp(call->version, "HTTP/1.1") != 0) {
		rv_call_set_header(call, "Upgrade", "websocket");
		rv_call_refuse(call, 426, "upgrade_required", "This address speaks WebSocket only.");
	} else if (!version || strcmp(version, "13") != 0) {
		rv_call_set_header(call, "Upgrade", "websocket");
		rv_call_set_header(call, "Sec-WebSocket-Version", "13");
		rv_call_refuse(call, 426, "upgrade_required", "Only WebSocket version 13 is spoken here.");
	} else if (!is_key(key)) {
		rv_call_refuse(call, 400, "bad_request", "Sec-WebSocket-Key is missing or malformed.");
	} else if (subprotocol && !(offered && rv_header_has_token(offered, subprotocol))) {
		rv_call_refuse(call, 400, "bad_request", "Sec-WebSocket-Protocol does not offer what is spoken here.");
	} else {
		/* The socket counts for its address until it is gone; the connection it was stops counting when libmicrohttpd lets go of it. */
		struct rv_conn *ghost = calloc(1, sizeof *ghost);
		const char *accept = answer_key(call, key);
		struct rv_ws *ws = ghost && accept && rv_sockets_count(server->sockets) < server->options.max_connections ? rv_ws_new(server->sockets, events, user, left, ghost) : NULL;
		if (ws) {
			ghost->server = server;
			ghost->peer = call->conn->peer;
			rv_limit_count(server, &ghost->peer, 1);
			call->ws_accept = accept;
			call->ws_protocol = subprotocol;
			call->ws = ws;
			rv_call_finish(call, 101, NULL);
			return;
		}
		free(ghost);
		rv_call_refuse(call, 503, "overloaded", "There are too many connections.");
	}
	close_without_socket(server, events, user);
}

static void on_upgraded(void *user, struct MHD_Connection *mhd, void *context, const char *early, size_t n_early, MHD_socket socket, struct MHD_UpgradeResponseHandle *handle)
{
	struct rv_call *call = context;
	rv_conn_enter(call->conn, RV_CONN_UPGRADED, 0);
	if (call->server->options.tls_cert) {
		call->ws_taken = true;
		rv_ws_adopt(call->ws, socket, handle, early, n_early);
		return;
	}
	/* A second descriptor of the plain socket lets libmicrohttpd drop all that it keeps of the connection. */
	int fd = fcntl(socket, F_DUPFD_CLOEXEC, 0);
	if (fd >= 0) {
		call->ws_taken = true;
		rv_ws_adopt(call->ws, fd, NULL, early, n_early);
	}
	MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
}

struct MHD_Response *rv_upgrade_response(struct rv_call *call)
{
	struct MHD_Response *response = MHD_create_response_for_upgrade(on_upgraded, NULL);
	if (!response)
		return NULL;
	MHD_add_response_header(response, "Upgrade", "websocket");
	MHD_add_response_header(response, "Sec-WebSocket-Accept", call->ws_accept);
	if (call->ws_protocol)
		MHD_add_response_header(response, "Sec-WebSocket-Protocol", call->ws_protocol);
	return response;
}
