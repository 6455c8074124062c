/* Masking by level and flags. */
#include "mask.h"
#include "edit.h"
#include "grow.h"
#include "secret.h"
#include "style_text.h"
#include "utf8.h"
#include "words.h"
#include <stdlib.h>

static const char TEXT_ATTRIBUTES[] =
	"title alt placeholder aria-label aria-description aria-valuetext aria-placeholder aria-roledescription "
	"value label summary srcdoc data-title data-tooltip data-label data-content data-text data-placeholder data-original-title ";
static const char MEDIA[] = "img picture source video audio track embed object image canvas input ";
static const char MEDIA_ATTRIBUTES[] = "src srcset poster data href xlink:href ";
static const char META_KEPT[] = "viewport color-scheme theme-color referrer format-detection robots ";
/* Input types whose value is a label or a constant of the page, not something a person entered. */
static const char LABEL_TYPES[] = "submit button reset image checkbox radio ";

void rv_mask_init(struct rv_mask *mask, enum rv_level level)
{
	*mask = (struct rv_mask){.level = level};
}

void rv_mask_deinit(struct rv_mask *mask)
{
	free(mask->secrets);
	mask->secrets = NULL;
}

/* ---- text ---- */

static bool is_white(uint32_t c)
{
	return c == ' ' || (c >= 9 && c <= 13) || c == 0xa0 || (c >= 0x2000 && c <= 0x200b) || c == 0x2028 || c == 0x2029 || c == 0x3000;
}

static bool stars(struct rv_span *text, struct rv_arena *arena)
{
	uint8_t *out;
	size_t pos = 0, n = 0;

	if (!text->ptr || !text->len)
		return true;
	out = rv_arena_alloc(arena, text->len);
	if (!out)
		return false;
	while (pos < text->len) {
		size_t from = pos;

		if (is_white(rv_utf8_next(*text, &pos))) {
			memcpy(out + n, text->ptr + from, pos - from);
			n += pos - from;
		} else {
			out[n++] = '*';
		}
	}
	*text = rv_span(out, n);
	return true;
}

static uint32_t utf16_len(struct rv_span text)
{
	size_t pos = 0;
	uint32_t n = 0;

	while (pos < text.len && n < RV_MASK_LEN_MAX)
		n += rv_utf8_next(text, &pos) > 0xffff ? 2 : 1;
	return n < RV_MASK_LEN_MAX ? n : RV_MASK_LEN_MAX;
}

/* ---- what an element is ---- */

struct element {
	uint32_t id, flags;
	struct rv_span tag;
	const struct rv_node *node; /* in the mirror, NULL while it is being added */
	const struct rv_rec *rec;   /* the record that adds it or changes its attributes */
	uint32_t first;             /* of the groups in rec->v */
};

static struct rv_span attribute(const struct element *element, const char *name)
{
	uint32_t i;

	for (i = element->first; element->rec && i + 1 < element->rec->n; i += 2) {
		if (rv_word_is(element->rec->v[i].s, name))
			return element->rec->v[i + 1].s;
	}
	return element->node ? rv_mirror_attribute(element->node, name) : rv_span(NULL, 0);
}

static bool is_field(const struct element *element)
{
	return rv_word_is(element->tag, "input") || rv_word_is(element->tag, "textarea");
}

static bool looks_secret(const struct element *element)
{
	return rv_word_is(attribute(element, "type"), "password") || rv_secret_autocomplete(attribute(element, "autocomplete"))
		|| rv_secret_name(attribute(element, "name")) >= RV_SECRET_FIELD || rv_secret_name(attribute(element, "id")) >= RV_SECRET_FIELD;
}

static bool was_secret(const struct rv_mask *mask, uint32_t id)
{
	uint32_t i;

	if (mask->n_secrets == RV_MASK_SECRETS_MAX)
		return true;
	for (i = 0; i < mask->n_secrets; i++) {
		if (mask->secrets[i] == id)
			return true;
	}
	return false;
}

/* True for a field that is or was secret; remembers it. */
static enum rv_status check_secret(struct rv_mask *mask, const struct element *element, bool *secret)
{
	*secret = is_field(element) && was_secret(mask, element->id);
	if (*secret || !is_field(element) || !looks_secret(element))
		return RV_OK;
	*secret = true;
	if (mask->n_secrets == mask->cap_secrets) {
		uint32_t *secrets = rv_grow(mask->secrets, &mask->cap_secrets, 16, sizeof(*secrets));

		if (!secrets)
			return RV_MEMORY;
		mask->secrets = secrets;
	}
	mask->secrets[mask->n_secrets++] = element->id;
	return RV_OK;
}

static bool hides_text(const struct rv_mask *mask, uint32_t flags)
{
	if (flags & (RV_EL_MASK | RV_EL_BLOCK))
		return true;
	return mask->level == RV_LEVEL_STRICT && !(flags & RV_EL_ALLOW);
}

/* Whether what a person entered into the element is hidden. */
static bool hides_value(const struct rv_mask *mask, const struct element *element, bool secret)
{
	if (secret || hides_text(mask, element->flags))
		return true;
	if (mask->level == RV_LEVEL_NONE || element->flags & RV_EL_ALLOW)
		return false;
	return !(rv_word_is(element->tag, "input") && rv_words_have(LABEL_TYPES, attribute(element, "type")));
}

/* ---- records ---- */

enum fate { KEEP, STARS, STYLE, DROP };

static bool begins(struct rv_span text, const char *start)
{
	size_t len = strlen(start);

	return text.len >= len && memcmp(text.ptr, start, len) == 0;
}

/* Values such as `open`, `side-nav`, `3`, which style sheets ask for, as against what a page has to say. */
static bool is_plain_word(struct rv_span value)
{
	size_t digits = 0, i;

	for (i = 0; i < value.len; i++) {
		uint8_t c = value.ptr[i];

		if (c >= '0' && c <= '9')
			digits++;
		else if (!(c >= 'a' && c <= 'z') && c != '-' && c != '_')
			return false;
	}
	return digits ? digits == value.len && digits <= 4 : value.len <= 24;
}

/* Tags with a hyphen are for custom elements. */
static bool is_custom(struct rv_span tag)
{
	size_t i = 0;

	while (i < tag.len && tag.ptr[i] != '-')
		i++;
	return i < tag.len;
}

/* Attributes that pages make up, or that name things for those who cannot see them. */
static bool is_free(const struct element *element, struct rv_span name)
{
	return (begins(name, "data-") && !begins(name, "data-rv-")) || begins(name, "aria-")
		|| (is_custom(element->tag) && !(element->flags & RV_EL_NS_MASK) && !rv_words_have("id class style slot part href src type ", name));
}

static enum fate attribute_fate(const struct rv_mask *mask, const struct element *element, struct rv_span name, struct rv_span value, bool secret)
{
	bool hidden = hides_text(mask, element->flags);

	if (rv_word_is(name, "value") && (is_field(element) || rv_word_is(element->tag, "select")) && hides_value(mask, element, secret))
		return secret ? DROP : STARS;
	if (!hidden)
		return KEEP;
	if (rv_word_is(element->tag, "meta") && rv_word_is(name, "content"))
		return attribute(element, "http-equiv").ptr || rv_words_have(META_KEPT, attribute(element, "name")) ? KEEP : STARS;
	if (rv_words_have(MEDIA, element->tag) && rv_words_have(MEDIA_ATTRIBUTES, name) && (mask->level == RV_LEVEL_STRICT || element->flags & RV_EL_BLOCK))
		return DROP;
	if (rv_word_is(name, "srcdoc"))
		return DROP;
	if (rv_word_is(name, "href") && (begins(value, "mailto:") || begins(value, "tel:")))
		return DROP;
	if (rv_word_is(name, "style"))
		return STYLE;
	return rv_words_have(TEXT_ATTRIBUTES, name) || (is_free(element, name) && !is_plain_word(value)) ? STARS : KEEP;
}

/* The attribute groups of element and attributes records. keep_names: a dropped value stays as null,
 * which removes the attribute; otherwise the group goes. */
static enum rv_status mask_attributes(struct rv_mask *mask, struct rv_rec *rec, const struct element *element, bool keep_names, struct rv_arena *arena)
{
	struct rv_val *values = NULL;
	struct rv_rec was = *rec;
	struct element as_sent = *element;
	uint32_t i, n = element->first;
	enum rv_status status;
	bool secret;

	as_sent.rec = &was;
	if ((status = check_secret(mask, &as_sent, &secret)) != RV_OK)
		return status;
	for (i = element->first; i + 1 < was.n; i += 2) {
		struct rv_val name = was.v[i], value = was.v[i + 1];
		enum fate fate = value.s.ptr ? attribute_fate(mask, &as_sent, name.s, value.s, secret) : KEEP;

		if (fate != KEEP && !values && !(values = rv_edit_values(rec, arena)))
			return RV_MEMORY;
		if (fate == DROP) {
			if (!keep_names)
				continue;
			value.s = rv_span(NULL, 0);
		} else if (fate == STARS && !stars(&value.s, arena)) {
			return RV_MEMORY;
		} else if (fate == STYLE && (status = rv_style_stars(&value.s, arena)) != RV_OK) {
			return status;
		}
		if (values) {
			values[n] = name;
			values[n + 1] = value;
		}
		n += 2;
	}
	rec->n = n;
	return RV_OK;
}

static enum fate text_fate(const struct rv_mask *mask, const struct rv_mirror *mirror, const struct rv_node *parent)
{
	if (parent && parent->kind == RV_NODE_SHADOW)
		parent = rv_mirror_slot(mirror, parent->parent);
	if (!parent || parent->kind != RV_NODE_ELEMENT)
		return KEEP;
	if (rv_word_is(parent->name, "style"))
		return hides_text(mask, parent->flags) ? STYLE : KEEP;
	/* The text of a text area is its first value. */
	if (rv_word_is(parent->name, "textarea") && mask->level != RV_LEVEL_NONE && !(parent->flags & RV_EL_ALLOW))
		return STARS;
	return hides_text(mask, parent->flags) ? STARS : KEEP;
}

static enum rv_status change(struct rv_rec *rec, uint32_t index, enum fate fate, struct rv_arena *arena)
{
	struct rv_val *values;

	if (fate == KEEP || !rec->v[index].s.ptr)
		return RV_OK;
	if (!(values = rv_edit_values(rec, arena)))
		return RV_MEMORY;
	if (fate == STYLE)
		return rv_style_stars(&values[index].s, arena);
	if (fate == DROP)
		values[index].s = rv_span(NULL, 0);
	return fate == DROP || stars(&values[index].s, arena) ? RV_OK : RV_MEMORY;
}

static void describe(struct element *element, const struct rv_node *node)
{
	element->node = node;
	element->id = node->id;
	element->flags = node->flags;
	element->tag = node->name;
}

/* Enter, ArrowLeft, F5, not what a person writes. */
static bool is_key_name(struct rv_span key)
{
	size_t i;

	for (i = 0; i < key.len; i++) {
		uint8_t c = key.ptr[i];

		if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9'))
			return false;
	}
	return key.len >= 2 && key.len <= 32;
}

static enum rv_status mask_key(struct rv_mask *mask, const struct rv_mirror *mirror, struct rv_rec *rec, struct rv_arena *arena)
{
	const struct rv_node *node = rv_mirror_find(mirror, rec->v[RV_KEY_NODE].u);
	struct element element = {0};
	enum rv_status status;
	bool secret;

	if (is_key_name(rec->v[RV_KEY_KEY].s))
		return RV_OK;
	if (node && mask->level != RV_LEVEL_STRICT) {
		describe(&element, node);
		if ((status = check_secret(mask, &element, &secret)) != RV_OK)
			return status;
		if (!(is_field(&element) || rv_word_is(element.tag, "select") ? hides_value(mask, &element, secret) : hides_text(mask, element.flags)))
			return RV_OK;
	}
	return change(rec, RV_KEY_KEY, DROP, arena);
}

/* What a node's flags say of its style; without a node the level alone does. */
static enum fate style_fate(const struct rv_mask *mask, const struct rv_node *node)
{
	return hides_text(mask, node ? node->flags : 0) ? STYLE : KEEP;
}

/* Keyframes are JSON with style text in it: they go as a whole when they set what may show text. */
static enum fate keyframes_fate(const struct rv_mask *mask, const struct rv_node *node, struct rv_span keyframes)
{
	size_t i;

	if (style_fate(mask, node) == KEEP)
		return KEEP;
	for (i = 0; i < keyframes.len; i++) {
		const struct rv_span rest = rv_span(keyframes.ptr + i, keyframes.len - i);

		if (begins(rest, "\"content\"") || begins(rest, "\"--") || begins(rest, "\"\\"))
			return DROP;
	}
	return KEEP;
}

static enum rv_status mask_input(struct rv_mask *mask, const struct rv_mirror *mirror, struct rv_rec *rec, struct rv_arena *arena)
{
	const struct rv_node *node = rv_mirror_find(mirror, rec->v[RV_INPUT_NODE].u);
	struct element element = {0};
	struct rv_val *values;
	enum rv_status status;
	bool secret;
	uint32_t len = rec->v[RV_INPUT_LEN].u;

	if (!node)
		return RV_OK; /* the mirror will refuse it */
	describe(&element, node);
	if ((status = check_secret(mask, &element, &secret)) != RV_OK)
		return status;
	if (rec->v[RV_INPUT_VALUE].s.ptr) {
		if (!hides_value(mask, &element, secret))
			return RV_OK;
		len = utf16_len(rec->v[RV_INPUT_VALUE].s);
	} else if (!secret && len <= RV_MASK_LEN_MAX) {
		return RV_OK;
	}
	if (!(values = rv_edit_values(rec, arena)))
		return RV_MEMORY;
	if (values[RV_INPUT_VALUE].s.ptr)
		values[RV_INPUT_FLAGS].u |= RV_INPUT_MASKED;
	values[RV_INPUT_VALUE].s = rv_span(NULL, 0);
	values[RV_INPUT_LEN].u = secret ? 0 : len < RV_MASK_LEN_MAX ? len : RV_MASK_LEN_MAX;
	return RV_OK;
}

enum rv_status rv_mask_record(struct rv_mask *mask, const struct rv_mirror *mirror, struct rv_rec *rec, struct rv_arena *arena)
{
	struct element element = {0};
	const struct rv_sheet *sheet;
	const struct rv_node *node;

	switch (rec->type) {
	case RV_REC_ELEMENT:
		element.id = rec->v[RV_ELEMENT_ID].u;
		element.flags = rec->v[RV_ELEMENT_FLAGS].u;
		element.tag = rec->v[RV_ELEMENT_TAG].s;
		element.first = RV_ELEMENT_FIXED;
		return mask_attributes(mask, rec, &element, false, arena);
	case RV_REC_ATTRIBUTES:
		node = rv_mirror_find(mirror, rec->v[RV_ATTRIBUTES_NODE].u);
		if (!node)
			return RV_OK;
		describe(&element, node);
		element.first = RV_ATTRIBUTES_FIXED;
		return mask_attributes(mask, rec, &element, true, arena);
	case RV_REC_TEXT:
		if (rec->v[RV_TEXT_KIND].u == RV_TEXT_PI)
			return RV_OK;
		return change(rec, RV_TEXT_TEXT, text_fate(mask, mirror, rv_mirror_find(mirror, rec->v[RV_TEXT_PARENT].u)), arena);
	case RV_REC_TEXT_SET:
		node = rv_mirror_find(mirror, rec->v[RV_TEXT_SET_NODE].u);
		if (!node || node->kind == RV_NODE_PI)
			return RV_OK;
		return change(rec, RV_TEXT_SET_TEXT, text_fate(mask, mirror, rv_mirror_slot(mirror, node->parent)), arena);
	case RV_REC_INPUT:
		return mask_input(mask, mirror, rec, arena);
	case RV_REC_CANVAS:
		node = rv_mirror_find(mirror, rec->v[RV_CANVAS_NODE].u);
		return change(rec, RV_CANVAS_IMAGE, !node || hides_text(mask, node->flags) || !begins(rec->v[RV_CANVAS_IMAGE].s, "data:image/") ? DROP : KEEP, arena);
	case RV_REC_KEY:
		return mask_key(mask, mirror, rec, arena);
	case RV_REC_HOLD:
		return change(rec, RV_HOLD_CSS, style_fate(mask, rv_mirror_find(mirror, rec->v[RV_HOLD_NODE].u)), arena);
	case RV_REC_ANIMATION:
		return change(rec, RV_ANIMATION_KEYFRAMES, keyframes_fate(mask, rv_mirror_find(mirror, rec->v[RV_ANIMATION_NODE].u), rec->v[RV_ANIMATION_KEYFRAMES].s), arena);
	case RV_REC_RULE_INSERT: /* the sheet and the text are in the same place in both */
	case RV_REC_RULE_REPLACE:
		sheet = rv_mirror_sheet(mirror, rec->v[RV_RULE_INSERT_SHEET].u);
		return change(rec, RV_RULE_INSERT_TEXT, style_fate(mask, sheet ? rv_mirror_find(mirror, sheet->owner) : NULL), arena);
	default:
		return RV_OK;
	}
}
