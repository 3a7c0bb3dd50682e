/*
 * conf - a YAML document as a small tree that knows its lines.
 *
 * Only what a configuration needs: maps, lists and scalars.  Whatever would
 * make a file mean something else than what its reader sees is an error:
 * a key given twice, anchors and aliases, tags, directives, a second document.
 * Every scalar is text; what it means is decided by whoever asks for it.  A
 * file that holds nothing is one plain scalar without characters, as is a
 * value that was left out (conf_is_nothing).
 *
 * This is the only file that knows the YAML library.
 *
 * Units	lines and columns count from 1.
 * Ownership	conf_parse gives the tree, conf_free takes it; nodes and their
 *		texts live as long as the tree.
 * Threads	a tree is read only.
 * Errors	ERR_INPUT or ERR_LIMIT, the text begins "name:line:column: ";
 *		ERR_HOST when out of memory.
 */
#ifndef PARSERS_CONF_H
#define PARSERS_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "parsers/err.h"
#include "parsers/text.h"

#define CONF_BYTES_MAX (1024 * 1024)
#define CONF_NODES_MAX 65536
#define CONF_DEPTH_MAX 16
#define CONF_KEY_MAX   128 /* bytes */

enum conf_kind { CONF_SCALAR, CONF_MAP, CONF_LIST };

struct conf_node {
	enum conf_kind kind;
	bool plain;            /* a scalar without quotes */
	unsigned line, column; /* of the key, or of the value without one */
	const char *key;       /* of a map's member, else NULL */
	const char *text;      /* of a scalar, else NULL; never holds a NUL */
	const struct conf_node *first; /* of a map's or a list's members */
	const struct conf_node *next;  /* in the order of the file */
};

struct conf;

/* `name` is what messages call the text: its file. */
bool conf_parse(
    struct conf **out, const char *name, struct span text, struct err *err);
void conf_free(struct conf **conf);

const struct conf_node *conf_root(const struct conf *conf);

/* Was nothing written here?  "a:" has such a value, "a: ''" has not. */
bool conf_is_nothing(const struct conf_node *node);

/* The member of a map, or NULL. */
const struct conf_node *conf_member(
    const struct conf_node *map, const char *key);

#endif
