#include "markup.h"
#include "json.h"
#include <stdlib.h>

enum { SHEETS_MAX = 4096, SET = 2 * SHEETS_MAX, SHEET_BYTES = 16 << 20 };

struct writer {
	const struct rv_mirror *mirror;
	struct rv_json json;
	uint32_t *set;   /* open addressing: ids of sheets, 0 free */
	uint32_t *list;  /* the same in the order met */
	uint32_t n;
	bool full;
};

static void need_sheet(struct writer *w, uint32_t id)
{
	uint32_t at = id * 2654435761u & (SET - 1);
	if (!id || !rv_mirror_sheet(w->mirror, id))
		return;
	while (w->set[at] && w->set[at] != id)
		at = (at + 1) & (SET - 1);
	if (w->set[at])
		return;
	if (w->n == SHEETS_MAX) {
		w->full = true;
		return;
	}
	w->set[at] = id;
	w->list[w->n++] = id;
}

static void numbers_write(struct writer *w, const uint32_t *numbers, uint32_t n)
{
	rv_json_open(&w->json, '[');
	for (uint32_t i = 0; i < n; i++)
		rv_json_int(&w->json, numbers[i]);
	rv_json_close(&w->json, ']');
}

static void adopted_write(struct writer *w, const struct rv_node *root)
{
	for (uint32_t i = 0; i < root->n_adopted; i++)
		need_sheet(w, root->adopted[i]);
	numbers_write(w, root->adopted, root->n_adopted);
}

static void state_write(struct writer *w, const struct rv_node_state *s)
{
	struct rv_json *json = &w->json;
	if (!s) {
		rv_json_int(json, 0);
		return;
	}
	rv_json_open(json, '{');
	if (s->has_input) {
		rv_json_key(json, "i");
		rv_json_open(json, '[');
		rv_json_int(json, s->input_flags);
		rv_json_int(json, s->input_len);
		rv_json_text(json, s->input_value);
		rv_json_close(json, ']');
	}
	if (s->has_dialog) {
		rv_json_key(json, "d");
		rv_json_int(json, s->dialog_flags);
	}
	if (s->has_size) {
		rv_json_key(json, "z");
		numbers_write(w, (const uint32_t[]){s->width, s->height}, 2);
	}
	if (s->has_canvas) {
		rv_json_key(json, "c");
		rv_json_open(json, '[');
		rv_json_int(json, s->canvas_width);
		rv_json_int(json, s->canvas_height);
		rv_json_text(json, s->canvas);
		rv_json_close(json, ']');
	}
	if (s->has_hold && s->hold.len) {
		rv_json_key(json, "h");
		rv_json_text(json, s->hold);
	}
	if (s->n_assigned) {
		rv_json_key(json, "a");
		numbers_write(w, s->assigned, s->n_assigned);
	}
	rv_json_close(json, '}');
}

static void element_write(struct writer *w, const struct rv_node *node)
{
	struct rv_json *json = &w->json;
	rv_json_int(json, node->flags);
	rv_json_text(json, node->name);
	rv_json_open(json, '[');
	for (uint32_t i = 0; i < node->n_attributes; i++) {
		rv_json_text(json, node->attributes[i].name);
		rv_json_text(json, node->attributes[i].value);
	}
	rv_json_close(json, ']');
	rv_json_int(json, node->sheet);
	need_sheet(w, node->sheet);
	state_write(w, node->state);
}

static void node_write(struct writer *w, const struct rv_node *node)
{
	struct rv_json *json = &w->json;
	const struct rv_node *parent = rv_mirror_slot(w->mirror, node->parent);
	if (node->kind == RV_NODE_COMMENT || node->kind == RV_NODE_PI || node->kind == RV_NODE_DOCTYPE)
		return;
	rv_json_open(json, '[');
	rv_json_int(json, node->kind == RV_NODE_CDATA ? RV_NODE_TEXT : node->kind);
	rv_json_int(json, node->id);
	rv_json_int(json, parent ? parent->id : 0);
	if (node->kind == RV_NODE_ELEMENT)
		element_write(w, node);
	else if (node->kind == RV_NODE_TEXT || node->kind == RV_NODE_CDATA)
		rv_json_text(json, node->text);
	else {
		rv_json_int(json, node->flags);
		if (node->kind == RV_NODE_DOCUMENT)
			rv_json_text(json, node->text);
		adopted_write(w, node);
	}
	rv_json_close(json, ']');
}

static enum rv_status sheets_write(struct writer *w)
{
	struct rv_json *json = &w->json;
	struct rv_buf text;
	enum rv_status status = RV_OK;

	rv_buf_init(&text, SHEET_BYTES);
	rv_json_key(json, "sheets");
	rv_json_open(json, '[');
	for (uint32_t i = 0; i < w->n && status == RV_OK; i++) {
		const struct rv_sheet *sheet = rv_mirror_sheet(w->mirror, w->list[i]);
		rv_buf_clear(&text);
		rv_mirror_sheet_text(w->mirror, sheet, &text);
		status = rv_buf_status(&text);
		rv_json_open(json, '[');
		rv_json_int(json, sheet->id);
		rv_json_int(json, sheet->flags);
		rv_json_text(json, sheet->media);
		rv_json_text(json, sheet->href);
		rv_json_text(json, rv_buf_get(&text));
		rv_json_close(json, ']');
	}
	rv_json_close(json, ']');
	rv_buf_deinit(&text);
	return status;
}

enum rv_status rv_markup_write(const struct rv_mirror *mirror, struct rv_buf *out)
{
	const struct rv_node *document = rv_mirror_document(mirror);
	const struct rv_mirror_epoch *epoch = rv_mirror_epoch(mirror);
	struct writer w = {.mirror = mirror};
	enum rv_status status = RV_MEMORY;

	if (!document)
		return RV_NOT_FOUND;
	w.set = calloc(SET, sizeof *w.set);
	w.list = malloc(SHEETS_MAX * sizeof *w.list);
	if (!w.set || !w.list)
		goto done;
	rv_json_init(&w.json, out);
	rv_json_open(&w.json, '{');
	rv_json_key(&w.json, "url");
	rv_json_text(&w.json, epoch->url);
	rv_json_key(&w.json, "width");
	rv_json_int(&w.json, epoch->width);
	rv_json_key(&w.json, "height");
	rv_json_int(&w.json, epoch->height);
	rv_json_key(&w.json, "focus");
	rv_json_int(&w.json, epoch->focus);
	rv_json_key(&w.json, "nodes");
	rv_json_open(&w.json, '[');
	const uint32_t root = rv_mirror_slot_of(mirror, document);
	for (uint32_t slot = root; slot; slot = rv_mirror_next(mirror, slot, root))
		node_write(&w, rv_mirror_slot(mirror, slot));
	rv_json_close(&w.json, ']');
	status = sheets_write(&w);
	rv_json_close(&w.json, '}');
	if (status == RV_OK)
		status = w.full ? RV_LIMIT : rv_buf_status(out);
done:
	free(w.set);
	free(w.list);
	return status;
}
