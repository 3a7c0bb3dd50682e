#include "gateway/deadletter/tombstone.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE     4096
#define LOOK_BACK (4 << 20) /* from a file's end, for holes */

/* --------------------------------------------------------------- write -- */

bool
deadletter_tombstone_write(
    int fd, const char *at, uint64_t len, uint64_t offset)
{
	ssize_t n;

	for (; len > 0; at += n, len -= (uint64_t)n, offset += (uint64_t)n) {
		n = pwrite(fd, at, len, (off_t)offset);
		if (n == -1 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return false;
	}
	return true;
}

static bool
write_blanks(int fd, struct deadletter_tombstone_place place)
{
	uint64_t at = place.offset, end = place.offset + place.len;
	char blanks[PIECE];

	memset(blanks, ' ', sizeof blanks);
	for (uint64_t len; at + 1 < end; at += len) {
		len = end - 1 - at < PIECE ? end - 1 - at : PIECE;
		if (!deadletter_tombstone_write(fd, blanks, len, at))
			return false;
	}
	return true;
}

bool
deadletter_tombstone_blank(int fd, struct deadletter_tombstone_place place)
{
	return write_blanks(fd, place) && fdatasync(fd) == 0;
}

bool
deadletter_tombstone_remove(
    int fd, const struct deadletter_tombstone_place *places, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!deadletter_tombstone_write(fd, " ", 1, places[i].offset))
			return false;
	if (fdatasync(fd) == -1)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!write_blanks(fd, places[i]))
			return false;
	return true;
}

/* ---------------------------------------------------------------- heal -- */

/* The offset behind the last line feed before `size`. */
static bool
find_end(int fd, uint64_t size, uint64_t *end_out)
{
	char piece[PIECE];
	const char *feed;
	size_t len;

	for (; size > 0; size -= len) {
		len = size < sizeof piece ? (size_t)size : sizeof piece;
		if (pread(fd, piece, len, (off_t)(size - len)) != (ssize_t)len)
			return false;
		feed = memrchr(piece, '\n', len);
		if (feed != NULL) {
			*end_out = size - len + (uint64_t)(feed - piece) + 1;
			return true;
		}
	}
	*end_out = 0;
	return true;
}

/* The first byte `what` from `at` on; `size`: there is none. */
static bool
find_byte(int fd, char what, uint64_t size, uint64_t *at)
{
	char piece[PIECE];
	const char *found;
	size_t len;

	for (; *at < size; *at += len) {
		len = size - *at < sizeof piece ? (size_t)(size - *at)
						: sizeof piece;
		if (pread(fd, piece, len, (off_t)*at) != (ssize_t)len)
			return false;
		found = memchr(piece, what, len);
		if (found != NULL) {
			*at += (uint64_t)(found - piece);
			return true;
		}
	}
	return true;
}

/*
 * A power cut may keep the end of what was being written and not its middle:
 * that reads as zeros, which no letter holds.
 */
static bool
blank_holes(int fd, uint64_t size)
{
	struct deadletter_tombstone_place place;
	uint64_t at = size > LOOK_BACK ? size - LOOK_BACK : 0;

	for (;;) {
		if (!find_byte(fd, '\0', size, &at))
			return false;
		if (at == size)
			return true;
		if (!find_end(fd, at, &place.offset) ||
		    !find_byte(fd, '\n', size, &at))
			return false;
		place.len = at + 1 - place.offset;
		if (!deadletter_tombstone_blank(fd, place))
			return false;
	}
}

bool
deadletter_tombstone_heal(int fd, uint64_t *size_out)
{
	struct stat st;

	if (fstat(fd, &st) == -1 ||
	    !find_end(fd, (uint64_t)st.st_size, size_out))
		return false;
	if (*size_out < (uint64_t)st.st_size &&
	    (ftruncate(fd, (off_t)*size_out) == -1 || fdatasync(fd) == -1))
		return false;
	return blank_holes(fd, *size_out);
}
