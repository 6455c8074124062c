#include "secret.h"
#include "store.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdlib.h>

enum { SALT_BYTES = 16, HASH_BYTES = 32, COST_LOG2 = 15, BLOCK = 8, PARALLEL = 1 };

void rv_random_text(char *out, size_t len)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	uint8_t pool[64];
	size_t left = 0;
	for (size_t i = 0; i < len;) {
		if (left == 0) {
			/* Keys and tokens without randomness would be worse than no service. */
			if (RAND_bytes(pool, sizeof pool) != 1)
				abort();
			left = sizeof pool;
		}
		uint8_t value = pool[--left] >> 2;
		if (value < 62)
			out[i++] = alphabet[value];
	}
	out[len] = 0;
	OPENSSL_cleanse(pool, sizeof pool);
}

void rv_id_new(const char *prefix, char *out)
{
	size_t len = strlen(prefix);
	memcpy(out, prefix, len);
	rv_random_text(out + len, 22);
}

void rv_sha256(struct rv_span in, uint8_t out[32]) { SHA256(in.ptr, in.len, out); }

void rv_integrity(struct rv_span in, char out[80])
{
	uint8_t digest[SHA384_DIGEST_LENGTH];
	SHA384(in.ptr, in.len, digest);
	memcpy(out, "sha384-", 7);
	EVP_EncodeBlock((unsigned char *)out + 7, digest, sizeof digest);
}

void rv_hex(struct rv_span in, char *out)
{
	for (size_t i = 0; i < in.len; i++) {
		out[2 * i] = "0123456789abcdef"[in.ptr[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[in.ptr[i] & 15];
	}
	out[2 * in.len] = 0;
}

bool rv_equal_constant_time(struct rv_span a, struct rv_span b)
{
	return a.len == b.len && CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0;
}

static bool derive(const char *password, const uint8_t *salt, unsigned cost_log2, unsigned block, unsigned parallel, uint8_t out[HASH_BYTES])
{
	return EVP_PBE_scrypt(password, strlen(password), salt, SALT_BYTES, 1ull << cost_log2, block, parallel, 128 << 20, out, HASH_BYTES) == 1;
}

enum rv_status rv_password_hash(const char *password, char out[RV_PASSWORD_HASH_MAX])
{
	uint8_t salt[SALT_BYTES], hash[HASH_BYTES];
	char salt_hex[2 * SALT_BYTES + 1], hash_hex[2 * HASH_BYTES + 1];
	if (RAND_bytes(salt, sizeof salt) != 1 || !derive(password, salt, COST_LOG2, BLOCK, PARALLEL, hash))
		return RV_MEMORY;
	rv_hex(rv_span(salt, sizeof salt), salt_hex);
	rv_hex(rv_span(hash, sizeof hash), hash_hex);
	snprintf(out, RV_PASSWORD_HASH_MAX, "scrypt$%d$%d$%d$%s$%s", COST_LOG2, BLOCK, PARALLEL, salt_hex, hash_hex);
	OPENSSL_cleanse(hash, sizeof hash);
	return RV_OK;
}

static bool unhex(const char *hex, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < 2 * len; i++) {
		char c = hex[i];
		int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
		if (digit < 0)
			return false;
		out[i / 2] = (uint8_t)(i % 2 ? out[i / 2] | digit : digit << 4);
	}
	return true;
}

bool rv_password_check(const char *password, const char *hash)
{
	unsigned cost_log2 = COST_LOG2, block = BLOCK, parallel = PARALLEL;
	char salt_hex[2 * SALT_BYTES + 1] = "", hash_hex[2 * HASH_BYTES + 1] = "";
	uint8_t salt[SALT_BYTES] = {0}, want[HASH_BYTES] = {0}, got[HASH_BYTES];
	bool known = hash && sscanf(hash, "scrypt$%u$%u$%u$%32[0-9a-f]$%64[0-9a-f]", &cost_log2, &block, &parallel, salt_hex, hash_hex) == 5
		&& cost_log2 >= 10 && cost_log2 <= 20 && block <= 16 && parallel <= 4
		&& strlen(salt_hex) == 2 * SALT_BYTES && strlen(hash_hex) == 2 * HASH_BYTES
		&& unhex(salt_hex, salt, SALT_BYTES) && unhex(hash_hex, want, HASH_BYTES);
	if (!known)
		cost_log2 = COST_LOG2, block = BLOCK, parallel = PARALLEL;
	bool same = derive(password, salt, cost_log2, block, parallel, got) && CRYPTO_memcmp(want, got, HASH_BYTES) == 0;
	OPENSSL_cleanse(got, sizeof got);
	return known && same;
}
