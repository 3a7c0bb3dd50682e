#include "gateway/config/value.h"

#include <stdio.h>
#include <string.h>

#define NAME_MAX_BYTES 128

static bool
is_name(struct span name)
{
	if (name.len == 0 || name.len > NAME_MAX_BYTES ||
	    (name.at[0] >= '0' && name.at[0] <= '9'))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
		    !(c >= '0' && c <= '9') && c != '_')
			return false;
	}
	return true;
}

/* `text` begins behind "${"; gives what follows the "}", or NULL. */
static const char *
fill_in(const char *text, struct config_env env, struct buffer *out,
    struct err *err)
{
	struct span name = { text, strcspn(text, "}") };
	char copy[NAME_MAX_BYTES + 1];
	const char *value;

	if (text[name.len] != '}' || !is_name(name)) {
		err_set(err, ERR_INPUT, 0,
		    "after ${ must follow a name of letters, digits and _, "
		    "and } ($${ stands for ${ itself)");
		return NULL;
	}
	snprintf(copy, sizeof copy, "%.*s", (int)name.len, name.at);
	value = env.get(copy);
	if (value == NULL) {
		err_set(err, ERR_INPUT, 0, "${%s}: the environment has no %s",
		    copy, copy);
		return NULL;
	}
	if (!buffer_print(out, "%s", value)) {
		err_set(err, ERR_LIMIT, 0, "${%s}: too long", copy);
		return NULL;
	}
	return text + name.len + 1;
}

bool
config_value_expand(const char *text, struct config_env env, struct buffer *out,
    struct err *err)
{
	if (!buffer_append(out, "", 0)) /* a string, even if an empty one */
		return err_set(err, ERR_HOST, 0, "out of memory");
	while (*text != '\0') {
		if (strncmp(text, "${", 2) == 0) {
			text = fill_in(text + 2, env, out, err);
			if (text == NULL)
				return false;
			continue;
		}
		if (strncmp(text, "$${", 3) == 0) {
			if (!buffer_append(out, "${", 2))
				return err_set(err, ERR_LIMIT, 0, "too long");
			text += 3;
			continue;
		}
		if (!buffer_append(out, text++, 1))
			return err_set(err, ERR_LIMIT, 0, "too long");
	}
	return true;
}

bool
config_value_escape(const char *text, struct buffer *out)
{
	for (; *text != '\0'; text++)
		if ((strncmp(text, "${", 2) == 0 &&
			!buffer_append(out, "$", 1)) ||
		    !buffer_append(out, text, 1))
			return false;
	return true;
}
