/*
 * jseek - finds its way in JSON that is known to be sound.
 *
 * For documents larger than jdoc takes, from somebody who is trusted: it keeps
 * no tree and allocates nothing, and each look walks the text anew.  Whoever
 * calls must have had the text checked (grammar.h): in broken JSON a look
 * finds anything, though never outside the text.
 *
 * Units	bytes.
 * Ownership	values are spans of the text; all is borrowed.
 * Threads	none inside.
 * Errors	not there, or of another type: an empty span, 0, or "".
 */
#ifndef PARSERS_JSEEK_H
#define PARSERS_JSEEK_H

#include <stdbool.h>

#include "parsers/text.h"

/* The value of a member, by a path of names: "health", "level". */
struct span jseek_member(struct span object, const char *name);

/*
 * Takes the next element off the rest of a list, of which the first call is
 * given the list itself.  False: there is none.
 */
bool jseek_element(struct span *rest, struct span *element_out);

/* Takes the next member off, likewise. */
bool jseek_entry(struct span *rest, struct span *name_out, struct span *out);

double jseek_number(struct span value);
bool jseek_true(struct span value);

/* Unescaped, cut where the room ends, with a NUL; gives `out`. */
char *jseek_text(struct span value, char *out, size_t room);

#endif
