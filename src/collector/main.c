/* rearviewd: the commands and the life of the server. */
#define _GNU_SOURCE
#include "app.h"
#include "config.h"
#include "json.h"
#include "log.h"
#include "parts.h"
#include "secret.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define RV_VERSION "0.1.0"
enum { PASSWORD_BYTES_MIN = 8, PASSWORD_BYTES_MAX = 200, NAME_BYTES_MAX = 100, ERROR_BYTES_MAX = 2000, SWEEP_MS = 3600000, SWEEP_FIRST_MS = 60000, PARTS_AGE_S = 24 * 3600 };

extern char **environ;

static const int64_t grace_ms = 30ll * 24 * 3600 * 1000; /* pages, builds and caches that hold a replaced project key */

static int complain(const char *sentence)
{
	fprintf(stderr, "%s\n", sentence);
	return 1;
}

static int complain_buf(struct rv_buf *error, const char *otherwise)
{
	rv_buf_byte(error, 0);
	int code = complain(rv_buf_status(error) == RV_OK && error->len > 1 ? (const char *)error->ptr : otherwise);
	rv_buf_deinit(error);
	return code;
}

static void print_buf(struct rv_buf *out)
{
	fwrite(out->ptr, 1, out->len, stdout);
	rv_buf_deinit(out);
}

static int help(void)
{
	struct rv_buf out;
	rv_buf_init(&out, 1 << 20);
	rv_buf_str(&out, "rearviewd: the Rearview collector\n\n"
		"  rearviewd [serve]                               run the collector\n"
		"  rearviewd workspace add --name NAME [--json]    make a workspace with its keys\n"
		"  rearviewd workspace list [--json]\n"
		"  rearviewd workspace rotate-key ID --api         a new API key, printed once; all others end at once\n"
		"  rearviewd workspace rotate-key ID --project     a new project key for your pages; the old one works 30 days\n"
		"                                                  longer, with --now not at all\n"
		"  rearviewd user add NAME [--password-stdin]      make a console user, or give it a new password\n"
		"  rearviewd user passwd NAME [--password-stdin]   the same; without --password-stdin one is made and printed\n"
		"  rearviewd --help | --version\n\n"
		"The commands also work while the collector runs.\n\n"
		"Settings come from a file (--config FILE, lines \"key = value\", keys with underscores), then from the\n"
		"environment (RV_DATA_DIR for data_dir), then from the command line; the last one counts.\n\n");
	rv_config_help(&out);
	print_buf(&out);
	return 0;
}

/* ---- the commands ---- */

struct command { const char *words[3]; size_t n_words; const char *name; bool json, password_stdin, api, project, now; };

static bool is_own(const char *option)
{
	static const char *const own[] = {"name", "json", "password-stdin", "api", "project", "now", "help", "version"};
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		size_t n = strlen(own[i]);
		if (strncmp(option, own[i], n) == 0 && (!option[n] || option[n] == '='))
			return true;
	}
	return false;
}

static bool read_command(size_t n_args, char **args, struct command *command)
{
	for (size_t i = 0; i < n_args; i++) {
		if (strcmp(args[i], "--json") == 0)
			command->json = true;
		else if (strcmp(args[i], "--password-stdin") == 0)
			command->password_stdin = true;
		else if (strcmp(args[i], "--api") == 0)
			command->api = true;
		else if (strcmp(args[i], "--project") == 0)
			command->project = true;
		else if (strcmp(args[i], "--now") == 0)
			command->now = true;
		else if (strncmp(args[i], "--name=", 7) == 0)
			command->name = args[i] + 7;
		else if (strcmp(args[i], "--name") == 0 && i + 1 < n_args)
			command->name = args[++i];
		else if (strncmp(args[i], "--", 2) == 0 || command->n_words == 3)
			return false;
		else
			command->words[command->n_words++] = args[i];
	}
	return true;
}

static bool is_command(const struct command *command, const char *first, const char *second)
{
	return command->n_words >= 2 && strcmp(command->words[0], first) == 0 && strcmp(command->words[1], second) == 0;
}

static int workspace_add(struct rv_store *store, const struct command *command)
{
	struct rv_workspace workspace;
	char api_key[64];
	enum rv_status status = rv_store_workspace_add(store, command->name, &workspace, api_key);
	if (status) {
		fprintf(stderr, "The workspace could not be stored: %s.\n", rv_status_text(status));
		return 1;
	}
	if (command->json) {
		struct rv_buf out;
		struct rv_json json;
		rv_buf_init(&out, 4096);
		rv_json_init(&json, &out);
		rv_json_open(&json, '{');
		rv_json_key(&json, "workspace_id");
		rv_json_cstr(&json, workspace.id);
		rv_json_key(&json, "project_key");
		rv_json_cstr(&json, workspace.project_key);
		rv_json_key(&json, "api_key");
		rv_json_cstr(&json, api_key);
		rv_json_close(&json, '}');
		rv_buf_byte(&out, '\n');
		print_buf(&out);
	} else {
		printf("Workspace %s\n  workspace id  %s\n  project key   %s   (public, for the widget)\n  API key       %s   (secret, shown only now)\n", workspace.name, workspace.id, workspace.project_key, api_key);
	}
	rv_workspace_clear(&workspace);
	return 0;
}

static int workspace_list(struct rv_store *store)
{
	struct rv_buf out;
	rv_buf_init(&out, 16 << 20);
	if (rv_store_workspaces_json(store, &out)) {
		rv_buf_deinit(&out);
		return complain("The workspaces could not be read.");
	}
	rv_buf_byte(&out, '\n');
	print_buf(&out);
	return 0;
}

static int rotate_key(struct rv_store *store, const struct command *command)
{
	char key[64];
	enum rv_status status = command->api ? rv_store_api_key_rotate(store, command->words[2], key)
		: rv_store_project_key_rotate(store, command->words[2], command->now ? 0 : grace_ms, key);
	if (status == RV_NOT_FOUND) {
		fprintf(stderr, "There is no workspace %s; rearviewd workspace list shows them.\n", command->words[2]);
		return 1;
	}
	if (status) {
		fprintf(stderr, "The key could not be stored: %s.\n", rv_status_text(status));
		return 1;
	}
	if (command->json)
		printf("{\"%s\":\"%s\"}\n", command->api ? "api_key" : "project_key", key);
	else
		printf("%s  %s   (%s)\n", command->api ? "API key" : "Project key", key, command->api ? "secret, shown only now; the others no longer work"
			: command->now ? "public; the old one no longer works" : "public; the old one works 30 days longer");
	return 0;
}

static const char *user_name(const struct command *command) { return command->n_words == 3 ? command->words[2] : command->name; }

static int user_add(struct rv_store *store, const struct command *command)
{
	bool known;
	char password[PASSWORD_BYTES_MAX + 2] = "";
	const char *name = user_name(command);
	if (rv_store_user_known(store, name, &known))
		return complain("The users could not be read.");
	if (!known && is_command(command, "user", "passwd")) {
		fprintf(stderr, "There is no user %s; rearviewd user add makes one.\n", name);
		return 1;
	}
	if (command->password_stdin) {
		if (!fgets(password, sizeof password, stdin))
			return complain("There is no password on standard input.");
		password[strcspn(password, "\r\n")] = 0;
		if (strlen(password) < PASSWORD_BYTES_MIN || strlen(password) > PASSWORD_BYTES_MAX)
			return complain("A password has 8 to 200 bytes.");
	} else {
		rv_random_text(password, 16);
	}
	enum rv_status status = rv_store_user_add(store, name, password);
	if (status) {
		fprintf(stderr, "The user could not be stored: %s.\n", rv_status_text(status));
		return 1;
	}
	if (!command->password_stdin)
		printf("Password of %s: %s\n", name, password);
	return 0;
}

static int run_command(const struct rv_config *config, const struct command *command)
{
	bool add = is_command(command, "workspace", "add"), list = is_command(command, "workspace", "list"), user = is_command(command, "user", "add") || is_command(command, "user", "passwd");
	bool rotate = is_command(command, "workspace", "rotate-key");
	if (!add && !list && !user && !rotate) {
		fprintf(stderr, "There is no command %s%s%s; rearviewd --help lists them.\n", command->words[0], command->n_words > 1 ? " " : "", command->n_words > 1 ? command->words[1] : "");
		return 1;
	}
	if (add && (!command->name || !*command->name || strlen(command->name) > NAME_BYTES_MAX || command->n_words > 2))
		return complain("Write rearviewd workspace add --name NAME, the name at most 100 bytes long.");
	if (rotate && (command->n_words != 3 || command->api == command->project || (command->now && !command->project)))
		return complain("Write rearviewd workspace rotate-key ID --api, or --project [--now].");
	if (user && (!user_name(command) || !*user_name(command) || strlen(user_name(command)) > NAME_BYTES_MAX))
		return complain("Write rearviewd user add NAME --password-stdin, the name at most 100 bytes long.");
	struct rv_store *store;
	struct rv_buf error;
	rv_buf_init(&error, ERROR_BYTES_MAX);
	if (rv_store_open(config->data_dir, &store, &error))
		return complain_buf(&error, "The database cannot be opened.");
	rv_buf_deinit(&error);
	int code = add ? workspace_add(store, command) : list ? workspace_list(store) : rotate ? rotate_key(store, command) : user_add(store, command);
	rv_store_close(store);
	return code;
}

/* ---- the server ---- */

/* A console nobody can enter is of no use: the first start makes a user. */
static void make_first_user(struct rv_store *store, const char *data_dir)
{
	unsigned users = 1;
	char password[17], path[4200];
	if (rv_store_user_count(store, &users) || users)
		return;
	rv_random_text(password, 16);
	if (rv_store_user_add(store, "admin", password)) {
		rv_log(RV_LOG_ERROR, "the first console user could not be stored");
		return;
	}
	snprintf(path, sizeof path, "%s/first-login.txt", data_dir);
	unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool kept = fd >= 0 && dprintf(fd, "admin\n%s\n", password) > 0;
	if (fd >= 0)
		close(fd);
	printf("First console login: admin / %s\n", password);
	if (kept)
		printf("It is also in %s; delete that file once you have signed in.\n", path);
}

/* The folder "web" beside the program, or one above it; "" when there is none. */
static char *find_web(void)
{
	static const char *const places[] = {"web", "../web", "../share/rearview/web"};
	char program[3000], path[4000];
	ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
	if (len <= 0)
		return strdup("");
	program[len] = 0;
	*strrchr(program, '/') = 0;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		snprintf(path, sizeof path, "%s/%s", program, places[i]);
		if (access(path, X_OK) == 0)
			return strdup(path);
	}
	return strdup("");
}

static bool find_folders(struct rv_config *config)
{
	if (!*config->widget_dir) {
		free(config->widget_dir);
		config->widget_dir = find_web();
	}
	if (config->widget_dir && *config->widget_dir && !*config->console_dir) {
		free(config->console_dir);
		if (asprintf(&config->console_dir, "%s/console", config->widget_dir) < 0)
			config->console_dir = NULL;
	}
	return config->widget_dir && config->console_dir;
}

static bool prepare(struct rv_server *server, struct rv_app *app)
{
	app->server = server;
	app->bus = rv_bus_new(server);
	return app->bus != NULL;
}

static void sweep(void *user)
{
	struct rv_app *app = user;
	enum rv_status status = rv_store_sweep(app->store, app->blobs), parts = rv_parts_sweep(app->parts, PARTS_AGE_S);
	if (status || parts)
		rv_log(RV_LOG_WARN, "sweeping: %s", rv_status_text(status ? status : parts));
}

/* Once more when the server stops, which the pool then refuses or finishes. */
static void sweep_again(void *user)
{
	struct rv_app *app = user;
	if (rv_loop_after(app->server, SWEEP_MS, sweep_again, app) && !rv_job_start(app->server, sweep, app))
		rv_log(RV_LOG_WARN, "sweeping is put off, the pool is full");
}

static struct rv_route *gather_routes(size_t *n)
{
	const struct rv_routes *const tables[] = {&rv_routes_widget, &rv_routes_upload, &rv_routes_action, &rv_routes_report, &rv_routes_asset, &rv_routes_console, &rv_routes_share, &rv_routes_static};
	*n = 0;
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		*n += tables[i]->n;
	struct rv_route *routes = calloc(*n, sizeof *routes), *to = routes;
	for (size_t i = 0; routes && i < sizeof tables / sizeof *tables; i++)
		for (size_t k = 0; k < tables[i]->n; k++)
			*to++ = tables[i]->routes[k];
	return routes;
}

static void allow_many_files(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* SIGTERM and SIGINT are blocked in every thread and waited for here; a second one ends the process at once. */
static void wait_for_stop(const sigset_t *stops)
{
	int signal_number;
	while (sigwait(stops, &signal_number) != 0)
		;
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	pthread_sigmask(SIG_UNBLOCK, stops, NULL);
}

static void print_address(const struct rv_config *config, struct rv_server *server)
{
	const char *colon = strrchr(config->listen, ':');
	printf("rearviewd listening on %s://%.*s:%u\n", *config->tls_cert ? "https" : "http", (int)(colon - config->listen), config->listen, rv_server_port(server));
	fflush(stdout);
}

static int serve(struct rv_config *config)
{
	int code = 1;
	struct rv_app app = {.config = config};
	struct rv_route *routes = NULL;
	size_t n_routes;
	struct rv_buf error;
	sigset_t stops;
	rv_buf_init(&error, ERROR_BYTES_MAX);
	sigemptyset(&stops);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGINT);
	pthread_sigmask(SIG_BLOCK, &stops, NULL);
	signal(SIGPIPE, SIG_IGN);
	allow_many_files();
	rv_log_set(rv_config_log_level(config));
	if (!find_folders(config) || !(routes = gather_routes(&n_routes))) {
		complain("Out of memory.");
		goto done;
	}
	if (rv_store_open(config->data_dir, &app.store, &error)) {
		app.store = NULL;
		goto done;
	}
	enum rv_status status = rv_blobs_open(config->data_dir, &app.blobs);
	if (status) {
		app.blobs = NULL;
		rv_buf_str(&error, status == RV_CONFLICT ? "Another collector is using the data directory " : "The blobs cannot be opened in the data directory ");
		rv_buf_str(&error, config->data_dir);
		rv_buf_str(&error, ".");
		goto done;
	}
	if (rv_parts_open(config->data_dir, &app.parts)) {
		rv_buf_str(&error, "The folder for unfinished uploads cannot be opened in the data directory ");
		rv_buf_str(&error, config->data_dir);
		rv_buf_str(&error, ".");
		goto done;
	}
	struct rv_server_options options = {
		.listen = config->listen, .tls_cert = config->tls_cert, .tls_key = config->tls_key, .base_url = config->base_url, .trusted_proxies = config->trusted_proxies, .temp_dir = rv_blobs_temp_dir(app.blobs), .prepare = prepare,
		.max_connections = config->max_connections, .header_timeout_ms = config->header_timeout_ms, .body_timeout_ms = config->body_timeout_ms, .min_body_rate = config->min_body_rate,
		.max_connections_per_ip = config->max_connections_per_ip, .requests_per_minute_per_key = config->requests_per_minute_per_key, .ping_ms = config->ping_ms, .silence_ms = config->silence_ms,
	};
	if (rv_server_start(&options, routes, n_routes, &app, &app.server, &error)) {
		app.server = NULL;
		goto done;
	}
	make_first_user(app.store, config->data_dir);
	if (!rv_loop_after(app.server, SWEEP_FIRST_MS, sweep_again, &app))
		rv_log(RV_LOG_WARN, "old uploads will not be swept");
	print_address(config, app.server);
	wait_for_stop(&stops);
	rv_log(RV_LOG_INFO, "stopping");
	if (!rv_server_stop(app.server, config->drain_ms)) {
		rv_store_close(app.store); /* what has been accepted is still committed */
		_exit(0);                  /* threads that hang keep what they use */
	}
	code = 0;
done:
	if (app.bus)
		rv_bus_free(app.bus);
	if (app.store)
		rv_store_close(app.store);
	rv_parts_close(app.parts);
	rv_blobs_close(app.blobs);
	free(routes);
	if (error.len)
		return complain_buf(&error, "");
	rv_buf_deinit(&error);
	return code;
}

int main(int argc, char **argv)
{
	struct rv_config config;
	struct command command = {0};
	struct rv_buf error;
	size_t n_args = argc > 0 ? (size_t)argc - 1 : 0;
	for (size_t i = 1; i <= n_args; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0 || (i == 1 && strcmp(argv[i], "help") == 0))
			return help();
		if (strcmp(argv[i], "--version") == 0) {
			printf("rearviewd " RV_VERSION "\n");
			return 0;
		}
	}
	rv_buf_init(&error, ERROR_BYTES_MAX);
	if (rv_config_load(&config, &n_args, argv + 1, environ, is_own, &error))
		return complain_buf(&error, "The configuration cannot be read.");
	rv_buf_deinit(&error);
	int code = !read_command(n_args, argv + 1, &command) ? complain("The command is not understood; rearviewd --help lists them.")
		: command.n_words == 0 || (command.n_words == 1 && strcmp(command.words[0], "serve") == 0) ? serve(&config) : run_command(&config, &command);
	rv_config_deinit(&config);
	return code;
}
