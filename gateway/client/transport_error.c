#include "gateway/client/transport_error.h"

#include <curl/curl.h>

/* clang-format off */
static const struct {
	CURLcode code;
	const char *why;
} failures[] = {
	{ CURLE_COULDNT_RESOLVE_HOST,	"dns: the host's name has no address" },
	{ CURLE_COULDNT_RESOLVE_PROXY,	"dns: the proxy's name has no address" },
	{ CURLE_COULDNT_CONNECT,	"connect: refused, or no way there" },
	{ CURLE_OPERATION_TIMEDOUT,	"timeout: no connection in time" },
	{ CURLE_SEND_ERROR,		"reset: broken while connecting" },
	{ CURLE_RECV_ERROR,		"reset: broken while connecting" },
	{ CURLE_SSL_CONNECT_ERROR,	"tls: the handshake failed" },
	{ CURLE_SSL_CACERT_BADFILE,	"tls: the CA file cannot be used" },
	{ CURLE_OUT_OF_MEMORY,		"memory: there is no more" },
};

/*
 * OpenSSL's results for a certificate (X509_V_ERR_*), except 1: libcurl sets
 * that before it asks OpenSSL, and compares the host's name first.
 */
static const struct {
	long result;
	const char *why;
} certificates[] = {
	{ 1,	"tls: the certificate is for another host" },
	{ 9,	"tls: the certificate is not valid yet" },
	{ 10,	"tls: the certificate has expired" },
	{ 18,	"tls: the certificate is self-signed" },
	{ 19,	"tls: the certificate's root is not trusted" },
	{ 20,	"tls: the certificate's issuer is not known" },
	{ 21,	"tls: the certificate's issuer is not known" },
};
/* clang-format on */

const char *
transport_error_text(int code)
{
	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
		if (failures[i].code == (CURLcode)code)
			return failures[i].why;
	return curl_easy_strerror((CURLcode)code);
}

const char *
transport_error_certificate_text(long result)
{
	for (size_t i = 0; i < sizeof certificates / sizeof *certificates; i++)
		if (certificates[i].result == result)
			return certificates[i].why;
	return "tls: the certificate does not verify";
}
