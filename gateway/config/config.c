#include "gateway/config/config.h"

#include <stddef.h>

#include "parsers/address.h"
#include "parsers/url.h"

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
