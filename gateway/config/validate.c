#include "gateway/config/validate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "parsers/unit.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct validation {
	const struct config *config;
	const struct yaml_doc_node *root;
	struct config_errors *errors;
};

/* The node of a dotted path, or NULL. */
static const struct yaml_doc_node *
present(const struct validation *v, const char *path)
{
	const struct yaml_doc_node *node = v->root;
	char key[YAML_DOC_KEY_MAX];

	while (node != NULL && *path != '\0') {
		size_t len = strcspn(path, ".");

		snprintf(key, sizeof key, "%.*s", (int)len, path);
		node = yaml_doc_member(node, key);
		path += len + (path[len] == '.');
	}
	return node;
}

/* The same, or NULL when nothing stands there. */
static const struct yaml_doc_node *
given(const struct validation *v, const char *path)
{
	const struct yaml_doc_node *node = present(v, path);

	return node == NULL || yaml_doc_is_nothing(node) ? NULL : node;
}

/* The place to name: the first of the paths that was given, else the file. */
static const struct yaml_doc_node *
place(const struct validation *v, const char *first, const char *second)
{
	const struct yaml_doc_node *node = given(v, first);

	return node != NULL ? node : given(v, second);
}

static void
url_given(const struct validation *v)
{
	if (present(v, "upstream.url") == NULL)
		config_error_add(v->errors, given(v, "upstream"),
		    "upstream.url: must be given, such as https://ORG.REGION"
		    ".aws.api.imply.io/v1/projects/PROJECT/events/{table}");
}

static void
credentials_given(const struct validation *v)
{
	const char *const all = "upstream.credentials";
	const struct yaml_doc_node *node = present(v, all);
	unsigned kinds;

	kinds = (given(v, "upstream.credentials.oauth2") != NULL) +
		(given(v, "upstream.credentials.api_key") != NULL ||
		    given(v, "upstream.credentials.api_key_file") != NULL);
	if (node == NULL)
		config_error_add(v->errors, given(v, "upstream"),
		    "%s: must be given: none, oauth2, api_key_file or "
		    "api_key",
		    all);
	else if (node->kind == YAML_DOC_MAP && kinds != 1)
		config_error_add(v->errors, node,
		    "%s: must be one of oauth2, api_key_file or api_key", all);
}

/* Of two keys that say the same, one. */
static void
one_of(const struct validation *v, const char *a, const char *b)
{
	bool has_a = given(v, a) != NULL, has_b = given(v, b) != NULL;

	if (has_a && has_b)
		config_error_add(v->errors, given(v, b),
		    "%s: either this or %s, not both", b, a);
	if (!has_a && !has_b)
		config_error_add(v->errors, given(v, "upstream.credentials"),
		    "%s: must be given, or %s", a, b);
}

static void
oauth2_complete(const struct validation *v)
{
	static const char *const needed[] = {
		"upstream.credentials.oauth2.token_url",
		"upstream.credentials.oauth2.client_id",
	};

	if (given(v, "upstream.credentials.oauth2") == NULL)
		return;
	for (size_t i = 0; i < COUNT(needed); i++)
		if (given(v, needed[i]) == NULL)
			config_error_add(v->errors,
			    given(v, "upstream.credentials.oauth2"),
			    "%s: must be given", needed[i]);
	one_of(v, "upstream.credentials.oauth2.client_secret_file",
	    "upstream.credentials.oauth2.client_secret");
}

static void
api_key_once(const struct validation *v)
{
	if (given(v, "upstream.credentials.api_key") != NULL &&
	    given(v, "upstream.credentials.api_key_file") != NULL)
		one_of(v, "upstream.credentials.api_key_file",
		    "upstream.credentials.api_key");
}

/* The bucket of bytes must hold two of the largest batches. */
static void
bytes_share(const struct validation *v)
{
	const struct budget_options *budget = &v->config->budget;
	uint64_t share = budget->bytes_per_second / budget->replicas;
	uint64_t batch = config_largest_batch(v->config);
	char share_text[UNIT_TEXT_MAX], batch_text[UNIT_TEXT_MAX];

	if (share >= 2 * batch)
		return;
	unit_print(UNIT_BYTES, share, share_text);
	unit_print(UNIT_BYTES, batch, batch_text);
	config_error_add(v->errors,
	    place(v, "budget.bytes_per_second", "budget"),
	    "budget.bytes_per_second / budget.replicas = %s: must be at least "
	    "twice the largest batch.max_bytes, which is %s",
	    share_text, batch_text);
}

static void
calls_share(const struct validation *v)
{
	const struct budget_options *budget = &v->config->budget;

	if (budget->calls_per_minute < budget->replicas)
		config_error_add(v->errors,
		    place(v, "budget.calls_per_minute", "budget"),
		    "budget.calls_per_minute / budget.replicas: must be at "
		    "least 1, is %" PRIu64 " / %" PRIu64,
		    budget->calls_per_minute, budget->replicas);
}

/* "a = 1MiB: must not be less than b, which is 2MiB" */
static void
not_less(const struct validation *v, enum unit unit, const char *a,
    uint64_t a_value, const char *b, uint64_t b_value)
{
	char a_text[UNIT_TEXT_MAX], b_text[UNIT_TEXT_MAX];

	if (a_value >= b_value)
		return;
	unit_print(unit, a_value, a_text);
	unit_print(unit, b_value, b_text);
	config_error_add(v->errors, place(v, a, b),
	    "%s = %s: must not be less than %s, which is %s", a, a_text, b,
	    b_text);
}

static void
bodies_fit(const struct validation *v)
{
	const struct receive_options *receive = &v->config->receive;

	not_less(v, UNIT_BYTES, "listen.memory_bytes", receive->memory_bytes,
	    "listen.max_body", receive->max_body);
	not_less(v, UNIT_BYTES, "spool.memory_bytes",
	    v->config->spool.memory_bytes, "listen.max_body",
	    receive->max_body);
}

static void
durable_possible(const struct validation *v)
{
	if (v->config->receive.acknowledge == ACK_DURABLE &&
	    v->config->spool.directory == NULL)
		config_error_add(v->errors, given(v, "acknowledge"),
		    "acknowledge = durable: needs spool.directory");
}

static void
cannot_skip(
    const struct validation *v, const struct yaml_doc_node *at, const char *key)
{
	config_error_add(v->errors, at,
	    "%s = skip: needs dead_letters.directory, or spool.directory", key);
}

/* Reported where it stands: a table may have it from events.on_invalid. */
static void
skip_possible(const struct validation *v)
{
	const struct tables_options *tables = &v->config->tables;
	const struct yaml_doc_node *names = present(v, "tables"), *node;
	char key[sizeof "tables..events.on_invalid" + TABLE_NAME_MAX];

	if (v->config->dead_letters.directory != NULL)
		return;
	if (tables->defaults.events.on_invalid == ON_INVALID_SKIP)
		cannot_skip(
		    v, given(v, "events.on_invalid"), "events.on_invalid");
	for (size_t i = 0; i < tables->configured_count; i++) {
		const struct table_options *t = &tables->configured[i];

		node = yaml_doc_member(names, t->name);
		node = node != NULL ? yaml_doc_member(node, "events") : NULL;
		node =
		    node != NULL ? yaml_doc_member(node, "on_invalid") : NULL;
		if (node == NULL || t->events.on_invalid != ON_INVALID_SKIP)
			continue;
		snprintf(
		    key, sizeof key, "tables.%s.events.on_invalid", t->name);
		cannot_skip(v, node, key);
	}
}

/* What the journal needs: see gateway/journal/journal.h. */
static void
spool_fits(const struct validation *v)
{
	const struct spool_options *spool = &v->config->spool;
	uint64_t body = v->config->receive.max_body;

	if (spool->directory == NULL)
		return;
	not_less(v, UNIT_BYTES, "spool.segment_bytes", spool->segment_bytes,
	    "4 * listen.max_body", 4 * body);
	not_less(v, UNIT_BYTES, "spool.memory_bytes", spool->memory_bytes,
	    "4 * listen.max_body", 4 * body);
	not_less(v, UNIT_BYTES, "spool.max_bytes", spool->max_bytes,
	    "6 * spool.segment_bytes", 6 * spool->segment_bytes);
}

static void
times_fit(const struct validation *v)
{
	const struct http_upstream_options *upstream = &v->config->upstream;

	not_less(v, UNIT_TIME, "upstream.timeout", upstream->timeout_ms,
	    "upstream.connect_timeout", upstream->connect_timeout_ms);
	if (v->config->shutdown_delay_ms >= v->config->shutdown_timeout_ms)
		config_error_add(v->errors,
		    place(v, "shutdown_delay", "shutdown_timeout"),
		    "shutdown_delay: must be less than shutdown_timeout, of "
		    "which it is a part");
}

/* clang-format off */
static void (*const presence[])(const struct validation *) = {
	url_given, credentials_given, oauth2_complete, api_key_once,
};
static void (*const relations[])(const struct validation *) = {
	bytes_share, calls_share, bodies_fit, durable_possible, skip_possible,
	spool_fits,
	times_fit,
};
/* clang-format on */

void
config_validate(const struct config *config, const struct yaml_doc_node *root,
    struct config_errors *errors)
{
	struct validation v = { config, root, errors };

	if (root->kind != YAML_DOC_MAP && !yaml_doc_is_nothing(root))
		return; /* and that was reported */
	for (size_t i = 0; i < COUNT(presence); i++)
		presence[i](&v);
	for (size_t i = 0; errors->count == 0 && i < COUNT(relations); i++)
		relations[i](&v);
}
