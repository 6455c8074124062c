/* The server's side of the sockets of http.h. An upgraded connection arrives as a descriptor on the
 * event thread and lives on the loop from then on:
 *
 *   rv_ws_new ─▶ rv_ws_adopt ─▶ open · text… · close ─▶ last rv_ws_release
 *        └─────▶ rv_ws_abandon ────────▶ close (ws NULL)
 *
 * An idle socket costs wslay's two 4 KiB buffers and some 300 bytes.
 * Threads: any; callbacks come on the loop's. */
#ifndef RV_WS_H
#define RV_WS_H
#include "http.h"
#include "loop.h"
#include <microhttpd.h>

struct rv_sockets;

enum rv_status rv_sockets_new(unsigned ping_ms, unsigned silence_ms, struct rv_sockets **sockets) RV_MUST_USE;
struct rv_loop *rv_sockets_loop(struct rv_sockets *sockets);
unsigned rv_sockets_count(struct rv_sockets *sockets);
/* Refuses new ones, closes all with 1001, waits for the last up to wait_ms, then cuts them. */
void rv_sockets_close(struct rv_sockets *sockets, unsigned wait_ms);
/* After rv_sockets_close: ends the loop. */
void rv_sockets_free(struct rv_sockets *sockets);

/* left is called when the socket is gone for good, on any thread. */
struct rv_ws *rv_ws_new(struct rv_sockets *sockets, const struct rv_ws_events *events, void *user, void (*left)(void *user), void *left_user);
/* Takes over fd, a plain socket, or with handle (TLS) its end of the pair that libmicrohttpd forwards. early: bytes that came with the handshake. */
void rv_ws_adopt(struct rv_ws *ws, int fd, struct MHD_UpgradeResponseHandle *handle, const void *early, size_t n_early);
/* The handshake failed. */
void rv_ws_abandon(struct rv_ws *ws);

#endif
