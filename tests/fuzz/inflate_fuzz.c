/* Nothing is written behind the room, and more room never changes a text. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/inflate.h"

#define ROOM 65536

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct inflate *inflate;
	static char wide[ROOM];
	struct err err;
	size_t made, again;
	enum inflate_answer answer;
	char *tight;

	if (inflate == NULL && !inflate_open(&inflate, &err))
		abort();
	answer = inflate_gzip(inflate, bytes, len, wide, sizeof wide, &made);
	if (answer != INFLATE_DONE)
		return 0;
	tight = malloc(made > 0 ? made : 1);
	assert(inflate_gzip(inflate, bytes, len, tight, made, &again) ==
	       INFLATE_DONE);
	assert(again == made && memcmp(tight, wide, made) == 0);
	if (made > 0)
		assert(inflate_gzip(inflate, bytes, len, tight, made - 1,
			   &again) == INFLATE_TOO_LARGE);
	free(tight);
	return 0;
}
