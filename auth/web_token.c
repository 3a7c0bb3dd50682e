#include "auth/web_token.h"

#include <stdlib.h>
#include <string.h>

#include <jwt.h>

#include "parsers/json/jdoc.h"

#define EXP_LATEST INT64_C(253402300799) /* the end of the year 9999 */

/*
 * jdoc reads the claims: libjwt's own getter gives 0 without an error for an
 * `exp` that is a string or a fraction.
 */
static bool
read_exp(const char *claims, int64_t *out)
{
	struct jdoc *doc;
	struct err err;
	int64_t exp = 0;
	bool ok;

	if (!jdoc_open(&doc, span_of(claims), &err))
		return false;
	ok = jdoc_integer(doc, "exp", &exp) == JDOC_FOUND && exp > 0 &&
	     exp <= EXP_LATEST;
	jdoc_close(&doc);
	if (ok)
		*out = exp;
	return ok;
}

bool
web_token_expiry(const char *token, int64_t *exp_s_out)
{
	jwt_t *jwt = NULL;
	char *claims;
	bool ok = false;

	if (strlen(token) > WEB_TOKEN_BYTES_MAX)
		return false;
	if (jwt_decode(&jwt, token, NULL, 0) != 0)
		return false;
	claims = jwt_get_grants_json(jwt, NULL);
	if (claims != NULL)
		ok = read_exp(claims, exp_s_out);
	free(claims);
	jwt_free(jwt);
	return ok;
}
