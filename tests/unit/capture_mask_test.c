/* Masking and scrubbing: what of each record is kept at each level. */
#include "cmocka_all.h"
#include "capture_make.h"
#include "mask.h"
#include "scrub.h"

struct page {
	struct rv_mask mask;
	struct rv_redact redact;
	struct rv_mirror *mirror;
	struct rv_arena arena;
	struct rv_rec last;
	uint32_t next_id;
};

static void open_page(struct page *page, enum rv_level level)
{
	memset(page, 0, sizeof(*page));
	rv_mask_init(&page->mask, level);
	rv_redact_init(&page->redact);
	rv_arena_init(&page->arena, 16 << 20);
	page->mirror = rv_mirror_new(NULL);
	page->next_id = 100;
}

static void close_page(struct page *page)
{
	rv_mask_deinit(&page->mask);
	rv_redact_deinit(&page->redact);
	rv_mirror_free(page->mirror);
	rv_arena_deinit(&page->arena);
}

static void put_values(struct page *page, uint32_t type, const struct rv_val *values, uint32_t n)
{
	page->last = (struct rv_rec){.type = type, .t_ms = 0, .n = n, .v = values};
	assert_int_equal(rv_mask_record(&page->mask, page->mirror, &page->last, &page->arena), RV_OK);
	assert_int_equal(rv_scrub_record(&page->redact, page->mirror, &page->last, &page->arena), RV_OK);
	assert_int_equal(rv_mirror_apply(page->mirror, &page->last), RV_OK);
}

#define PUT(page, number, ...) do { \
	struct rv_val v_[] = {make_u(0), ##__VA_ARGS__}, *own_ = rv_arena_alloc(&(page)->arena, sizeof(v_)); \
	memcpy(own_, v_, sizeof(v_)); \
	put_values(page, number, own_ + 1, sizeof(v_) / sizeof(*v_) - 1); \
} while (0)

static void start(struct page *page)
{
	PUT(page, RV_REC_EPOCH, make_f(WALL), make_u(1), make_u(1), make_u(1000), make_s("https://x.test/?key=1&a=jane@example.com"), make_s(NULL), make_u(1));
	PUT(page, RV_REC_DOCUMENT, make_u(1), make_u(0), make_u(0), make_s("https://x.test/"));
	PUT(page, RV_REC_ELEMENT, make_u(2), make_u(1), make_u(0), make_u(0), make_s("html"));
}


/* An element with one attribute under html; answers its id. */
static uint32_t element(struct page *page, uint32_t flags, const char *tag, const char *name, const char *value)
{
	uint32_t id = ++page->next_id;

	if (name)
		PUT(page, RV_REC_ELEMENT, make_u(id), make_u(2), make_u(0), make_u(flags), make_s(tag), make_s(name), make_s(value));
	else
		PUT(page, RV_REC_ELEMENT, make_u(id), make_u(2), make_u(0), make_u(flags), make_s(tag));
	return id;
}

static const char *kept_attribute(struct page *page, uint32_t id, const char *name)
{
	struct rv_span value = rv_mirror_attribute(rv_mirror_find(page->mirror, id), name);
	static char text[200];

	if (!value.ptr)
		return "(none)";
	snprintf(text, sizeof(text), "%.*s", (int)value.len, (const char *)value.ptr);
	return text;
}

static const char *kept_text(struct page *page, uint32_t flags, const char *tag, const char *content)
{
	uint32_t parent = element(page, flags, tag, NULL, NULL), id = ++page->next_id;
	static char text[200];
	struct rv_span span;

	PUT(page, RV_REC_TEXT, make_u(id), make_u(parent), make_u(0), make_u(RV_TEXT_PLAIN), make_s(content));
	span = rv_mirror_find(page->mirror, id)->text;
	snprintf(text, sizeof(text), "%.*s", (int)span.len, (const char *)span.ptr);
	/* Setting it anew is masked alike. */
	PUT(page, RV_REC_TEXT_SET, make_u(id), make_s(content));
	assert_true(rv_span_is(rv_mirror_find(page->mirror, id)->text, text));
	return text;
}

static void test_text(void **state)
{
	struct page page;

	open_page(&page, RV_LEVEL_INPUTS);
	start(&page);
	assert_string_equal(kept_text(&page, 0, "p", "Hello"), "Hello");
	assert_string_equal(kept_text(&page, RV_EL_MASK, "p", "H\xc3\xa4llo\n w\xf0\x9f\x98\x80\xc2\xa0x"), "*****\n **\xc2\xa0*");
	assert_string_equal(kept_text(&page, RV_EL_MASK | RV_EL_ALLOW, "p", "abc"), "***");
	assert_string_equal(kept_text(&page, RV_EL_BLOCK, "p", "abc"), "***");
	assert_string_equal(kept_text(&page, 0, "textarea", "abc"), "***");
	assert_string_equal(kept_text(&page, RV_EL_ALLOW, "textarea", "abc"), "abc");
	assert_string_equal(kept_text(&page, RV_EL_MASK, "style", "a{}"), "a{}");
	assert_string_equal(kept_text(&page, 0, "style", "a{content:'x';b:url(/?key=1)}"), "a{content:'x';b:url(/?key=[redacted])}");
	assert_string_equal(kept_text(&page, RV_EL_MASK, "style", "a{content:'x'}"), "a{content:'*'}");
	close_page(&page);

	open_page(&page, RV_LEVEL_STRICT);
	start(&page);
	assert_string_equal(kept_text(&page, 0, "p", "Hello you"), "***** ***");
	assert_string_equal(kept_text(&page, 0, "title", "Hello"), "*****");
	assert_string_equal(kept_text(&page, RV_EL_ALLOW, "p", "Hello"), "Hello");
	assert_string_equal(kept_text(&page, 0, "style", "a{}"), "a{}");
	close_page(&page);

	open_page(&page, RV_LEVEL_NONE);
	start(&page);
	assert_string_equal(kept_text(&page, 0, "textarea", "abc"), "abc");
	assert_string_equal(kept_text(&page, RV_EL_MASK, "p", "abc"), "***");
	close_page(&page);
}

/* Text right below a shadow root goes by its host. */
static void test_shadow(void **state)
{
	struct page page;
	uint32_t host;

	open_page(&page, RV_LEVEL_INPUTS);
	start(&page);
	host = element(&page, RV_EL_MASK, "x-a", NULL, NULL);
	PUT(&page, RV_REC_SHADOW_ROOT, make_u(50), make_u(host), make_u(0));
	PUT(&page, RV_REC_TEXT, make_u(51), make_u(50), make_u(0), make_u(RV_TEXT_PLAIN), make_s("abc"));
	assert_true(rv_span_is(rv_mirror_find(page.mirror, 51)->text, "***"));
	close_page(&page);
}

static void test_attributes(void **state)
{
	static const struct {
		uint32_t flags;
		const char *tag, *name, *value, *inputs, *strict;
	} cases[] = {
		{0, "p", "title", "a b", "a b", "* *"},
		{0, "img", "alt", "abc", "abc", "***"},
		{0, "p", "aria-label", "abc", "abc", "***"},
		{0, "p", "aria-hidden", "true", "true", "true"},
		{0, "input", "placeholder", "abc", "abc", "***"},
		{0, "p", "class", "abc", "abc", "abc"},
		{0, "p", "data-tooltip", "abc", "abc", "***"},
		{0, "p", "data-state", "open", "open", "open"},
		{RV_EL_MASK, "p", "title", "abc", "***", "***"},
		{RV_EL_ALLOW, "p", "title", "abc", "abc", "abc"},
		{0, "input", "value", "abc", "***", "***"},
		{RV_EL_ALLOW, "input", "value", "abc", "abc", "abc"},
		{0, "option", "value", "abc", "abc", "***"},
		{0, "li", "value", "3", "3", "*"},
		{0, "img", "src", "/a.png", "/a.png", "(none)"},
		{RV_EL_BLOCK, "img", "src", "/a.png", "(none)", "(none)"},
		{RV_EL_ALLOW, "img", "src", "/a.png", "/a.png", "/a.png"},
		{0, "video", "poster", "/a.png", "/a.png", "(none)"},
		{0, "link", "href", "/a.css", "/a.css", "/a.css"},
		{0, "a", "href", "/a?x=1", "/a?x=1", "/a?x=1"},
		{0, "a", "href", "mailto:jane@example.com", "mailto:jane@example.com", "(none)"},
		{0, "a", "href", "/a?token=abc", "/a?token=[redacted]", "/a?token=[redacted]"},
		{0, "iframe", "srcdoc", "<p>x", "<p>x", "(none)"},
		{0, "meta", "content", "abc", "abc", "***"},
		{0, "INPUT", "VALUE", "abc", "***", "***"},
		/* Attributes that pages make up: words that style sheets ask for stay. */
		{0, "p", "data-customer", "Jane", "Jane", "****"},
		{0, "p", "data-ref", "ab12", "ab12", "****"},
		{0, "p", "data-index", "12", "12", "12"},
		{0, "p", "data-number", "12345", "12345", "*****"},
		{0, "p", "data-rv-mask", "Yes", "Yes", "Yes"},
		{0, "p", "aria-expanded", "true", "true", "true"},
		{0, "p", "aria-errormessage", "Jane Doe", "Jane Doe", "**** ***"},
		{0, "x-card", "heading", "Jane", "Jane", "****"},
		{0, "x-card", "class", "A1 b", "A1 b", "A1 b"},
		{RV_NS_SVG, "font-face", "units-per-em", "1000.5", "1000.5", "1000.5"},
		{RV_EL_MASK, "p", "data-customer", "Jane", "****", "****"},
		{RV_EL_ALLOW, "p", "data-customer", "Jane", "Jane", "Jane"},
		/* Style. */
		{0, "p", "style", "--a:\"Jane\";color:red", "--a:\"Jane\";color:red", "--a:\"****\";color:red"},
		{0, "p", "style", "background:url(/a?token=1)", "background:url(/a?token=[redacted])", "background:url(/a?token=[redacted])"},
		/* Names that say what the value is. */
		{0, "p", "data-api-key", "k1", "[redacted]", "[redacted]"},
		{0, "p", "accesskey", "s", "s", "s"},
	};
	size_t i;
	int level;

	for (level = RV_LEVEL_INPUTS; level <= RV_LEVEL_STRICT; level++) {
		struct page page;

		open_page(&page, (enum rv_level)level);
		start(&page);
		for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			const char *expected = level == RV_LEVEL_STRICT ? cases[i].strict : cases[i].inputs;
			uint32_t id = element(&page, cases[i].flags, cases[i].tag, cases[i].name, cases[i].value);

			if (strcmp(kept_attribute(&page, id, cases[i].name), expected))
				fail_msg("case %zu level %d: %s, not %s", i, level, kept_attribute(&page, id, cases[i].name), expected);
			/* The same by a later change. */
			id = element(&page, cases[i].flags, cases[i].tag, "id", "x");
			PUT(&page, RV_REC_ATTRIBUTES, make_u(id), make_s("lang"), make_s("en"), make_s(cases[i].name), make_s(cases[i].value), make_s("dir"), make_s("ltr"));
			if (strcmp(kept_attribute(&page, id, cases[i].name), expected))
				fail_msg("case %zu level %d, changed: %s, not %s", i, level, kept_attribute(&page, id, cases[i].name), expected);
			assert_string_equal(kept_attribute(&page, id, "dir"), "ltr");
		}
		/* Those behind a dropped one stay. */
		PUT(&page, RV_REC_ELEMENT, make_u(60), make_u(2), make_u(0), make_u(RV_EL_BLOCK), make_s("img"), make_s("src"), make_s("/a"), make_s("alt"), make_s("abc"), make_s("class"), make_s("c"));
		assert_string_equal(kept_attribute(&page, 60, "src"), "(none)");
		assert_string_equal(kept_attribute(&page, 60, "alt"), "***");
		assert_string_equal(kept_attribute(&page, 60, "class"), "c");
		PUT(&page, RV_REC_ELEMENT, make_u(61), make_u(2), make_u(0), make_u(0), make_s("meta"), make_s("content"), make_s("width=1"), make_s("name"), make_s("viewport"));
		assert_string_equal(kept_attribute(&page, 61, "content"), "width=1");
		PUT(&page, RV_REC_ELEMENT, make_u(62), make_u(2), make_u(0), make_u(RV_EL_ALLOW), make_s("meta"), make_s("content"), make_s("abc"), make_s("name"), make_s("csrf-token"));
		assert_string_equal(kept_attribute(&page, 62, "content"), "[redacted]");
		close_page(&page);
	}
}

/* Sends a value for an input; the value kept, or "#len" when it is masked. */
static const char *kept_value(struct page *page, uint32_t id, const char *value)
{
	const struct rv_node_state *node;
	static char text[200];

	PUT(page, RV_REC_INPUT, make_u(id), make_u(RV_INPUT_HAS_VALUE), make_u(0), make_s(value));
	node = rv_mirror_find(page->mirror, id)->state;
	if (node->input_value.ptr) {
		assert_false(node->input_flags & RV_INPUT_MASKED);
		snprintf(text, sizeof(text), "%.*s", (int)node->input_value.len, (const char *)node->input_value.ptr);
	} else {
		assert_true(node->input_flags & RV_INPUT_MASKED);
		snprintf(text, sizeof(text), "#%u", node->input_len);
	}
	return text;
}

static void test_inputs(void **state)
{
	struct page page;
	uint32_t id;

	open_page(&page, RV_LEVEL_INPUTS);
	start(&page);
	assert_string_equal(kept_value(&page, element(&page, 0, "input", "type", "text"), "a\xf0\x9f\x98\x80"), "#3");
	assert_string_equal(kept_value(&page, element(&page, RV_EL_ALLOW, "input", "type", "text"), "abc"), "abc");
	assert_string_equal(kept_value(&page, element(&page, 0, "textarea", NULL, NULL), "abc"), "#3");
	assert_string_equal(kept_value(&page, element(&page, 0, "select", NULL, NULL), "abc"), "#3");
	assert_string_equal(kept_value(&page, element(&page, 0, "input", "type", "submit"), "Send"), "Send");
	assert_string_equal(kept_value(&page, element(&page, RV_EL_MASK, "input", "type", "submit"), "Send"), "#4");
	id = element(&page, 0, "input", "type", "text");
	PUT(&page, RV_REC_INPUT, make_u(id), make_u(RV_INPUT_HAS_VALUE | RV_INPUT_MASKED), make_u(5000), make_s(NULL));
	assert_int_equal(rv_mirror_find(page.mirror, id)->state->input_len, 1000);
	close_page(&page);

	open_page(&page, RV_LEVEL_NONE);
	start(&page);
	assert_string_equal(kept_value(&page, element(&page, 0, "input", "type", "text"), "abc"), "abc");
	assert_string_equal(kept_value(&page, element(&page, RV_EL_MASK, "input", "type", "text"), "abc"), "#3");
	close_page(&page);
}

static void test_secrets(void **state)
{
	static const char *const secrets[][2] = {{"type", "password"}, {"type", "PassWord"}, {"autocomplete", "one-time-code"}, {"autocomplete", "shipping cc-number"},
		{"autocomplete", "new-password"}, {"name", "card_number"}, {"id", "user-password"}, {"name", "cvc"}};
	struct page page;
	uint32_t id, i;

	open_page(&page, RV_LEVEL_NONE);
	start(&page);
	for (i = 0; i < sizeof(secrets) / sizeof(*secrets); i++) {
		id = element(&page, RV_EL_ALLOW, "input", secrets[i][0], secrets[i][1]);
		assert_string_equal(kept_value(&page, id, "hunter2"), "#0");
		PUT(&page, RV_REC_ATTRIBUTES, make_u(id), make_s("value"), make_s("hunter2"));
		assert_string_equal(kept_attribute(&page, id, "value"), "(none)");
		/* Shown in the clear by a "show password" button: still secret. */
		PUT(&page, RV_REC_ATTRIBUTES, make_u(id), make_s(secrets[i][0]), make_s("text"));
		assert_string_equal(kept_value(&page, id, "hunter2"), "#0");
		PUT(&page, RV_REC_INPUT, make_u(id), make_u(RV_INPUT_HAS_VALUE | RV_INPUT_MASKED), make_u(7), make_s(NULL));
		assert_int_equal(rv_mirror_find(page.mirror, id)->state->input_len, 0);
	}
	/* Value and type in one record, the value first. */
	PUT(&page, RV_REC_ELEMENT, make_u(60), make_u(2), make_u(0), make_u(RV_EL_ALLOW), make_s("input"), make_s("value"), make_s("hunter2"), make_s("type"), make_s("password"));
	assert_string_equal(kept_attribute(&page, 60, "value"), "(none)");
	/* More of them than are remembered: then every field is one. */
	for (i = 0; i < RV_MASK_SECRETS_MAX; i++)
		element(&page, 0, "input", "type", "password");
	assert_string_equal(kept_value(&page, element(&page, RV_EL_ALLOW, "input", "type", "text"), "abc"), "#0");
	assert_string_equal(kept_attribute(&page, element(&page, RV_EL_ALLOW, "option", "value", "abc"), "value"), "abc");
	close_page(&page);
}

static const char *field_of(const struct page *page, uint32_t index)
{
	static char text[300];

	if (!page->last.v[index].s.ptr)
		return "(none)";
	snprintf(text, sizeof(text), "%.*s", (int)page->last.v[index].s.len, (const char *)page->last.v[index].s.ptr);
	return text;
}

static const char *kept_canvas(struct page *page, uint32_t flags, const char *image)
{
	uint32_t id = element(page, flags, "canvas", NULL, NULL);

	PUT(page, RV_REC_CANVAS, make_u(id), make_u(300), make_u(150), make_s(image));
	assert_int_equal(page->last.v[RV_CANVAS_WIDTH].u, 300);
	return field_of(page, RV_CANVAS_IMAGE);
}

static const char *kept_key(struct page *page, uint32_t node, const char *key)
{
	PUT(page, RV_REC_KEY, make_u(node), make_u(0), make_s(key));
	return field_of(page, RV_KEY_KEY);
}

static void test_canvas_and_keys(void **state)
{
	const char *image = "data:image/webp;base64,AAAA";
	struct page page;
	uint32_t id;

	open_page(&page, RV_LEVEL_INPUTS);
	start(&page);
	assert_string_equal(kept_canvas(&page, 0, image), image);
	assert_string_equal(kept_canvas(&page, 0, "https://x.test/"), "(none)");
	assert_string_equal(kept_canvas(&page, 0, "data:text/html,x"), "(none)");
	assert_string_equal(kept_canvas(&page, RV_EL_MASK, image), "(none)");
	assert_string_equal(kept_canvas(&page, RV_EL_BLOCK, image), "(none)");
	id = element(&page, 0, "input", "type", "text");
	assert_string_equal(kept_key(&page, id, "a"), "(none)");
	assert_string_equal(kept_key(&page, id, "Enter"), "Enter");
	assert_string_equal(kept_key(&page, id, "\xe3\x81\x82"), "(none)");
	assert_string_equal(kept_key(&page, id, "\xd9\x84\xd8\xa7"), "(none)");
	assert_string_equal(kept_key(&page, id, "1"), "(none)");
	assert_string_equal(kept_key(&page, id, "my password is a key, they said, in one go"), "(none)");
	assert_string_equal(kept_key(&page, id, NULL), "(none)");
	assert_string_equal(kept_key(&page, element(&page, RV_EL_ALLOW, "input", "type", "text"), "a"), "a");
	assert_string_equal(kept_key(&page, element(&page, RV_EL_ALLOW, "input", "type", "password"), "a"), "(none)");
	assert_string_equal(kept_key(&page, element(&page, 0, "select", NULL, NULL), "a"), "(none)");
	assert_string_equal(kept_key(&page, element(&page, 0, "div", NULL, NULL), "a"), "a");
	assert_string_equal(kept_key(&page, element(&page, RV_EL_MASK, "div", NULL, NULL), "a"), "(none)");
	assert_string_equal(kept_key(&page, 0, "a"), "(none)");
	close_page(&page);

	open_page(&page, RV_LEVEL_STRICT);
	start(&page);
	assert_string_equal(kept_canvas(&page, 0, image), "(none)");
	assert_string_equal(kept_canvas(&page, RV_EL_ALLOW, image), image);
	assert_string_equal(kept_key(&page, element(&page, RV_EL_ALLOW, "input", NULL, NULL), "a"), "(none)");
	assert_string_equal(kept_key(&page, element(&page, 0, "div", NULL, NULL), "a"), "(none)");
	assert_string_equal(kept_key(&page, element(&page, 0, "div", NULL, NULL), "Escape"), "Escape");
	close_page(&page);
}

static const char *kept_rule(struct page *page, uint32_t owner, const char *rule)
{
	uint32_t sheet = ++page->next_id;
	static char text[300];

	PUT(page, RV_REC_SHEET, make_u(sheet), make_u(owner), make_u(0), make_s(NULL), make_s("/a.css?token=1"));
	assert_string_equal(field_of(page, RV_SHEET_HREF), "/a.css?token=[redacted]");
	PUT(page, RV_REC_RULE_INSERT, make_u(sheet), make_s(rule), make_u(0));
	strcpy(text, field_of(page, RV_RULE_INSERT_TEXT));
	PUT(page, RV_REC_RULE_REPLACE, make_u(sheet), make_s(rule), make_u(0));
	assert_string_equal(field_of(page, RV_RULE_REPLACE_TEXT), text);
	return text;
}

static void test_style(void **state)
{
	static const char *const rules[][2] = {
		{"a::after{content:\"Jane D\"}", "a::after{content:\"**** *\"}"},
		{"a{content : 'it\\'s';color:red}", "a{content : '****';color:red}"},
		{"a{CONTENT:\"\\201C\" attr(title) \"x\"}", "a{CONTENT:\"*\" attr(title) \"*\"}"},
		{"a{content:\"\\f101\"}", "a{content:\"\\f101\"}"},
		{"a{content:\"\xef\x84\x81 \xc3\xa4\"}", "a{content:\"\xef\x84\x81 *\"}"},
		{":root{--my_label:'Jane';--a\\:b:\"J\";font-family:\"Arial\"}", ":root{--my_label:'****';--a\\:b:\"*\";font-family:\"Arial\"}"},
		{"a[title=\"Jane\"]:hover{color:red}", "a[title=\"Jane\"]:hover{color:red}"},
		{"@font-face{font-family:\"A\";src:url(\"a.woff2\") format(\"woff2\")}", "@font-face{font-family:\"A\";src:url(\"a.woff2\") format(\"woff2\")}"},
		{"@media (a:b){a{content:\"x\"}b{c:\"d\"}}", "@media (a:b){a{content:\"*\"}b{c:\"d\"}}"},
		{"a{/* Jane's */content:\"x\"}", "a{content:\"*\"}"},
		{"a{content:\"x", "a{content:\"*"}, {"a{content:\"x\\", "a{content:\"*\\"}, {"/*", ""}, {"a/", "a/"}, {"\\", "\\"}, {"a{content:\"x\ny\"}", "a{content:\"*\ny\"*"},
	};
	struct page page;
	uint32_t id;
	size_t i;

	open_page(&page, RV_LEVEL_STRICT);
	start(&page);
	for (i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		assert_string_equal(kept_rule(&page, 0, rules[i][0]), rules[i][1]);
	id = element(&page, RV_EL_ALLOW, "style", NULL, NULL);
	assert_string_equal(kept_rule(&page, id, rules[0][0]), rules[0][0]);
	id = element(&page, 0, "p", NULL, NULL);
	PUT(&page, RV_REC_HOLD, make_u(id), make_s("--a:'x'"));
	assert_string_equal(field_of(&page, RV_HOLD_CSS), "--a:'*'");
	PUT(&page, RV_REC_ANIMATION, make_u(id), make_u(1), make_u(1), make_u(0), make_s("::after"), make_s("[{\"content\":\"\\\"x\\\"\"}]"), make_s("{}"));
	assert_string_equal(field_of(&page, RV_ANIMATION_KEYFRAMES), "(none)");
	PUT(&page, RV_REC_ANIMATION, make_u(id), make_u(2), make_u(1), make_u(0), make_s(NULL), make_s("[{\"left\":\"1px\"}]"), make_s("{}"));
	assert_string_equal(field_of(&page, RV_ANIMATION_KEYFRAMES), "[{\"left\":\"1px\"}]");
	close_page(&page);

	open_page(&page, RV_LEVEL_INPUTS);
	start(&page);
	for (i = 0; i < 9; i++)
		assert_string_equal(kept_rule(&page, 0, rules[i][0]), rules[i][0]);
	assert_string_equal(kept_rule(&page, element(&page, RV_EL_MASK, "style", NULL, NULL), rules[0][0]), rules[0][1]);
	assert_string_equal(kept_rule(&page, 0, "a[data-token=x]{b:url('https://u:p@x.test/?a=1&sig=abc')}"), "a[data-token=x]{b:url('https://[redacted]@x.test/?a=1&sig=[redacted]')}");
	id = element(&page, 0, "p", NULL, NULL);
	PUT(&page, RV_REC_HOLD, make_u(id), make_s("background:url(/?key=1)"));
	assert_string_equal(field_of(&page, RV_HOLD_CSS), "background:url(/?key=[redacted])");
	PUT(&page, RV_REC_ANIMATION, make_u(id), make_u(1), make_u(1), make_u(0), make_s(NULL), make_s("[{\"backgroundImage\":\"url(\\\"/?key=1\\\")\"}]"), make_s("{}"));
	assert_string_equal(field_of(&page, RV_ANIMATION_KEYFRAMES), "[{\"backgroundImage\":\"url(\\\"/?key=[redacted]\\\")\"}]");
	close_page(&page);
}

static void field_is(struct page *page, uint32_t index, const char *expected)
{
	struct rv_span span = page->last.v[index].s;

	if (!rv_span_is(span, expected))
		fail_msg("%.*s, not %s", (int)span.len, (const char *)span.ptr, expected);
}

static void test_scrub(void **state)
{
	struct page page;

	open_page(&page, RV_LEVEL_INPUTS);
	start(&page);
	assert_true(rv_span_is(rv_mirror_epoch(page.mirror)->url, "https://x.test/?key=[redacted]&a=[redacted:email]"));
	PUT(&page, RV_REC_NAVIGATE, make_u(0), make_s("/a?session=1#b"));
	field_is(&page, RV_NAVIGATE_URL, "/a?session=[redacted]#b");
	PUT(&page, RV_REC_CONSOLE, make_u(0), make_u(1), make_s("at https://x.test/a.js?token=1:2:3"), make_s("ok"), make_s("a@b.co"));
	field_is(&page, RV_CONSOLE_FIXED, "ok");
	field_is(&page, RV_CONSOLE_FIXED + 1, "[redacted:email]");
	field_is(&page, RV_CONSOLE_STACK, "at https://x.test/a.js?token=[redacted]");
	PUT(&page, RV_REC_ERROR, make_u(0), make_s("no user a@b.co"), make_s("/a.js?key=1"), make_u(1), make_u(2), make_s("Bearer abcdefgh1"));
	field_is(&page, RV_ERROR_MESSAGE, "no user [redacted:email]");
	field_is(&page, RV_ERROR_SOURCE, "/a.js?key=[redacted]");
	field_is(&page, RV_ERROR_STACK, "Bearer [redacted:token]");
	PUT(&page, RV_REC_NETWORK, make_u(0), make_u(1), make_s("POST"), make_s("/a?code=1"), make_u(200), make_u(0), make_u(1), make_u(2), make_u(3), make_s("t"), make_s("a@b.co"),
		make_u(0), make_s("authorization"), make_s("anything"), make_u(2), make_s(""), make_s("{\"password\":\"x\"}"), make_u(1), make_s("etag"), make_s("abc"));
	field_is(&page, RV_NETWORK_URL, "/a?code=[redacted]");
	field_is(&page, RV_NETWORK_ERROR, "[redacted:email]");
	field_is(&page, RV_NETWORK_FIXED + 2, "[redacted]");
	field_is(&page, RV_NETWORK_FIXED + 5, "{\"password\":\"[redacted]\"}");
	field_is(&page, RV_NETWORK_FIXED + 8, "abc");
	PUT(&page, RV_REC_CUSTOM, make_s("context"), make_s("{\"mail\":\"a@b.co\"}"));
	field_is(&page, RV_CUSTOM_PAYLOAD, "{\"mail\":\"[redacted:email]\"}");
	PUT(&page, RV_REC_PERFORMANCE, make_u(0), make_s("https://x.test/?token=1"), make_f(1), make_u(0), make_u(0), make_u(0), make_s("{\"url\":\"/?key=1\"}"));
	field_is(&page, RV_PERFORMANCE_NAME, "https://x.test/?token=[redacted]");
	field_is(&page, RV_PERFORMANCE_DETAIL, "{\"url\":\"/?key=[redacted]\"}");
	PUT(&page, RV_REC_SOCKET, make_u(1), make_u(0), make_u(9), make_s("{\"token\":12345}"));
	field_is(&page, RV_SOCKET_TEXT, "{\"token\":\"[redacted]\"}");
	assert_int_equal(page.redact.count, 16);
	close_page(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_shadow),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_inputs),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_canvas_and_keys),
		cmocka_unit_test(test_style),
		cmocka_unit_test(test_scrub),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
