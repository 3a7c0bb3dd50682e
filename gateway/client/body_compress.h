/*
 * body_compress - bodies packed for the way, where the upstream takes gzip.
 *
 * A body is packed anew each time it is sent: that is seldom twice, and then
 * its batch was often cut in between.  What does not become smaller goes as it
 * is, so that no body on the wire is larger than its batch.
 *
 *	body --pack--> scratch --copy--> parcel, as large as what is in it
 *
 * The copy is a fifth of the body, and keeps what is under way small.
 *
 * Units	bytes.
 * Ownership	body_compress_open gives, body_compress_close takes; whoever has a parcel
 *		returns it first.  Returned ones are used again, up to a
 *		maximum for all of them together.
 * Threads	the pump's.
 * Errors	no memory while packing: the body goes as it is.
 */
#ifndef GATEWAY_CLIENT_BODY_COMPRESS_H
#define GATEWAY_CLIENT_BODY_COMPRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "parsers/err.h"
#include "parsers/span.h"

struct body_compress;

struct parcel {
	struct parcel *next;
	size_t len, room;
	char bytes[];
};

bool body_compress_open(struct body_compress **out, struct err *err);
void body_compress_close(struct body_compress **parcels);

/*
 * What is to be sent: the parcel's bytes, or the body with *parcel_out NULL.
 * Without parcels (NULL) always the latter.
 */
struct span body_compress_pack(struct body_compress *parcels, struct span body,
    struct parcel **parcel_out);
void body_compress_return(
    struct body_compress *parcels, struct parcel **parcel);

#endif
