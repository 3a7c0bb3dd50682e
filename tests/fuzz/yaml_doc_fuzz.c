/* Every node of a tree keeps to the limits, and no key is given twice. */
#include <assert.h>

#include "parsers/yaml_doc.h"
#include "tests/fuzz/exact.h"

static size_t
check_node(const struct yaml_doc_node *node, unsigned depth)
{
	size_t count = 1;

	assert(depth <= YAML_DOC_DEPTH_MAX);
	assert(node->line > 0 && node->column > 0);
	assert((node->kind == YAML_DOC_SCALAR) == (node->text != NULL));
	assert(node->kind != YAML_DOC_SCALAR || node->first == NULL);
	for (const struct yaml_doc_node *m = node->first; m != NULL;
	     m = m->next) {
		assert((node->kind == YAML_DOC_MAP) == (m->key != NULL));
		if (m->key != NULL) {
			assert(strlen(m->key) <= YAML_DOC_KEY_MAX);
			assert(yaml_doc_member(node, m->key) == m);
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
	struct yaml_doc *conf = NULL;

	if (yaml_doc_parse(&conf, "a file", (struct span){ text, len }, &err)) {
		assert(
		    check_node(yaml_doc_root(conf), 0) <= YAML_DOC_NODES_MAX);
		yaml_doc_is_nothing(yaml_doc_root(conf));
	} else {
		assert(err.kind == ERR_INPUT || err.kind == ERR_LIMIT);
		assert(strncmp(err.text, "a file", 6) == 0);
		assert(conf == NULL);
	}
	yaml_doc_free(&conf);
	free(text);
	return 0;
}
