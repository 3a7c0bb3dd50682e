/*
 * page - the status page, as it stands in page.html.
 *
 * One file without outside help, built into the program: it must show what is
 * wrong when nothing else works.
 *
 * Ownership	a constant.
 * Threads	any.
 * Errors	none.
 */
#ifndef GATEWAY_ADMIN_PAGE_H
#define GATEWAY_ADMIN_PAGE_H

#include "parsers/span.h"

struct span page_html(void);

#endif
