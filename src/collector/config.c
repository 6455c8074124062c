#define _GNU_SOURCE
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 256 << 10, VALUE_BYTES_MAX = 4096 };

struct key { const char *name, *text, *help; size_t at; bool is_number; unsigned number, least, most; };

static const struct key keys[] = {
#define RV_TEXT(key, value, help) {#key, value, help, offsetof(struct rv_config, key), false, 0, 0, 0},
#define RV_NUMBER(key, value, least, most, help) {#key, NULL, help, offsetof(struct rv_config, key), true, value, least, most},
	RV_CONFIG_KEYS(RV_TEXT, RV_NUMBER)
#undef RV_TEXT
#undef RV_NUMBER
};
enum { KEYS = sizeof keys / sizeof *keys };

static char **text_of(struct rv_config *config, const struct key *key) { return (char **)((char *)config + key->at); }
static unsigned *number_of(struct rv_config *config, const struct key *key) { return (unsigned *)((char *)config + key->at); }

static enum rv_status complain(struct rv_buf *error, enum rv_status status, const char *format, const char *a, const char *b, const char *c)
{
	char text[600];
	snprintf(text, sizeof text, format, a, b, c);
	rv_buf_str(error, text);
	return status;
}

/* The key with that name, - and _ alike. */
static const struct key *find(const char *name, size_t len)
{
	for (size_t i = 0; i < KEYS; i++) {
		size_t at = 0;
		while (at < len && keys[i].name[at] && (keys[i].name[at] == name[at] || (keys[i].name[at] == '_' && name[at] == '-')))
			at++;
		if (at == len && !keys[i].name[at])
			return &keys[i];
	}
	return NULL;
}

static enum rv_status set(struct rv_config *config, const struct key *key, const char *value, const char *where, struct rv_buf *error)
{
	if (key->is_number) {
		char *end, range[80];
		errno = 0;
		unsigned long number = *value >= '0' && *value <= '9' ? strtoul(value, &end, 10) : ULONG_MAX;
		if (number == ULONG_MAX || errno || *end || number < key->least || number > key->most) {
			snprintf(range, sizeof range, "a number from %u to %u", key->least, key->most);
			return complain(error, RV_BAD, "%s (%s) must be %s.", key->name, where, range);
		}
		*number_of(config, key) = (unsigned)number;
		return RV_OK;
	}
	if (strlen(value) > VALUE_BYTES_MAX)
		return complain(error, RV_BAD, "%s (%s) is too long.%s", key->name, where, "");
	if (strcmp(key->name, "log_level") == 0 && strcmp(value, "error") != 0 && strcmp(value, "warn") != 0 && strcmp(value, "info") != 0 && strcmp(value, "debug") != 0)
		return complain(error, RV_BAD, "%s (%s) must be error, warn, info or debug.%s", key->name, where, "");
	char *copy = strdup(value);
	if (!copy)
		return complain(error, RV_MEMORY, "Out of memory.%s%s%s", "", "", "");
	free(*text_of(config, key));
	*text_of(config, key) = copy;
	return RV_OK;
}

static enum rv_status read_file(struct rv_config *config, const char *path, struct rv_buf *error)
{
	struct stat info;
	enum rv_status status = RV_OK;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &info) != 0 || info.st_size > FILE_BYTES_MAX) {
		status = complain(error, RV_IO, "The configuration file %s cannot be read: %s.%s", path, fd < 0 ? strerror(errno) : "it is too large", "");
		if (fd >= 0)
			close(fd);
		return status;
	}
	char *text = calloc(1, (size_t)info.st_size + 1), *rest = text;
	ssize_t got = text ? read(fd, text, (size_t)info.st_size) : -1;
	close(fd);
	if (got < 0)
		status = complain(error, RV_IO, "The configuration file %s cannot be read.%s%s", path, "", "");
	for (unsigned number = 1; !status && rest; number++) {
		char where[300], *line = strsep(&rest, "\n");
		line += strspn(line, " \t\r");
		size_t len = strlen(line);
		while (len && strchr(" \t\r", line[len - 1]))
			line[--len] = 0;
		if (!len || *line == '#')
			continue;
		snprintf(where, sizeof where, "%s line %u", path, number);
		size_t n_name = strcspn(line, " \t=");
		char *equals = line + n_name + strspn(line + n_name, " \t");
		const struct key *key = find(line, n_name);
		char *value = *equals == '=' ? equals + 1 + strspn(equals + 1, " \t") : NULL;
		line[n_name] = 0;
		if (!key)
			status = complain(error, RV_BAD, "There is no setting %s (%s); rearviewd --help lists them.%s", line, where, "");
		else if (!value)
			status = complain(error, RV_BAD, "%s (%s) has no value; write %s = value.", line, where, line);
		else
			status = set(config, key, value, where, error);
	}
	free(text);
	return status;
}

static const char *from_environment(char *const *environment, const char *name)
{
	char variable[64] = "RV_";
	size_t len = 3;
	for (; *name && len < sizeof variable - 1; name++)
		variable[len++] = (char)(*name >= 'a' && *name <= 'z' ? *name - 32 : *name);
	variable[len] = 0;
	for (; environment && *environment; environment++)
		if (strncmp(*environment, variable, len) == 0 && (*environment)[len] == '=')
			return *environment + len + 1;
	return NULL;
}

/* With file set: only looks for --config and keeps every argument. Without: takes the options that are keys. */
static enum rv_status walk(struct rv_config *config, size_t *n_args, char **args, bool (*is_own)(const char *option), const char **file, struct rv_buf *error)
{
	size_t kept = 0;
	for (size_t i = 0; i < *n_args; i++) {
		char *arg = args[i];
		if (strncmp(arg, "--", 2) != 0 || !arg[2]) {
			args[kept++] = arg;
			continue;
		}
		size_t n_name = strcspn(arg + 2, "=");
		bool is_file = n_name == 6 && memcmp(arg + 2, "config", 6) == 0;
		const struct key *key = find(arg + 2, n_name);
		if (!key && !is_file) {
			if (!is_own(arg + 2))
				return complain(error, RV_BAD, "There is no option %s; rearviewd --help lists them.%s%s", arg, "", "");
			args[kept++] = arg;
			continue;
		}
		const char *value = arg[2 + n_name] ? arg + 3 + n_name : i + 1 < *n_args ? args[i + 1] : NULL;
		if (!value)
			return complain(error, RV_BAD, "%s needs a value.%s%s", arg, "", "");
		if (!file) {
			enum rv_status status = key ? set(config, key, value, "command line", error) : RV_OK;
			if (status)
				return status;
		} else if (is_file) {
			*file = value;
		}
		if (file)
			args[kept++] = arg;
		if (!arg[2 + n_name]) {
			i++;
			if (file)
				args[kept++] = args[i];
		}
	}
	*n_args = kept;
	return RV_OK;
}

enum rv_status rv_config_load(struct rv_config *config, size_t *n_args, char **args, char *const *environment, bool (*is_own)(const char *option), struct rv_buf *error)
{
	*config = (struct rv_config){0};
	enum rv_status status = RV_OK;
	for (size_t i = 0; !status && i < KEYS; i++) {
		if (keys[i].is_number)
			*number_of(config, &keys[i]) = keys[i].number;
		else
			status = set(config, &keys[i], keys[i].text, "default", error);
	}
	const char *file = from_environment(environment, "config");
	if (!status)
		status = walk(config, n_args, args, is_own, &file, error);
	if (!status && file && *file)
		status = read_file(config, file, error);
	for (size_t i = 0; !status && i < KEYS; i++) {
		const char *value = from_environment(environment, keys[i].name);
		if (value)
			status = set(config, &keys[i], value, "environment", error);
	}
	if (!status)
		status = walk(config, n_args, args, is_own, NULL, error);
	if (status)
		rv_config_deinit(config);
	return status;
}

void rv_config_deinit(struct rv_config *config)
{
	for (size_t i = 0; i < KEYS; i++)
		if (!keys[i].is_number)
			free(*text_of(config, &keys[i]));
	*config = (struct rv_config){0};
}

void rv_config_help(struct rv_buf *out)
{
	for (size_t i = 0; i < KEYS; i++) {
		const struct key *key = &keys[i];
		rv_buf_str(out, "  --");
		for (const char *p = key->name; *p; p++)
			rv_buf_byte(out, *p == '_' ? '-' : (uint8_t)*p);
		rv_buf_str(out, key->is_number ? " N" : " VALUE");
		if (key->is_number || *key->text) {
			rv_buf_str(out, " (");
			if (key->is_number)
				rv_buf_dec(out, key->number);
			else
				rv_buf_str(out, key->text);
			rv_buf_str(out, ")");
		}
		rv_buf_str(out, "\n      ");
		rv_buf_str(out, key->help);
		rv_buf_str(out, "\n");
	}
}

enum rv_log_level rv_config_log_level(const struct rv_config *config)
{
	return *config->log_level == 'e' ? RV_LOG_ERROR : *config->log_level == 'w' ? RV_LOG_WARN : *config->log_level == 'd' ? RV_LOG_DEBUG : RV_LOG_INFO;
}
