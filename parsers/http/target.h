/*
 * target - what a request line asks for: a path, and parameters behind a '?'.
 *
 * The path stays as it came until it was cut at its slashes, and a piece is
 * percent-decoded once and only then: decoding first would let "%2f" make
 * pieces of its own, decoding twice would let "%252e" become a dot.
 *
 *	/v1/events/{}?dry_run=true
 *	|-- path ---| |-- query --|
 *
 * Units	bytes.
 * Ownership	spans borrow from the text that was given.
 * Threads	none inside.
 * Errors	false.
 * Source	RFC 9112 section 3.2, RFC 3986 section 2.1.
 */
#ifndef PARSERS_HTTP_TARGET_H
#define PARSERS_HTTP_TARGET_H

#include "parsers/span.h"

struct http_target {
	struct span path; /* with its first slash; empty: none */
	struct span query;
};

/*
 * Takes origin-form and absolute-form.  False: another form, or a byte that
 * may not stand in a target.
 */
bool http_target_split(struct span text, struct http_target *target_out);

#define HTTP_TARGET_PIECES 4

/*
 * Does the path have the pattern's shape?  A "{}" in the pattern stands for
 * one piece, which is put into `pieces`, in order and still encoded.
 */
bool http_target_matches(struct span path, const char *pattern,
    struct span pieces[HTTP_TARGET_PIECES]);

/* Decodes %XX into text[0..room), without a NUL; false: malformed or long. */
bool http_target_decode(
    struct span piece, char *text, size_t room, struct span *decoded_out);

/*
 * Takes the next "name=value" off the query; false: there is none.  Both stay
 * encoded; a parameter without '=' has an empty value.
 */
bool http_target_parameter(
    struct span *query, struct span *name_out, struct span *value_out);

#endif
