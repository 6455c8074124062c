/* Files as they lie on the disk: the widget, the console, the demo page; health and metrics.
 * What is asked for by its content's hash is never looked at again, rearview.js without it every five minutes. */
#define _GNU_SOURCE
#include "app.h"
#include "config.h"
#include "net.h"
#include "secret.h"
#include "seen.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES_MAX = 4096, HASH_TEXT = 12, VERSION_TEXT = 8, CACHE_FILES = 256, HASHED_BYTES_MAX = 64 << 20 };

/* Hashes of files as they were when last read; handlers run on the event thread, so nothing locks. */
static struct { dev_t dev; ino_t ino; off_t size; struct timespec changed; char hash[HASH_TEXT + 1]; } cache[CACHE_FILES];

static bool hash_of(int fd, const struct stat *info, char out[HASH_TEXT + 1])
{
	size_t slot = (size_t)((uint64_t)info->st_ino * 0x9e3779b97f4a7c15ull >> 32) % CACHE_FILES;
	if (cache[slot].dev != info->st_dev || cache[slot].ino != info->st_ino || cache[slot].size != info->st_size || memcmp(&cache[slot].changed, &info->st_mtim, sizeof info->st_mtim) != 0 || !cache[slot].hash[0]) {
		uint8_t digest[32];
		char hex[65];
		uint8_t *bytes = info->st_size <= HASHED_BYTES_MAX ? malloc((size_t)info->st_size + 1) : NULL;
		ssize_t got = bytes ? pread(fd, bytes, (size_t)info->st_size, 0) : -1;
		if (got >= 0)
			rv_sha256(rv_span(bytes, (size_t)got), digest);
		free(bytes);
		if (got < 0)
			return false;
		rv_hex(rv_span(digest, sizeof digest), hex);
		cache[slot].dev = info->st_dev;
		cache[slot].ino = info->st_ino;
		cache[slot].size = info->st_size;
		cache[slot].changed = info->st_mtim;
		memcpy(cache[slot].hash, hex, HASH_TEXT);
		cache[slot].hash[HASH_TEXT] = 0;
	}
	memcpy(out, cache[slot].hash, HASH_TEXT + 1);
	return true;
}

static const char *type_of(const char *name)
{
	static const struct { const char *end, *type; } types[] = {
		{".js", "text/javascript; charset=utf-8"}, {".mjs", "text/javascript; charset=utf-8"}, {".wasm", "application/wasm"}, {".html", "text/html; charset=utf-8"}, {".css", "text/css; charset=utf-8"}, {".svg", "image/svg+xml"}, {".png", "image/png"},
		{".jpg", "image/jpeg"}, {".webp", "image/webp"}, {".ico", "image/x-icon"}, {".woff2", "font/woff2"}, {".json", "application/json"}, {".map", "application/json"}, {".ts", "text/plain; charset=utf-8"}, {".txt", "text/plain; charset=utf-8"},
	};
	size_t len = strlen(name);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		size_t n = strlen(types[i].end);
		if (len > n && strcmp(name + len - n, types[i].end) == 0)
			return types[i].type;
	}
	return "application/octet-stream";
}

/* Segments of letters, digits, dots, dashes and underscores, none beginning with a dot. */
static bool is_safe(const char *name)
{
	if (!*name || strlen(name) > 200 || strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/") != strlen(name))
		return false;
	for (const char *segment = name; segment; segment = strchr(segment, '/') ? strchr(segment, '/') + 1 : NULL)
		if (!*segment || *segment == '.' || *segment == '/')
			return false;
	return true;
}

static int open_file(const char *dir, const char *name, const char *ending, struct stat *info)
{
	char path[PATH_BYTES_MAX];
	int len = snprintf(path, sizeof path, "%s/%s%s", dir, name, ending);
	int fd = len > 0 && (size_t)len < sizeof path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	if (fd >= 0 && (fstat(fd, info) != 0 || !S_ISREG(info->st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* "br" or "gzip" in Accept-Encoding, and not with q=0. */
static bool accepts(const char *list, const char *coding)
{
	size_t n = strlen(coding);
	for (const char *p = list ? list : ""; *p;) {
		p += strspn(p, ", \t");
		size_t len = strcspn(p, ",");
		if (len >= n && strncmp(p, coding, n) == 0 && (len == n || p[n] == ';' || p[n] == ' ')) {
			const char *q = memmem(p, len, "q=", 2);
			return !q || strtod(q + 2, NULL) > 0;
		}
		p += len;
	}
	return false;
}

static void not_found(struct rv_call *call) { rv_call_fail(call, 404, "not_found", "There is nothing at this address.", NULL); }

/* cache_control NULL: immutable when ?v= is the content's hash or its beginning, else five minutes. */
static void send_file(struct rv_call *call, const char *dir, const char *name, const char *cache_control)
{
	static const struct { const char *coding, *ending; } packed[] = {{"br", ".br"}, {"gzip", ".gz"}};
	struct stat info;
	char hash[HASH_TEXT + 1], etag[32];
	int fd = *dir && is_safe(name) ? open_file(dir, name, "", &info) : -1;
	if (fd < 0 || !hash_of(fd, &info, hash)) {
		if (fd >= 0)
			close(fd);
		not_found(call);
		return;
	}
	const char *coding = "", *accepted = rv_call_header(call, "Accept-Encoding");
	for (size_t i = 0; i < 2 && !*coding; i++) {
		int packed_fd = accepts(accepted, packed[i].coding) ? open_file(dir, name, packed[i].ending, &info) : -1;
		if (packed_fd < 0)
			continue;
		close(fd);
		fd = packed_fd;
		coding = packed[i].coding;
		rv_call_set_header(call, "Content-Encoding", coding);
	}
	const char *wanted = rv_call_query(call, "v");
	snprintf(etag, sizeof etag, "\"%s%s%s\"", hash, *coding ? "-" : "", coding);
	rv_call_set_header(call, "Vary", "Accept-Encoding");
	rv_call_set_header(call, "Cache-Control", cache_control ? cache_control : wanted && strlen(wanted) >= VERSION_TEXT && strncmp(wanted, hash, strlen(wanted)) == 0 ? "public, max-age=31536000, immutable" : "public, max-age=300");
	rv_call_finish_file(call, fd, type_of(name), etag);
}

static const struct rv_config *config_of(struct rv_call *call) { return rv_call_app(call)->config; }

/* ---- the widget ---- */

/* The page's policies apply to what it runs; one of ours on the worker's response would stop the worker. */
static void widget_file(struct rv_call *call)
{
	const char *name = strrchr(rv_call_path(call), '/') + 1;
	rv_call_set_header(call, "Content-Security-Policy", NULL);
	rv_seen_file(rv_call_param(call, "ws"), name, call);
	send_file(call, config_of(call)->widget_dir, name, NULL);
}

/* ---- the console ---- */

static const char index_policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
static const char player_policy[] = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; form-action 'none'; frame-ancestors 'self'";

static void console_page(struct rv_call *call)
{
	rv_call_set_header(call, "Content-Security-Policy", index_policy);
	rv_call_set_header(call, "Referrer-Policy", "same-origin");
	send_file(call, config_of(call)->console_dir, "index.html", "no-cache");
}

/* A link's address is its secret: no page that is opened from here learns it, nothing keeps or lists it. */
static void share_page(struct rv_call *call)
{
	rv_call_set_header(call, "Content-Security-Policy", index_policy);
	rv_call_set_header(call, "Referrer-Policy", "no-referrer");
	rv_call_set_header(call, "X-Robots-Tag", "noindex, nofollow");
	send_file(call, config_of(call)->console_dir, "index.html", "no-store");
}

/* "app-3fa2c81d.js": eight or more letters and digits between a dash and the ending. */
static bool is_hashed(const char *name)
{
	const char *dash = strrchr(name, '-');
	return dash && strspn(dash + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") >= 8 && strchr(dash + 1, '.');
}

static void console_file(struct rv_call *call)
{
	const char *name = rv_call_param(call, "rest");
	if (strncmp(name, "player-", 7) == 0) {
		rv_call_set_header(call, "Content-Security-Policy", player_policy);
		rv_call_set_header(call, "X-DNS-Prefetch-Control", "off");
	}
	send_file(call, config_of(call)->console_dir, name, is_hashed(name) ? "public, max-age=31536000, immutable" : "no-cache");
}

/* ---- the demo ---- */

static void demo_file(struct rv_call *call)
{
	const char *name = rv_call_param(call, "rest");
	rv_call_set_header(call, "Content-Security-Policy", NULL);
	rv_call_set_header(call, "Referrer-Policy", "same-origin");
	send_file(call, config_of(call)->demo_dir, *name ? name : "index.html", "no-cache");
}

static void demo_root(struct rv_call *call)
{
	if (*config_of(call)->demo_dir)
		rv_call_redirect(call, 302, "/demo/");
	else
		not_found(call);
}

/* ---- health ---- */

static void healthz(struct rv_call *call)
{
	rv_buf_str(rv_call_out(call), "{\"ok\":true}");
	rv_call_finish(call, 200, "application/json");
}

static void readyz(struct rv_call *call)
{
	enum rv_status status = rv_store_ready(rv_call_app(call)->store);
	if (status)
		rv_call_fail(call, 503, "not_ready", "The database does not answer.", NULL);
	else
		healthz(call);
}

static void metrics(struct rv_call *call)
{
	struct rv_app *app = rv_call_app(call);
	struct rv_net_list from;
	struct rv_ip ip;
	const char *text = rv_call_ip(call);
	if (!rv_net_list_parse(app->config->metrics_from, &from) || !rv_ip_parse(text, strlen(text), &ip) || !rv_net_list_has(&from, &ip)) {
		rv_call_fail(call, 403, "forbidden", "Metrics are not for this address.", NULL);
		return;
	}
	rv_server_metrics(app->server, rv_call_out(call));
	rv_store_metrics(app->store, rv_call_out(call));
	rv_bus_metrics(app->bus, rv_call_out(call));
	rv_call_finish(call, 200, "text/plain; version=0.0.4; charset=utf-8");
}

#define WIDGET_FILE(file) {"GET", "/:ws/" file, widget_file, RV_FAMILY_WIDGET, RV_BODY_NONE, 0, "widget_file", NULL}
#define PAGE(pattern, handler, name) {"GET", pattern, handler, RV_FAMILY_PAGE, RV_BODY_NONE, 0, name, NULL}
#define OWN(pattern, handler, name) {"GET", pattern, handler, RV_FAMILY_OWN, RV_BODY_NONE, 0, name, NULL}

static const struct rv_route routes[] = {
	WIDGET_FILE("rearview.js"), WIDGET_FILE("rearview.recorder.js"), WIDGET_FILE("rearview.selectors.js"), WIDGET_FILE("rearview.report.js"), WIDGET_FILE("rearview.extras.js"), WIDGET_FILE("rearview.styles.js"), WIDGET_FILE("rearview.logs.js"), WIDGET_FILE("rearview.frame.js"), WIDGET_FILE("rearview.later.js"), WIDGET_FILE("rearview.assets.js"), WIDGET_FILE("rearview.shot.js"), WIDGET_FILE("rearview.flat.js"), WIDGET_FILE("rearview.ui.js"), WIDGET_FILE("rearview.mark.js"), WIDGET_FILE("rearview.pick.js"), WIDGET_FILE("rearview.words.js"), WIDGET_FILE("rearview.screen.js"), WIDGET_FILE("rearview.worker.js"), WIDGET_FILE("rearview.page.js"), WIDGET_FILE("rearview.wasm"), WIDGET_FILE("rearview.tools.wasm"), WIDGET_FILE("rearview.wasm.js"), WIDGET_FILE("rearview.tools.wasm.js"),
	PAGE("/", console_page, "console_page"), PAGE("/r/:report", console_page, "console_page"), PAGE("/settings", console_page, "console_page"), PAGE("/install", console_page, "console_page"), PAGE("/verify", console_page, "console_page"), PAGE("/s/:token", share_page, "share_page"), PAGE("/login", console_page, "console_page"),
	OWN("/console/*rest", console_file, "console_file"),
	PAGE("/demo", demo_root, "demo"), PAGE("/demo/*rest", demo_file, "demo"),
	OWN("/healthz", healthz, "healthz"), OWN("/readyz", readyz, "readyz"), OWN("/metrics", metrics, "metrics"),
};

const struct rv_routes rv_routes_static = {routes, sizeof routes / sizeof *routes};
