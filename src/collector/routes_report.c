/* A report's JSON, its logs as files, its replay and its attachments, for the API key's holder and for
 * the console. */
#define _GNU_SOURCE
#include "app.h"
#include "asset_map.h"
#include "auth.h"
#include "export.h"
#include "rrweb.h"
#include "zlib.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { OUT_BUFFER = 64 << 10, REPORT_JSON_MAX = 64 << 20 };
static const uint64_t rrweb_bytes_max = 2ull << 30;

struct reading { struct rv_call *call; const char *workspace_id; struct rv_attachment attachment; int blob; uint64_t blob_bytes; bool gzip, har; char etag[112]; };

static struct reading *new_reading(struct rv_call *call, const char *workspace_id)
{
	struct reading *reading = rv_arena_alloc(rv_call_arena(call), sizeof *reading);
	if (reading)
		*reading = (struct reading){.call = call, .workspace_id = workspace_id, .blob = -1};
	else
		rv_call_fail_status(call, RV_MEMORY);
	return reading;
}

/* ---- JSON ---- */

static void report_job(void *user)
{
	struct reading *reading = user;
	struct rv_call *call = reading->call;
	enum rv_status status = rv_store_report_json(rv_call_app(call)->store, reading->workspace_id, rv_call_param(call, "id"), rv_call_base_url(call), rv_call_out(call));
	if (status != RV_OK)
		rv_call_fail_status(call, status);
	else
		rv_call_finish(call, 200, "application/json");
}

void rv_report_answer(struct rv_call *call, const char *workspace_id)
{
	struct reading *reading = new_reading(call, workspace_id);
	if (reading && !rv_job_start(rv_call_app(call)->server, report_job, reading))
		rv_call_fail_status(call, RV_FULL);
}

static void get_report(struct rv_call *call)
{
	const char *workspace_id;
	if (rv_auth_reader(call, &workspace_id))
		rv_report_answer(call, workspace_id);
}

/* ---- logs as files ---- */

static void log_job(void *user)
{
	struct reading *reading = user;
	struct rv_call *call = reading->call;
	struct rv_buf *out = rv_call_out(call), report;
	struct rv_json json;
	char name[96];
	rv_buf_init(&report, REPORT_JSON_MAX);
	enum rv_status status = rv_store_report_json(rv_call_app(call)->store, reading->workspace_id, rv_call_param(call, "id"), "", &report);
	struct rv_span text = rv_buf_get(&report);
	cJSON *value = status == RV_OK ? cJSON_ParseWithLength((const char *)text.ptr, text.len) : NULL;
	rv_buf_deinit(&report);
	if (!value) {
		rv_call_fail_status(call, status == RV_OK ? RV_MEMORY : status);
		return;
	}
	double number = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(value, "number"));
	snprintf(name, sizeof name, "attachment; filename=\"rearview-%.0f-%s\"", number, reading->har ? "network.har" : "console.txt");
	if (reading->har) {
		rv_json_init(&json, out);
		rv_export_har(&json, value);
	} else {
		rv_export_text(out, value);
	}
	cJSON_Delete(value);
	rv_call_set_header(call, "Content-Disposition", name);
	rv_call_finish(call, 200, reading->har ? "application/json" : "text/plain; charset=utf-8");
}

static void get_log(struct rv_call *call, bool har)
{
	const char *workspace_id;
	if (!rv_auth_reader(call, &workspace_id))
		return;
	struct reading *reading = new_reading(call, workspace_id);
	if (!reading)
		return;
	reading->har = har;
	if (!rv_job_start(rv_call_app(call)->server, log_job, reading))
		rv_call_fail_status(call, RV_FULL);
}

static void get_har(struct rv_call *call) { get_log(call, true); }

static void get_text(struct rv_call *call) { get_log(call, false); }

/* ---- blobs ---- */

/* The report's attachment (id NULL: its first of that kind) with its blob open; answers when there is none. */
static bool find_blob(struct reading *reading, const char *id, const char *kind)
{
	struct rv_call *call = reading->call;
	struct rv_app *app = rv_call_app(call);
	enum rv_status status = rv_store_report_attachment(app->store, reading->workspace_id, rv_call_param(call, "id"), id, kind, &reading->attachment);
	if (status == RV_OK) {
		free(reading->attachment.summary_json);
		reading->attachment.summary_json = NULL;
		status = rv_blob_open(app->blobs, reading->attachment.sha256, &reading->blob, &reading->blob_bytes);
		if (status == RV_NOT_FOUND)
			status = RV_IO; /* a row without its blob: broken, not absent */
	}
	if (status == RV_OK)
		return true;
	rv_call_fail_status(call, status);
	return false;
}

static void send_blob(struct reading *reading)
{
	struct rv_call *call = reading->call;
	const struct rv_attachment *attachment = &reading->attachment;
	char name[128];
	bool shown = strncmp(attachment->mime, "image/", 6) == 0 || strncmp(attachment->mime, "video/", 6) == 0;
	const char *extension = shown ? strchr(attachment->mime, '/') + 1 : "rvr";
	snprintf(reading->etag, sizeof reading->etag, "\"%s\"", attachment->sha256);
	snprintf(name, sizeof name, "%s; filename=\"%s.%s\"", shown ? "inline" : "attachment", attachment->id, extension);
	rv_call_set_header(call, "Content-Disposition", name);
	rv_call_set_header(call, "Content-Security-Policy", "default-src 'none'; sandbox");
	rv_call_set_header(call, "Cache-Control", "private, no-cache");
	rv_call_finish_file(call, reading->blob, attachment->mime, reading->etag);
}

static void get_attachment(struct rv_call *call)
{
	const char *workspace_id;
	if (!rv_auth_reader(call, &workspace_id))
		return;
	struct reading *reading = new_reading(call, workspace_id);
	if (reading && find_blob(reading, rv_call_param(call, "attachment"), NULL))
		send_blob(reading);
}

/* ---- replay as rrweb events: streamed into a file without a name, so that memory stays small ---- */

struct sink { int fd; bool gzip; z_stream deflate; uint64_t in; uint8_t buffer[OUT_BUFFER]; };

static enum rv_status write_all(int fd, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return errno == ENOSPC || errno == EDQUOT ? RV_FULL : RV_IO;
		bytes += n;
		len -= (size_t)n;
	}
	return RV_OK;
}

static enum rv_status deflate_some(struct sink *sink, struct rv_span piece, int flush)
{
	sink->deflate.next_in = (Bytef *)piece.ptr;
	sink->deflate.avail_in = (uInt)piece.len;
	do {
		sink->deflate.next_out = sink->buffer;
		sink->deflate.avail_out = OUT_BUFFER;
		if (deflate(&sink->deflate, flush) == Z_STREAM_ERROR)
			return RV_IO;
		enum rv_status status = write_all(sink->fd, sink->buffer, OUT_BUFFER - sink->deflate.avail_out);
		if (status != RV_OK)
			return status;
	} while (sink->deflate.avail_out == 0);
	return RV_OK;
}

static enum rv_status take_piece(void *user, struct rv_span piece)
{
	struct sink *sink = user;
	sink->in += piece.len;
	if (sink->in > rrweb_bytes_max || piece.len > UINT32_MAX)
		return RV_LIMIT;
	return sink->gzip ? deflate_some(sink, piece, Z_NO_FLUSH) : write_all(sink->fd, piece.ptr, piece.len);
}

static enum rv_status convert(struct reading *reading, struct sink *sink)
{
	struct rv_call *call = reading->call;
	struct rv_asset_map *assets;
	enum rv_status status = rv_asset_map_load(rv_call_app(call)->store, rv_call_param(call, "id"), rv_call_base_url(call), &assets);
	if (status != RV_OK)
		return status;
	void *map = mmap(NULL, reading->blob_bytes, PROT_READ, MAP_PRIVATE, reading->blob, 0);
	if (map == MAP_FAILED) {
		rv_asset_map_free(assets);
		return RV_MEMORY;
	}
	const struct rv_rrweb_assets use = rv_asset_map_use(assets);
	status = rv_rrweb_export_assets(rv_span(map, reading->blob_bytes), &use, take_piece, sink, NULL);
	munmap(map, reading->blob_bytes);
	rv_asset_map_free(assets);
	if (status == RV_OK && sink->gzip)
		status = deflate_some(sink, rv_span("", 0), Z_FINISH);
	return status;
}

static void rrweb_job(void *user)
{
	struct reading *reading = user;
	struct rv_call *call = reading->call;
	struct sink *sink = calloc(1, sizeof *sink);
	enum rv_status status = sink ? RV_OK : RV_MEMORY;
	if (sink) {
		sink->gzip = reading->gzip;
		sink->fd = open(rv_blobs_temp_dir(rv_call_app(call)->blobs), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (sink->fd < 0)
			status = errno == ENOSPC ? RV_FULL : RV_IO;
		else if (sink->gzip && deflateInit2(&sink->deflate, 3, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
			status = RV_MEMORY;
		if (status == RV_OK) {
			status = convert(reading, sink);
			if (sink->gzip)
				deflateEnd(&sink->deflate);
		}
	}
	close(reading->blob);
	int fd = sink ? sink->fd : -1;
	free(sink);
	if (status != RV_OK) {
		if (fd >= 0)
			close(fd);
		/* It was sound when it came: what fails now is the server, or a bound of it. */
		rv_call_fail_status(call, status == RV_MEMORY || status == RV_FULL || status == RV_LIMIT ? status : RV_IO);
		return;
	}
	if (reading->gzip)
		rv_call_set_header(call, "Content-Encoding", "gzip");
	rv_call_finish_file(call, fd, "application/json", reading->etag);
}

/* gzip among the codings, unless its weight is nought. */
static bool accepts_gzip(struct rv_call *call)
{
	const char *accept = rv_call_header(call, "Accept-Encoding"), *at = accept ? strcasestr(accept, "gzip") : NULL;
	if (!at)
		return false;
	at += 4;
	at += strspn(at, " \t;");
	return strncasecmp(at, "q=0", 3) != 0 || at[3 + strspn(at + 3, ".0")] > '0';
}

static void get_replay(struct rv_call *call)
{
	const char *workspace_id, *format = rv_call_query(call, "format"), *known = rv_call_header(call, "If-None-Match");
	if (!rv_auth_reader(call, &workspace_id))
		return;
	bool native = format && strcmp(format, "native") == 0;
	if (format && !native && strcmp(format, "rrweb") != 0) {
		rv_call_fail(call, 422, "invalid_field", "The format must be rrweb or native.", "format");
		return;
	}
	struct reading *reading = new_reading(call, workspace_id);
	if (!reading || !find_blob(reading, NULL, "replay"))
		return;
	if (native) {
		send_blob(reading);
		return;
	}
	reading->gzip = accepts_gzip(call);
	unsigned assets;
	enum rv_status status = rv_store_report_assets_count(rv_call_app(call)->store, rv_call_param(call, "id"), &assets);
	if (status != RV_OK) {
		close(reading->blob);
		rv_call_fail_status(call, status);
		return;
	}
	snprintf(reading->etag, sizeof reading->etag, "\"%s-rrweb-%u%s\"", reading->attachment.sha256, assets, reading->gzip ? "-gzip" : "");
	rv_call_set_header(call, "Vary", "Accept-Encoding");
	rv_call_set_header(call, "Cache-Control", "private, no-cache");
	if (known && strstr(known, reading->etag)) {
		close(reading->blob);
		rv_call_set_header(call, "ETag", reading->etag);
		rv_call_finish(call, 304, NULL);
	} else if (!rv_job_start(rv_call_app(call)->server, rrweb_job, reading)) {
		close(reading->blob);
		rv_call_fail_status(call, RV_FULL);
	}
}

static const struct rv_route routes[] = {
	{.method = "GET", .pattern = "/api/v1/reports/:id", .handler = get_report, .family = RV_FAMILY_OWN, .name = "report"},
	{.method = "GET", .pattern = "/r/:id/network.har", .handler = get_har, .family = RV_FAMILY_OWN, .name = "report_har"},
	{.method = "GET", .pattern = "/r/:id/console.txt", .handler = get_text, .family = RV_FAMILY_OWN, .name = "report_text"},
	{.method = "GET", .pattern = "/api/v1/reports/:id/replay", .handler = get_replay, .family = RV_FAMILY_OWN, .name = "report_replay"},
	{.method = "GET", .pattern = "/api/v1/reports/:id/attachments/:attachment", .handler = get_attachment, .family = RV_FAMILY_OWN, .name = "report_attachment"},
};
const struct rv_routes rv_routes_report = {routes, sizeof routes / sizeof *routes};
