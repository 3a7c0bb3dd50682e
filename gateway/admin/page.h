/*
 * page - the status page: page.html, built into the program.
 *
 * One file that loads nothing from elsewhere, so that it shows what is wrong
 * even when nothing else works.
 */
#ifndef GATEWAY_ADMIN_PAGE_H
#define GATEWAY_ADMIN_PAGE_H

#include "parsers/span.h"

struct span page_html(void);

#endif
