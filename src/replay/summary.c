#include "summary.h"
#include "cursor.h"
#include "utf8.h"
#include <stdlib.h>

#define U(index) (rec->v[index].u)
#define S(index) (rec->v[index].s)

enum { MARKS_MAX = 2000, PAGES_MAX = 1000, NOTES_MAX = 1000, TEXT_MAX = 200, LABEL_MAX = 60, REFUSED_MAX = 10000 };

struct list { struct rv_buf buf; struct rv_json json; uint32_t n, max; };

struct summary {
	struct rv_mirror *mirror;
	struct list pages, notes, marks;
	struct rv_buf text;
	double from, to, at;
	uint32_t records, epochs, resyncs, refused;
};

static void list_init(struct list *list, uint32_t max)
{
	rv_buf_init(&list->buf, 16 << 20);
	rv_json_init(&list->json, &list->buf);
	list->max = max;
	rv_json_open(&list->json, '[');
}

/* Opens an entry and writes its time; false when the list is full. */
static bool entry(struct summary *sum, struct list *list)
{
	if (list->n == list->max)
		return false;
	list->n++;
	rv_json_open(&list->json, '{');
	rv_json_key(&list->json, "at");
	rv_json_num(&list->json, sum->at);
	return true;
}

static void field(struct list *list, const char *key, struct rv_span text)
{
	rv_json_key(&list->json, key);
	rv_json_text(&list->json, rv_utf8_prefix(text.ptr ? text : rv_span("", 0), TEXT_MAX));
}

static void mark(struct summary *sum, const char *kind, struct rv_span text)
{
	if (!entry(sum, &sum->marks))
		return;
	field(&sum->marks, "kind", rv_span_str(kind));
	field(&sum->marks, "text", text);
	rv_json_close(&sum->marks.json, '}');
}

static void note(struct summary *sum, struct rv_span kind, struct rv_span text)
{
	if (!entry(sum, &sum->notes))
		return;
	field(&sum->notes, "kind", kind);
	field(&sum->notes, "text", text);
	rv_json_close(&sum->notes.json, '}');
}

static void page(struct summary *sum, const struct rv_rec *rec)
{
	if (!entry(sum, &sum->pages))
		return;
	rv_json_key(&sum->pages.json, "url");
	rv_json_text(&sum->pages.json, S(RV_EPOCH_URL).ptr ? S(RV_EPOCH_URL) : rv_span("", 0));
	rv_json_key(&sum->pages.json, "width");
	rv_json_int(&sum->pages.json, U(RV_EPOCH_WIDTH));
	rv_json_key(&sum->pages.json, "height");
	rv_json_int(&sum->pages.json, U(RV_EPOCH_HEIGHT));
	rv_json_close(&sum->pages.json, '}');
}

/* The first text below an element, without going far. */
static struct rv_span label_of(const struct rv_mirror *mirror, const struct rv_node *node)
{
	struct rv_span label = rv_mirror_attribute(node, "aria-label");
	uint32_t root = rv_mirror_slot_of(mirror, node);
	int steps = 20;
	for (uint32_t slot = root; slot && !label.len && steps--; slot = rv_mirror_next(mirror, slot, root)) {
		const struct rv_node *below = rv_mirror_slot(mirror, slot);
		if (below->kind != RV_NODE_TEXT)
			continue;
		label = below->text;
		while (label.len && (label.ptr[0] == ' ' || (label.ptr[0] >= '\t' && label.ptr[0] <= '\r')))
			label = rv_span(label.ptr + 1, label.len - 1);
	}
	return rv_utf8_prefix(label, LABEL_MAX);
}

/* tag#id "label" */
static void click(struct summary *sum, uint32_t id)
{
	const struct rv_node *node = rv_mirror_find(sum->mirror, id);
	rv_buf_clear(&sum->text);
	while (node && node->kind != RV_NODE_ELEMENT)
		node = rv_mirror_slot(sum->mirror, node->parent);
	if (node) {
		struct rv_span name = rv_mirror_attribute(node, "id"), label = node->flags & RV_EL_BLOCK ? rv_span(NULL, 0) : label_of(sum->mirror, node);
		rv_buf_span(&sum->text, rv_utf8_prefix(node->name, LABEL_MAX));
		if (name.len) {
			rv_buf_byte(&sum->text, '#');
			rv_buf_span(&sum->text, rv_utf8_prefix(name, LABEL_MAX));
		}
		if (label.len) {
			rv_buf_str(&sum->text, " \"");
			rv_buf_span(&sum->text, label);
			rv_buf_byte(&sum->text, '"');
		}
	}
	mark(sum, "click", rv_buf_get(&sum->text));
}

/* METHOD url → status or error */
static void network(struct summary *sum, const struct rv_rec *rec)
{
	bool failed = S(RV_NETWORK_ERROR).len > 0;
	if (U(RV_NETWORK_STATUS) < 400 && !failed)
		return;
	rv_buf_clear(&sum->text);
	rv_buf_span(&sum->text, rv_utf8_prefix(S(RV_NETWORK_METHOD), 16));
	rv_buf_byte(&sum->text, ' ');
	rv_buf_span(&sum->text, rv_utf8_prefix(S(RV_NETWORK_URL), TEXT_MAX / 2));
	rv_buf_byte(&sum->text, ' ');
	if (failed)
		rv_buf_span(&sum->text, rv_utf8_prefix(S(RV_NETWORK_ERROR), LABEL_MAX));
	else
		rv_buf_dec(&sum->text, U(RV_NETWORK_STATUS));
	mark(sum, "network", rv_buf_get(&sum->text));
}

/* What the report should know of a record. */
static void look(struct summary *sum, const struct rv_rec *rec)
{
	switch (rec->type) {
	case RV_REC_EPOCH:
		sum->epochs++;
		page(sum, rec);
		break;
	case RV_REC_GAP: note(sum, rv_span_str("gap"), S(RV_GAP_WHY)); break;
	case RV_REC_NOTE:
		sum->resyncs += rv_span_is(S(RV_NOTE_KIND), "resync");
		note(sum, S(RV_NOTE_KIND), S(RV_NOTE_TEXT));
		break;
	case RV_REC_POINTER:
		if (U(RV_POINTER_KIND) == RV_POINTER_CLICK)
			click(sum, U(RV_POINTER_NODE));
		break;
	case RV_REC_NAVIGATE: mark(sum, "navigate", S(RV_NAVIGATE_URL)); break;
	case RV_REC_CONSOLE:
		if (U(RV_CONSOLE_LEVEL) == RV_LEVEL_WARN || U(RV_CONSOLE_LEVEL) == RV_LEVEL_ERROR)
			mark(sum, "console", rec->n > RV_CONSOLE_FIXED ? S(RV_CONSOLE_FIXED) : rv_span(NULL, 0));
		break;
	case RV_REC_ERROR: mark(sum, "error", S(RV_ERROR_MESSAGE)); break;
	case RV_REC_NETWORK: network(sum, rec); break;
	}
}

static enum rv_status walk(struct summary *sum, struct rv_cursor *cursor)
{
	struct rv_rec rec;
	enum rv_status status;
	while ((status = rv_cursor_next(cursor, &rec)) == RV_OK) {
		sum->at = cursor->place.wall_ms + rec.t_ms;
		status = rv_mirror_apply(sum->mirror, &rec);
		if (status == RV_ORDER || status == RV_BAD) {
			if (++sum->refused > REFUSED_MAX)
				return RV_BAD;
			continue;
		}
		if (status != RV_OK)
			return status;
		sum->from = sum->records && sum->from < sum->at ? sum->from : sum->at;
		sum->to = sum->records && sum->to > sum->at ? sum->to : sum->at;
		sum->records++;
		look(sum, &rec);
		if (rv_buf_status(&sum->text) != RV_OK)
			return rv_buf_status(&sum->text);
	}
	return status == RV_END ? RV_OK : status;
}

static enum rv_status write_summary(struct summary *sum, struct rv_json *json)
{
	struct list *const lists[] = {&sum->pages, &sum->notes, &sum->marks};
	static const char *const names[] = {"pages", "notes", "marks"};
	rv_json_open(json, '{');
	rv_json_key(json, "from");
	rv_json_num(json, sum->from);
	rv_json_key(json, "to");
	rv_json_num(json, sum->to);
	for (int i = 0; i < 3; i++) {
		rv_json_close(&lists[i]->json, ']');
		if (rv_buf_status(&lists[i]->buf) != RV_OK)
			return rv_buf_status(&lists[i]->buf);
		rv_json_key(json, names[i]);
		rv_json_raw(json, rv_buf_get(&lists[i]->buf));
	}
	const struct { const char *key; uint32_t value; } numbers[] = {{"records", sum->records}, {"epochs", sum->epochs}, {"resyncs", sum->resyncs}, {"order_violations", sum->refused}};
	for (int i = 0; i < 4; i++) {
		rv_json_key(json, numbers[i].key);
		rv_json_int(json, numbers[i].value);
	}
	rv_json_close(json, '}');
	return rv_buf_status(json->out);
}

enum rv_status rv_summary_json(struct rv_span stream, struct rv_json *json)
{
	struct summary sum = {.mirror = rv_mirror_new(NULL)};
	struct rv_cursor cursor;
	struct rv_span *segments = NULL;
	size_t n_segments = 0;
	enum rv_status status = sum.mirror ? rv_cursor_split(stream, &segments, &n_segments) : RV_MEMORY;
	list_init(&sum.pages, PAGES_MAX);
	list_init(&sum.notes, NOTES_MAX);
	list_init(&sum.marks, MARKS_MAX);
	rv_buf_init(&sum.text, 4 * TEXT_MAX);
	rv_cursor_init(&cursor, segments, n_segments);
	if (status == RV_OK)
		status = walk(&sum, &cursor);
	if (status == RV_OK)
		status = write_summary(&sum, json);
	rv_cursor_deinit(&cursor);
	rv_buf_deinit(&sum.pages.buf);
	rv_buf_deinit(&sum.notes.buf);
	rv_buf_deinit(&sum.marks.buf);
	rv_buf_deinit(&sum.text);
	rv_mirror_free(sum.mirror);
	free(segments);
	return status;
}
