/*
 * yaml_doc - a YAML document as a small tree whose nodes know their lines.
 *
 * It has only what a configuration needs: maps, lists and scalars.  Everything
 * that could make a file mean something else than its reader expects is an
 * error: a key given twice, anchors and aliases, tags, directives, a second
 * document.  Every scalar is text; the caller decides what it means.  A file
 * that holds nothing is one plain scalar without characters, and so is a value
 * that was left out (yaml_doc_is_nothing).
 *
 * Only yaml_doc.c uses the YAML library.
 *
 * Units	lines and columns count from 1.
 * Ownership	yaml_doc_parse gives the tree, yaml_doc_free frees it; nodes
 *		and their texts live as long as the tree.
 * Errors	ERR_INPUT or ERR_LIMIT, the text begins "name:line:column: ";
 *		ERR_HOST when out of memory.
 */
#ifndef PARSERS_YAML_DOC_H
#define PARSERS_YAML_DOC_H

#include <stdbool.h>
#include <stddef.h>

#include "parsers/err.h"
#include "parsers/span.h"

#define YAML_DOC_BYTES_MAX (1024 * 1024)
#define YAML_DOC_NODES_MAX 65536
#define YAML_DOC_DEPTH_MAX 16
#define YAML_DOC_KEY_MAX   128 /* bytes */

enum yaml_doc_kind { YAML_DOC_SCALAR, YAML_DOC_MAP, YAML_DOC_LIST };

struct yaml_doc_node {
	enum yaml_doc_kind kind;
	bool plain;            /* a scalar without quotes */
	unsigned line, column; /* of the key, or of the value without one */
	const char *key;       /* of a map's member, else NULL */
	const char *text;      /* of a scalar, else NULL; never holds a NUL */
	const struct yaml_doc_node *first; /* of a map's or a list's members */
	const struct yaml_doc_node *next;  /* in the order of the file */
};

struct yaml_doc;

/* `name` is the file name for messages. */
bool yaml_doc_parse(
    struct yaml_doc **out, const char *name, struct span text, struct err *err);
void yaml_doc_free(struct yaml_doc **doc);

const struct yaml_doc_node *yaml_doc_root(const struct yaml_doc *doc);

/* Was the value left out?  True for "a:", false for "a: ''". */
bool yaml_doc_is_nothing(const struct yaml_doc_node *node);

/* The member of a map, or NULL. */
const struct yaml_doc_node *yaml_doc_member(
    const struct yaml_doc_node *map, const char *key);

#endif
