#include "gateway/config/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX 600

/* A key may hold any bytes: control characters must not reach a terminal. */
static void
mask_controls(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

static bool
add(struct config_errors *errors, char *line)
{
	errors->count++;
	if (errors->count > CONFIG_ERRORS_MAX + 1)
		return false;
	if (errors->count > CONFIG_ERRORS_MAX)
		snprintf(line, LINE_MAX, "%.160s: and more", errors->name);
	mask_controls(line);
	buffer_print(errors->out, "%s\n", line);
	return false;
}

bool
config_error_add(struct config_errors *errors, const struct yaml_doc_node *at,
    const char *fmt, ...)
{
	char text[LINE_MAX - 200], line[LINE_MAX], place[32] = "";
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	if (at != NULL)
		snprintf(place, sizeof place, ":%u:%u", at->line, at->column);
	snprintf(line, sizeof line, "%.160s%s: %s", errors->name, place, text);
	return add(errors, line);
}

bool
config_error_add_err(struct config_errors *errors, const struct err *err)
{
	char line[LINE_MAX];

	snprintf(line, sizeof line, "%s", err->text);
	return add(errors, line);
}
