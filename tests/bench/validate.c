/*
 * validate - how fast events are validated, by us and by others.
 *
 * Ours is the way that a request's body takes: lines found, every line judged
 * in full, its time read.  CPU time, best of ROUNDS, since the machine may be
 * shared.  One table in GB/s, one in nanoseconds an event.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "parsers/json/event.h"
#include "parsers/ndjson.h"
#include "parsers/json/jsimd.h"
#include "tests/bench/corpus.h"
#include "tests/bench/rival.h"

#define ROUNDS   40
#define ROUND_NS 2000000 /* a round repeats the body for so long */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct event_limits limits = {
	.oldest_ms = 0,
	.newest_ms = INT64_MAX,
	.max_depth = 64,
	.max_line_bytes = 2097152,
};

/* Which kernel `ours` uses: as the columns are measured one by one. */
static const struct jsimd *kernel;

static size_t
ours(const char *body, size_t len)
{
	struct ndjson n;
	struct ndjson_line line;
	struct event_verdict verdict;
	size_t good = 0;

	/* Every line is as it should be: nothing will be written. */
	ndjson_init(&n, (char *)(uintptr_t)body, len);
	while (ndjson_next(&n, &line))
		good += event_check_by(
		    kernel, line.at, line.len, &limits, &verdict);
	return good;
}

static size_t
only_memchr(const char *body, size_t len)
{
	const char *end = body + len;
	size_t lines = 0;

	while (body < end) {
		body =
		    (const char *)memchr(body, '\n', (size_t)(end - body)) + 1;
		lines++;
	}
	return lines;
}

static int64_t
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

static double
one_round(
    size_t (*judge)(const char *, size_t), const struct corpus *c, size_t *good)
{
	int64_t begin = cpu_ns(), took;
	long times = 0;

	do {
		*good = judge(c->body, c->len);
		times++;
		took = cpu_ns() - begin;
	} while (took < ROUND_NS);
	return (double)took / (double)times;
}

/* clang-format off */
static const struct {
	const char *name;
	size_t (*judge)(const char *, size_t);
	bool by_kernel;
	size_t nth;
	bool only_good;	/* jsmn is quadratic on depth */
} columns[] = {
	{ "ours",	ours,			true,	0, false },
	{ "ours-1",	ours,			true,	1, false },
	{ "ours-2",	ours,			true,	2, false },
	{ "bytewise",	ours,			true,	99, false },
	{ "DOM",	rival_dom,		false,	0, false },
	{ "DOM strm",	rival_dom_stream,	false,	0, true },
	{ "OD time",	rival_ondemand,		false,	0, true },
	{ "OD all",	rival_ondemand_all,	false,	0, true },
	{ "jsmn",	rival_jsmn,		false,	0, true },
	{ "memchr",	only_memchr,		false,	0, false },
};
/* clang-format on */

static void
check_count(const struct corpus *c, size_t column, size_t good)
{
	if (columns[column].judge == ours && c->good != (good == c->lines)) {
		fprintf(stderr, "%s: %zu of %zu lines are good\n", c->name,
		    good, c->lines);
		exit(1);
	}
}

static void
print_row(const struct corpus *c, const double *ns, bool each_event)
{
	printf("%-26s", c->name);
	for (size_t i = 0; i < COUNT(columns); i++) {
		if (ns[i] == 0)
			printf(" %8s", "-");
		else if (each_event)
			printf(" %8.0f", ns[i] / (double)c->lines);
		else
			printf(" %8.2f", (double)c->len / ns[i]);
	}
	printf("\n");
}

static void
print_head(const char *unit)
{
	printf("\n%-26s", unit);
	for (size_t i = 0; i < COUNT(columns); i++)
		printf(" %8s", columns[i].name);
	printf("\n");
}

static bool
is_measured(size_t column, const struct corpus *c)
{
	if (columns[column].only_good && !c->good)
		return false;
	return columns[column].judge != rival_jsmn ||
	       strstr(c->name, "1 MB") == NULL;
}

/*
 * Nanoseconds for the whole body.  The columns take turns, so that a busy
 * moment of the machine falls on all of them.
 */
static void
measure_row(const struct corpus *c, double *ns)
{
	for (size_t round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < COUNT(columns); i++) {
			size_t good;
			double took;

			if (!is_measured(i, c))
				continue;
			kernel = columns[i].by_kernel
				     ? jsimd_nth(columns[i].nth)
				     : NULL;
			took = one_round(columns[i].judge, c, &good);
			check_count(c, i, good);
			if (round == 0 || took < ns[i])
				ns[i] = took;
		}
}

static void
print_legend(void)
{
	printf("ours:");
	for (size_t n = 0; jsimd_nth(n) != NULL; n++)
		printf(" %s", jsimd_nth(n)->name);
	printf(" in this order, then byte by byte.\n"
	       "DOM, OD: simdjson (%s); OD time reads __time only, OD all\n"
	       "visits the top level; neither validates what it skips.\n",
	    rival_simdjson_kernel());
}

int
main(int argc, char **argv)
{
	static double ns[64][COUNT(columns)];
	struct corpus corpora[64];
	size_t used = 0;

	print_legend();
	print_head("GB/s");
	for (size_t i = 0; i < corpus_count(); i++) {
		struct corpus c = corpus_make(i);

		if (c.len == 0 ||
		    (argc > 1 && strstr(c.name, argv[1]) == NULL)) {
			corpus_free(&c);
			continue;
		}
		measure_row(&c, ns[used]);
		print_row(&c, ns[used], false);
		fflush(stdout);
		corpora[used++] = c;
	}
	print_head("ns an event");
	for (size_t i = 0; i < used; i++) {
		print_row(&corpora[i], ns[i], true);
		corpus_free(&corpora[i]);
	}
	return 0;
}
