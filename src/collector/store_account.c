/* Workspaces, their keys, console users and their logins. */
#include "clock.h"
#include "secret.h"
#include "store_db.h"
#include <stdlib.h>

enum { API_KEY_ID_LENGTH = 14, API_KEY_LENGTH = 46, TOKEN_LENGTH = 43 };
static const int64_t login_ms = 14ll * 24 * 3600 * 1000;

void rv_workspace_clear(struct rv_workspace *workspace)
{
	free(workspace->config_json);
	memset(workspace, 0, sizeof *workspace);
}

/* ---- API keys: "rvk_" + 10 characters that name it + 32 secret ones; stored is the hash of all ---- */

static void make_api_key(char out[64])
{
	memcpy(out, "rvk_", 4);
	rv_random_text(out + 4, API_KEY_LENGTH - 4);
}

void rv_api_key_id(const char *api_key, char id_out[32])
{
	size_t len = strnlen(api_key, API_KEY_ID_LENGTH);
	memcpy(id_out, api_key, len);
	id_out[len] = 0;
}

static enum rv_status insert_api_key(struct rv_db *db, const char *workspace_id, const char *api_key)
{
	char id[32], hint[48];
	uint8_t sha256[32];
	rv_api_key_id(api_key, id);
	snprintf(hint, sizeof hint, "%s…", id);
	rv_sha256(rv_span_str(api_key), sha256);
	sqlite3_stmt *insert = rv_db_statement(db, "INSERT INTO api_keys(id, workspace_id, sha256, hint, created_at) SELECT ?1, id, ?3, ?4, ?5 FROM workspaces WHERE id=?2");
	rv_db_text(insert, 1, id);
	rv_db_text(insert, 2, workspace_id);
	sqlite3_bind_blob(insert, 3, sha256, sizeof sha256, SQLITE_STATIC);
	rv_db_text(insert, 4, hint);
	rv_db_int(insert, 5, rv_clock_wall_ms());
	enum rv_status status = rv_db_run(insert);
	return status == RV_OK && sqlite3_changes(db->sql) == 0 ? RV_NOT_FOUND : status;
}

struct key_write { struct rv_write write; const char *workspace_id, *id_or_key; };

static enum rv_status add_key(struct rv_db *db, struct rv_write *write)
{
	struct key_write *key = (struct key_write *)write;
	return insert_api_key(db, key->workspace_id, key->id_or_key);
}

enum rv_status rv_store_api_key_add(struct rv_store *store, const char *workspace_id, char api_key_out[64])
{
	make_api_key(api_key_out);
	struct key_write key = {.write.run = add_key, .workspace_id = workspace_id, .id_or_key = api_key_out};
	return rv_store_write_wait(store, &key.write);
}

static enum rv_status remove_key(struct rv_db *db, struct rv_write *write)
{
	struct key_write *key = (struct key_write *)write;
	sqlite3_stmt *statement = rv_db_statement(db, "DELETE FROM api_keys WHERE workspace_id=?1 AND id=?2");
	rv_db_text(statement, 1, key->workspace_id);
	rv_db_text(statement, 2, key->id_or_key);
	enum rv_status status = rv_db_run(statement);
	return status == RV_OK && sqlite3_changes(db->sql) == 0 ? RV_NOT_FOUND : status;
}

enum rv_status rv_store_api_key_remove(struct rv_store *store, const char *workspace_id, const char *id)
{
	struct key_write key = {.write.run = remove_key, .workspace_id = workspace_id, .id_or_key = id};
	return rv_store_write_wait(store, &key.write);
}

enum rv_status rv_store_api_key_check(struct rv_store *store, const char *api_key, char workspace_id_out[32])
{
	workspace_id_out[0] = 0;
	if (!api_key || strlen(api_key) != API_KEY_LENGTH)
		return RV_AUTH;
	char id[32];
	uint8_t sha256[32];
	rv_api_key_id(api_key, id);
	rv_sha256(rv_span_str(api_key), sha256);
	struct rv_db *db = rv_store_read(store);
	sqlite3_stmt *select = rv_db_statement(db, "SELECT sha256, workspace_id FROM api_keys WHERE id=?1");
	rv_db_text(select, 1, id);
	enum rv_status status = rv_db_step(select);
	if (status == RV_OK) {
		struct rv_span stored = rv_span(sqlite3_column_blob(select, 0), (size_t)sqlite3_column_bytes(select, 0));
		if (rv_equal_constant_time(stored, rv_span(sha256, sizeof sha256)))
			rv_db_copy(select, 1, workspace_id_out, 32);
		else
			status = RV_AUTH;
	}
	rv_db_done(select);
	rv_store_read_end(store, db);
	return status == RV_END ? RV_AUTH : status;
}

enum rv_status rv_store_api_keys_json(struct rv_store *store, const char *workspace_id, struct rv_buf *json_out)
{
	struct rv_json json;
	rv_json_init(&json, json_out);
	struct rv_db *db = rv_store_read(store);
	sqlite3_stmt *select = rv_db_statement(db, "SELECT id, hint, created_at FROM api_keys WHERE workspace_id=?1 ORDER BY created_at, id");
	rv_db_text(select, 1, workspace_id);
	rv_json_open(&json, '[');
	enum rv_status status;
	while ((status = rv_db_step(select)) == RV_OK) {
		rv_json_open(&json, '{');
		rv_json_key(&json, "id");
		rv_db_json_text(select, 0, &json);
		rv_json_key(&json, "hint");
		rv_db_json_text(select, 1, &json);
		rv_json_key(&json, "created_at");
		rv_db_json_time(sqlite3_column_int64(select, 2), &json);
		rv_json_close(&json, '}');
	}
	rv_json_close(&json, ']');
	rv_db_done(select);
	rv_store_read_end(store, db);
	return status != RV_END ? status : rv_buf_status(json_out);
}

/* ---- workspaces ---- */

static void make_project_key(char out[48])
{
	memcpy(out, "pk_", 3);
	rv_random_text(out + 3, 32);
}

struct workspace_write { struct rv_write write; struct rv_workspace *workspace; const char *api_key; };

static enum rv_status add_workspace(struct rv_db *db, struct rv_write *write)
{
	struct workspace_write *add = (struct workspace_write *)write;
	sqlite3_stmt *insert = rv_db_statement(db, "INSERT INTO workspaces(id, name, site_id, project_key, config, created_at) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
	rv_db_text(insert, 1, add->workspace->id);
	rv_db_text(insert, 2, add->workspace->name);
	rv_db_text(insert, 3, add->workspace->site_id);
	rv_db_text(insert, 4, add->workspace->project_key);
	rv_db_text(insert, 5, add->workspace->config_json);
	rv_db_int(insert, 6, rv_clock_wall_ms());
	enum rv_status status = rv_db_run(insert);
	return status == RV_OK ? insert_api_key(db, add->workspace->id, add->api_key) : status;
}

enum rv_status rv_store_workspace_add(struct rv_store *store, const char *name, struct rv_workspace *out, char api_key_out[64])
{
	memset(out, 0, sizeof *out);
	if (!*name || strlen(name) >= sizeof out->name)
		return RV_LIMIT;
	strcpy(out->name, name);
	rv_id_new("ws_", out->id);
	rv_id_new("site_", out->site_id);
	make_project_key(out->project_key);
	out->config_json = strdup("{}");
	if (!out->config_json)
		return RV_MEMORY;
	make_api_key(api_key_out);
	struct workspace_write add = {.write.run = add_workspace, .workspace = out, .api_key = api_key_out};
	enum rv_status status = rv_store_write_wait(store, &add.write);
	if (status != RV_OK)
		rv_workspace_clear(out);
	return status;
}

static enum rv_status find_workspace(struct rv_store *store, const char *sql, const char *value, struct rv_workspace *out)
{
	memset(out, 0, sizeof *out);
	struct rv_db *db = rv_store_read(store);
	sqlite3_stmt *select = rv_db_statement(db, sql);
	rv_db_text(select, 1, value);
	enum rv_status status = rv_db_step(select);
	if (status == RV_OK) {
		rv_db_copy(select, 0, out->id, sizeof out->id);
		rv_db_copy(select, 1, out->name, sizeof out->name);
		rv_db_copy(select, 2, out->site_id, sizeof out->site_id);
		rv_db_copy(select, 3, out->project_key, sizeof out->project_key);
		out->config_json = rv_db_dup(select, 4);
		if (!out->config_json)
			status = RV_MEMORY;
	}
	rv_db_done(select);
	rv_store_read_end(store, db);
	return status == RV_END ? RV_NOT_FOUND : status;
}

enum rv_status rv_store_workspace_by_key(struct rv_store *store, const char *project_key, struct rv_workspace *out)
{
	return find_workspace(store, "SELECT id, name, site_id, project_key, config FROM workspaces WHERE project_key=?1"
		" OR id=(SELECT workspace_id FROM old_project_keys WHERE project_key=?1 AND expires_at>1000*strftime('%s','now'))", project_key, out);
}

enum rv_status rv_store_workspace_by_id(struct rv_store *store, const char *id, struct rv_workspace *out)
{
	return find_workspace(store, "SELECT id, name, site_id, project_key, config FROM workspaces WHERE id=?1", id, out);
}

enum rv_status rv_store_workspaces_json(struct rv_store *store, struct rv_buf *json_out)
{
	struct rv_json json;
	rv_json_init(&json, json_out);
	struct rv_db *db = rv_store_read(store);
	sqlite3_stmt *select = rv_db_statement(db, "SELECT id, name, site_id, project_key, created_at,"
		" (SELECT count(*) FROM reports WHERE workspace_id=workspaces.id AND deleted_at IS NULL) FROM workspaces ORDER BY created_at, id");
	rv_json_open(&json, '{');
	rv_json_key(&json, "workspaces");
	rv_json_open(&json, '[');
	enum rv_status status;
	while ((status = rv_db_step(select)) == RV_OK) {
		static const char *const names[] = {"id", "name", "site_id", "project_key"};
		rv_json_open(&json, '{');
		for (int i = 0; i < 4; i++) {
			rv_json_key(&json, names[i]);
			rv_db_json_text(select, i, &json);
		}
		rv_json_key(&json, "created_at");
		rv_db_json_time(sqlite3_column_int64(select, 4), &json);
		rv_json_key(&json, "reports");
		rv_json_int(&json, sqlite3_column_int64(select, 5));
		rv_json_close(&json, '}');
	}
	rv_json_close(&json, ']');
	rv_json_close(&json, '}');
	rv_db_done(select);
	rv_store_read_end(store, db);
	return status != RV_END ? status : rv_buf_status(json_out);
}

/* ---- new keys for old ---- */

struct rotate_write { struct rv_write write; const char *workspace_id, *key; int64_t now_ms, grace_ms; };

static enum rv_status rotate_project_key(struct rv_db *db, struct rv_write *write)
{
	struct rotate_write *rotate = (struct rotate_write *)write;
	sqlite3_stmt *old = rotate->grace_ms
		? rv_db_statement(db, "INSERT INTO old_project_keys(project_key, workspace_id, expires_at) SELECT project_key, id, ?2 FROM workspaces WHERE id=?1")
		: rv_db_statement(db, "DELETE FROM old_project_keys WHERE workspace_id=?1");
	rv_db_text(old, 1, rotate->workspace_id);
	if (rotate->grace_ms)
		rv_db_int(old, 2, rotate->now_ms + rotate->grace_ms);
	enum rv_status status = rv_db_run(old);
	if (status != RV_OK)
		return status;
	sqlite3_stmt *update = rv_db_statement(db, "UPDATE workspaces SET project_key=?2 WHERE id=?1");
	rv_db_text(update, 1, rotate->workspace_id);
	rv_db_text(update, 2, rotate->key);
	status = rv_db_run(update);
	return status == RV_OK && sqlite3_changes(db->sql) == 0 ? RV_NOT_FOUND : status;
}

enum rv_status rv_store_project_key_rotate(struct rv_store *store, const char *workspace_id, int64_t grace_ms, char project_key_out[48])
{
	make_project_key(project_key_out);
	struct rotate_write rotate = {.write.run = rotate_project_key, .workspace_id = workspace_id, .key = project_key_out, .now_ms = rv_clock_wall_ms(), .grace_ms = grace_ms};
	return rv_store_write_wait(store, &rotate.write);
}

static enum rv_status rotate_api_key(struct rv_db *db, struct rv_write *write)
{
	struct rotate_write *rotate = (struct rotate_write *)write;
	sqlite3_stmt *forget = rv_db_statement(db, "DELETE FROM api_keys WHERE workspace_id=?1");
	rv_db_text(forget, 1, rotate->workspace_id);
	enum rv_status status = rv_db_run(forget);
	return status == RV_OK ? insert_api_key(db, rotate->workspace_id, rotate->key) : status;
}

enum rv_status rv_store_api_key_rotate(struct rv_store *store, const char *workspace_id, char api_key_out[64])
{
	make_api_key(api_key_out);
	struct rotate_write rotate = {.write.run = rotate_api_key, .workspace_id = workspace_id, .key = api_key_out};
	return rv_store_write_wait(store, &rotate.write);
}

struct config_write { struct rv_write write; const char *workspace_id, *config_json; };

static enum rv_status set_config(struct rv_db *db, struct rv_write *write)
{
	struct config_write *set = (struct config_write *)write;
	sqlite3_stmt *update = rv_db_statement(db, "UPDATE workspaces SET config=?2 WHERE id=?1");
	rv_db_text(update, 1, set->workspace_id);
	rv_db_text(update, 2, set->config_json);
	enum rv_status status = rv_db_run(update);
	return status == RV_OK && sqlite3_changes(db->sql) == 0 ? RV_NOT_FOUND : status;
}

enum rv_status rv_store_config_set(struct rv_store *store, const char *workspace_id, const char *config_json)
{
	struct config_write set = {.write = {.run = set_config, .bytes = strlen(config_json)}, .workspace_id = workspace_id, .config_json = config_json};
	return rv_store_write_wait(store, &set.write);
}

/* ---- console users ---- */

struct user_write { struct rv_write write; const char *name, *password_hash; };

static enum rv_status add_user(struct rv_db *db, struct rv_write *write)
{
	struct user_write *add = (struct user_write *)write;
	char id[32];
	rv_id_new("usr_", id);
	/* A new password ends the logins made with the old one. */
	sqlite3_stmt *forget = rv_db_statement(db, "DELETE FROM logins WHERE user_id=(SELECT id FROM users WHERE name=?1)");
	rv_db_text(forget, 1, add->name);
	enum rv_status status = rv_db_run(forget);
	if (status != RV_OK)
		return status;
	sqlite3_stmt *insert = rv_db_statement(db, "INSERT INTO users(id, name, password, created_at) VALUES(?1, ?2, ?3, ?4) ON CONFLICT(name) DO UPDATE SET password=excluded.password");
	rv_db_text(insert, 1, id);
	rv_db_text(insert, 2, add->name);
	rv_db_text(insert, 3, add->password_hash);
	rv_db_int(insert, 4, rv_clock_wall_ms());
	return rv_db_run(insert);
}

enum rv_status rv_store_user_add(struct rv_store *store, const char *name, const char *password)
{
	char hash[RV_PASSWORD_HASH_MAX];
	if (!*name || strlen(name) > 127)
		return RV_LIMIT;
	enum rv_status status = rv_password_hash(password, hash);
	if (status != RV_OK)
		return status;
	struct user_write add = {.write.run = add_user, .name = name, .password_hash = hash};
	return rv_store_write_wait(store, &add.write);
}

enum rv_status rv_store_user_check(struct rv_store *store, const char *name, const char *password, char user_id_out[32])
{
	char hash[RV_PASSWORD_HASH_MAX] = "";
	user_id_out[0] = 0;
	struct rv_db *db = rv_store_read(store);
	sqlite3_stmt *select = rv_db_statement(db, "SELECT id, password FROM users WHERE name=?1");
	rv_db_text(select, 1, name);
	enum rv_status status = rv_db_step(select);
	if (status == RV_OK) {
		rv_db_copy(select, 0, user_id_out, 32);
		rv_db_copy(select, 1, hash, sizeof hash);
	}
	rv_db_done(select);
	rv_store_read_end(store, db);
	if (status != RV_OK && status != RV_END)
		return status;
	if (rv_password_check(password, status == RV_OK ? hash : NULL))
		return RV_OK;
	user_id_out[0] = 0;
	return RV_AUTH;
}

enum rv_status rv_store_user_name(struct rv_store *store, const char *user_id, char name_out[128])
{
	name_out[0] = 0;
	struct rv_db *db = rv_store_read(store);
	sqlite3_stmt *select = rv_db_statement(db, "SELECT name FROM users WHERE id=?1");
	rv_db_text(select, 1, user_id);
	enum rv_status status = rv_db_step(select);
	if (status == RV_OK)
		rv_db_copy(select, 0, name_out, 128);
	rv_db_done(select);
	rv_store_read_end(store, db);
	return status == RV_END ? RV_NOT_FOUND : status;
}

enum rv_status rv_store_user_known(struct rv_store *store, const char *name, bool *known)
{
	struct rv_db *db = rv_store_read(store);
	sqlite3_stmt *select = rv_db_statement(db, "SELECT 1 FROM users WHERE name=?1");
	rv_db_text(select, 1, name);
	enum rv_status status = rv_db_step(select);
	rv_db_done(select);
	rv_store_read_end(store, db);
	*known = status == RV_OK;
	return status == RV_END ? RV_OK : status;
}

enum rv_status rv_store_user_count(struct rv_store *store, unsigned *count)
{
	struct rv_db *db = rv_store_read(store);
	sqlite3_stmt *select = rv_db_statement(db, "SELECT count(*) FROM users");
	enum rv_status status = rv_db_step(select);
	if (status == RV_OK)
		*count = (unsigned)sqlite3_column_int64(select, 0);
	rv_db_done(select);
	rv_store_read_end(store, db);
	return status;
}

/* ---- logins: the token's hash is stored, so a copy of the database opens no session ---- */

struct login_write { struct rv_write write; const char *user_id; uint8_t sha256[32]; };

static enum rv_status add_login(struct rv_db *db, struct rv_write *write)
{
	struct login_write *login = (struct login_write *)write;
	sqlite3_stmt *insert = rv_db_statement(db, "INSERT INTO logins(sha256, user_id, expires_at) VALUES(?1, ?2, ?3)");
	sqlite3_bind_blob(insert, 1, login->sha256, sizeof login->sha256, SQLITE_STATIC);
	rv_db_text(insert, 2, login->user_id);
	rv_db_int(insert, 3, rv_clock_wall_ms() + login_ms);
	return rv_db_run(insert);
}

enum rv_status rv_store_login_add(struct rv_store *store, const char *user_id, char token_out[64])
{
	rv_random_text(token_out, TOKEN_LENGTH);
	struct login_write login = {.write.run = add_login, .user_id = user_id};
	rv_sha256(rv_span_str(token_out), login.sha256);
	return rv_store_write_wait(store, &login.write);
}

enum rv_status rv_store_login_check(struct rv_store *store, const char *token, char user_id_out[32])
{
	uint8_t sha256[32];
	user_id_out[0] = 0;
	if (!token || strlen(token) != TOKEN_LENGTH)
		return RV_AUTH;
	rv_sha256(rv_span_str(token), sha256);
	struct rv_db *db = rv_store_read(store);
	sqlite3_stmt *select = rv_db_statement(db, "SELECT user_id FROM logins WHERE sha256=?1 AND expires_at>?2");
	sqlite3_bind_blob(select, 1, sha256, sizeof sha256, SQLITE_STATIC);
	rv_db_int(select, 2, rv_clock_wall_ms());
	enum rv_status status = rv_db_step(select);
	if (status == RV_OK)
		rv_db_copy(select, 0, user_id_out, 32);
	rv_db_done(select);
	rv_store_read_end(store, db);
	return status == RV_END ? RV_AUTH : status;
}

static enum rv_status remove_login(struct rv_db *db, struct rv_write *write)
{
	struct login_write *login = (struct login_write *)write;
	sqlite3_stmt *statement = rv_db_statement(db, "DELETE FROM logins WHERE sha256=?1");
	sqlite3_bind_blob(statement, 1, login->sha256, sizeof login->sha256, SQLITE_STATIC);
	return rv_db_run(statement);
}

enum rv_status rv_store_login_remove(struct rv_store *store, const char *token)
{
	struct login_write login = {.write.run = remove_login};
	rv_sha256(rv_span_str(token), login.sha256);
	return rv_store_write_wait(store, &login.write);
}
