/*
 * Standard error is a pipe that nobody reads for a while.  Nobody who logs
 * waits; each line is read later or counted as dropped; one line tells how
 * many were.  Exit 0: so it was.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/log.h"
#include "gateway/base/log_writer.h"

#define LINES 20000 /* several times what the buffer and a pipe hold */

static char text[8 << 20];
static size_t len;

static void
fail(const char *what)
{
	printf("%s\n", what);
	exit(1);
}

/* What the lines about dropped lines say, together. */
static uint64_t
told(void)
{
	static const char word[] = " log_lines_dropped lines=";
	const char *at = text, *end = text + len;
	uint64_t sum = 0;

	while ((at = memmem(at, (size_t)(end - at), word, sizeof word - 1)) !=
	       NULL) {
		at += sizeof word - 1;
		sum += strtoull(at, NULL, 10);
	}
	return sum;
}

static void
read_more(int fd)
{
	ssize_t n = read(fd, text + len, sizeof text - 1 - len);

	if (n <= 0)
		fail("the pipe ended");
	len += (size_t)n;
	if (text[len - 1] != '\n')
		read_more(fd);
}

static uint64_t
count(const char *what)
{
	const char *at = text, *end = text + len;
	uint64_t n = 0;

	while ((at = memmem(at, (size_t)(end - at), what, strlen(what)))) {
		n++;
		at++;
	}
	return n;
}

int
main(void)
{
	struct err err = { 0 };
	uint64_t dropped;
	int fds[2];

	alarm(300);
	if (pipe(fds) == -1 || dup2(fds[1], STDERR_FILENO) == -1)
		fail("no pipe");
	log_setup(&(struct log_options){ .level = LOG_INFO });
	if (!log_start(&err))
		fail(err.text);
	for (int i = 0; i < LINES; i++)
		log_event(LOG_INFO, "numbered", LOG_INT("number", i),
		    LOG_STR("filler", "................................."));
	dropped = log_writer_dropped();
	if (dropped == 0)
		fail("nothing was dropped: the buffer has no bound");
	while (told() < dropped || count(" numbered ") + dropped < LINES)
		read_more(fds[0]);
	if (told() != dropped || count(" numbered ") + dropped != LINES)
		fail("a line is neither there nor counted");

	/* The reader rests again: the end does not wait for it for ever. */
	for (int i = 0; i < LINES; i++)
		log_event(LOG_INFO, "again", LOG_INT("number", i));
	log_stop();
	return 0;
}
