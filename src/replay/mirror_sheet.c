#include "css_split.h"
#include "grow.h"
#include "mirror_priv.h"
#include <stdlib.h>

/* A rule whose nested rules are on their own has cap_rules > 0, and may have lost them all again. */

#define U(index) (rec->v[index].u)
#define S(index) (rec->v[index].s)

/* ---- rules ---- */

/* Nesting is bounded by RV_RULE_DEPTH_MAX: that is how long a path may be. */
static void drop_rules(struct rv_mirror *m, const struct rv_rules *list)
{
	for (uint32_t i = 0; i < list->n_rules; i++) {
		rv_mirror_drop(m, list->rules[i].text);
		drop_rules(m, &list->rules[i].list);
	}
	free(list->rules);
	rv_mirror_refund(m, list->cap_rules * sizeof *list->rules);
}

static void drop_rule(struct rv_mirror *m, const struct rv_rule *rule)
{
	rv_mirror_drop(m, rule->text);
	drop_rules(m, &rule->list);
}

/* Room for one more. */
static enum rv_status grow_rules(struct rv_mirror *m, struct rv_rules *list)
{
	uint32_t cap = list->cap_rules;
	if (list->n_rules < cap)
		return RV_OK;
	if (list->n_rules == RV_RULES_MAX)
		return RV_LIMIT;
	size_t more = (cap ? cap : 4) * sizeof *list->rules;
	enum rv_status status = rv_mirror_charge(m, more);
	if (status != RV_OK)
		return status;
	struct rv_rule *rules = rv_grow(list->rules, &list->cap_rules, 4, sizeof *rules);
	if (!rules) {
		rv_mirror_refund(m, more);
		return RV_MEMORY;
	}
	list->rules = rules;
	return RV_OK;
}

static enum rv_status hold_head(struct rv_mirror *m, const struct rv_css_split *split, struct rv_span *out)
{
	if (!split->open_end)
		return rv_mirror_hold(m, split->head, out);
	uint8_t *text = malloc(split->head.len + 1);
	if (!text)
		return RV_MEMORY;
	memcpy(text, split->head.ptr, split->head.len);
	text[split->head.len] = ';';
	enum rv_status status = rv_mirror_hold(m, rv_span(text, split->head.len + 1), out);
	free(text);
	return status;
}

/* Gives the nested rules a list of their own. The old text is left to the caller: to drop, or to put back. */
static enum rv_status open_rule(struct rv_mirror *m, struct rv_rule *rule)
{
	struct rv_css_split split;
	struct rv_rule open = {0};
	struct rv_span item;
	if (!rv_css_split_open(&split, rule->text))
		return RV_BAD;
	enum rv_status status = hold_head(m, &split, &open.text);
	if (status != RV_OK)
		return status;
	status = grow_rules(m, &open.list);
	while (status == RV_OK && rv_css_split_next(&split, &item)) {
		struct rv_rule nested = {0};
		status = grow_rules(m, &open.list);
		if (status == RV_OK)
			status = rv_mirror_hold(m, item, &nested.text);
		if (status == RV_OK)
			open.rules[open.n_rules++] = nested;
	}
	if (status != RV_OK) {
		drop_rule(m, &open);
		return status;
	}
	*rule = open;
	return RV_OK;
}

/* Finds the nested rule in a text that is not opened; *n counts them all. */
static enum rv_status find_nested(struct rv_mirror *m, struct rv_span text, uint32_t index, struct rv_span *found, uint32_t *n)
{
	struct rv_css_split split;
	struct rv_span item;
	*n = 0;
	m->scanned_kib += (uint32_t)(text.len >> 10) + 1;
	if (m->scanned_kib > RV_SCANNED_KIB_MAX)
		return RV_LIMIT;
	if (!rv_css_split_open(&split, text))
		return RV_BAD;
	while (rv_css_split_next(&split, &item)) {
		if (*n == index)
			*found = item;
		++*n;
	}
	return rv_css_split_whole(&split) ? RV_OK : RV_BAD;
}

/* Is there such a place? Changes nothing. */
static enum rv_status check_path(struct rv_mirror *m, const struct rv_sheet *sheet, const struct rv_val *path, uint32_t n_path, bool insert)
{
	const struct rv_rules *list = &sheet->list;
	uint32_t n = list->n_rules;
	struct rv_span text = {0}; /* when the level is only text */
	for (uint32_t i = 0; i < n_path; i++) {
		uint32_t index = path[i].u;
		bool last = i + 1 == n_path;
		if (text.ptr) {
			struct rv_span found = {0};
			enum rv_status status = find_nested(m, text, index, &found, &n);
			if (status != RV_OK)
				return status;
			text = found;
		}
		if (index >= n + (last && insert))
			return RV_BAD;
		if (last || text.ptr)
			continue;
		const struct rv_rule *rule = &list->rules[index];
		list = &rule->list;
		n = list->n_rules;
		if (!list->cap_rules)
			text = rule->text;
	}
	return RV_OK;
}

static enum rv_status apply_rule(struct rv_mirror *m, const struct rv_rec *rec)
{
	struct { struct rv_rule *rule; struct rv_span text; } opened[RV_RULE_DEPTH_MAX];
	uint32_t n_opened = 0, n_path = rv_record_groups(rec), at = rv_map_get(&m->sheet_ids, U(0));
	const struct rv_val *path = rec->v + (rec->type == RV_REC_RULE_DELETE ? RV_RULE_DELETE_FIXED : RV_RULE_INSERT_FIXED);
	bool insert = rec->type == RV_REC_RULE_INSERT, text = rec->type != RV_REC_RULE_DELETE;
	struct rv_span held = {0};
	if (!at)
		return RV_ORDER;
	struct rv_sheet *sheet = &m->sheets[at].sheet;
	if (!n_path || (text && !S(RV_RULE_INSERT_TEXT).ptr))
		return RV_BAD;
	if (n_path > RV_RULE_DEPTH_MAX)
		return RV_LIMIT;
	enum rv_status status = check_path(m, sheet, path, n_path, insert);
	if (status == RV_OK && text)
		status = rv_mirror_hold(m, S(RV_RULE_INSERT_TEXT), &held);
	if (status != RV_OK)
		return status;
	struct rv_rules *list = &sheet->list;
	for (uint32_t i = 0; status == RV_OK && i + 1 < n_path; i++) {
		struct rv_rule *rule = &list->rules[path[i].u];
		struct rv_span old = rule->text;
		if (!rule->cap_rules) {
			status = open_rule(m, rule);
			if (status != RV_OK)
				break;
			opened[n_opened].rule = rule;
			opened[n_opened++].text = old;
		}
		list = &rule->list;
	}
	if (status == RV_OK && insert)
		status = grow_rules(m, list);
	if (status != RV_OK) {
		while (n_opened--) { /* innermost first */
			struct rv_rule *rule = opened[n_opened].rule;
			drop_rule(m, rule);
			*rule = (struct rv_rule){.text = opened[n_opened].text};
		}
		rv_mirror_drop(m, held);
		return status;
	}
	while (n_opened--)
		rv_mirror_drop(m, opened[n_opened].text);
	uint32_t index = path[n_path - 1].u;
	struct rv_rule *rule = &list->rules[index];
	if (insert) {
		memmove(rule + 1, rule, (list->n_rules - index) * sizeof *rule);
		list->n_rules++;
	} else {
		drop_rule(m, rule);
	}
	if (text) {
		*rule = (struct rv_rule){.text = held};
	} else {
		list->n_rules--;
		memmove(rule, rule + 1, (list->n_rules - index) * sizeof *rule);
	}
	return RV_OK;
}

/* ---- sheets ---- */

static void empty_sheet(struct rv_mirror *m, struct rv_sheet *sheet)
{
	rv_mirror_drop_all(m, &sheet->media, 2);
	drop_rules(m, &sheet->list);
	uint32_t owner = rv_mirror_lookup(m, sheet->owner);
	if (owner && m->nodes[owner].sheet == sheet->id)
		m->nodes[owner].sheet = 0;
	*sheet = (struct rv_sheet){.id = sheet->id};
}

void rv_mirror_sheet_free(struct rv_mirror *m, uint32_t id)
{
	uint32_t at = rv_map_get(&m->sheet_ids, id);
	if (!at)
		return;
	empty_sheet(m, &m->sheets[at].sheet);
	rv_map_remove(&m->sheet_ids, id);
	m->sheets[at] = (struct rv_sheet_slot){.sheet.owner = m->free_sheet};
	m->free_sheet = at;
	m->live_sheets--;
}

static enum rv_status new_sheet(struct rv_mirror *m, uint32_t id, uint32_t *at_out)
{
	if (m->live_sheets >= RV_SHEETS_MAX)
		return RV_LIMIT;
	if (!m->free_sheet && m->n_sheets == m->cap_sheets) {
		struct rv_sheet_slot *sheets = rv_grow(m->sheets, &m->cap_sheets, 16, sizeof *sheets);
		if (!sheets)
			return RV_MEMORY;
		m->sheets = sheets;
		if (!m->n_sheets)
			m->sheets[m->n_sheets++] = (struct rv_sheet_slot){0};
	}
	uint32_t at = m->free_sheet ? m->free_sheet : m->n_sheets;
	enum rv_status status = rv_map_put(&m->sheet_ids, id, at);
	if (status != RV_OK)
		return status;
	if (m->free_sheet)
		m->free_sheet = m->sheets[at].sheet.owner;
	else
		m->n_sheets++;
	m->sheets[at] = (struct rv_sheet_slot){.sheet.id = id};
	m->live_sheets++;
	*at_out = at;
	return RV_OK;
}

static enum rv_status apply_sheet(struct rv_mirror *m, const struct rv_rec *rec)
{
	uint32_t id = U(RV_SHEET_SHEET), owner_id = U(RV_SHEET_OWNER);
	uint32_t at = rv_map_get(&m->sheet_ids, id), owner = rv_mirror_lookup(m, owner_id);
	const struct rv_span texts[2] = {S(RV_SHEET_MEDIA), S(RV_SHEET_HREF)};
	struct rv_span held[2];
	if (owner_id && !owner)
		return RV_ORDER;
	if (!id || (owner && m->nodes[owner].kind != RV_NODE_ELEMENT) || (owner && at && m->sheets[at].adoptions))
		return RV_BAD;
	enum rv_status status = rv_mirror_hold_all(m, texts, held, 2);
	if (status != RV_OK)
		return status;
	if (!at && (status = new_sheet(m, id, &at)) != RV_OK) {
		rv_mirror_drop_all(m, held, 2);
		return status;
	}
	struct rv_sheet *sheet = &m->sheets[at].sheet;
	empty_sheet(m, sheet);
	rv_mirror_words(&sheet->id, rec->v, 3);
	memcpy(&sheet->media, held, sizeof held);
	if (owner) {
		if (m->nodes[owner].sheet)
			rv_mirror_sheet_free(m, m->nodes[owner].sheet); /* an element has one sheet: the old object is dead */
		m->nodes[owner].sheet = id;
	}
	return RV_OK;
}

static enum rv_status apply_sheet_state(struct rv_mirror *m, const struct rv_rec *rec)
{
	uint32_t at = rv_map_get(&m->sheet_ids, U(RV_SHEET_STATE_SHEET));
	struct rv_span media;
	if (!at)
		return RV_ORDER;
	enum rv_status status = rv_mirror_hold(m, S(RV_SHEET_STATE_MEDIA), &media);
	if (status != RV_OK)
		return status;
	rv_mirror_drop(m, m->sheets[at].sheet.media);
	m->sheets[at].sheet.media = media;
	m->sheets[at].sheet.flags = U(RV_SHEET_STATE_FLAGS);
	return RV_OK;
}

static enum rv_status apply_drop(struct rv_mirror *m, const struct rv_rec *rec)
{
	uint32_t at = rv_map_get(&m->sheet_ids, U(RV_SHEET_DROP_SHEET));
	if (at && m->sheets[at].adoptions)
		return RV_BAD;
	rv_mirror_sheet_free(m, U(RV_SHEET_DROP_SHEET));
	return RV_OK;
}

/* ---- adoption ---- */

void rv_mirror_adopted_free(struct rv_mirror *m, struct rv_node *node)
{
	for (uint32_t i = 0; i < node->n_adopted; i++)
		m->sheets[rv_map_get(&m->sheet_ids, node->adopted[i])].adoptions--;
	rv_mirror_list_free(m, &node->adopted, &node->n_adopted);
}

static enum rv_status apply_adopted(struct rv_mirror *m, const struct rv_rec *rec)
{
	uint32_t root = rv_mirror_lookup(m, U(RV_ADOPTED_ROOT)), n = rv_record_groups(rec);
	uint32_t *list;
	if (!root)
		return RV_ORDER;
	struct rv_node *node = &m->nodes[root];
	if (node->kind != RV_NODE_DOCUMENT && node->kind != RV_NODE_SHADOW)
		return RV_BAD;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = rv_map_get(&m->sheet_ids, U(RV_ADOPTED_FIXED + i));
		if (!at)
			return RV_ORDER;
		if (m->sheets[at].sheet.owner)
			return RV_BAD;
	}
	enum rv_status status = rv_mirror_list(m, rec->v + RV_ADOPTED_FIXED, n, &list);
	if (status != RV_OK)
		return status;
	rv_mirror_adopted_free(m, node);
	for (uint32_t i = 0; i < n; i++)
		m->sheets[rv_map_get(&m->sheet_ids, list[i])].adoptions++;
	node->adopted = list;
	node->n_adopted = n;
	node->adopted_known = true;
	return RV_OK;
}

enum rv_status rv_mirror_apply_sheet(struct rv_mirror *m, const struct rv_rec *rec)
{
	switch (rec->type) {
	case RV_REC_SHEET: return apply_sheet(m, rec);
	case RV_REC_ADOPTED: return apply_adopted(m, rec);
	case RV_REC_SHEET_STATE: return apply_sheet_state(m, rec);
	case RV_REC_SHEET_DROP: return apply_drop(m, rec);
	default: return apply_rule(m, rec);
	}
}

void rv_mirror_sheets_reset(struct rv_mirror *m)
{
	for (uint32_t i = 1; i < m->n_sheets; i++)
		drop_rules(m, &m->sheets[i].sheet.list);
	free(m->sheets);
	rv_map_clear(&m->sheet_ids);
}

/* ---- reading ---- */

const struct rv_sheet *rv_mirror_sheet(const struct rv_mirror *m, uint32_t id)
{
	uint32_t at = id ? rv_map_get(&m->sheet_ids, id) : 0;
	return at ? &m->sheets[at].sheet : NULL;
}

void rv_mirror_rule_text(const struct rv_rule *rule, struct rv_buf *out)
{
	rv_buf_span(out, rule->text);
	if (!rule->cap_rules)
		return;
	for (uint32_t i = 0; i < rule->n_rules; i++) {
		rv_buf_byte(out, '\n');
		rv_mirror_rule_text(&rule->rules[i], out);
	}
	rv_buf_byte(out, '}');
}

void rv_mirror_sheet_text(const struct rv_mirror *m, const struct rv_sheet *sheet, struct rv_buf *out)
{
	for (uint32_t i = 0; i < sheet->n_rules; i++) {
		if (i)
			rv_buf_byte(out, '\n');
		rv_mirror_rule_text(&sheet->rules[i], out);
	}
}
