#include "gateway/config/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX 600

/* A key may hold anything: it must not steer a terminal, nor forge a line. */
static void
disarm(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

static bool
add(struct complaints *c, char *line)
{
	c->count++;
	if (c->count > CONFIG_COMPLAINTS_MAX + 1)
		return false;
	if (c->count > CONFIG_COMPLAINTS_MAX)
		snprintf(line, LINE_MAX, "%.160s: and more", c->name);
	disarm(line);
	buffer_print(c->out, "%s\n", line);
	return false;
}

bool
config_complain(
    struct complaints *c, const struct yaml_doc_node *at, const char *fmt, ...)
{
	char text[LINE_MAX - 200], line[LINE_MAX], place[32] = "";
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	if (at != NULL)
		snprintf(place, sizeof place, ":%u:%u", at->line, at->column);
	snprintf(line, sizeof line, "%.160s%s: %s", c->name, place, text);
	return add(c, line);
}

bool
config_complain_of(struct complaints *c, const struct err *err)
{
	char line[LINE_MAX];

	snprintf(line, sizeof line, "%s", err->text);
	return add(c, line);
}
