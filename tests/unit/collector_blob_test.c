#define _GNU_SOURCE
#include "blob.h"
#include "cmocka_all.h"
#include "secret.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- a disk that fails: the calls that change it, counted; the nth says so ---- */

static int calls_left; /* 0: none fails */
static int failure;

static bool fails(void)
{
	if (!calls_left || --calls_left)
		return false;
	errno = failure;
	return true;
}

int fsync(int fd) { return fails() ? -1 : (int)syscall(SYS_fsync, fd); }
int mkdirat(int at, const char *path, mode_t mode) { return fails() ? -1 : (int)syscall(SYS_mkdirat, at, path, mode); }
int renameat(int from, const char *path, int to, const char *name) { return fails() ? -1 : (int)syscall(SYS_renameat2, from, path, to, name, 0); }

static char dir[64];
static struct rv_blobs *blobs;

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *at) { return remove(path); }

static int set_up(void **state)
{
	strcpy(dir, "/tmp/rv-blob-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(rv_blobs_open(dir, &blobs), RV_OK);
	return 0;
}

static int tear_down(void **state)
{
	rv_blobs_close(blobs);
	return nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A temporary file of that content; its hash in hex. */
static int temporary(const char *text, char path[256], uint8_t sha256[32], char hex[65])
{
	snprintf(path, 256, "%s/XXXXXX", rv_blobs_temp_dir(blobs));
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	rv_sha256(rv_span_str(text), sha256);
	rv_hex(rv_span(sha256, 32), hex);
	return fd;
}

static enum rv_status put(const char *text, char hex[65])
{
	char path[256];
	uint8_t sha256[32];
	int fd = temporary(text, path, sha256, hex);
	enum rv_status status = rv_blob_put(blobs, sha256, fd, path);
	close(fd);
	assert_int_equal(access(path, F_OK), status == RV_OK ? -1 : 0);
	return status;
}

static void assert_content(const char *hex, const char *text)
{
	char got[64] = "";
	uint64_t bytes;
	int fd;
	assert_int_equal(rv_blob_open(blobs, hex, &fd, &bytes), RV_OK);
	assert_int_equal(bytes, strlen(text));
	assert_int_equal(read(fd, got, sizeof got), strlen(text));
	assert_memory_equal(got, text, strlen(text));
	close(fd);
}

static void puts_and_opens(void **state)
{
	char hex[65], again[65];
	int fd;
	uint64_t bytes;
	assert_int_equal(put("one", hex), RV_OK);
	assert_content(hex, "one");
	assert_int_equal(put("one", again), RV_OK);
	assert_string_equal(hex, again);
	assert_content(hex, "one");
	assert_int_equal(rv_blob_remove(blobs, hex), RV_OK);
	assert_int_equal(rv_blob_open(blobs, hex, &fd, &bytes), RV_NOT_FOUND);
	assert_int_equal(rv_blob_remove(blobs, hex), RV_NOT_FOUND);
}

static void takes_only_hashes_for_names(void **state)
{
	static const char *const names[] = {
		"", "ab", "../../../../etc/passwd", "ABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCD",
		"../aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aa/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		int fd;
		uint64_t bytes;
		assert_int_equal(rv_blob_open(blobs, names[i], &fd, &bytes), RV_NOT_FOUND);
		assert_int_equal(rv_blob_remove(blobs, names[i]), RV_NOT_FOUND);
	}
}

static void says_what_failed(void **state)
{
	char path[256], hex[65];
	uint8_t sha256[32];
	/* a pipe cannot be synced, a closed descriptor neither, a file that is gone cannot be moved */
	int pipe_fd[2];
	assert_int_equal(pipe(pipe_fd), 0);
	int fd = temporary("two", path, sha256, hex);
	assert_int_equal(rv_blob_put(blobs, sha256, pipe_fd[0], path), RV_IO);
	assert_int_equal(rv_blob_put(blobs, sha256, -1, path), RV_IO);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	unlink(path);
	assert_int_equal(rv_blob_put(blobs, sha256, fd, path), RV_NOT_FOUND);
	close(fd);
	int opened;
	uint64_t bytes;
	assert_int_equal(rv_blob_open(blobs, hex, &opened, &bytes), RV_NOT_FOUND);
}

static void opens_once_and_cleans_up(void **state)
{
	char path[256], hex[65];
	uint8_t sha256[32];
	struct rv_blobs *second;
	assert_int_equal(put("kept", hex), RV_OK);
	int fd = temporary("left behind", path, sha256, hex);
	close(fd);
	assert_int_equal(rv_blobs_open(dir, &second), RV_CONFLICT);
	assert_null(second);
	assert_int_equal(access(path, F_OK), 0);
	rv_blobs_close(blobs);
	assert_int_equal(rv_blobs_open(dir, &blobs), RV_OK);
	assert_int_equal(access(path, F_OK), -1);
	rv_sha256(rv_span_str("kept"), sha256);
	rv_hex(rv_span(sha256, 32), hex);
	assert_content(hex, "kept");
	assert_int_equal(rv_blobs_open("/proc/nowhere", &second), RV_NOT_FOUND);
}

static bool is_kept(void *user, const char *hex) { return strcmp(hex, user) == 0; }

static void make_old(const char *hex)
{
	char path[256];
	struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	snprintf(path, sizeof path, "%s/blobs/%.2s/%s", dir, hex, hex + 2);
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
}

static void sweeps_what_is_old_and_unwanted(void **state)
{
	char kept[65], gone[65], fresh[65], renewed[65];
	int fd;
	uint64_t bytes;
	assert_int_equal(put("kept", kept), RV_OK);
	assert_int_equal(put("gone", gone), RV_OK);
	assert_int_equal(put("renewed", renewed), RV_OK);
	make_old(kept);
	make_old(gone);
	make_old(renewed);
	assert_int_equal(put("fresh", fresh), RV_OK);
	assert_int_equal(put("renewed", renewed), RV_OK);
	assert_int_equal(rv_blobs_sweep(blobs, 3600, is_kept, kept), RV_OK);
	assert_content(kept, "kept");
	assert_content(fresh, "fresh");
	assert_content(renewed, "renewed");
	assert_int_equal(rv_blob_open(blobs, gone, &fd, &bytes), RV_NOT_FOUND);
}

static void *put_many(void *user)
{
	for (int i = 0; i < 40; i++) {
		char text[32], hex[65];
		snprintf(text, sizeof text, "content %d", i); /* the same in every thread */
		if (put(text, hex) != RV_OK)
			return (void *)"failed";
	}
	return NULL;
}

static void puts_from_many_threads(void **state)
{
	pthread_t threads[4];
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, put_many, NULL), 0);
	for (int i = 0; i < 4; i++) {
		void *result;
		pthread_join(threads[i], &result);
		assert_null(result);
	}
	for (int i = 0; i < 40; i++) {
		char text[32], hex[65];
		uint8_t sha256[32];
		snprintf(text, sizeof text, "content %d", i);
		rv_sha256(rv_span_str(text), sha256);
		rv_hex(rv_span(sha256, 32), hex);
		assert_content(hex, text);
	}
}

/* Each call of a put fails once: the put says so, nothing half-written gets the blob's name, what was
 * acknowledged before is whole, and the next put of the same content succeeds. */
static void loses_nothing_when_the_disk_fails(void **state)
{
	static const struct { int failure; enum rv_status status; } kinds[] = {{ENOSPC, RV_FULL}, {EDQUOT, RV_FULL}, {EIO, RV_IO}};
	char before[65];
	assert_int_equal(put("acknowledged", before), RV_OK);
	int failed = 0;
	for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
		for (int nth = 1;; nth++) {
			char text[32], path[256], hex[65];
			uint8_t sha256[32];
			snprintf(text, sizeof text, "content %zu %d", kind, nth); /* a folder of its own, mostly */
			int fd = temporary(text, path, sha256, hex);
			calls_left = nth;
			failure = kinds[kind].failure;
			enum rv_status status = rv_blob_put(blobs, sha256, fd, path);
			bool reached = calls_left == 0;
			calls_left = 0;
			close(fd);
			unlink(path);
			if (!reached) {
				assert_int_equal(status, RV_OK);
				break;
			}
			failed++;
			assert_int_equal(status, kinds[kind].status);
			uint64_t bytes;
			if (rv_blob_open(blobs, hex, &fd, &bytes) == RV_OK) {
				close(fd);
				assert_content(hex, text);
			}
			assert_content(before, "acknowledged");
			assert_int_equal(put(text, hex), RV_OK);
			assert_content(hex, text);
		}
	assert_true(failed >= 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(puts_and_opens, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_only_hashes_for_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_what_failed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(opens_once_and_cleans_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sweeps_what_is_old_and_unwanted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(loses_nothing_when_the_disk_fails, set_up, tear_down),
		cmocka_unit_test_setup_teardown(puts_from_many_threads, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
