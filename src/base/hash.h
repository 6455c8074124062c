/* Non-cryptographic hashing. Pure functions. */
#ifndef RV_HASH_H
#define RV_HASH_H
#include "span.h"
/* 32-bit FNV-1a, seeded; the ABI hash and the string tables use it. */
uint32_t rv_hash32(struct rv_span span, uint32_t seed);
#endif
