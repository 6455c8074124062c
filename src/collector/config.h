/* Configuration: defaults ← file ("key = value" a line, # comments) ← environment (RV_KEY) ← command
 * line (--key value, --key=value; - and _ are the same). The table below is the only list of keys;
 * --help and the README's list are printed from it.
 * Owner: the caller; rv_config_deinit frees. Threads: read-only after loading. */
#ifndef RV_CONFIG_H
#define RV_CONFIG_H
#include "buf.h"
#include "log.h"

/* TEXT(key, default, help) · NUMBER(key, default, least, most, help) */
#define RV_CONFIG_KEYS(TEXT, NUMBER) \
	TEXT(listen, "127.0.0.1:8787", "Address and port to listen on; port 0 takes a free one.") \
	TEXT(data_dir, "data", "Where the database, uploads and first-login.txt are kept.") \
	TEXT(base_url, "", "The collector's address as browsers see it, like https://rearview.example.com; without it the Host header is believed.") \
	TEXT(tls_cert, "", "PEM file with the certificate chain; with tls_key the collector speaks HTTPS itself.") \
	TEXT(tls_key, "", "PEM file with the private key.") \
	TEXT(trusted_proxies, "", "Addresses or networks (10.0.0.0/8) whose X-Forwarded-For, -Proto and -Host are believed.") \
	TEXT(widget_dir, "", "Folder with rearview.js and its parts; without it the folder web beside the program, or beside the program's folder.") \
	TEXT(console_dir, "", "Folder with the console; without it the folder console in widget_dir.") \
	TEXT(demo_dir, "", "Folder served under /demo/; without it there is no such page.") \
	TEXT(metrics_from, "127.0.0.0/8, ::1", "Addresses or networks that may read /metrics.") \
	TEXT(log_level, "info", "error, warn, info or debug.") \
	NUMBER(max_connections, 20000, 10, 1000000, "Connections open at one time; as many WebSockets beside them.") \
	NUMBER(max_connections_per_ip, 1024, 0, 1000000, "Connections of one address (IPv6: one /64), trusted proxies aside; 0: no limit.") \
	NUMBER(requests_per_minute_per_key, 6000, 0, 100000000, "Requests a minute with one key, then 429; 0: no limit.") \
	NUMBER(header_timeout_ms, 10000, 100, 600000, "Time for the head of a request.") \
	NUMBER(body_timeout_ms, 300000, 100, 3600000, "Time for the body of a request.") \
	NUMBER(min_body_rate, 1024, 1, 1000000000, "Bytes a second that a body must bring after its first 5 s.") \
	NUMBER(ping_ms, 30000, 100, 3600000, "Silence after which a WebSocket is asked for a sign of life.") \
	NUMBER(silence_ms, 75000, 200, 3600000, "Silence after which a WebSocket is closed.") \
	NUMBER(drain_ms, 10000, 0, 600000, "Time for unfinished requests when the collector is told to stop.")

struct rv_config {
#define RV_TEXT(key, value, help) char *key;
#define RV_NUMBER(key, value, least, most, help) unsigned key;
	RV_CONFIG_KEYS(RV_TEXT, RV_NUMBER)
#undef RV_TEXT
#undef RV_NUMBER
};

/* Takes what it knows from args and leaves the rest in them in order (*n_args counts down): commands
 * and their own options, which is_own tells apart (it gets "name" for --name). environment: "RV_X=y", NULL ends.
 * RV_BAD or RV_IO: error holds a sentence that names the key. */
enum rv_status rv_config_load(struct rv_config *config, size_t *n_args, char **args, char *const *environment, bool (*is_own)(const char *option), struct rv_buf *error) RV_MUST_USE;
void rv_config_deinit(struct rv_config *config);
/* One paragraph a key: "  --listen VALUE …". */
void rv_config_help(struct rv_buf *out);
enum rv_log_level rv_config_log_level(const struct rv_config *config);

#endif
