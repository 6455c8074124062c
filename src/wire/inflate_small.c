/* The small reader: canonical Huffman codes decoded by counting, bases and extra bits computed. It
 * refuses what zlib's refuses: codes that are over-subscribed or incomplete (but for a single one of
 * one bit), no end of block, distances before the start. */
#include "inflate.h"

enum { BITS_MAX = 15, LENGTHS = 286, DISTANCES = 30, FIXED_LENGTHS = 288, CODE_LENGTHS = 19, END_OF_BLOCK = 256 };

/* A code: how many symbols have each length, and the symbols in order of length, then of value. */
struct code {
	uint16_t count[BITS_MAX + 1], symbol[FIXED_LENGTHS];
};

struct reader {
	const uint8_t *at, *end;
	uint8_t *out;
	size_t n, len;
	uint32_t hold, bits; /* bits read ahead, lowest first; less than 32 */
	bool bad;
};

/* Reads ahead as long as a whole byte fits, so that a code and its extra bits are there if at all. */
static void fill(struct reader *r)
{
	for (; r->bits <= 24 && r->at < r->end; r->bits += 8)
		r->hold |= (uint32_t)*r->at++ << r->bits;
}

static uint32_t take(struct reader *r, uint32_t n)
{
	fill(r);
	if (n > r->bits) {
		r->bad = true;
		return 0;
	}
	uint32_t value = r->hold & ((1u << n) - 1);
	r->hold >>= n;
	r->bits -= n;
	return value;
}

/* Makes the code of n lengths. The number of codes left over: 0 a whole set, below 0 too many. */
static int build(struct code *code, const uint8_t *lengths, uint32_t n)
{
	uint16_t next[BITS_MAX + 1] = {0};
	int left = 1;
	memset(code->count, 0, sizeof code->count);
	for (uint32_t i = 0; i < n; i++)
		code->count[lengths[i]]++;
	if (code->count[0] == n)
		return 0; /* no codes: whoever uses one fails */
	for (uint32_t bits = 1; bits <= BITS_MAX; bits++) {
		left = left * 2 - code->count[bits];
		if (left < 0)
			return left;
		if (bits < BITS_MAX)
			next[bits + 1] = next[bits] + code->count[bits];
	}
	for (uint32_t i = 0; i < n; i++)
		if (lengths[i])
			code->symbol[next[lengths[i]]++] = (uint16_t)i;
	return left;
}

static uint32_t decode(struct reader *r, const struct code *code)
{
	uint32_t value = 0, first = 0, index = 0;
	fill(r);
	uint32_t hold = r->hold;
	for (uint32_t bits = 1; bits <= BITS_MAX && bits <= r->bits; bits++) {
		uint32_t count = code->count[bits];
		value |= hold & 1;
		hold >>= 1;
		if (value - first < count) {
			r->hold = hold;
			r->bits -= bits;
			return code->symbol[index + value - first];
		}
		index += count;
		first = (first + count) << 1;
		value <<= 1;
	}
	r->bad = true;
	return END_OF_BLOCK;
}

/* A base and its extra bits: four lengths or two distances share a number of them. */
static uint32_t scaled(struct reader *r, uint32_t symbol, uint32_t log2)
{
	uint32_t per = 1u << log2;
	if (symbol < 2 * per)
		return symbol;
	uint32_t extra = (symbol >> log2) - 1;
	return ((per + (symbol & (per - 1))) << extra) + take(r, extra);
}

static void read_codes(struct reader *r, const struct code *lengths, const struct code *distances)
{
	for (;;) {
		uint32_t symbol = decode(r, lengths);
		if (symbol == END_OF_BLOCK)
			return;
		if (symbol < END_OF_BLOCK) {
			if (r->n == r->len)
				break;
			r->out[r->n++] = (uint8_t)symbol;
			continue;
		}
		symbol -= END_OF_BLOCK + 1;
		if (symbol > 28)
			break;
		size_t length = 3 + (symbol == 28 ? 255 : scaled(r, symbol, 2)), distance = decode(r, distances);
		if (distance >= DISTANCES)
			break;
		distance = 1 + scaled(r, (uint32_t)distance, 1);
		if (r->bad || distance > r->n || length > r->len - r->n)
			break;
		for (; length; length--, r->n++)
			r->out[r->n] = r->out[r->n - distance];
	}
	r->bad = true;
}

static void read_stored(struct reader *r)
{
	take(r, r->bits & 7);
	uint32_t length = take(r, 16);
	if (length != (take(r, 16) ^ 0xffff) || length > r->len - r->n)
		r->bad = true;
	for (; length && !r->bad; length--)
		r->out[r->n++] = (uint8_t)take(r, 8);
}

static void read_fixed(struct reader *r)
{
	struct code lengths, distances;
	uint8_t bits[FIXED_LENGTHS];
	for (uint32_t i = 0; i < FIXED_LENGTHS; i++)
		bits[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
	build(&lengths, bits, FIXED_LENGTHS);
	memset(bits, 5, DISTANCES);
	build(&distances, bits, DISTANCES);
	read_codes(r, &lengths, &distances);
}

/* The lengths of both codes, written in a code of their own. False when they are not usable. */
static bool read_lengths(struct reader *r, uint8_t *bits, uint32_t n)
{
	static const uint8_t order[CODE_LENGTHS] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
	struct code code;
	uint32_t given = take(r, 4) + 4;
	memset(bits, 0, CODE_LENGTHS);
	for (uint32_t i = 0; i < given; i++)
		bits[order[i]] = (uint8_t)take(r, 3);
	if (build(&code, bits, CODE_LENGTHS) != 0)
		return false;
	for (uint32_t i = 0; i < n;) {
		uint32_t symbol = decode(r, &code), times = 1;
		uint8_t length = (uint8_t)symbol;
		if (r->bad)
			return false;
		if (symbol == 16) {
			if (i == 0)
				return false;
			length = bits[i - 1];
			times = 3 + take(r, 2);
		} else if (symbol > 16) {
			length = 0;
			times = symbol == 17 ? 3 + take(r, 3) : 11 + take(r, 7);
		}
		if (times > n - i)
			return false;
		memset(bits + i, length, times);
		i += times;
	}
	return bits[END_OF_BLOCK] != 0;
}

static bool usable(struct code *code, const uint8_t *bits, uint32_t n)
{
	int left = build(code, bits, n);
	return left == 0 || (left > 0 && n == (uint32_t)code->count[0] + code->count[1]);
}

static void read_dynamic(struct reader *r)
{
	struct code lengths, distances;
	uint8_t bits[LENGTHS + DISTANCES];
	uint32_t n = take(r, 5) + 257, n_distances = take(r, 5) + 1;
	if (n > LENGTHS || n_distances > DISTANCES || !read_lengths(r, bits, n + n_distances) || !usable(&lengths, bits, n) || !usable(&distances, bits + n, n_distances))
		r->bad = true;
	else
		read_codes(r, &lengths, &distances);
}

enum rv_status rv_inflate_small(struct rv_span in, uint8_t *out, size_t len)
{
	struct reader r = {.at = in.ptr, .end = in.ptr + in.len, .out = out, .len = len};
	bool last;
	do {
		last = take(&r, 1);
		switch (take(&r, 2)) {
		case 0:
			read_stored(&r);
			break;
		case 1:
			read_fixed(&r);
			break;
		case 2:
			read_dynamic(&r);
			break;
		default:
			r.bad = true;
		}
	} while (!last && !r.bad);
	return !r.bad && r.n == len && r.at == r.end && r.bits < 8 ? RV_OK : RV_BAD;
}
