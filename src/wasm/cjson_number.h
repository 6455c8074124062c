/* Included before cJSON.c in the Wasm build alone: numbers are read by the small function below, and
 * cJSON's printing, which needs sprintf and sscanf, does not link. */
#ifndef RV_CJSON_NUMBER_H
#define RV_CJSON_NUMBER_H
#include <stdio.h>
#include <stdlib.h>

/* Reads sign, digits, fraction and exponent in the C locale. *end is the first byte that does not
 * belong to the number, text itself when there is none. Exact for whole numbers up to 2^53. */
double rv_cjson_number(const char *text, char **end);

/* Deliberately defined nowhere: who links cJSON_Print gets a link error instead of 10 KB of libc. */
int rv_cjson_prints_nothing(char *out, const char *format, ...);
int rv_cjson_scans_nothing(const char *text, const char *format, ...);

#define strtod rv_cjson_number
#define sprintf rv_cjson_prints_nothing
#define sscanf rv_cjson_scans_nothing
#endif
