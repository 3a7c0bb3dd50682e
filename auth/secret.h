/*
 * secret - an API key or client secret, kept as text and read from a file or
 * from the configuration.
 *
 * A secret can be replaced without a restart.  secret_refresh checks the file
 * at most once a second, and reads it again when it is another file or was
 * written to.  Links are followed: Kubernetes replaces a mounted secret by
 * changing a directory link.  If the new file is unusable (missing, empty, not
 * visible ASCII), the old secret stays in use and the failure is reported
 * once, not every second.
 *
 * A file is compared by device, inode, size, mtime and ctime.  A write within
 * the same tick of the file system's clock as our reading changes none of
 * them.  Therefore a file that has changed is read once more at the next check.
 *
 * Units	`now_ns` is monotonic.
 * Ownership	secret_open gives; secret_close overwrites the text and frees.
 *		The text is valid until the next secret_refresh.
 * Errors	the text names the file and never contains the secret.
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

/* Exactly one of text and path is not NULL; both are copied. */
bool secret_open(struct secret **out, const char *text, const char *path,
    int64_t now_ns, struct err *err);
void secret_close(struct secret **secret);

enum secret_news {
	SECRET_SAME,
	SECRET_CHANGED,
	SECRET_UNUSABLE, /* the old one stays in use; *err says why */
};

enum secret_news secret_refresh(
    struct secret *secret, int64_t now_ns, struct err *err);

/* When secret_refresh checks the file next; INT64_MAX without a file. */
int64_t secret_next_ns(const struct secret *secret);

/* A NUL follows it. */
struct span secret_text(const struct secret *secret);

/*
 * Overwrites each occurrence of `secret` in the text with asterisks, also one
 * that is cut off by the end of the text.
 */
void secret_mask(char *text, size_t len, struct span secret);

#endif
