#include "gateway/config/config.h"
#include "gateway/config/load.h"

#include "gateway/config/error.h"
#include "tests/gateway/config/rig.h"

Test(config, upstream_alone_is_enough_and_the_rest_has_the_contracts_values)
{
	struct config c = parsed(UPSTREAM);

	cr_expect_str_eq(c.receive.address, "0.0.0.0:8080");
	cr_expect_eq(c.receive.workers, 0);
	cr_expect_eq(c.receive.max_connections, 10000);
	cr_expect_eq(c.receive.memory_bytes, 256 << 20);
	cr_expect_eq(c.receive.header_timeout_ms, 10000);
	cr_expect_eq(c.receive.body_timeout_ms, 30000);
	cr_expect_eq(c.receive.min_body_rate, 1024);
	cr_expect_eq(c.receive.max_body, 1 << 20);
	cr_expect_eq(c.receive.acknowledge, ACK_DELIVERED);
	cr_expect_eq(c.receive.ack_timeout_ms, 25000);
	cr_expect_null(c.receive.project);
	cr_expect_str_eq(c.admin.address, "127.0.0.1:9090");
	cr_expect_eq(c.upstream.credentials.kind, CREDENTIAL_NONE);
	cr_expect_eq(c.upstream.max_in_flight, 256);
	cr_expect_eq(c.upstream.connect_timeout_ms, 5000);
	cr_expect_eq(c.upstream.timeout_ms, 20000);
	cr_expect_null(c.upstream.ca_file);
	cr_expect_eq(c.budget.calls_per_minute, 83334);
	cr_expect_eq(c.budget.bytes_per_second, 100000000);
	cr_expect_eq(c.budget.replicas, 1);
	cr_expect_eq(c.tables.defaults.batch.max_events, 60);
	cr_expect_eq(c.tables.defaults.batch.max_bytes, 1000000);
	cr_expect_eq(c.tables.defaults.batch.linger_ms, 500);
	cr_expect_eq(c.tables.defaults.events.max_age_ms, 604800000);
	cr_expect_eq(
	    c.tables.defaults.events.max_ahead_ms, UINT64_C(172800000000));
	cr_expect_eq(c.tables.defaults.events.max_depth, 64);
	cr_expect_eq(c.tables.defaults.weight, 1);
	cr_expect_eq(c.tables.configured_count, 0);
	cr_expect(!c.tables.reject_unknown);
	cr_expect_eq(c.tables.max_unconfigured, 4096);
	cr_expect_eq(c.spool.memory_bytes, 64 << 20);
	cr_expect_eq(c.log.level, LOG_INFO);
	cr_expect_eq(c.log.format, LOG_TEXT);
	cr_expect_eq(c.shutdown_delay_ms, 0);
	cr_expect_eq(c.shutdown_timeout_ms, 25000);
	config_fini(&c);
	config_fini(&c);
}

Test(config, a_table_overrides_the_defaults_wherever_they_stand)
{
	struct config c =
	    parsed("tables:\n  a: {id: x.1, batch: {linger: 0}}\n  b:\n"
		   "  c: {events: {max_age: 1h}, batch: {max_bytes: 2MB}}\n"
		   "batch: {max_events: 7}\nunknown_tables: reject\n" UPSTREAM);
	const struct table_options *t = c.tables.configured;

	cr_assert_eq(c.tables.configured_count, 3);
	cr_expect(c.tables.reject_unknown);
	cr_expect_str_eq(t[0].name, "a");
	cr_expect_str_eq(t[0].id, "x.1");
	cr_expect_eq(t[0].batch.linger_ms, 0);
	cr_expect_eq(t[0].batch.max_events, 7);
	cr_expect_str_eq(t[1].name, "b");
	cr_expect_str_eq(t[1].id, "b");
	cr_expect_eq(t[1].batch.linger_ms, 500);
	cr_expect_eq(t[2].events.max_age_ms, 3600000);
	cr_expect_eq(c.tables.defaults.events.max_age_ms, 604800000);
	cr_expect_eq(t[2].weight, 1);
	cr_expect_eq(config_largest_batch(&c), 2000000);
	config_fini(&c);
}

/* clang-format off */
static const struct {
	const char	*url, *project;
} projects[] = {
	{ "http://h/v1/projects/p-1/events/{table}",	"p-1" },
	{ "http://h/v1/events/{table}",			NULL },
	{ "http://h/v1/projects/{table}",		NULL },
	{ "http://projects/x/{table}",			NULL },
};

static const struct {
	const char	*what, *upstream;
	bool		 in_clear;
} wires[] = {
	{ "encrypted",	  "{url: 'https://h/{table}', credentials: none}", false },
	{ "itself",	  "{url: 'http://localhost/{table}', credentials: none}", false },
	{ "a network",	  "{url: 'http://h/{table}', credentials: none}", true },
	{ "the token's",  "{url: 'https://h/{table}', credentials: {oauth2: "
	  "{token_url: 'http://h/t', client_id: a, client_secret: b}}}", true },
};

static const struct {
	const char	*upstream;
	enum credential_kind kind;
} kinds[] = {
	{ "none", CREDENTIAL_NONE },
	{ "{oauth2: {token_url: 'http://h', client_id: a, client_secret: b}}",
	  CREDENTIAL_OAUTH2 },
	{ "{api_key: k}",	CREDENTIAL_API_KEY },
	{ "{api_key_file: /k}",	CREDENTIAL_API_KEY },
};
/* clang-format on */

Test(config, the_project_is_the_upstreams)
{
	char text[200];

	for (size_t i = 0; i < COUNT(projects); i++) {
		struct config c;

		snprintf(text, sizeof text,
		    "upstream: {url: '%s', credentials: none}",
		    projects[i].url);
		c = parsed(text);
		if (projects[i].project == NULL)
			cr_expect_null(c.receive.project);
		else
			cr_expect_str_eq(
			    c.receive.project, projects[i].project);
		config_fini(&c);
	}
}

Test(config, knows_when_secrets_would_cross_a_network_in_clear)
{
	char text[300];

	for (size_t i = 0; i < COUNT(wires); i++) {
		struct config c;

		snprintf(text, sizeof text, "upstream: %s", wires[i].upstream);
		c = parsed(text);
		cr_expect_eq(config_sends_in_clear(&c), wires[i].in_clear, "%s",
		    wires[i].what);
		config_fini(&c);
	}
}

Test(config, the_kind_of_credentials_follows_from_what_is_given)
{
	char text[300];

	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct config c;

		snprintf(text, sizeof text,
		    "upstream: {url: 'http://h/{table}', credentials: %s}",
		    kinds[i].upstream);
		c = parsed(text);
		cr_expect_eq(c.upstream.credentials.kind, kinds[i].kind, "%s",
		    kinds[i].upstream);
		config_fini(&c);
	}
}

Test(config, secrets_are_filled_in_and_never_shown)
{
	struct config c =
	    parsed("upstream: {url: 'http://h/{table}', credentials: {api_key: "
		   "'pok_${SECRET}'}}");
	struct buffer out;

	cr_expect_str_eq(
	    c.upstream.credentials.api_key, "pok_s3cret-of-the-environment");
	print(&c, &out);
	cr_expect_null(strstr(out.at, "s3cret"));
	cr_expect_not_null(strstr(out.at, "api_key: \"***\"\n"));
	buffer_fini(&out);
	config_fini(&c);
}

/*
 * A secret in the wrong place, and a wrong one in the right place: what was
 * filled in is never repeated.
 */
Test(config, error_lines_hold_no_secret)
{
	static const char *const texts[] = {
		"batch: {max_events: '${SECRET}'}\n" UPSTREAM,
		"acknowledge: ${SECRET}\n" UPSTREAM,
		"tables: {a: {id: '${SECRET}?'}}\n" UPSTREAM,
		"upstream: {url: '${SECRET}', credentials: none}",
		"upstream: {url: 'http://u:s3cret@h/{table}', credentials: "
		"none}",
		"upstream: {url: 'http://h/{table}', credentials: {api_key: "
		"'s3cret s3cret'}}",
		"upstream: {url: 'http://h/{table}', credentials: {api_key: "
		"['s3cret']}}",
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct buffer errors;
		struct config config;

		cr_expect(!parse(&config, texts[i], &errors), "%zu", i);
		cr_expect_null(strstr(errors.at, "s3cret"), "%s", errors.at);
		buffer_fini(&errors);
	}
}

Test(config, all_error_lines_come_at_once_up_to_a_limit)
{
	struct buffer text, errors;
	struct config config;
	size_t lines = 0;

	buffer_init(&text, TEXT_MAX);
	for (int i = 0; i < CONFIG_ERRORS_MAX + 5; i++)
		buffer_print(&text, "nonsense%d: 1\n", i);
	cr_expect(!parse(&config, text.at, &errors));
	for (size_t i = 0; i < errors.len; i++)
		lines += errors.at[i] == '\n';
	cr_expect_eq(lines, CONFIG_ERRORS_MAX + 1);
	cr_expect_not_null(strstr(errors.at, "and more\n"));
	buffer_fini(&errors);
	buffer_fini(&text);
}
