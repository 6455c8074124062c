/* The core between the page and IndexedDB, both untrusted. Input: commands of
 *   u8 what · u16le len · len bytes
 * 0 batch words, 1 batch strings (then sent), 2 segment to load, 3 seal, 4 restart, 5 forget,
 * 6 records: words without a head, which is put before them so that they are reached; 7 the same of a
 * frame that has joined, 8 a frame's element by its id, which joins. */
#include "core.h"
#include "mask.h"
#include "record_gen.h"
#include "stream.h"
#include <stdlib.h>

static void check(struct rv_core *core)
{
	struct rv_buf out, text;
	struct rv_mirror *mirror;

	rv_buf_init(&out, 64 << 20);
	rv_buf_init(&text, 64 << 20);
	/* What is exported can be folded, whatever went in. */
	if (rv_core_export(core, 0, 0, &out) == RV_OK) {
		mirror = rv_mirror_new(NULL);
		if (!mirror || rv_stream_fold(rv_buf_get(&out), 1e15, mirror) != RV_OK)
			abort();
		rv_mirror_free(mirror);
	}
	if (rv_core_logs(core, 0, 0, &text) != RV_OK)
		abort();
	rv_buf_clear(&out);
	if (rv_core_tail(core, &out) != RV_OK && rv_buf_status(&out) != RV_OK)
		abort();
	rv_buf_deinit(&out);
	rv_buf_deinit(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rv_span words = {data, 0}, strings = {data, 0}, segment;
	enum rv_status status = RV_OK;
	struct rv_core *core;
	uint32_t seq = 1, key, part = 0, part_seq = 1;
	size_t at = 0;

	if (rv_core_new(&core) != RV_OK)
		return 0;
	if (rv_core_option(core, RV_OPTION_SEGMENT_MS, 50) != RV_OK || rv_core_option(core, RV_OPTION_CHECKPOINT_MS, 100) != RV_OK
		|| rv_core_option(core, RV_OPTION_LEVEL, RV_LEVEL_STRICT) != RV_OK || rv_core_pattern(core, rv_span_str("a*b")) != RV_OK || rv_core_pattern(core, rv_span_str("[0-9]+x")) != RV_OK)
		abort();
	while (size - at >= 3) {
		uint8_t what = data[at];
		size_t len = (size_t)data[at + 1] | (size_t)data[at + 2] << 8;
		struct rv_span body;

		at += 3;
		if (len > size - at)
			len = size - at;
		body = rv_span(data + at, len);
		at += len;
		switch (what % 9) {
		case 0:
			words = body;
			break;
		case 1:
			strings = body;
			status = rv_core_batch(core, words, strings);
			break;
		case 2:
			status = rv_core_load(core, body);
			break;
		case 3:
			status = rv_core_seal(core, (uint32_t)len * 100, len & 1);
			break;
		case 4:
			rv_core_restart(core);
			seq = 1;
			break;
		case 5:
			rv_core_forget(core);
			break;
		case 8:
			part = rv_core_join(core, len ? body.ptr[0] : 0, len > 1 ? body.ptr[1] : 0, len & 3);
			part_seq = 1;
			break;
		default: {
			bool own = what % 9 == 6;
			const char *text = "inputtypepasswordhttps://x.test/?token=1iframe";
			uint32_t lens[5] = {5, 4, 8, 23, 6}, head[8] = {RV_BATCH_MAGIC, RV_ABI_HASH, own ? seq : part_seq, RV_BATCH_INTERN_CLEAR, 1, 5, 0, 8 + (uint32_t)(len / 4)};
			uint8_t *batch = malloc(32 + len), table[20 + 46];

			memcpy(batch, head, 32);
			memcpy(batch + 32, body.ptr, len);
			memcpy(table, lens, 20);
			memcpy(table + 20, text, 46);
			if (own)
				status = rv_core_batch(core, rv_span(batch, 32 + len / 4 * 4), rv_span(table, sizeof(table)));
			else
				status = rv_core_part(core, part, (uint32_t)at, rv_span(batch, 32 + len / 4 * 4), rv_span(table, sizeof(table)));
			if (status == RV_OK)
				++*(own ? &seq : &part_seq);
			free(batch);
		}
		}
	}
	while (rv_core_unsaved(core, &key, &segment) == RV_OK)
		;
	check(core);
	rv_core_free(core);
	return (int)status & 0;
}
