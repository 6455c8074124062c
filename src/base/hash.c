#include "hash.h"

uint32_t rv_hash32(struct rv_span span, uint32_t seed)
{
	uint32_t hash = 2166136261u ^ seed;
	for (size_t i = 0; i < span.len; i++)
		hash = (hash ^ span.ptr[i]) * 16777619u;
	return hash;
}
