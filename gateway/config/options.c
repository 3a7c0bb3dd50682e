#include "gateway/config/options.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "parsers/address.h"
#include "parsers/url.h"

/* ---- what a text must be ---------------------------------------------- */

static bool
address_valid(const char *text, struct err *err)
{
	struct address address;

	return address_parse(text, &address, err);
}

static bool
url_valid(const char *text, struct err *err)
{
	struct url url;

	return url_parse(text, &url, err);
}

/* Where events go: the table's id fills {table}, which must be in the path. */
static bool
events_url_valid(const char *text, struct err *err)
{
	struct span table = SPAN("{table}");
	struct url url;

	if (!url_parse(text, &url, err))
		return false;
	if (url_count(span_of(text), table) != 1 ||
	    url_count(url.path, table) != 1)
		return err_set(
		    err, ERR_INPUT, 0, "must have {table} once, in its path");
	return true;
}

static bool
chars_valid(const char *text, char least, struct err *err)
{
	if (*text == '\0')
		return err_set(err, ERR_INPUT, 0, "must not be empty");
	for (; *text != '\0'; text++)
		if (*text < least || *text > '~')
			return err_set(err, ERR_INPUT, 0,
			    "must be ASCII without %s",
			    least == '!' ? "blanks, tabs or line ends"
					 : "tabs or line ends");
	return true;
}

static bool
secret_valid(const char *text, struct err *err)
{
	return chars_valid(text, '!', err);
}

static bool
word_valid(const char *text, struct err *err)
{
	return chars_valid(text, ' ', err);
}

static bool
host_valid(const char *text, struct err *err)
{
	if (*text == '\0')
		return err_set(err, ERR_INPUT, 0, "must not be empty");
	for (; *text != '\0'; text++)
		if (!isalnum((unsigned char)*text) && *text != '-' &&
		    *text != '.')
			return err_set(err, ERR_INPUT, 0,
			    "must be a host's name, without a port");
	return true;
}

/* Its values become names in metrics, so none that may be a secret. */
static bool
header_valid(const char *text, struct err *err)
{
	static const char *const secret[] = {
		"Authorization",
		"Proxy-Authorization",
		"Cookie",
	};

	for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++)
		if (strcasecmp(text, secret[i]) == 0)
			return err_set(err, ERR_INPUT, 0,
			    "must not be a header that holds secrets");
	if (*text == '\0')
		return err_set(err, ERR_INPUT, 0, "must not be empty");
	for (; *text != '\0'; text++)
		if (!isalnum((unsigned char)*text) && *text != '-' &&
		    *text != '_')
			return err_set(
			    err, ERR_INPUT, 0, "must be a header's name");
	return true;
}

static bool
file_valid(const char *text, struct err *err)
{
	if (*text == '\0')
		return err_set(err, ERR_INPUT, 0, "must be a file's path");
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return err_set(err, ERR_INPUT, 0,
			    "must not hold control characters");
	return true;
}

/* ---- the rows --------------------------------------------------------- */

/* offsetof, and a compile error unless the field has the kind's type. */
#define FIELD(field, type)                                                     \
	(offsetof(struct config, field) +                                      \
	    0 * sizeof(char[_Generic(                                          \
		    &((struct config *)0)->field, type * : 1, default          \
		    : -1)]))

#define NUMBER(key, of, field, from, first, last)                              \
	.name = key, .kind = CONFIG_NUMBER, .unit = UNIT_##of,                 \
	.at = FIELD(field, uint64_t), .initial = from, .least = first,         \
	.most = last
#define TEXT(key, field, check)                                                \
	.name = key, .kind = CONFIG_TEXT, .at = FIELD(field, char *),          \
	.valid = check
#define WORD(key, field, type, from, choice)                                   \
	.name = key, .kind = CONFIG_WORD, .at = FIELD(field, type),            \
	.initial = from, .words = choice
#define FLAG(key, field, from, choice)                                         \
	.name = key, .kind = CONFIG_FLAG, .at = FIELD(field, bool),            \
	.initial = from, .words = choice
/* A choice of one word: the others come with later builds. */
#define ONLY(key, word, others)                                                \
	.name = key, .kind = CONFIG_WORD, .at = CONFIG_NOWHERE,                \
	.initial = word, .words = word, .later = others
#define LATER(key) .name = key, .kind = CONFIG_LATER, .at = CONFIG_NOWHERE

/* A section's rows stand together: they are printed in this order. */
/* clang-format off */
const struct config_option config_options[] = {
{ TEXT("listen.address", receive.address, address_valid), .initial = "0.0.0.0:8080",
  .allowed = "ADDRESS:PORT", .help = "where producers are served; port 0: any free one" },
{ NUMBER("listen.workers", COUNT, receive.workers, "0", "0", "64"),
  .help = "threads that serve producers; 0: one a core" },
{ LATER("listen.tls.certificate"), .help = "file with the server's certificate" },
{ LATER("listen.tls.key"), .help = "file with its key" },
{ LATER("listen.tls.client_ca"), .help = "file with the CA of the producers' certificates" },
{ NUMBER("listen.max_connections", COUNT, receive.max_connections, "10000", "1", "1000000"),
  .help = "connections at once; one more gets 503" },
{ LATER("listen.max_connections_per_ip"), .help = "connections at once of one address" },
{ NUMBER("listen.memory_bytes", BYTES, receive.memory_bytes, "256MiB", "1MiB", "1024GiB"),
  .help = "memory for bodies being received, all together; over it: 503" },
{ NUMBER("listen.header_timeout", TIME, receive.header_timeout_ms, "10s", "100ms", "1h"),
  .help = "from a request's first byte to the end of its head" },
{ NUMBER("listen.body_timeout", TIME, receive.body_timeout_ms, "30s", "100ms", "1h"),
  .help = "from the end of its head to the end of its body" },
{ NUMBER("listen.min_body_rate", BYTES, receive.min_body_rate, "1KiB", "0", "1GiB"),
  .help = "bytes a second that a body must keep up after 5 s; 0: any" },
{ NUMBER("listen.max_body", BYTES, receive.max_body, "1MiB", "1KiB", "16MiB"),
  .help = "a request's body, as sent and again inflated; more is 413" },

{ TEXT("admin.address", admin.address, address_valid), .initial = "127.0.0.1:9090",
  .allowed = "ADDRESS:PORT", .help = "where the status page, /metrics and probes are served; port 0: any free one" },
{ TEXT("admin.host", admin.host, host_valid), .allowed = "NAME",
  .help = "a name by which that may be asked for, besides numbers and localhost" },
{ TEXT("admin.token_file", admin.token_file, file_valid), .allowed = "FILE",
  .help = "file with a token that all of it but the probes asks for, read again when it changes" },

{ WORD("acknowledge", receive.acknowledge, enum acknowledge, "delivered", "received|durable|delivered"),
  .help = "what a 200 means: every event is in memory, synced to disk, or the upstream answered 2xx; with spool.directory the default is durable" },
{ NUMBER("ack_timeout", TIME, receive.ack_timeout_ms, "25s", "100ms", "1h"),
  .help = "how long a request waits to be delivered before it gets 503 NotDeliveredYet" },

{ TEXT("upstream.url", upstream.url, events_url_valid), .allowed = "URL with {table} in its path",
  .help = "where events go; {table} becomes the table's id. Must be given" },
{ WORD("upstream.credentials", upstream.credentials.kind, enum credential_kind, NULL, "none"),
  .allowed = "none | {oauth2: ...} | {api_key: ...} | {api_key_file: ...}",
  .help = "who we are to the upstream. Must be given" },
{ TEXT("upstream.credentials.oauth2.token_url", upstream.credentials.token_url, url_valid),
  .allowed = "URL", .help = "where tokens are fetched (client credentials grant)" },
{ TEXT("upstream.credentials.oauth2.client_id", upstream.credentials.client_id, word_valid),
  .allowed = "ASCII", .help = "who we are" },
{ TEXT("upstream.credentials.oauth2.client_secret", upstream.credentials.client_secret, secret_valid),
  .secret = true, .allowed = "visible ASCII", .help = "our secret, as ${NAME} of the environment; or:" },
{ TEXT("upstream.credentials.oauth2.client_secret_file", upstream.credentials.client_secret_file, file_valid),
  .allowed = "FILE", .help = "a file that holds our secret, read again when it changes" },
{ TEXT("upstream.credentials.oauth2.scope", upstream.credentials.scope, word_valid),
  .allowed = "ASCII", .help = "the scope to ask for, where one is needed" },
{ TEXT("upstream.credentials.api_key", upstream.credentials.api_key, secret_valid),
  .secret = true, .allowed = "visible ASCII", .help = "an API key, as ${NAME} of the environment; or:" },
{ TEXT("upstream.credentials.api_key_file", upstream.credentials.api_key_file, file_valid),
  .allowed = "FILE", .help = "a file that holds an API key, read again when it changes" },
{ NUMBER("upstream.max_in_flight", COUNT, upstream.max_in_flight, "256", "1", "10000"),
  .help = "calls under way at once" },
{ NUMBER("upstream.connect_timeout", TIME, upstream.connect_timeout_ms, "5s", "10ms", "10m"),
  .help = "to connect" },
{ NUMBER("upstream.timeout", TIME, upstream.timeout_ms, "20s", "10ms", "1h"),
  .help = "for one call, connecting included" },
{ WORD("upstream.compression", upstream.compression, enum http_compression, "none", "none|gzip"),
  .help = "how bodies are sent; gzip: a fifth of the bytes" },
{ TEXT("upstream.ca_file", upstream.ca_file, file_valid), .allowed = "FILE",
  .help = "certificates to trust instead of the system's" },

{ NUMBER("budget.calls_per_minute", COUNT, budget.calls_per_minute, "83334", "1", "10000000"),
  .help = "the organization's calls in any 60 s, retries included" },
{ NUMBER("budget.bytes_per_second", BYTES, budget.bytes_per_second, "100MB", "2KB", "10GB"),
  .help = "the organization's bytes in any second; a share must hold two of the largest batch.max_bytes" },
{ ONLY("budget.store", "local", "postgres"), .help = "where calls are counted" },
{ NUMBER("budget.replicas", COUNT, budget.replicas, "1", "1", "10000"),
  .help = "this process takes 1/replicas of both limits" },

{ NUMBER("batch.max_events", COUNT, tables.defaults.batch.max_events, "60", "1", "1000000"),
  .per_table = true, .help = "a batch leaves with this many events" },
{ NUMBER("batch.max_bytes", BYTES, tables.defaults.batch.max_bytes, "1MB", "1KB", "16MiB"),
  .per_table = true, .help = "or with this many bytes; a larger event is refused" },
{ NUMBER("batch.linger", TIME, tables.defaults.batch.linger_ms, "500ms", "0", "1h"),
  .per_table = true, .help = "or this long after its first event" },
{ NUMBER("batch.burst_events", COUNT, tables.defaults.batch.burst_events, "1000", "1", "1000000"),
  .per_table = true, .help = "instead of max_events, if it is more, for tables that make calls scarce" },
{ NUMBER("batch.burst_linger", TIME, tables.defaults.batch.burst_linger_ms, "5s", "0", "1h"),
  .per_table = true, .help = "instead of linger, if it is more, for tables that make calls scarce" },

{ NUMBER("events.max_age", TIME, tables.defaults.events.max_age_ms, "7d", "1s", "4000000d"),
  .per_table = true, .help = "an event whose __time is older is refused" },
{ NUMBER("events.max_ahead", TIME, tables.defaults.events.max_ahead_ms, "2000d", "0", "4000000d"),
  .per_table = true, .help = "an event whose __time is further ahead is refused" },
{ WORD("events.on_invalid", tables.defaults.events.on_invalid, enum on_invalid, "reject", "reject|skip"),
  .per_table = true, .help = "one invalid event refuses its request, or becomes a dead letter while the others are kept" },
{ NUMBER("events.max_depth", COUNT, tables.defaults.events.max_depth, "64", "1", "1024"),
  .per_table = true, .help = "how deep an event may be nested, its own braces included" },

{ TEXT("spool.directory", spool.directory, file_valid), .allowed = "FOLDER",
  .help = "where events are kept on disk until they are delivered; absent: in memory alone" },
{ NUMBER("spool.max_bytes", BYTES, spool.max_bytes, "10GiB", "8MiB", "1048576GiB"),
  .help = "its files together never exceed this; full: 503" },
{ NUMBER("spool.segment_bytes", BYTES, spool.segment_bytes, "64MiB", "1MiB", "1GiB"),
  .help = "size of one of its files" },
{ NUMBER("spool.memory_bytes", BYTES, spool.memory_bytes, "64MiB", "1MiB", "1024GiB"),
  .help = "memory for events that wait to be sent; the rest waits on disk, or gets 503" },

{ TEXT("dead_letters.directory", dead_letters.directory, file_valid), .allowed = "FOLDER",
  .help = "where invalid events that were skipped are kept; default: dead-letters in spool.directory; neither: nothing can be skipped" },
{ NUMBER("dead_letters.max_bytes", BYTES, dead_letters.max_bytes, "1GiB", "1MiB", "1048576GiB"),
  .help = "its files together never exceed this; full: 503" },

{ ONLY("producers.authentication", "none", "api_keys|jwt"), .help = "how producers say who they are" },
{ LATER("producers.api_keys_file"), .help = "file with the producers' keys" },
{ LATER("producers.jwt.issuer"), .help = "who signs the producers' tokens" },
{ LATER("producers.jwt.audience"), .help = "for whom they must be" },
{ LATER("producers.jwt.jwks_url"), .help = "where its keys are fetched" },
{ LATER("producers.jwt.jwks_file"), .help = "or the file that holds them" },
{ LATER("producers.jwt.algorithms"), .help = "which signatures count" },
{ TEXT("producers.identify_by", receive.identify_by, header_valid), .initial = "X-Producer",
  .allowed = "HEADER", .help = "the header that names a producer, for metrics; not one that may hold a secret" },
{ LATER("producers.quota.events_per_second"), .help = "of each producer" },
{ LATER("producers.quota.bytes_per_second"), .help = "of each producer" },

{ .name = "tables", .kind = CONFIG_TABLES, .at = CONFIG_NOWHERE, .allowed = "NAME: {...}",
  .help = "tables with settings of their own; keys as below, and of batch.* and events.*" },
{ .name = "tables.*.id", .kind = CONFIG_ID, .at = offsetof(struct config, tables.defaults.id),
  .allowed = "A-Z a-z 0-9 . _ -, 1 to 64", .help = "the table's name upstream; default: its name" },
{ NUMBER("tables.*.weight", COUNT, tables.defaults.weight, "1", "1", "1000"),
  .help = "the table's share while calls are scarce" },
{ FLAG("unknown_tables", tables.reject_unknown, "forward", "forward|reject"),
  .help = "what becomes of tables not named above: their name is their id, or 404" },
{ NUMBER("max_tables", COUNT, tables.max_unconfigured, "4096", "0", "100000"),
  .help = "how many of those at once; one more: 503 TooManyTables" },

{ WORD("log.level", log.level, enum log_level, "info", "debug|info|warn|error"),
  .help = "the least that is logged, to standard error" },
{ WORD("log.format", log.format, enum log_format, "text", "text|json"), .help = "of a line" },

{ NUMBER("shutdown_delay", TIME, shutdown_delay_ms, "0s", "0", "1h"),
  .help = "after SIGTERM: still serving, but not ready" },
{ NUMBER("shutdown_timeout", TIME, shutdown_timeout_ms, "25s", "1s", "24h"),
  .help = "after SIGTERM: ended, whatever is left; the delay included" },
};
/* clang-format on */
const size_t config_option_count =
    sizeof config_options / sizeof config_options[0];

/* ---- find, set, get --------------------------------------------------- */

static const struct config_option *
find_exact(const char *path)
{
	for (size_t i = 0; i < config_option_count; i++)
		if (strcmp(config_options[i].name, path) == 0)
			return &config_options[i];
	return NULL;
}

/* What follows "tables.*." in a path, or NULL. */
static const char *
table_key(const char *path)
{
	size_t len = strlen(CONFIG_TABLE_PREFIX);

	return strncmp(path, CONFIG_TABLE_PREFIX, len) == 0 ? path + len : NULL;
}

const struct config_option *
config_option_find(const char *path)
{
	const struct config_option *option = find_exact(path);
	const char *key = table_key(path);

	if (option != NULL || key == NULL)
		return option;
	option = find_exact(key);
	return option != NULL && option->per_table ? option : NULL;
}

bool
config_option_is_section(const char *path)
{
	const char *key = table_key(path);
	size_t len = strlen(path);

	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];

		if (strncmp(o->name, path, len) == 0 && o->name[len] == '.')
			return true;
		if (key != NULL && o->per_table &&
		    strncmp(o->name, key, strlen(key)) == 0 &&
		    o->name[strlen(key)] == '.')
			return true;
	}
	return false;
}

/* Where the field is in what holds it: the table if there is one. */
static size_t
offset_in(const struct config_option *option, const void *table)
{
	if (option->at == CONFIG_NOWHERE)
		return 0; /* and nobody looks there */
	return option->at -
	       (table != NULL ? offsetof(struct config, tables.defaults) : 0);
}

/*
 * The place of `text` among the words, or -1.  A word that ends in '*' stands
 * for all that begin so.
 */
static int
word_place(const char *words, const char *text)
{
	size_t len;
	int place = 0;

	for (; words != NULL && *words != '\0'; place++) {
		len = strcspn(words, "|");
		if (words[len - 1] == '*'
			? strncmp(words, text, len - 1) == 0
			: strlen(text) == len && strncmp(words, text, len) == 0)
			return place;
		words += len + (words[len] == '|');
	}
	return -1;
}

static struct span
word_at(const char *words, unsigned place)
{
	size_t len = strcspn(words, "|");

	for (; place > 0; place--) {
		if (words[len] == '\0')
			return (struct span){ NULL, 0 };
		words += len + 1;
		len = strcspn(words, "|");
	}
	return (struct span){ words, len };
}

/* "must be this | that"; a known word that cannot be had is told so. */
static bool
fail_allowed(const struct config_option *option, bool known, struct err *err)
{
	struct buffer allowed;

	buffer_init(&allowed, sizeof err->text);
	config_option_allowed(option, &allowed);
	if (known && option->needs != NULL)
		err_set(err, ERR_INPUT, 0,
		    "needs %s, which this build does not have yet: must be %s",
		    option->needs, allowed.at);
	else
		err_set(err, ERR_INPUT, 0, "%smust be %s",
		    known ? "this build does not have it yet: " : "",
		    allowed.at);
	buffer_fini(&allowed);
	return false;
}

static bool
set_number(const struct config_option *option, uint64_t *field,
    const char *text, struct err *err)
{
	uint64_t value, least, most;

	if (!unit_parse(option->unit, text, &value, err) ||
	    !unit_parse(option->unit, option->least, &least, err) ||
	    !unit_parse(option->unit, option->most, &most, err))
		return false;
	if (value < least || value > most)
		return fail_allowed(option, false, err);
	*field = value;
	return true;
}

static bool
set_text(const struct config_option *option, char **field, const char *text,
    struct err *err)
{
	char *copy;

	if (!option->valid(text, err))
		return false;
	copy = strdup(text);
	if (copy == NULL)
		return err_set(err, ERR_HOST, 0, "out of memory");
	free(*field);
	*field = copy;
	return true;
}

static bool
set_word(const struct config_option *option, void *field, const char *text,
    struct err *err)
{
	int place = word_place(option->words, text);

	if (word_place(option->later, text) != -1)
		return fail_allowed(option, true, err);
	if (place == -1)
		return fail_allowed(option, false, err);
	if (option->kind == CONFIG_FLAG)
		*(bool *)field = place == 1;
	else if (option->at != CONFIG_NOWHERE)
		*(unsigned *)field = (unsigned)place;
	return true;
}

bool
config_option_set(const struct config_option *option, struct config *config,
    struct table_options *table, const char *text, struct err *err)
{
	char *base = table != NULL ? (char *)table : (char *)config;
	void *field = base + offset_in(option, table);

	switch (option->kind) {
	case CONFIG_NUMBER:
		return set_number(option, field, text, err);
	case CONFIG_TEXT:
		return set_text(option, field, text, err);
	case CONFIG_ID:
		if (!table_name_valid(span_of(text)))
			return fail_allowed(option, false, err);
		memcpy(field, text, strlen(text) + 1);
		return true;
	case CONFIG_WORD:
	case CONFIG_FLAG:
		return set_word(option, field, text, err);
	case CONFIG_TABLES:
		return err_set(err, ERR_INPUT, 0, "must be a map of tables");
	case CONFIG_LATER:
		break;
	}
	return err_set(
	    err, ERR_INPUT, 0, "this build does not have this feature yet");
}

void
config_option_clear(const struct config_option *option, struct config *config)
{
	char **field;

	if (option->kind != CONFIG_TEXT)
		return;
	field = (char **)(void *)((char *)config + option->at);
	free(*field);
	*field = NULL;
}

static bool
get_word(
    const struct config_option *option, const void *field, struct buffer *out)
{
	unsigned place = 0;
	struct span word;

	if (option->kind == CONFIG_FLAG)
		place = *(const bool *)field;
	else if (option->at != CONFIG_NOWHERE)
		place = *(const unsigned *)field;
	word = word_at(option->words, place);
	return word.at != NULL && buffer_append(out, word.at, word.len);
}

static bool
get_text(
    const struct config_option *option, const char *text, struct buffer *out)
{
	if (text == NULL)
		return false;
	return buffer_print(out, "%s", option->secret ? "***" : text);
}

bool
config_option_get(const struct config_option *option,
    const struct config *config, const struct table_options *table,
    struct buffer *out)
{
	const char *base =
	    table != NULL ? (const char *)table : (const char *)config;
	const void *field = base + offset_in(option, table);
	char number[UNIT_TEXT_MAX];

	switch (option->kind) {
	case CONFIG_NUMBER:
		unit_print(option->unit, *(const uint64_t *)field, number);
		return buffer_print(out, "%s", number);
	case CONFIG_TEXT:
		return get_text(option, *(char *const *)field, out);
	case CONFIG_ID:
		return get_text(option, field, out);
	case CONFIG_WORD:
	case CONFIG_FLAG:
		return get_word(option, field, out);
	case CONFIG_TABLES:
	case CONFIG_LATER:
		break;
	}
	return false;
}

void
config_option_allowed(const struct config_option *option, struct buffer *out)
{
	const char *words = option->words;
	bool first = true;

	if (option->kind == CONFIG_NUMBER)
		buffer_print(out, "%s to %s", option->least, option->most);
	if (option->allowed != NULL)
		buffer_print(out, "%s", option->allowed);
	while (option->allowed == NULL && words != NULL && *words != '\0') {
		char word[32];
		size_t len = strcspn(words, "|");

		snprintf(word, sizeof word, "%.*s", (int)len, words);
		if (word_place(option->later, word) == -1) {
			buffer_print(out, "%s%s", first ? "" : " | ", word);
			first = false;
		}
		words += len + (words[len] == '|');
	}
}
