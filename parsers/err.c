#include "parsers/err.h"

#include <stdarg.h>
#include <stdio.h>

bool
err_set(struct err *err, enum err_kind kind, size_t at, const char *fmt, ...)
{
	va_list args;

	err->kind = kind;
	err->at = at;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, args);
	va_end(args);
	return false;
}
