#include "tests/sim/zip.h"

#include <zlib.h>

#define GZIP_WINDOW (15 + 16) /* largest window, gzip wrapping only */
#define STEP        65536

static bool
inflate_all(z_stream *z, struct buffer *out, struct err *err)
{
	int rc = Z_OK;

	while (rc == Z_OK) {
		size_t room =
		    out->max - out->len < STEP ? out->max - out->len : STEP;

		if (!buffer_reserve(out, room > 0 ? room : 1))
			return err_set(err, ERR_LIMIT, 0, "inflates too far");
		z->next_out = (Bytef *)out->at + out->len;
		z->avail_out = (uInt)room;
		rc = inflate(z, Z_NO_FLUSH);
		out->len += room - z->avail_out;
	}
	if (rc != Z_STREAM_END || z->avail_in > 0)
		return err_set(err, ERR_INPUT, 0, "not one gzip member");
	return true;
}

bool
zip_inflate(struct span in, struct buffer *out, struct err *err)
{
	union {
		const char *from;
		Bytef *to;
	} bytes = { in.at }; /* zlib's input is not const; it is not written */
	z_stream z = { .next_in = bytes.to, .avail_in = (uInt)in.len };
	bool ok;

	if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
		return err_set(err, ERR_HOST, 0, "zlib");
	ok = inflate_all(&z, out, err);
	inflateEnd(&z);
	return ok;
}

uint64_t
zip_mark(struct span bytes)
{
	const Bytef *at = (const Bytef *)bytes.at;

	return (uint64_t)adler32(1, at, (uInt)bytes.len) << 32 |
	       crc32(0, at, (uInt)bytes.len);
}
