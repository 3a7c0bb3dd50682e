#include "parsers/json/jvalid.h"

#include <string.h>

#include "parsers/json/jstring.h"
#include "parsers/utf8.h"

#define WORD_BITS 64
#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))

/* What kind of token a byte begins. */
enum class {
	WORD = 0, /* anything that is none of the others */
	BLANK,
	FEED,
	QUOTE,
	OPEN_OBJECT,
	OPEN_ARRAY,
	CLOSE_OBJECT,
	CLOSE_ARRAY,
	COMMA,
	COLON,
	CLASSES,
};

static const uint8_t class_of[256] = {
	[' '] = BLANK,
	['\t'] = BLANK,
	['\r'] = BLANK,
	['\n'] = FEED,
	['"'] = QUOTE,
	['{'] = OPEN_OBJECT,
	['['] = OPEN_ARRAY,
	['}'] = CLOSE_OBJECT,
	[']'] = CLOSE_ARRAY,
	[','] = COMMA,
	[':'] = COLON,
};

/* What may come next. */
enum state {
	AT_ROOT,  /* the one value of the text */
	AT_FIRST, /* a name, or the end of an empty object */
	AT_NAME,  /* a name, after a comma */
	AT_COLON,
	AT_MEMBER, /* the value of a name */
	AT_MORE,   /* a comma or the end of an object */
	AT_HEAD,   /* a value, or the end of an empty array */
	AT_ITEM,   /* a value, after a comma */
	AT_REST,   /* a comma or the end of an array */
	AT_END,    /* nothing but blanks */
	STATES,
};

enum action {
	REFUSE = 0,
	SCALAR,
	STRING,
	NAME,
	PASS_COLON,
	PASS_COMMA, /* also inside of a run */
	RUN,        /* brackets and commas */
};

/* clang-format off */
#define VALUES [WORD] = SCALAR, [QUOTE] = STRING, \
	[OPEN_OBJECT] = RUN, [OPEN_ARRAY] = RUN

static const uint8_t actions[STATES][CLASSES] = {
	[AT_ROOT]   = { VALUES },
	[AT_FIRST]  = { [QUOTE] = NAME, [CLOSE_OBJECT] = RUN },
	[AT_NAME]   = { [QUOTE] = NAME },
	[AT_COLON]  = { [COLON] = PASS_COLON },
	[AT_MEMBER] = { VALUES },
	[AT_MORE]   = { [COMMA] = PASS_COMMA, [CLOSE_OBJECT] = RUN },
	[AT_HEAD]   = { VALUES, [CLOSE_ARRAY] = RUN },
	[AT_ITEM]   = { VALUES },
	[AT_REST]   = { [COMMA] = PASS_COMMA, [CLOSE_ARRAY] = RUN },
	[AT_END]    = { 0 },
};

/* The state after an action other than RUN. */
static const uint8_t next[STATES] = {
	[AT_ROOT]   = AT_END,
	[AT_FIRST]  = AT_COLON,
	[AT_NAME]   = AT_COLON,
	[AT_COLON]  = AT_MEMBER,
	[AT_MEMBER] = AT_MORE,
	[AT_MORE]   = AT_NAME,
	[AT_HEAD]   = AT_REST,
	[AT_ITEM]   = AT_REST,
	[AT_REST]   = AT_ITEM,
};
/* clang-format on */

struct walk {
	const char *text, *at, *end;
	const struct jvalid_rules *rules;
	struct jvalid_facts *facts;
	uint64_t inner;  /* a bit for each level: is it an object? */
	uint64_t *outer; /* the same for the levels outside of those */
	size_t depth, depth_room;
	enum state state;
	bool named; /* the next value belongs to rules->name */
};

static bool
fault(struct walk *w, enum jvalid_fault kind, const char *at)
{
	w->facts->fault = kind;
	w->facts->fault_at = (size_t)(at - w->text);
	return false;
}

/* The byte at `at` is not allowed there. */
static bool
unexpected(struct walk *w, const char *at)
{
	if (at < w->end && utf8_length(at, w->end) == 0)
		return fault(w, JVALID_ENCODING, at);
	return fault(w, JVALID_SYNTAX, at);
}

static void
note(struct walk *w, size_t *fact)
{
	if (*fact == JVALID_NOWHERE)
		*fact = (size_t)(w->at - w->text);
}

/* ---- strings ---- */

static bool
is_plain(char c)
{
	return c != '"' && c != '\\' && (unsigned char)c >= 0x20 &&
	       (unsigned char)c < 0x80;
}

static bool
walk_escape(struct walk *w)
{
	static const enum jvalid_fault kinds[] = {
		[JSTRING_BAD] = JVALID_SYNTAX,
		[JSTRING_CUT] = JVALID_SYNTAX,
		[JSTRING_HALF] = JVALID_ENCODING,
	};
	size_t length;
	uint32_t point;
	enum jstring_escape answer =
	    jstring_escape(w->at, w->end, &length, &point);

	if (answer != JSTRING_GOOD)
		return fault(
		    w, kinds[answer], answer == JSTRING_CUT ? w->end : w->at);
	w->at += length;
	return true;
}

/* From the opening quote to the byte after the closing one. */
static bool
walk_string(struct walk *w)
{
	size_t length;

	w->at++;
	for (;;) {
		while (w->at < w->end && is_plain(*w->at))
			w->at++;
		if (w->at == w->end)
			return fault(w, JVALID_SYNTAX, w->at);
		if (*w->at == '"') {
			w->at++;
			return true;
		}
		if (*w->at == '\\') {
			if (!walk_escape(w))
				return false;
			continue;
		}
		length = utf8_length(w->at, w->end);
		if (length < 2)
			return unexpected(w, w->at);
		w->at += length;
	}
}

static bool
walk_name(struct walk *w)
{
	const char *open = w->at;

	if (!walk_string(w))
		return false;
	if (w->depth != 1 || w->rules->name.len == 0 ||
	    !jstring_equal(
		open, w->at - 1, w->rules->name.at, w->rules->name.len))
		return true;
	if (w->facts->value_at == JVALID_NOWHERE)
		w->named = true;
	else if (w->facts->again_at == JVALID_NOWHERE)
		w->facts->again_at = (size_t)(open - w->text);
	return true;
}

/* ---- words and numbers ---- */

static const char *
skip_digits(const char *at, const char *end)
{
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return at;
}

/* At least one digit: gives what follows, else NULL. */
static const char *
need_digits(const char *at, const char *end)
{
	const char *after = skip_digits(at, end);

	return after > at ? after : NULL;
}

/* Gives what follows the longest number here, or NULL if there is none. */
static const char *
skip_number(const char *at, const char *end)
{
	if (at < end && *at == '-')
		at++;
	if (at < end && *at == '0')
		at++;
	else
		at = need_digits(at, end);
	if (at != NULL && at < end && *at == '.')
		at = need_digits(at + 1, end);
	if (at != NULL && at < end && (*at | 0x20) == 'e') {
		at++;
		if (at < end && (*at == '+' || *at == '-'))
			at++;
		at = need_digits(at, end);
	}
	return at;
}

static const char *
skip_literal(const char *at, const char *end)
{
	static const struct span literals[] = { SPAN("true"), SPAN("false"),
		SPAN("null") };

	for (size_t i = 0; i < COUNT(literals); i++)
		if ((size_t)(end - at) >= literals[i].len &&
		    memcmp(at, literals[i].at, literals[i].len) == 0)
			return at + literals[i].len;
	return NULL;
}

static bool
walk_scalar(struct walk *w)
{
	bool letter = *w->at >= 'a' && *w->at <= 'z';
	const char *after =
	    letter ? skip_literal(w->at, w->end) : skip_number(w->at, w->end);

	if (after == NULL ||
	    (after < w->end && class_of[(uint8_t)*after] == WORD))
		return unexpected(w, w->at);
	if (!letter && w->rules->max_number > 0 &&
	    (size_t)(after - w->at) > w->rules->max_number)
		note(w, &w->facts->number_at);
	w->at = after;
	return true;
}

/* ---- nesting ---- */

/* What a token of a run does, and the state after it in [ and in {. */
static const struct {
	uint8_t opens, closes, object;
	uint8_t after[2];
} kinds[CLASSES] = {
	/* clang-format off */
	[OPEN_OBJECT]  = { 1, 0, 1, { AT_HEAD, AT_FIRST } },
	[OPEN_ARRAY]   = { 1, 0, 0, { AT_HEAD, AT_FIRST } },
	[CLOSE_OBJECT] = { 0, 1, 0, { AT_REST, AT_MORE } },
	[CLOSE_ARRAY]  = { 0, 1, 0, { AT_REST, AT_MORE } },
	[COMMA]        = { 0, 0, 0, { AT_ITEM, AT_NAME } },
	/* clang-format on */
};

/*
 * `inner` has room for 64 levels.  Opening one more saves them in *saved;
 * closing that one restores them.
 */
static uint64_t
cross_word(uint64_t *saved, uint64_t before, uint64_t inner, enum class class)
{
	if (kinds[class].closes)
		return *saved;
	if (kinds[class].opens)
		*saved = before;
	return inner;
}

/*
 * A run of brackets and commas, which begins with a bracket.  No branch depends
 * on which they are: in nested text it would be mispredicted often.
 */
static bool
walk_run(struct walk *w)
{
	size_t max_depth = w->rules->max_depth, depth = w->depth;
	size_t room = w->depth_room;
	uint64_t inner = w->inner;
	enum class class = class_of[(uint8_t)*w->at];
	enum state state;

	do {
		size_t opens = kinds[class].opens, closes = kinds[class].closes;
		size_t level = depth - closes; /* that opens or closes here */
		uint64_t before = inner;

		if (depth + opens > room)
			return fault(w, JVALID_TOO_DEEP, w->at);
		inner = inner << opens >> closes | kinds[class].object;
		if (level % WORD_BITS == 0)
			inner = cross_word(
			    &w->outer[level / WORD_BITS], before, inner, class);
		depth += opens - closes;
		if (max_depth > 0 && depth > max_depth)
			note(w, &w->facts->deep_at);
		state = kinds[class].after[inner & 1];
		if (depth == 0)
			state = AT_END;
		if (++w->at == w->end)
			break;
		class = class_of[(uint8_t)*w->at];
	} while (actions[state][class] >= PASS_COMMA);
	w->inner = inner;
	w->depth = depth;
	w->state = state;
	return true;
}

/* ---- the walk ---- */

/* Notes where the root value and the value of rules->name begin. */
static void
note_value(struct walk *w, enum action action)
{
	if (action == REFUSE || action == PASS_COLON || action == PASS_COMMA)
		return;
	if (w->state == AT_ROOT)
		note(w, &w->facts->root_at);
	if (w->named)
		note(w, &w->facts->value_at);
	w->named = false;
}

static bool
step(struct walk *w, enum class class)
{
	enum action action = actions[w->state][class];

	if (w->named || w->state == AT_ROOT)
		note_value(w, action);
	switch (action) {
	case REFUSE:
		return unexpected(w, w->at);
	case RUN:
		return walk_run(w);
	case PASS_COMMA:
	case PASS_COLON:
		w->at++;
		break;
	case SCALAR:
		if (!walk_scalar(w))
			return false;
		break;
	case STRING:
		if (!walk_string(w))
			return false;
		break;
	case NAME:
		if (!walk_name(w))
			return false;
		break;
	}
	w->state = next[w->state];
	return true;
}

static bool
walk(struct walk *w)
{
	bool feeds = !w->rules->one_line;

	while (w->at < w->end) {
		enum class class = class_of[(uint8_t)*w->at];

		if (class == BLANK || (class == FEED && feeds))
			w->at++;
		else if (!step(w, class))
			return false;
	}
	if (w->state != AT_END)
		return fault(w, JVALID_SYNTAX, w->end);
	return true;
}

/* The state after the token at the mark. */
static enum state
state_after(const struct jvalid_mark *mark, char token)
{
	bool object = mark->objects & 1;

	switch (class_of[(uint8_t)token]) {
	case OPEN_OBJECT:
		return AT_FIRST;
	case OPEN_ARRAY:
		return AT_HEAD;
	case COLON:
		return AT_MEMBER;
	case COMMA:
		return object ? AT_NAME : AT_ITEM;
	default:
		return mark->depth == 0 ? AT_END : object ? AT_MORE : AT_REST;
	}
}

static void
resume_at(struct walk *w, const struct jvalid_mark *mark)
{
	w->at = w->text + mark->at + 1;
	w->state = state_after(mark, w->text[mark->at]);
	w->depth = mark->depth;
	w->inner = mark->objects;
	w->facts->root_at = mark->root_at;
	w->facts->value_at = mark->value_at;
}

static bool
check(const char *text, size_t len, const struct jvalid_rules *rules,
    const struct jvalid_mark *mark, uint64_t *outer, size_t depth_room,
    struct jvalid_facts *facts)
{
	struct walk w = {
		.text = text,
		.at = text,
		.end = text + len,
		.rules = rules,
		.facts = facts,
		.outer = outer,
		.depth_room = depth_room,
		.state = AT_ROOT,
	};

	*facts = (struct jvalid_facts){
		.root_at = JVALID_NOWHERE,
		.deep_at = JVALID_NOWHERE,
		.number_at = JVALID_NOWHERE,
		.value_at = JVALID_NOWHERE,
		.again_at = JVALID_NOWHERE,
	};
	if (mark != NULL)
		resume_at(&w, mark);
	return walk(&w);
}

/* Not inlined: only deeply nested text pays for this stack frame. */
static bool __attribute__((noinline))
check_deep(const char *text, size_t len, const struct jvalid_rules *rules,
    const struct jvalid_mark *mark, struct jvalid_facts *facts)
{
	uint64_t outer[JVALID_DEPTH / WORD_BITS + 1];

	return check(text, len, rules, mark, outer, JVALID_DEPTH, facts);
}

bool
jvalid_resume(const char *text, size_t len, const struct jvalid_rules *rules,
    const struct jvalid_mark *mark, struct jvalid_facts *facts)
{
	uint64_t outer[JVALID_SHALLOW / WORD_BITS + 1];

	if (check(text, len, rules, mark, outer, JVALID_SHALLOW, facts))
		return true;
	if (facts->fault != JVALID_TOO_DEEP)
		return false;
	return check_deep(text, len, rules, mark, facts);
}

bool
jvalid_check(const char *text, size_t len, const struct jvalid_rules *rules,
    struct jvalid_facts *facts)
{
	return jvalid_resume(text, len, rules, NULL, facts);
}
