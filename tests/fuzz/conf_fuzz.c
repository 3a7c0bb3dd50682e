/* Every node of a tree keeps to the limits, and no key is given twice. */
#include <assert.h>

#include "parsers/conf.h"
#include "tests/fuzz/exact.h"

static size_t
check_node(const struct conf_node *node, unsigned depth)
{
	size_t count = 1;

	assert(depth <= CONF_DEPTH_MAX);
	assert(node->line > 0 && node->column > 0);
	assert((node->kind == CONF_SCALAR) == (node->text != NULL));
	assert(node->kind != CONF_SCALAR || node->first == NULL);
	for (const struct conf_node *m = node->first; m != NULL; m = m->next) {
		assert((node->kind == CONF_MAP) == (m->key != NULL));
		if (m->key != NULL) {
			assert(strlen(m->key) <= CONF_KEY_MAX);
			assert(conf_member(node, m->key) == m);
		}
		count += check_node(m, depth + 1);
	}
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = exact_bytes(bytes, len);
	struct err err = { .kind = ERR_NONE };
	struct conf *conf = NULL;

	if (conf_parse(&conf, "a file", (struct span){ text, len }, &err)) {
		assert(check_node(conf_root(conf), 0) <= CONF_NODES_MAX);
		conf_is_nothing(conf_root(conf));
	} else {
		assert(err.kind == ERR_INPUT || err.kind == ERR_LIMIT);
		assert(strncmp(err.text, "a file", 6) == 0);
		assert(conf == NULL);
	}
	conf_free(&conf);
	free(text);
	return 0;
}
