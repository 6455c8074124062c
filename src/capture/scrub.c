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
static void style_text(struct edit *edit, uint32_t index, const struct rv_node *parent)
{
	if (parent && rv_word_is(parent->name, "style"))
		change(edit, index, rv_redact_style);
}

/* Fields by how they are redacted. */
enum how { AS_TEXT, AS_STYLE, AS_ADDRESS };
static const struct { uint8_t type, field, how; } FIELDS[] = {
	{RV_REC_EPOCH, RV_EPOCH_URL, AS_TEXT}, {RV_REC_EPOCH, RV_EPOCH_REFERRER, AS_TEXT},
	{RV_REC_DOCUMENT, RV_DOCUMENT_URL, AS_TEXT}, {RV_REC_NAVIGATE, RV_NAVIGATE_URL, AS_TEXT},
	{RV_REC_GAP, RV_GAP_WHY, AS_TEXT}, {RV_REC_NOTE, RV_NOTE_TEXT, AS_TEXT},
	{RV_REC_RULE_INSERT, RV_RULE_INSERT_TEXT, AS_STYLE}, {RV_REC_RULE_REPLACE, RV_RULE_REPLACE_TEXT, AS_STYLE},
	{RV_REC_HOLD, RV_HOLD_CSS, AS_STYLE}, {RV_REC_ANIMATION, RV_ANIMATION_KEYFRAMES, AS_STYLE},
	{RV_REC_SHEET, RV_SHEET_HREF, AS_ADDRESS},
	{RV_REC_CONSOLE, RV_CONSOLE_STACK, AS_TEXT},
	{RV_REC_ERROR, RV_ERROR_MESSAGE, AS_TEXT}, {RV_REC_ERROR, RV_ERROR_SOURCE, AS_TEXT}, {RV_REC_ERROR, RV_ERROR_STACK, AS_TEXT},
	{RV_REC_NETWORK, RV_NETWORK_URL, AS_TEXT}, {RV_REC_NETWORK, RV_NETWORK_ERROR, AS_TEXT},
	{RV_REC_CUSTOM, RV_CUSTOM_PAYLOAD, AS_TEXT},
	{RV_REC_PERFORMANCE, RV_PERFORMANCE_NAME, AS_TEXT}, {RV_REC_PERFORMANCE, RV_PERFORMANCE_DETAIL, AS_TEXT},
	{RV_REC_SOCKET, RV_SOCKET_TEXT, AS_TEXT},
};

enum rv_status rv_scrub_record(struct rv_redact *redact, const struct rv_mirror *mirror, struct rv_rec *rec, struct rv_arena *arena)
{
	static const redaction by[] = {rv_redact_text, rv_redact_style, rv_redact_address};
	struct edit edit = {redact, mirror, rec, arena, NULL, RV_OK};
	const struct rv_node *node;
	uint32_t i;

	for (i = 0; i < sizeof(FIELDS) / sizeof(*FIELDS); i++) {
		if (FIELDS[i].type == rec->type)
			change(&edit, FIELDS[i].field, by[FIELDS[i].how]);
	}
	switch (rec->type) {
	case RV_REC_ELEMENT:
		attributes(&edit, RV_ELEMENT_FIXED);
		break;
	case RV_REC_ATTRIBUTES:
		attributes(&edit, RV_ATTRIBUTES_FIXED);
		break;
	case RV_REC_TEXT:
		style_text(&edit, RV_TEXT_TEXT, rv_mirror_find(mirror, rec->v[RV_TEXT_PARENT].u));
		break;
	case RV_REC_TEXT_SET:
		node = rv_mirror_find(mirror, rec->v[RV_TEXT_SET_NODE].u);
		style_text(&edit, RV_TEXT_SET_TEXT, node ? rv_mirror_slot(mirror, node->parent) : NULL);
		break;
	case RV_REC_CONSOLE:
		for (i = RV_CONSOLE_FIXED; i < rec->n; i++)
			change(&edit, i, rv_redact_text);
		break;
	case RV_REC_NETWORK:
		for (i = RV_NETWORK_FIXED; i + 2 < rec->n; i += RV_NETWORK_GROUP)
			named(&edit, i + RV_NETWORK_G_VALUE, rec->v[i + RV_NETWORK_G_NAME].s);
		break;
	default:
		break;
	}
	return edit.status;
}
