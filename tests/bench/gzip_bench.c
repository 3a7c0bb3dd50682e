/*
 * gzip_bench - what packing a batch costs, and what it saves.
 *
 *	bench_gzip [ROUNDS]
 *
 * A batch is sixty events of about 230 bytes, told apart as events are: by
 * time, number and some words and figures by chance.  Measured are the levels
 * of the library, and gzip_pack as the gateway calls it.
 */
#include <libdeflate.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "parsers/gzip.h"

#define BATCHES 64 /* different ones, so that no cache knows them all */
#define EVENTS  60
#define ROOM    (EVENTS * 400)

struct body {
	size_t len;
	char bytes[ROOM];
};

static struct body bodies[BATCHES];
static char packed[2 * ROOM];

static uint32_t
chance(uint32_t below)
{
	static uint64_t x = 1;

	x = x * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(x >> 33) % below;
}

static void
fill(struct body *body)
{
	static const char *const pages[] = { "/cart", "/home", "/search",
		"/item", "/checkout", "/help" };
	static const char *const countries[] = { "DE", "FR", "US", "JP" };

	for (int i = 0; i < EVENTS; i++)
		body->len += (size_t)snprintf(body->bytes + body->len,
		    ROOM - body->len,
		    "{\"__time\":\"2026-11-24T10:%02u:%02u.%03uZ\","
		    "\"session\":\"%08x%08x\",\"user\":%u,\"page\":\"%s\","
		    "\"country\":\"%s\",\"millis\":%u,\"status\":200,"
		    "\"agent\":\"Mozilla/5.0 (X11; Linux x86_64; rv:%u.0)\","
		    "\"referrer\":\"https://shop.example/%s\","
		    "\"value\":%u.%02u}\n",
		    chance(60), chance(60), chance(1000), chance(UINT32_MAX),
		    chance(UINT32_MAX), chance(1000000), pages[chance(6)],
		    countries[chance(4)], chance(3000), 90 + chance(40),
		    pages[chance(6)] + 1, chance(500), chance(100));
}

static double
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static size_t
pack_at(struct libdeflate_compressor *c, const struct body *body)
{
	return libdeflate_gzip_compress(
	    c, body->bytes, body->len, packed, sizeof packed);
}

static void
tell(const char *what, double us, size_t from, size_t to, size_t count)
{
	printf("%-10s %7.1f us %8zu -> %6zu bytes, %.2f times\n", what,
	    us / (double)count, from / count, to / count,
	    (double)from / (double)to);
}

static void
measure_level(int level, size_t count)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(level);
	size_t from = 0, to = 0;
	double start = cpu_us();
	char what[16];

	for (size_t i = 0; i < count; i++) {
		from += bodies[i % BATCHES].len;
		to += pack_at(c, &bodies[i % BATCHES]);
	}
	snprintf(what, sizeof what, "level %d", level);
	tell(what, cpu_us() - start, from, to, count);
	libdeflate_free_compressor(c);
}

static void
measure_ours(size_t count)
{
	struct gzip_writer *writer;
	struct err err;
	size_t from = 0, to = 0;
	double start;

	if (!gzip_writer_open(&writer, &err))
		exit(1);
	start = cpu_us();
	for (size_t i = 0; i < count; i++) {
		const struct body *b = &bodies[i % BATCHES];

		from += b->len;
		to +=
		    gzip_pack(writer, b->bytes, b->len, packed, sizeof packed);
	}
	tell("gzip_pack", cpu_us() - start, from, to, count);
	gzip_writer_close(&writer);
}

int
main(int argc, char **argv)
{
	static const int levels[] = { 1, 2, 3, 4, 6, 9 };
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 5000;

	if (count == 0)
		return 2;
	for (size_t i = 0; i < BATCHES; i++)
		fill(&bodies[i]);
	measure_ours(count);
	for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
		measure_level(levels[i], count);
	return 0;
}
