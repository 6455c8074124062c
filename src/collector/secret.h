/* Randomness, hashes and passwords, all OpenSSL's. Threads: any. */
#ifndef RV_SECRET_H
#define RV_SECRET_H
#include "span.h"
#include "status.h"

enum { RV_PASSWORD_HASH_MAX = 128 };

/* len characters of A–Z a–z 0–9, each drawn evenly, and a NUL. Ends the process without randomness. */
void rv_random_text(char *out, size_t len);
void rv_sha256(struct rv_span in, uint8_t out[32]);
/* "sha384-" and the digest in base64, as the integrity attribute takes it. */
void rv_integrity(struct rv_span in, char out[80]);
void rv_hex(struct rv_span in, char *out); /* 2 × len characters and a NUL */
bool rv_equal_constant_time(struct rv_span a, struct rv_span b);
/* "scrypt$15$8$1$salt$hash"; takes some 100 ms and 32 MiB. */
enum rv_status rv_password_hash(const char *password, char out[RV_PASSWORD_HASH_MAX]) RV_MUST_USE;
/* hash NULL takes the same time and answers false: an unknown name shows no difference. */
bool rv_password_check(const char *password, const char *hash);

#endif
