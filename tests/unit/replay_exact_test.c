/* Exactness: the export of a window and that of the whole recording show the same document at every
 * time that both hold. Random recordings, random windows, a small Replayer that keeps what can be
 * seen. RV_RUNS says how many recordings, RV_SEED which is the first. */
#include "css_split.h"
#include "replay_json.h"
#include "replay_random.h"
#include "rrweb.h"
#include "stream.h"
#include <stdio.h>

enum { MAX_ID = 4096, MAX_ATTRIBUTES = 24, MAX_FACTS = 4096, MAX_STYLES = 2048, MAX_RULES = 512 };

struct rule { char *text; struct rule *nested; uint32_t n_nested; };
struct sheet { struct rule *rules; uint32_t n; };
struct fact { uint32_t name, value; };
struct seen {
	bool there, shadow, host;
	int type;
	char tag[16];
	uint32_t parent, first[2], last[2], prev, next; /* lists: its own, its shadow tree's */
	struct fact attributes[MAX_ATTRIBUTES];
	uint32_t n_attributes, text, scroll, media, input, checked;
	struct sheet sheet;
	uint32_t *adopted, n_adopted;
};
struct player {
	struct seen nodes[MAX_ID];
	struct { uint32_t id; struct sheet sheet; } styles[MAX_STYLES];
	uint32_t n_styles;
	struct { uint32_t key, node, value, keyframes, timing, pseudo; bool on; } facts[MAX_FACTS]; /* of Custom events, by tag and key */
	uint32_t n_facts, ranges[32][4], n_ranges, viewport;
};

static uint32_t mix(uint32_t hash, uint32_t value)
{
	hash = (hash ^ value) * 0x85ebca6bu;
	return hash ^ hash >> 15;
}

/* Spaces do not count: rules come now as the page wrote them, now put together. */
static uint32_t hash_text(const char *text)
{
	uint32_t hash = 7;
	for (; *text; text++)
		if (!strchr(" \t\n\r", *text))
			hash = mix(hash, (uint8_t)*text);
	return hash;
}

static uint32_t hash_value(const struct value *value)
{
	uint32_t hash = mix(3, (uint8_t)(value->type == 't' || value->type == 'f' ? value->type : value->type == '0' ? '"' : value->type));
	char number[40];
	snprintf(number, sizeof number, "%g", value->number);
	hash = mix(hash, hash_text(value->text ? value->text : value->type == '0' ? number : ""));
	for (const struct value *part = value->first; part; part = part->next)
		hash = mix(mix(hash, part->key ? hash_text(part->key) : 0), hash_value(part));
	return hash;
}

/* ---- rules ---- */

static void free_rules(struct rule *rules, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		free(rules[i].text);
		free_rules(rules[i].nested, rules[i].n_nested);
	}
	free(rules);
}

static char *copy(struct rv_span text)
{
	char *out = calloc(1, text.len + 2);
	if (text.len)
		memcpy(out, text.ptr, text.len);
	return out;
}

/* The rules of a block; what stands before them goes to *head. */
static struct rule *split(const char *text, uint32_t *n, char **head)
{
	struct rv_css_split parts;
	struct rv_span item;
	struct rule *rules = calloc(MAX_RULES, sizeof *rules);
	*n = 0;
	assert_true(rv_css_split_open(&parts, rv_span_str(text)));
	while (rv_css_split_next(&parts, &item) && *n < MAX_RULES)
		rules[(*n)++].text = copy(item);
	*head = copy(parts.head);
	if (parts.open_end)
		strcat(*head, ";");
	return rules;
}

static struct sheet sheet_of(const char *css)
{
	struct sheet sheet;
	char *block = malloc(strlen(css) + 16), *head;
	sprintf(block, "@media x {%s}", css);
	sheet.rules = split(block, &sheet.n, &head);
	free(head);
	free(block);
	return sheet;
}

static void change_rule(struct rule **rules, uint32_t *n, const struct value *index, const char *text)
{
	uint32_t at;
	if (index->type == '[')
		for (index = index->first; index->next; index = index->next) {
			struct rule *rule = &(*rules)[(uint32_t)index->number];
			assert_true((uint32_t)index->number < *n);
			if (!rule->nested) {
				char *head, *whole = rule->text;
				rule->nested = split(whole, &rule->n_nested, &head);
				rule->text = head;
				free(whole);
			}
			rules = &rule->nested;
			n = &rule->n_nested;
		}
	at = (uint32_t)index->number;
	assert_true(*n < MAX_RULES - 1);
	if (text) {
		assert_true(at <= *n);
		memmove(*rules + at + 1, *rules + at, (*n - at) * sizeof **rules);
		(*rules)[at] = (struct rule){.text = copy(rv_span_str(text))};
		++*n;
	} else {
		assert_true(at < *n);
		struct rule gone = (*rules)[at];
		memmove(*rules + at, *rules + at + 1, (*n - at - 1) * sizeof **rules);
		--*n;
		free(gone.text);
		free_rules(gone.nested, gone.n_nested);
	}
}

static void print_rules(const struct rule *rules, uint32_t n, struct rv_buf *out)
{
	for (uint32_t i = 0; i < n; i++) {
		rv_buf_str(out, rules[i].text);
		if (!rules[i].nested)
			continue;
		print_rules(rules[i].nested, rules[i].n_nested, out);
		rv_buf_byte(out, '}');
	}
}

static uint32_t hash_sheet(struct sheet sheet)
{
	struct rv_buf out;
	rv_buf_init(&out, 16 << 20);
	print_rules(sheet.rules, sheet.n, &out);
	rv_buf_byte(&out, 0);
	uint32_t hash = hash_text((const char *)out.ptr);
	rv_buf_deinit(&out);
	return hash;
}

static void change_rules(struct sheet *sheet, const struct value *data)
{
	const struct value *adds = get(data, "adds"), *removes = get(data, "removes"), *all = get(data, "replaceSync");
	static const struct value zero = {.type = '0'};
	if (!sheet->rules)
		sheet->rules = calloc(MAX_RULES, sizeof *sheet->rules);
	for (const struct value *item = adds ? adds->first : NULL; item; item = item->next)
		change_rule(&sheet->rules, &sheet->n, get(item, "index") ? get(item, "index") : &zero, get(item, "rule")->text);
	for (const struct value *item = removes ? removes->first : NULL; item; item = item->next)
		change_rule(&sheet->rules, &sheet->n, get(item, "index"), NULL);
	if (all) {
		free_rules(sheet->rules, sheet->n);
		*sheet = sheet_of(all->text);
	}
}

/* ---- the player ---- */

static struct seen *node_at(struct player *p, uint32_t id)
{
	assert_true(id && (id < MAX_ID || id > UINT32_MAX - 100));
	return &p->nodes[id < MAX_ID ? id : MAX_ID - 1]; /* the stand-in root */
}

static void forget(struct player *p, uint32_t id)
{
	struct seen *node = &p->nodes[id];
	for (int list = 0; list < 2; list++)
		for (uint32_t child = node->first[list], next; child; child = next) {
			next = p->nodes[child].next;
			forget(p, child);
		}
	for (uint32_t i = 1; i < MAX_ID; i++) /* a frame's document is in no list */
		if (p->nodes[i].there && p->nodes[i].type == 0 && p->nodes[i].parent == id && i != id)
			forget(p, i);
	for (uint32_t i = 0; i < p->n_facts; i++)
		p->facts[i].on &= p->facts[i].node != id;
	free_rules(node->sheet.rules, node->sheet.n);
	free(node->adopted);
	*node = (struct seen){0};
}

static bool is_field(const struct seen *node) { return !strcmp(node->tag, "input") || !strcmp(node->tag, "textarea"); }

static void set_attribute(struct seen *node, const char *name, const struct value *value)
{
	if (!strcmp(name, "rr_scrollLeft") || !strcmp(name, "rr_scrollTop")) {
		node->scroll = mix(node->scroll, (uint32_t)(int32_t)value->number); /* left, then top */
		return;
	}
	if (!strncmp(name, "rr_media", 8) || !strcmp(name, "rr_open_mode") || !strcmp(name, "rr_src") || !strcmp(name, "data-rv-undefined") || (!strcmp(node->tag, "option") && !strcmp(name, "selected")))
		return;
	if (!strcmp(name, "slot") && value->text && !strncmp(value->text, "rv-", 3)) /* a slot that has gone is as good as none */
		return;
	if (!strcmp(name, "_cssText")) {
		free_rules(node->sheet.rules, node->sheet.n);
		node->sheet = sheet_of(value->text);
		return;
	}
	if (!strcmp(name, "value") && is_field(node)) {
		node->input = value->type == 'n' ? 0 : hash_value(value);
		return;
	}
	if (!strcmp(name, "checked") && is_field(node)) {
		node->checked = value->type != 'n';
		return;
	}
	if (value->type == '{') { /* style declarations: the size of a blocked element */
		for (const struct value *part = value->first; part; part = part->next) {
			char full[40];
			snprintf(full, sizeof full, "rr_%s", part->key);
			set_attribute(node, full, part);
		}
		return;
	}
	uint32_t key = hash_text(name), i = 0;
	while (i < node->n_attributes && node->attributes[i].name != key)
		i++;
	if (value->type == 'n') {
		if (i < node->n_attributes)
			node->attributes[i] = node->attributes[--node->n_attributes];
		return;
	}
	assert_true(i < MAX_ATTRIBUTES);
	node->n_attributes += i == node->n_attributes;
	node->attributes[i] = (struct fact){key, hash_value(value)};
}

static void build(struct player *p, const struct value *value, uint32_t parent, uint32_t next)
{
	struct seen *node = node_at(p, number(value, "id"));
	uint32_t id = (uint32_t)(node - p->nodes);
	const struct value *attributes = get(value, "attributes"), *children = get(value, "childNodes"), *text = get(value, "textContent"), *tag = get(value, "tagName");
	if (node->there)
		forget(p, id);
	*node = (struct seen){.there = true, .shadow = get(value, "isShadow") != NULL, .host = get(value, "isShadowHost") != NULL, .type = (int)number(value, "type"), .parent = parent, .text = text ? hash_value(text) : 0};
	if (tag)
		snprintf(node->tag, sizeof node->tag, "%s", tag->text);
	for (const struct value *item = attributes ? attributes->first : NULL; item; item = item->next)
		set_attribute(node, item->key, item);
	if (parent && node->type) {
		struct seen *up = &p->nodes[parent];
		up->host |= node->shadow;
		node->next = next;
		node->prev = next ? p->nodes[next].prev : up->last[node->shadow];
		*(next ? &p->nodes[next].prev : &up->last[node->shadow]) = id;
		*(node->prev ? &p->nodes[node->prev].next : &up->first[node->shadow]) = id;
	}
	for (const struct value *child = children ? children->first : NULL; child; child = child->next)
		build(p, child, id, 0);
}

static void mutate(struct player *p, const struct value *data)
{
	for (const struct value *item = get(data, "removes")->first; item; item = item->next) {
		struct seen *node = node_at(p, number(item, "id")), *up = &p->nodes[node->parent];
		*(node->prev ? &p->nodes[node->prev].next : &up->first[node->shadow]) = node->next;
		*(node->next ? &p->nodes[node->next].prev : &up->last[node->shadow]) = node->prev;
		forget(p, (uint32_t)(node - p->nodes));
	}
	for (const struct value *item = get(data, "adds")->first; item; item = item->next) {
		uint32_t parent = (uint32_t)(node_at(p, number(item, "parentId")) - p->nodes), next = number(item, "nextId");
		if (number(get(item, "node"), "type") == 0)
			for (uint32_t i = 1; i < MAX_ID; i++)
				if (p->nodes[i].there && p->nodes[i].parent == parent && p->nodes[i].type == 0)
					forget(p, i);
		build(p, get(item, "node"), parent, next ? (uint32_t)(node_at(p, next) - p->nodes) : 0);
	}
	for (const struct value *item = get(data, "texts")->first; item; item = item->next)
		node_at(p, number(item, "id"))->text = hash_value(get(item, "value"));
	for (const struct value *item = get(data, "attributes")->first; item; item = item->next)
		for (const struct value *attribute = get(item, "attributes")->first; attribute; attribute = attribute->next)
			set_attribute(node_at(p, number(item, "id")), attribute->key, attribute);
}

static struct sheet *style_at(struct player *p, uint32_t id)
{
	for (uint32_t i = 0; i < p->n_styles; i++)
		if (p->styles[i].id == id)
			return &p->styles[i].sheet;
	assert_true(p->n_styles < MAX_STYLES);
	p->styles[p->n_styles].id = id;
	return &p->styles[p->n_styles++].sheet;
}

static void adopt(struct player *p, const struct value *data)
{
	struct seen *root = node_at(p, number(data, "id"));
	const struct value *styles = get(data, "styles");
	for (const struct value *style = styles ? styles->first : NULL; style; style = style->next)
		for (const struct value *rule = get(style, "rules")->first; rule; rule = rule->next) {
			struct sheet *sheet = style_at(p, number(style, "styleId"));
			if (!sheet->rules)
				sheet->rules = calloc(MAX_RULES, sizeof *sheet->rules);
			change_rule(&sheet->rules, &sheet->n, get(rule, "index"), get(rule, "rule")->text);
		}
	free(root->adopted);
	root->adopted = calloc(64, sizeof *root->adopted);
	root->n_adopted = 0;
	for (const struct value *id = get(data, "styleIds")->first; id && root->n_adopted < 64; id = id->next)
		root->adopted[root->n_adopted++] = (uint32_t)id->number;
}

/* The state that a Custom event tells, by tag and key. */
static void tell(struct player *p, const struct value *data)
{
	const char *tag = get(data, "tag")->text;
	const struct value *payload = get(data, "payload"), *part;
	bool animation = !strcmp(tag, "rv:animation");
	if (!animation && strcmp(tag, "rv:popover") && strcmp(tag, "rv:indeterminate") && strcmp(tag, "rv:visual-viewport") && strcmp(tag, "rv:shadow"))
		return;
	uint32_t key = mix(hash_text(tag), number(payload, animation ? "animation" : "id")), i = 0;
	while (i < p->n_facts && p->facts[i].key != key)
		i++;
	assert_true(i < MAX_FACTS);
	if (i == p->n_facts)
		memset(&p->facts[p->n_facts++], 0, sizeof *p->facts);
	p->facts[i].key = key;
	p->facts[i].node = number(payload, "id");
	p->facts[i].on = animation ? strcmp(get(payload, "state")->text, "idle") != 0 : !((part = get(payload, "open")) || (part = get(payload, "on"))) || part->type == 't';
	p->facts[i].value = hash_value(animation ? get(payload, "state") : payload);
	p->facts[i].keyframes = (part = get(payload, "keyframes")) ? hash_value(part) : 0;
	p->facts[i].timing = (part = get(payload, "timing")) ? hash_value(part) : 0;
	p->facts[i].pseudo = (part = get(payload, "pseudo")) ? hash_value(part) : 0;
}

static void reset(struct player *p)
{
	for (uint32_t i = 0; i < MAX_ID; i++) {
		free_rules(p->nodes[i].sheet.rules, p->nodes[i].sheet.n);
		free(p->nodes[i].adopted);
	}
	for (uint32_t i = 0; i < p->n_styles; i++)
		free_rules(p->styles[i].sheet.rules, p->styles[i].sheet.n);
	*p = (struct player){0};
}

static void play(struct player *p, const struct value *event)
{
	const struct value *data = get(event, "data");
	uint32_t type = number(event, "type"), source = number(data, "source"), id = number(data, "id");
	if (type == 2) {
		reset(p);
		build(p, get(data, "node"), 0, 0);
		struct seen *top = node_at(p, number(get(data, "node"), "id"));
		top->scroll = mix(mix(0, (uint32_t)(int32_t)get(get(data, "initialOffset"), "left")->number), (uint32_t)(int32_t)get(get(data, "initialOffset"), "top")->number);
	} else if (type == 5) {
		tell(p, data);
	} else if (type != 3) {
		return;
	} else if (source == 0) {
		mutate(p, data);
	} else if (source == 3) {
		node_at(p, id)->scroll = mix(mix(0, (uint32_t)(int32_t)get(data, "x")->number), (uint32_t)(int32_t)get(data, "y")->number);
	} else if (source == 5 && is_field(node_at(p, id))) {
		node_at(p, id)->input = hash_value(get(data, "text"));
		node_at(p, id)->checked = get(data, "isChecked")->type == 't';
	} else if (source == 8) {
		change_rules(id ? &node_at(p, id)->sheet : style_at(p, number(data, "styleId")), data);
	} else if (source == 14) {
		p->n_ranges = 0;
		for (const struct value *range = get(data, "ranges")->first; range; range = range->next) {
			const uint32_t values[4] = {number(range, "start"), number(range, "startOffset"), number(range, "end"), number(range, "endOffset")};
			/* An empty range at a node's start stands for no selection. */
			if (values[0] != values[2] || values[1] || values[3])
				memcpy(p->ranges[p->n_ranges++], values, sizeof values);
		}
	} else if (source == 15) {
		adopt(p, data);
	}
}

struct parts { uint32_t what, attributes, text, rules, scroll, input, adopted; };

static struct parts parts_of(struct player *p, uint32_t id)
{
	const struct seen *node = &p->nodes[id];
	static uint32_t nothing, empty, on;
	struct parts parts = {0};
	if (!nothing) {
		nothing = mix(mix(0, 0), 0);
		empty = hash_value(&(struct value){.type = '"', .text = (char[]){""}});
		on = hash_value(&(struct value){.type = '"', .text = (char[]){"on"}});
	}
	parts.what = mix(mix(mix(1, (uint32_t)node->type), node->host), hash_text(node->tag));
	for (uint32_t i = 0; i < node->n_attributes; i++)
		parts.attributes += mix(mix(5, node->attributes[i].name), node->attributes[i].value);
	parts.text = node->text;
	parts.rules = node->sheet.rules ? hash_sheet(node->sheet) : 0;
	parts.scroll = node->scroll == nothing ? 0 : node->scroll;
	parts.input = mix(node->input == empty || node->input == on ? 0 : node->input, node->checked);
	for (uint32_t i = 0; i < node->n_adopted; i++)
		parts.adopted = mix(parts.adopted, hash_sheet(*style_at(p, node->adopted[i])));
	return parts;
}

static uint32_t look_at(struct player *p, uint32_t id)
{
	const struct seen *node = &p->nodes[id];
	const struct parts parts = parts_of(p, id);
	uint32_t hash = mix(1, id), words[sizeof parts / 4];
	memcpy(words, &parts, sizeof parts);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		hash = mix(hash, words[i]);
	for (int list = 1; list >= 0; list--)
		for (uint32_t child = node->first[list]; child; child = p->nodes[child].next)
			hash = child == MAX_ID - 1 ? hash : mix(hash, look_at(p, child));
	for (uint32_t i = 1; i < MAX_ID && !strcmp(node->tag, "iframe"); i++)
		if (p->nodes[i].there && p->nodes[i].type == 0 && p->nodes[i].parent == id && p->nodes[i].first[0]) /* one that left its frame lingers empty */
			hash = mix(hash, look_at(p, i));
	return hash;
}

/* Where two players differ, for the reader of a failure. */
static void explain(struct player *a, struct player *b)
{
	static const char *const names[] = {"what it is", "attributes", "text", "rules", "scroll", "input", "adopted sheets"};
	for (uint32_t id = 1; id < MAX_ID - 1; id++) {
		const struct seen *x = &a->nodes[id], *y = &b->nodes[id];
		const struct parts of[2] = {parts_of(a, id), parts_of(b, id)};
		uint32_t words[2][sizeof *of / 4];
		memcpy(words, of, sizeof of);
		if (x->there != y->there || x->parent != y->parent || x->prev != y->prev)
			print_error("node %u %s: %d below %u after %u, %d below %u after %u\n", id, x->there ? x->tag : y->tag, x->there, x->parent, x->prev, y->there, y->parent, y->prev);
		for (size_t i = 0; x->there && y->there && i < sizeof names / sizeof *names; i++)
			if (words[0][i] != words[1][i])
				print_error("node %u %s: %s\n", id, x->tag, names[i]);
	}
	struct player *const players[] = {a, b};
	for (int side = 0; side < 2; side++)
		for (uint32_t i = 0; i < players[side]->n_facts; i++)
			if (players[side]->facts[i].on)
				print_error("%c: fact %08x of node %u (%d): %08x %08x %08x %08x\n", "ab"[side], players[side]->facts[i].key, players[side]->facts[i].node,
					players[side]->facts[i].node < MAX_ID && players[side]->nodes[players[side]->facts[i].node].there, players[side]->facts[i].value, players[side]->facts[i].keyframes, players[side]->facts[i].timing, players[side]->facts[i].pseudo);
	print_error("ranges %u %u\n", a->n_ranges, b->n_ranges);
}

static uint32_t look(struct player *p)
{
	uint32_t hash = 0, facts = 0;
	for (uint32_t i = 1; i < MAX_ID; i++)
		if (p->nodes[i].there && p->nodes[i].type == 0 && !p->nodes[i].parent)
			hash = look_at(p, i);
	for (uint32_t i = 0; i < p->n_facts; i++)
		if (p->facts[i].on && (!p->facts[i].node || node_at(p, p->facts[i].node)->there))
			facts += mix(mix(mix(mix(mix(9, p->facts[i].key), p->facts[i].value), p->facts[i].keyframes), p->facts[i].timing), p->facts[i].pseudo);
	hash = mix(hash, facts);
	for (uint32_t i = 0; i < p->n_ranges; i++)
		if (node_at(p, p->ranges[i][0])->there && node_at(p, p->ranges[i][2])->there)
			hash = mix(mix(mix(mix(hash, p->ranges[i][0]), p->ranges[i][1]), p->ranges[i][2]), p->ranges[i][3]);
	return hash;
}

/* ---- the property ---- */

static enum rv_status collect(void *user, struct rv_span piece)
{
	rv_buf_span(user, piece);
	return rv_buf_status(user);
}

static struct value *events_of(struct rv_span stream)
{
	struct rv_buf text;
	rv_buf_init(&text, 256 << 20);
	assert_int_equal(rv_rrweb_export(stream, collect, &text, NULL), RV_OK);
	rv_buf_byte(&text, 0);
	const char *at = (const char *)text.ptr;
	struct value *events = parse(&at);
	rv_buf_deinit(&text);
	return events;
}

static const struct value *play_to(struct player *p, const struct value *event, double at)
{
	for (; event && get(event, "timestamp")->number <= at; event = event->next)
		play(p, event);
	return event;
}

static bool settled(struct rv_span stream, double at)
{
	struct rv_mirror *mirror = rv_mirror_new(NULL);
	assert_int_equal(rv_stream_fold(stream, at, mirror), RV_OK);
	bool done = rv_mirror_epoch(mirror)->snapshot_done && rv_mirror_document(mirror);
	rv_mirror_free(mirror);
	return done;
}

static uint32_t check_window(uint32_t seed, struct rv_span stream, const struct value *whole, double from, double to)
{
	static struct player a, b;
	struct rv_buf out;
	uint32_t samples = 0;
	rv_buf_init(&out, 64 << 20);
	if (rv_stream_cut_out(stream, from, to, &out) == RV_OK) {
		struct value *part = events_of(rv_buf_get(&out));
		const struct value *x = whole, *y = part->first;
		for (int step = 0; step <= 6; step++) {
			double at = from + (double)(uint32_t)((to - from) * step / 6);
			x = play_to(&a, x, at);
			y = play_to(&b, y, at);
			if (!settled(stream, at))
				continue;
			samples++;
			if (look(&a) == look(&b))
				continue;
			explain(&a, &b);
			fail_msg("seed %u: the window from %.0f to %.0f differs at %.0f", seed, from, to, at);
		}
		drop(part);
	}
	reset(&a);
	reset(&b);
	rv_buf_deinit(&out);
	return samples;
}

static uint32_t setting(const char *name, uint32_t otherwise)
{
	const char *text = getenv(name);
	return text ? (uint32_t)strtoul(text, NULL, 10) : otherwise;
}

static void test_windows(void **state)
{
	uint32_t first = setting("RV_SEED", 1), runs = setting("RV_RUNS", 150), samples = 0;
	for (uint32_t seed = first; seed < first + runs; seed++) {
		struct random_maker maker = {.gentle = seed % 4 != 0};
		random_make(&maker, seed, 350);
		struct rv_span stream = rv_buf_get(&maker.stream);
		struct value *whole = events_of(stream);
		double begin = 1700000000000.0, end = maker.wall_ms + maker.t_ms;
		for (int i = 0; i < 3; i++) {
			double from = begin + (uint32_t)((end - begin) * random_next(&maker, 1000) / 1000);
			check_window(seed, stream, whole->first, from, from + (uint32_t)((end - from) * (500 + random_next(&maker, 501)) / 1000));
		}
		samples += check_window(seed, stream, whole->first, begin + (uint32_t)((end - begin) * 0.4), end);
		drop(whole);
		random_free(&maker);
	}
	assert_true(samples > runs / 4); /* it did compare */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_windows)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
