#include "gateway/client/body_compress.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/gzip.h"

#define FIRST_ROOM       4096
#define UNUSED_BYTES_MAX (4 << 20) /* about a thousand of the usual size */

struct body_compress {
	struct gzip_writer *writer;
	char *scratch;
	size_t scratch_room;
	struct compressed_body *unused;
	size_t unused_bytes; /* their room */
};

bool
body_compress_open(struct body_compress **out, struct err *err)
{
	struct body_compress *compress = calloc(1, sizeof *compress);

	if (compress == NULL)
		return err_set(err, ERR_HOST, 0, "out of memory");
	if (!gzip_writer_open(&compress->writer, err)) {
		free(compress);
		return false;
	}
	*out = compress;
	return true;
}

void
body_compress_close(struct body_compress **compress)
{
	struct body_compress *p = *compress;
	struct compressed_body *compressed, *next;

	if (p == NULL)
		return;
	for (compressed = p->unused; compressed != NULL; compressed = next) {
		next = compressed->next;
		free(compressed);
	}
	gzip_writer_close(&p->writer);
	free(p->scratch);
	free(p);
	*compress = NULL;
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

/*
 * Room grows by doubling: the batches of one table soon have one size, and what
 * is used again then fits.
 */
static struct compressed_body *
take_unused(struct body_compress *p, size_t len)
{
	struct compressed_body *compressed = p->unused, *larger;
	size_t room = FIRST_ROOM;

	if (compressed != NULL) {
		p->unused = compressed->next;
		p->unused_bytes -= compressed->room;
		if (len <= compressed->room)
			return compressed;
	}
	while (room < len)
		room *= 2;
	larger = realloc(compressed, sizeof *compressed + room);
	if (larger == NULL)
		free(compressed);
	else
		larger->room = room;
	return larger;
}

static struct compressed_body *
gzip_body(struct body_compress *p, struct span body)
{
	struct compressed_body *compressed;
	size_t len;

	if (body.len == 0 || !reserve_scratch(p, body.len))
		return NULL;
	len = gzip_pack(p->writer, body.at, body.len, p->scratch, body.len - 1);
	if (len == 0)
		return NULL;
	compressed = take_unused(p, len);
	if (compressed == NULL)
		return NULL;
	memcpy(compressed->bytes, p->scratch, len);
	compressed->len = len;
	return compressed;
}

struct span
body_compress_gzip(struct body_compress *p, struct span body,
    struct compressed_body **compressed_out)
{
	struct compressed_body *compressed =
	    p != NULL ? gzip_body(p, body) : NULL;

	*compressed_out = compressed;
	return compressed == NULL
		   ? body
		   : (struct span){ compressed->bytes, compressed->len };
}

void
body_compress_release(
    struct body_compress *p, struct compressed_body **compressed_at)
{
	struct compressed_body *compressed = *compressed_at;

	*compressed_at = NULL;
	if (compressed == NULL)
		return;
	if (p->unused_bytes + compressed->room > UNUSED_BYTES_MAX) {
		free(compressed);
		return;
	}
	p->unused_bytes += compressed->room;
	compressed->next = p->unused;
	p->unused = compressed;
}
