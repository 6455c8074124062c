#define _GNU_SOURCE
#include "clock.h"
#include <stdio.h>
#include <time.h>

static int64_t read_ms(clockid_t id)
{
	struct timespec at;
	clock_gettime(id, &at);
	return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

int64_t rv_clock_wall_ms(void) { return read_ms(CLOCK_REALTIME); }
int64_t rv_clock_mono_ms(void) { return read_ms(CLOCK_MONOTONIC); }

void rv_clock_iso(int64_t wall_ms, char out[32])
{
	time_t seconds = (time_t)(wall_ms / 1000);
	int ms = (int)(wall_ms % 1000);
	if (ms < 0) {
		ms += 1000;
		seconds--;
	}
	struct tm at;
	gmtime_r(&seconds, &at);
	size_t len = strftime(out, 24, "%Y-%m-%dT%H:%M:%S", &at);
	snprintf(out + len, 32 - len, ".%03dZ", ms);
}
