#define _GNU_SOURCE
#include "blob.h"
#include "secret.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct rv_blobs {
	int root;           /* DIR/blobs */
	int lock;           /* held as long as the blobs are open */
	char *temp;
	/* A sweep looks at a blob's age and removes it; a put of the same content must not fall between. */
	pthread_mutex_t names;
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

static void empty_temp(const char *path)
{
	DIR *dir = opendir(path);
	if (!dir)
		return;
	for (struct dirent *entry; (entry = readdir(dir));)
		if (entry->d_type != DT_DIR)
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
}

enum rv_status rv_blobs_open(const char *dir, struct rv_blobs **out)
{
	*out = NULL;
	struct rv_blobs *blobs = calloc(1, sizeof *blobs);
	char *root = NULL, *lock = NULL;
	enum rv_status status = RV_MEMORY;
	if (!blobs)
		return RV_MEMORY;
	pthread_mutex_init(&blobs->names, NULL);
	blobs->root = blobs->lock = -1;
	if (asprintf(&root, "%s/blobs", dir) < 0 || asprintf(&lock, "%s/lock", dir) < 0 || asprintf(&blobs->temp, "%s/tmp", dir) < 0)
		goto done;
	status = RV_IO;
	if ((mkdir(root, 0700) != 0 && errno != EEXIST) || (mkdir(blobs->temp, 0700) != 0 && errno != EEXIST)) {
		status = from_errno();
		goto done;
	}
	blobs->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	blobs->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (blobs->lock < 0 || blobs->root < 0)
		goto done;
	if (flock(blobs->lock, LOCK_EX | LOCK_NB) != 0) {
		status = errno == EWOULDBLOCK ? RV_CONFLICT : RV_IO;
		goto done;
	}
	empty_temp(blobs->temp);
	*out = blobs;
	status = RV_OK;
done:
	free(root);
	free(lock);
	if (status != RV_OK)
		rv_blobs_close(blobs);
	return status;
}

void rv_blobs_close(struct rv_blobs *blobs)
{
	if (!blobs)
		return;
	if (blobs->root >= 0)
		close(blobs->root);
	if (blobs->lock >= 0)
		close(blobs->lock);
	pthread_mutex_destroy(&blobs->names);
	free(blobs->temp);
	free(blobs);
}

const char *rv_blobs_temp_dir(struct rv_blobs *blobs) { return blobs->temp; }

/* "ab/cdef…" of 64 hex digits; false for anything else, so that no name leaves the folder. */
static bool blob_name(const char *hex, char folder[3], char name[66])
{
	if (strlen(hex) != 64 || strspn(hex, "0123456789abcdef") != 64)
		return false;
	snprintf(folder, 3, "%.2s", hex);
	snprintf(name, 66, "%.2s/%s", hex, hex + 2);
	return true;
}

enum rv_status rv_blob_put(struct rv_blobs *blobs, const uint8_t sha256[32], int fd, const char *path)
{
	char hex[65], folder[3], name[66];
	rv_hex(rv_span(sha256, 32), hex);
	if (!blob_name(hex, folder, name))
		return RV_BAD;
	if (fsync(fd) != 0)
		return from_errno();
	if (mkdirat(blobs->root, folder, 0700) == 0) {
		if (fsync(blobs->root) != 0)
			return from_errno();
	} else if (errno != EEXIST) {
		return from_errno();
	}
	int dir = openat(blobs->root, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return from_errno();
	/* Over an equal blob, too: the new file's age keeps a sweep away from it. */
	pthread_mutex_lock(&blobs->names);
	int renamed = renameat(AT_FDCWD, path, blobs->root, name);
	pthread_mutex_unlock(&blobs->names);
	enum rv_status status = renamed == 0 && fsync(dir) == 0 ? RV_OK : from_errno();
	close(dir);
	return status;
}

enum rv_status rv_blob_open(struct rv_blobs *blobs, const char *sha256_hex, int *fd, uint64_t *bytes)
{
	char folder[3], name[66];
	struct stat stat;
	*fd = -1;
	if (!blob_name(sha256_hex, folder, name))
		return RV_NOT_FOUND;
	*fd = openat(blobs->root, name, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return from_errno();
	if (fstat(*fd, &stat) != 0) {
		close(*fd);
		*fd = -1;
		return RV_IO;
	}
	*bytes = (uint64_t)stat.st_size;
	return RV_OK;
}

enum rv_status rv_blob_remove(struct rv_blobs *blobs, const char *sha256_hex)
{
	char folder[3], name[66];
	if (!blob_name(sha256_hex, folder, name))
		return RV_NOT_FOUND;
	return unlinkat(blobs->root, name, 0) == 0 ? RV_OK : from_errno();
}

static void sweep_one(struct rv_blobs *blobs, const char *hex, time_t before, bool (*wanted)(void *, const char *), void *user)
{
	char folder[3], name[66];
	struct stat stat;
	if (!blob_name(hex, folder, name) || fstatat(blobs->root, name, &stat, 0) != 0 || stat.st_mtime > before || wanted(user, hex))
		return;
	pthread_mutex_lock(&blobs->names);
	if (fstatat(blobs->root, name, &stat, 0) == 0 && stat.st_mtime <= before)
		unlinkat(blobs->root, name, 0);
	pthread_mutex_unlock(&blobs->names);
}

enum rv_status rv_blobs_sweep(struct rv_blobs *blobs, unsigned age_s, bool (*wanted)(void *user, const char *sha256_hex), void *user)
{
	time_t before = time(NULL) - (time_t)age_s;
	for (unsigned i = 0; i < 256; i++) {
		char folder[4];
		snprintf(folder, sizeof folder, "%02x", i);
		int fd = openat(blobs->root, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			continue;
		DIR *dir = fd < 0 ? NULL : fdopendir(fd);
		if (!dir) {
			if (fd >= 0)
				close(fd);
			return RV_IO;
		}
		for (struct dirent *entry; (entry = readdir(dir));) {
			char hex[80];
			snprintf(hex, sizeof hex, "%s%.70s", folder, entry->d_name);
			sweep_one(blobs, hex, before, wanted, user);
		}
		closedir(dir);
	}
	return RV_OK;
}
