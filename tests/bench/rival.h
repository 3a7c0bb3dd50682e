/*
 * rival - what others do with the same lines.
 *
 * Each works through a body of whole lines, each line ended by a line feed,
 * with RIVAL_PADDING readable bytes behind it, and gives the number of lines
 * it was content with.
 *
 * Ownership	borrows the body.
 * Errors	none.
 */
#ifndef TESTS_BENCH_RIVAL_H
#define TESTS_BENCH_RIVAL_H

#include <stddef.h>

#define RIVAL_PADDING 256

#ifdef __cplusplus
extern "C" {
#endif

/* jsmn, strict with parent links: syntax only in part. */
size_t rival_jsmn(const char *body, size_t len);

/* simdjson's DOM, a line at a time and as a stream: validates as we do. */
size_t rival_dom(const char *body, size_t len);
size_t rival_dom_stream(const char *body, size_t len);

/* simdjson's on-demand: __time of each; the rest is mostly not looked at. */
size_t rival_ondemand(const char *body, size_t len);
size_t rival_ondemand_all(const char *body, size_t len);

/* Which of its kernels simdjson runs. */
const char *rival_simdjson_kernel(void);

#ifdef __cplusplus
}
#endif

#endif
