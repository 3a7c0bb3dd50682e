#include "gateway/transmit/wire_fields.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#define USER_AGENT "User-Agent: polaris-gateway/" GATEWAY_VERSION

static void
wipe_text(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
}

void
wire_fields_release(struct wire_fields *f)
{
	if (f == NULL || --f->users > 0)
		return;
	for (struct curl_slist *i = f->list; i != NULL; i = i->next)
		wipe_text(i->data);
	curl_slist_free_all(f->list);
	wipe_text(f->authorization);
	free(f->authorization);
	free(f);
}

struct wire_fields *
wire_fields_hold(struct wire_fields *f)
{
	f->users++;
	return f;
}

static bool
fields_add(struct wire_fields *f, const char *field)
{
	struct curl_slist *list = curl_slist_append(f->list, field);

	if (list != NULL)
		f->list = list;
	return list != NULL;
}

static bool
fields_authorize(struct wire_fields *f, const char *value)
{
	f->authorization = malloc(sizeof "Authorization: " + strlen(value));
	if (f->authorization == NULL)
		return false;
	stpcpy(stpcpy(f->authorization, "Authorization: "), value);
	return fields_add(f, f->authorization);
}

/*
 * An empty Expect keeps curl from waiting for a 100.  The User-Agent is here
 * because by its own option libcurl would print it twice.
 */
static struct wire_fields *
fields_make(const char *type, const char *coding, const char *authorization)
{
	struct wire_fields *f = calloc(1, sizeof *f);

	if (f == NULL)
		return NULL;
	f->users = 1;
	if (fields_add(f, USER_AGENT) && fields_add(f, type) &&
	    fields_add(f, "Expect:") &&
	    (coding == NULL || fields_add(f, coding)) &&
	    (authorization == NULL || fields_authorize(f, authorization)))
		return f;
	wire_fields_release(f);
	return NULL;
}

struct wire_fields *
wire_fields_make(const char *authorization, bool gzip)
{
	return fields_make("Content-Type: application/json",
	    gzip ? "Content-Encoding: gzip" : NULL, authorization);
}

struct wire_fields *
wire_fields_of_form(void)
{
	return fields_make(
	    "Content-Type: application/x-www-form-urlencoded", NULL, NULL);
}

struct span
wire_fields_secret(const struct wire_fields *f)
{
	if (f->authorization == NULL)
		return (struct span){ NULL, 0 };
	return span_of(strrchr(f->authorization, ' ') + 1);
}
