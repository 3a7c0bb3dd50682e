#include "gateway/client/body_compress.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/gzip.h"

#define FIRST_ROOM 4096
#define KEPT_BYTES (4 << 20) /* a thousand of usual size */

struct body_compress {
	struct gzip_writer *writer;
	char *scratch;
	size_t scratch_room;
	struct parcel *returned;
	size_t returned_bytes; /* room of those */
};

bool
body_compress_open(struct body_compress **out, struct err *err)
{
	struct body_compress *parcels = calloc(1, sizeof *parcels);

	if (parcels == NULL)
		return err_set(err, ERR_HOST, 0, "out of memory");
	if (!gzip_writer_open(&parcels->writer, err)) {
		free(parcels);
		return false;
	}
	*out = parcels;
	return true;
}

void
body_compress_close(struct body_compress **parcels)
{
	struct body_compress *p = *parcels;
	struct parcel *parcel, *next;

	if (p == NULL)
		return;
	for (parcel = p->returned; parcel != NULL; parcel = next) {
		next = parcel->next;
		free(parcel);
	}
	gzip_writer_close(&p->writer);
	free(p->scratch);
	free(p);
	*parcels = NULL;
}

static bool
reserve_scratch(struct body_compress *p, size_t len)
{
	char *scratch;

	if (len <= p->scratch_room)
		return true;
	scratch = realloc(p->scratch, len);
	if (scratch == NULL)
		return false;
	p->scratch = scratch;
	p->scratch_room = len;
	return true;
}

/* Twice the room until it fits: batches of one table are of one size, soon. */
static struct parcel *
take(struct body_compress *p, size_t len)
{
	struct parcel *parcel = p->returned, *larger;
	size_t room = FIRST_ROOM;

	if (parcel != NULL) {
		p->returned = parcel->next;
		p->returned_bytes -= parcel->room;
		if (len <= parcel->room)
			return parcel;
	}
	while (room < len)
		room *= 2;
	larger = realloc(parcel, sizeof *parcel + room);
	if (larger == NULL)
		free(parcel);
	else
		larger->room = room;
	return larger;
}

static struct parcel *
pack(struct body_compress *p, struct span body)
{
	struct parcel *parcel;
	size_t len;

	if (body.len == 0 || !reserve_scratch(p, body.len))
		return NULL;
	len = gzip_pack(p->writer, body.at, body.len, p->scratch, body.len - 1);
	if (len == 0)
		return NULL;
	parcel = take(p, len);
	if (parcel == NULL)
		return NULL;
	memcpy(parcel->bytes, p->scratch, len);
	parcel->len = len;
	return parcel;
}

struct span
body_compress_pack(
    struct body_compress *p, struct span body, struct parcel **parcel_out)
{
	struct parcel *parcel = p != NULL ? pack(p, body) : NULL;

	*parcel_out = parcel;
	return parcel == NULL ? body
			      : (struct span){ parcel->bytes, parcel->len };
}

void
body_compress_return(struct body_compress *p, struct parcel **parcel_at)
{
	struct parcel *parcel = *parcel_at;

	*parcel_at = NULL;
	if (parcel == NULL)
		return;
	if (p->returned_bytes + parcel->room > KEPT_BYTES) {
		free(parcel);
		return;
	}
	p->returned_bytes += parcel->room;
	parcel->next = p->returned;
	p->returned = parcel;
}
