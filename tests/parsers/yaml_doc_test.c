#include <criterion/criterion.h>

#include <string.h>

#include "parsers/yaml_doc.h"
#include "parsers/buffer.h"
#include "parsers/span.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A tree as text: {key@line:column=value, ...}; quoted values in quotes. */
static void
draw(struct buffer *b, const struct yaml_doc_node *n)
{
	if (n->key != NULL)
		buffer_print(b, "%s@%u:%u=", n->key, n->line, n->column);
	if (n->kind == YAML_DOC_SCALAR)
		buffer_print(b, n->plain ? "%s" : "'%s'", n->text);
	else
		buffer_print(b, n->kind == YAML_DOC_MAP ? "{" : "[");
	for (const struct yaml_doc_node *m = n->first; m != NULL; m = m->next) {
		draw(b, m);
		buffer_print(b, m->next != NULL ? "," : "");
	}
	if (n->kind != YAML_DOC_SCALAR)
		buffer_print(b, n->kind == YAML_DOC_MAP ? "}" : "]");
}

/* clang-format off */
static const struct {
	const char	*what, *text, *want;
} good[] = {
	{ "a map",		"a: 1\nb: two words\n",	"{a@1:1=1,b@2:1=two words}" },
	{ "maps in maps",	"a:\n  b:\n    c: 1\n",
	  "{a@1:1={b@2:3={c@3:5=1}}}" },
	{ "the flow style",	"a: {b: 1, c: [x, 'y']}",
	  "{a@1:1={b@1:5=1,c@1:11=[x,'y']}}" },
	{ "comments",		"# first\na: 1 # why\n# last\n", "{a@2:1=1}" },
	{ "nothing as a value",	"a:\nb: ''\nc: {d}",	"{a@1:1=,b@2:1='',c@3:1={d@3:5=}}" },
	{ "a list",		"- 1\n- {a: 2}\n",	"[1,{a@2:4=2}]" },
	{ "no type but text",	"a: 010\nb: yes\nc: ~",	"{a@1:1=010,b@2:1=yes,c@3:1=~}" },
	{ "one scalar",		"hello",		"hello" },
	{ "document marks",	"---\na: 1\n...\n",	"{a@2:1=1}" },
	{ "escapes in quotes",	"a: \"x\\ty\\u00e9\"",	"{a@1:1='x\ty\xc3\xa9'}" },
	{ "a mark of order",	"\xef\xbb\xbf" "a: 1",	"{a@1:2=1}" },
	{ "windows line ends",	"a: 1\r\nb: 2\r\n",	"{a@1:1=1,b@2:1=2}" },
	{ "a key in quotes",	"'a b': 1",		"{a b@1:1=1}" },
	{ "an empty map",	"{}",			"{}" },
	{ "braces in a value",	"url: http://h/{table}", "{url@1:1=http://h/{table}}" },
	{ "braces in a flow word", "{a: ${N}, b: h/{t}}",
	  "{a@1:2=${N},b@1:11=h/{t}}" },
	{ "braces that YAML means", "{a: {b}, c: [{d: e}]}",
	  "{a@1:2={b@1:6=},c@1:10=[{d@1:15=e}]}" },
	{ "dollar and brace",	"a: ${NAME}",		"{a@1:1=${NAME}}" },
	{ "a literal block",	"a: |\n  x\n  y\n",	"{a@1:1='x\ny\n'}" },
};

static const struct {
	const char	*what, *text, *want;
} bad[] = {
	{ "a key twice",	"a: 1\nb: 2\na: 3\n",	"f.yaml:3:1: a: given twice, first in line 1" },
	{ "twice in a flow",	"x: {a: 1, a: 2}",	"f.yaml:1:11: a: given twice" },
	{ "twice, quoted",	"a: 1\n'a': 2\n",	"f.yaml:2:1: a: given twice" },
	{ "an anchor",		"a: &x 1\n",		"f.yaml:1:4: anchors" },
	{ "an anchored map",	"a: &x {b: 1}\n",	"f.yaml:1:4: anchors" },
	{ "an anchored list",	"a: &x [b]\n",		"f.yaml:1:4: anchors" },
	{ "an alias",		"a: *x\n",		"f.yaml:1:4: anchors" },
	{ "a tag",		"a: !!str 1\n",		"f.yaml:1:4: tags" },
	{ "a tagged map",	"a: !x {b: 1}\n",	"f.yaml:1:4: tags" },
	{ "a tagged list",	"a: !x [b]\n",		"f.yaml:1:4: tags" },
	{ "an anchored key",	"&x a: 1\n",		"f.yaml:1:1: anchors" },
	{ "a directive",	"%YAML 1.1\n---\na: 1\n",	"f.yaml:1:1: directives" },
	{ "a second document",	"a: 1\n---\nb: 1\n",	"f.yaml:2:1: a second document" },
	{ "an empty second",	"a: 1\n---\n",		"f.yaml:2:1: a second document" },
	{ "a map as a key",	"{a: 1}: 2\n",		"f.yaml:1:1: a key must be text" },
	{ "a list as a key",	"[a]: 2\n",		"f.yaml:1:1: a key must be text" },
	{ "an empty key",	"'': 1\n",		"f.yaml:1:1: a key must have" },
	{ "a NUL",		"a: \"x\\0y\"\n",	"f.yaml:1:4: a NUL" },
	{ "a NUL in a key",	"\"a\\0b\": 1\n",	"f.yaml:1:1: a NUL" },
	{ "a bare control",		"a: \1\n",		"f.yaml:1:" },
	{ "a tab as indent",	"a:\n\tb: 1\n",		"f.yaml:2:1: " },
	{ "no colon",		"a: 1\nb\n",		"f.yaml:3:1: could not find" },
	{ "an open brace",	"a: {b: 1\n",		"f.yaml:2:1: " },
	{ "an open quote",	"a: 'b\n",		"f.yaml:2:1: " },
	{ "not UTF-8",		"a: \xff\n",		"f.yaml:" },
	{ "UTF-16",		"a\0:\0 \0""1\0",	"f.yaml:" },
};
/* clang-format on */

Test(yaml_doc, reads_maps_lists_and_scalars_with_their_places)
{
	for (size_t i = 0; i < COUNT(good); i++) {
		struct yaml_doc *conf = NULL;
		struct err err = { 0 };
		struct buffer got;

		buffer_init(&got, 1000);
		cr_assert(yaml_doc_parse(
			      &conf, "f.yaml", span_of(good[i].text), &err),
		    "%s: %s", good[i].what, err.text);
		draw(&got, yaml_doc_root(conf));
		cr_expect_str_eq(
		    got.at, good[i].want, "%s: %s", good[i].what, got.at);
		buffer_fini(&got);
		yaml_doc_free(&conf);
		cr_expect_null(conf);
	}
}

Test(yaml_doc, refuses_what_could_mean_something_else)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct yaml_doc *conf = NULL;
		struct err err = { 0 };
		struct span text = span_of(bad[i].text);

		if (strcmp(bad[i].what, "UTF-16") == 0)
			text.len = 8;
		cr_expect(!yaml_doc_parse(&conf, "f.yaml", text, &err), "%s",
		    bad[i].what);
		cr_expect_null(conf, "%s", bad[i].what);
		cr_expect_eq(
		    strncmp(err.text, bad[i].want, strlen(bad[i].want)), 0,
		    "%s: %s", bad[i].what, err.text);
	}
}

static bool
parses(struct buffer *b, const char *says)
{
	struct yaml_doc *conf = NULL;
	struct err err = { 0 };
	bool ok = yaml_doc_parse(
	    &conf, "f.yaml", (struct span){ b->at, b->len }, &err);

	if (!ok) {
		cr_expect_eq(err.kind, ERR_LIMIT, "%s", err.text);
		cr_expect_not_null(strstr(err.text, says), "%s", err.text);
	}
	yaml_doc_free(&conf);
	return ok;
}

Test(yaml_doc, depth_has_a_limit)
{
	struct buffer b;

	for (int depth = YAML_DOC_DEPTH_MAX; depth <= YAML_DOC_DEPTH_MAX + 1;
	     depth++) {
		buffer_init(&b, 1000);
		for (int i = 0; i < depth; i++)
			buffer_print(&b, "[");
		for (int i = 0; i < depth; i++)
			buffer_print(&b, "]");
		cr_expect_eq(parses(&b, "deep"), depth <= YAML_DOC_DEPTH_MAX,
		    "%d", depth);
		buffer_fini(&b);
	}
}

Test(yaml_doc, the_number_of_values_has_a_limit)
{
	struct buffer b;

	for (int more = 0; more <= 1; more++) {
		buffer_init(&b, YAML_DOC_BYTES_MAX);
		for (int i = 0; i < YAML_DOC_NODES_MAX - 1 + more; i++)
			buffer_print(&b, "k%d: 1\n", i);
		cr_expect_eq(parses(&b, "more than"), more == 0, "%d", more);
		buffer_fini(&b);
	}
}

Test(yaml_doc, the_size_has_a_limit)
{
	struct buffer b;

	buffer_init(&b, YAML_DOC_BYTES_MAX + 1);
	buffer_print(&b, "%*s", YAML_DOC_BYTES_MAX, "a: 1\n");
	cr_expect(parses(&b, ""));
	buffer_print(&b, "\n");
	cr_expect(!parses(&b, "larger than"));
	buffer_fini(&b);
}

Test(yaml_doc, a_file_may_hold_nothing)
{
	static const char *const texts[] = { "", "# a word\n", "---\n",
		"\n\n" };

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct yaml_doc *conf = NULL;
		struct err err = { 0 };

		cr_assert(yaml_doc_parse(&conf, "f", span_of(texts[i]), &err));
		cr_expect(
		    yaml_doc_is_nothing(yaml_doc_root(conf)), "row %zu", i);
		yaml_doc_free(&conf);
	}
}

Test(yaml_doc, nothing_is_told_from_an_empty_text)
{
	struct yaml_doc *conf = NULL;
	struct err err = { 0 };

	cr_assert(yaml_doc_parse(&conf, "f", SPAN("a:\nb: ''\nc: {}"), &err));
	cr_expect(
	    yaml_doc_is_nothing(yaml_doc_member(yaml_doc_root(conf), "a")));
	cr_expect(
	    !yaml_doc_is_nothing(yaml_doc_member(yaml_doc_root(conf), "b")));
	cr_expect(
	    !yaml_doc_is_nothing(yaml_doc_member(yaml_doc_root(conf), "c")));
	yaml_doc_free(&conf);
}

Test(yaml_doc, a_member_is_found_by_its_key)
{
	struct yaml_doc *conf = NULL;
	struct err err = { 0 };

	cr_assert(yaml_doc_parse(&conf, "f", SPAN("a: {b: 1}\nc: 2"), &err));
	cr_expect_str_eq(yaml_doc_member(yaml_doc_root(conf), "c")->text, "2");
	cr_expect_null(yaml_doc_member(yaml_doc_root(conf), "b"));
	cr_expect_str_eq(
	    yaml_doc_member(yaml_doc_member(yaml_doc_root(conf), "a"), "b")
		->text,
	    "1");
	cr_expect_null(
	    yaml_doc_member(yaml_doc_member(yaml_doc_root(conf), "c"), "b"));
	yaml_doc_free(&conf);
}
