/* Patterns as a chain of atoms, run as a set of states, each with the start of its earliest attempt:
 * one pass over the text, work per byte bounded by the number of atoms. */
#include "pattern.h"
#include "words.h"

static void set_add(uint32_t *set, uint8_t byte)
{
	set[byte >> 5] |= 1u << (byte & 31);
}

static bool set_has(const uint32_t *set, uint8_t byte)
{
	return set[byte >> 5] >> (byte & 31) & 1;
}

/* A letter in either case. */
static void set_add_both(uint32_t *set, uint8_t byte)
{
	uint8_t lower = byte | 0x20;

	set_add(set, byte);
	if (lower >= 'a' && lower <= 'z')
		set_add(set, byte ^ 0x20);
}

static bool is_word(uint8_t byte)
{
	return byte > ' ' && !rv_one_of(byte, "\"'`<>\x7f");
}

/* Word bytes; heads leaves out the continuation bytes of UTF-8, so that it takes one character. */
static void set_words(uint32_t *set, bool heads)
{
	uint32_t byte;

	for (byte = 0; byte < 256; byte++) {
		if (is_word((uint8_t)byte) && !(heads && byte >= 0x80 && byte < 0xc0))
			set_add(set, (uint8_t)byte);
	}
}

static struct rv_pattern_atom *new_atom(struct rv_pattern *pattern)
{
	struct rv_pattern_atom *atom;

	if (pattern->n == RV_PATTERN_ATOMS_MAX)
		return NULL;
	atom = &pattern->atoms[pattern->n++];
	memset(atom, 0, sizeof(*atom));
	return atom;
}

/* The rest of a character whose head an atom took. */
static bool add_tail(struct rv_pattern *pattern)
{
	struct rv_pattern_atom *atom = new_atom(pattern);

	if (!atom)
		return false;
	atom->set[4] = atom->set[5] = UINT32_MAX; /* 0x80 to 0xbf */
	atom->optional = atom->repeat = true;
	return true;
}

/* Reads a class behind its '['; *pos moves behind the ']'. Only ASCII may be listed. */
static enum rv_status read_class(struct rv_span text, size_t *pos, uint32_t *set, bool *negated)
{
	uint32_t listed[8] = {0};
	bool any = false;
	size_t i = *pos;
	uint32_t byte;

	*negated = i < text.len && text.ptr[i] == '^';
	if (*negated)
		i++;
	for (; i < text.len && (text.ptr[i] != ']' || !any); any = true) {
		uint32_t from, to;

		if (text.ptr[i] == '\\' && ++i == text.len)
			return RV_BAD;
		from = to = text.ptr[i++];
		if (i + 1 < text.len && text.ptr[i] == '-' && text.ptr[i + 1] != ']') {
			i++;
			if (text.ptr[i] == '\\' && ++i == text.len)
				return RV_BAD;
			to = text.ptr[i++];
		}
		if (from > to || to >= 0x80)
			return RV_BAD;
		for (byte = from; byte <= to; byte++)
			set_add_both(listed, (uint8_t)byte);
	}
	if (i >= text.len || !any)
		return RV_BAD;
	*pos = i + 1;
	if (*negated)
		set_words(set, true);
	for (i = 0; i < 8; i++)
		set[i] = *negated ? set[i] & ~listed[i] : listed[i];
	return RV_OK;
}

enum rv_status rv_pattern_compile(struct rv_pattern *pattern, struct rv_span text)
{
	bool matter = false, repeatable = false;
	size_t i = 0, k;

	pattern->n = 0;
	if (!text.ptr || !text.len)
		return RV_BAD;
	if (text.len > RV_PATTERN_BYTES_MAX)
		return RV_LIMIT;
	while (i < text.len) {
		uint8_t byte = text.ptr[i++];
		struct rv_pattern_atom *atom;
		bool wide = false;

		if (byte == '+') {
			if (!repeatable)
				return RV_BAD;
			repeatable = false;
			/* One or more of a whole character: its head and tail become one run. */
			atom = &pattern->atoms[pattern->n - 1];
			if (atom->optional) {
				pattern->n--;
				for (k = 0; k < 8; k++)
					atom[-1].set[k] |= atom->set[k];
				atom--;
			}
			atom->repeat = true;
			continue;
		}
		if (!(atom = new_atom(pattern)))
			return RV_LIMIT;
		repeatable = true;
		if (byte == '*') {
			set_words(atom->set, false);
			atom->repeat = atom->optional = true;
			repeatable = false;
			continue;
		}
		matter = true;
		if (byte == '?') {
			set_words(atom->set, true);
			wide = true;
		} else if (byte == '[') {
			enum rv_status status = read_class(text, &i, atom->set, &wide);

			if (status != RV_OK)
				return status;
		} else {
			if (byte == '\\') {
				if (i == text.len)
					return RV_BAD;
				byte = text.ptr[i++];
			}
			set_add_both(atom->set, byte);
			repeatable = byte < 0x80;
		}
		if (wide && !add_tail(pattern))
			return RV_LIMIT;
	}
	return matter ? RV_OK : RV_BAD;
}

enum { NO_START = SIZE_MAX };

/* An attempt reaches state s: it has passed atoms [0, s). Optional ones are passed for free. */
static void enter(const struct rv_pattern *pattern, size_t *starts, uint32_t state, size_t start)
{
	for (;;) {
		if (starts[state] <= start)
			return;
		starts[state] = start;
		if (state == pattern->n || !pattern->atoms[state].optional)
			return;
		state++;
	}
}

bool rv_pattern_find(const struct rv_pattern *pattern, struct rv_span text, size_t *start, size_t *end)
{
	size_t now[RV_PATTERN_ATOMS_MAX + 1], next[RV_PATTERN_ATOMS_MAX + 1];
	size_t best = NO_START, best_end = 0, i;
	uint32_t s, live = 0;

	for (s = 0; s <= pattern->n; s++)
		now[s] = NO_START;
	for (i = *start; i < text.len; i++) {
		uint8_t byte = text.ptr[i];

		if (best == NO_START) {
			/* Nothing under way and no attempt may begin here: most bytes of most texts. */
			if (!live && !set_has(pattern->atoms[0].set, byte) && !pattern->atoms[0].optional)
				continue;
			enter(pattern, now, 0, i);
		} else if (!live) {
			break;
		}
		for (s = 0; s <= pattern->n; s++)
			next[s] = NO_START;
		for (live = 0, s = 0; s < pattern->n; s++) {
			if (now[s] == NO_START || now[s] > best || i - now[s] >= RV_PATTERN_SPAN_MAX || !set_has(pattern->atoms[s].set, byte))
				continue;
			live++;
			enter(pattern, next, s + 1, now[s]);
			if (pattern->atoms[s].repeat)
				enter(pattern, next, s, now[s]);
		}
		memcpy(now, next, sizeof(now));
		if (now[pattern->n] != NO_START && now[pattern->n] <= best) {
			best = now[pattern->n];
			best_end = i + 1;
		}
	}
	if (best == NO_START)
		return false;
	*start = best;
	*end = best_end;
	return true;
}
