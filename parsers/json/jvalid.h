/*
 * jvalid - checks that a text is JSON (RFC 8259), and finds its first fault.
 *
 * Strict: no extra comma, no leading zero, no control character in a string,
 * no malformed UTF-8, no half of a surrogate pair.  It builds no tree.  It
 * reads the text once, byte by byte, and notes on the way what a stricter
 * caller asks for: depth, long numbers, and one name of the outermost object.
 *
 * It is the reference for the faster jsimd, which only recognises good lines.
 *
 * The place of a fault is
 *	- for a word or number: its first byte.  It ends at the next blank,
 *	  quote, bracket, brace, comma or colon, so `01` and `truex` are bad
 *	  where they begin;
 *	- for an escape: its backslash; for malformed UTF-8: the byte that
 *	  begins the malformed sequence;
 *	- for anything else that is unexpected: its first byte;
 *	- for a text that ends too early: its length.
 * If one byte is wrong in both ways, the encoding is reported.
 *
 * Units	offsets in bytes; the text's first byte is 0.
 * Threads	text nested over JVALID_SHALLOW levels takes JVALID_DEPTH / 8
 *		bytes of stack.
 */
#ifndef PARSERS_JSON_JVALID_H
#define PARSERS_JSON_JVALID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parsers/span.h"

#define JVALID_SHALLOW 1024
#define JVALID_DEPTH   1048576 /* levels; one more is JVALID_TOO_DEEP */
#define JVALID_NOWHERE SIZE_MAX

enum jvalid_fault {
	JVALID_OK = 0,
	JVALID_SYNTAX,
	JVALID_ENCODING,
	JVALID_TOO_DEEP, /* more than JVALID_DEPTH levels */
};

struct jvalid_rules {
	bool one_line;       /* a line feed is not a blank */
	uint32_t max_depth;  /* deeper is noted; 0: never */
	uint32_t max_number; /* a longer number is noted; 0: never */
	struct span name;    /* of a top-level member to find, unescaped */
};

/* Places that were not found are JVALID_NOWHERE. */
struct jvalid_facts {
	enum jvalid_fault fault;
	size_t fault_at;
	/* without a fault: */
	size_t root_at;   /* the first byte that is not a blank */
	size_t deep_at;   /* the first bracket beyond max_depth */
	size_t number_at; /* the first number beyond max_number */
	size_t value_at;  /* the value of the first such name */
	size_t again_at;  /* the quote that opens the second such name */
};

bool jvalid_check(const char *text, size_t len,
    const struct jvalid_rules *rules, struct jvalid_facts *facts);

/*
 * The last bracket, brace, comma or colon of a beginning that is known to be
 * good, and in which no fact but value_at was found.
 */
struct jvalid_mark {
	size_t at;
	uint32_t depth;   /* after the token; at most 64 */
	uint64_t objects; /* bit 0: is the innermost container an object? */
	size_t root_at;
	size_t value_at; /* JVALID_NOWHERE: the name was not found */
};

/* The same as jvalid_check, for a text whose beginning was checked before. */
bool jvalid_resume(const char *text, size_t len,
    const struct jvalid_rules *rules, const struct jvalid_mark *mark,
    struct jvalid_facts *facts);

#endif
