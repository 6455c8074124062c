/* What time it is. Threads: any. */
#ifndef RV_CLOCK_H
#define RV_CLOCK_H
#include <stdint.h>

int64_t rv_clock_wall_ms(void);  /* since 1970 */
int64_t rv_clock_mono_ms(void);  /* never goes back */
/* "2026-01-02T03:04:05.678Z" */
void rv_clock_iso(int64_t wall_ms, char out[32]);

#endif
