/* cmocka with what it wants included before it. */
#ifndef RV_CMOCKA_ALL_H
#define RV_CMOCKA_ALL_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after those */
#include <cmocka.h>
#endif
