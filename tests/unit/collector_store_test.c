/* The store's contract: what store.h promises, through its functions alone, and what holds when the
 * disk fails. Any store behind store.h has to pass the first part. */
#define _GNU_SOURCE
#include "blob.h"
#include "clock.h"
#include "secret.h"
#include "store.h"
#include "cmocka_all.h"
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
	char dir[64];
	struct rv_store *store;
	struct rv_workspace workspace, other;
	char api_key[64], other_key[64];
};

static struct rv_store *open_store(const char *dir)
{
	struct rv_store *store;
	struct rv_buf error;
	rv_buf_init(&error, 4096);
	enum rv_status status = rv_store_open(dir, &store, &error);
	if (status != RV_OK)
		fail_msg("%.*s", (int)error.len, error.ptr);
	rv_buf_deinit(&error);
	return store;
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *at) { return remove(path); }

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	strcpy(f->dir, "/tmp/rv-store-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->store = open_store(f->dir);
	assert_int_equal(rv_store_workspace_add(f->store, "First", &f->workspace, f->api_key), RV_OK);
	assert_int_equal(rv_store_workspace_add(f->store, "Other", &f->other, f->other_key), RV_OK);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	rv_store_close(f->store);
	rv_workspace_clear(&f->workspace);
	rv_workspace_clear(&f->other);
	nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

/* ---- waiting for a write ---- */

struct outcome { pthread_mutex_t lock; pthread_cond_t changed; int n; enum rv_status status; };
#define OUTCOME {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, RV_OK}

static void done(void *user, enum rv_status status)
{
	struct outcome *outcome = user;
	pthread_mutex_lock(&outcome->lock);
	outcome->n++;
	outcome->status = status;
	pthread_cond_signal(&outcome->changed);
	pthread_mutex_unlock(&outcome->lock);
}

static enum rv_status await(struct outcome *outcome, int n)
{
	pthread_mutex_lock(&outcome->lock);
	while (outcome->n < n)
		pthread_cond_wait(&outcome->changed, &outcome->lock);
	pthread_mutex_unlock(&outcome->lock);
	return outcome->status;
}

static enum rv_status add_attachment(struct fixture *f, const char *workspace_id, const char *id, const char *kind, const char *key, char existing[32])
{
	struct outcome outcome = OUTCOME;
	struct rv_attachment attachment = {.bytes = 5, .summary_json = strcmp(kind, "replay") == 0 ? (char *)"{\"from\":1,\"to\":2,\"pages\":[{\"at\":1,\"url\":\"a,}\\\"]\"}],\"notes\":[],\"marks\":[{\"at\":1,\"kind\":\"click\",\"text\":\"b\"}],\"records\":7}" : NULL};
	strcpy(attachment.id, id);
	strcpy(attachment.workspace_id, workspace_id);
	strcpy(attachment.kind, kind);
	strcpy(attachment.mime, "image/png");
	memset(attachment.sha256, 'a', 64);
	rv_store_attachment_add(f->store, &attachment, key, existing, done, &outcome);
	return await(&outcome, 1);
}

static struct rv_report_new a_report(struct fixture *f)
{
	struct rv_report_new report = {.trigger = "sdk", .title = "Title", .body_json = "{\"user\":{\"id\":\"u1\"},\"console_logs\":[]}", .session_token = "ses_token"};
	rv_id_new("rep_", report.id);
	strcpy(report.workspace_id, f->workspace.id);
	return report;
}

static enum rv_status add_report(struct fixture *f, struct rv_report_new *report)
{
	struct outcome outcome = OUTCOME;
	rv_store_report_add(f->store, report, done, &outcome);
	return await(&outcome, 1);
}

static char *report_json(struct fixture *f, const char *workspace_id, const char *id)
{
	struct rv_buf out;
	rv_buf_init(&out, 1 << 20);
	enum rv_status status = rv_store_report_json(f->store, workspace_id, id, "http://h", &out);
	rv_buf_byte(&out, 0);
	char *text = status == RV_OK ? strdup((char *)out.ptr) : NULL;
	if (status != RV_OK)
		assert_int_equal(status, RV_NOT_FOUND);
	rv_buf_deinit(&out);
	return text;
}

static char *list_json(struct fixture *f, struct rv_report_query query)
{
	struct rv_buf out;
	rv_buf_init(&out, 1 << 20);
	assert_int_equal(rv_store_reports_json(f->store, &query, &out), RV_OK);
	rv_buf_byte(&out, 0);
	char *text = strdup((char *)out.ptr);
	rv_buf_deinit(&out);
	return text;
}

static unsigned total_of(char *list)
{
	unsigned total = (unsigned)atoi(strstr(list, "\"total\":") + 8);
	free(list);
	return total;
}

/* ---- contract ---- */

static void workspaces_and_keys(void **state)
{
	struct fixture *f = *state;
	struct rv_workspace found;
	char id[32], second[64], none[64];
	assert_int_equal(rv_store_workspace_by_key(f->store, f->workspace.project_key, &found), RV_OK);
	assert_string_equal(found.id, f->workspace.id);
	assert_string_equal(found.name, "First");
	assert_string_equal(found.config_json, "{}");
	rv_workspace_clear(&found);
	assert_int_equal(rv_store_workspace_by_id(f->store, f->other.id, &found), RV_OK);
	assert_string_equal(found.site_id, f->other.site_id);
	rv_workspace_clear(&found);
	assert_int_equal(rv_store_workspace_by_key(f->store, "pk_none", &found), RV_NOT_FOUND);
	assert_int_equal(rv_store_workspace_by_id(f->store, "' OR 1=1 --", &found), RV_NOT_FOUND);

	assert_int_equal(rv_store_api_key_check(f->store, f->api_key, id), RV_OK);
	assert_string_equal(id, f->workspace.id);
	assert_int_equal(rv_store_api_key_check(f->store, "rvk_wrong", id), RV_AUTH);
	assert_int_equal(rv_store_api_key_check(f->store, NULL, id), RV_AUTH);
	f->api_key[40] ^= 1; /* right id, wrong secret */
	assert_int_equal(rv_store_api_key_check(f->store, f->api_key, id), RV_AUTH);
	assert_string_equal(id, "");
	f->api_key[40] ^= 1;

	assert_int_equal(rv_store_api_key_add(f->store, f->workspace.id, second), RV_OK);
	assert_int_equal(rv_store_api_key_add(f->store, "ws_none", none), RV_NOT_FOUND);
	struct rv_buf out;
	rv_buf_init(&out, 4096);
	assert_int_equal(rv_store_api_keys_json(f->store, f->workspace.id, &out), RV_OK);
	rv_buf_byte(&out, 0);
	char key_id[32];
	rv_api_key_id(second, key_id);
	assert_non_null(strstr((char *)out.ptr, key_id));
	assert_null(strstr((char *)out.ptr, second));
	rv_buf_deinit(&out);
	assert_int_equal(rv_store_api_key_remove(f->store, f->other.id, key_id), RV_NOT_FOUND);
	assert_int_equal(rv_store_api_key_remove(f->store, f->workspace.id, key_id), RV_OK);
	assert_int_equal(rv_store_api_key_check(f->store, second, id), RV_AUTH);

	assert_int_equal(rv_store_config_set(f->store, f->workspace.id, "{\"a\":1}"), RV_OK);
	assert_int_equal(rv_store_config_set(f->store, "ws_none", "{}"), RV_NOT_FOUND);
	assert_int_equal(rv_store_workspace_by_id(f->store, f->workspace.id, &found), RV_OK);
	assert_string_equal(found.config_json, "{\"a\":1}");
	rv_workspace_clear(&found);
}

static void users_and_logins(void **state)
{
	struct fixture *f = *state;
	unsigned count = 9;
	char user[32], again[32], token[64], old[64], name[128];
	assert_int_equal(rv_store_user_count(f->store, &count), RV_OK);
	assert_int_equal(count, 0);
	assert_int_equal(rv_store_user_add(f->store, "admin", "päss word"), RV_OK);
	assert_int_equal(rv_store_user_check(f->store, "admin", "päss word", user), RV_OK);
	assert_int_equal(rv_store_user_check(f->store, "admin", "pass word", again), RV_AUTH);
	assert_int_equal(rv_store_user_check(f->store, "nobody", "päss word", again), RV_AUTH);
	assert_string_equal(again, "");
	assert_int_equal(rv_store_user_name(f->store, user, name), RV_OK);
	assert_string_equal(name, "admin");
	assert_int_equal(rv_store_login_add(f->store, user, old), RV_OK);
	assert_int_equal(rv_store_login_check(f->store, old, again), RV_OK);
	assert_string_equal(user, again);
	assert_int_equal(rv_store_user_add(f->store, "admin", "new"), RV_OK);
	assert_int_equal(rv_store_user_check(f->store, "admin", "new", again), RV_OK);
	assert_string_equal(user, again);
	assert_int_equal(rv_store_login_check(f->store, old, again), RV_AUTH);
	assert_int_equal(rv_store_login_add(f->store, user, token), RV_OK);
	assert_int_equal(rv_store_login_remove(f->store, token), RV_OK);
	assert_int_equal(rv_store_login_check(f->store, token, again), RV_AUTH);
	assert_int_equal(rv_store_login_check(f->store, NULL, again), RV_AUTH);
}

static void attachments(void **state)
{
	struct fixture *f = *state;
	char existing[32] = "";
	struct rv_attachment found;
	assert_int_equal(add_attachment(f, f->workspace.id, "att_1", "screenshot", "key", existing), RV_OK);
	assert_int_equal(add_attachment(f, f->workspace.id, "att_2", "screenshot", "key", existing), RV_CONFLICT);
	assert_string_equal(existing, "att_1");
	/* the same key of another workspace is another key */
	assert_int_equal(add_attachment(f, f->other.id, "att_3", "screenshot", "key", existing), RV_OK);
	assert_int_equal(rv_store_attachment(f->store, f->workspace.id, "att_1", &found), RV_OK);
	assert_string_equal(found.kind, "screenshot");
	assert_int_equal(found.bytes, 5);
	rv_attachment_clear(&found);
	assert_int_equal(rv_store_attachment(f->store, f->workspace.id, "att_3", &found), RV_NOT_FOUND);
	assert_int_equal(rv_store_attachment(f->store, f->workspace.id, "att_2", &found), RV_NOT_FOUND);
}

static void reports(void **state)
{
	struct fixture *f = *state;
	char existing[32], id[32];
	assert_int_equal(add_attachment(f, f->workspace.id, "att_r", "replay", NULL, existing), RV_OK);
	assert_int_equal(add_attachment(f, f->workspace.id, "att_s", "screenshot", NULL, existing), RV_OK);
	assert_int_equal(add_attachment(f, f->other.id, "att_o", "screenshot", NULL, existing), RV_OK);
	struct rv_report_new report = a_report(f);
	report.attachment_ids = (const char *[]){"att_s", "att_r"};
	report.n_attachments = 2;
	report.idempotency_key = "once";
	assert_int_equal(add_report(f, &report), RV_OK);
	assert_int_equal(report.number, 1);

	struct rv_report_new again = a_report(f);
	again.idempotency_key = "once";
	assert_int_equal(add_report(f, &again), RV_CONFLICT);
	assert_string_equal(again.existing_id, report.id);
	assert_string_equal(again.existing_session_token, "ses_token");
	assert_int_equal(again.number, 1);

	/* taken, another workspace's, unknown: the report is not made and no number is used up */
	const char *refused[] = {"att_r", "att_o", "att_none"};
	for (int i = 0; i < 3; i++) {
		struct rv_report_new bad = a_report(f);
		bad.attachment_ids = &refused[i];
		bad.n_attachments = 1;
		assert_int_equal(add_report(f, &bad), RV_NOT_FOUND);
		assert_null(report_json(f, NULL, bad.id));
	}
	struct rv_report_new next = a_report(f), foreign = a_report(f);
	next.session_token = "ses_next";
	assert_int_equal(add_report(f, &next), RV_OK);
	assert_int_equal(next.number, 2);
	strcpy(foreign.workspace_id, f->other.id);
	assert_int_equal(add_report(f, &foreign), RV_OK);
	assert_int_equal(foreign.number, 1);

	char *json = report_json(f, f->workspace.id, report.id);
	assert_non_null(json);
	assert_non_null(strstr(json, "\"user\":{\"id\":\"u1\"}"));
	assert_non_null(strstr(json, "\"replay\":{\"from\":1,\"to\":2,\"pages\":[{\"at\":1,\"url\":\"a,}\\\"]\"}],\"notes\":[],\"records\":7}"));
	assert_non_null(strstr(json, "\"marks\":[{\"at\":1,\"kind\":\"click\",\"text\":\"b\"}]"));
	assert_true(strstr(json, "att_s") < strstr(json, "att_r"));
	free(json);
	assert_null(report_json(f, f->other.id, report.id));
	json = report_json(f, NULL, next.id);
	assert_non_null(strstr(json, "\"replay\":null,\"marks\":[]"));
	free(json);

	assert_int_equal(rv_store_report_by_session(f->store, f->workspace.id, "ses_token", id), RV_OK);
	assert_string_equal(id, report.id);
	assert_int_equal(rv_store_report_by_session(f->store, f->workspace.id, "ses_none", id), RV_NOT_FOUND);
	assert_int_equal(rv_store_report_by_session(f->store, f->other.id, "ses_next", id), RV_NOT_FOUND);

	struct rv_attachment found;
	assert_int_equal(rv_store_report_attachment(f->store, f->workspace.id, report.id, NULL, "replay", &found), RV_OK);
	assert_string_equal(found.id, "att_r");
	rv_attachment_clear(&found);
	assert_int_equal(rv_store_report_attachment(f->store, f->other.id, report.id, "att_r", NULL, &found), RV_NOT_FOUND);
	assert_int_equal(rv_store_report_attachment(f->store, NULL, next.id, "att_r", NULL, &found), RV_NOT_FOUND);

	struct outcome outcome = OUTCOME;
	rv_store_report_state(f->store, report.id, "done", done, &outcome);
	assert_int_equal(await(&outcome, 1), RV_OK);
	rv_store_report_state(f->store, "rep_none", "done", done, &outcome);
	assert_int_equal(await(&outcome, 2), RV_NOT_FOUND);
	rv_store_report_delete(f->store, report.id, false, done, &outcome);
	assert_int_equal(await(&outcome, 3), RV_OK);
	assert_null(report_json(f, f->workspace.id, report.id));
	assert_int_equal(rv_store_report_attachment(f->store, NULL, report.id, "att_r", NULL, &found), RV_NOT_FOUND);
	rv_store_report_delete(f->store, report.id, false, done, &outcome);
	assert_int_equal(await(&outcome, 4), RV_NOT_FOUND);
	rv_store_report_delete(f->store, report.id, true, done, &outcome);
	assert_int_equal(await(&outcome, 5), RV_OK);
	json = report_json(f, f->workspace.id, report.id);
	assert_non_null(strstr(json, "\"state\":\"done\""));
	free(json);
}

static void list_of_reports(void **state)
{
	struct fixture *f = *state;
	char existing[32];
	assert_int_equal(add_attachment(f, f->workspace.id, "att_r", "replay", NULL, existing), RV_OK);
	for (int i = 0; i < 7; i++) {
		struct rv_report_new report = a_report(f);
		char title[32];
		snprintf(title, sizeof title, i == 3 ? "100%% wrong_thing" : "Report %d", i);
		report.title = title;
		report.trigger = i % 2 ? "wss" : "sdk";
		report.n_errors = i == 5;
		report.attachment_ids = (const char *[]){"att_r"};
		report.n_attachments = i == 2;
		assert_int_equal(add_report(f, &report), RV_OK);
	}
	struct rv_report_new foreign = a_report(f);
	strcpy(foreign.workspace_id, f->other.id);
	assert_int_equal(add_report(f, &foreign), RV_OK);

	const char *id = f->workspace.id;
	assert_int_equal(total_of(list_json(f, (struct rv_report_query){0})), 8);
	assert_int_equal(total_of(list_json(f, (struct rv_report_query){.workspace_id = id})), 7);
	assert_int_equal(total_of(list_json(f, (struct rv_report_query){.workspace_id = id, .trigger = "wss"})), 3);
	assert_int_equal(total_of(list_json(f, (struct rv_report_query){.workspace_id = id, .state = "done"})), 0);
	assert_int_equal(total_of(list_json(f, (struct rv_report_query){.workspace_id = id, .search = "100% wrong_"})), 1);
	assert_int_equal(total_of(list_json(f, (struct rv_report_query){.workspace_id = id, .search = "%"})), 1);
	assert_int_equal(total_of(list_json(f, (struct rv_report_query){.workspace_id = id, .search = "report"})), 6);
	assert_int_equal(total_of(list_json(f, (struct rv_report_query){.workspace_id = id, .search = "#4"})), 1);
	assert_int_equal(total_of(list_json(f, (struct rv_report_query){.workspace_id = id, .has = "replay"})), 1);
	assert_int_equal(total_of(list_json(f, (struct rv_report_query){.workspace_id = id, .has = "errors,replay"})), 0);
	assert_int_equal(total_of(list_json(f, (struct rv_report_query){.workspace_id = id, .has = "errors"})), 1);

	/* pages: newest first, each once, the last without a next one, though reports come in between */
	char before[32] = "";
	int seen = 0;
	for (int page = 0; page < 3; page++) {
		char *list = list_json(f, (struct rv_report_query){.workspace_id = id, .limit = 3, .before = page ? before : NULL});
		for (char *at = list; (at = strstr(at, "\"number\":")); seen++)
			assert_int_equal(atoi(at += 9), 7 - seen);
		char *next = strstr(list, "\"next\":") + 7;
		if (page < 2)
			snprintf(before, sizeof before, "%.*s", (int)strcspn(next + 1, "\""), next + 1);
		else
			assert_memory_equal(next, "null", 4);
		free(list);
		struct rv_report_new report = a_report(f);
		assert_int_equal(add_report(f, &report), RV_OK);
	}
	assert_int_equal(seen, 7);
}

static void many_writers_commit_in_groups(void **state)
{
	enum { N = 600 };
	struct fixture *f = *state;
	struct outcome outcome = OUTCOME;
	struct rv_report_new *many = calloc(N, sizeof *many);
	for (int i = 0; i < N; i++) {
		many[i] = a_report(f);
		rv_store_report_add(f->store, &many[i], done, &outcome);
	}
	await(&outcome, N);
	bool numbers[N + 1] = {0};
	for (int i = 0; i < N; i++) {
		assert_in_range(many[i].number, 1, N);
		assert_false(numbers[many[i].number]);
		numbers[many[i].number] = true;
	}
	free(many);
	struct rv_buf metrics;
	rv_buf_init(&metrics, 4096);
	rv_store_metrics(f->store, &metrics);
	rv_buf_byte(&metrics, 0);
	static const char name[] = "\nrearview_store_commits_total ";
	long commits = atol(strstr((char *)metrics.ptr, name) + sizeof name - 1);
	assert_in_range(commits, 1, N / 4);
	rv_buf_deinit(&metrics);
	assert_int_equal(rv_store_ready(f->store), RV_OK);
}

static void survives_reopening(void **state)
{
	struct fixture *f = *state;
	struct rv_report_new report = a_report(f);
	assert_int_equal(add_report(f, &report), RV_OK);
	rv_store_close(f->store);
	f->store = open_store(f->dir);
	char *json = report_json(f, f->workspace.id, report.id);
	assert_non_null(json);
	free(json);
}

static void sweeps(void **state)
{
	struct fixture *f = *state;
	struct rv_blobs *blobs;
	char existing[32], path[256], sha[65];
	memset(sha, 'a', 64);
	sha[64] = 0;
	assert_int_equal(rv_blobs_open(f->dir, &blobs), RV_OK);
	assert_int_equal(add_attachment(f, f->workspace.id, "att_kept", "screenshot", NULL, existing), RV_OK);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/blobs/%s", f->dir, i ? "bb" : "aa");
		mkdir(path, 0700);
		snprintf(path + strlen(path), 80, "/%.62s", i ? "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" : sha);
		int fd = open(path, O_CREAT | O_WRONLY, 0600);
		assert_true(fd >= 0);
		struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
		futimens(fd, old);
		close(fd);
	}
	assert_int_equal(rv_store_sweep(f->store, blobs), RV_OK);
	int fd;
	uint64_t bytes;
	assert_int_equal(rv_blob_open(blobs, sha, &fd, &bytes), RV_OK);
	close(fd);
	memset(sha, 'b', 64);
	assert_int_equal(rv_blob_open(blobs, sha, &fd, &bytes), RV_NOT_FOUND);
	rv_blobs_close(blobs);
}

/* ---- assets ---- */

static void add_asset(struct fixture *f, const char *workspace_id, char digit)
{
	struct outcome outcome = OUTCOME;
	struct rv_asset asset = {.mime = "image/png", .bytes = 3};
	strcpy(asset.workspace_id, workspace_id);
	memset(asset.sha256, digit, 64);
	rv_store_asset_add(f->store, &asset, done, &outcome);
	assert_int_equal(await(&outcome, 1), RV_OK);
}

static enum rv_status link_assets(struct fixture *f, const char *workspace_id, const char *key, struct rv_asset_link *links, size_t n)
{
	struct outcome outcome = OUTCOME;
	rv_store_assets_link(f->store, workspace_id, key, links, n, done, &outcome);
	return await(&outcome, 1);
}

static void age_everything(struct fixture *f)
{
	char path[128];
	sqlite3 *sql;
	snprintf(path, sizeof path, "%s/rearview.db", f->dir);
	assert_int_equal(sqlite3_open(path, &sql), SQLITE_OK);
	sqlite3_busy_timeout(sql, 5000);
	assert_int_equal(sqlite3_exec(sql, "UPDATE assets SET created_at=0; UPDATE reports SET deleted_at=0 WHERE deleted_at IS NOT NULL", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(sql);
}

static void assets_live_as_long_as_a_report_lists_them(void **state)
{
	struct fixture *f = *state;
	struct rv_blobs *blobs;
	struct rv_asset asset;
	char a[65], b[65], *url;
	unsigned count;
	memset(a, 'a', 64), memset(b, 'b', 64);
	a[64] = b[64] = 0;
	struct rv_report_new first = a_report(f), second = a_report(f);
	first.idempotency_key = "one", second.idempotency_key = "two";
	assert_int_equal(add_report(f, &first), RV_OK);
	assert_int_equal(add_report(f, &second), RV_OK);
	add_asset(f, f->workspace.id, 'a');
	add_asset(f, f->workspace.id, 'a');
	struct rv_asset_link links[] = {{.url = "https://h/1", .sha256 = a}, {.url = "https://h/2", .sha256 = b}, {.url = "https://h/1", .sha256 = a}};
	assert_int_equal(link_assets(f, f->workspace.id, "three", links, 3), RV_NOT_FOUND);
	assert_int_equal(link_assets(f, f->other.id, "one", links, 3), RV_NOT_FOUND);
	assert_int_equal(link_assets(f, f->workspace.id, "one", links, 3), RV_OK);
	assert_false(links[0].missing);
	assert_true(links[1].missing);
	assert_int_equal(link_assets(f, f->workspace.id, "two", links, 1), RV_OK);
	assert_int_equal(rv_store_report_assets_count(f->store, first.id, &count), RV_OK);
	assert_int_equal(count, 1);
	assert_int_equal(rv_store_report_asset(f->store, f->workspace.id, first.id, a, &asset, &url), RV_OK);
	assert_string_equal(url, "https://h/1");
	free(url);
	assert_int_equal(rv_store_report_asset(f->store, f->other.id, first.id, a, &asset, &url), RV_NOT_FOUND);
	assert_int_equal(rv_store_report_asset(f->store, NULL, first.id, b, &asset, &url), RV_NOT_FOUND);

	assert_int_equal(rv_blobs_open(f->dir, &blobs), RV_OK);
	const char *const ids[] = {first.id, second.id};
	for (int i = 0; i < 2; i++) {
		struct outcome outcome = OUTCOME;
		rv_store_report_delete(f->store, ids[i], false, done, &outcome);
		assert_int_equal(await(&outcome, 1), RV_OK);
		age_everything(f);
		assert_int_equal(rv_store_sweep(f->store, blobs), RV_OK);
		struct rv_report_new later = a_report(f);
		later.idempotency_key = i ? "later" : "soon";
		assert_int_equal(add_report(f, &later), RV_OK);
		assert_int_equal(link_assets(f, f->workspace.id, later.idempotency_key, links, 0), RV_OK);
		assert_int_equal(link_assets(f, f->workspace.id, "two", links, 1), i ? RV_NOT_FOUND : RV_OK);
		if (i) {
			assert_int_equal(link_assets(f, f->workspace.id, "later", links, 1), RV_OK);
			assert_true(links[0].missing);
		} else {
			assert_false(links[0].missing);
		}
	}
	rv_blobs_close(blobs);
}

/* ---- start-up errors ---- */

static enum rv_status open_error(const char *dir, char *text, size_t size)
{
	struct rv_store *store;
	struct rv_buf error;
	rv_buf_init(&error, 4096);
	enum rv_status status = rv_store_open(dir, &store, &error);
	assert_null(store);
	snprintf(text, size, "%.*s", (int)error.len, error.ptr ? (char *)error.ptr : "");
	rv_buf_deinit(&error);
	return status;
}

static void says_what_is_wrong(void **state)
{
	struct fixture *f = *state;
	char path[128], text[512];
	assert_int_equal(open_error("/proc/nowhere", text, sizeof text), RV_IO);
	assert_non_null(strstr(text, "/proc/nowhere cannot be made"));

	rv_store_close(f->store);
	f->store = NULL;
	snprintf(path, sizeof path, "%s/rearview.db", f->dir);
	sqlite3 *sql;
	assert_int_equal(sqlite3_open(path, &sql), SQLITE_OK);
	assert_int_equal(sqlite3_exec(sql, "PRAGMA user_version=99", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(sql);
	assert_int_equal(open_error(f->dir, text, sizeof text), RV_VERSION);
	assert_non_null(strstr(text, "schema version 99"));

	int fd = open(path, O_WRONLY | O_TRUNC);
	assert_int_equal(write(fd, "this is not a database, it is a text of some length", 50), 50);
	close(fd);
	assert_int_not_equal(open_error(f->dir, text, sizeof text), RV_OK);
	assert_non_null(strstr(text, "cannot be opened"));
}

/* ---- failing disk: a VFS that lets the nth write or sync of the database fail ---- */

static sqlite3_vfs failing, *real_vfs;
static int countdown = -1, fail_code; /* touched between writes only */

struct shim { sqlite3_file base; sqlite3_file real[]; };
static sqlite3_io_methods shim_methods;

static bool fails(void) { return __atomic_load_n(&countdown, __ATOMIC_SEQ_CST) >= 0 && __atomic_fetch_sub(&countdown, 1, __ATOMIC_SEQ_CST) == 0; }
#define REAL(file) (((struct shim *)(file))->real)
#define METHOD(file) (REAL(file)->pMethods)
static int shim_close(sqlite3_file *f) { return METHOD(f)->xClose(REAL(f)); }
static int shim_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at) { return METHOD(f)->xRead(REAL(f), p, n, at); }
static int shim_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at) { return fails() ? fail_code : METHOD(f)->xWrite(REAL(f), p, n, at); }
static int shim_truncate(sqlite3_file *f, sqlite3_int64 n) { return METHOD(f)->xTruncate(REAL(f), n); }
static int shim_sync(sqlite3_file *f, int flags) { return fails() ? fail_code == SQLITE_FULL ? SQLITE_FULL : SQLITE_IOERR_FSYNC : METHOD(f)->xSync(REAL(f), flags); }
static int shim_size(sqlite3_file *f, sqlite3_int64 *n) { return METHOD(f)->xFileSize(REAL(f), n); }
static int shim_lock(sqlite3_file *f, int l) { return METHOD(f)->xLock(REAL(f), l); }
static int shim_unlock(sqlite3_file *f, int l) { return METHOD(f)->xUnlock(REAL(f), l); }
static int shim_reserved(sqlite3_file *f, int *r) { return METHOD(f)->xCheckReservedLock(REAL(f), r); }
static int shim_control(sqlite3_file *f, int op, void *p) { return METHOD(f)->xFileControl(REAL(f), op, p); }
static int shim_sector(sqlite3_file *f) { return METHOD(f)->xSectorSize(REAL(f)); }
static int shim_device(sqlite3_file *f) { return METHOD(f)->xDeviceCharacteristics(REAL(f)); }
static int shim_map(sqlite3_file *f, int r, int s, int e, void volatile **p) { return METHOD(f)->xShmMap(REAL(f), r, s, e, p); }
static int shim_shm_lock(sqlite3_file *f, int o, int n, int flags) { return METHOD(f)->xShmLock(REAL(f), o, n, flags); }
static void shim_barrier(sqlite3_file *f) { METHOD(f)->xShmBarrier(REAL(f)); }
static int shim_unmap(sqlite3_file *f, int d) { return METHOD(f)->xShmUnmap(REAL(f), d); }

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
	int code = real_vfs->xOpen(real_vfs, name, REAL(file), flags, out);
	file->pMethods = code == SQLITE_OK ? &shim_methods : NULL;
	return code;
}

static void install_shim(void)
{
	real_vfs = sqlite3_vfs_find(NULL);
	failing = *real_vfs;
	failing.zName = "failing";
	failing.szOsFile += (int)sizeof(struct shim);
	failing.xOpen = shim_open;
	shim_methods = (sqlite3_io_methods){2, shim_close, shim_read, shim_write, shim_truncate, shim_sync, shim_size, shim_lock, shim_unlock, shim_reserved,
		shim_control, shim_sector, shim_device, shim_map, shim_shm_lock, shim_barrier, shim_unmap, NULL, NULL};
	sqlite3_vfs_register(&failing, 1);
}

static void loses_nothing_when_the_disk_fails(void **state)
{
	struct fixture *f = *state;
	static const int codes[] = {SQLITE_FULL, SQLITE_IOERR_WRITE};
	char (*kept)[32] = calloc(400, 32);
	int n = 0, failed = 0;
	rv_store_close(f->store);
	install_shim();
	f->store = open_store(f->dir);
	for (int kind = 0; kind < 2; kind++)
		for (int nth = 0; nth < 12; nth++) {
			fail_code = codes[kind];
			__atomic_store_n(&countdown, nth, __ATOMIC_SEQ_CST);
			for (int i = 0; i < 6; i++) {
				struct rv_report_new report = a_report(f);
				enum rv_status status = add_report(f, &report);
				if (status == RV_OK) {
					strcpy(kept[n++], report.id);
				} else {
					assert_true(status == (kind ? RV_IO : RV_FULL) || status == RV_IO);
					assert_int_not_equal(rv_store_ready(f->store), RV_OK);
					failed++;
				}
			}
			__atomic_store_n(&countdown, -1, __ATOMIC_SEQ_CST);
			struct rv_report_new report = a_report(f);
			assert_int_equal(add_report(f, &report), RV_OK);
			strcpy(kept[n++], report.id);
		}
	assert_in_range(failed, 12, 48);
	rv_store_close(f->store);
	sqlite3_vfs_unregister(&failing);
	f->store = open_store(f->dir);
	for (int i = 0; i < n; i++) {
		char *json = report_json(f, NULL, kept[i]);
		assert_non_null(json);
		free(json);
	}
	assert_int_equal(total_of(list_json(f, (struct rv_report_query){0})), n);
	free(kept);
}

/* ---- kill -9 ---- */

static void keeps_what_it_acknowledged_when_killed(void **state)
{
	struct fixture *f = *state;
	int pipe_fd[2];
	rv_store_close(f->store);
	f->store = NULL;
	assert_int_equal(pipe(pipe_fd), 0);
	pid_t child = fork();
	if (child == 0) {
		/* Threads do not pass a fork: the store is opened here. Each acknowledged id goes to the parent. */
		f->store = open_store(f->dir);
		for (;;) {
			struct rv_report_new report = a_report(f);
			if (add_report(f, &report) != RV_OK || write(pipe_fd[1], report.id, 32) != 32)
				_exit(1);
		}
	}
	close(pipe_fd[1]);
	char ids[200][32];
	for (int i = 0; i < 200; i++)
		assert_int_equal(read(pipe_fd[0], ids[i], 32), 32);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(pipe_fd[0]);
	f->store = open_store(f->dir);
	for (int i = 0; i < 200; i++) {
		char *json = report_json(f, NULL, ids[i]);
		assert_non_null(json);
		free(json);
	}
}

/* ---- links, and keys that are replaced ---- */

static void links_open_one_report(void **state)
{
	struct fixture *f = *state;
	struct rv_report_new report = a_report(f), second = a_report(f);
	struct outcome outcome = OUTCOME;
	struct rv_buf json;
	char id[32], token[64], other_id[32], other_token[64], opened[32];
	int64_t expires_ms, checked_ms;
	assert_int_equal(add_report(f, &report), RV_OK);
	assert_int_equal(add_report(f, &second), RV_OK);
	assert_int_equal(rv_store_share_add(f->store, "rep_none", 1, id, token, &expires_ms), RV_NOT_FOUND);
	assert_int_equal(rv_store_share_add(f->store, report.id, 1, id, token, &expires_ms), RV_OK);
	assert_int_equal(rv_store_share_add(f->store, second.id, 0, other_id, other_token, &checked_ms), RV_OK);
	assert_int_equal(rv_store_share_check(f->store, other_token, opened, &checked_ms), RV_NOT_FOUND); /* over */
	assert_int_equal(rv_store_share_check(f->store, id, opened, &checked_ms), RV_NOT_FOUND); /* the id is no token */
	assert_int_equal(rv_store_share_check(f->store, "", opened, &checked_ms), RV_NOT_FOUND);
	assert_int_equal(rv_store_share_check(f->store, token, opened, &checked_ms), RV_OK);
	assert_string_equal(opened, report.id);
	assert_true(checked_ms == expires_ms);
	rv_buf_init(&json, 64 << 10);
	assert_int_equal(rv_store_shares_json(f->store, report.id, &json), RV_OK);
	rv_buf_byte(&json, 0);
	assert_non_null(strstr((const char *)json.ptr, id));
	assert_null(strstr((const char *)json.ptr, token));
	rv_buf_deinit(&json);

	rv_store_report_delete(f->store, report.id, false, done, &outcome);
	assert_int_equal(await(&outcome, 1), RV_OK);
	assert_int_equal(rv_store_share_check(f->store, token, opened, &checked_ms), RV_NOT_FOUND);
	rv_store_report_delete(f->store, report.id, true, done, &outcome);
	assert_int_equal(await(&outcome, 2), RV_OK);
	assert_int_equal(rv_store_share_check(f->store, token, opened, &checked_ms), RV_OK);
	assert_int_equal(rv_store_share_remove(f->store, second.id, id), RV_NOT_FOUND); /* of another report */
	assert_int_equal(rv_store_share_remove(f->store, report.id, id), RV_OK);
	assert_int_equal(rv_store_share_check(f->store, token, opened, &checked_ms), RV_NOT_FOUND);
	for (int i = 0; i < 50; i++)
		assert_int_equal(rv_store_share_add(f->store, report.id, 1, id, token, &expires_ms), RV_OK);
	assert_int_equal(rv_store_share_add(f->store, report.id, 1, id, token, &expires_ms), RV_CONFLICT);
}

static bool key_works(struct fixture *f, const char *key)
{
	struct rv_workspace found;
	bool works = rv_store_workspace_by_key(f->store, key, &found) == RV_OK;
	if (works) {
		assert_string_equal(found.id, f->workspace.id);
		rv_workspace_clear(&found);
	}
	return works;
}

static void keys_are_replaced(void **state)
{
	struct fixture *f = *state;
	char second[48], third[48], added[64], fresh[64], workspace_id[32];
	assert_int_equal(rv_store_project_key_rotate(f->store, "ws_none", 1000, second), RV_NOT_FOUND);
	assert_int_equal(rv_store_project_key_rotate(f->store, f->workspace.id, 3600 * 1000, second), RV_OK);
	assert_true(key_works(f, second) && key_works(f, f->workspace.project_key));
	assert_int_equal(rv_store_project_key_rotate(f->store, f->workspace.id, 0, third), RV_OK);
	assert_true(key_works(f, third));
	assert_false(key_works(f, second) || key_works(f, f->workspace.project_key));

	assert_int_equal(rv_store_api_key_add(f->store, f->workspace.id, added), RV_OK);
	assert_int_equal(rv_store_api_key_rotate(f->store, "ws_none", fresh), RV_NOT_FOUND);
	assert_int_equal(rv_store_api_key_check(f->store, added, workspace_id), RV_OK);
	assert_int_equal(rv_store_api_key_rotate(f->store, f->workspace.id, fresh), RV_OK);
	assert_int_equal(rv_store_api_key_check(f->store, fresh, workspace_id), RV_OK);
	assert_string_equal(workspace_id, f->workspace.id);
	assert_int_not_equal(rv_store_api_key_check(f->store, added, workspace_id), RV_OK);
	assert_int_not_equal(rv_store_api_key_check(f->store, f->api_key, workspace_id), RV_OK);
	assert_int_equal(rv_store_api_key_check(f->store, f->other_key, workspace_id), RV_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(workspaces_and_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(users_and_logins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(attachments, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reports, set_up, tear_down),
		cmocka_unit_test_setup_teardown(list_of_reports, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_writers_commit_in_groups, set_up, tear_down),
		cmocka_unit_test_setup_teardown(survives_reopening, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sweeps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(assets_live_as_long_as_a_report_lists_them, set_up, tear_down),
		cmocka_unit_test_setup_teardown(links_open_one_report, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keys_are_replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_what_is_wrong, set_up, tear_down),
		cmocka_unit_test_setup_teardown(loses_nothing_when_the_disk_fails, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps_what_it_acknowledged_when_killed, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
