/*
 * parcels - bodies packed for the way, where the upstream takes gzip.
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
 * Ownership	parcels_open gives, parcels_close takes; whoever has a parcel
 *		returns it first.  Returned ones are used again, up to a
 *		maximum for all of them together.
 * Threads	the pump's.
 * Errors	no memory while packing: the body goes as it is.
 */
#ifndef GATEWAY_TRANSMIT_PARCELS_H
#define GATEWAY_TRANSMIT_PARCELS_H

#include <stdbool.h>
#include <stddef.h>

#include "parsers/err.h"
#include "parsers/text.h"

struct parcels;

struct parcel {
	struct parcel *next;
	size_t len, room;
	char bytes[];
};

bool parcels_open(struct parcels **out, struct err *err);
void parcels_close(struct parcels **parcels);

/*
 * What is to be sent: the parcel's bytes, or the body with *parcel_out NULL.
 * Without parcels (NULL) always the latter.
 */
struct span parcels_pack(
    struct parcels *parcels, struct span body, struct parcel **parcel_out);
void parcels_return(struct parcels *parcels, struct parcel **parcel);

#endif
