/*
 * serve - what the benchmark's small programs share: sockets and a head's end.
 *
 * Units	bytes.
 * Ownership	descriptors are the caller's.
 * Threads	none inside.
 * Errors	said on stderr; then the program ends with 1.
 */
#ifndef TESTS_BENCH_SERVE_H
#define TESTS_BENCH_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

_Noreturn void serve_die(const char *what);

/* A listening socket on 127.0.0.1, non-blocking. */
int serve_listen(uint16_t port);

/* Connects to 127.0.0.1; non-blocking from then on. */
int serve_connect(uint16_t port);

/* The bytes of the head with its empty line, 0: it is not whole yet. */
size_t serve_head(const char *at, size_t len);

/* Content-Length of a whole head, 0 without one. */
uint64_t serve_length(const char *head, size_t len);

/* So that thousands of connections fit. */
void serve_raise_limit(void);

#endif
