#include "parsers/url.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#include "parsers/unit.h"

#define HOST_MAX 253 /* of a name, RFC 1035 */
#define PORT_MAX 65535

static bool
is_visible(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < '!' || *text > '~')
			return false;
	return true;
}

/* Takes the characters up to the first of `ends`, or all. */
static struct span
take_until(const char **text, const char *ends)
{
	struct span taken = { *text, strcspn(*text, ends) };

	*text += taken.len;
	return taken;
}

static bool
is_name(struct span host)
{
	if (host.len == 0 || host.len > HOST_MAX || host.at[0] == '.' ||
	    host.at[0] == '-')
		return false;
	for (size_t i = 0; i < host.len; i++) {
		char c = host.at[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '-' && c != '.' && c != '_')
			return false;
	}
	return true;
}

static bool
is_v6(struct span host)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	char text[INET6_ADDRSTRLEN];

	if (host.len >= sizeof text)
		return false;
	memcpy(text, host.at, host.len);
	text[host.len] = '\0';
	return inet_pton(AF_INET6, text, bytes) == 1;
}

/* Takes "host", "[v6]" and what follows up to the path: ":port" or nothing. */
static bool
authority_take(const char **text, struct url *url, struct err *err)
{
	bool v6 = **text == '[';
	char port[8] = "";
	struct span rest;
	uint64_t number;

	if (v6)
		(*text)++;
	url->host = take_until(text, v6 ? "]/?" : ":/?");
	if (v6 && **text == ']')
		(*text)++;
	else if (v6)
		return err_set(err, ERR_INPUT, 0, "has an open [");
	if (v6 ? !is_v6(url->host) : !is_name(url->host))
		return err_set(err, ERR_INPUT, 0, "has no valid host");
	rest = take_until(text, "/?");
	if (rest.len == 0)
		return true;
	if (rest.at[0] == ':' && rest.len < sizeof port)
		memcpy(port, rest.at + 1, rest.len - 1);
	if (!unit_parse(UNIT_COUNT, port, &number, err) || number == 0 ||
	    number > PORT_MAX)
		return err_set(err, ERR_INPUT, 0, "has no valid port");
	url->port = (uint16_t)number;
	return true;
}

bool
url_parse(const char *text, struct url *url_out, struct err *err)
{
	struct url url = { .port = 80 };

	if (strncmp(text, "https://", 8) == 0) {
		url.tls = true;
		url.port = 443;
	} else if (strncmp(text, "http://", 7) != 0) {
		return err_set(
		    err, ERR_INPUT, 0, "must begin with https:// or http://");
	}
	text += url.tls ? 8 : 7;
	if (!is_visible(text))
		return err_set(err, ERR_INPUT, 0,
		    "must be visible ASCII: encode the rest as %%XX");
	if (strchr(text, '#') != NULL)
		return err_set(err, ERR_INPUT, 0, "must have no fragment (#)");
	if (memchr(text, '@', strcspn(text, "/?")) != NULL)
		return err_set(
		    err, ERR_INPUT, 0, "must hold no user and password");
	if (!authority_take(&text, &url, err))
		return false;
	url.path = take_until(&text, "?");
	if (*text == '?')
		text++;
	url.query = span_of(text);
	*url_out = url;
	return true;
}

size_t
url_count(struct span in, struct span what)
{
	const char *found;
	size_t count = 0;

	assert(what.len > 0);
	while (in.len > 0 &&
	       (found = memmem(in.at, in.len, what.at, what.len)) != NULL) {
		count++;
		in.len -= (size_t)(found - in.at) + what.len;
		in.at = found + what.len;
	}
	return count;
}

struct span
url_segment_after(struct span path, struct span name)
{
	struct span segment = { path.at, 0 };
	bool found = false;

	for (size_t i = 0; i <= path.len; i++) {
		if (i < path.len && path.at[i] != '/')
			continue;
		segment.len = (size_t)(path.at + i - segment.at);
		if (found)
			return segment;
		found = span_equal(segment, name);
		segment.at = path.at + i + 1;
	}
	return (struct span){ NULL, 0 };
}
