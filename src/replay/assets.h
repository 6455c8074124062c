/* The addresses of what a recording refers to: which there are, and a table of them.
 *
 *   stream ──rrweb export, thrown away──▶ each address that a page fetches by itself ──▶ table
 *
 * so the list is exactly what a replay will ask for. Owner: the caller. Threads: one at a time. */
#ifndef RV_ASSETS_H
#define RV_ASSETS_H
#include "json.h"
#include "rrweb.h"

enum { RV_ASSETS_MAX = 1000, RV_ASSETS_URL_MAX = 2048 };

/* A set of addresses, numbered from 0 as they came. */
struct rv_urls { struct rv_buf text; struct { uint32_t at, len; } items[RV_ASSETS_MAX]; uint32_t n; uint16_t slots[2 * RV_ASSETS_MAX]; };
struct rv_urls *rv_urls_new(void) RV_MUST_USE;
void rv_urls_free(struct rv_urls *urls);
/* Its number; -1 when it is not in the set. */
int rv_urls_find(const struct rv_urls *urls, struct rv_span url);
/* The same, and adds it; -1 when it is empty or too long, or the set is full. */
int rv_urls_add(struct rv_urls *urls, struct rv_span url);
struct rv_span rv_urls_get(const struct rv_urls *urls, uint32_t number);

/* Adds what the replay of a native stream asks for. */
enum rv_status rv_assets_stream(struct rv_span stream, struct rv_urls *urls) RV_MUST_USE;
/* Writes a style sheet whose address is base with its addresses absolute and as assets says. */
void rv_assets_css(struct rv_span base, struct rv_span css, const struct rv_rrweb_assets *assets, struct rv_buf *out);
/* An rv_rrweb_assets.address that adds to the set it has as user and writes the address as it is. */
void rv_assets_collect(void *urls, struct rv_span url, struct rv_buf *out);

#endif
