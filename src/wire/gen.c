/* Writes what follows from record.def and status.def: gen OUT_HEADER OUT_JS. Runs on the build machine.
 * Refuses a schema that uses a number or a name twice. A file whose content would stay the same is
 * left alone, so that nothing is built again for it. */
#include "status.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 16, NAMES_MAX = 2048, NAME_BYTES = 96 };

struct field { const char *type, *name; };
struct record { unsigned number; const char *name; unsigned version; struct field fixed[FIELDS_MAX + 1], group[FIELDS_MAX + 1]; };
struct constant { const char *name; uint32_t value; };
struct status { const char *name; int number; const char *text; };

static const struct record records[] = {
#define F(type, field) {#type, #field},
#define G(type, field) {#type, #field},
#define RV_RECORD(number, name, version, fixed, group) {number, #name, version, {fixed {0, 0}}, {group {0, 0}}},
#include "record.def"
};
static const struct constant constants[] = {
#define RV_CONST(name, value) {#name, value},
#include "record.def"
};
static const struct status statuses[] = {
#define RV_STATUS(name, number, text, http, retryable) {#name, number, text},
#include "status.def"
};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct text { char *ptr; size_t len, cap; };

static void put(struct text *out, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	size_t need = (size_t)vsnprintf(NULL, 0, format, args) + 1;
	if (out->len + need > out->cap) {
		out->cap = (out->len + need) * 2;
		out->ptr = realloc(out->ptr, out->cap);
		if (!out->ptr)
			abort();
	}
	vsnprintf(out->ptr + out->len, need, format, again);
	out->len += need - 1;
	va_end(again);
	va_end(args);
}

struct upper { char text[NAME_BYTES]; };

static struct upper upper(const char *name)
{
	struct upper out;
	size_t i = 0;
	for (; name[i] && i + 1 < NAME_BYTES; i++)
		out.text[i] = (char)toupper((unsigned char)name[i]);
	out.text[i] = 0;
	return out;
}

static bool broken;

static void complain(const char *what, const char *name)
{
	fprintf(stderr, "record.def: %s: %s\n", what, name);
	broken = true;
}

/* Every name that comes out, to find clashes between fields, records and constants. */
static char names[NAMES_MAX][NAME_BYTES];
static size_t n_names;

static const char *claim(const char *format, const char *a, const char *b)
{
	char *name = names[n_names];
	snprintf(name, NAME_BYTES, format, a, b);
	for (size_t i = 0; i < n_names; i++)
		if (strcmp(names[i], name) == 0)
			complain("two things want one name", name);
	if (n_names + 1 < NAMES_MAX)
		n_names++;
	else
		complain("too many names", name);
	return name;
}

static unsigned count(const struct field *fields)
{
	unsigned n = 0;
	for (; n < FIELDS_MAX && fields[n].name; n++)
		if (strcmp(fields[n].type, "u32") && strcmp(fields[n].type, "i32") && strcmp(fields[n].type, "f64") && strcmp(fields[n].type, "str"))
			complain("unknown type", fields[n].type);
	return n;
}

static void check(void)
{
	for (size_t i = 0; i < COUNT(records); i++) {
		const struct record *r = &records[i];
		if (r->number < 1 || r->number > 255)
			complain("number outside 1 to 255", r->name);
		if (count(r->fixed) + count(r->group) > FIELDS_MAX)
			complain("too many fields", r->name);
		for (size_t j = 0; j < i; j++)
			if (records[j].number == r->number)
				complain("number used twice", r->name);
	}
}

/* The canonical text: one line a record, one a constant, in order of the file. */
static uint32_t abi_hash(void)
{
	struct text out = {0};
	for (size_t i = 0; i < COUNT(records); i++) {
		const struct record *r = &records[i];
		put(&out, "%u %s %u", r->number, r->name, r->version);
		for (unsigned f = 0; f < count(r->fixed); f++)
			put(&out, " %s:%s", r->fixed[f].name, r->fixed[f].type);
		for (unsigned f = 0; f < count(r->group); f++)
			put(&out, " *%s:%s", r->group[f].name, r->group[f].type);
		put(&out, "\n");
	}
	for (size_t i = 0; i < COUNT(constants); i++)
		put(&out, "%s=%u\n", constants[i].name, constants[i].value);
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < out.len; i++)
		hash = (hash ^ (uint8_t)out.ptr[i]) * 16777619u;
	free(out.ptr);
	return hash;
}

static void header(struct text *out)
{
	unsigned highest = 0;
	put(out, "/* Made from record.def by gen.c. */\n#ifndef RV_RECORD_GEN_H\n#define RV_RECORD_GEN_H\n\n#define RV_ABI_HASH 0x%08xu\n\n", abi_hash());
	put(out, "enum rv_record_type {\n");
	for (size_t i = 0; i < COUNT(records); i++) {
		put(out, "\t%s = %u,\n", claim("RV_%s%s", "REC_", upper(records[i].name).text), records[i].number);
		highest = records[i].number > highest ? records[i].number : highest;
	}
	put(out, "};\nenum { RV_REC_MAX = %u }; /* the highest number */\n\n", highest);
	for (size_t i = 0; i < COUNT(records); i++) {
		const struct record *r = &records[i];
		struct upper name = upper(r->name);
		unsigned f;
		put(out, "enum {");
		for (f = 0; f < count(r->fixed); f++)
			put(out, " %s,", claim("RV_%s_%s", name.text, upper(r->fixed[f].name).text));
		put(out, " %s = %u, %s = %u", claim("RV_%s_%s", name.text, "FIXED"), f, claim("RV_%s_%s", name.text, "GROUP"), count(r->group));
		put(out, " };\n");
		if (count(r->group)) {
			put(out, "enum {");
			for (f = 0; f < count(r->group); f++)
				put(out, "%s %s = %u", f ? "," : "", claim("RV_%s_G_%s", name.text, upper(r->group[f].name).text), f);
			put(out, " };\n");
		}
	}
	put(out, "\n");
	for (size_t i = 0; i < COUNT(constants); i++)
		put(out, constants[i].value > INT32_MAX ? "#define %s %uu\n" : "enum { %s = %u };\n", claim("RV_%s%s", constants[i].name, ""), constants[i].value);
	put(out, "\n#endif\n");
}

static void fields_js(struct text *out, const char *key, const struct field *fields)
{
	put(out, ", %s: [", key);
	for (unsigned f = 0; f < count(fields); f++)
		put(out, "%s['%s', '%s']", f ? ", " : "", fields[f].name, fields[f].type);
	put(out, "]");
}

static void javascript(struct text *out)
{
	put(out, "/* Made from record.def and status.def by gen.c. */\n\nexport const ABI_HASH = %u\n\n", abi_hash());
	for (size_t i = 0; i < COUNT(records); i++)
		put(out, "export const REC_%s = %u\n", upper(records[i].name).text, records[i].number);
	put(out, "\n");
	for (size_t i = 0; i < COUNT(constants); i++)
		put(out, "export const %s = %u\n", constants[i].name, constants[i].value);
	put(out, "\n");
	for (size_t i = 0; i < COUNT(statuses); i++)
		put(out, "export const RV_STATUS_%s = %d\n", statuses[i].name, statuses[i].number);
	put(out, "/** Texts by status number. */\nexport const RV_STATUS_TEXT = /* @__PURE__ */ Object.freeze([");
	for (size_t i = 0; i < COUNT(statuses); i++)
		put(out, "%s'%s'", i ? ", " : "", statuses[i].text);
	put(out, "])\n\n/**\n * Layouts by record number, for tests and tools: pairs of field and type.\n"
		" * @type {Record<number, {name: string, version: number, fixed: [string, string][], group: [string, string][]}>}\n */\n"
		"export const SCHEMA = {\n");
	for (size_t i = 0; i < COUNT(records); i++) {
		put(out, "\t%u: {name: '%s', version: %u", records[i].number, records[i].name, records[i].version);
		fields_js(out, "fixed", records[i].fixed);
		fields_js(out, "group", records[i].group);
		put(out, "},\n");
	}
	put(out, "}\n");
}

static bool same(const char *path, const struct text *text)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		return false;
	char *old = malloc(text->len + 1);
	size_t n = old ? fread(old, 1, text->len + 1, file) : 0;
	fclose(file);
	bool equal = old && n == text->len && memcmp(old, text->ptr, n) == 0;
	free(old);
	return equal;
}

static bool save(const char *path, const struct text *text)
{
	if (same(path, text))
		return true;
	FILE *file = fopen(path, "wb");
	if (!file || fwrite(text->ptr, 1, text->len, file) != text->len || fclose(file) != 0) {
		perror(path);
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: %s OUT_HEADER OUT_JS\n", argv[0]);
		return 2;
	}
	struct text h = {0}, js = {0};
	check();
	header(&h);
	javascript(&js);
	bool ok = !broken && save(argv[1], &h) && save(argv[2], &js);
	free(h.ptr);
	free(js.ptr);
	return ok ? 0 : 1;
}
