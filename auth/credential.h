/*
 * credential - who we are to the upstream, and when that must be renewed.
 *
 * A state machine that does no I/O and reads no clock: it says when a token
 * must be fetched and with which form, and is told what the answer was.  The
 * sending is transmit's.  (The interface below the options is the
 * implementer's to complete.)
 *
 * Secrets come from a file, which is read again when it changes, or from the
 * configuration's ${ENVIRONMENT}.  They are never logged and never part of an
 * err.
 */
#ifndef AUTH_CREDENTIAL_H
#define AUTH_CREDENTIAL_H

enum credential_kind {
	CREDENTIAL_NONE,
	CREDENTIAL_OAUTH2,  /* client credentials grant, RFC 6749 section 4.4 */
	CREDENTIAL_API_KEY, /* Basic; a key that starts pok_ is base64(key:) */
};

/* Strings are the configuration's; NULL where a key was absent. */
struct credential_options {
	enum credential_kind kind;
	char *token_url;
	char *client_id;
	char *client_secret; /* exactly one of these two with OAUTH2 */
	char *client_secret_file;
	char *scope;
	char *api_key; /* exactly one of these two with API_KEY */
	char *api_key_file;
};

#endif
