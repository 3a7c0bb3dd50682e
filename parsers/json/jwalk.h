/*
 * jwalk - finds values in JSON that was checked before.
 *
 * For documents that are larger than jdoc accepts, from a trusted sender.  It
 * builds no tree and allocates nothing; each lookup reads the text again.  The
 * caller must have checked the text (jvalid.h): in malformed JSON a lookup may
 * give any part of the text, but never reads outside of it.
 *
 * Ownership	values are spans of the text.
 * Errors	absent, or of another type: an empty span, 0, or "".
 */
#ifndef PARSERS_JSON_JWALK_H
#define PARSERS_JSON_JWALK_H

#include <stdbool.h>

#include "parsers/span.h"

/* The value of the member with this name. */
struct span jwalk_member(struct span object, const char *name);

/*
 * Removes the next element from `rest`, which is the array itself at the first
 * call.  False: there is none.
 */
bool jwalk_element(struct span *rest, struct span *element_out);

/* The same for the members of an object; the name keeps its quotes. */
bool jwalk_entry(struct span *rest, struct span *name_out, struct span *out);

double jwalk_number(struct span value);
bool jwalk_true(struct span value);

/* Unescaped, cut off at `room`, with a NUL; gives `out`. */
char *jwalk_text(struct span value, char *out, size_t room);

#endif
