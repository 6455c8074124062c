#include "asset_map.h"
#include <stdlib.h>

struct rv_asset_map {
	const char *report_id, *base_url;
	struct rv_urls *urls;
	char hashes[RV_ASSETS_MAX][65]; /* by the address's number */
};

static bool take(void *user, const char *url, const char *sha256)
{
	struct rv_asset_map *map = user;
	int number = rv_urls_add(map->urls, rv_span_str(url));
	if (number >= 0)
		snprintf(map->hashes[number], sizeof map->hashes[number], "%s", sha256);
	return rv_buf_status(&map->urls->text) == RV_OK;
}

enum rv_status rv_asset_map_load(struct rv_store *store, const char *report_id, const char *base_url, struct rv_asset_map **out)
{
	struct rv_asset_map *map = *out = calloc(1, sizeof *map);
	if (!map)
		return RV_MEMORY;
	map->report_id = report_id;
	map->base_url = base_url;
	map->urls = rv_urls_new();
	enum rv_status status = map->urls ? rv_store_report_assets(store, report_id, take, map) : RV_MEMORY;
	if (status != RV_OK) {
		rv_asset_map_free(map);
		*out = NULL;
	}
	return status;
}

void rv_asset_map_free(struct rv_asset_map *map)
{
	if (!map)
		return;
	rv_urls_free(map->urls);
	free(map);
}

static void write_address(void *user, struct rv_span url, struct rv_buf *out)
{
	struct rv_asset_map *map = user;
	int number = rv_urls_find(map->urls, url);
	if (number < 0) {
		rv_buf_span(out, url);
		return;
	}
	rv_buf_str(out, map->base_url);
	rv_buf_str(out, "/api/v1/reports/");
	rv_buf_str(out, map->report_id);
	rv_buf_str(out, "/assets/");
	rv_buf_str(out, map->hashes[number]);
}

struct rv_rrweb_assets rv_asset_map_use(struct rv_asset_map *map) { return (struct rv_rrweb_assets){write_address, map}; }
