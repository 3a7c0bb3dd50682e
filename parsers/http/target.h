/*
 * target - the target of a request line: a path, and parameters after a '?'.
 *
 * The path is split at its slashes first, and each piece is percent-decoded
 * once after that.  Decoding before splitting would let "%2f" add pieces;
 * decoding twice would turn "%252e" into a dot.
 *
 *	/v1/events/{}?dry_run=true
 *	|-- path ---| |-- query --|
 *
 * Ownership	spans borrow from the text that was given.
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
 * Accepts origin-form and absolute-form.  False: another form, or a byte that
 * is not allowed in a target.
 */
bool http_target_split(struct span text, struct http_target *target_out);

#define HTTP_TARGET_PIECES 4

/*
 * Does the path match the pattern?  A "{}" in the pattern stands for one piece,
 * which is put into `pieces`, in order and still encoded.
 */
bool http_target_matches(struct span path, const char *pattern,
    struct span pieces[HTTP_TARGET_PIECES]);

/* Decodes %XX into `text`, without a NUL; false: malformed, or over `room`. */
bool http_target_decode(
    struct span piece, char *text, size_t room, struct span *decoded_out);

/*
 * Removes the next "name=value" from the query; false: there is none.  Both
 * stay encoded; a parameter without '=' has an empty value.
 */
bool http_target_parameter(
    struct span *query, struct span *name_out, struct span *value_out);

#endif
