#include "rrweb_priv.h"
#include <stdlib.h>

#define U(index) (rec->v[index].u)

/* Sheets of elements are text of their element (_cssText) when it is written, and StyleSheetRule events
 * afterwards. Constructed sheets are AdoptedStyleSheet events. On a seek the Replayer applies rule
 * changes of constructed sheets before it makes the sheets, and makes a sheet only where the first root
 * that adopts it still exists. So a sheet is always introduced by its document, which does exist, and
 * a small one that changes is introduced again under a new style id. */

enum { ADOPTERS_MAX = 64, SMALL_RULES = 100 };

static struct rv_style *style_of(struct rv_rrweb *ex, uint32_t sheet)
{
	uint32_t at = rv_map_get(&ex->style_of, sheet);
	return at ? &ex->styles[at - 1] : NULL;
}

static struct rv_style *new_style(struct rv_rrweb *ex, uint32_t sheet)
{
	if (ex->n_styles == ex->cap_styles) {
		uint32_t cap = ex->cap_styles ? ex->cap_styles * 2 : 16;
		struct rv_style *styles = realloc(ex->styles, cap * sizeof *styles);
		if (!styles) {
			rv_rrweb_fail(ex, RV_MEMORY);
			return NULL;
		}
		ex->styles = styles;
		ex->cap_styles = cap;
	}
	enum rv_status status = rv_map_put(&ex->style_of, sheet, ex->n_styles + 1);
	if (status != RV_OK) {
		rv_rrweb_fail(ex, status);
		return NULL;
	}
	ex->styles[ex->n_styles] = (struct rv_style){.sheet = sheet};
	return &ex->styles[ex->n_styles++];
}

void rv_rrweb_styles_reset(struct rv_rrweb *ex)
{
	rv_map_clear(&ex->style_of);
	ex->n_styles = ex->next_style = ex->adopters.n = ex->adopt.n = ex->stale.n = 0;
}

/* ---- rules ---- */

static void write_rule(struct rv_rrweb *ex, const struct rv_sheet *sheet, const struct rv_rule *rule, bool media, struct rv_json *json)
{
	struct rv_buf text;
	rv_buf_init(&text, ex->m->limits.max_text_bytes);
	rv_mirror_rule_text(rule, &text);
	if (rv_buf_status(&text) != RV_OK)
		rv_rrweb_fail(ex, rv_buf_status(&text));
	rv_rrweb_clear(ex, &ex->scratch);
	if (media) {
		rv_buf_str(&ex->scratch, "@media ");
		rv_buf_span(&ex->scratch, sheet->media);
		rv_buf_byte(&ex->scratch, '{');
	}
	rv_rrweb_css(ex, sheet, rv_buf_get(&text), &ex->scratch);
	if (media)
		rv_buf_byte(&ex->scratch, '}');
	rv_buf_deinit(&text);
	rv_json_key(json, "rule");
	rv_json_text(json, rv_buf_get(&ex->scratch));
}

static void write_index(const struct rv_val *path, uint32_t n, struct rv_json *json)
{
	rv_json_key(json, "index");
	if (n > 1)
		rv_json_open(json, '[');
	for (uint32_t i = 0; i < n; i++)
		rv_json_int(json, path[i].u);
	if (n > 1)
		rv_json_close(json, ']');
}

static void begin_rules(struct rv_rrweb *ex, uint32_t owner, uint32_t style_id, const char *what, struct rv_json *json)
{
	rv_rrweb_begin(ex, json, 3, 8);
	rv_json_key(json, owner ? "id" : "styleId");
	rv_json_int(json, owner ? owner : style_id);
	rv_json_key(json, what);
	rv_json_open(json, '[');
}

void rv_rrweb_close_style(struct rv_rrweb *ex)
{
	if (!ex->style_owner)
		return;
	ex->style_owner = 0;
	rv_json_close(&ex->style_json, ']');
	rv_rrweb_end(ex, &ex->style_json, ex->style_ms);
}

/* A change of one rule. Inserts into one element's sheet at one time share an event. */
static void write_change(struct rv_rrweb *ex, const struct rv_rec *rec, const struct rv_sheet *sheet, uint32_t style_id)
{
	const struct rv_val *path = rec->v + (rec->type == RV_REC_RULE_DELETE ? RV_RULE_DELETE_FIXED : RV_RULE_INSERT_FIXED);
	uint32_t n = rv_record_groups(rec), depth;
	uint32_t owner_slot = rv_mirror_lookup(ex->m, sheet->owner);
	struct rv_json *json = &ex->style_json;
	if (!owner_slot || !rv_rrweb_locate(ex, owner_slot, &depth))
		rv_rrweb_clear(ex, &ex->base);
	if (rec->type != RV_REC_RULE_INSERT) {
		struct rv_json event;
		begin_rules(ex, sheet->owner, style_id, "removes", &event);
		rv_json_open(&event, '{');
		write_index(path, n, &event);
		rv_json_close(&event, '}');
		rv_json_close(&event, ']');
		rv_rrweb_end(ex, &event, rec->t_ms);
	}
	if (rec->type == RV_REC_RULE_DELETE)
		return;
	if (!sheet->owner || ex->style_owner != sheet->owner || ex->style_ms != rec->t_ms)
		begin_rules(ex, sheet->owner, style_id, "adds", json);
	const struct rv_rule rule = {.text = rec->v[RV_RULE_INSERT_TEXT].s};
	rv_json_open(json, '{');
	write_rule(ex, sheet, &rule, false, json);
	write_index(path, n, json);
	rv_json_close(json, '}');
	ex->style_owner = sheet->owner;
	ex->style_ms = rec->t_ms;
	if (!sheet->owner) {
		rv_json_close(json, ']');
		rv_rrweb_end(ex, json, rec->t_ms);
	}
}

static void make_stale(struct rv_rrweb *ex, struct rv_style *style)
{
	if (!style || style->stale)
		return;
	style->stale = true;
	rv_rrweb_push(ex, &ex->stale, style->sheet);
}

/* The rules stay: the element's media attribute says whether they count, roots adopt the sheet or not. */
static enum rv_status change_sheet(struct rv_rrweb *ex, const struct rv_rec *rec)
{
	enum rv_status status = rv_mirror_apply(ex->m, rec);
	if (status != RV_OK || !ex->live)
		return status;
	const struct rv_sheet *sheet = rv_mirror_sheet(ex->m, U(RV_SHEET_STATE_SHEET));
	uint32_t owner = rv_mirror_lookup(ex->m, sheet->owner);
	if (!sheet->owner) {
		make_stale(ex, style_of(ex, sheet->id));
	} else if ((rv_at(ex, owner)->mark & (RV_IN | RV_STYLED)) == (RV_IN | RV_STYLED)) {
		struct rv_json json;
		rv_rrweb_change(ex, rv_at(ex, owner), &json);
		rv_rrweb_sheet_media(rv_at(ex, owner), sheet, &json);
		rv_rrweb_changed(ex, rv_at(ex, owner), &json);
	}
	return RV_OK;
}

enum rv_status rv_rrweb_restyle(struct rv_rrweb *ex, const struct rv_rec *rec)
{
	if (rec->type == RV_REC_SHEET_STATE)
		return change_sheet(ex, rec);
	const struct rv_sheet *sheet = rec->type == RV_REC_ADOPTED ? NULL : rv_mirror_sheet(ex->m, rec->v[0].u);
	uint32_t owner = sheet ? rv_mirror_lookup(ex->m, sheet->owner) : 0;
	bool rule = rec->type == RV_REC_RULE_INSERT || rec->type == RV_REC_RULE_DELETE || rec->type == RV_REC_RULE_REPLACE;
	struct rv_style *style = sheet ? style_of(ex, sheet->id) : NULL;
	bool addressed = rule && sheet && (owner ? (rv_at(ex, owner)->mark & (RV_IN | RV_STYLED)) == (RV_IN | RV_STYLED) : style && !style->stale);
	if (addressed && ex->live)
		rv_rrweb_end_run(ex);
	enum rv_status status = rv_mirror_apply(ex->m, rec);
	if (status != RV_OK || !ex->live)
		return status;
	if (rec->type == RV_REC_ADOPTED) {
		rv_rrweb_push(ex, &ex->adopt, rec->v[RV_ADOPTED_ROOT].u);
		return RV_OK;
	}
	sheet = rv_mirror_sheet(ex->m, rec->v[0].u);
	if (!rule) {
		uint32_t now = sheet ? rv_mirror_lookup(ex->m, sheet->owner) : 0;
		if (owner && owner != now)
			rv_rrweb_renew(ex, owner);
		if (now && rv_rrweb_sheet(ex, rv_at(ex, now)))
			rv_rrweb_renew(ex, now);
		if (sheet)
			make_stale(ex, style);
		else
			rv_map_remove(&ex->style_of, rec->v[0].u);
		return RV_OK;
	}
	if (!addressed)
		return RV_OK;
	style = style_of(ex, sheet->id);
	if (owner)
		write_change(ex, rec, sheet, 0);
	else if (sheet->media.len || (sheet->n_rules <= SMALL_RULES && ex->adopters.n <= ADOPTERS_MAX))
		make_stale(ex, style);
	else
		write_change(ex, rec, sheet, style->style_id);
	return RV_OK;
}

/* ---- adoption ---- */

/* Sheets of a list that the Replayer does not have as they are: new, or changed. */
static bool is_due(struct rv_rrweb *ex, const struct rv_sheet *sheet, uint32_t document)
{
	const struct rv_style *style = style_of(ex, sheet->id);
	return !style || (style->stale && style->document == document);
}

static void write_style(struct rv_rrweb *ex, const struct rv_sheet *sheet, uint32_t document, struct rv_json *json)
{
	struct rv_style *style = style_of(ex, sheet->id);
	if (!style)
		style = new_style(ex, sheet->id);
	if (!style)
		return;
	style->stale = false;
	style->document = document;
	style->style_id = ++ex->next_style;
	rv_json_open(json, '{');
	rv_json_key(json, "styleId");
	rv_json_int(json, style->style_id);
	rv_json_key(json, "rules");
	rv_json_open(json, '[');
	for (uint32_t i = 0; i < sheet->n_rules; i++) {
		const struct rv_val index = {.u = i};
		rv_json_open(json, '{');
		write_rule(ex, sheet, &sheet->rules[i], sheet->media.len, json);
		write_index(&index, 1, json);
		rv_json_close(json, '}');
		rv_rrweb_flush(ex, 64 << 10);
	}
	rv_json_close(json, ']');
	rv_json_close(json, '}');
}

static void write_ids(struct rv_rrweb *ex, const struct rv_node *root, uint32_t document, struct rv_json *json)
{
	rv_json_key(json, "styleIds");
	rv_json_open(json, '[');
	for (uint32_t i = 0; i < root->n_adopted; i++) {
		const struct rv_sheet *sheet = rv_mirror_sheet(ex->m, root->adopted[i]);
		const struct rv_style *style = style_of(ex, sheet->id);
		if (style && style->document == document && !(sheet->flags & RV_SHEET_DISABLED))
			rv_json_int(json, style->style_id);
	}
	rv_json_close(json, ']');
}

static void write_styles(struct rv_rrweb *ex, const struct rv_node *root, uint32_t document, struct rv_json *json)
{
	for (uint32_t i = 0; i < root->n_adopted && !ex->failed; i++) {
		const struct rv_sheet *sheet = rv_mirror_sheet(ex->m, root->adopted[i]);
		if (is_due(ex, sheet, document))
			write_style(ex, sheet, document, json);
	}
}

static bool any_due(struct rv_rrweb *ex, const struct rv_node *root, uint32_t document)
{
	bool any = false;
	for (uint32_t i = 0; !any && i < root->n_adopted; i++)
		any = is_due(ex, rv_mirror_sheet(ex->m, root->adopted[i]), document);
	return any;
}

static void begin_adopted(struct rv_rrweb *ex, uint32_t id, struct rv_json *json)
{
	rv_rrweb_begin(ex, json, 3, 15);
	rv_json_key(json, "id");
	rv_json_int(json, id);
}

static void write_root(struct rv_rrweb *ex, uint32_t slot, uint32_t t_ms)
{
	const struct rv_node *root = rv_at(ex, slot);
	uint32_t depth, up = slot;
	struct rv_json json;
	if (root->kind == RV_NODE_SHADOW && (rv_at(ex, root->parent)->mark & (RV_IN | RV_ROOTED)) != (RV_IN | RV_ROOTED))
		return; /* it is written with its host */
	if (root->kind == RV_NODE_DOCUMENT ? !(root->mark & RV_IN) : root->kind != RV_NODE_SHADOW)
		return;
	if (!rv_rrweb_locate(ex, slot, &depth))
		return;
	uint32_t document_slot = ex->root_id ? rv_mirror_lookup(ex->m, ex->root_id) : ex->m->top;
	const struct rv_node *document = rv_at(ex, document_slot);
	if (document_slot == up || any_due(ex, root, document->id)) {
		begin_adopted(ex, document->id, &json);
		rv_json_key(&json, "styles");
		rv_json_open(&json, '[');
		write_styles(ex, root, document->id, &json);
		if (document_slot != up)
			write_styles(ex, document, document->id, &json);
		rv_json_close(&json, ']');
		write_ids(ex, document, document->id, &json);
		rv_rrweb_end(ex, &json, t_ms);
	}
	if (document_slot != up) {
		begin_adopted(ex, rv_at(ex, root->parent)->id, &json);
		write_ids(ex, root, document->id, &json);
		rv_rrweb_end(ex, &json, t_ms);
	}
	for (uint32_t i = 0; i < ex->adopters.n; i++)
		if (ex->adopters.v[i] == root->id)
			return;
	if (ex->adopters.n <= ADOPTERS_MAX)
		rv_rrweb_push(ex, &ex->adopters, root->id);
}

static bool adopts(const struct rv_node *root, uint32_t sheet)
{
	for (uint32_t i = 0; root && i < root->n_adopted; i++)
		if (root->adopted[i] == sheet)
			return true;
	return false;
}

/* Adopted in more places than are counted: the sheet itself is given its new text. */
static void write_replaced(struct rv_rrweb *ex, struct rv_style *style, uint32_t t_ms)
{
	const struct rv_sheet *sheet = style ? rv_mirror_sheet(ex->m, style->sheet) : NULL;
	struct rv_json json;
	if (!sheet)
		return;
	struct rv_buf text;
	rv_buf_init(&text, ex->m->limits.max_text_bytes);
	rv_mirror_sheet_text(ex->m, sheet, &text);
	if (rv_buf_status(&text) != RV_OK)
		rv_rrweb_fail(ex, rv_buf_status(&text));
	style->stale = false;
	rv_rrweb_begin(ex, &json, 3, 8);
	rv_json_key(&json, "styleId");
	rv_json_int(&json, style->style_id);
	rv_rrweb_clear(ex, &ex->scratch);
	if (sheet->media.len) {
		rv_buf_str(&ex->scratch, "@media ");
		rv_buf_span(&ex->scratch, sheet->media);
		rv_buf_byte(&ex->scratch, '{');
	}
	if (!(sheet->flags & RV_SHEET_DISABLED))
		rv_rrweb_css(ex, sheet, rv_buf_get(&text), &ex->scratch);
	if (sheet->media.len)
		rv_buf_byte(&ex->scratch, '}');
	rv_json_key(&json, "replaceSync");
	rv_json_text(&json, rv_buf_get(&ex->scratch));
	rv_rrweb_end(ex, &json, t_ms);
	rv_buf_deinit(&text);
}

void rv_rrweb_write_adopted(struct rv_rrweb *ex, uint32_t t_ms)
{
	if (ex->stale.n && ex->adopters.n > ADOPTERS_MAX) {
		for (uint32_t i = 0; i < ex->stale.n; i++)
			write_replaced(ex, style_of(ex, ex->stale.v[i]), t_ms);
		ex->stale.n = 0;
	}
	if (ex->stale.n) {
		uint32_t kept = 0;
		for (uint32_t i = 0; i < ex->adopters.n; i++) {
			const struct rv_node *root = rv_mirror_find(ex->m, ex->adopters.v[i]);
			if (!root || !root->n_adopted)
				continue;
			ex->adopters.v[kept++] = root->id;
			for (uint32_t j = 0; j < ex->stale.n; j++)
				if (adopts(root, ex->stale.v[j])) {
					rv_rrweb_push(ex, &ex->adopt, root->id);
					break;
				}
		}
		ex->adopters.n = kept;
		ex->stale.n = 0;
	}
	for (uint32_t i = 0; i < ex->adopt.n && !ex->failed; i++) {
		uint32_t slot = rv_mirror_lookup(ex->m, ex->adopt.v[i]);
		if (slot && (!i || ex->adopt.v[i] != ex->adopt.v[i - 1]))
			write_root(ex, slot, t_ms);
	}
	ex->adopt.n = 0;
}
