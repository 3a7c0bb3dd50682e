#include "gateway/books_words.h"

#include <string.h>

#define X(symbol, word) word,
const char *const books_closed_words[] = { BOOKS_CLOSED(X) };
const char *const books_again_words[] = { BOOKS_AGAIN(X) };
const char *const books_dead_words[] = { BOOKS_DEAD(X) };
const char *const books_lane_words[] = { BOOKS_LANE(X) };
#undef X

enum books_dead
books_dead_by(const char *word)
{
	for (unsigned i = 0; i < BOOKS_DEAD_COUNT; i++)
		if (strcmp(books_dead_words[i], word) == 0)
			return (enum books_dead)i;
	return BOOKS_DEAD_REFUSED;
}
