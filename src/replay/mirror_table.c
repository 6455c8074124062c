#include "grow.h"
#include "hash.h"
#include "mirror_priv.h"
#include <stdlib.h>

enum { CHAIN_MAX = 256 };

/* ---- ids ---- */

static uint32_t *bucket_of(const struct rv_map *map, uint32_t key)
{
	return &map->buckets[key * 2654435769u >> 7 & (map->n_buckets - 1)];
}

uint32_t rv_map_get(const struct rv_map *map, uint32_t key)
{
	if (map->used)
		for (uint32_t i = *bucket_of(map, key); i; i = map->entries[i].next)
			if (map->entries[i].key == key)
				return map->entries[i].value;
	return 0;
}

static enum rv_status grow_map(struct rv_map *map)
{
	uint32_t cap = map->cap;
	struct rv_map_entry *entries = rv_grow(map->entries, &cap, 64, sizeof *entries);
	if (!entries)
		return RV_MEMORY;
	map->entries = entries;
	uint32_t *buckets = calloc(cap, sizeof *buckets);
	if (!buckets)
		return RV_MEMORY;
	free(map->buckets);
	map->buckets = buckets;
	map->n_buckets = map->cap = cap;
	if (!map->n_entries)
		map->n_entries = 1; /* entry 0 means none */
	for (uint32_t i = 1; i < map->n_entries; i++) /* no entry is free while the map grows */
		if (entries[i].key) {
			uint32_t *bucket = bucket_of(map, entries[i].key);
			entries[i].next = *bucket;
			*bucket = i;
		}
	return RV_OK;
}

enum rv_status rv_map_put(struct rv_map *map, uint32_t key, uint32_t value)
{
	enum rv_status status = !map->free_entry && map->n_entries == map->cap ? grow_map(map) : RV_OK;
	if (status != RV_OK)
		return status;
	uint32_t *bucket = bucket_of(map, key), depth = 0;
	for (uint32_t i = *bucket; i; i = map->entries[i].next)
		if (++depth == CHAIN_MAX)
			return RV_LIMIT;
	uint32_t at = map->free_entry ? map->free_entry : map->n_entries++;
	if (map->free_entry)
		map->free_entry = map->entries[at].next;
	map->entries[at] = (struct rv_map_entry){key, value, *bucket};
	*bucket = at;
	map->used++;
	return RV_OK;
}

void rv_map_remove(struct rv_map *map, uint32_t key)
{
	if (!map->used)
		return;
	for (uint32_t *link = bucket_of(map, key); *link; link = &map->entries[*link].next) {
		uint32_t at = *link;
		if (map->entries[at].key != key)
			continue;
		*link = map->entries[at].next;
		map->entries[at] = (struct rv_map_entry){0, 0, map->free_entry};
		map->free_entry = at;
		map->used--;
		return;
	}
}

void rv_map_clear(struct rv_map *map)
{
	free(map->buckets);
	free(map->entries);
	*map = (struct rv_map){0};
}

/* ---- what is held ---- */

enum rv_status rv_mirror_charge(struct rv_mirror *mirror, size_t bytes)
{
	if (bytes > mirror->limits.max_text_bytes - mirror->text_bytes)
		return RV_LIMIT;
	mirror->text_bytes += bytes;
	return RV_OK;
}

void rv_mirror_refund(struct rv_mirror *mirror, size_t bytes)
{
	mirror->text_bytes -= bytes;
}

static struct rv_str *str_of(struct rv_span held)
{
	return (struct rv_str *)(void *)(held.ptr - offsetof(struct rv_str, bytes));
}

static void link_str(struct rv_str **bucket, struct rv_str *str)
{
	str->next = *bucket;
	if (str->next)
		str->next->link = &str->next;
	str->link = bucket;
	*bucket = str;
}

static enum rv_status grow_buckets(struct rv_mirror *mirror)
{
	uint32_t n = mirror->n_buckets ? mirror->n_buckets * 2 : 256;
	struct rv_str **buckets = calloc(n, sizeof *buckets);
	if (!buckets)
		return RV_MEMORY;
	for (uint32_t i = 0; i < mirror->n_buckets; i++)
		for (struct rv_str *str = mirror->buckets[i], *next; str; str = next) {
			next = str->next;
			link_str(&buckets[str->hash & (n - 1)], str);
		}
	free(mirror->buckets);
	mirror->buckets = buckets;
	mirror->n_buckets = n;
	return RV_OK;
}

enum rv_status rv_mirror_hold(struct rv_mirror *mirror, struct rv_span text, struct rv_span *out)
{
	*out = rv_span(NULL, 0);
	if (!text.ptr)
		return RV_OK;
	uint32_t hash = rv_hash32(text, 0), depth = 0;
	if (mirror->n_buckets)
		for (struct rv_str *str = mirror->buckets[hash & (mirror->n_buckets - 1)]; str && depth++ < CHAIN_MAX; str = str->next)
			if (str->hash == hash && rv_span_eq(rv_span(str->bytes, str->len), text)) {
				str->refs++;
				*out = rv_span(str->bytes, str->len);
				return RV_OK;
			}
	if (text.len > UINT32_MAX / 2)
		return RV_LIMIT;
	enum rv_status status = mirror->n_strings >= mirror->n_buckets ? grow_buckets(mirror) : RV_OK;
	if (status == RV_OK)
		status = rv_mirror_charge(mirror, sizeof(struct rv_str) + text.len);
	if (status != RV_OK)
		return status;
	struct rv_str *str = malloc(sizeof *str + text.len);
	if (!str) {
		rv_mirror_refund(mirror, sizeof *str + text.len);
		return RV_MEMORY;
	}
	*str = (struct rv_str){.refs = 1, .len = (uint32_t)text.len, .hash = hash};
	if (text.len)
		memcpy(str->bytes, text.ptr, text.len);
	link_str(&mirror->buckets[hash & (mirror->n_buckets - 1)], str);
	mirror->n_strings++;
	*out = rv_span(str->bytes, str->len);
	return RV_OK;
}

void rv_mirror_keep(struct rv_span held)
{
	if (held.ptr)
		str_of(held)->refs++;
}

void rv_mirror_drop(struct rv_mirror *mirror, struct rv_span held)
{
	if (!held.ptr)
		return;
	struct rv_str *str = str_of(held);
	if (--str->refs)
		return;
	*str->link = str->next;
	if (str->next)
		str->next->link = str->link;
	mirror->n_strings--;
	rv_mirror_refund(mirror, sizeof *str + str->len);
	free(str);
}

enum rv_status rv_mirror_hold_all(struct rv_mirror *mirror, const struct rv_span *texts, struct rv_span *out, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		enum rv_status status = rv_mirror_hold(mirror, texts[i], &out[i]);
		if (status != RV_OK) {
			rv_mirror_drop_all(mirror, out, i);
			return status;
		}
	}
	return RV_OK;
}

void rv_mirror_drop_all(struct rv_mirror *mirror, const struct rv_span *held, uint32_t n)
{
	while (n--)
		rv_mirror_drop(mirror, held[n]);
}

void rv_mirror_words(uint32_t *to, const struct rv_val *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		to[i] = v[i].u;
}

enum rv_status rv_mirror_list(struct rv_mirror *mirror, const struct rv_val *v, uint32_t n, uint32_t **out)
{
	enum rv_status status = rv_mirror_charge(mirror, n * sizeof **out);
	*out = NULL;
	if (status != RV_OK || !n)
		return status;
	*out = malloc(n * sizeof **out);
	if (!*out) {
		rv_mirror_refund(mirror, n * sizeof **out);
		return RV_MEMORY;
	}
	rv_mirror_words(*out, v, n);
	return RV_OK;
}

void rv_mirror_list_free(struct rv_mirror *mirror, uint32_t **list, uint32_t *n)
{
	rv_mirror_refund(mirror, *n * sizeof **list);
	free(*list);
	*list = NULL;
	*n = 0;
}

uint32_t rv_mirror_text_hash(struct rv_span held)
{
	return held.ptr ? str_of(held)->hash ^ (uint32_t)held.len : 0x9e3779b9u;
}

void rv_mirror_strings_free(struct rv_mirror *mirror)
{
	for (uint32_t i = 0; i < mirror->n_buckets; i++)
		for (struct rv_str *str = mirror->buckets[i], *next; str; str = next) {
			next = str->next;
			free(str);
		}
	free(mirror->buckets);
	mirror->buckets = NULL;
	mirror->n_buckets = mirror->n_strings = 0;
}
