#include "tests/bench/rival.h"

#include <string.h>

#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#define JSMN_STATIC
#include <jsmn.h>

#define TOKENS 65536

size_t
rival_jsmn(const char *body, size_t len)
{
	static jsmntok_t tokens[TOKENS];
	const char *end = body + len;
	size_t good = 0;

	while (body < end) {
		const char *feed = memchr(body, '\n', (size_t)(end - body));
		jsmn_parser parser;

		jsmn_init(&parser);
		good += jsmn_parse(&parser, body, (size_t)(feed - body), tokens,
			    TOKENS) > 0;
		body = feed + 1;
	}
	return good;
}
