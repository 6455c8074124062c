#include "log.h"
#include "clock.h"
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static atomic_int threshold = RV_LOG_WARN;

void rv_log_set(enum rv_log_level level)
{
	atomic_store_explicit(&threshold, (int)level, memory_order_relaxed);
}

void rv_log(enum rv_log_level level, const char *format, ...)
{
	static const char *const names[] = {"error", "warn", "info", "debug"};
	if ((int)level > atomic_load_explicit(&threshold, memory_order_relaxed))
		return;
	char line[1100], time[32];
	rv_clock_iso(rv_clock_wall_ms(), time);
	int head = snprintf(line, 80, "%s %s ", time, names[level]);
	va_list args;
	va_start(args, format);
	int text = vsnprintf(line + head, 1000, format, args);
	va_end(args);
	int len = head + (text < 0 ? 0 : text > 999 ? 999 : text);
	for (int i = head; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = ' ';
	line[len++] = '\n';
	ssize_t written = write(STDERR_FILENO, line, (size_t)len);
	(void)written; /* nowhere to report it */
}
