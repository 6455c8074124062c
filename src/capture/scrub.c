/* Fields of records to redact. */
#include "scrub.h"
#include "edit.h"
#include "secret.h"
#include "words.h"

static const char ADDRESS_ATTRIBUTES[] = "href src action formaction srcset poster data xlink:href cite background ping manifest longdesc ";

struct edit {
	struct rv_redact *redact;
	const struct rv_mirror *mirror;
	struct rv_rec *rec;
	struct rv_arena *arena;
	struct rv_val *own;
	enum rv_status status;
};

static void put(struct edit *edit, uint32_t index, struct rv_span text)
{
	if (edit->status != RV_OK || text.ptr == edit->rec->v[index].s.ptr)
		return;
	if (!edit->own && !(edit->own = rv_edit_values(edit->rec, edit->arena)))
		edit->status = RV_MEMORY;
	else
		edit->own[index].s = text;
}

typedef enum rv_status (*redaction)(struct rv_redact *redact, struct rv_span *text, struct rv_arena *arena);

static void change(struct edit *edit, uint32_t index, redaction by)
{
	struct rv_span span = edit->rec->v[index].s;

	if (edit->status != RV_OK)
		return;
	edit->status = by(edit->redact, &span, edit->arena);
	put(edit, index, span);
}

static void text(struct edit *edit, uint32_t index)
{
	change(edit, index, rv_redact_text);
}

static void named(struct edit *edit, uint32_t index, struct rv_span name)
{
	struct rv_span span = edit->rec->v[index].s;

	if (edit->status != RV_OK)
		return;
	edit->status = rv_redact_named(edit->redact, name, &span, edit->arena);
	put(edit, index, span);
}

/* Attributes in pairs; of the element they go to the mirror knows the others. */
static void attributes(struct edit *edit, uint32_t first)
{
	const struct rv_val *v = edit->rec->v;
	uint32_t n = edit->rec->n, i;
	struct rv_span meta = {0}; /* the name of what a meta element says */

	for (i = first; i + 1 < n; i += 2) {
		if (rv_words_have("name property ", v[i].s))
			meta = v[i + 1].s;
	}
	for (i = first; i + 1 < n; i += 2) {
		struct rv_span name = v[i].s;

		if (rv_words_have(ADDRESS_ATTRIBUTES, name))
			change(edit, i + 1, rv_redact_address);
		else if (rv_word_is(name, "style"))
			change(edit, i + 1, rv_redact_style);
		else if (rv_word_is(name, "content") && rv_secret_name(meta) >= RV_SECRET_FIELD)
			named(edit, i + 1, meta);
		else if (!rv_word_is(name, "accesskey") && rv_secret_name(name) >= RV_SECRET_FIELD)
			named(edit, i + 1, name);
	}
}

/* Text below a style element. */
static void style_text(struct edit *edit, uint32_t index, uint32_t parent)
{
	const struct rv_node *node = rv_mirror_find(edit->mirror, parent);

	if (node && rv_word_is(node->name, "style"))
		change(edit, index, rv_redact_style);
}

static void parts(struct edit *edit)
{
	uint32_t i;

	for (i = RV_NETWORK_FIXED; i + 2 < edit->rec->n; i += RV_NETWORK_GROUP)
		named(edit, i + RV_NETWORK_G_VALUE, edit->rec->v[i + RV_NETWORK_G_NAME].s);
}

enum rv_status rv_scrub_record(struct rv_redact *redact, const struct rv_mirror *mirror, struct rv_rec *rec, struct rv_arena *arena)
{
	struct edit edit = {redact, mirror, rec, arena, NULL, RV_OK};
	const struct rv_node *node;
	uint32_t i;

	switch (rec->type) {
	case RV_REC_EPOCH:
		text(&edit, RV_EPOCH_URL);
		text(&edit, RV_EPOCH_REFERRER);
		break;
	case RV_REC_DOCUMENT:
		text(&edit, RV_DOCUMENT_URL);
		break;
	case RV_REC_NAVIGATE:
		text(&edit, RV_NAVIGATE_URL);
		break;
	case RV_REC_GAP:
		text(&edit, RV_GAP_WHY);
		break;
	case RV_REC_NOTE:
		text(&edit, RV_NOTE_TEXT);
		break;
	case RV_REC_ELEMENT:
		attributes(&edit, RV_ELEMENT_FIXED);
		break;
	case RV_REC_ATTRIBUTES:
		attributes(&edit, RV_ATTRIBUTES_FIXED);
		break;
	case RV_REC_TEXT:
		style_text(&edit, RV_TEXT_TEXT, rec->v[RV_TEXT_PARENT].u);
		break;
	case RV_REC_TEXT_SET:
		node = rv_mirror_find(mirror, rec->v[RV_TEXT_SET_NODE].u);
		node = node ? rv_mirror_slot(mirror, node->parent) : NULL;
		style_text(&edit, RV_TEXT_SET_TEXT, node ? node->id : 0);
		break;
	case RV_REC_RULE_INSERT:
	case RV_REC_RULE_REPLACE:
		change(&edit, RV_RULE_INSERT_TEXT, rv_redact_style); /* the same place in both */
		break;
	case RV_REC_HOLD:
		change(&edit, RV_HOLD_CSS, rv_redact_style);
		break;
	case RV_REC_ANIMATION:
		change(&edit, RV_ANIMATION_KEYFRAMES, rv_redact_style);
		break;
	case RV_REC_SHEET:
		change(&edit, RV_SHEET_HREF, rv_redact_address);
		break;
	case RV_REC_CONSOLE:
		text(&edit, RV_CONSOLE_STACK);
		for (i = RV_CONSOLE_FIXED; i < rec->n; i++)
			text(&edit, i);
		break;
	case RV_REC_ERROR:
		text(&edit, RV_ERROR_MESSAGE);
		text(&edit, RV_ERROR_SOURCE);
		text(&edit, RV_ERROR_STACK);
		break;
	case RV_REC_NETWORK:
		text(&edit, RV_NETWORK_URL);
		text(&edit, RV_NETWORK_ERROR);
		parts(&edit);
		break;
	case RV_REC_CUSTOM:
		text(&edit, RV_CUSTOM_PAYLOAD);
		break;
	case RV_REC_PERFORMANCE:
		text(&edit, RV_PERFORMANCE_NAME);
		text(&edit, RV_PERFORMANCE_DETAIL);
		break;
	case RV_REC_SOCKET:
		text(&edit, RV_SOCKET_TEXT);
		break;
	default:
		break;
	}
	return edit.status;
}
