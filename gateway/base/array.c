#include "gateway/base/array.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_LEAST 64

bool
array_reserve(void *array, uint32_t *room, uint32_t need, size_t member)
{
	uint32_t more = *room > 0 ? *room : ROOM_LEAST;
	void *old, *grown;

	if (need <= *room)
		return true;
	while (more < need)
		more *= 2;
	/* Copied, since a pointer of one type may not be read as another. */
	memcpy(&old, array, sizeof old);
	grown = realloc(old, more * member);
	if (grown == NULL)
		return false;
	memcpy(array, &grown, sizeof grown);
	*room = more;
	return true;
}
