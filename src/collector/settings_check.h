/* Whether a value fits one row of the settings' table, and how it is written. Pure functions. */
#ifndef RV_SETTINGS_CHECK_H
#define RV_SETTINGS_CHECK_H
#include "json_read.h"

/* What a setting holds. Those from ORIGINS to WORDS are lists of texts. */
enum rv_setting_type {
	RV_SETTING_TEXT, RV_SETTING_CHOICE, RV_SETTING_BOOL, RV_SETTING_INT, RV_SETTING_ORIGINS, RV_SETTING_SELECTORS, RV_SETTING_PATTERNS, RV_SETTING_HEADERS, RV_SETTING_ADDRESSES, RV_SETTING_WORDS,
	RV_SETTING_COLOR, RV_SETTING_FONT, RV_SETTING_CSS, RV_SETTING_LABELS, RV_SETTING_FIELDS
};

struct rv_setting {
	const char *group, *name; /* group NULL: at the top; "modules.feedback": an object in an object */
	enum rv_setting_type type;
	bool widget;              /* goes to the widget */
	double min, max;          /* numbers: bounds; text: code points; lists: members (max) */
	const char *fallback;     /* JSON; NULL: the workspace's name */
	const char *choices;      /* CHOICE: words with a comma after each */
	const char *description;
};

enum { RV_SETTING_ITEM_MAX = 500, RV_SETTING_AT = 80 };

/* NULL: fine; else what is wrong, and in at the place within the value: "[2].options[1]", "" for the whole. */
const char *rv_setting_check(const struct rv_setting *setting, const cJSON *value, char at[RV_SETTING_AT]);
/* A value that was found right, in its normal form. */
void rv_setting_write(const struct rv_setting *setting, const cJSON *value, struct rv_json *json);

/* "scheme://host[:port]" in lower case without a default port; false for anything else. */
bool rv_setting_origin(const char *text, bool wildcard, char *out, size_t out_size);
/* Both normal. allowed may have a * for its subdomains, and takes no host that only looks like one. */
bool rv_setting_origin_matches(const char *allowed, const char *origin);

#endif
