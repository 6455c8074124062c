/* The schema, one migration a version. A released migration is never changed: add the next one. */
#include "store_db.h"

static const char *const migrations[] = {
	"CREATE TABLE workspaces("
	" id TEXT PRIMARY KEY, name TEXT NOT NULL, site_id TEXT NOT NULL UNIQUE, project_key TEXT NOT NULL UNIQUE,"
	" config TEXT NOT NULL, last_number INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL) STRICT;"

	"CREATE TABLE api_keys("
	" id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, sha256 BLOB NOT NULL, hint TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;"
	"CREATE INDEX api_keys_by_workspace ON api_keys(workspace_id, created_at);"

	"CREATE TABLE users(id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, password TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;"
	"CREATE TABLE logins(sha256 BLOB PRIMARY KEY, user_id TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;"

	"CREATE TABLE attachments("
	" id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, report_id TEXT, position INTEGER NOT NULL DEFAULT 0, kind TEXT NOT NULL, mime TEXT NOT NULL,"
	" sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, created_at INTEGER NOT NULL, summary TEXT) STRICT;"
	"CREATE INDEX attachments_by_report ON attachments(report_id, position);"
	"CREATE INDEX attachments_by_blob ON attachments(sha256);"

	/* sequence orders the list and is its cursor; bodies are apart so that a list never reads them. */
	"CREATE TABLE reports("
	" sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, workspace_id TEXT NOT NULL, number INTEGER NOT NULL,"
	" state TEXT NOT NULL, source TEXT NOT NULL, item_type TEXT, title TEXT, notes TEXT, session_token TEXT,"
	" user_id TEXT, user_email TEXT, user_name TEXT, url TEXT, path TEXT, page_title TEXT, first_error TEXT,"
	" errors INTEGER NOT NULL, failed_requests INTEGER NOT NULL, has_replay INTEGER NOT NULL, has_screenshot INTEGER NOT NULL,"
	" created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, deleted_at INTEGER,"
	" UNIQUE(workspace_id, number)) STRICT;"
	"CREATE INDEX reports_by_session ON reports(workspace_id, session_token);"
	"CREATE INDEX reports_deleted ON reports(deleted_at) WHERE deleted_at IS NOT NULL;"
	"CREATE TABLE report_bodies(report_id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;"

	"CREATE TABLE idempotency("
	" workspace_id TEXT NOT NULL, scope TEXT NOT NULL, key TEXT NOT NULL, target_id TEXT NOT NULL, created_at INTEGER NOT NULL,"
	" PRIMARY KEY(workspace_id, scope, key)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX idempotency_by_age ON idempotency(created_at);",

	/* What recordings refer to: each content once a workspace, and where a report's recording had it. */
	"CREATE TABLE assets("
	" workspace_id TEXT NOT NULL, sha256 TEXT NOT NULL, mime TEXT NOT NULL, bytes INTEGER NOT NULL, created_at INTEGER NOT NULL,"
	" PRIMARY KEY(workspace_id, sha256)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX assets_by_blob ON assets(sha256);"
	"CREATE INDEX assets_by_age ON assets(created_at);"
	"CREATE TABLE report_assets("
	" report_id TEXT NOT NULL, url TEXT NOT NULL, workspace_id TEXT NOT NULL, sha256 TEXT NOT NULL,"
	" PRIMARY KEY(report_id, url)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX report_assets_by_content ON report_assets(workspace_id, sha256);",

	/* Links to one report; project keys that were replaced and still work for a while. */
	"CREATE TABLE shares(id TEXT PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE, report_id TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT;"
	"CREATE INDEX shares_by_report ON shares(report_id, created_at);"
	"CREATE TABLE old_project_keys(project_key TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;",
};

static enum rv_status read_version(struct rv_db *db, int64_t *version)
{
	sqlite3_stmt *statement = rv_db_statement(db, "PRAGMA user_version");
	enum rv_status status = rv_db_step(statement);
	if (status == RV_OK)
		*version = sqlite3_column_int64(statement, 0);
	rv_db_done(statement);
	return status;
}

enum rv_status rv_db_migrate(struct rv_db *db, struct rv_buf *error)
{
	const int64_t newest = sizeof migrations / sizeof *migrations;
	/* The lock first: two processes may start on the same new directory. */
	enum rv_status status = rv_db_exec(db, "BEGIN IMMEDIATE");
	int64_t version = 0;
	if (status == RV_OK)
		status = read_version(db, &version);
	if (status == RV_OK && version > newest) {
		status = RV_VERSION;
		rv_buf_str(error, "The database has schema version ");
		rv_buf_dec(error, (uint64_t)version);
		rv_buf_str(error, ", this rearviewd knows versions up to ");
		rv_buf_dec(error, (uint64_t)newest);
		rv_buf_str(error, ". Run the newer rearviewd, or restore a backup of the data directory.");
	}
	for (; status == RV_OK && version < newest; version++) {
		char set[64];
		snprintf(set, sizeof set, "PRAGMA user_version=%lld", (long long)version + 1);
		status = rv_db_exec(db, migrations[version]);
		if (status == RV_OK)
			status = rv_db_exec(db, set);
	}
	if (status == RV_OK)
		status = rv_db_exec(db, "COMMIT");
	if (status != RV_OK) {
		if (error->len == 0) {
			rv_buf_str(error, "The database cannot be brought to the present schema: ");
			rv_buf_str(error, sqlite3_errmsg(db->sql));
			rv_buf_str(error, ".");
		}
		if (!sqlite3_get_autocommit(db->sql) && rv_db_exec(db, "ROLLBACK") != RV_OK)
			return status;
	}
	return status;
}
