#include "parsers/gzip.h"

#include <libdeflate.h>
#include <stdlib.h>

#define LEVEL 1 /* see the header */

struct gzip_reader {
	struct libdeflate_decompressor *decompressor;
};

struct gzip_writer {
	struct libdeflate_compressor *compressor;
};

bool
gzip_reader_open(struct gzip_reader **out, struct err *err)
{
	struct gzip_reader *reader = calloc(1, sizeof *reader);

	if (reader != NULL)
		reader->decompressor = libdeflate_alloc_decompressor();
	if (reader == NULL || reader->decompressor == NULL) {
		free(reader);
		return err_set(err, ERR_HOST, 0, "gzip: out of memory");
	}
	*out = reader;
	return true;
}

void
gzip_reader_close(struct gzip_reader **reader)
{
	if (*reader == NULL)
		return;
	libdeflate_free_decompressor((*reader)->decompressor);
	free(*reader);
	*reader = NULL;
}

static enum gzip_answer
answer_of(enum libdeflate_result result)
{
	switch (result) {
	case LIBDEFLATE_SUCCESS:
		return GZIP_DONE;
	case LIBDEFLATE_INSUFFICIENT_SPACE:
		return GZIP_TOO_LARGE;
	default:
		return GZIP_MALFORMED;
	}
}

enum gzip_answer
gzip_unpack(struct gzip_reader *reader, const void *bytes, size_t len,
    void *out, size_t room, size_t *len_out)
{
	const char *in = bytes;
	char *at = out;
	size_t taken, written, used = 0;
	enum gzip_answer answer;

	do {
		answer = answer_of(
		    libdeflate_gzip_decompress_ex(reader->decompressor, in, len,
			at + used, room - used, &taken, &written));
		if (answer != GZIP_DONE)
			return answer;
		in += taken;
		len -= taken;
		used += written;
	} while (len > 0);
	*len_out = used;
	return GZIP_DONE;
}

bool
gzip_writer_open(struct gzip_writer **out, struct err *err)
{
	struct gzip_writer *writer = calloc(1, sizeof *writer);

	if (writer != NULL)
		writer->compressor = libdeflate_alloc_compressor(LEVEL);
	if (writer == NULL || writer->compressor == NULL) {
		free(writer);
		return err_set(err, ERR_HOST, 0, "gzip: out of memory");
	}
	*out = writer;
	return true;
}

void
gzip_writer_close(struct gzip_writer **writer)
{
	if (*writer == NULL)
		return;
	libdeflate_free_compressor((*writer)->compressor);
	free(*writer);
	*writer = NULL;
}

size_t
gzip_pack(struct gzip_writer *writer, const void *bytes, size_t len, void *out,
    size_t room)
{
	return libdeflate_gzip_compress(
	    writer->compressor, bytes, len, out, room);
}
