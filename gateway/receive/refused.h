/*
 * refused - for a producer who waited: which of his events upstream refused.
 *
 * The same members of the answer as for invalid events, so that a client needs
 * one way of reading them.  A line's number is known unless blank or
 * skipped lines stood between the events; then the event's own number, from 1,
 * is told instead.
 *
 * Units	lines and events, from 1.
 * Ownership	borrows.
 * Threads	none inside.
 * Errors	no memory: less is told.
 */
#ifndef GATEWAY_RECEIVE_REFUSED_H
#define GATEWAY_RECEIVE_REFUSED_H

#include <stdbool.h>

#include "gateway/model/completion.h"
#include "parsers/text.h"

/* The JSON members "errors" and "more". */
void refused_print(
    struct buffer *detail, const struct completion *ticket, bool gaps);

#endif
