#define _GNU_SOURCE
#include "parts.h"
#include "secret.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FOLDER_NAME = 128, PART_NAME = 32, IDLE_S = 600, COPY_BYTES = 64 << 10, FILES_MAX = RV_PARTS_BYTES_MAX / RV_PART_BYTES_MIN };

struct rv_parts {
	int root;             /* DIR/parts */
	pthread_mutex_t lock; /* what a folder holds and what follows from it */
};

static enum rv_status from_errno(void)
{
	switch (errno) {
	case ENOSPC: case EDQUOT: return RV_FULL;
	case ENOENT: return RV_NOT_FOUND;
	case ENOMEM: return RV_MEMORY;
	default: return RV_IO;
	}
}

enum rv_status rv_parts_open(const char *dir, struct rv_parts **out)
{
	*out = NULL;
	char *path;
	struct rv_parts *parts = calloc(1, sizeof *parts);
	if (!parts || asprintf(&path, "%s/parts", dir) < 0) {
		free(parts);
		return RV_MEMORY;
	}
	pthread_mutex_init(&parts->lock, NULL);
	parts->root = mkdir(path, 0700) == 0 || errno == EEXIST ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	enum rv_status status = parts->root >= 0 ? RV_OK : from_errno();
	free(path);
	if (status == RV_OK)
		*out = parts;
	else
		rv_parts_close(parts);
	return status;
}

void rv_parts_close(struct rv_parts *parts)
{
	if (!parts)
		return;
	if (parts->root >= 0)
		close(parts->root);
	pthread_mutex_destroy(&parts->lock);
	free(parts);
}

static void folder_name(const char *workspace_id, const char *key, char name[FOLDER_NAME])
{
	uint8_t hash[32];
	char hex[65];
	rv_sha256(rv_span_str(key), hash);
	rv_hex(rv_span(hash, sizeof hash), hex);
	snprintf(name, FOLDER_NAME, "%.40s.%s", workspace_id, hex);
}

static void part_name(uint64_t offset, uint64_t total, char name[PART_NAME])
{
	snprintf(name, PART_NAME, "%012llx-%012llx", (unsigned long long)offset, (unsigned long long)total);
}

static DIR *open_folder(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

static bool is_dot(const struct dirent *entry) { return entry->d_name[0] == '.'; }

/* The files before the folder: what is left when this stops half-way is no upload that anyone continues. */
static void remove_folder(struct rv_parts *parts, const char *name)
{
	DIR *dir = open_folder(parts->root, name);
	if (!dir)
		return;
	for (struct dirent *entry; (entry = readdir(dir));)
		if (!is_dot(entry))
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	unlinkat(parts->root, name, AT_REMOVEDIR);
}

/* What lies in the folder; a folder whose files are not one after the other counts as none and goes. */
static enum rv_status read_state(struct rv_parts *parts, const char *name, struct rv_parts_state *state)
{
	*state = (struct rv_parts_state){0};
	DIR *dir = open_folder(parts->root, name);
	if (!dir)
		return errno == ENOENT ? RV_OK : from_errno();
	uint64_t end = 0, sum = 0;
	bool sound = true;
	for (struct dirent *entry; sound && (entry = readdir(dir));) {
		unsigned long long offset, total;
		struct stat stat;
		int n = 0;
		if (is_dot(entry))
			continue;
		sound = sscanf(entry->d_name, "%12llx-%12llx%n", &offset, &total, &n) == 2 && !entry->d_name[n] && fstatat(dirfd(dir), entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) == 0
			&& (!state->total || state->total == total) && total <= RV_PARTS_BYTES_MAX;
		if (!sound)
			break;
		state->total = total;
		sum += (uint64_t)stat.st_size;
		end = offset + (uint64_t)stat.st_size > end ? offset + (uint64_t)stat.st_size : end;
	}
	closedir(dir);
	if (!sound || sum != end || sum >= state->total) {
		*state = (struct rv_parts_state){0};
		remove_folder(parts, name);
	} else {
		state->received = sum;
	}
	return RV_OK;
}

enum rv_status rv_parts_look(struct rv_parts *parts, const char *workspace_id, const char *key, struct rv_parts_state *state)
{
	char name[FOLDER_NAME];
	folder_name(workspace_id, key, name);
	pthread_mutex_lock(&parts->lock);
	enum rv_status status = read_state(parts, name, state);
	pthread_mutex_unlock(&parts->lock);
	return status;
}

/* Room for one more upload of that workspace. */
static enum rv_status make_room(struct rv_parts *parts, const char *workspace_id)
{
	char prefix[FOLDER_NAME], oldest[FOLDER_NAME] = "";
	time_t oldest_at = time(NULL) - IDLE_S;
	unsigned count = 0;
	size_t n = (size_t)snprintf(prefix, sizeof prefix, "%.40s.", workspace_id);
	DIR *dir = open_folder(parts->root, ".");
	if (!dir)
		return from_errno();
	for (struct dirent *entry; (entry = readdir(dir));) {
		struct stat stat;
		if (strncmp(entry->d_name, prefix, n) != 0 || fstatat(parts->root, entry->d_name, &stat, 0) != 0)
			continue;
		count++;
		if (stat.st_mtime < oldest_at) {
			oldest_at = stat.st_mtime;
			snprintf(oldest, sizeof oldest, "%.*s", (int)sizeof oldest - 1, entry->d_name);
		}
	}
	closedir(dir);
	if (count < RV_PARTS_OPEN_MAX)
		return RV_OK;
	if (!*oldest)
		return RV_FULL;
	remove_folder(parts, oldest);
	return RV_OK;
}

/* The file's new name, and its folder's if that is new, are on the disk afterwards. */
static enum rv_status keep(struct rv_parts *parts, const char *folder, bool is_first, const char *path, const char *name)
{
	if (is_first && mkdirat(parts->root, folder, 0700) != 0 && errno != EEXIST)
		return from_errno();
	int dir = openat(parts->root, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir < 0)
		return from_errno();
	enum rv_status status = renameat(AT_FDCWD, path, dir, name) == 0 && fsync(dir) == 0 && (!is_first || fsync(parts->root) == 0) ? RV_OK : from_errno();
	close(dir);
	return status;
}

enum rv_status rv_parts_add(struct rv_parts *parts, const char *workspace_id, const char *key, uint64_t offset, uint64_t total, int fd, const char *path, struct rv_parts_state *state)
{
	char folder[FOLDER_NAME], name[PART_NAME];
	struct stat stat;
	*state = (struct rv_parts_state){0};
	if (fstat(fd, &stat) != 0 || fsync(fd) != 0)
		return from_errno();
	folder_name(workspace_id, key, folder);
	part_name(offset, total, name);
	pthread_mutex_lock(&parts->lock);
	enum rv_status status = read_state(parts, folder, state);
	if (status == RV_OK && (offset != state->received || (state->total && state->total != total)))
		status = RV_CONFLICT;
	if (status == RV_OK && !state->total)
		status = make_room(parts, workspace_id);
	if (status == RV_OK)
		status = keep(parts, folder, !state->total, path, name);
	if (status == RV_OK)
		*state = (struct rv_parts_state){offset + (uint64_t)stat.st_size, total};
	pthread_mutex_unlock(&parts->lock);
	return status;
}

static enum rv_status copy_file(int from, int to, EVP_MD_CTX *hash, uint64_t *copied)
{
	uint8_t buffer[COPY_BYTES];
	for (off_t at = 0;;) {
		ssize_t n = pread(from, buffer, sizeof buffer, at);
		if (n == 0)
			return RV_OK;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return RV_IO;
		if (EVP_DigestUpdate(hash, buffer, (size_t)n) != 1)
			return RV_MEMORY;
		for (ssize_t done = 0; done < n;) {
			ssize_t written = write(to, buffer + done, (size_t)(n - done));
			if (written < 0 && errno != EINTR)
				return from_errno();
			done += written > 0 ? written : 0;
		}
		at += n;
		*copied += (uint64_t)n;
	}
}

/* One part after the other; what has been opened can still be read when the folder goes meanwhile. */
static enum rv_status copy_parts(int dir, uint64_t total, uint64_t until, int out, EVP_MD_CTX *hash)
{
	uint64_t at = 0;
	enum rv_status status = RV_OK;
	for (unsigned files = 0; status == RV_OK && at < until && files < FILES_MAX; files++) {
		char name[PART_NAME];
		part_name(at, total, name);
		int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0)
			return errno == ENOENT ? RV_CONFLICT : from_errno();
		status = copy_file(fd, out, hash, &at);
		close(fd);
	}
	return status == RV_OK && at != until ? RV_CONFLICT : status;
}

enum rv_status rv_parts_join(struct rv_parts *parts, const char *workspace_id, const char *key, uint64_t offset, uint64_t total, int last, int out, uint8_t sha256[32])
{
	char folder[FOLDER_NAME];
	folder_name(workspace_id, key, folder);
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	int dir = offset ? openat(parts->root, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW) : -1;
	uint64_t copied = 0;
	enum rv_status status = !hash || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1 ? RV_MEMORY : offset && dir < 0 ? errno == ENOENT ? RV_CONFLICT : from_errno() : RV_OK;
	if (status == RV_OK && offset)
		status = copy_parts(dir, total, offset, out, hash);
	if (status == RV_OK)
		status = copy_file(last, out, hash, &copied);
	if (status == RV_OK && offset + copied != total)
		status = RV_CONFLICT;
	if (status == RV_OK && EVP_DigestFinal_ex(hash, sha256, NULL) != 1)
		status = RV_MEMORY;
	EVP_MD_CTX_free(hash);
	if (dir >= 0)
		close(dir);
	return status;
}

void rv_parts_drop(struct rv_parts *parts, const char *workspace_id, const char *key)
{
	char folder[FOLDER_NAME];
	folder_name(workspace_id, key, folder);
	pthread_mutex_lock(&parts->lock);
	remove_folder(parts, folder);
	pthread_mutex_unlock(&parts->lock);
}

enum rv_status rv_parts_sweep(struct rv_parts *parts, unsigned age_s)
{
	time_t before = time(NULL) - (time_t)age_s;
	DIR *dir = open_folder(parts->root, ".");
	if (!dir)
		return from_errno();
	for (struct dirent *entry; (entry = readdir(dir));) {
		struct stat stat;
		if (is_dot(entry))
			continue;
		pthread_mutex_lock(&parts->lock);
		if (fstatat(parts->root, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) == 0 && stat.st_mtime < before)
			remove_folder(parts, entry->d_name);
		pthread_mutex_unlock(&parts->lock);
	}
	closedir(dir);
	return RV_OK;
}
