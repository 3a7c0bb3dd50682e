#include "auth/secret.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A shorter beginning of the secret at the end of a text is not masked. */
#define MASK_PREFIX_MIN 4

struct identity {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified, changed;
};

struct secret {
	char *path; /* NULL: the text is the configuration's, never re-read */
	struct identity seen;
	bool confirmed; /* read twice since `seen` changed */
	bool reported;  /* the file `seen` is unusable, and this was reported */
	int64_t next_ns;
	size_t len;
	char text[SECRET_BYTES_MAX + 1];
};

/* The result of reading the file once. */
struct reading {
	struct identity identity;
	size_t len;
	char text[SECRET_BYTES_MAX + 2]; /* and a CR LF, which is cut off */
};

static bool
same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool
same_file(const struct identity *a, const struct identity *b)
{
	return a->device == b->device && a->inode == b->inode &&
	       a->size == b->size && same_time(a->modified, b->modified) &&
	       same_time(a->changed, b->changed);
}

static struct identity
identity_of(const struct stat *st)
{
	return (struct identity){
		.device = st->st_dev,
		.inode = st->st_ino,
		.size = st->st_size,
		.modified = st->st_mtim,
		.changed = st->st_ctim,
	};
}

static bool
is_visible(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < 0x21 || s.at[i] > 0x7e)
			return false;
	return true;
}

static bool
check(const char *name, struct span s, struct err *err)
{
	if (s.len == 0)
		return err_set(
		    err, ERR_INPUT, 0, "%s: the secret is empty", name);
	if (s.len > SECRET_BYTES_MAX)
		return err_set(err, ERR_LIMIT, 0,
		    "%s: a secret of over %d bytes", name, SECRET_BYTES_MAX);
	if (!is_visible(s))
		return err_set(err, ERR_INPUT, 0,
		    "%s: the secret holds something that is not visible ASCII "
		    "(a blank, a second line?)",
		    name);
	return true;
}

static struct span
reading_text(const struct reading *r)
{
	return (struct span){ r->text, r->len };
}

static void
trim_line_ends(struct reading *r)
{
	while (r->len > 0 &&
	       (r->text[r->len - 1] == '\n' || r->text[r->len - 1] == '\r'))
		r->len--;
}

/* Fills `r`; the identity also when the contents are unusable. */
static bool
read_open_file(int fd, const char *path, struct reading *r, struct err *err)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == -1)
		return err_set(
		    err, ERR_HOST, 0, "%s: %s", path, strerror(errno));
	r->identity = identity_of(&st);
	if (!S_ISREG(st.st_mode))
		return err_set(
		    err, ERR_INPUT, 0, "%s: not a regular file", path);
	if (st.st_size > (off_t)sizeof r->text)
		return err_set(err, ERR_LIMIT, 0,
		    "%s: a secret of over %d bytes", path, SECRET_BYTES_MAX);
	do {
		n = read(fd, r->text + r->len, sizeof r->text - r->len);
		r->len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	if (n == -1)
		return err_set(
		    err, ERR_HOST, 0, "%s: %s", path, strerror(errno));
	trim_line_ends(r);
	return check(path, reading_text(r), err);
}

static bool
read_file(const char *path, struct reading *r, struct err *err)
{
	/* O_NONBLOCK: opening a FIFO must not block the caller. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool ok;

	r->identity = (struct identity){ 0 };
	r->len = 0;
	if (fd == -1)
		return err_set(
		    err, ERR_HOST, 0, "%s: %s", path, strerror(errno));
	ok = read_open_file(fd, path, r, err);
	close(fd);
	return ok;
}

static void
set_text(struct secret *secret, struct span text)
{
	explicit_bzero(secret->text, sizeof secret->text);
	memcpy(secret->text, text.at, text.len);
	secret->len = text.len;
}

static bool
first_read(struct secret *secret, int64_t now_ns, struct err *err)
{
	struct reading r;
	bool ok = read_file(secret->path, &r, err);

	if (ok) {
		set_text(secret, reading_text(&r));
		secret->seen = r.identity;
		secret->next_ns = now_ns + SECRET_LOOK_INTERVAL_NS;
	}
	explicit_bzero(&r, sizeof r);
	return ok;
}

bool
secret_open(struct secret **out, const char *text, const char *path,
    int64_t now_ns, struct err *err)
{
	struct secret *secret = NULL;

	assert((text == NULL) != (path == NULL));

	if (text != NULL && !check("configuration", span_of(text), err))
		return false;
	secret = calloc(1, sizeof *secret);
	if (secret == NULL)
		return err_set(err, ERR_HOST, 0, "out of memory");
	secret->next_ns = INT64_MAX;
	if (text != NULL) {
		set_text(secret, span_of(text));
		*out = secret;
		return true;
	}
	secret->path = strdup(path);
	if (secret->path == NULL) {
		err_set(err, ERR_HOST, 0, "out of memory");
		secret_close(&secret);
		return false;
	}
	if (!first_read(secret, now_ns, err)) {
		secret_close(&secret);
		return false;
	}
	*out = secret;
	return true;
}

void
secret_close(struct secret **secret)
{
	if (*secret == NULL)
		return;
	free((*secret)->path);
	explicit_bzero(*secret, sizeof **secret);
	free(*secret);
	*secret = NULL;
}

static struct identity
identity_at(const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return (struct identity){ 0 };
	return identity_of(&st);
}

/* Is this a failure that was not reported yet? */
static bool
is_new_failure(const struct secret *secret, const struct identity *identity)
{
	return !secret->reported || !same_file(identity, &secret->seen);
}

static enum secret_news
reread(struct secret *secret, struct err *err)
{
	enum secret_news news = SECRET_SAME;
	struct reading r;
	struct err why;

	if (!read_file(secret->path, &r, &why)) {
		if (is_new_failure(secret, &r.identity)) {
			news = SECRET_UNUSABLE;
			*err = why;
		}
		secret->reported = true;
	} else {
		if (!span_equal(reading_text(&r), secret_text(secret))) {
			set_text(secret, reading_text(&r));
			news = SECRET_CHANGED;
		}
		secret->reported = false;
	}
	secret->confirmed = same_file(&r.identity, &secret->seen);
	secret->seen = r.identity;
	explicit_bzero(&r, sizeof r);
	return news;
}

enum secret_news
secret_refresh(struct secret *secret, int64_t now_ns, struct err *err)
{
	struct identity now;

	if (secret->path == NULL || now_ns < secret->next_ns)
		return SECRET_SAME;
	secret->next_ns = now_ns + SECRET_LOOK_INTERVAL_NS;
	now = identity_at(secret->path);
	if (secret->confirmed && same_file(&now, &secret->seen))
		return SECRET_SAME;
	return reread(secret, err);
}

int64_t
secret_next_ns(const struct secret *secret)
{
	return secret->next_ns;
}

struct span
secret_text(const struct secret *secret)
{
	return (struct span){ secret->text, secret->len };
}

/* How many bytes at `at` are the secret, or its beginning; 0: none. */
static size_t
match(const char *at, size_t len, struct span secret)
{
	size_t n = len < secret.len ? len : secret.len;

	if (n < secret.len && n < MASK_PREFIX_MIN)
		return 0;
	return memcmp(at, secret.at, n) == 0 ? n : 0;
}

void
secret_mask(char *text, size_t len, struct span secret)
{
	for (size_t i = 0; secret.len > 0 && i < len; i++) {
		size_t n = match(text + i, len - i, secret);

		memset(text + i, '*', n);
	}
}
