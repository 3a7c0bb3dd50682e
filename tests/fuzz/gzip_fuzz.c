/* Nothing is written behind the room, and more room never changes a text. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/gzip.h"

#define ROOM 65536

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct gzip_reader *reader;
	static char wide[ROOM];
	struct err err;
	size_t made, again;
	enum gzip_answer answer;
	char *tight;

	if (reader == NULL && !gzip_reader_open(&reader, &err))
		abort();
	answer = gzip_unpack(reader, bytes, len, wide, sizeof wide, &made);
	if (answer != GZIP_DONE)
		return 0;
	tight = malloc(made > 0 ? made : 1);
	assert(
	    gzip_unpack(reader, bytes, len, tight, made, &again) == GZIP_DONE);
	assert(again == made && memcmp(tight, wide, made) == 0);
	if (made > 0)
		assert(gzip_unpack(reader, bytes, len, tight, made - 1,
			   &again) == GZIP_TOO_LARGE);
	free(tight);
	return 0;
}
