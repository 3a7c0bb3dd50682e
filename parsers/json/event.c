#include "parsers/json/event.h"

#include <assert.h>
#include <string.h>

#include "parsers/json/jvalid.h"
#include "parsers/json/jstring.h"
#include "parsers/json/jsimd.h"
#include "parsers/timestamp.h"

#define NAME "\"__time\""

static const struct {
	const char *word, *text;
} faults[EVENT_FAULT_COUNT] = { [EVENT_OK] = { "", "" },
#define X(symbol, word, text) [EVENT_##symbol] = { word, text },
	EVENT_FAULTS(X)
#undef X
};

static bool
refuse(struct event_verdict *out, enum event_fault fault, size_t at)
{
	*out = (struct event_verdict){ .fault = fault, .at = at };
	return false;
}

/* The usual time is read in place; any other is decoded first. */
static bool
read_time(const char *open, const char *end, int64_t *ms_out)
{
	const char *close = timestamp_usual(open + 1, end, ms_out);
	char text[TIMESTAMP_MAX];
	size_t len;

	if (close != NULL && *close == '"')
		return true;
	close = jstring_end(open);
	return jstring_decode(open, close, text, sizeof text, &len) &&
	       timestamp_parse(text, len, ms_out);
}

/* The last part of the verdict: the value of __time, and its age. */
static bool
check_time(const char *line, size_t len, size_t at,
    const struct event_limits *limits, struct event_verdict *out)
{
	int64_t ms;

	if (line[at] != '"')
		return refuse(out, EVENT_TIME_NOT_STRING, at);
	if (!read_time(line + at, line + len, &ms))
		return refuse(out, EVENT_TIME_FORMAT, at);
	if (ms < limits->oldest_ms)
		return refuse(out, EVENT_TIME_TOO_OLD, at);
	if (ms > limits->newest_ms)
		return refuse(out, EVENT_TIME_TOO_NEW, at);
	*out = (struct event_verdict){ .fault = EVENT_OK, .time_ms = ms };
	return true;
}

static bool
refuse_syntax(struct event_verdict *out, const struct jvalid_facts *facts)
{
	static const enum event_fault of[] = {
		[JVALID_SYNTAX] = EVENT_NOT_JSON,
		[JVALID_ENCODING] = EVENT_BAD_UTF8,
		[JVALID_TOO_DEEP] = EVENT_TOO_DEEP,
	};

	return refuse(out, of[facts->fault], facts->fault_at);
}

static bool
check_facts(const char *line, size_t len, const struct event_limits *limits,
    const struct jvalid_facts *facts, struct event_verdict *out)
{
	if (line[facts->root_at] != '{')
		return refuse(out, EVENT_NOT_OBJECT, facts->root_at);
	if (facts->deep_at != JVALID_NOWHERE)
		return refuse(out, EVENT_TOO_DEEP, facts->deep_at);
	if (facts->number_at != JVALID_NOWHERE)
		return refuse(out, EVENT_NUMBER_TOO_LONG, facts->number_at);
	if (len >= limits->max_line_bytes)
		return refuse(out, EVENT_TOO_LARGE, limits->max_line_bytes - 1);
	if (facts->value_at == JVALID_NOWHERE)
		return refuse(out, EVENT_TIME_MISSING, 0);
	if (facts->again_at != JVALID_NOWHERE)
		return refuse(out, EVENT_TIME_DUPLICATE, facts->again_at);
	return check_time(line, len, facts->value_at, limits, out);
}

/*
 * From the name's opening quote to the first byte of its value.  The line is
 * good up to that quote at least, and may end anywhere after it.
 */
static size_t
skip_to_value(const char *line, size_t len, size_t name_at)
{
	size_t at = name_at + sizeof NAME - 1;

	if (memcmp(line + name_at, NAME, sizeof NAME - 1) != 0) /* escapes */
		at = (size_t)(jstring_end(line + name_at) - line) + 1;
	while (at < len && (line[at] == ' ' || line[at] == '\t' ||
			       line[at] == '\r' || line[at] == ':'))
		at++;
	return at;
}

static struct jvalid_mark
mark_of(const char *line, size_t len, const struct jsimd_facts *simd)
{
	struct jvalid_mark mark = {
		.at = simd->good_to,
		.depth = simd->depth,
		.objects = simd->objects,
		.value_at = JVALID_NOWHERE,
	};

	while (line[mark.root_at] != '{')
		mark.root_at++;
	if (simd->name_at != JSIMD_NOWHERE)
		mark.value_at = skip_to_value(line, len, simd->name_at);
	return mark;
}

/* For lines that jsimd did not recognise. */
static bool
check_slowly(const char *line, size_t len, const struct event_limits *limits,
    const struct jsimd_facts *simd, struct event_verdict *out)
{
	struct jvalid_rules rules = {
		.one_line = true,
		.max_depth = limits->max_depth,
		.max_number = EVENT_NUMBER_MAX,
		.name = SPAN("__time"),
	};
	struct jvalid_facts facts;
	struct jvalid_mark mark;
	bool ok;

	if (simd->good_to == JSIMD_NOWHERE) {
		ok = jvalid_check(line, len, &rules, &facts);
	} else {
		mark = mark_of(line, len, simd);
		ok = jvalid_resume(line, len, &rules, &mark, &facts);
	}
	if (!ok)
		return refuse_syntax(out, &facts);
	return check_facts(line, len, limits, &facts, out);
}

bool
event_check_by(const struct jsimd *kernel, const char *line, size_t len,
    const struct event_limits *limits, struct event_verdict *out)
{
	struct jsimd_facts simd = { .good_to = JSIMD_NOWHERE };

	assert(limits->max_depth > 0 && limits->max_line_bytes > 0);
	if (kernel != NULL)
		simd = kernel->run(line, len, limits->max_depth);
	if (!simd.good)
		return check_slowly(line, len, limits, &simd, out);
	if (len >= limits->max_line_bytes)
		return refuse(out, EVENT_TOO_LARGE, limits->max_line_bytes - 1);
	return check_time(
	    line, len, skip_to_value(line, len, simd.name_at), limits, out);
}

bool
event_check(const char *line, size_t len, const struct event_limits *limits,
    struct event_verdict *out)
{
	return event_check_by(jsimd_best(), line, len, limits, out);
}

const char *
event_fault_word(enum event_fault fault)
{
	assert(fault < EVENT_FAULT_COUNT);
	return faults[fault].word;
}

const char *
event_fault_text(enum event_fault fault)
{
	assert(fault < EVENT_FAULT_COUNT);
	return faults[fault].text;
}
