/* A report's assets while its replay or one of its style sheets is written: address → where the
 * collector has the content. Owner: the caller. Threads: one at a time. */
#ifndef RV_ASSET_MAP_H
#define RV_ASSET_MAP_H
#include "assets.h"
#include "store.h"

struct rv_asset_map;
/* Addresses become BASE_URL/api/v1/reports/REPORT/assets/HASH; both texts must outlive the map. */
enum rv_status rv_asset_map_load(struct rv_store *store, const char *report_id, const char *base_url, struct rv_asset_map **map) RV_MUST_USE;
void rv_asset_map_free(struct rv_asset_map *map);
/* Writes what is in the map as the collector's, everything else as it is. */
struct rv_rrweb_assets rv_asset_map_use(struct rv_asset_map *map);

#endif
