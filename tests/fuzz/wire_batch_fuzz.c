/* Batches one after the other into one intern table, as from a page that lies.
 *
 *   input: { u8 repairs · u16le bytes of words · u16le bytes of strings · words · strings }…
 *
 * repairs, so that mutations get past the head: bit 0 puts magic, ABI hash and word count right,
 * bit 1 sequence number, first intern id and flags to what is expected next. What is decoded keeps
 * the decoder's promises and survives a segment; a refused batch is refused again the same way. */
#include "batch.h"
#include "segment.h"
#include "utf8.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(uint8_t *at, size_t index, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[index * 4 + (size_t)i] = (uint8_t)(value >> (8 * i));
}

static void check(const struct rv_rec *rec)
{
	const struct rv_schema *schema = rv_record_schema(rec->type);
	if (!schema || !rv_record_whole(schema, rec->n))
		abort();
	for (uint32_t i = 0; i < rec->n; i++) {
		enum rv_field_type type = rv_record_field(schema, i);
		if (type == RV_FIELD_STR ? rec->v[i].s.ptr && !rv_utf8_valid(rec->v[i].s, true) : type == RV_FIELD_F64 && !rv_f64_finite(rec->v[i].f))
			abort();
	}
}

/* Reads a batch to its end; what it holds goes into writer unless that is NULL. */
static enum rv_status drain(struct rv_batch *batch, struct rv_segment_writer *writer)
{
	struct rv_rec rec;
	enum rv_status status;
	while ((status = rv_batch_next(batch, &rec)) == RV_OK) {
		check(&rec);
		if (writer) {
			enum rv_status added = rv_segment_writer_add(writer, &rec);
			/* A check is for the core alone. */
			if (rec.type == RV_REC_CHECK ? added != RV_BAD : added != RV_OK && added != RV_LIMIT)
				abort();
		}
	}
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rv_intern *intern = rv_intern_new();
	struct rv_segment_writer *writer = rv_segment_writer_new(1 << 20);
	uint32_t seq = 0, known = 0;
	if (!intern || !writer)
		abort();
	while (size >= 5) {
		uint8_t repairs = data[0];
		size_t n_words = data[1] | data[2] << 8, n_strings = data[3] | data[4] << 8;
		data += 5;
		size -= 5;
		n_words = n_words < size ? n_words : size;
		n_strings = n_strings < size - n_words ? n_strings : size - n_words;
		uint8_t *words = malloc(n_words + 1), *strings = malloc(n_strings + 1);
		if (!words || !strings)
			abort();
		memcpy(words, data, n_words);
		memcpy(strings, data + n_words, n_strings);
		data += n_words + n_strings;
		size -= n_words + n_strings;
		if (n_words >= RV_BATCH_HEADER_WORDS * 4) {
			if (repairs & 1) {
				n_words &= ~(size_t)3;
				put(words, 0, RV_BATCH_MAGIC);
				put(words, 1, RV_ABI_HASH);
				put(words, 7, (uint32_t)n_words / 4);
			}
			if (repairs & 2) {
				put(words, 2, seq + 1);
				put(words, 3, words[12] & 1);
				put(words, 4, words[12] & 1 ? 1 : known + 1);
			}
		}
		struct rv_arena arena;
		struct rv_batch batch, again;
		rv_arena_init(&arena, 16 << 20);
		enum rv_status status = rv_batch_open(&batch, intern, rv_span(words, n_words), rv_span(strings, n_strings), &arena);
		if (status == RV_OK) {
			rv_segment_writer_begin(writer, RV_SEGMENT_RECORDS, 0, 1, 1);
			status = drain(&batch, writer);
		}
		enum rv_status committed = rv_intern_commit(intern, &batch);
		if (committed != (status == RV_END ? RV_OK : status))
			abort();
		if (committed == RV_OK) {
			seq = batch.seq;
			known = batch.first_intern - 1 + batch.n_interned;
		} else if (rv_batch_open(&again, intern, rv_span(words, n_words), rv_span(strings, n_strings), &arena) == RV_OK ? drain(&again, NULL) != status : again.failed != status) {
			abort();
		}
		rv_arena_deinit(&arena);
		free(words);
		free(strings);
	}
	rv_segment_writer_free(writer);
	rv_intern_free(intern);
	return 0;
}
