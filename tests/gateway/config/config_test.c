#include <criterion/criterion.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config.h"
#include "gateway/config_complaint.h"
#include "gateway/config_option.h"
#include "gateway/config_print.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define CASES    SOURCE_DIR "/tests/cases/config"
#define TEXT_MAX 100000
#define UPSTREAM                                                               \
	"upstream: {url: 'http://127.0.0.1/{table}', credentials: none}\n"

/* The environment of every test. */
static char *
env_get(const char *name)
{
	static char secret[] = "s3cret-of-the-environment", number[] = "42";
	static char empty[] = "", nested[] = "${NUMBER}", bad[] = "tab\there";

	return strcmp(name, "SECRET") == 0   ? secret
	       : strcmp(name, "NUMBER") == 0 ? number
	       : strcmp(name, "EMPTY") == 0  ? empty
	       : strcmp(name, "NESTED") == 0 ? nested
	       : strcmp(name, "BAD") == 0    ? bad
					     : NULL;
}

static const struct config_env env = { env_get };

static bool
parse(struct config *config, const char *text, struct buffer *complaints)
{
	buffer_init(complaints, TEXT_MAX);
	return config_parse(
	    config, "gateway.yaml", span_of(text), env, complaints);
}

/* Parses what must be right. */
static struct config
parsed(const char *text)
{
	struct config config;
	struct buffer complaints;

	cr_assert(parse(&config, text, &complaints), "%s",
	    complaints.at != NULL ? complaints.at : "?");
	buffer_fini(&complaints);
	return config;
}

static void
print(const struct config *config, struct buffer *out)
{
	buffer_init(out, TEXT_MAX);
	cr_assert(config_print_yaml(config, out));
}

Test(config, every_row_is_whole)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];
		struct config config = { 0 };
		struct err err = { 0 };
		uint64_t bound;

		cr_expect_not_null(o->help, "%s", o->name);
		cr_expect_eq(config_option_find(o->name), o, "%s", o->name);
		cr_expect_eq(
		    o->kind == CONFIG_TEXT, o->valid != NULL, "%s", o->name);
		if (o->initial != NULL)
			cr_expect(config_option_set(
				      o, &config, NULL, o->initial, &err),
			    "%s: its own default: %s", o->name, err.text);
		config_option_clear(o, &config);
		if (o->kind != CONFIG_NUMBER)
			continue;
		cr_expect(
		    unit_parse(o->unit, o->least, &bound, &err), "%s", o->name);
		cr_expect(
		    unit_parse(o->unit, o->most, &bound, &err), "%s", o->name);
	}
}

/* Printing relies on it: a section is opened once. */
Test(config, the_rows_of_a_section_stand_together)
{
	for (size_t i = 1; i < config_option_count; i++) {
		const char *name = config_options[i].name, *dot = name;

		while ((dot = strchr(dot, '.')) != NULL) {
			size_t len = (size_t)(++dot - name);
			bool left = false;

			for (size_t j = 0; j < i; j++) {
				bool in = strncmp(config_options[j].name, name,
					      len) == 0;

				cr_expect(!(left && in), "%s", name);
				left =
				    in ? false
				       : left ||
					     (j > 0 &&
						 strncmp(
						     config_options[j - 1].name,
						     name, len) == 0);
			}
		}
	}
}

Test(config, a_bound_is_within_and_its_neighbour_is_not)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];
		struct config config = { 0 };
		struct err err = { 0 };
		uint64_t least, most;
		char text[UNIT_TEXT_MAX];

		if (o->kind != CONFIG_NUMBER)
			continue;
		cr_assert(unit_parse(o->unit, o->least, &least, &err));
		cr_assert(unit_parse(o->unit, o->most, &most, &err));
		cr_expect(config_option_set(o, &config, NULL, o->least, &err));
		cr_expect(config_option_set(o, &config, NULL, o->most, &err));
		unit_print(o->unit, most + 1, text);
		cr_expect(!config_option_set(o, &config, NULL, text, &err),
		    "%s = %s", o->name, text);
		if (least == 0)
			continue;
		unit_print(o->unit, least - 1, text);
		cr_expect(!config_option_set(o, &config, NULL, text, &err),
		    "%s = %s", o->name, text);
	}
}

/* What is allowed here must not be refused when the program starts. */
Test(config, the_most_of_the_budget_can_be_had)
{
	struct config config = parsed(UPSTREAM);
	struct budget *budget;
	struct err err = { 0 };

	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];

		if (o->kind == CONFIG_NUMBER &&
		    (strcmp(o->name, "budget.calls_per_minute") == 0 ||
			strcmp(o->name, "budget.bytes_per_second") == 0))
			cr_assert(
			    config_option_set(o, &config, NULL, o->most, &err));
	}
	cr_expect_neq(config.budget.bytes_per_second, 100000000);
	cr_assert(
	    budget_open(&budget, &config.budget, config_largest_batch(&config),
		(struct instant){ NS_PER_S }, &err),
	    "%s", err.text);
	budget_close(&budget);
	config_fini(&config);
}

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
Test(config, complaints_hold_no_secret)
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
		struct buffer complaints;
		struct config config;

		cr_expect(!parse(&config, texts[i], &complaints), "%zu", i);
		cr_expect_null(
		    strstr(complaints.at, "s3cret"), "%s", complaints.at);
		buffer_fini(&complaints);
	}
}

Test(config, all_complaints_come_at_once_up_to_a_limit)
{
	struct buffer text, complaints;
	struct config config;
	size_t lines = 0;

	buffer_init(&text, TEXT_MAX);
	for (int i = 0; i < CONFIG_COMPLAINTS_MAX + 5; i++)
		buffer_print(&text, "nonsense%d: 1\n", i);
	cr_expect(!parse(&config, text.at, &complaints));
	for (size_t i = 0; i < complaints.len; i++)
		lines += complaints.at[i] == '\n';
	cr_expect_eq(lines, CONFIG_COMPLAINTS_MAX + 1);
	cr_expect_not_null(strstr(complaints.at, "and more\n"));
	buffer_fini(&complaints);
	buffer_fini(&text);
}

static void
expect_round_trip(const struct config *config, const char *what)
{
	struct config again;
	struct buffer once, twice, complaints;

	print(config, &once);
	cr_assert(parse(&again, once.at, &complaints), "%s: %s\n%s", what,
	    complaints.at, once.at);
	print(&again, &twice);
	cr_expect_str_eq(once.at, twice.at, "%s", what);
	buffer_fini(&complaints);
	buffer_fini(&once);
	buffer_fini(&twice);
	config_fini(&again);
}

Test(config, the_example_loads_and_says_nothing_but_defaults)
{
	struct config example, defaults;
	struct buffer complaints, out;
	char *line, *rest;

	buffer_init(&complaints, TEXT_MAX);
	cr_assert(config_load(&example, SOURCE_DIR "/deploy/gateway.yaml", env,
		      &complaints),
	    "%s", complaints.at);
	expect_round_trip(&example, "the example");

	/* outside of upstream and tables, which have no default */
	defaults = parsed(UPSTREAM);
	example.tables.configured_count = 0;
	print(&defaults, &out);
	buffer_reset(&complaints);
	cr_assert(config_print_yaml(&example, &complaints));
	for (line = strtok_r(out.at, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		if (strstr(line, "url:") == NULL &&
		    strstr(line, "credentials: none") == NULL)
			cr_expect_not_null(
			    strstr(complaints.at, line), "%s", line);
	buffer_fini(&out);
	buffer_fini(&complaints);
	config_fini(&defaults);
	config_fini(&example);
}

Test(config, a_file_that_cannot_be_read_is_named)
{
	struct buffer complaints;
	struct config config;

	buffer_init(&complaints, TEXT_MAX);
	cr_expect(
	    !config_load(&config, "/no/such/file.yaml", env, &complaints));
	cr_expect_not_null(strstr(
	    complaints.at, "/no/such/file.yaml: cannot read: No such file"));
	cr_expect(!config_load(&config, "/tmp", env, &complaints));
	cr_expect_not_null(strstr(complaints.at, "/tmp: cannot read: Is a"));
	buffer_fini(&complaints);
}

Test(config, help_has_every_row_once)
{
	struct buffer out;
	size_t lines = 0;
	char name[100];

	buffer_init(&out, TEXT_MAX);
	cr_assert(config_print_help(&out));
	for (size_t i = 0; i < out.len; i++)
		lines += out.at[i] == '\n';
	cr_expect_eq(lines, config_option_count + 2);
	for (size_t i = 0; i < config_option_count; i++) {
		snprintf(
		    name, sizeof name, "\n| `%s` |", config_options[i].name);
		cr_expect_not_null(strstr(out.at, name), "%s", name);
	}
	buffer_fini(&out);
}

/* What a case file gives: its complaints, or the whole configuration. */
static void
run_case(const char *name, struct buffer *out)
{
	char path[500];
	struct buffer complaints, text;
	struct config config;
	FILE *file;

	snprintf(path, sizeof path, CASES "/%s", name);
	file = fopen(path, "re");
	cr_assert_not_null(file, "%s", path);
	buffer_init(&text, TEXT_MAX);
	cr_assert(buffer_reserve(&text, TEXT_MAX));
	text.len = fread(text.at, 1, TEXT_MAX, file);
	fclose(file);

	buffer_init(&complaints, TEXT_MAX);
	if (config_parse(&config, name, (struct span){ text.at, text.len }, env,
		&complaints)) {
		print(&config, out);
		expect_round_trip(&config, name);
		config_fini(&config);
	} else {
		buffer_init(out, TEXT_MAX);
		buffer_append(out, complaints.at, complaints.len);
	}
	buffer_fini(&complaints);
	buffer_fini(&text);
}

/* Compares with N.out, or writes it when UPDATE is set. */
static void
compare(const char *name, const struct buffer *got)
{
	char path[500];
	static char want[TEXT_MAX];
	FILE *file;
	size_t len;

	snprintf(path, sizeof path, CASES "/%.*s.out",
	    (int)(strlen(name) - strlen(".yaml")), name);
	file = fopen(path, getenv("UPDATE") != NULL ? "we" : "re");
	cr_assert_not_null(file, "%s", path);
	if (getenv("UPDATE") != NULL) {
		fwrite(got->at, 1, got->len, file);
	} else {
		len = fread(want, 1, sizeof want - 1, file);
		want[len] = '\0';
		cr_expect_str_eq(got->at, want, "%s:\n%s", name, got->at);
	}
	fclose(file);
}

Test(config, case_files_give_what_stands_beside_them)
{
	struct dirent *entry;
	DIR *dir = opendir(CASES);
	size_t count = 0;

	cr_assert_not_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		size_t len = strlen(entry->d_name);
		struct buffer got;

		if (len < 6 || strcmp(entry->d_name + len - 5, ".yaml") != 0)
			continue;
		run_case(entry->d_name, &got);
		compare(entry->d_name, &got);
		buffer_fini(&got);
		count++;
	}
	closedir(dir);
	cr_expect_gt(count, 10);
}
