#include "gateway/config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/config/validate.h"
#include "gateway/config/error.h"
#include "gateway/config/option.h"
#include "gateway/config/load.h"
#include "parsers/address.h"
#include "parsers/yaml_doc.h"
#include "parsers/url.h"

/* A default that its own row refuses is a bug; a test walks them all. */
static bool
defaults_set(struct config *config, struct err *err)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];

		if (o->initial != NULL &&
		    !config_option_set(o, config, NULL, o->initial, err))
			return false;
	}
	config->tables.defaults.weight = 1;
	return true;
}

/* Nothing said: the strongest that costs a producer no wait for Polaris. */
static void
choose_level(struct config *config, const struct yaml_doc_node *root)
{
	if (config->spool.directory != NULL &&
	    yaml_doc_member(root, "acknowledge") == NULL)
		config->receive.acknowledge = ACK_DURABLE;
}

/* They stand beside the spool unless said otherwise. */
static bool
place_dead_letters(struct config *config)
{
	char **place = &config->dead_letters.directory;

	if (*place != NULL || config->spool.directory == NULL)
		return true;
	if (asprintf(place, "%s/dead-letters", config->spool.directory) != -1)
		return true;
	*place = NULL;
	return false;
}

/* What follows from the file without standing there. */
static bool
derive(struct config *config, struct err *err)
{
	struct credential_options *who = &config->upstream.credentials;
	struct span project;
	struct url url;

	if (who->token_url != NULL)
		who->kind = CREDENTIAL_OAUTH2;
	else if (who->api_key != NULL || who->api_key_file != NULL)
		who->kind = CREDENTIAL_API_KEY;
	if (!url_parse(config->upstream.url, &url, err))
		return false;
	project = url_segment_after(url.path, SPAN("projects"));
	if (project.len == 0 || url_count(project, SPAN("{table}")) > 0)
		return true; /* any */
	config->receive.project = strndup(project.at, project.len);
	return config->receive.project != NULL ||
	       err_set(err, ERR_HOST, 0, "out of memory");
}

bool
config_parse(struct config *config, const char *name, struct span text,
    struct config_env env, struct buffer *complaints)
{
	struct complaints c = { .name = name, .out = complaints };
	struct yaml_doc *conf = NULL;
	struct err err = { 0 };

	*config = (struct config){ 0 };
	if (!defaults_set(config, &err)) {
		config_complain(&c, NULL, "%s", err.text);
	} else if (!yaml_doc_parse(&conf, name, text, &err)) {
		config_complain_of(&c, &err);
	} else {
		config_read(config, yaml_doc_root(conf), env, &c);
		choose_level(config, yaml_doc_root(conf));
		if (!place_dead_letters(config))
			config_complain(&c, NULL, "out of memory");
		config_validate(config, yaml_doc_root(conf), &c);
	}
	yaml_doc_free(&conf);
	if (c.count == 0 && !derive(config, &err))
		config_complain(&c, NULL, "%s", err.text);
	if (c.count > 0)
		config_fini(config);
	return c.count == 0;
}

static bool
file_read(const char *path, struct buffer *text, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;

	if (fd == -1)
		return err_set(err, ERR_HOST, 0, "%.160s: cannot read: %s",
		    path, strerror(errno));
	while (buffer_reserve(text, 1) && (got = read(fd, text->at + text->len,
					       text->room - text->len)) > 0)
		text->len += (size_t)got;
	if (got > 0)
		err_set(err, ERR_LIMIT, 0, "%.160s: larger than %d bytes", path,
		    YAML_DOC_BYTES_MAX);
	else if (got < 0)
		err_set(err, ERR_HOST, 0, "%.160s: cannot read: %s", path,
		    strerror(errno));
	close(fd);
	return got == 0;
}

bool
config_load(struct config *config, const char *path, struct config_env env,
    struct buffer *complaints)
{
	struct complaints c = { .name = path, .out = complaints };
	struct err err = { 0 };
	struct buffer text;
	bool ok;

	*config = (struct config){ 0 };
	buffer_init(&text, YAML_DOC_BYTES_MAX + 1);
	if (file_read(path, &text, &err))
		ok = config_parse(config, path,
		    (struct span){ text.at, text.len }, env, complaints);
	else
		ok = config_complain_of(&c, &err);
	buffer_fini(&text);
	return ok;
}

void
config_fini(struct config *config)
{
	for (size_t i = 0; i < config_option_count; i++)
		config_option_clear(&config_options[i], config);
	free(config->tables.configured);
	free(config->receive.project);
	*config = (struct config){ 0 };
}

uint64_t
config_largest_batch(const struct config *config)
{
	const struct tables_options *tables = &config->tables;
	uint64_t most = tables->defaults.batch.max_bytes;

	for (size_t i = 0; i < tables->configured_count; i++)
		if (tables->configured[i].batch.max_bytes > most)
			most = tables->configured[i].batch.max_bytes;
	return most;
}

static bool
in_clear(const char *text)
{
	struct err err;
	struct url url;

	return text != NULL && url_parse(text, &url, &err) && !url.tls &&
	       !address_is_loopback(url.host);
}

bool
config_sends_in_clear(const struct config *config)
{
	const struct http_upstream_options *upstream = &config->upstream;

	return in_clear(upstream->url) ||
	       in_clear(upstream->credentials.token_url);
}
