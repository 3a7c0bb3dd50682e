/*
 * jvalid - is this text JSON by the letter, and if not, where does it fail?
 *
 * RFC 8259 and nothing else: no comma too many, no leading zero, no control
 * character in a string, UTF-8 well-formed, no half of a surrogate pair.  It
 * keeps no tree.  It walks the text once, byte by byte, and says the first
 * place that is wrong; on the way it notes what a stricter reader asks about:
 * depth, long numbers, and one name of the outermost object.
 *
 * This is the reference for the quicker jsimd, which only ever says yes.
 *
 * The place of a fault is
 *	- for a word or number: its first byte.  It reaches to the next blank,
 *	  quote, bracket, brace, comma or colon, so `01` and `truex` are bad
 *	  where they begin;
 *	- for an escape: its backslash; for broken UTF-8: the byte that begins
 *	  the broken sequence;
 *	- for anything else that is unexpected: its first byte;
 *	- for a text that ends too early: its length.
 * Where one byte is wrong in both ways, it is the encoding that is told.
 *
 * Units	bytes from the text's first, which is 0.
 * Ownership	borrows the text for the call; allocates nothing.
 * Threads	none inside.  Text nested over JVALID_SHALLOW levels takes
 *		JVALID_DEPTH / 8 bytes of stack.
 * Errors	a fault is a value.
 */
#ifndef PARSERS_JSON_JVALID_H
#define PARSERS_JSON_JVALID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parsers/span.h"

#define JVALID_SHALLOW 1024
#define JVALID_DEPTH   1048576 /* one more is a fault: JVALID_BOTTOMLESS */
#define JVALID_NOWHERE SIZE_MAX

enum jvalid_fault {
	JVALID_OK = 0,
	JVALID_SYNTAX,
	JVALID_ENCODING,
	JVALID_BOTTOMLESS, /* nested deeper than we can follow */
};

struct jvalid_rules {
	bool one_line;       /* a line feed is not a blank */
	uint32_t max_depth;  /* deeper is noted; 0: never */
	uint32_t max_number; /* a longer number is noted; 0: never */
	struct span name;    /* to be looked for, escapes undone */
};

/* Places that do not exist are JVALID_NOWHERE. */
struct jvalid_facts {
	enum jvalid_fault fault;
	size_t fault_at;
	/* without a fault: */
	size_t root_at;   /* the first byte that is no blank */
	size_t deep_at;   /* the first bracket beyond max_depth */
	size_t number_at; /* the first number beyond max_number */
	size_t value_at;  /* the value of the first such name */
	size_t again_at;  /* the quote that opens the second such name */
};

bool jvalid_check(const char *text, size_t len,
    const struct jvalid_rules *rules, struct jvalid_facts *facts);

/*
 * A place up to which the text is known to be good, with nothing to note but
 * perhaps the name: the last bracket, brace, comma or colon of it.
 */
struct jvalid_mark {
	size_t at;
	uint32_t depth;   /* behind it; at most 64 */
	uint64_t objects; /* bit 0: is the innermost container an object? */
	size_t root_at;
	size_t value_at; /* JVALID_NOWHERE: the name was not met */
};

/* The same as jvalid_check, of a text whose beginning was looked at. */
bool jvalid_go_on(const char *text, size_t len,
    const struct jvalid_rules *rules, const struct jvalid_mark *mark,
    struct jvalid_facts *facts);

#endif
