/*
 * duration - a length of time as a person says it: "250 ms", "9.5 s", "3 min".
 *
 * Units	milliseconds; less than none is "-".
 * Ownership	writes into the caller's text, and gives it back.
 * Threads	any.
 */
#ifndef GATEWAY_BASE_DURATION_H
#define GATEWAY_BASE_DURATION_H

#define DURATION_MAX 32

const char *duration_words(double ms, char text[DURATION_MAX]);

#endif
