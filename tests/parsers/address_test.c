#include <criterion/criterion.h>

#include <string.h>

#include "parsers/address.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
static const struct {
	const char	*text, *host;
	bool		 v6;
	uint16_t	 port;
} good[] = {
	{ "0.0.0.0:8080",	"0.0.0.0",	false,	8080 },
	{ "127.0.0.1:0",	"127.0.0.1",	false,	0 },
	{ "localhost:9090",	"127.0.0.1",	false,	9090 },
	{ "[::]:8080",		"::",		true,	8080 },
	{ "[::1]:65535",	"::1",		true,	65535 },
	{ "[1234:5678:9abc:def0:1234:5678:255.255.255.255]:1",
	  "1234:5678:9abc:def0:1234:5678:255.255.255.255", true, 1 },
};

static const char *const bad[] = {
	"", ":", ":8080", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http",
	"127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:080", "127.1:80",
	"256.0.0.1:80", "host.example:80", "::1:80", "[::1]", "[::1]80",
	"[::1:80", "[]:80", "[127.0.0.1]:80", "[localhost]:80", " 127.0.0.1:80",
	"127.0.0.1 :80", "[", "[:80",
	"[1234:5678:9abc:def0:1234:5678:255.255.255.2555555]:1",
};

static const struct {
	const char	*host;
	bool		 loopback;
} hosts[] = {
	{ "localhost",		true },
	{ "LocalHost",		true },
	{ "127.0.0.1",		true },
	{ "127.9.9.9",		true },
	{ "::1",		true },
	{ "0:0:0:0:0:0:0:1",	true },
	{ "",			false },
	{ "::",			false },
	{ "0.0.0.0",		false },
	{ "128.0.0.1",		false },
	{ "127.0.0.1.example",	false },
	{ "localhost.example",	false },
	{ "a-name-longer-than-every-address-in-digits-can-be.example", false },
};
/* clang-format on */

Test(address, reads_numbers_and_localhost)
{
	for (size_t i = 0; i < COUNT(good); i++) {
		struct address a = { .port = 7 };
		struct err err = { 0 };

		cr_expect(
		    address_parse(good[i].text, &a, &err), "%s", good[i].text);
		cr_expect_str_eq(a.host, good[i].host);
		cr_expect_eq(a.v6, good[i].v6, "%s", good[i].text);
		cr_expect_eq(a.port, good[i].port, "%s", good[i].text);
	}
}

Test(address, refuses_the_rest_and_shows_what_is_meant)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct address a = { .port = 7 };
		struct err err = { 0 };

		cr_expect(!address_parse(bad[i], &a, &err), "%s", bad[i]);
		cr_expect_eq(a.port, 7, "%s", bad[i]);
		cr_expect_not_null(strstr(err.text, "127.0.0.1:8080"));
	}
}

Test(address, knows_what_stays_on_this_machine)
{
	for (size_t i = 0; i < COUNT(hosts); i++)
		cr_expect_eq(address_is_loopback(span_of(hosts[i].host)),
		    hosts[i].loopback, "%s", hosts[i].host);
}
