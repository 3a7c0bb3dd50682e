#include "parsers/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "parsers/unit.h"

#define PORT_MAX 65535

static bool
fail(struct err *err)
{
	return err_set(err, ERR_INPUT, 0,
	    "must be ADDRESS:PORT, such as 127.0.0.1:8080 or \"[::1]:8080\" "
	    "(in quotes)");
}

/* Copies the host and checks that it is a number of its family. */
static bool
host_read(struct span host, struct address *a)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	if (!a->v6 && span_equal(host, SPAN("localhost")))
		host = SPAN("127.0.0.1");
	if (host.len > ADDRESS_HOST_MAX)
		return false;
	memcpy(a->host, host.at, host.len);
	a->host[host.len] = '\0';
	return inet_pton(a->v6 ? AF_INET6 : AF_INET, a->host, bytes) == 1;
}

bool
address_parse(const char *text, struct address *address_out, struct err *err)
{
	const char *colon = strrchr(text, ':');
	struct address a = { .v6 = text[0] == '[' };
	struct span host;
	uint64_t port;

	if (colon == NULL)
		return fail(err);
	host = (struct span){ text, (size_t)(colon - text) };
	if (a.v6) {
		if (host.len < 2 || host.at[host.len - 1] != ']')
			return fail(err);
		host.at++;
		host.len -= 2;
	}
	if (!host_read(host, &a) ||
	    !unit_parse(UNIT_COUNT, colon + 1, &port, err) || port > PORT_MAX)
		return fail(err);
	a.port = (uint16_t)port;
	*address_out = a;
	return true;
}

bool
address_is_loopback(struct span host)
{
	static const unsigned char v6_loopback[16] = { [15] = 1 };
	unsigned char bytes[sizeof(struct in6_addr)];
	char text[ADDRESS_HOST_MAX + 1];

	if (span_equal_nocase(host, SPAN("localhost")))
		return true;
	if (host.len > ADDRESS_HOST_MAX)
		return false;
	memcpy(text, host.at, host.len);
	text[host.len] = '\0';
	if (inet_pton(AF_INET, text, bytes) == 1)
		return bytes[0] == 127;
	return inet_pton(AF_INET6, text, bytes) == 1 &&
	       memcmp(bytes, v6_loopback, sizeof v6_loopback) == 0;
}
