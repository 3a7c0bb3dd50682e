/*
 * secret - a text that proves who we are, from a file that may be replaced.
 *
 * Rotating a secret must not need a restart: the file is looked at when asked,
 * at most once a second, and read again when it is another file or was
 * written to.  Links are followed, so that the directory swap by which
 * Kubernetes replaces a mounted secret is seen.  A new file that is unusable
 * (not there, empty, not visible ASCII) keeps the old secret in force and is
 * reported once, not every second.
 *
 * A file is compared by device, inode, size and both its times.  A write in
 * the same tick of the file system's clock as our reading would not show in
 * them, so what was read is read once more the next time.
 *
 * Units	bytes; monotonic nanoseconds.
 * Ownership	secret_open gives, secret_close wipes and takes.  The text is
 *		good until the next secret_refresh.
 * Threads	none inside.
 * Errors	a text that names the file and never what stands in it.
 */
#ifndef AUTH_SECRET_H
#define AUTH_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parsers/err.h"
#include "parsers/span.h"

#define SECRET_BYTES_MAX        4096
#define SECRET_LOOK_INTERVAL_NS INT64_C(1000000000)

struct secret;

/* Exactly one of text (copied) and path (copied) is not NULL. */
bool secret_open(struct secret **out, const char *text, const char *path,
    int64_t now_ns, struct err *err);
void secret_close(struct secret **secret);

enum secret_news {
	SECRET_SAME,
	SECRET_CHANGED,
	SECRET_UNUSABLE, /* the old one stays in force; *err says why */
};

enum secret_news secret_refresh(
    struct secret *secret, int64_t now_ns, struct err *err);

/* When secret_refresh will look again; INT64_MAX where there is no file. */
int64_t secret_next_ns(const struct secret *secret);

/* Ends with a NUL. */
struct span secret_text(const struct secret *secret);

/*
 * Overwrites each occurrence of `secret` in the text with asterisks, and the
 * beginning of one that the text's end cuts off.
 */
void secret_mask(char *text, size_t len, struct span secret);

#endif
