/*
 * transport_error - libcurl's error codes as texts for a log.
 *
 * Each text begins with a word for the kind of trouble (dns, connect, tls,
 * timeout, reset, garbage, memory).  libcurl's own texts are right too, but say
 * what it was doing and not what is wrong.  The texts are constants.
 */
#ifndef GATEWAY_CLIENT_TRANSPORT_ERROR_H
#define GATEWAY_CLIENT_TRANSPORT_ERROR_H

const char *transport_error_text(int code); /* a CURLcode */

/* `result`: what OpenSSL found when it verified the server's certificate. */
const char *transport_error_certificate_text(long result);

#endif
