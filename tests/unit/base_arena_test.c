#include "arena.h"
#include "cmocka_all.h"
#include "fail_alloc.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#endif
#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
static int poisoned(const void *ptr) { return __asan_address_is_poisoned(ptr); }
enum { POISONS = 1 };
#else
static int poisoned(const void *ptr) { return ptr == NULL; }
enum { POISONS = 0 };
#endif

static void allocations_are_aligned_and_apart(void **state)
{
	struct rv_arena arena;
	uint8_t *ptr[500];
	rv_arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < 500; i++) {
		ptr[i] = rv_arena_alloc(&arena, i);
		assert_non_null(ptr[i]);
		assert_int_equal((uintptr_t)ptr[i] % 8, 0);
		memset(ptr[i], (int)i, i);
	}
	for (size_t i = 0; i < 500; i++)
		for (size_t j = 0; j < i; j++)
			assert_int_equal(ptr[i][j], (uint8_t)i);
	rv_arena_deinit(&arena);
}

static void keeps_its_bound(void **state)
{
	struct rv_arena arena;
	rv_arena_init(&arena, 10000);
	assert_null(rv_arena_alloc(&arena, 10001));
	assert_int_equal(rv_arena_why(&arena, 10001), RV_LIMIT);
	assert_null(rv_arena_alloc(&arena, SIZE_MAX));
	assert_int_equal(rv_arena_why(&arena, SIZE_MAX), RV_LIMIT);
	assert_null(rv_arena_copy(&arena, rv_span("", SIZE_MAX)).ptr);
	for (int round = 0; round < 3; round++) {
		size_t n = 0;
		while (rv_arena_alloc(&arena, 100))
			n++;
		assert_int_equal(n, 10000 / 104);
		assert_true(arena.used_bytes <= 10000);
		assert_non_null(rv_arena_alloc(&arena, 10000 - arena.used_bytes));
		assert_int_equal(rv_arena_why(&arena, 1), RV_LIMIT);
		rv_arena_reset(&arena);
		assert_int_equal(arena.used_bytes, 0);
	}
	rv_arena_deinit(&arena);
}

static void copies_end_in_nul(void **state)
{
	struct rv_arena arena;
	rv_arena_init(&arena, 100);
	struct rv_span copy = rv_arena_copy(&arena, rv_span("abc", 3)), empty = rv_arena_copy(&arena, rv_span(NULL, 0));
	assert_string_equal((const char *)copy.ptr, "abc");
	assert_int_equal(copy.len, 3);
	assert_non_null(empty.ptr);
	assert_int_equal(empty.len, 0);
	rv_arena_deinit(&arena);
}

static void poisons_what_is_not_allocated(void **state)
{
	struct rv_arena arena;
	rv_arena_init(&arena, 1 << 24);
	uint8_t *ptr = rv_arena_alloc(&arena, 13);
	assert_non_null(ptr);
	assert_false(poisoned(ptr + 12));
	assert_int_equal(poisoned(ptr + 13), POISONS);
	assert_int_equal(poisoned(ptr + 16), POISONS);
	rv_arena_reset(&arena);
	assert_int_equal(poisoned(ptr), POISONS);
	assert_non_null(rv_arena_alloc(&arena, 5 << 20)); /* a chunk of its own, gone with the reset */
	rv_arena_reset(&arena);
	assert_non_null(rv_arena_alloc(&arena, 1));
	rv_arena_deinit(&arena);
}

static void survives_failed_allocations(void **state)
{
	for (long n = 1;; n++) {
		struct rv_arena arena;
		rv_arena_init(&arena, 1 << 20);
		size_t failures = 0;
		rv_fail_alloc(n);
		for (int i = 0; i < 200; i++) {
			void *ptr = rv_arena_alloc(&arena, 1000);
			if (!ptr)
				assert_int_equal(rv_arena_why(&arena, 1000), RV_MEMORY);
			failures += ptr == NULL;
		}
		bool fired = rv_fail_alloc_fired();
		rv_fail_alloc(0);
		assert_int_equal(failures, fired);
		assert_int_equal(arena.used_bytes, (200 - failures) * 1000);
		rv_arena_deinit(&arena);
		if (!fired)
			break;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocations_are_aligned_and_apart), cmocka_unit_test(keeps_its_bound),
		cmocka_unit_test(copies_end_in_nul), cmocka_unit_test(poisons_what_is_not_allocated),
		cmocka_unit_test(survives_failed_allocations)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
