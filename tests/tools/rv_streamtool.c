/* Native streams from the command line, for tests.
 *
 *   rv_streamtool rrweb FILE            the stream as rrweb events; counts on stderr
 *   rv_streamtool summary FILE          what it holds
 *   rv_streamtool hash FILE AT          hash of the document at a wall-clock time (ms; `end` for the last)
 *   rv_streamtool nodes FILE AT         the document then, as a JSON array of nodes
 *   rv_streamtool done FILE AT          1 when the first walk of the page is complete then, else 0
 *   rv_streamtool cut FILE FROM TO OUT  a window of it
 *   rv_streamtool records FILE          the records, one a line
 *   rv_streamtool sample OUT            a small made-up page with everything on it
 *   rv_streamtool random SEED N OUT     a random but honest page of about N records */
#include "../unit/replay_random.h"
#include "json.h"
#include "rrweb.h"
#include "stream.h"
#include "summary.h"
#include <stdio.h>

static void die(const char *what, enum rv_status status)
{
	fprintf(stderr, "rv_streamtool: %s: %s\n", what, rv_status_text(status));
	exit(1);
}

static void check(const char *what, enum rv_status status)
{
	if (status != RV_OK)
		die(what, status);
}

static struct rv_span read_file(const char *path, struct rv_buf *buf)
{
	uint8_t part[65536];
	size_t n;
	FILE *file = fopen(path, "rb");
	if (!file)
		die(path, RV_IO);
	rv_buf_init(buf, 256 << 20);
	while ((n = fread(part, 1, sizeof part, file)) > 0)
		rv_buf_add(buf, part, n);
	fclose(file);
	check(path, rv_buf_status(buf));
	return rv_buf_get(buf);
}

static void write_file(const char *path, struct rv_span bytes)
{
	FILE *file = fopen(path, "wb");
	if (!file || fwrite(bytes.ptr, 1, bytes.len, file) != bytes.len || fclose(file))
		die(path, RV_IO);
}

static enum rv_status to_stdout(void *user, struct rv_span piece)
{
	return fwrite(piece.ptr, 1, piece.len, stdout) == piece.len ? RV_OK : RV_IO;
}

static double parse_time(const char *text)
{
	return strcmp(text, "end") ? strtod(text, NULL) : 1e300;
}

/* ---- nodes ---- */

static void write_ids(struct rv_json *json, const char *key, const struct rv_mirror *mirror, uint32_t slot)
{
	rv_json_key(json, key);
	rv_json_open(json, '[');
	for (; slot; slot = rv_mirror_slot(mirror, slot)->next)
		rv_json_int(json, rv_mirror_slot(mirror, slot)->id);
	rv_json_close(json, ']');
}

/* media: the rules of a constructed sheet stand in its media. */
static void write_rules(struct rv_json *json, const struct rv_sheet *sheet, bool media)
{
	rv_json_open(json, '[');
	for (uint32_t i = 0; i < sheet->n_rules; i++) {
		struct rv_buf text;
		rv_buf_init(&text, 64 << 20);
		if (media && sheet->media.len) {
			rv_buf_str(&text, "@media ");
			rv_buf_span(&text, sheet->media);
			rv_buf_byte(&text, '{');
		}
		rv_mirror_rule_text(&sheet->rules[i], &text);
		if (media && sheet->media.len)
			rv_buf_byte(&text, '}');
		rv_json_text(json, rv_buf_get(&text));
		rv_buf_deinit(&text);
	}
	rv_json_close(json, ']');
}

static void write_node(struct rv_json *json, const struct rv_mirror *mirror, const struct rv_node *node)
{
	const struct rv_node_state *state = node->state;
	const struct rv_sheet *sheet = rv_mirror_sheet(mirror, node->sheet);
	rv_json_open(json, '{');
	rv_json_key(json, "id");
	rv_json_int(json, node->id);
	rv_json_key(json, "kind");
	rv_json_int(json, node->kind);
	rv_json_key(json, "flags");
	rv_json_int(json, node->flags);
	rv_json_key(json, "name");
	rv_json_text(json, node->name);
	rv_json_key(json, "text");
	rv_json_text(json, node->text);
	rv_json_key(json, "attributes");
	rv_json_open(json, '{');
	for (uint32_t i = 0; i < node->n_attributes; i++) {
		rv_json_key_span(json, node->attributes[i].name);
		rv_json_text(json, node->attributes[i].value);
	}
	rv_json_close(json, '}');
	write_ids(json, "children", mirror, node->first);
	if (node->kind == RV_NODE_ELEMENT && node->shadow)
		write_ids(json, "shadow", mirror, rv_mirror_slot(mirror, node->shadow)->first);
	if (node->kind == RV_NODE_ELEMENT && node->frame) {
		rv_json_key(json, "frame");
		rv_json_int(json, rv_mirror_slot(mirror, node->frame)->id);
	}
	if (sheet) {
		rv_json_key(json, "rules");
		write_rules(json, sheet, false);
		rv_json_key(json, "media");
		rv_json_text(json, sheet->flags & RV_SHEET_DISABLED ? rv_span_str("not all") : sheet->media.len ? sheet->media : rv_mirror_attribute(node, "media"));
	}
	const struct rv_node *root = node->kind == RV_NODE_ELEMENT ? rv_mirror_slot(mirror, node->shadow) : node;
	if (root && root->n_adopted) {
		rv_json_key(json, "adopted");
		rv_json_open(json, '[');
		for (uint32_t i = 0; i < root->n_adopted; i++)
			if (!(rv_mirror_sheet(mirror, root->adopted[i])->flags & RV_SHEET_DISABLED))
				write_rules(json, rv_mirror_sheet(mirror, root->adopted[i]), true);
		rv_json_close(json, ']');
	}
	if (state && state->has_input) {
		rv_json_key(json, "input");
		rv_json_open(json, '{');
		rv_json_key(json, "flags");
		rv_json_int(json, state->input_flags);
		rv_json_key(json, "len");
		rv_json_int(json, state->input_len);
		rv_json_key(json, "value");
		rv_json_text(json, state->input_value);
		rv_json_close(json, '}');
	}
	if (state && state->has_scroll) {
		rv_json_key(json, "scroll");
		rv_json_open(json, '[');
		rv_json_int(json, state->scroll_x);
		rv_json_int(json, state->scroll_y);
		rv_json_close(json, ']');
	}
	if (state && state->canvas.ptr) {
		rv_json_key(json, "canvas");
		rv_json_text(json, state->canvas);
	}
	if (state && state->hold.ptr) {
		rv_json_key(json, "hold");
		rv_json_text(json, state->hold);
	}
	if (state && state->has_dialog) {
		rv_json_key(json, "dialog");
		rv_json_int(json, state->dialog_flags);
	}
	if (state && state->slot) {
		rv_json_key(json, "slot");
		rv_json_int(json, state->slot);
	}
	if (node->kind == RV_NODE_ELEMENT && node->shadow && rv_mirror_slot(mirror, node->shadow)->flags & RV_SHADOW_MANUAL_SLOTS) {
		rv_json_key(json, "manual");
		rv_json_bool(json, true);
	}
	if (node->id == rv_mirror_epoch(mirror)->fullscreen) {
		rv_json_key(json, "fullscreen");
		rv_json_bool(json, true);
	}
	rv_json_close(json, '}');
}

static void nodes(struct rv_span stream, double at)
{
	struct rv_mirror *mirror = rv_mirror_new(NULL);
	struct rv_buf out;
	struct rv_json json;
	if (!mirror)
		die("mirror", RV_MEMORY);
	check("fold", rv_stream_fold(stream, at, mirror));
	rv_buf_init(&out, 512 << 20);
	rv_json_init(&json, &out);
	rv_json_open(&json, '[');
	const struct rv_node *top = rv_mirror_document(mirror);
	uint32_t root = top ? rv_mirror_slot_of(mirror, top) : 0;
	for (uint32_t slot = root; slot; slot = rv_mirror_next(mirror, slot, root))
		write_node(&json, mirror, rv_mirror_slot(mirror, slot));
	rv_json_close(&json, ']');
	check("write", rv_buf_status(&out));
	check("write", to_stdout(NULL, rv_buf_get(&out)));
	rv_buf_deinit(&out);
	rv_mirror_free(mirror);
}

static void records(struct rv_span stream)
{
	struct rv_arena arena;
	struct rv_span segment;
	size_t pos = 0;
	enum rv_status status;
	rv_arena_init(&arena, 256 << 20);
	while ((status = rv_stream_next(stream, &pos, &segment)) == RV_OK) {
		struct rv_segment_reader reader;
		struct rv_rec rec;
		rv_arena_reset(&arena);
		check("segment", rv_segment_open(&reader, segment, &arena));
		printf("# %s epoch %u sequence %u\n", reader.head.kind == RV_SEGMENT_CHECKPOINT ? "checkpoint" : "records", reader.head.epoch, reader.head.sequence);
		while ((status = rv_segment_next(&reader, &rec)) == RV_OK) {
			printf("%.0f %s", reader.head.epoch_wall_ms + rec.t_ms, rv_record_name(rec.type));
			for (uint32_t i = 0; i < rec.n; i++)
				switch (rv_record_field(rv_record_schema(rec.type), i)) {
				case RV_FIELD_STR:
					if (rec.v[i].s.ptr)
						printf(" \"%.*s\"", (int)rec.v[i].s.len, (const char *)rec.v[i].s.ptr);
					else
						printf(" null");
					break;
				case RV_FIELD_F64: printf(" %g", rec.v[i].f); break;
				case RV_FIELD_I32: printf(" %d", rec.v[i].i); break;
				default: printf(" %u", rec.v[i].u);
				}
			printf("\n");
		}
		if (status != RV_END)
			die("record", status);
	}
	if (status != RV_END)
		die("stream", status);
	rv_arena_deinit(&arena);
}

static void cut(struct rv_span stream, double from, double to, const char *path)
{
	struct rv_span *segments = malloc((stream.len / RV_SEGMENT_HEAD_BYTES + 1) * sizeof *segments);
	struct rv_buf out;
	size_t n = 0, pos = 0;
	enum rv_status status;
	if (!segments)
		die("cut", RV_MEMORY);
	while ((status = rv_stream_next(stream, &pos, &segments[n])) == RV_OK)
		n++;
	if (status != RV_END)
		die("stream", status);
	rv_buf_init(&out, 256 << 20);
	check("cut", rv_stream_cut(segments, n, from, to, &out));
	write_file(path, rv_buf_get(&out));
	rv_buf_deinit(&out);
	free(segments);
}

/* ---- the sample page ---- */

static void sample(const char *path)
{
	struct random_maker r = {.wall_ms = 1700000000000.0, .epoch = 1};
	r.mirror = rv_mirror_new(NULL);
	r.writer = rv_segment_writer_new(1 << 20);
	rv_buf_init(&r.stream, 16 << 20);
	rv_stream_begin(&r.stream);
	rv_segment_writer_begin(r.writer, RV_SEGMENT_RECORDS, r.wall_ms, r.epoch, 0);
#define PUT(type, ...) \
	do { \
		const struct rv_val v_[] = {__VA_ARGS__}; \
		memcpy(r.v, v_, sizeof v_); \
		if (!random_put(&r, type, sizeof v_ / sizeof *v_)) \
			die(rv_record_name(type), RV_BAD); \
	} while (0)
#define NONE RS(rv_span(NULL, 0))
#define EL(id, parent, tag, ...) PUT(RV_REC_ELEMENT, RU(id), RU(parent), RU(0), RU(0), RT(tag), ##__VA_ARGS__)
#define TEXT(id, parent, text) PUT(RV_REC_TEXT, RU(id), RU(parent), RU(0), RU(RV_TEXT_PLAIN), RT(text))
	PUT(RV_REC_EPOCH, (struct rv_val){.f = r.wall_ms}, RU(900), RU(600), RU(1000), RT("https://shop.test/a/index.html?x=1"), RT(""), RU(1));
	PUT(RV_REC_DOCUMENT, RU(1), RU(0), RU(0), RT("https://shop.test/a/index.html?x=1"));
	PUT(RV_REC_DOCTYPE, RU(2), RU(1), RU(0), RT("html"), RT(""), RT(""));
	EL(3, 1, "html", RT("lang"), RT("en"));
	EL(4, 3, "head");
	EL(5, 4, "title");
	TEXT(6, 5, "Sample \xE2\x82\xAC </title><script>alert(1)</script>");
	EL(7, 4, "style");
	TEXT(8, 7, "p { color: rgb(1, 2, 3); } #box:hover { color: red; }");
	PUT(RV_REC_SHEET, RU(1), RU(7), RU(0), NONE, NONE);
	PUT(RV_REC_RULE_INSERT, RU(1), RT("p { color: rgb(1, 2, 3); }"), RU(0));
	PUT(RV_REC_RULE_INSERT, RU(1), RT("#box:hover { color: red; }"), RU(1));
	PUT(RV_REC_RULE_INSERT, RU(1), RT("@media screen { #box { height: 50px; } #gone { height: 1px; } }"), RU(2));
	EL(9, 4, "link", RT("rel"), RT("stylesheet"), RT("href"), RT("../style.css"), RT("media"), RT("screen"));
	PUT(RV_REC_SHEET, RU(2), RU(9), RU(0), NONE, RT("https://shop.test/style.css"));
	PUT(RV_REC_RULE_INSERT, RU(2), RT("#box { background-image: url(\"img/a.png\"); width: 200px; }"), RU(0));
	EL(10, 4, "script", RT("src"), RT("app.js"));
	TEXT(11, 10, "window.secret = 1;");
	EL(12, 3, "body", RT("onload"), RT("boom()"));
	TEXT(13, 12, "\n  ");
	EL(14, 12, "div", RT("id"), RT("box"), RT("onfocus"), RT("boom()"), RT("style"), RT("overflow: scroll; background: url(x.gif)"));
	EL(15, 14, "p");
	TEXT(16, 15, "Hello");
	EL(17, 14, "a", RT("href"), RT("../b.html"));
	EL(18, 14, "div", RT("style"), RT("height: 1000px"));
	PUT(RV_REC_SCROLL, RU(14), RI(0), RI(120));
	EL(20, 12, "x-card");
	PUT(RV_REC_SHADOW_ROOT, RU(21), RU(20), RU(0));
	EL(22, 21, "style");
	TEXT(23, 22, "b { color: rgb(4, 5, 6); }");
	EL(24, 21, "b");
	TEXT(25, 24, "in the shadow");
	EL(26, 21, "slot");
	TEXT(27, 20, "slotted");
	PUT(RV_REC_SHEET, RU(3), RU(0), RU(0), NONE, NONE);
	PUT(RV_REC_RULE_INSERT, RU(3), RT("b { font-weight: 300; }"), RU(0));
	PUT(RV_REC_ADOPTED, RU(21), RU(3));
	EL(30, 12, "iframe", RT("src"), RT("frame.html"), RT("sandbox"), RT(""));
	PUT(RV_REC_DOCUMENT, RU(31), RU(30), RU(0), RT("https://shop.test/a/frame.html"));
	EL(32, 31, "html");
	EL(33, 32, "head");
	EL(34, 32, "body");
	EL(35, 34, "i");
	TEXT(36, 35, "framed");
	EL(37, 34, "iframe");
	PUT(RV_REC_DOCUMENT, RU(38), RU(37), RU(0), RT("about:blank"));
	EL(39, 38, "html");
	EL(130, 39, "head");
	EL(131, 39, "body");
	TEXT(132, 131, "framed twice");
	EL(40, 12, "input", RT("type"), RT("text"), RT("value"), RT("default"));
	PUT(RV_REC_INPUT, RU(40), RU(RV_INPUT_HAS_VALUE), RU(5), RT("typed"));
	EL(41, 12, "input", RT("type"), RT("password"));
	PUT(RV_REC_INPUT, RU(41), RU(RV_INPUT_HAS_VALUE | RV_INPUT_MASKED), RU(6), NONE);
	EL(42, 12, "input", RT("type"), RT("checkbox"), RT("checked"), RT(""));
	PUT(RV_REC_INPUT, RU(42), RU(RV_INPUT_CHECKABLE), RU(0), NONE);
	EL(43, 12, "textarea");
	TEXT(44, 43, "default");
	PUT(RV_REC_INPUT, RU(43), RU(RV_INPUT_HAS_VALUE), RU(4), RT("area"));
	EL(45, 12, "select");
	EL(46, 45, "option", RT("value"), RT("one"));
	EL(47, 45, "option", RT("value"), RT("two"));
	PUT(RV_REC_INPUT, RU(45), RU(RV_INPUT_HAS_VALUE), RU(3), RT("two"));
	PUT(RV_REC_ELEMENT, RU(48), RU(12), RU(0), RU(RV_EL_BLOCK), RT("section"), RT("class"), RT("wide"), RT("title"), RT("hidden title"));
	PUT(RV_REC_SIZE, RU(48), RU(300), RU(40));
	PUT(RV_REC_ELEMENT, RU(50), RU(12), RU(0), RU(RV_NS_SVG), RT("svg"), RT("viewBox"), RT("0 0 10 10"));
	PUT(RV_REC_ELEMENT, RU(51), RU(50), RU(0), RU(RV_NS_SVG), RT("linearGradient"), RT("id"), RT("g"));
	PUT(RV_REC_TEXT, RU(52), RU(12), RU(0), RU(RV_TEXT_COMMENT), RT("a comment"));
	EL(53, 12, "dialog", RT("open"), RT(""));
	PUT(RV_REC_DIALOG, RU(53), RU(RV_DIALOG_OPEN | RV_DIALOG_MODAL));
	PUT(RV_REC_SCROLL, RU(1), RI(0), RI(30));
	random_put(&r, RV_REC_SNAPSHOT_DONE, 0);
	random_seal(&r);
	r.t_ms = 400;
	PUT(RV_REC_POINTER_MOVE, RU(14), RI(10), RI(10), RU(0));
	r.t_ms = 450;
	PUT(RV_REC_POINTER_MOVE, RU(15), RI(12), RI(12), RU(0));
	PUT(RV_REC_POINTER, RU(RV_POINTER_CLICK), RU(17), RI(12), RI(12), RU(0));
	PUT(RV_REC_CONSOLE, RU(RV_LEVEL_WARN), RU(1), RT("at f (app.js:1:1)\nat g"), RT("careful"), RT("{\"a\":1}"));
	r.t_ms = 600;
	EL(60, 12, "ul", RT("id"), RT("list"));
	for (uint32_t i = 0; i < 3; i++) {
		EL(61 + 2 * i, 60, "li");
		TEXT(62 + 2 * i, 61 + 2 * i, i == 0 ? "first" : i == 1 ? "second" : "third");
	}
	PUT(RV_REC_ATTRIBUTES, RU(14), RT("class"), RT("busy"), RT("style"), NONE);
	PUT(RV_REC_TEXT_SET, RU(16), RT("Hello again"));
	PUT(RV_REC_REMOVE, RU(18));
	r.t_ms = 700;
	PUT(RV_REC_MOVE, RU(65), RU(60), RU(61)); /* third, first, second */
	PUT(RV_REC_MOVE, RU(20), RU(14), RU(15)); /* the card with its shadow tree */
	PUT(RV_REC_MOVE, RU(30), RU(14), RU(0));  /* the frame with its documents */
	r.t_ms = 800;
	PUT(RV_REC_RULE_INSERT, RU(1), RT("#list { margin-left: 7px; }"), RU(0));
	PUT(RV_REC_RULE_INSERT, RU(1), RT("#list { padding-left: 8px; }"), RU(3), RU(1));
	PUT(RV_REC_RULE_REPLACE, RU(1), RT("p { color: rgb(7, 8, 9); }"), RU(1));
	PUT(RV_REC_RULE_DELETE, RU(1), RU(3), RU(2));
	PUT(RV_REC_RULE_INSERT, RU(3), RT("b { font-style: italic; }"), RU(1));
	r.t_ms = 900;
	EL(70, 12, "style", RT("id"), RT("late"));
	PUT(RV_REC_SHEET, RU(4), RU(70), RU(0), NONE, NONE);
	PUT(RV_REC_RULE_INSERT, RU(4), RT("#list { top: 1px; }"), RU(0));
	EL(71, 12, "div", RT("id"), RT("host"));
	TEXT(72, 71, "light");
	PUT(RV_REC_SHEET, RU(5), RU(0), RU(0), NONE, NONE);
	PUT(RV_REC_RULE_INSERT, RU(5), RT("body { outline-color: rgb(10, 11, 12); }"), RU(0));
	PUT(RV_REC_ADOPTED, RU(1), RU(5));
	r.t_ms = 1000;
	PUT(RV_REC_SHADOW_ROOT, RU(73), RU(71), RU(0));
	EL(74, 73, "em");
	PUT(RV_REC_RULE_INSERT, RU(5), RT("body { outline-width: 3px; }"), RU(1));
	PUT(RV_REC_INPUT, RU(40), RU(RV_INPUT_HAS_VALUE | RV_INPUT_USER), RU(8), RT("typed on"));
	PUT(RV_REC_INPUT, RU(42), RU(RV_INPUT_CHECKABLE | RV_INPUT_CHECKED | RV_INPUT_USER), RU(0), NONE);
	PUT(RV_REC_INPUT, RU(45), RU(RV_INPUT_HAS_VALUE | RV_INPUT_USER), RU(3), RT("one"));
	PUT(RV_REC_SCROLL, RU(1), RI(0), RI(60));
	PUT(RV_REC_PRIVACY, RU(60), RU(RV_EL_BLOCK));
	r.t_ms = 1100;
	PUT(RV_REC_PRIVACY, RU(60), RU(0));
	EL(75, 12, "p");
	TEXT(76, 75, "after");
	PUT(RV_REC_REMOVE, RU(31)); /* the frame navigates */
	PUT(RV_REC_DOCUMENT, RU(80), RU(30), RU(0), RT("https://shop.test/a/frame2.html"));
	EL(81, 80, "html");
	EL(82, 81, "body");
	TEXT(83, 82, "second frame page");
	PUT(RV_REC_NETWORK, RU(RV_NET_FETCH), RU(1), RT("GET"), RT("https://shop.test/api"), RU(500), RU(900), RU(20), RU(0), RU(30), RT("fetch"), NONE, RU(RV_PART_REQUEST_HEADER), RT("accept"), RT("*/*"));
	PUT(RV_REC_ERROR, RU(RV_ERROR_UNCAUGHT), RT("boom"), RT("app.js"), RU(1), RU(2), RT("Error: boom\n  at app.js:1:2"));
	PUT(RV_REC_NAVIGATE, RU(RV_NAV_PUSH), RT("https://shop.test/a/next"));
	PUT(RV_REC_DIALOG, RU(53), RU(0));
	r.t_ms = 1200;
	PUT(RV_REC_VIEWPORT, RU(800), RU(500), RU(1000));
	PUT(RV_REC_VISIBILITY, RU(0));
	PUT(RV_REC_CUSTOM, RT("step"), RT("{\"n\":[1,null,\"x\"]}"));
	random_seal(&r);
	write_file(path, rv_buf_get(&r.stream));
	random_free(&r);
}

int main(int argc, char **argv)
{
	struct rv_buf file, out;
	struct rv_json json;
	const char *command = argc > 2 ? argv[1] : "";
	if (!strcmp(command, "sample")) {
		sample(argv[2]);
		return 0;
	}
	if (!strcmp(command, "random") && argc >= 5) {
		struct random_maker maker = {.gentle = argc == 5}; /* a sixth word: a wild one */
		random_make(&maker, (uint32_t)strtoul(argv[2], NULL, 10), (uint32_t)strtoul(argv[3], NULL, 10));
		write_file(argv[4], rv_buf_get(&maker.stream));
		random_free(&maker);
		return 0;
	}
	if (!*command || (strcmp(command, "rrweb") && strcmp(command, "summary") && strcmp(command, "records") && argc < 4) || (!strcmp(command, "cut") && argc < 6)) {
		fprintf(stderr, "usage: rv_streamtool rrweb|summary|records FILE | hash|nodes|done FILE AT | cut FILE FROM TO OUT | sample OUT | random SEED N OUT\n");
		return 2;
	}
	struct rv_span stream = read_file(argv[2], &file);
	if (!strcmp(command, "rrweb")) {
		struct rv_rrweb_counts counts = {0};
		check("export", rv_rrweb_export(stream, to_stdout, NULL, &counts));
		fprintf(stderr, "{\"events\":%u,\"full_snapshots\":%u,\"order_violations\":%u,\"skipped\":%u}\n", counts.events, counts.full_snapshots, counts.order_violations, counts.skipped);
	} else if (!strcmp(command, "summary")) {
		rv_buf_init(&out, 64 << 20);
		rv_json_init(&json, &out);
		check("summary", rv_summary_json(stream, &json));
		check("write", to_stdout(NULL, rv_buf_get(&out)));
		rv_buf_deinit(&out);
	} else if (!strcmp(command, "records")) {
		records(stream);
	} else if (!strcmp(command, "hash") || !strcmp(command, "done")) {
		struct rv_mirror *mirror = rv_mirror_new(NULL);
		if (!mirror)
			die("mirror", RV_MEMORY);
		check("fold", rv_stream_fold(stream, parse_time(argv[3]), mirror));
		if (!strcmp(command, "done"))
			printf("%d\n", rv_mirror_epoch(mirror)->snapshot_done);
		else
			printf("%08x\n", rv_mirror_hash(mirror));
		rv_mirror_free(mirror);
	} else if (!strcmp(command, "nodes")) {
		nodes(stream, parse_time(argv[3]));
	} else {
		cut(stream, parse_time(argv[3]), parse_time(argv[4]), argv[5]);
	}
	rv_buf_deinit(&file);
	return 0;
}
