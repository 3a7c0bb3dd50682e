/*
 * request - the head of one HTTP/1.1 request, read strictly.
 *
 * The server is our own and not a library's because it must see what
 * a library hides (two Host lines, a length given twice) and do what
 * a library will not (reset, drip, answer nonsense).
 *
 * A lone LF as line end, a folded line, a blank before the colon, control
 * bytes: each is a bad head.  A client that speaks to us sends none of them.
 *
 * Ownership	borrows: every span points into the bytes that were given.
 * Threads	none inside.
 * Errors	REQUEST_BAD with a reason for people.
 */
#ifndef SIM_REQUEST_H
#define SIM_REQUEST_H

#include <stdint.h>

#include "parsers/span.h"

#define REQUEST_HEAD_MAX 32768

enum request_header {
	HEADER_HOST,
	HEADER_USER_AGENT,
	HEADER_AUTHORIZATION,
	HEADER_CONTENT_TYPE,
	HEADER_CONTENT_LENGTH,
	HEADER_CONTENT_ENCODING,
	HEADER_TRANSFER_ENCODING,
	HEADER_EXPECT,
	HEADER_CONNECTION,
	HEADERS
};

struct request {
	struct span method, path, query;
	struct span header[HEADERS]; /* the last of its name */
	unsigned times[HEADERS];
	size_t head_bytes;
	int64_t content_length; /* 0 where none was sent */
	bool keep_alive;
};

enum request_got { REQUEST_MORE, REQUEST_READY, REQUEST_BAD };

enum request_got request_read(
    struct span bytes, struct request *out, const char **why_bad);

/* The value of `name` in a query or form, decoded; false if it is not there
 * or does not fit. */
bool request_parameter(
    struct span form, const char *name, char *out, size_t room);

#endif
