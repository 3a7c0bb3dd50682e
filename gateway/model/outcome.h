/*
 * outcome - every way a producer's request can end.
 *
 * One row per ending.  The HTTP answer, its `code`, its text for people, the
 * word in log and metric and the documented table are all made from this list,
 * so an ending that is not here cannot happen, and one that is here cannot go
 * uncounted.
 *
 * Threads	any.
 */
#ifndef GATEWAY_MODEL_OUTCOME_H
#define GATEWAY_MODEL_OUTCOME_H

#include <stdbool.h>
#include <stdio.h>

/*
 * `retry`: the answer carries Retry-After, so clients come again by
 * themselves.  A message may be replaced by a more exact one.
 */
/* clang-format off */
/*	symbol		HTTP retry  code and message */
#define OUTCOMES(X)							\
	X(KEPT,		200, false, "kept", "",				\
	  "every event is kept, at the level that Gateway-Ack names")	\
	X(BAD_HEAD,	400, false, "bad_head", "BadRequest",		\
	  "the request's head is malformed")				\
	X(BAD_PARAMETER, 400, false, "bad_parameter", "BadParameter",	\
	  "a parameter or header of the gateway's has an unknown value") \
	X(ACK_UNAVAILABLE, 400, false, "ack_unavailable", "AckUnavailable", \
	  "durable needs a spool on disk, which this gateway does not have; "\
	  "ask for received or delivered")				\
	X(SKIP_UNAVAILABLE, 400, false, "skip_unavailable",		\
	  "SkipUnavailable",						\
	  "on_invalid=skip needs dead letters, which this gateway does not " \
	  "have")							\
	X(BAD_EVENTS,	400, false, "bad_events", "InvalidEvents",	\
	  "the request holds invalid events; nothing of it was kept")	\
	X(ARRAY,	400, false, "array", "ArrayNotAccepted",	\
	  "the body is a JSON array; send its elements instead, one object " \
	  "a line, without brackets and without commas between them")	\
	X(BAD_GZIP,	400, false, "bad_gzip", "InvalidEncoding",	\
	  "the body is not valid gzip")					\
	X(NO_ROUTE,	404, false, "no_route", "NoRoute",		\
	  "no Route matched with those values")				\
	X(NO_TABLE,	404, false, "no_table", "ObjectNotFound",	\
	  "this gateway does not know the table")			\
	X(TABLE_ABSENT,	404, false, "table_absent", "ObjectNotFound",	\
	  "the upstream has no such table; once it has, events are taken " \
	  "again within ten minutes")					\
	X(NO_METHOD,	405, false, "no_method", "MethodNotAllowed",	\
	  "events are pushed with POST")				\
	X(LATE,		408, false, "late", "RequestTimeout",		\
	  "the request did not arrive in time")				\
	X(NO_LENGTH,	411, false, "no_length", "LengthRequired",	\
	  "a POST needs Content-Length or chunked encoding")		\
	X(TOO_LARGE,	413, false, "too_large", "PayloadTooLarge",	\
	  "Request size limit exceeded")				\
	X(TOO_MANY_INVALID, 413, false, "too_many_invalid", "TooManyInvalid", \
	  "more invalid events than one request may leave as dead letters") \
	X(BAD_ENCODING,	415, false, "bad_encoding", "UnsupportedEncoding", \
	  "Content-Encoding may be gzip, x-gzip, identity or absent")	\
	X(SPOOL_FULL,	503, true, "spool_full", "SpoolFull",		\
	  "the gateway holds as many events as it may; come back later") \
	X(LETTERS_FULL,	503, true, "dead_letters_full", "DeadLettersFull", \
	  "invalid events cannot be skipped: dead_letters.max_bytes is "	\
	  "reached")							\
	X(LETTERS_FAILED, 503, true, "dead_letters_failing",		\
	  "DeadLettersFailing",						\
	  "invalid events cannot be skipped: the disk does not take dead "	\
	  "letters")							\
	X(TABLE_BACKLOG, 503, true, "table_backlog", "TableBacklog",	\
	  "the table holds more than its share of a gateway that is over " \
	  "half full; come back later")					\
	X(MEMORY_FULL,	503, true, "memory_full", "MemoryFull",		\
	  "too many bodies are being received at once; come back later") \
	X(TOO_MANY_TABLES, 503, true, "too_many_tables", "TooManyTables", \
	  "as many tables as the gateway may know are in use")		\
	X(TOO_MANY_CONNECTIONS, 503, true, "too_many_connections",	\
	  "TooManyConnections",						\
	  "the gateway serves as many connections as it may")		\
	X(DRAINING,	503, true, "draining", "Draining",		\
	  "the gateway is shutting down")				\
	X(NOT_DELIVERED, 503, false, "not_delivered", "NotDeliveredYet", \
	  "upstream did not answer in time; what was not yet sent is "	\
	  "withdrawn, what was in flight may still arrive")		\
	X(REFUSED_UPSTREAM, 400, false, "refused_upstream", "RefusedUpstream", \
	  "upstream refused some of the events for good; the others were " \
	  "delivered")							\
	X(UNKNOWN,	503, true, "outcome_unknown", "OutcomeUnknown",	\
	  "the disk failed while the events were written: they may be kept, " \
	  "or not")							\
	X(HOST_FAULT,	503, true, "host_fault", "HostFault",		\
	  "the gateway's host has no memory left")			\
	X(GONE,		0, false, "gone", "",				\
	  "the producer hung up before its request was whole")
/* clang-format on */

enum outcome {
#define X(symbol, http, retry, word, code, message) OUTCOME_##symbol,
	OUTCOMES(X)
#undef X
	    OUTCOME_COUNT
};

struct outcome_row {
	unsigned http; /* 0: there was nobody left to answer */
	bool retry;
	const char *word;
	const char *code;
	const char *message;
};

extern const struct outcome_row outcome_rows[OUTCOME_COUNT];

/* The table of --help-outcomes, in Markdown. */
void outcome_print(FILE *out);

#endif
