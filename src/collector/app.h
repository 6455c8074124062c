/* The collector's parts, as routes see them. Each routes_*.c offers its table. */
#ifndef RV_APP_H
#define RV_APP_H
#include "blob.h"
#include "bus.h"
#include "http.h"
#include "store.h"

struct rv_config; /* config.h: file, environment and command line */

struct rv_app {
	const struct rv_config *config;
	struct rv_store *store;
	struct rv_blobs *blobs;
	struct rv_parts *parts; /* parts.h: uploads that are not whole yet */
	struct rv_server *server;
	struct rv_bus *bus;
};

/* Answers with a report's JSON (API §6), read in a job. workspace_id NULL: any. */
void rv_report_answer(struct rv_call *call, const char *workspace_id);

struct rv_routes { const struct rv_route *routes; size_t n; };
extern const struct rv_routes rv_routes_widget;  /* /v1/widget/config, submit, actions (WebSocket) */
extern const struct rv_routes rv_routes_upload;  /* /v1/widget/upload */
extern const struct rv_routes rv_routes_action;  /* /api/v1/action, /api/v1/session-info/… */
extern const struct rv_routes rv_routes_report;  /* /api/v1/reports/…, /r/:report is the console's page */
extern const struct rv_routes rv_routes_asset;   /* what recordings refer to: /v1/widget/assets, /api/v1/reports/:id/assets/:hash */
extern const struct rv_routes rv_routes_console; /* /api/console/…: login, settings, lists */
extern const struct rv_routes rv_routes_share;   /* links that open one report */
extern const struct rv_routes rv_routes_static;  /* widget files, console files, health, metrics */

#endif
