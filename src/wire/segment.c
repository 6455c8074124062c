#include "segment.h"
#include "hash.h"
#include "inflate.h"
#include "utf8.h"
#include <stdlib.h>
#include <zlib.h>

enum {
	PLAIN = 1, FORMAT = 2,
	PATH_NODES = 64,  /* a power of two */
	ROWS_BYTES = 8 << 10, /* records are encoded and deflated by as much */
	NEW_STRINGS = 128, /* bit of a record's number */
	RATIO_MAX = 1032, /* deflate's own limit: 258 bytes in two bits */
	OUT_STEP_BYTES = 8 << 10,
	PROBES_MAX = 64, /* chosen collisions cost no more than this; the string is then written once more */
	WINDOW_BITS = -15 /* raw deflate, 32 KiB */
};

static const uint8_t segment_magic[4] = {'R', 'V', 'S', '1'}, stream_magic[4] = {'R', 'V', 'R', '1'};

/* What both ends know of the records before, to foretell the next. */
struct rv_segment_coder {
	uint32_t last[RV_REC_MAX + 1][RV_FIELDS_MAX];
	uint32_t strings;                  /* named so far */
	uint32_t node;                     /* added last */
	uint32_t path[PATH_NODES], top, n_path; /* that node and those above it: path[top - 1 & …] is the node */
};

/* Whether the field is an id (0) or a parent (1) of a record that adds a node. */
static bool is_node(uint32_t number, uint32_t field)
{
	return field < 2 && number >= RV_REC_DOCUMENT && number <= RV_REC_SHADOW_ROOT;
}

static uint32_t *path_at(struct rv_segment_coder *coder, uint32_t up)
{
	return &coder->path[(coder->top - up) % PATH_NODES];
}

/* The last node's parent is `parent`, `up` steps above the node before (0: not known there). */
static void step(struct rv_segment_coder *coder, uint32_t up, uint32_t parent)
{
	if (up) {
		coder->top -= up - 1;
		coder->n_path -= up - 1;
	} else {
		coder->n_path = 1;
		*path_at(coder, 0) = parent;
		coder->top++;
	}
	*path_at(coder, 0) = coder->node;
	coder->top++;
	coder->n_path += coder->n_path < PATH_NODES;
}

static uint32_t zigzag(uint32_t value)
{
	return value << 1 ^ (0 - (value >> 31));
}

static uint32_t unzigzag(uint32_t value)
{
	return value >> 1 ^ (0 - (value & 1));
}

/* ---- writing ---- */

/* Of a string: its bytes in `strings`, after the length; where it hangs in the hash, NO_SLOT nowhere. */
struct entry { uint32_t at, len, hash, slot; };
#define NO_SLOT UINT32_MAX

struct rv_segment_writer {
	struct rv_segment_head head; /* kind, epoch …; counts and times kept up to date */
	struct rv_buf strings;
	/* Words: number, ms since previous, values, then them: a string's place + 1 (0 null), a double's two words. */
	struct rv_buf records;
	struct rv_buf rows, values;  /* encoded records of a seal; the values of one of them */
	struct rv_segment_coder coder;
	struct entry *entries;
	uint32_t n_entries, cap_entries;
	uint32_t *slots, n_slots;    /* open hash, linear probing: entry + 1, 0 free; n_slots a power of two */
	size_t max_bytes;
};

struct rv_segment_writer *rv_segment_writer_new(size_t max_raw_bytes)
{
	struct rv_segment_writer *writer = calloc(1, sizeof *writer);
	if (!writer)
		return NULL;
	writer->max_bytes = max_raw_bytes < RV_SEGMENT_RAW_MAX ? max_raw_bytes : RV_SEGMENT_RAW_MAX;
	rv_buf_init(&writer->strings, writer->max_bytes);
	rv_buf_init(&writer->records, writer->max_bytes * 4);
	rv_buf_init(&writer->rows, writer->max_bytes + ROWS_BYTES);
	rv_buf_init(&writer->values, writer->max_bytes);
	rv_segment_writer_begin(writer, RV_SEGMENT_RECORDS, 0, 0, 0);
	return writer;
}

void rv_segment_writer_free(struct rv_segment_writer *writer)
{
	if (!writer)
		return;
	rv_buf_deinit(&writer->strings);
	rv_buf_deinit(&writer->records);
	rv_buf_deinit(&writer->rows);
	rv_buf_deinit(&writer->values);
	free(writer->entries);
	free(writer->slots);
	free(writer);
}

void rv_segment_writer_begin(struct rv_segment_writer *writer, enum rv_segment_kind kind, double epoch_wall_ms, uint32_t epoch, uint32_t sequence)
{
	rv_segment_writer_rewind(writer, (struct rv_segment_mark){0});
	writer->head = (struct rv_segment_head){.kind = (uint8_t)kind, .format = FORMAT, .epoch_wall_ms = epoch_wall_ms, .epoch = epoch, .sequence = sequence};
}

static size_t varint_bytes(uint32_t value)
{
	size_t n = 1;
	for (; value > 127; value >>= 7)
		n++;
	return n;
}

size_t rv_segment_writer_raw_bytes(const struct rv_segment_writer *writer)
{
	return varint_bytes(writer->n_entries) + writer->strings.len + writer->records.len / 4;
}

uint32_t rv_segment_writer_records(const struct rv_segment_writer *writer)
{
	return writer->head.records;
}

struct rv_segment_mark rv_segment_writer_mark(const struct rv_segment_writer *writer)
{
	return (struct rv_segment_mark){writer->records.len, writer->n_entries, writer->head.records, writer->head.last_ms, writer->head.first_ms};
}

void rv_segment_writer_rewind(struct rv_segment_writer *writer, struct rv_segment_mark mark)
{
	/* Newest first: no older entry was ever placed behind a newer one, so emptying its slot breaks no chain. */
	while (writer->n_entries > mark.strings) {
		struct entry *entry = &writer->entries[--writer->n_entries];
		if (entry->slot != NO_SLOT)
			writer->slots[entry->slot] = 0;
		writer->strings.len = entry->at - varint_bytes(entry->len);
	}
	writer->records.len = mark.bytes;
	writer->strings.failed = writer->records.failed = RV_OK;
	writer->head.records = mark.records;
	writer->head.last_ms = mark.last_ms;
	writer->head.first_ms = mark.first_ms;
}

/* Looks for text (NULL: none, only a place) under hash. The entry's number + 1, or 0 and in *slot
 * where a new one belongs. */
static uint32_t find(const struct rv_segment_writer *writer, const struct rv_span *text, uint32_t hash, uint32_t *slot)
{
	uint32_t mask = writer->n_slots - 1;
	for (uint32_t i = 0; i < PROBES_MAX; i++) {
		uint32_t number = writer->slots[*slot = (hash + i) & mask];
		if (number == 0)
			return 0;
		const struct entry *entry = &writer->entries[number - 1];
		if (text && entry->hash == hash && rv_span_eq(rv_span(writer->strings.ptr + entry->at, entry->len), *text))
			return number;
	}
	*slot = NO_SLOT;
	return 0;
}

static void hang(struct rv_segment_writer *writer, uint32_t number, uint32_t slot)
{
	writer->entries[number - 1].slot = slot;
	if (slot != NO_SLOT)
		writer->slots[slot] = number;
}

static enum rv_status grow_strings(struct rv_segment_writer *writer)
{
	if (writer->n_entries == writer->cap_entries) {
		uint32_t cap = writer->cap_entries ? writer->cap_entries * 2 : 64;
		struct entry *entries = realloc(writer->entries, cap * sizeof *entries);
		if (!entries)
			return RV_MEMORY;
		writer->entries = entries;
		writer->cap_entries = cap;
	}
	if (writer->n_entries + 1 > writer->n_slots / 2) {
		uint32_t slot, n_slots = writer->n_slots ? writer->n_slots * 2 : 256;
		uint32_t *slots = calloc(n_slots, sizeof *slots);
		if (!slots)
			return RV_MEMORY;
		free(writer->slots);
		writer->slots = slots;
		writer->n_slots = n_slots;
		for (uint32_t number = 1; number <= writer->n_entries; number++) {
			find(writer, NULL, writer->entries[number - 1].hash, &slot);
			hang(writer, number, slot);
		}
	}
	return RV_OK;
}

/* The number a string goes by: 0 null, else its place in the table + 1. */
static enum rv_status add_string(struct rv_segment_writer *writer, struct rv_span text, uint32_t *out)
{
	*out = 0;
	if (!text.ptr)
		return RV_OK;
	enum rv_status status = grow_strings(writer);
	if (status != RV_OK)
		return status;
	uint32_t hash = rv_hash32(text, 0), slot;
	*out = find(writer, &text, hash, &slot);
	if (*out)
		return RV_OK;
	size_t before = writer->strings.len;
	if (writer->n_entries == RV_SEGMENT_STRINGS_MAX || text.len > writer->max_bytes)
		return RV_LIMIT;
	rv_buf_varint(&writer->strings, (uint32_t)text.len);
	uint32_t at = (uint32_t)writer->strings.len;
	rv_buf_span(&writer->strings, text);
	if (writer->strings.failed) {
		writer->strings.len = before;
		return writer->strings.failed;
	}
	writer->entries[writer->n_entries++] = (struct entry){at, (uint32_t)text.len, hash, NO_SLOT};
	*out = writer->n_entries;
	hang(writer, writer->n_entries, slot);
	return RV_OK;
}

static enum rv_status add_values(struct rv_segment_writer *writer, const struct rv_schema *schema, const struct rv_rec *rec)
{
	for (uint32_t i = 0; i < rec->n; i++) {
		const struct rv_val *value = &rec->v[i];
		enum rv_field_type type = rv_record_field(schema, i);
		uint32_t number = value->u;
		if (type == RV_FIELD_F64) {
			if (!rv_f64_finite(value->f))
				return RV_BAD;
			rv_buf_f64le(&writer->records, value->f);
			continue;
		}
		if (type == RV_FIELD_STR) {
			enum rv_status status = add_string(writer, value->s, &number);
			if (status != RV_OK)
				return status;
		}
		rv_buf_add(&writer->records, &number, sizeof number);
	}
	return rv_buf_status(&writer->records);
}

enum rv_status rv_segment_writer_add(struct rv_segment_writer *writer, const struct rv_rec *rec)
{
	const struct rv_schema *schema = rv_record_schema(rec->type);
	if (!schema || rec->type == RV_REC_TICK || rec->type == RV_REC_CHECK || !rv_record_whole(schema, rec->n))
		return RV_BAD;
	struct rv_segment_mark mark = rv_segment_writer_mark(writer);
	uint32_t last_ms = mark.records ? mark.last_ms : rec->t_ms;
	if (rec->t_ms < last_ms)
		return RV_ORDER;
	const uint32_t start[] = {schema->number, rec->t_ms - last_ms, rec->n};
	rv_buf_add(&writer->records, start, sizeof start);
	enum rv_status status = add_values(writer, schema, rec);
	if (status == RV_OK && rv_segment_writer_raw_bytes(writer) > writer->max_bytes)
		status = RV_LIMIT;
	if (status != RV_OK) {
		rv_segment_writer_rewind(writer, mark);
		return status;
	}
	if (mark.records == 0)
		writer->head.first_ms = rec->t_ms;
	writer->head.last_ms = rec->t_ms;
	writer->head.records++;
	return RV_OK;
}

/* How many steps above the last node `node` stands, 0 when it does not. */
static uint32_t steps_to(struct rv_segment_coder *coder, uint32_t node)
{
	for (uint32_t up = 1; up <= coder->n_path; up++)
		if (*path_at(coder, up) == node)
			return up;
	return 0;
}

/* Encodes the values of a record into writer->values; the words after them. */
static const uint32_t *encode_values(struct rv_segment_writer *writer, const struct rv_schema *schema, const uint32_t *word, uint32_t n)
{
	struct rv_segment_coder *coder = &writer->coder;
	struct rv_buf *out = &writer->values;
	rv_buf_clear(out);
	for (uint32_t i = 0; i < n; i++) {
		enum rv_field_type type = rv_record_field(schema, i);
		uint32_t field = rv_record_place(schema, i), value = *word++, *last = &coder->last[schema->number][field], base = *last;
		if (type == RV_FIELD_F64) {
			rv_buf_add(out, word++ - 1, 8);
		} else if (type == RV_FIELD_STR) {
			bool is_new = value > coder->strings;
			coder->strings += is_new;
			rv_buf_varint(out, is_new ? 1 : value + (value != 0));
		} else {
			*last = value;
			if (is_node(schema->number, field)) {
				if (field == 0) {
					base = coder->node + 1;
					coder->node = value;
				} else {
					uint32_t up = steps_to(coder, value);
					step(coder, up, value);
					rv_buf_varint(out, up);
					if (up)
						continue;
				}
			}
			rv_buf_varint(out, zigzag(value - base));
		}
	}
	return word;
}

/* Runs deflate over one piece of the payload, all of its output to out. */
static enum rv_status squeeze(z_stream *z, struct rv_span in, int flush, struct rv_buf *out)
{
	int answer;
	z->next_in = (Bytef *)in.ptr;
	z->avail_in = (uInt)in.len;
	do {
		uint8_t spare; /* with out full to the byte, deflate still wants room to say that it is done */
		size_t left = out->max - out->len, len = left < OUT_STEP_BYTES ? left : OUT_STEP_BYTES;
		uint8_t *room = len ? rv_buf_room(out, len) : &spare;
		if (!room)
			return out->failed;
		z->next_out = room;
		z->avail_out = len ? (uInt)len : 1;
		answer = deflate(z, flush);
		if (z->next_out == &spare + 1)
			return out->failed = RV_LIMIT;
		if (len)
			out->len += len - z->avail_out;
	} while (answer == Z_OK && (z->avail_out == 0 || flush == Z_FINISH));
	return answer == Z_STREAM_END || flush != Z_FINISH ? RV_OK : RV_BAD; /* no input at all is Z_BUF_ERROR, and fine */
}

/* All records, encoded and deflated a piece at a time; *raw grows by their bytes. */
static enum rv_status squeeze_records(struct rv_segment_writer *writer, z_stream *z, size_t *raw, struct rv_buf *out)
{
	const uint32_t *word = (const uint32_t *)(const void *)writer->records.ptr;
	enum rv_status status = RV_OK;
	rv_buf_clear(&writer->rows);
	memset(&writer->coder, 0, sizeof writer->coder);
	for (uint32_t i = 0; i <= writer->head.records && status == RV_OK; i++) {
		bool last = i == writer->head.records;
		if (last || writer->rows.len >= ROWS_BYTES) {
			*raw += writer->rows.len;
			status = *raw > writer->max_bytes ? RV_LIMIT : squeeze(z, rv_buf_get(&writer->rows), last ? Z_FINISH : Z_NO_FLUSH, out);
			rv_buf_clear(&writer->rows);
		}
		if (last)
			break;
		uint32_t number = word[0], ms = word[1], known = writer->coder.strings;
		word = encode_values(writer, rv_record_schema(number), word + 3, word[2]);
		uint32_t fresh = writer->coder.strings - known;
		rv_buf_byte(&writer->rows, (uint8_t)(number | (fresh ? NEW_STRINGS : 0)));
		rv_buf_varint(&writer->rows, ms);
		rv_buf_varint(&writer->rows, (uint32_t)writer->values.len);
		if (fresh)
			rv_buf_varint(&writer->rows, fresh);
		rv_buf_span(&writer->rows, rv_buf_get(&writer->values));
		if (status == RV_OK)
			status = rv_buf_status(&writer->values);
		if (status == RV_OK)
			status = rv_buf_status(&writer->rows);
	}
	return status;
}

static void put_u32(uint8_t *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

void rv_segment_pack(uint8_t *segment, uint32_t stored_bytes)
{
	put_u32(segment + 44, stored_bytes);
	put_u32(segment + 48, (uint32_t)crc32(0, segment + RV_SEGMENT_HEAD_BYTES, stored_bytes));
}

enum rv_status rv_segment_writer_seal(struct rv_segment_writer *writer, int level, struct rv_buf *out)
{
	size_t start = out->len;
	uint8_t count[5];
	struct rv_buf n = {.ptr = count, .cap = sizeof count, .max = sizeof count};
	z_stream z = {0};
	if (deflateInit2(&z, level, Z_DEFLATED, WINDOW_BITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return RV_MEMORY;
	struct rv_segment_head *head = &writer->head;
	rv_buf_add(out, segment_magic, sizeof segment_magic);
	rv_buf_u32le(out, head->kind | FORMAT << 8);
	rv_buf_f64le(out, head->epoch_wall_ms);
	rv_buf_u32le(out, head->epoch);
	rv_buf_u32le(out, head->sequence);
	rv_buf_u32le(out, 0);
	rv_buf_u32le(out, head->first_ms);
	rv_buf_u32le(out, head->last_ms);
	rv_buf_u32le(out, head->records);
	rv_buf_u32le(out, 0); /* raw and stored bytes and CRC, when they are known */
	rv_buf_u32le(out, 0);
	rv_buf_u32le(out, 0);
	rv_buf_varint(&n, writer->n_entries);
	size_t raw = n.len + writer->strings.len;
	enum rv_status status = rv_buf_status(out);
	if (status == RV_OK)
		status = squeeze(&z, rv_buf_get(&n), Z_NO_FLUSH, out);
	if (status == RV_OK)
		status = squeeze(&z, rv_buf_get(&writer->strings), Z_NO_FLUSH, out);
	if (status == RV_OK)
		status = squeeze_records(writer, &z, &raw, out);
	deflateEnd(&z);
	if (status != RV_OK) {
		out->len = start;
		return status;
	}
	put_u32(out->ptr + start + 40, (uint32_t)raw);
	rv_segment_pack(out->ptr + start, (uint32_t)(out->len - start - RV_SEGMENT_HEAD_BYTES));
	return RV_OK;
}

/* ---- reading ---- */

static uint32_t get_u32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static double get_f64(const uint8_t *at)
{
	uint64_t bits = get_u32(at) | (uint64_t)get_u32(at + 4) << 32;
	double value;
	memcpy(&value, &bits, sizeof value);
	return value;
}

enum rv_status rv_segment_head(struct rv_span in, struct rv_segment_head *head, size_t *size_bytes)
{
	const uint8_t *at = in.ptr;
	if (memcmp(at, segment_magic, in.len < 4 ? in.len : 4) != 0)
		return RV_BAD;
	if (in.len < RV_SEGMENT_HEAD_BYTES)
		return RV_INCOMPLETE;
	if (at[5] != PLAIN && at[5] != FORMAT)
		return RV_VERSION;
	*head = (struct rv_segment_head){
		.kind = at[4], .format = at[5], .epoch_wall_ms = get_f64(at + 8), .epoch = get_u32(at + 16), .sequence = get_u32(at + 20),
		.first_ms = get_u32(at + 28), .last_ms = get_u32(at + 32), .records = get_u32(at + 36),
		.raw_bytes = get_u32(at + 40), .stored_bytes = get_u32(at + 44), .crc = get_u32(at + 48)};
	if ((head->kind != RV_SEGMENT_RECORDS && head->kind != RV_SEGMENT_CHECKPOINT) || at[6] || at[7] || get_u32(at + 24) || !rv_f64_finite(head->epoch_wall_ms) || head->last_ms < head->first_ms)
		return RV_BAD;
	if (head->raw_bytes > RV_SEGMENT_RAW_MAX || head->stored_bytes > RV_SEGMENT_RAW_MAX)
		return RV_LIMIT;
	if (head->raw_bytes == 0 || head->raw_bytes > (uint64_t)head->stored_bytes * RATIO_MAX || head->records > head->raw_bytes / 3)
		return RV_BAD;
	*size_bytes = RV_SEGMENT_HEAD_BYTES + (size_t)head->stored_bytes;
	return in.len < *size_bytes ? RV_INCOMPLETE : RV_OK;
}

static bool read_varint(const uint8_t **at, const uint8_t *end, uint32_t *out)
{
	uint32_t value = 0;
	for (unsigned shift = 0; shift < 35 && *at < end; shift += 7) {
		uint8_t byte = *(*at)++;
		if (shift == 28 && byte > 15)
			return false;
		value |= (uint32_t)(byte & 127) << shift;
		if (byte < 128) {
			*out = value;
			return true;
		}
	}
	return false;
}

static enum rv_status read_strings(struct rv_segment_reader *reader)
{
	uint32_t n, len;
	if (!read_varint(&reader->at, reader->end, &n) || n > (size_t)(reader->end - reader->at))
		return RV_BAD;
	if (n > RV_SEGMENT_STRINGS_MAX)
		return RV_LIMIT;
	if (n == 0)
		return RV_OK;
	reader->strings = rv_arena_alloc(reader->arena, n * sizeof *reader->strings);
	if (!reader->strings)
		return rv_arena_why(reader->arena, n * sizeof *reader->strings);
	for (; reader->n_strings < n; reader->n_strings++) {
		if (!read_varint(&reader->at, reader->end, &len) || len > (size_t)(reader->end - reader->at))
			return RV_BAD;
		struct rv_span text = rv_span(reader->at, len);
		if (!rv_utf8_valid(text, true))
			return RV_BAD;
		reader->strings[reader->n_strings] = text;
		reader->at += len;
	}
	return RV_OK;
}

static enum rv_status open_segment(struct rv_segment_reader *reader, struct rv_span segment)
{
	size_t size;
	enum rv_status status = rv_segment_head(segment, &reader->head, &size);
	if (status != RV_OK)
		return status;
	struct rv_span payload = rv_span(segment.ptr + RV_SEGMENT_HEAD_BYTES, reader->head.stored_bytes);
	if (size != segment.len || (uint32_t)crc32(0, payload.ptr, (uInt)payload.len) != reader->head.crc)
		return RV_BAD;
	uint8_t *raw = rv_arena_alloc(reader->arena, reader->head.raw_bytes);
	if (!raw)
		return rv_arena_why(reader->arena, reader->head.raw_bytes);
	status = RV_INFLATE(payload, raw, reader->head.raw_bytes);
	if (status != RV_OK)
		return status;
	reader->coder = rv_arena_alloc(reader->arena, sizeof *reader->coder);
	if (!reader->coder)
		return rv_arena_why(reader->arena, sizeof *reader->coder);
	memset(reader->coder, 0, sizeof *reader->coder);
	reader->at = raw;
	reader->end = raw + reader->head.raw_bytes;
	reader->left = reader->head.records;
	reader->t_ms = reader->head.first_ms;
	return read_strings(reader);
}

enum rv_status rv_segment_open(struct rv_segment_reader *reader, struct rv_span segment, struct rv_arena *arena)
{
	*reader = (struct rv_segment_reader){.arena = arena};
	return reader->failed = open_segment(reader, segment);
}

static enum rv_status read_value(struct rv_segment_reader *reader, const struct rv_schema *schema, uint32_t index, const uint8_t *end, struct rv_val *value)
{
	struct rv_segment_coder *coder = reader->coder;
	enum rv_field_type type = rv_record_field(schema, index);
	uint32_t number, up, field = rv_record_place(schema, index), *last = &coder->last[schema->number][field];
	*value = (struct rv_val){0};
	if (type == RV_FIELD_F64) {
		if (end - reader->at < 8)
			return RV_BAD;
		value->f = get_f64(reader->at);
		reader->at += 8;
		return rv_f64_finite(value->f) ? RV_OK : RV_BAD;
	}
	if (!read_varint(&reader->at, end, &number))
		return RV_BAD;
	if (type == RV_FIELD_STR) {
		if (reader->head.format == PLAIN)
			coder->strings = reader->n_strings;
		else if (number == 1)
			number = ++coder->strings;
		else
			number -= number != 0;
		if (number > coder->strings || number > reader->n_strings)
			return RV_BAD;
		if (number)
			value->s = reader->strings[number - 1];
		return RV_OK;
	}
	if (reader->head.format == PLAIN) {
		value->u = type == RV_FIELD_I32 ? unzigzag(number) : number;
		return RV_OK;
	}
	if (is_node(schema->number, field)) {
		if (field == 0) {
			coder->node = value->u = unzigzag(number) + coder->node + 1;
			return RV_OK;
		}
		if (number > coder->n_path)
			return RV_BAD;
		up = number;
		if (up)
			value->u = *path_at(coder, up);
		else if (!read_varint(&reader->at, end, &number))
			return RV_BAD;
		else
			value->u = *last + unzigzag(number);
		step(coder, up, value->u);
	} else {
		value->u = *last + unzigzag(number);
	}
	*last = value->u;
	return RV_OK;
}

static enum rv_status read_values(struct rv_segment_reader *reader, const struct rv_schema *schema, const uint8_t *end, uint32_t *n_out)
{
	uint32_t n = 0;
	for (; n < schema->n_fixed || (schema->n_group && reader->at < end); n++) {
		if (n == RV_RECORD_VALUES_MAX)
			return RV_LIMIT;
		enum rv_status status = rv_record_room(reader->arena, &reader->values, &reader->values_cap, n);
		if (status != RV_OK)
			return status;
		struct rv_val *value = &reader->values[n];
		if (reader->at == end && !schema->n_group) {
			*value = (struct rv_val){0};
			continue;
		}
		status = read_value(reader, schema, n, end, value);
		if (status != RV_OK)
			return status;
	}
	*n_out = n;
	return rv_record_whole(schema, n) ? RV_OK : RV_BAD;
}

enum rv_status rv_segment_next(struct rv_segment_reader *reader, struct rv_rec *rec)
{
	while (!reader->failed && reader->left > 0) {
		uint32_t delta, bytes, fresh = 0, n = 0;
		uint32_t number = reader->at < reader->end ? *reader->at++ : 0;
		bool has_new = reader->head.format == FORMAT && number & NEW_STRINGS;
		if (has_new)
			number &= NEW_STRINGS - 1;
		if (number == 0 || !read_varint(&reader->at, reader->end, &delta) || !read_varint(&reader->at, reader->end, &bytes) || (has_new && !read_varint(&reader->at, reader->end, &fresh)) || bytes > (size_t)(reader->end - reader->at) || delta > reader->head.last_ms - reader->t_ms)
			return reader->failed = RV_BAD;
		const struct rv_schema *schema = rv_record_schema(number);
		const uint8_t *end = reader->at + bytes;
		uint32_t known = reader->coder->strings;
		enum rv_status status = schema ? read_values(reader, schema, end, &n) : RV_OK;
		if (status != RV_OK)
			return reader->failed = status;
		/* A field from the future may name strings too. */
		if (reader->head.format == FORMAT && (fresh > reader->n_strings - known || reader->coder->strings - known > fresh))
			return reader->failed = RV_BAD;
		if (reader->head.format == FORMAT)
			reader->coder->strings = known + fresh;
		reader->at = end;
		reader->t_ms += delta;
		reader->left--;
		if (!schema)
			continue;
		*rec = (struct rv_rec){.type = number, .t_ms = reader->t_ms, .n = n, .v = reader->values};
		return RV_OK;
	}
	if (!reader->failed && (reader->at != reader->end || reader->t_ms != reader->head.last_ms))
		reader->failed = RV_BAD;
	return reader->failed ? reader->failed : RV_END;
}

/* ---- streams ---- */

void rv_stream_begin(struct rv_buf *out)
{
	rv_buf_add(out, stream_magic, sizeof stream_magic);
	rv_buf_u32le(out, 1);
}

enum rv_status rv_stream_next(struct rv_span stream, size_t *pos, struct rv_span *segment)
{
	if (*pos == 0) {
		if (memcmp(stream.ptr, stream_magic, stream.len < 4 ? stream.len : 4) != 0)
			return RV_BAD;
		if (stream.len < RV_STREAM_HEAD_BYTES)
			return RV_INCOMPLETE;
		if (get_u32(stream.ptr + 4) != 1)
			return RV_VERSION;
		*pos = RV_STREAM_HEAD_BYTES;
	}
	if (*pos == stream.len)
		return RV_END;
	struct rv_segment_head head;
	size_t size;
	struct rv_span rest = rv_span(stream.ptr + *pos, stream.len - *pos);
	enum rv_status status = rv_segment_head(rest, &head, &size);
	if (status != RV_OK)
		return status;
	*segment = rv_span(rest.ptr, size);
	*pos += size;
	return RV_OK;
}
