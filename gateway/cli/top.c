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

/* All that is looked at is the newest second of the history. */
#define PATH "/status"

/* Another screen, without a cursor and without wrapping lines; and back. */
#define ENTER "\033[?1049h\033[?25l\033[?7l"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"
#define HOME  "\033[H"
#define CLEAR "\033[J"

bool
top_words(struct top_options *options_out, char *const *words, size_t count,
    struct err *err)
{
	struct top_options options = { 0 };

	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], "--token-file") == 0) {
			if (++i == count)
				return err_set(err, ERR_INPUT, 0,
				    "--token-file needs a file");
			options.token_file = words[i];
		} else if (words[i][0] == '-') {
			return err_set(err, ERR_INPUT, 0,
			    "top has no option %s", words[i]);
		} else if (options.address != NULL) {
			return err_set(err, ERR_INPUT, 0,
			    "top shows one gateway, not also %s", words[i]);
		} else {
			options.address = words[i];
		}
	*options_out = options;
	return true;
}

static volatile sig_atomic_t ended;

static void
on_end(int number)
{
	(void)number;
	ended = 1;
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
look(const char *address, const char *token, bool terminal,
    struct buffer *answer, struct buffer *page, struct err *err)
{
	struct top_render screen = screen_now(terminal);

	buffer_reset(page);
	return admin_client_get(address, PATH, token, answer, err) &&
	       top_render_write(&screen,
		   (struct span){ answer->at, answer->len }, page, err);
}

/* Each line is cleared behind its end, so that nothing flickers. */
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

	signal(SIGINT, on_end);
	signal(SIGTERM, on_end);
	fputs(ENTER, stdout);
	while (!ended) {
		if (look(address, token, true, answer, page, &err))
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
	ok = look(address, token, terminal, &answer, &page, &err);
	if (!ok)
		fprintf(stderr, "polaris-gateway: %s\n", err.text);
	else if (terminal)
		refresh(address, token, &answer, &page);
	else
		fwrite(page.at, 1, page.len, stdout); /* main looks */
	buffer_fini(&answer);
	buffer_fini(&page);
	return ok;
}
