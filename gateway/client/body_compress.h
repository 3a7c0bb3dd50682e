/*
 * body_compress - request bodies compressed with gzip.
 *
 * A body is compressed each time it is sent.  That is seldom twice, and then
 * its batch was often cut in between.  What does not become smaller is sent as
 * it is, so no body on the wire is larger than its batch.
 *
 *	body --gzip--> scratch --copy--> compressed_body, just large enough
 *
 * The copy is about a fifth of the body; it keeps the memory of the calls in
 * flight small.
 *
 * Ownership	whoever has a compressed_body releases it before the close.
 *		Released ones are used again, up to a total size.
 * Errors	no memory while compressing: the body is sent as it is.
 */
#ifndef GATEWAY_CLIENT_BODY_COMPRESS_H
#define GATEWAY_CLIENT_BODY_COMPRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "parsers/err.h"
#include "parsers/span.h"

struct body_compress;

struct compressed_body {
	struct compressed_body *next;
	size_t len, room;
	char bytes[];
};

bool body_compress_open(struct body_compress **out, struct err *err);
void body_compress_close(struct body_compress **compress);

/*
 * What is to be sent: the compressed bytes, or the body itself, and then
 * *compressed_out is NULL.  `compress` NULL: always the body itself.
 */
struct span body_compress_gzip(struct body_compress *compress, struct span body,
    struct compressed_body **compressed_out);
void body_compress_release(
    struct body_compress *compress, struct compressed_body **compressed);

#endif
