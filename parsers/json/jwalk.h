/*
 * jwalk - finds its way in JSON that is known to be sound.
 *
 * For documents larger than jdoc takes, from somebody who is trusted: it keeps
 * no tree and allocates nothing, and each look walks the text anew.  Whoever
 * calls must have had the text checked (jvalid.h): in broken JSON a look
 * finds anything, though never outside the text.
 *
 * Units	bytes.
 * Ownership	values are spans of the text; all is borrowed.
 * Threads	none inside.
 * Errors	not there, or of another type: an empty span, 0, or "".
 */
#ifndef PARSERS_JSON_JWALK_H
#define PARSERS_JSON_JWALK_H

#include <stdbool.h>

#include "parsers/span.h"

/* The value of a member, by a path of names: "health", "level". */
struct span jwalk_member(struct span object, const char *name);

/*
 * Takes the next element off the rest of a list, of which the first call is
 * given the list itself.  False: there is none.
 */
bool jwalk_element(struct span *rest, struct span *element_out);

/* Takes the next member off, likewise. */
bool jwalk_entry(struct span *rest, struct span *name_out, struct span *out);

double jwalk_number(struct span value);
bool jwalk_true(struct span value);

/* Unescaped, cut where the room ends, with a NUL; gives `out`. */
char *jwalk_text(struct span value, char *out, size_t room);

#endif
