#define _GNU_SOURCE
#include "net.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct rv_ip rv_ip_of(const struct sockaddr *address)
{
	struct rv_ip ip = {{0}};
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, address, sizeof in);
		memcpy(ip.bytes, mapped, 12);
		memcpy(ip.bytes + 12, &in.sin_addr, 4);
	} else if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in;
		memcpy(&in, address, sizeof in);
		memcpy(ip.bytes, &in.sin6_addr, 16);
	}
	return ip;
}

bool rv_ip_parse(const char *text, size_t len, struct rv_ip *ip)
{
	char copy[RV_IP_TEXT_BYTES];
	if (len >= sizeof copy)
		return false;
	memcpy(copy, text, len);
	copy[len] = 0;
	memcpy(ip->bytes, mapped, 12);
	return inet_pton(AF_INET, copy, ip->bytes + 12) == 1 || inet_pton(AF_INET6, copy, ip->bytes) == 1;
}

static bool is_v4(const struct rv_ip *ip) { return memcmp(ip->bytes, mapped, 12) == 0; }

void rv_ip_text(const struct rv_ip *ip, char out[RV_IP_TEXT_BYTES])
{
	if (!inet_ntop(is_v4(ip) ? AF_INET : AF_INET6, is_v4(ip) ? ip->bytes + 12 : ip->bytes, out, RV_IP_TEXT_BYTES))
		out[0] = 0;
}

bool rv_ip_is_loopback(const struct rv_ip *ip)
{
	static const uint8_t one[16] = {[15] = 1};
	return is_v4(ip) ? ip->bytes[12] == 127 : memcmp(ip->bytes, one, 16) == 0;
}

struct rv_ip rv_ip_site(struct rv_ip ip)
{
	if (!is_v4(&ip))
		memset(ip.bytes + 8, 0, 8);
	return ip;
}

bool rv_net_list_parse(const char *text, struct rv_net_list *list)
{
	list->n = 0;
	for (const char *p = text ? text : ""; *p;) {
		size_t n = strcspn(p, ", \t");
		if (!n) {
			p++;
			continue;
		}
		const char *slash = memchr(p, '/', n);
		size_t n_ip = slash ? (size_t)(slash - p) : n;
		struct rv_ip ip;
		if (list->n == RV_NET_LIST_MAX || !rv_ip_parse(p, n_ip, &ip))
			return false;
		unsigned most = is_v4(&ip) ? 32 : 128, bits = most;
		if (slash) {
			size_t n_digits = n - n_ip - 1;
			if (!n_digits || n_digits > 3 || strspn(slash + 1, "0123456789") < n_digits)
				return false;
			bits = (unsigned)strtoul(slash + 1, NULL, 10);
			if (bits > most)
				return false;
		}
		list->nets[list->n].ip = ip;
		list->nets[list->n++].bits = bits + 128 - most;
		p += n;
	}
	return true;
}

bool rv_net_list_has(const struct rv_net_list *list, const struct rv_ip *ip)
{
	for (size_t i = 0; i < list->n; i++) {
		unsigned bits = list->nets[i].bits, whole = bits / 8;
		const uint8_t *net = list->nets[i].ip.bytes;
		if (memcmp(net, ip->bytes, whole) == 0 && (bits % 8 == 0 || (net[whole] ^ ip->bytes[whole]) >> (8 - bits % 8) == 0))
			return true;
	}
	return false;
}

static enum rv_status fail(struct rv_buf *error, const char *format, const char *listen_on)
{
	char text[300];
	snprintf(text, sizeof text, format, listen_on, strerror(errno));
	rv_buf_str(error, text);
	return RV_IO;
}

enum rv_status rv_net_listen(const char *listen_on, int *fd_out, unsigned *port_out, struct rv_buf *error)
{
	const char *colon = strrchr(listen_on, ':');
	size_t n_host = colon ? (size_t)(colon - listen_on) : 0;
	char *end = NULL;
	unsigned long port = colon && colon[1] >= '0' && colon[1] <= '9' ? strtoul(colon + 1, &end, 10) : 65536;
	bool bracketed = n_host > 2 && listen_on[0] == '[' && listen_on[n_host - 1] == ']';
	struct rv_ip ip;
	bool known = n_host == 9 && memcmp(listen_on, "localhost", 9) == 0 ? rv_ip_parse("127.0.0.1", 9, &ip)
		: bracketed ? rv_ip_parse(listen_on + 1, n_host - 2, &ip) && !is_v4(&ip) : n_host && rv_ip_parse(listen_on, n_host, &ip) && is_v4(&ip);
	if (port > 65535 || !end || *end || !known)
		return fail(error, "listen = %s is not an address and a port like 127.0.0.1:8787 or [::1]:8787.", listen_on);
	union { struct sockaddr any; struct sockaddr_in v4; struct sockaddr_in6 v6; } address;
	memset(&address, 0, sizeof address);
	socklen_t len;
	if (is_v4(&ip)) {
		address.v4.sin_family = AF_INET;
		address.v4.sin_port = htons((uint16_t)port);
		memcpy(&address.v4.sin_addr, ip.bytes + 12, 4);
		len = sizeof address.v4;
	} else {
		address.v6.sin6_family = AF_INET6;
		address.v6.sin6_port = htons((uint16_t)port);
		memcpy(&address.v6.sin6_addr, ip.bytes, 16);
		len = sizeof address.v6;
	}
	int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
	if (fd < 0)
		return fail(error, "No socket for %s: %s.", listen_on);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (address.any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (bind(fd, &address.any, len) || listen(fd, 4096) || getsockname(fd, &address.any, &len)) {
		enum rv_status status = errno == EADDRINUSE ? fail(error, "The port of %s is taken by another program; choose another with --listen.", listen_on)
			: errno == EACCES ? fail(error, "No permission to listen on %s; ports below 1024 need it.", listen_on) : fail(error, "Cannot listen on %s: %s.", listen_on);
		close(fd);
		return status;
	}
	*fd_out = fd;
	*port_out = ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
	return RV_OK;
}
