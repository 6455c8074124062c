#include "batch.h"
#include "utf8.h"
#include <stdlib.h>

enum {
	/* Every interned string at its longest, and the arena's rounding for as many commits. */
	INTERN_BYTES_MAX = RV_INTERN_MAX * (RV_INTERN_MAX_LENGTH * 3 + 8)
};

struct rv_intern {
	struct rv_span *strings; /* id - 1 */
	uint32_t n, cap, seq;
	struct rv_arena arena;
};

struct rv_intern *rv_intern_new(void)
{
	struct rv_intern *intern = calloc(1, sizeof *intern);
	if (intern)
		rv_arena_init(&intern->arena, INTERN_BYTES_MAX);
	return intern;
}

void rv_intern_free(struct rv_intern *intern)
{
	if (!intern)
		return;
	rv_arena_deinit(&intern->arena);
	free(intern->strings);
	free(intern);
}

void rv_intern_reset(struct rv_intern *intern)
{
	rv_arena_reset(&intern->arena);
	intern->n = 0;
	intern->seq = 0;
}

static uint32_t word(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static bool short_enough(struct rv_span text)
{
	uint32_t units = 0;
	for (size_t i = 0; i < text.len; i++)
		units += (text.ptr[i] & 0xc0) != 0x80 ? text.ptr[i] >= 0xf0 ? 2 : 1 : 0;
	return units <= RV_INTERN_MAX_LENGTH;
}

/* The batch's flat list of strings into an array of spans. */
static enum rv_status read_strings(struct rv_batch *batch, struct rv_span in)
{
	uint64_t n = (uint64_t)batch->n_interned + batch->n_inline;
	if (in.len / 4 < n)
		return RV_INCOMPLETE;
	if (n == 0)
		return in.len ? RV_BAD : RV_OK;
	size_t bytes = (size_t)n * sizeof *batch->strings;
	batch->strings = rv_arena_alloc(batch->arena, bytes);
	if (!batch->strings)
		return rv_arena_why(batch->arena, bytes);
	size_t at = (size_t)n * 4;
	for (uint32_t i = 0; i < n; i++) {
		struct rv_span text = rv_span(in.ptr + at, word(in.ptr + (size_t)i * 4));
		if (text.len > in.len - at)
			return RV_INCOMPLETE;
		if (!rv_utf8_valid(text, true) || (i < batch->n_interned && !short_enough(text)))
			return RV_BAD;
		at += text.len;
		batch->strings[i] = text;
	}
	return at == in.len ? RV_OK : RV_BAD;
}

static enum rv_status open_batch(struct rv_batch *batch, struct rv_span words, struct rv_span strings)
{
	if (words.len < RV_BATCH_HEADER_WORDS * 4)
		return RV_INCOMPLETE;
	const uint8_t *head = words.ptr;
	if (word(head) != RV_BATCH_MAGIC)
		return RV_BAD;
	if (word(head + 4) != RV_ABI_HASH)
		return RV_VERSION;
	uint64_t bytes = (uint64_t)word(head + 28) * 4;
	if (bytes != words.len)
		return bytes > words.len ? RV_INCOMPLETE : RV_BAD;
	batch->seq = word(head + 8);
	batch->flags = word(head + 12);
	batch->first_intern = word(head + 16);
	batch->n_interned = word(head + 20);
	batch->n_inline = word(head + 24);
	if (batch->flags & ~(uint32_t)RV_BATCH_INTERN_CLEAR || batch->n_inline >= RV_STRING_INLINE)
		return RV_BAD;
	uint32_t known = batch->flags & RV_BATCH_INTERN_CLEAR ? 0 : batch->intern->n;
	if (batch->seq != batch->intern->seq + 1 || batch->first_intern != known + 1)
		return RV_ORDER;
	if (batch->n_interned > RV_INTERN_MAX - known)
		return RV_LIMIT;
	enum rv_status status = read_strings(batch, strings);
	if (status != RV_OK)
		return status;
	batch->at = head + RV_BATCH_HEADER_WORDS * 4;
	batch->end = head + words.len;
	return RV_OK;
}

enum rv_status rv_batch_open(struct rv_batch *batch, struct rv_intern *intern, struct rv_span words, struct rv_span strings, struct rv_arena *arena)
{
	*batch = (struct rv_batch){.intern = intern, .arena = arena, .words = words};
	return batch->failed = open_batch(batch, words, strings);
}

static enum rv_status look_up(const struct rv_batch *batch, uint32_t reference, struct rv_span *out)
{
	*out = rv_span(NULL, 0);
	if (reference == 0)
		return RV_OK;
	if (reference & RV_STRING_INLINE) {
		uint32_t index = reference & ~RV_STRING_INLINE;
		if (index >= batch->n_inline)
			return RV_BAD;
		*out = batch->strings[batch->n_interned + index];
	} else if (reference < batch->first_intern) {
		*out = batch->intern->strings[reference - 1];
	} else {
		if (reference - batch->first_intern >= batch->n_interned)
			return RV_BAD;
		*out = batch->strings[reference - batch->first_intern];
	}
	return RV_OK;
}

/* Fields of one record from [at, end), whole words. */
static enum rv_status read_fields(struct rv_batch *batch, const struct rv_schema *schema, const uint8_t *at, const uint8_t *end, uint32_t *n_out)
{
	uint32_t n = 0;
	for (; at < end; n++) {
		if (n >= schema->n_fixed && !schema->n_group)
			return RV_BAD;
		if (n == RV_RECORD_VALUES_MAX)
			return RV_LIMIT;
		enum rv_status status = rv_record_room(batch->arena, &batch->values, &batch->values_cap, n);
		if (status != RV_OK)
			return status;
		struct rv_val *value = &batch->values[n];
		enum rv_field_type type = rv_record_field(schema, n);
		*value = (struct rv_val){0};
		if (type == RV_FIELD_F64) {
			if (end - at < 8)
				return RV_BAD;
			uint64_t bits = word(at) | (uint64_t)word(at + 4) << 32;
			memcpy(&value->f, &bits, sizeof bits);
			if (!rv_f64_finite(value->f))
				return RV_BAD;
			at += 8;
			continue;
		}
		value->u = word(at);
		at += 4;
		if (type == RV_FIELD_STR) {
			status = look_up(batch, value->u, &value->s);
			if (status != RV_OK)
				return status;
			value->u = 0; /* a reference means nothing outside the batch */
		}
	}
	*n_out = n;
	return rv_record_whole(schema, n) ? RV_OK : RV_BAD;
}

enum rv_status rv_batch_next(struct rv_batch *batch, struct rv_rec *rec)
{
	while (!batch->failed && batch->at < batch->end) {
		uint32_t head = word(batch->at), n = 0;
		size_t bytes = (size_t)(head >> 8) * 4;
		const struct rv_schema *schema = rv_record_schema(head & 255);
		enum rv_status status = RV_BAD;
		if (schema && bytes >= 4 && bytes <= (size_t)(batch->end - batch->at))
			status = read_fields(batch, schema, batch->at + 4, batch->at + bytes, &n);
		if (status == RV_OK && schema->number == RV_REC_TICK && batch->values[RV_TICK_T_MS].u < batch->t_ms)
			status = RV_ORDER;
		if (status != RV_OK)
			return batch->failed = status;
		batch->at += bytes;
		if (schema->number == RV_REC_TICK) {
			batch->t_ms = batch->values[RV_TICK_T_MS].u;
			continue;
		}
		*rec = (struct rv_rec){.type = schema->number, .t_ms = batch->t_ms, .n = n, .v = batch->values};
		return RV_OK;
	}
	return batch->failed ? batch->failed : RV_END;
}

enum rv_status rv_intern_commit(struct rv_intern *intern, const struct rv_batch *batch)
{
	if (batch->failed)
		return batch->failed;
	bool clear = batch->flags & RV_BATCH_INTERN_CLEAR;
	uint32_t known = clear ? 0 : intern->n, total = known + batch->n_interned;
	if (batch->seq != intern->seq + 1 || batch->first_intern != known + 1 || batch->at != batch->end)
		return RV_ORDER;
	if (total > intern->cap) {
		uint32_t cap = total > RV_INTERN_MAX / 2 ? RV_INTERN_MAX : total * 2;
		struct rv_span *grown = realloc(intern->strings, cap * sizeof *grown);
		if (!grown)
			return RV_MEMORY;
		intern->strings = grown;
		intern->cap = cap;
	}
	/* All bytes in one allocation, into a fresh arena after a clear: it succeeds or nothing has changed. */
	size_t bytes = 0;
	for (uint32_t i = 0; i < batch->n_interned; i++)
		bytes += batch->strings[i].len;
	struct rv_arena fresh, *arena = clear ? &fresh : &intern->arena;
	rv_arena_init(&fresh, INTERN_BYTES_MAX);
	if (batch->n_interned) {
		uint8_t *copy = rv_arena_alloc(arena, bytes);
		if (!copy)
			return RV_MEMORY;
		for (uint32_t i = 0; i < batch->n_interned; i++) {
			struct rv_span text = batch->strings[i];
			if (text.len)
				memcpy(copy, text.ptr, text.len);
			intern->strings[known + i] = rv_span(copy, text.len);
			copy += text.len;
		}
	}
	if (clear) {
		rv_arena_deinit(&intern->arena);
		intern->arena = fresh;
	}
	intern->n = total;
	intern->seq = batch->seq;
	return RV_OK;
}
