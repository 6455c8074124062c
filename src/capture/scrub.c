/* Fields of records to redact. */
#include "scrub.h"
#include "edit.h"
#include "words.h"

static const char ADDRESS_ATTRIBUTES[] = "href src action formaction srcset poster data xlink:href cite background ping manifest longdesc ";

struct edit {
	struct rv_redact *redact;
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

static void text(struct edit *edit, uint32_t index)
{
	struct rv_span span = edit->rec->v[index].s;

	if (edit->status != RV_OK)
		return;
	edit->status = rv_redact_text(edit->redact, &span, edit->arena);
	put(edit, index, span);
}

static void address(struct edit *edit, uint32_t index)
{
	struct rv_span span = edit->rec->v[index].s;

	if (edit->status != RV_OK)
		return;
	edit->status = rv_redact_address(edit->redact, &span, edit->arena);
	put(edit, index, span);
}

static void addresses(struct edit *edit, uint32_t first)
{
	uint32_t i;

	for (i = first; i + 1 < edit->rec->n; i += 2) {
		if (rv_words_have(ADDRESS_ATTRIBUTES, edit->rec->v[i].s))
			address(edit, i + 1);
	}
}

static void parts(struct edit *edit)
{
	uint32_t i;

	for (i = RV_NETWORK_FIXED; i + 2 < edit->rec->n; i += RV_NETWORK_GROUP) {
		struct rv_span value = edit->rec->v[i + RV_NETWORK_G_VALUE].s;

		if (edit->status != RV_OK)
			return;
		edit->status = rv_redact_named(edit->redact, edit->rec->v[i + RV_NETWORK_G_NAME].s, &value, edit->arena);
		put(edit, i + RV_NETWORK_G_VALUE, value);
	}
}

enum rv_status rv_scrub_record(struct rv_redact *redact, struct rv_rec *rec, struct rv_arena *arena)
{
	struct edit edit = {redact, rec, arena, NULL, RV_OK};
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
		addresses(&edit, RV_ELEMENT_FIXED);
		break;
	case RV_REC_ATTRIBUTES:
		addresses(&edit, RV_ATTRIBUTES_FIXED);
		break;
	case RV_REC_SHEET:
		address(&edit, RV_SHEET_HREF);
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
	default:
		break;
	}
	return edit.status;
}
