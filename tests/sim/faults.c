#include "tests/sim/faults.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/fields.h"
#include "tests/sim/moment.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define CALLS_MAX   INT64_C(1000000000)
#define SECONDS_MAX INT64_C(1000000)
#define DELAY_MAX   INT64_C(86400000) /* a day: as good as never */
#define BYTES_MAX   INT64_C(100000000000)
#define HEADERS_MAX INT64_C(100000)

static const char *const routes[] = { "events", "token", NULL };
static const char *const resets[] = { "never", "before", "during", "after",
	"answer", NULL };

/* clang-format off */
#define AT(member) offsetof(struct fault, member)
static const struct field fields[] = {
/*  name            kind           at                 least most */
  { "calls",        FIELD_NUMBER,  AT(calls),         1, CALLS_MAX,   NULL },
  { "every",        FIELD_NUMBER,  AT(every),         1, CALLS_MAX,   NULL },
  { "seconds",      FIELD_NUMBER,  AT(seconds),       1, SECONDS_MAX, NULL },
  { "route",        FIELD_WORD,    AT(route),         0, 0,           routes },
  { "table",        FIELD_TEXT,    AT(table),         0, 0,           NULL },
  { "poison",       FIELD_TEXT,    AT(poison),        0, 0,           NULL },
  { "over_events",  FIELD_NUMBER,  AT(over_events),   1, CALLS_MAX,   NULL },
  { "over_bytes",   FIELD_NUMBER,  AT(over_bytes),    1, BYTES_MAX,   NULL },
  { "status",       FIELD_NUMBER,  AT(status),        100, 599,       NULL },
  { "headers",      FIELD_HEADERS, AT(headers),       0, 0,           NULL },
  { "body",         FIELD_TEXT,    AT(body),          0, 0,           NULL },
  { "raw",          FIELD_TEXT,    AT(raw),           0, 0,           NULL },
  { "delay_ms",     FIELD_NUMBER,  AT(delay_ms),      0, DELAY_MAX,   NULL },
  { "drip_ms",      FIELD_NUMBER,  AT(drip_ms),       1, DELAY_MAX,   NULL },
  { "body_bytes",   FIELD_NUMBER,  AT(body_bytes),    1, BYTES_MAX,   NULL },
  { "header_count", FIELD_NUMBER,  AT(header_count),  1, HEADERS_MAX, NULL },
  { "reset",        FIELD_WORD,    AT(reset),         0, 0,           resets },
  { "early",        FIELD_FLAG,    AT(early),         0, 0,           NULL },
  { "hangup",       FIELD_FLAG,    AT(hangup),        0, 0,           NULL },
  { "echo",         FIELD_FLAG,    AT(echo),          0, 0,           NULL },
  { "take",         FIELD_FLAG,    AT(take),          0, 0,           NULL },
};
/* clang-format on */

static void
fault_free(struct fault *f)
{
	free(f->table);
	free(f->poison);
	free(f->headers);
	free(f->body);
	free(f->raw);
	free(f);
}

static bool
makes_sense(const struct fault *f, struct err *err)
{
	bool head =
	    f->early || f->reset == RESET_BEFORE || f->reset == RESET_DURING;

	if (head && (f->poison || f->over_events || f->over_bytes))
		return err_set(err, ERR_INPUT, 0,
		    "poison and over_* look at the body: not with early, "
		    "before or during");
	if (f->early && f->status == 0 && f->raw == NULL)
		return err_set(err, ERR_INPUT, 0, "early needs a status");
	if (f->route == FAULT_TOKEN && f->table != NULL)
		return err_set(err, ERR_INPUT, 0, "a token has no table");
	return true;
}

static void
complete(struct fault *f, int64_t mono_ms)
{
	if (f->calls < 0 && f->seconds == 0 && f->poison == NULL &&
	    f->over_events == 0 && f->over_bytes == 0)
		f->calls = 1; /* else it would never end */
	if (f->poison != NULL && f->status == 0 && f->raw == NULL &&
	    f->reset == RESET_NEVER)
		f->status = 400;
	if ((f->over_events > 0 || f->over_bytes > 0) && f->status == 0 &&
	    f->raw == NULL && f->reset == RESET_NEVER)
		f->status = 413;
	f->until_ms =
	    f->seconds > 0 ? mono_ms + f->seconds * MS_PER_S : INT64_MAX;
}

bool
faults_order(struct faults *all, struct span json, int64_t mono_ms,
    int64_t *id_out, struct err *err)
{
	struct fault **end = &all->first;
	struct fault *f = malloc(sizeof *f);

	if (f == NULL)
		return err_set(err, ERR_HOST, 0, "out of memory");
	*f = (struct fault){ .calls = -1, .every = 1, .take = -1 };
	if (!fields_read(json, fields, COUNT(fields), f, err) ||
	    !makes_sense(f, err)) {
		fault_free(f);
		return false;
	}
	complete(f, mono_ms);
	f->id = ++all->ids;
	*id_out = f->id;
	while (*end != NULL)
		end = &(*end)->next;
	*end = f;
	return true;
}

void
faults_reset(struct faults *all)
{
	while (all->first != NULL) {
		struct fault *f = all->first;

		all->first = f->next;
		fault_free(f);
	}
}

static void
drop_spent(struct faults *all, int64_t mono_ms)
{
	struct fault **at = &all->first;

	while (*at != NULL) {
		struct fault *f = *at;

		if (f->calls != 0 && mono_ms < f->until_ms) {
			at = &f->next;
			continue;
		}
		*at = f->next;
		fault_free(f);
	}
}

static bool
strikes_at_head(const struct fault *f)
{
	return f->early || f->reset == RESET_BEFORE || f->reset == RESET_DURING;
}

static bool
contains(struct span body, const char *text)
{
	return body.len > 0 &&
	       memmem(body.at, body.len, text, strlen(text)) != NULL;
}

static bool
passes(const struct fault *f, const struct fault_call *call)
{
	if (f->route != (int)call->route ||
	    strikes_at_head(f) == call->has_body ||
	    (f->table != NULL && strcmp(f->table, call->table) != 0))
		return false;
	if (f->over_events > 0 && call->events <= (uint64_t)f->over_events)
		return false;
	if (f->over_bytes > 0 && call->body.len <= (size_t)f->over_bytes)
		return false;
	return f->poison == NULL || contains(call->body, f->poison);
}

const struct fault *
faults_pick(struct faults *all, const struct fault_call *call, int64_t mono_ms)
{
	if (all->first == NULL)
		return NULL;
	drop_spent(all, mono_ms);
	for (struct fault *f = all->first; f != NULL; f = f->next) {
		if (!passes(f, call) || ++f->passed % f->every != 0)
			continue;
		if (f->calls > 0)
			f->calls--;
		f->struck++;
		return f;
	}
	return NULL;
}

bool
fault_takes(const struct fault *f)
{
	if (f->take >= 0)
		return f->take == 1;
	return f->raw == NULL &&
	       (f->status == 0 || (f->status >= 200 && f->status < 300));
}

static void
add_headers(const struct fault *f, struct answer *a)
{
	if (f->headers != NULL)
		buffer_append(&a->headers, f->headers, strlen(f->headers));
	for (int64_t i = 0; i < f->header_count; i++)
		answer_header(a, "X-Filler-%" PRId64 ": filler", i);
}

void
fault_spoil(
    const struct fault *f, const struct fault_call *call, struct answer *a)
{
	const char *body = f->raw != NULL ? f->raw : f->body;

	if (f->status > 0)
		answer_usual(a, (int)f->status);
	if (body != NULL) {
		buffer_reset(&a->body);
		buffer_append(&a->body, body, strlen(body));
	}
	if (f->echo)
		buffer_append(
		    &a->body, call->credential.at, call->credential.len);
	if (f->body_bytes > 0)
		buffer_reset(&a->body);
	add_headers(f, a);
	a->raw = f->raw != NULL;
	if (a->raw && a->status == 0)
		a->status = 200; /* decided, though it is never told */
	a->filler = f->body_bytes;
	a->delay_ms += f->delay_ms;
	a->drip_ms = f->drip_ms;
	a->reset = (enum answer_reset)f->reset;
	a->early = f->early;
	a->hangup = f->hangup || a->raw;
}

void
faults_print(struct faults *all, int64_t mono_ms, struct buffer *out)
{
	const char *comma = "";

	drop_spent(all, mono_ms);
	buffer_print(out, "[");
	for (const struct fault *f = all->first; f != NULL; f = f->next) {
		buffer_print(out,
		    "%s{\"id\":%" PRId64 ",\"route\":\"%s\",\"status\":%" PRId64
		    ",\"reset\":\"%s\",\"struck\":%" PRId64
		    ",\"calls_left\":%" PRId64 ",\"ms_left\":%" PRId64 "}",
		    comma, f->id, routes[f->route], f->status, resets[f->reset],
		    f->struck, f->calls,
		    f->seconds > 0 ? f->until_ms - mono_ms : -1);
		comma = ",";
	}
	buffer_print(out, "]");
}
