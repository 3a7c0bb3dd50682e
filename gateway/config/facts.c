#include "gateway/config/facts.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void
config_facts(const struct config *config, const char *path,
    struct log_field facts[CONFIG_FACTS_MOST])
{
	const struct budget_options *budget = &config->budget;
	const struct batch_options *batch = &config->tables.defaults.batch;
	const struct log_field all[] = {
		LOG_STR("version", GATEWAY_VERSION),
		LOG_STR("config", path),
		LOG_STR("upstream", config->upstream.url),
		LOG_STR("acknowledge",
		    registry_level_words[config->receive.acknowledge]),
		LOG_INT("calls_per_minute",
		    (int64_t)(budget->calls_per_minute / budget->replicas)),
		LOG_INT("bytes_per_second",
		    (int64_t)(budget->bytes_per_second / budget->replicas)),
		LOG_INT("batch_max_events", (int64_t)batch->max_events),
		LOG_INT("batch_max_bytes", (int64_t)batch->max_bytes),
		LOG_INT("batch_linger_ms", (int64_t)batch->linger_ms),
		LOG_INT("tables", (int64_t)config->tables.configured_count),
		LOG_STR("unknown_tables",
		    config->tables.reject_unknown ? "reject" : "forward"),
		LOG_STR("identify_by", config->receive.identify_by),
		{ 0, 0, 0 },
	};

	_Static_assert(
	    COUNT(all) < CONFIG_FACTS_MOST, "room for the word, too");
	memcpy(facts, all, sizeof all);
}
