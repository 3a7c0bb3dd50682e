#include "parsers/inflate.h"

#include <libdeflate.h>
#include <stdlib.h>

struct inflate {
	struct libdeflate_decompressor *decompressor;
};

bool
inflate_open(struct inflate **out, struct err *err)
{
	struct inflate *inflate = calloc(1, sizeof *inflate);

	if (inflate != NULL)
		inflate->decompressor = libdeflate_alloc_decompressor();
	if (inflate == NULL || inflate->decompressor == NULL) {
		free(inflate);
		return err_set(err, ERR_HOST, 0, "inflate: out of memory");
	}
	*out = inflate;
	return true;
}

void
inflate_close(struct inflate **inflate)
{
	if (*inflate == NULL)
		return;
	libdeflate_free_decompressor((*inflate)->decompressor);
	free(*inflate);
	*inflate = NULL;
}

static enum inflate_answer
answer_of(enum libdeflate_result result)
{
	switch (result) {
	case LIBDEFLATE_SUCCESS:
		return INFLATE_DONE;
	case LIBDEFLATE_INSUFFICIENT_SPACE:
		return INFLATE_TOO_LARGE;
	default:
		return INFLATE_MALFORMED;
	}
}

enum inflate_answer
inflate_gzip(struct inflate *inflate, const void *bytes, size_t len, void *out,
    size_t room, size_t *len_out)
{
	const char *from = bytes;
	char *to = out;
	size_t taken, made, used = 0;
	enum inflate_answer answer;

	do {
		answer = answer_of(
		    libdeflate_gzip_decompress_ex(inflate->decompressor, from,
			len, to + used, room - used, &taken, &made));
		if (answer != INFLATE_DONE)
			return answer;
		from += taken;
		len -= taken;
		used += made;
	} while (len > 0);
	*len_out = used;
	return INFLATE_DONE;
}
