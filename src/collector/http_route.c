/* From method and path to a route: the most literal pattern that fits wins, segment by segment. */
#include "http_int.h"
#include <stdio.h>

enum { SEGMENTS_MAX = 12, LITERAL = 3, NAMED = 2, REST = 1 };

struct match { uint32_t rank; size_t n_params; struct { const char *name, *value; size_t n_name, n_value; } params[RV_PARAMS_MAX]; };

/* Two bits a segment, the first one highest: a greater rank is the more literal pattern. */
static bool fits(const char *pattern, const char *path, struct match *match)
{
	*match = (struct match){0};
	for (int segment = 0;; segment++) {
		if (segment == SEGMENTS_MAX || *pattern != '/' || *path != '/')
			return false;
		pattern++;
		path++;
		size_t n_pattern = strcspn(pattern, "/"), n_path = strcspn(path, "/");
		uint32_t kind = *pattern == ':' ? NAMED : *pattern == '*' ? REST : LITERAL;
		if (kind == REST)
			n_path = strlen(path);
		if (kind == LITERAL ? n_pattern != n_path || memcmp(pattern, path, n_path) != 0 : kind == NAMED && !n_path)
			return false;
		if (kind != LITERAL) {
			if (match->n_params == RV_PARAMS_MAX)
				return false;
			match->params[match->n_params].name = pattern + 1;
			match->params[match->n_params].n_name = n_pattern - 1;
			match->params[match->n_params].value = path;
			match->params[match->n_params++].n_value = n_path;
		}
		match->rank |= kind << (2 * (SEGMENTS_MAX - segment));
		pattern += n_pattern;
		path += n_path;
		if (!*pattern || !*path)
			return !*pattern && !*path;
	}
}

static bool answers(const struct rv_route *route, const char *method)
{
	return strcmp(route->method, method) == 0 || (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

static bool take_params(struct rv_call *call, const struct match *match)
{
	for (size_t i = 0; i < match->n_params; i++) {
		struct rv_span name = rv_arena_copy(&call->arena, rv_span(match->params[i].name, match->params[i].n_name));
		struct rv_span value = rv_arena_copy(&call->arena, rv_span(match->params[i].value, match->params[i].n_value));
		if (!name.ptr || !value.ptr || !rv_decode_percent((char *)value.ptr, false))
			return false;
		call->params[call->n_params++] = (struct rv_name_value){(const char *)name.ptr, (const char *)value.ptr};
	}
	return true;
}

/* "GET, HEAD, OPTIONS, POST" of everything that answers at this path with the best rank. */
static void set_allow(struct rv_call *call)
{
	char allow[128] = "OPTIONS";
	struct match match;
	for (size_t i = 0; i < call->server->n_routes; i++) {
		const struct rv_route *route = &call->server->routes[i];
		if (!fits(route->pattern, call->path, &match) || rv_header_has_token(allow, route->method))
			continue;
		size_t len = strlen(allow);
		snprintf(allow + len, sizeof allow - len, ", %s%s", route->method, strcmp(route->method, "GET") == 0 ? ", HEAD" : "");
	}
	rv_call_set_header(call, "Allow", allow);
}

static void answer_options(struct rv_call *call)
{
	set_allow(call);
	if (call->family == RV_FAMILY_WIDGET && rv_call_header(call, "Access-Control-Request-Method")) {
		rv_call_set_header(call, "Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE");
		rv_call_set_header(call, "Access-Control-Allow-Headers", "Content-Type, Content-Encoding, Content-Range, Idempotency-Key, If-None-Match, X-Project-Key");
		rv_call_set_header(call, "Access-Control-Max-Age", "7200");
	}
	rv_call_finish(call, 204, NULL);
}

void rv_call_find_route(struct rv_call *call)
{
	const struct rv_route *best = NULL, *other = NULL;
	struct match match, best_match = {0}, other_match = {0};
	for (size_t i = 0; i < call->server->n_routes; i++) {
		const struct rv_route *route = &call->server->routes[i];
		if (!fits(route->pattern, call->path, &match))
			continue;
		if (match.rank > other_match.rank) {
			other_match = match;
			other = route;
		}
		if (answers(route, call->method) && match.rank > best_match.rank) {
			best_match = match;
			best = route;
		}
	}
	/* A more literal path that refuses this method is not answered by a vaguer one. */
	if (best && other_match.rank > best_match.rank)
		best = NULL;
	const char *accept = rv_call_header(call, "Accept");
	call->family = other ? other->family : strncmp(call->path, "/v1/widget/", 11) == 0 ? RV_FAMILY_WIDGET : accept && strstr(accept, "text/html") ? RV_FAMILY_PAGE : RV_FAMILY_OWN;
	if (strcmp(call->method, "OPTIONS") == 0 && (other || strcmp(call->path, "*") == 0)) {
		answer_options(call);
	} else if (!other) {
		rv_call_refuse(call, 404, "not_found", "There is nothing at this address.");
	} else if (!best) {
		set_allow(call);
		rv_call_refuse(call, 405, "method_not_allowed", "This address does not answer that method.");
	} else {
		call->route = best;
		call->family = best->family;
		if (!take_params(call, &best_match))
			rv_call_refuse(call, 400, "bad_request", "The address is malformed.");
	}
}
