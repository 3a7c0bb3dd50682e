/*
 * transport_error - libcurl's failures as a person reads them in a log.
 *
 * Each text begins with a word for the kind of trouble (dns, connect, tls,
 * timeout, reset, garbage, memory).  libcurl's own texts are right too, but
 * say what it was doing and not what is wrong.
 *
 * Units	none.
 * Ownership	the texts are constants.
 * Threads	none inside.
 * Errors	none; never NULL.
 */
#ifndef GATEWAY_CLIENT_TRANSPORT_ERROR_H
#define GATEWAY_CLIENT_TRANSPORT_ERROR_H

const char *transport_error(int code); /* a CURLcode */

/* What OpenSSL found when it verified the server's certificate. */
const char *transport_error_certificate(long result);

#endif
