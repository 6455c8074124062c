/* Counters as Prometheus text. Written on the event thread, read on any. */
#include "http_int.h"
#include <stdio.h>

static const unsigned bounds_ms[] = {1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000};
enum { BOUNDS = sizeof bounds_ms / sizeof *bounds_ms };

void rv_metrics_call(struct rv_call *call)
{
	struct rv_server *server = call->server;
	size_t route = call->route ? (size_t)(call->route - server->routes) : server->n_routes;
	int status = call->status >= 100 && call->status < 100 + RV_STATUSES ? call->status : 599;
	atomic_fetch_add_explicit(&server->by_status[route * RV_STATUSES + (size_t)status - 100], 1, memory_order_relaxed);
	uint64_t us = (uint64_t)(rv_now_us() - call->start_us);
	size_t i = 0;
	while (i < BOUNDS && us > bounds_ms[i] * 1000ull)
		i++;
	atomic_fetch_add_explicit(&server->latency[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&server->latency_sum_us, us, memory_order_relaxed);
}

static void put(struct rv_buf *out, const char *name, const char *type, uint64_t value)
{
	char line[200];
	snprintf(line, sizeof line, "# TYPE rearview_%s %s\nrearview_%s %llu\n", name, type, name, (unsigned long long)value);
	rv_buf_str(out, line);
}

void rv_server_metrics(struct rv_server *server, struct rv_buf *out)
{
	char line[200];
	rv_buf_str(out, "# TYPE rearview_http_requests_total counter\n");
	for (size_t route = 0; route <= server->n_routes; route++)
		for (int status = 0; status < RV_STATUSES; status++) {
			uint64_t n = atomic_load_explicit(&server->by_status[route * RV_STATUSES + (size_t)status], memory_order_relaxed);
			if (!n)
				continue;
			snprintf(line, sizeof line, "rearview_http_requests_total{route=\"%s\",status=\"%d\"} %llu\n", route < server->n_routes ? server->routes[route].name : "none", status + 100, (unsigned long long)n);
			rv_buf_str(out, line);
		}
	rv_buf_str(out, "# TYPE rearview_http_request_seconds histogram\n");
	uint64_t n = 0;
	for (size_t i = 0; i <= BOUNDS; i++) {
		char bound[16] = "+Inf";
		if (i < BOUNDS)
			snprintf(bound, sizeof bound, "%u.%03u", bounds_ms[i] / 1000, bounds_ms[i] % 1000);
		n += atomic_load_explicit(&server->latency[i], memory_order_relaxed);
		snprintf(line, sizeof line, "rearview_http_request_seconds_bucket{le=\"%s\"} %llu\n", bound, (unsigned long long)n);
		rv_buf_str(out, line);
	}
	uint64_t us = atomic_load_explicit(&server->latency_sum_us, memory_order_relaxed);
	snprintf(line, sizeof line, "rearview_http_request_seconds_sum %llu.%06llu\nrearview_http_request_seconds_count %llu\n", (unsigned long long)(us / 1000000), (unsigned long long)(us % 1000000), (unsigned long long)n);
	rv_buf_str(out, line);
	pthread_mutex_lock(&server->conn_mutex);
	unsigned connections = server->n_conns;
	pthread_mutex_unlock(&server->conn_mutex);
	put(out, "http_connections", "gauge", connections);
	put(out, "http_pending", "gauge", atomic_load(&server->pending));
	put(out, "websockets", "gauge", rv_sockets_count(server->sockets));
	put(out, "http_timeouts_total", "counter", atomic_load(&server->timed_out));
	put(out, "http_connections_refused_total", "counter", atomic_load(&server->refused_connections));
	put(out, "http_rate_limited_total", "counter", atomic_load(&server->rate_limited));
	put(out, "http_shed_total", "counter", atomic_load(&server->shed));
}
