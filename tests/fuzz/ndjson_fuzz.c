/*
 * A body that was put in order stays as it is when that is done again, and
 * consists of the lines that were kept.  Lines that begin with # are not.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/ndjson.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct ndjson
order(char *body, size_t len)
{
	struct ndjson n;
	struct ndjson_line line;
	uint64_t last = 0;

	ndjson_init(&n, body, len);
	while (ndjson_next(&n, &line)) {
		assert(line.number > last && line.len > 0);
		assert(memchr(line.at, '\n', line.len) == NULL);
		last = line.number;
		if (line.at[0] != '#')
			ndjson_keep(&n, &line);
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *body = malloc(len + 1), *copy = malloc(len + 1);
	struct ndjson once, twice;
	size_t feeds = 0;

	memcpy(body, bytes, len);
	once = order(body, len);
	assert(once.kept_bytes <= len + 1);
	for (size_t i = 0; i < once.kept_bytes; i++)
		feeds += body[i] == '\n';
	assert(feeds == once.kept_lines);
	assert(once.kept_bytes == 0 || body[once.kept_bytes - 1] == '\n');

	memcpy(copy, body, once.kept_bytes);
	if (memmem(copy, once.kept_bytes, "\r\n", 2) == NULL) {
		twice = order(copy, once.kept_bytes);
		assert(twice.kept_bytes == once.kept_bytes);
		assert(memcmp(copy, body, once.kept_bytes) == 0);
	}
	ndjson_is_array(body, len);
	free(body);
	free(copy);
	return 0;
}
