/* Lines on standard error: time, level, text. Threads: any. */
#ifndef RV_LOG_H
#define RV_LOG_H

enum rv_log_level { RV_LOG_ERROR, RV_LOG_WARN, RV_LOG_INFO, RV_LOG_DEBUG };
/* Lines above this level are dropped; RV_LOG_WARN until set. */
void rv_log_set(enum rv_log_level level);
/* One line, cut at 1,000 bytes, control characters replaced. No secrets: keys, tokens and bodies stay out. */
void rv_log(enum rv_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
