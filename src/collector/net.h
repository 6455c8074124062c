/* Addresses. Pure functions but for rv_net_listen. */
#ifndef RV_NET_H
#define RV_NET_H
#include "buf.h"
#include "status.h"
#include <sys/socket.h>

/* IPv6, IPv4 as ::ffff:a.b.c.d */
struct rv_ip { uint8_t bytes[16]; };
enum { RV_IP_TEXT_BYTES = 46 };

struct rv_ip rv_ip_of(const struct sockaddr *address);
bool rv_ip_parse(const char *text, size_t len, struct rv_ip *ip);
void rv_ip_text(const struct rv_ip *ip, char out[RV_IP_TEXT_BYTES]); /* IPv4 in dotted form */
bool rv_ip_is_loopback(const struct rv_ip *ip);
/* Whom limits count as one: an IPv4 address, an IPv6 /64. */
struct rv_ip rv_ip_site(struct rv_ip ip);

/* "10.0.0.1, 192.168.0.0/16, ::1" */
enum { RV_NET_LIST_MAX = 64 };
struct rv_net_list { size_t n; struct { struct rv_ip ip; unsigned bits; } nets[RV_NET_LIST_MAX]; };
bool rv_net_list_parse(const char *text, struct rv_net_list *list); /* NULL or "" is the empty list */
bool rv_net_list_has(const struct rv_net_list *list, const struct rv_ip *ip);

/* A listening socket on "127.0.0.1:8787", "[::1]:8787", "localhost:0"; error gets a sentence. */
enum rv_status rv_net_listen(const char *listen_on, int *fd, unsigned *port, struct rv_buf *error) RV_MUST_USE;

#endif
