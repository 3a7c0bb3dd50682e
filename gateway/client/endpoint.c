#include "gateway/client/endpoint.h"

#include <stdio.h>
#include <string.h>

#include "gateway/model/table.h"

#define PLACE "{table}"

/* Where the path begins, or NULL. */
static const char *
path_of(const char *url)
{
	if (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
		return NULL;
	return strchr(strchr(url, ':') + 3, '/');
}

bool
endpoint_parse(const char *url, struct endpoint *out, struct err *err)
{
	const char *path, *place;

	path = path_of(url);
	if (path == NULL)
		return err_set(err, ERR_INPUT, 0,
		    "the upstream's URL is not http(s)://HOST/PATH");
	place = strstr(url, PLACE);
	if (place == NULL || place < path ||
	    strstr(place + strlen(PLACE), PLACE) != NULL)
		return err_set(err, ERR_INPUT, 0,
		    "the upstream's URL must have one " PLACE " in its path");
	out->before = (struct span){ url, (size_t)(place - url) };
	out->after = span_of(place + strlen(PLACE));
	out->room = out->before.len + TABLE_NAME_MAX + out->after.len + 1;
	return true;
}

void
endpoint_print(const struct endpoint *endpoint, const char *id, char *out)
{
	snprintf(out, endpoint->room, "%.*s%s%.*s", (int)endpoint->before.len,
	    endpoint->before.at, id, (int)endpoint->after.len,
	    endpoint->after.at);
}
