/* What recordings refer to: contents of a workspace, and where a report's recording had them. */
#include "clock.h"
#include "store_db.h"
#include <stdlib.h>

/* ---- contents ---- */

struct asset_write { struct rv_write write; const struct rv_asset *asset; rv_store_done done; void *user; };

static enum rv_status add_asset(struct rv_db *db, struct rv_write *write)
{
	const struct rv_asset *asset = ((struct asset_write *)write)->asset;
	/* The newer time keeps a sweep away until the report names it. */
	sqlite3_stmt *insert = rv_db_statement(db, "INSERT INTO assets(workspace_id, sha256, mime, bytes, created_at) VALUES(?1, ?2, ?3, ?4, ?5)"
		" ON CONFLICT(workspace_id, sha256) DO UPDATE SET created_at=excluded.created_at");
	rv_db_text(insert, 1, asset->workspace_id);
	rv_db_text(insert, 2, asset->sha256);
	rv_db_text(insert, 3, asset->mime);
	rv_db_int(insert, 4, (int64_t)asset->bytes);
	rv_db_int(insert, 5, rv_clock_wall_ms());
	return rv_db_run(insert);
}

static void finish_asset(struct rv_write *write, enum rv_status status)
{
	struct asset_write *add = (struct asset_write *)write;
	add->done(add->user, status);
	free(add);
}

void rv_store_asset_add(struct rv_store *store, const struct rv_asset *asset, rv_store_done done, void *user)
{
	struct asset_write *add = malloc(sizeof *add);
	if (!add) {
		done(user, RV_MEMORY);
		return;
	}
	*add = (struct asset_write){.write = {.run = add_asset, .finish = finish_asset}, .asset = asset, .done = done, .user = user};
	rv_store_write(store, &add->write);
}

/* ---- links ---- */

struct link_write { struct rv_write write; const char *workspace_id, *submit_key; struct rv_asset_link *links; size_t n; rv_store_done done; void *user; };

static enum rv_status count_links(struct rv_db *db, const char *report_id, unsigned *count)
{
	sqlite3_stmt *select = rv_db_statement(db, "SELECT count(*) FROM report_assets WHERE report_id=?1");
	rv_db_text(select, 1, report_id);
	enum rv_status status = rv_db_step(select);
	if (status == RV_OK)
		*count = (unsigned)sqlite3_column_int64(select, 0);
	rv_db_done(select);
	return status;
}

static enum rv_status has_content(struct rv_db *db, const char *workspace_id, const char *sha256, bool *has)
{
	sqlite3_stmt *select = rv_db_statement(db, "SELECT 1 FROM assets WHERE workspace_id=?1 AND sha256=?2");
	rv_db_text(select, 1, workspace_id);
	rv_db_text(select, 2, sha256);
	enum rv_status status = rv_db_step(select);
	rv_db_done(select);
	*has = status == RV_OK;
	return status == RV_END ? RV_OK : status;
}

static enum rv_status link_one(struct rv_db *db, const char *report_id, const char *workspace_id, const struct rv_asset_link *link)
{
	sqlite3_stmt *insert = rv_db_statement(db, "INSERT INTO report_assets(report_id, url, workspace_id, sha256) VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING");
	rv_db_text(insert, 1, report_id);
	rv_db_text(insert, 2, link->url);
	rv_db_text(insert, 3, workspace_id);
	rv_db_text(insert, 4, link->sha256);
	return rv_db_run(insert);
}

static enum rv_status link_assets(struct rv_db *db, struct rv_write *write)
{
	struct link_write *links = (struct link_write *)write;
	char report_id[32];
	unsigned count = 0;
	enum rv_status status = rv_store_idempotency_find(db, links->workspace_id, "submit", links->submit_key, report_id);
	if (status == RV_OK)
		status = count_links(db, report_id, &count);
	for (size_t i = 0; i < links->n && status == RV_OK; i++) {
		struct rv_asset_link *link = &links->links[i];
		bool has;
		status = has_content(db, links->workspace_id, link->sha256, &has);
		link->missing = status == RV_OK && !has;
		if (status == RV_OK && has && count < RV_STORE_ASSETS_MAX) {
			status = link_one(db, report_id, links->workspace_id, link);
			count += status == RV_OK && sqlite3_changes(db->sql) > 0;
		}
	}
	return status;
}

static void finish_links(struct rv_write *write, enum rv_status status)
{
	struct link_write *links = (struct link_write *)write;
	links->done(links->user, status);
	free(links);
}

void rv_store_assets_link(struct rv_store *store, const char *workspace_id, const char *submit_key, struct rv_asset_link *links, size_t n, rv_store_done done, void *user)
{
	struct link_write *add = malloc(sizeof *add);
	if (!add) {
		done(user, RV_MEMORY);
		return;
	}
	*add = (struct link_write){
		.write = {.run = link_assets, .finish = finish_links, .bytes = n * 256},
		.workspace_id = workspace_id, .submit_key = submit_key, .links = links, .n = n, .done = done, .user = user,
	};
	rv_store_write(store, &add->write);
}

/* ---- reading ---- */

enum rv_status rv_store_report_asset(struct rv_store *store, const char *workspace_id, const char *report_id, const char *sha256, struct rv_asset *out, char **url)
{
	memset(out, 0, sizeof *out);
	*url = NULL;
	struct rv_db *db = rv_store_read(store);
	sqlite3_stmt *select = rv_db_statement(db, "SELECT a.workspace_id, a.sha256, a.mime, a.bytes, l.url"
		" FROM report_assets l JOIN reports r ON r.id=l.report_id JOIN assets a ON a.workspace_id=l.workspace_id AND a.sha256=l.sha256"
		" WHERE l.report_id=?1 AND (?2 IS NULL OR r.workspace_id=?2) AND r.deleted_at IS NULL AND l.sha256=?3 ORDER BY l.url LIMIT 1");
	rv_db_text(select, 1, report_id);
	rv_db_text(select, 2, workspace_id);
	rv_db_text(select, 3, sha256);
	enum rv_status status = rv_db_step(select);
	if (status == RV_OK) {
		rv_db_copy(select, 0, out->workspace_id, sizeof out->workspace_id);
		rv_db_copy(select, 1, out->sha256, sizeof out->sha256);
		rv_db_copy(select, 2, out->mime, sizeof out->mime);
		out->bytes = (uint64_t)sqlite3_column_int64(select, 3);
		*url = rv_db_dup(select, 4);
		status = *url ? RV_OK : RV_MEMORY;
	}
	rv_db_done(select);
	rv_store_read_end(store, db);
	return status == RV_END ? RV_NOT_FOUND : status;
}

enum rv_status rv_store_report_assets(struct rv_store *store, const char *report_id, bool (*fn)(void *user, const char *url, const char *sha256), void *user)
{
	struct rv_db *db = rv_store_read(store);
	sqlite3_stmt *select = rv_db_statement(db, "SELECT url, sha256 FROM report_assets WHERE report_id=?1 ORDER BY url");
	rv_db_text(select, 1, report_id);
	enum rv_status status;
	bool more = true;
	while (more && (status = rv_db_step(select)) == RV_OK)
		more = fn(user, (const char *)sqlite3_column_text(select, 0), (const char *)sqlite3_column_text(select, 1));
	rv_db_done(select);
	rv_store_read_end(store, db);
	return !more ? RV_MEMORY : status == RV_END ? RV_OK : status;
}

enum rv_status rv_store_report_assets_count(struct rv_store *store, const char *report_id, unsigned *count)
{
	struct rv_db *db = rv_store_read(store);
	enum rv_status status = count_links(db, report_id, count);
	rv_store_read_end(store, db);
	return status;
}
