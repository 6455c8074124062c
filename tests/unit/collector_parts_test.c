#define _GNU_SOURCE
#include "cmocka_all.h"
#include "parts.h"
#include "secret.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
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
static struct rv_parts *parts;
static struct rv_parts_state state;

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *at) { return remove(path); }

static int set_up(void **unused)
{
	strcpy(dir, "/tmp/rv-parts-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(rv_parts_open(dir, &parts), RV_OK);
	return 0;
}

static int tear_down(void **unused)
{
	rv_parts_close(parts);
	return nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void reopen(void)
{
	rv_parts_close(parts);
	assert_int_equal(rv_parts_open(dir, &parts), RV_OK);
}

static int temporary(const char *text, char path[128])
{
	snprintf(path, 128, "%s/XXXXXX", dir);
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static enum rv_status add(const char *workspace, const char *key, uint64_t offset, uint64_t total, const char *text)
{
	char path[128];
	int fd = temporary(text, path);
	enum rv_status status = rv_parts_add(parts, workspace, key, offset, total, fd, path, &state);
	close(fd);
	unlink(path);
	return status;
}

static enum rv_status join(const char *key, uint64_t offset, uint64_t total, const char *last, char out[64])
{
	char last_path[128], path[128];
	uint8_t sha256[32], expected[32];
	int from = temporary(last, last_path), to = temporary("", path);
	enum rv_status status = rv_parts_join(parts, "ws_a", key, offset, total, from, to, sha256);
	ssize_t n = pread(to, out, 63, 0);
	out[n > 0 ? n : 0] = 0;
	if (status == RV_OK) {
		rv_sha256(rv_span_str(out), expected);
		assert_memory_equal(sha256, expected, 32);
	}
	close(from);
	close(to);
	unlink(last_path);
	unlink(path);
	return status;
}

static void assert_stands(const char *key, uint64_t received, uint64_t total)
{
	assert_int_equal(rv_parts_look(parts, "ws_a", key, &state), RV_OK);
	assert_int_equal(state.received, received);
	assert_int_equal(state.total, total);
}

static void takes_parts_in_order_and_joins_them(void **unused)
{
	char out[64];
	assert_stands("k", 0, 0);
	assert_int_equal(add("ws_a", "k", 0, 10, "abc"), RV_OK);
	assert_int_equal(state.received, 3);
	assert_int_equal(add("ws_a", "k", 3, 10, "defg"), RV_OK);
	assert_stands("k", 7, 10);
	reopen();
	assert_stands("k", 7, 10);
	assert_int_equal(join("k", 7, 10, "hij", out), RV_OK);
	assert_string_equal(out, "abcdefghij");
	assert_stands("k", 7, 10); /* until it is dropped */
	rv_parts_drop(parts, "ws_a", "k");
	assert_stands("k", 0, 0);
	assert_int_equal(join("whole", 0, 3, "abc", out), RV_OK);
	assert_string_equal(out, "abc");
}

static void refuses_what_does_not_fit(void **unused)
{
	char out[64];
	assert_int_equal(add("ws_a", "k", 3, 10, "def"), RV_CONFLICT);
	assert_int_equal(state.received, 0);
	assert_int_equal(add("ws_a", "k", 0, 10, "abc"), RV_OK);
	assert_int_equal(add("ws_a", "k", 0, 10, "abc"), RV_CONFLICT);
	assert_int_equal(state.received, 3);
	assert_int_equal(add("ws_a", "k", 4, 10, "e"), RV_CONFLICT);
	assert_int_equal(add("ws_a", "k", 3, 11, "d"), RV_CONFLICT);
	assert_int_equal(state.total, 10);
	assert_int_equal(add("ws_b", "k", 3, 10, "def"), RV_CONFLICT);
	assert_int_equal(state.received, 0);
	assert_stands("k", 3, 10);
	assert_int_equal(join("k", 4, 10, "efghij", out), RV_CONFLICT);
	assert_int_equal(join("k", 3, 10, "d", out), RV_CONFLICT);
	assert_int_equal(join("k", 3, 11, "defghijk", out), RV_CONFLICT);
	assert_int_equal(join("other", 3, 10, "defghij", out), RV_CONFLICT);
	/* Names from outside never leave the folder. */
	assert_int_equal(add("ws_a", "../../x", 0, 10, "abc"), RV_OK);
	assert_stands("../../x", 3, 10);
}

static void folder_of(const char *workspace, const char *key, char path[256])
{
	uint8_t hash[32];
	char hex[65];
	rv_sha256(rv_span_str(key), hash);
	rv_hex(rv_span(hash, 32), hex);
	snprintf(path, 256, "%s/parts/%s.%s", dir, workspace, hex);
}

static void starts_anew_after_damage(void **unused)
{
	static const char *const strange[] = {"000000000003-00000000000b", "000000000009-00000000000a", "not a part", "000000000003-00000000000azzz"};
	for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
		char folder[256], path[512];
		assert_int_equal(add("ws_a", "k", 0, 10, "abc"), RV_OK);
		folder_of("ws_a", "k", folder);
		snprintf(path, sizeof path, "%s/%s", folder, strange[i]);
		FILE *file = fopen(path, "w");
		assert_non_null(file);
		fputs("xyz", file);
		fclose(file);
		assert_stands("k", 0, 0);
		assert_int_equal(access(folder, F_OK), -1);
	}
}

static void make_old(const char *workspace, const char *key, long age_s)
{
	char folder[256];
	struct timespec now, times[2];
	clock_gettime(CLOCK_REALTIME, &now);
	times[0] = times[1] = (struct timespec){.tv_sec = now.tv_sec - age_s};
	folder_of(workspace, key, folder);
	assert_int_equal(utimensat(AT_FDCWD, folder, times, 0), 0);
}

static void sweeps_what_nobody_continued(void **unused)
{
	assert_int_equal(add("ws_a", "old", 0, 10, "abc"), RV_OK);
	assert_int_equal(add("ws_a", "continued", 0, 10, "abc"), RV_OK);
	make_old("ws_a", "old", 90000);
	make_old("ws_a", "continued", 90000);
	assert_int_equal(add("ws_a", "continued", 3, 10, "def"), RV_OK);
	assert_int_equal(add("ws_a", "fresh", 0, 10, "abc"), RV_OK);
	assert_int_equal(rv_parts_sweep(parts, 86400), RV_OK);
	assert_stands("old", 0, 0);
	assert_stands("continued", 6, 10);
	assert_stands("fresh", 3, 10);
}

static void bounds_what_is_unfinished(void **unused)
{
	char key[32];
	for (int i = 0; i < RV_PARTS_OPEN_MAX; i++) {
		snprintf(key, sizeof key, "k%d", i);
		assert_int_equal(add("ws_a", key, 0, 10, "abc"), RV_OK);
	}
	assert_int_equal(add("ws_a", "one more", 0, 10, "abc"), RV_FULL);
	assert_int_equal(add("ws_a", "k7", 3, 10, "def"), RV_OK);
	assert_int_equal(add("ws_b", "another's", 0, 10, "abc"), RV_OK);
	make_old("ws_a", "k5", 700);
	make_old("ws_a", "k9", 900);
	assert_int_equal(add("ws_a", "one more", 0, 10, "abc"), RV_OK);
	assert_stands("k9", 0, 0);
	assert_stands("k5", 3, 10);
	assert_stands("one more", 3, 10);
}

/* Each call fails once: the part is not acknowledged, what was acknowledged stays, the next try is taken. */
static void loses_nothing_when_the_disk_fails(void **unused)
{
	static const struct { int failure; enum rv_status status; } kinds[] = {{ENOSPC, RV_FULL}, {EIO, RV_IO}};
	char out[64], key[32];
	int failed = 0;
	for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
		for (int nth = 1;; nth++) {
			snprintf(key, sizeof key, "%zu-%d", kind, nth);
			calls_left = nth;
			failure = kinds[kind].failure;
			enum rv_status first = add("ws_a", key, 0, 10, "abc"), second = first == RV_OK ? add("ws_a", key, 3, 10, "def") : RV_OK;
			bool reached = calls_left == 0;
			calls_left = 0;
			if (!reached)
				break;
			failed++;
			assert_int_equal(first == RV_OK ? second : first, kinds[kind].status);
			/* The rename may have come before what failed: then the part is there, and whole. */
			assert_int_equal(rv_parts_look(parts, "ws_a", key, &state), RV_OK);
			assert_true(first == RV_OK ? state.received >= 3 : state.received == 0 || state.received == 3);
			if (state.received == 0)
				assert_int_equal(add("ws_a", key, 0, 10, "abc"), RV_OK);
			if (state.received == 3)
				assert_int_equal(add("ws_a", key, 3, 10, "def"), RV_OK);
			assert_int_equal(join(key, 6, 10, "ghij", out), RV_OK);
			assert_string_equal(out, "abcdefghij");
		}
	assert_true(failed >= 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(takes_parts_in_order_and_joins_them, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses_what_does_not_fit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(starts_anew_after_damage, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sweeps_what_nobody_continued, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bounds_what_is_unfinished, set_up, tear_down),
		cmocka_unit_test_setup_teardown(loses_nothing_when_the_disk_fails, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
