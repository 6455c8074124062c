#include "assets.h"
#include "hash.h"
#include "rrweb_priv.h"
#include <stdlib.h>

enum { SLOTS = 2 * RV_ASSETS_MAX, HASH_SEED = 7 };

struct rv_urls *rv_urls_new(void)
{
	struct rv_urls *urls = calloc(1, sizeof *urls);
	if (urls)
		rv_buf_init(&urls->text, (size_t)RV_ASSETS_MAX * RV_ASSETS_URL_MAX);
	return urls;
}

void rv_urls_free(struct rv_urls *urls)
{
	if (!urls)
		return;
	rv_buf_deinit(&urls->text);
	free(urls);
}

struct rv_span rv_urls_get(const struct rv_urls *urls, uint32_t number)
{
	return rv_span(urls->text.ptr + urls->items[number].at, urls->items[number].len);
}

/* The slot that has it, or the free one where it belongs: half of them always are free. */
static uint32_t slot_of(const struct rv_urls *urls, struct rv_span url)
{
	uint32_t slot = rv_hash32(url, HASH_SEED) % SLOTS;
	while (urls->slots[slot] && !rv_span_eq(rv_urls_get(urls, urls->slots[slot] - 1u), url))
		slot = (slot + 1) % SLOTS;
	return slot;
}

int rv_urls_find(const struct rv_urls *urls, struct rv_span url) { return url.len ? (int)urls->slots[slot_of(urls, url)] - 1 : -1; }

int rv_urls_add(struct rv_urls *urls, struct rv_span url)
{
	if (!url.len || url.len > RV_ASSETS_URL_MAX)
		return -1;
	uint32_t slot = slot_of(urls, url);
	if (!urls->slots[slot]) {
		if (urls->n == RV_ASSETS_MAX)
			return -1;
		size_t at = urls->text.len;
		rv_buf_span(&urls->text, url);
		if (rv_buf_status(&urls->text) != RV_OK)
			return -1;
		urls->items[urls->n].at = (uint32_t)at;
		urls->items[urls->n].len = (uint32_t)url.len;
		urls->slots[slot] = (uint16_t)++urls->n;
	}
	return urls->slots[slot] - 1;
}

void rv_assets_collect(void *urls, struct rv_span url, struct rv_buf *out)
{
	rv_urls_add(urls, url);
	rv_buf_span(out, url);
}

static enum rv_status drop(void *user, struct rv_span piece) { return RV_OK; }

enum rv_status rv_assets_stream(struct rv_span stream, struct rv_urls *urls)
{
	const struct rv_rrweb_assets assets = {rv_assets_collect, urls};
	enum rv_status status = rv_rrweb_export_assets(stream, &assets, drop, NULL, NULL);
	return status == RV_OK ? rv_buf_status(&urls->text) : status;
}

void rv_assets_css(struct rv_span base, struct rv_span css, const struct rv_rrweb_assets *assets, struct rv_buf *out)
{
	rv_url_css(&(struct rv_url){base, assets}, css, out);
}
