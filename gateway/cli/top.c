#include "gateway/cli/top.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "gateway/cli/admin_client.h"
#include "gateway/cli/top_render.h"

#define ANSWER_MAX (64 << 20)

#define PATH "/status"

/* The alternate screen, without cursor and line wrapping; and back. */
#define ENTER "\033[?1049h\033[?25l\033[?7l"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"
#define HOME  "\033[H"
#define CLEAR "\033[J"

bool
top_args_read(
    struct top_args *out, char *const *words, size_t count, struct err *err)
{
	struct top_args args = { 0 };

	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], "--token-file") == 0) {
			if (++i == count)
				return err_set(err, ERR_INPUT, 0,
				    "--token-file needs a file");
			args.token_file = words[i];
		} else if (words[i][0] == '-') {
			return err_set(err, ERR_INPUT, 0,
			    "top has no option %s", words[i]);
		} else if (args.address != NULL) {
			return err_set(err, ERR_INPUT, 0,
			    "top shows one gateway, not also %s", words[i]);
		} else {
			args.address = words[i];
		}
	*out = args;
	return true;
}

static volatile sig_atomic_t stopped;

static void
on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static struct top_render
screen_now(bool terminal)
{
	struct top_render screen = { .columns = 80, .colours = terminal };
	struct winsize size;

	if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
	    size.ws_row > 0) {
		screen.columns = size.ws_col;
		screen.lines = size.ws_row;
	}
	return screen;
}

static bool
fetch(const char *address, const char *token, bool terminal,
    struct buffer *answer, struct buffer *page, struct err *err)
{
	struct top_render screen = screen_now(terminal);

	buffer_reset(page);
	return admin_client_get(address, PATH, token, answer, err) &&
	       top_render_write(&screen,
		   (struct span){ answer->at, answer->len }, page, err);
}

/* Clears the rest of each line, not the screen, which would flicker. */
static void
show(const struct buffer *page)
{
	const char *at = page->at, *newline;

	fputs(HOME, stdout);
	while (page->len > 0 && (newline = strchr(at, '\n')) != NULL) {
		fwrite(at, 1, (size_t)(newline - at), stdout);
		fputs("\033[K\n", stdout);
		at = newline + 1;
	}
	fputs(CLEAR, stdout);
	fflush(stdout);
}

static void
refresh(const char *address, const char *token, struct buffer *answer,
    struct buffer *page)
{
	const struct timespec second = { .tv_sec = 1 };
	struct err err;

	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	fputs(ENTER, stdout);
	while (!stopped) {
		if (fetch(address, token, true, answer, page, &err))
			show(page);
		else
			printf(HOME "\033[1;31m%s\033[0m\033[K\n", err.text);
		fflush(stdout);
		nanosleep(&second, NULL);
	}
	fputs(LEAVE, stdout);
}

bool
top_show(const char *address, const char *token)
{
	bool terminal = isatty(STDOUT_FILENO);
	struct buffer answer, page;
	struct err err;
	bool ok;

	buffer_init(&answer, ANSWER_MAX);
	buffer_init(&page, ANSWER_MAX);
	ok = fetch(address, token, terminal, &answer, &page, &err);
	if (!ok)
		fprintf(stderr, "polaris-gateway: %s\n", err.text);
	else if (terminal)
		refresh(address, token, &answer, &page);
	else
		fwrite(page.at, 1, page.len, stdout); /* main checks stdout */
	buffer_fini(&answer);
	buffer_fini(&page);
	return ok;
}
