/* The store: rows in SQLite (WAL, synchronous=FULL). One writer thread groups up to 32 writes into a
 * commit and calls each one's done only after that commit; readers have connections of their own.
 * Blobs are content-addressed files (blob.h). No SQL leaves store_*.c.
 *
 * Text arguments are UTF-8 and copied. Ids are opaque text, made by the caller of rv_id_new.
 * Threads: every function may be called from any thread; reads block for a moment, so conversions
 * belong in a job. */
#ifndef RV_STORE_H
#define RV_STORE_H
#include "buf.h"
#include "status.h"
#include <stdio.h>

struct rv_store;
struct rv_blobs;

/* Opens DIR/rearview.db, migrates; error says in a sentence what is wrong (not writable, newer schema). */
enum rv_status rv_store_open(const char *dir, struct rv_store **store, struct rv_buf *error) RV_MUST_USE;
void rv_store_close(struct rv_store *store); /* finishes what is queued */

/* "rep_" + 22 characters of randomness (128 bits), out ≥ 32 bytes. */
void rv_id_new(const char *prefix, char *out);

/* Called on the writer's thread after the commit, or with the failure; at once on the caller's with
 * RV_FULL when too much is queued. Must not block. */
typedef void (*rv_store_done)(void *user, enum rv_status status);

/* ---- workspaces, keys, users ---- */
struct rv_workspace { char id[32], name[128], site_id[32], project_key[48]; char *config_json; }; /* config_json: as settings.h reads it */
void rv_workspace_clear(struct rv_workspace *workspace); /* frees the heap fields */
/* Makes a workspace with one project key and one API key; the API key is given out only here. */
enum rv_status rv_store_workspace_add(struct rv_store *store, const char *name, struct rv_workspace *out, char api_key_out[64]) RV_MUST_USE;
enum rv_status rv_store_workspace_by_key(struct rv_store *store, const char *project_key, struct rv_workspace *out) RV_MUST_USE;
enum rv_status rv_store_workspace_by_id(struct rv_store *store, const char *id, struct rv_workspace *out) RV_MUST_USE;
/* A new project key. The old one works grace_ms longer; 0 ends it, and those replaced before it. */
enum rv_status rv_store_project_key_rotate(struct rv_store *store, const char *workspace_id, int64_t grace_ms, char project_key_out[48]) RV_MUST_USE;
/* A new API key; every other of the workspace ends at once. */
enum rv_status rv_store_api_key_rotate(struct rv_store *store, const char *workspace_id, char api_key_out[64]) RV_MUST_USE;
/* Constant-time against the stored SHA-256; workspace id to out. */
enum rv_status rv_store_api_key_check(struct rv_store *store, const char *api_key, char workspace_id_out[32]) RV_MUST_USE;
enum rv_status rv_store_api_key_add(struct rv_store *store, const char *workspace_id, char api_key_out[64]) RV_MUST_USE;
/* The id of a key, which is the readable first part of it. */
void rv_api_key_id(const char *api_key, char id_out[32]);
/* [{"id","hint","created_at"}] */
enum rv_status rv_store_api_keys_json(struct rv_store *store, const char *workspace_id, struct rv_buf *json_out) RV_MUST_USE;
enum rv_status rv_store_api_key_remove(struct rv_store *store, const char *workspace_id, const char *id) RV_MUST_USE;
/* {"workspaces":[{"id","name","site_id","project_key","created_at","reports"}]} */
enum rv_status rv_store_workspaces_json(struct rv_store *store, struct rv_buf *json_out) RV_MUST_USE;
enum rv_status rv_store_config_set(struct rv_store *store, const char *workspace_id, const char *config_json) RV_MUST_USE;
enum rv_status rv_store_user_add(struct rv_store *store, const char *name, const char *password) RV_MUST_USE; /* scrypt; replaces */
enum rv_status rv_store_user_known(struct rv_store *store, const char *name, bool *known) RV_MUST_USE;
enum rv_status rv_store_user_check(struct rv_store *store, const char *name, const char *password, char user_id_out[32]) RV_MUST_USE;
enum rv_status rv_store_user_name(struct rv_store *store, const char *user_id, char name_out[128]) RV_MUST_USE;
enum rv_status rv_store_user_count(struct rv_store *store, unsigned *count) RV_MUST_USE;
enum rv_status rv_store_login_add(struct rv_store *store, const char *user_id, char token_out[64]) RV_MUST_USE; /* 14 days */
enum rv_status rv_store_login_check(struct rv_store *store, const char *token, char user_id_out[32]) RV_MUST_USE;
enum rv_status rv_store_login_remove(struct rv_store *store, const char *token) RV_MUST_USE;

/* ---- attachments ---- */
struct rv_attachment { char id[32], workspace_id[32], report_id[32], kind[16], mime[64], sha256[65]; uint64_t bytes; char *summary_json; };
void rv_attachment_clear(struct rv_attachment *attachment);
/* The blob must be in place (rv_blob_put). idempotency_key may be NULL; a known key answers RV_CONFLICT
 * through done with the first answer in *existing (caller-owned, ≥ 32 bytes). attachment,
 * idempotency_key and existing_id must live until done. */
void rv_store_attachment_add(struct rv_store *store, const struct rv_attachment *attachment, const char *idempotency_key, char existing_id[32], rv_store_done done, void *user);
enum rv_status rv_store_attachment(struct rv_store *store, const char *workspace_id, const char *id, struct rv_attachment *out) RV_MUST_USE;
/* What was uploaded with that Idempotency-Key. */
enum rv_status rv_store_attachment_by_key(struct rv_store *store, const char *workspace_id, const char *idempotency_key, struct rv_attachment *out) RV_MUST_USE;
/* The attachment of that report with that id, or with id NULL its first of that kind. workspace_id NULL: a console login. */
enum rv_status rv_store_report_attachment(struct rv_store *store, const char *workspace_id, const char *report_id, const char *id, const char *kind, struct rv_attachment *out) RV_MUST_USE;

/* ---- reports ---- */
struct rv_report_new {
	char id[32], workspace_id[32];
	const char *idempotency_key, *session_token, *trigger, *item_type, *title, *notes, *user_id, *user_email, *user_name;
	const char *url, *path, *page_title, *first_error;
	const char *body_json;          /* everything of the submit that the report page shows: user, page, element, logs, custom, capture */
	const char *const *attachment_ids; size_t n_attachments;
	unsigned n_errors, n_failed_requests;
	/* filled before done; with RV_CONFLICT (a known idempotency_key) they are the first report's: */
	uint64_t number;
	char existing_id[32], existing_session_token[160];
};
/* report and all it points to must live until done. RV_NOT_FOUND: an attachment is not this
 * workspace's, or another report has it. */
void rv_store_report_add(struct rv_store *store, struct rv_report_new *report, rv_store_done done, void *user);
/* The shape of API §6 as JSON, and the replay's marks; attachments' urls begin with base_url.
 * RV_NOT_FOUND also for another workspace's. workspace_id NULL: a console login. */
enum rv_status rv_store_report_json(struct rv_store *store, const char *workspace_id, const char *id, const char *base_url, struct rv_buf *json_out) RV_MUST_USE;
enum rv_status rv_store_report_by_session(struct rv_store *store, const char *workspace_id, const char *session_token, char report_id_out[32]) RV_MUST_USE;
/* {"reports":[…rows for the list…],"next":"cursor or null","total":n}; search matches title, notes, user, url, first error. */
struct rv_report_query { const char *workspace_id, *search, *state, *trigger, *has, *before; unsigned limit; };
enum rv_status rv_store_reports_json(struct rv_store *store, const struct rv_report_query *query, struct rv_buf *json_out) RV_MUST_USE;
void rv_store_report_state(struct rv_store *store, const char *id, const char *state, rv_store_done done, void *user); /* open, in_progress, done */
void rv_store_report_delete(struct rv_store *store, const char *id, bool undo, rv_store_done done, void *user);

/* ---- assets: what recordings refer to, each content once a workspace ---- */
enum { RV_STORE_ASSETS_MAX = 1000 }; /* addresses of a report */
struct rv_asset { char workspace_id[32], sha256[65], mime[32]; uint64_t bytes; };
/* The blob must be in place. One that is known already is as good as new. asset must live until done. */
void rv_store_asset_add(struct rv_store *store, const struct rv_asset *asset, rv_store_done done, void *user);
struct rv_asset_link { const char *url, *sha256; bool missing; };
/* Notes what a report's recording had at which address, report named by the Idempotency-Key of its
 * submit. Where the workspace does not have the content, missing is set and nothing noted. The first
 * content of an address stays; addresses past RV_STORE_ASSETS_MAX are dropped. RV_NOT_FOUND: no such
 * report. What is pointed to must live until done. */
void rv_store_assets_link(struct rv_store *store, const char *workspace_id, const char *submit_key, struct rv_asset_link *links, size_t n, rv_store_done done, void *user);
/* An asset of a report, and the first address it was at in url (heap, the caller's). workspace_id NULL: a console login. */
enum rv_status rv_store_report_asset(struct rv_store *store, const char *workspace_id, const char *report_id, const char *sha256, struct rv_asset *out, char **url) RV_MUST_USE;
/* Calls fn for each address of a report, sorted; RV_MEMORY when it says no. */
enum rv_status rv_store_report_assets(struct rv_store *store, const char *report_id, bool (*fn)(void *user, const char *url, const char *sha256), void *user) RV_MUST_USE;
/* How many there are: it only grows, so it tells one list from the next. */
enum rv_status rv_store_report_assets_count(struct rv_store *store, const char *report_id, unsigned *count) RV_MUST_USE;

/* ---- links that open one report ---- */
/* The token is given out only here. RV_NOT_FOUND: no such report; RV_CONFLICT: it has 50 links. */
enum rv_status rv_store_share_add(struct rv_store *store, const char *report_id, unsigned days, char id_out[32], char token_out[64], int64_t *expires_ms) RV_MUST_USE;
enum rv_status rv_store_share_remove(struct rv_store *store, const char *report_id, const char *id) RV_MUST_USE;
/* Which report a token opens; RV_NOT_FOUND when it is unknown, revoked or over. */
enum rv_status rv_store_share_check(struct rv_store *store, const char *token, char report_id_out[32], int64_t *expires_ms) RV_MUST_USE;
/* {"shares":[{"id","created_at","expires_at"}]}, those that still open it. */
enum rv_status rv_store_shares_json(struct rv_store *store, const char *report_id, struct rv_buf *json_out) RV_MUST_USE;

/* Removes blobs without a row, reports deleted for a day and assets without a report as old, uploads that no report took for eight,
 * idempotency keys of fourteen, logins, links and replaced keys that are over. For a periodic job. */
enum rv_status rv_store_sweep(struct rv_store *store, struct rv_blobs *blobs) RV_MUST_USE;
enum rv_status rv_store_ready(struct rv_store *store) RV_MUST_USE;
void rv_store_metrics(struct rv_store *store, struct rv_buf *out);

#endif
