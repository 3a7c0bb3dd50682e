#include "gateway/cli/top_render.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/duration.h"
#include "parsers/json/jvalid.h"
#include "parsers/json/jwalk.h"

#define BAR        10
#define TEXT_MAX   400
#define NAME_WIDTH 28
#define ROWS_MAX   1002 /* /status has no more */

/* The lines outside the lists; the lists share the rest. */
#define LINES_FIXED 17 /* with two of a sentence and of an advice each */

struct page {
	const struct top_render *screen;
	struct buffer *out;
	struct span root;
	bool ok;
};

#define PUT(page, ...) ((page)->ok &= buffer_print((page)->out, __VA_ARGS__))

/* ---- values ----------------------------------------------------------- */

/* "health.level", or "" for the root itself. */
static struct span
get(struct span object, const char *path)
{
	char name[64];
	const char *dot;

	while ((dot = strchr(path, '.')) != NULL) {
		snprintf(name, sizeof name, "%.*s", (int)(dot - path), path);
		object = jwalk_member(object, name);
		path = dot + 1;
	}
	return jwalk_member(object, path);
}

static double
number(struct span object, const char *path)
{
	return jwalk_number(get(object, path));
}

/* Control characters would act on the terminal: they are replaced. */
static char *
text(struct span object, const char *path, char out[TEXT_MAX])
{
	jwalk_text(get(object, path), out, TEXT_MAX);
	for (char *c = out; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return out;
}

static const char *
count_text(double n, char out[32])
{
	static const char units[] = " kMGT";
	unsigned unit = 0;

	while (n >= 99999.5 && unit < 4) {
		n /= 1000;
		unit++;
	}
	if (unit == 0)
		snprintf(
		    out, 32, n >= 100 || n == floor(n) ? "%.0f" : "%.1f", n);
	else
		snprintf(out, 32, "%.0f%c", n, units[unit]);
	return out;
}

static const char *
bytes_text(double n, char out[32])
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	unsigned unit = 0;

	while (n >= 1000 && unit < 4) {
		n /= 1000;
		unit++;
	}
	snprintf(out, 32, n < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", n,
	    units[unit]);
	return out;
}

/* ---- pieces ----------------------------------------------------------- */

static const char *
paint(const struct page *page, const char *code)
{
	return page->screen->colours ? code : "";
}

#define BOLD  "\033[1m"
#define PLAIN "\033[0m"

static const char *
level_colour(const char *level)
{
	return strcmp(level, "ok") == 0     ? "\033[1;32m"
	       : strcmp(level, "warn") == 0 ? "\033[1;33m"
					    : "\033[1;31m";
}

static void
put_bar(struct page *page, double part)
{
	int full = part <= 0 ? 0 : part >= 1 ? BAR : (int)ceil(part * BAR);

	PUT(page, "[%.*s%.*s]", full, "##########", BAR - full, "..........");
}

/* The newest second, as numbers in the order of the columns. */
static double
newest(const struct page *page, const char *column)
{
	struct span rest = get(page->root, "history.columns"), name, row, cell;
	struct span seconds = get(page->root, "history.seconds"), last = rest;
	char word[TEXT_MAX];
	bool any = false;

	while (jwalk_element(&seconds, &row)) {
		last = row;
		any = true;
	}
	while (
	    any && jwalk_element(&rest, &name) && jwalk_element(&last, &cell))
		if (strcmp(jwalk_text(name, word, sizeof word), column) == 0)
			return jwalk_number(cell);
	return 0;
}

/* What a person shall read must not end at the edge. */
static void
put_wrapped(struct page *page, const char *words, const char *indent)
{
	size_t most = page->screen->columns > strlen(indent) + 20
			  ? page->screen->columns - strlen(indent)
			  : 20;
	size_t len;

	while (*words != '\0') {
		len = strlen(words);
		if (len > most) {
			len = most;
			while (len > 0 && words[len] != ' ')
				len--;
			if (len == 0)
				len = most;
		}
		PUT(page, "%s%.*s\n", indent, (int)len, words);
		words += len;
		while (*words == ' ')
			words++;
	}
}

static void
put_head(struct page *page)
{
	char level[TEXT_MAX], words[TEXT_MAX], span[32];

	text(page->root, "health.level", level);
	PUT(page, "%spolaris-gateway%s %s, up %s: %s\n", paint(page, BOLD),
	    paint(page, PLAIN), text(page->root, "version", words),
	    duration_words(1000 * number(page->root, "uptime_s"), span), level);
	PUT(page, "\n%s", paint(page, level_colour(level)));
	put_wrapped(page, text(page->root, "health.sentence", words), "");
	PUT(page, "%s", paint(page, PLAIN));
	put_wrapped(page, text(page->root, "health.advice", words), "    ");
}

static void
put_numbers(struct page *page)
{
	double used = number(page->root, "budget.used");
	double limit = number(page->root, "budget.calls_per_minute");
	double bytes = number(page->root, "spool.bytes");
	double room = number(page->root, "spool.limit_bytes");
	char a[32], b[32], c[32], d[32];

	PUT(page,
	    "\nevents   in %s/s, out %s/s, waiting %s, requests refused "
	    "%s/s\n",
	    count_text(newest(page, "in"), a),
	    count_text(newest(page, "out"), b),
	    count_text(number(page->root, "events.waiting"), c),
	    count_text(newest(page, "refused"), d));
	PUT(page, "latency  200: p50 %s, p99 %s; delivery: p50 %s, p99 %s\n",
	    duration_words(newest(page, "ack_p50_ms"), a),
	    duration_words(newest(page, "ack_p99_ms"), b),
	    duration_words(newest(page, "delivery_p50_ms"), c),
	    duration_words(newest(page, "delivery_p99_ms"), d));
	PUT(page, "calls    ");
	put_bar(page, limit > 0 ? used / limit : 0);
	PUT(page, " %.0f of %.0f this minute, saved by batching %s\n", used,
	    limit,
	    count_text(number(page->root, "budget.saved_by_batching"), a));
	PUT(page, "spool    ");
	put_bar(page, room > 0 ? bytes / room : 0);
	PUT(page, " %.0f %%, %s of %s\n", room > 0 ? 100 * bytes / room : 0,
	    bytes_text(bytes, a), bytes_text(room, b));
}

static void
put_upstream(struct page *page)
{
	double expires_s = number(page->root, "credential.expires_in_s");
	char kind[TEXT_MAX], a[32], b[32];

	PUT(page, "upstream %s", text(page->root, "credential.kind", kind));
	if (expires_s > 0)
		PUT(page, ", its token lives %s",
		    duration_words(1000 * expires_s, a));
	PUT(page, "; an answer takes p50 %s, p99 %s\n",
	    duration_words(number(page->root, "upstream.answer.p50_ms"), a),
	    duration_words(number(page->root, "upstream.answer.p99_ms"), b));
	PUT(page, "letters  dead: %s of accepted events, %s of skipped ones\n",
	    count_text(number(page->root, "dead_letters.accepted"), a),
	    count_text(number(page->root, "dead_letters.skipped"), b));
}

/* ---- lists ------------------------------------------------------------ */

struct row {
	struct span object;
	double weight;
};

static int
by_weight(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return (x->weight < y->weight) - (x->weight > y->weight);
}

static size_t
collect(struct span list, const char *by, struct row *rows)
{
	size_t count = 0;

	while (count < ROWS_MAX && jwalk_element(&list, &rows[count].object)) {
		rows[count].weight = number(rows[count].object, by);
		count++;
	}
	qsort(rows, count, sizeof *rows, by_weight);
	return count;
}

static void
put_table(struct page *page, struct span t)
{
	char name[TEXT_MAX], lane[TEXT_MAX], held[TEXT_MAX], words[80];
	char a[32], b[32], c[32], d[32];
	const char *colour = "";

	text(t, "name", name);
	text(t, "lane", lane);
	text(t, "reason", held);
	snprintf(words, sizeof words, held[0] == '\0' ? "%.20s" : "%.6s: %.14s",
	    lane, held);
	if (strcmp(lane, "held") == 0)
		colour = level_colour("bad");
	else if (strcmp(lane, "waiting") == 0)
		colour = level_colour("warn");
	PUT(page, "%-*.*s %s%-20s%s %9s %8s %8s %8s %8.0f\n", NAME_WIDTH,
	    NAME_WIDTH, name, paint(page, colour), words,
	    *colour != '\0' ? paint(page, PLAIN) : "",
	    count_text(number(t, "accepted"), a),
	    count_text(number(t, "waiting"), b),
	    duration_words(number(t, "oldest_ms"), c),
	    count_text(number(t, "rejected"), d), number(t, "calls_in_minute"));
}

static void
put_producer(struct page *page, struct span p)
{
	char name[TEXT_MAX], a[32], b[32], c[32];

	PUT(page, "%-*.*s %9s %9s %8s %8.0f\n", NAME_WIDTH, NAME_WIDTH,
	    text(p, "name", name), count_text(number(p, "events"), a),
	    count_text(number(p, "requests"), b),
	    count_text(number(p, "refused"), c), number(p, "calls_in_minute"));
}

static void
put_reject(struct page *page, struct span r)
{
	struct span samples = get(r, "samples"), last;
	char reason[TEXT_MAX], table[TEXT_MAX] = "", a[32], place[64] = "";

	if (jwalk_element(&samples, &last)) {
		text(last, "table", table);
		if (get(last, "line").len > 0)
			snprintf(place, sizeof place,
			    ", line %.0f, offset %.0f", number(last, "line"),
			    number(last, "offset"));
	}
	PUT(page, "%-*.*s %9s last: %.64s%s\n", NAME_WIDTH, NAME_WIDTH,
	    text(r, "reason", reason), count_text(number(r, "count"), a), table,
	    place);
}

static const struct list {
	const char *member, *by, *head;
	void (*put)(struct page *page, struct span object);
} lists[] = {
	{ "tables", "accepted",
	    "table                        lane                  accepted  "
	    "waiting   oldest rejected calls/min",
	    put_table },
	{ "producers", "events",
	    "producer                        events  requests  refused "
	    "calls/min",
	    put_producer },
	{ "rejects", "count", "refused because                  count",
	    put_reject },
};

#define LISTS (sizeof lists / sizeof lists[0])

static void
put_list(
    struct page *page, const struct list *list, struct row *rows, size_t most)
{
	size_t count = collect(get(page->root, list->member), list->by, rows);

	if (count == 0)
		return;
	PUT(page, "\n%s%s%s\n", paint(page, BOLD), list->head,
	    paint(page, PLAIN));
	for (size_t i = 0; i < count && i < most; i++)
		list->put(page, rows[i].object);
	if (count > most)
		PUT(page, "... and %zu more\n", count - most);
}

/* Each list has a heading, a blank line and perhaps a line for the rest. */
static size_t
rows_each(const struct top_render *screen)
{
	size_t fixed = LINES_FIXED + 3 * LISTS;

	if (screen->lines == 0)
		return SIZE_MAX;
	return screen->lines > fixed + LISTS ? (screen->lines - fixed) / LISTS
					     : 1;
}

bool
top_render_write(const struct top_render *screen, struct span status,
    struct buffer *out, struct err *err)
{
	struct page page = { screen, out, status, true };
	struct jvalid_rules rules = { 0 };
	struct jvalid_facts facts;
	struct row *rows;

	if (!jvalid_check(status.at, status.len, &rules, &facts) ||
	    get(status, "health").len == 0)
		return err_set(
		    err, ERR_INPUT, 0, "that is not the status of a gateway");
	page.root = (struct span){ status.at + facts.root_at,
		status.len - facts.root_at };
	rows = calloc(ROWS_MAX, sizeof *rows);
	if (rows == NULL)
		return err_set(err, ERR_HOST, 0, "out of memory");
	put_head(&page);
	put_numbers(&page);
	put_upstream(&page);
	for (size_t i = 0; i < LISTS; i++)
		put_list(&page, &lists[i], rows, rows_each(screen));
	free(rows);
	return page.ok || err_set(err, ERR_HOST, 0, "out of memory");
}
