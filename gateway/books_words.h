/*
 * books_words - the kinds by which the books count, each with its word.
 *
 * A kind is one row; enumerator, word, metric label and status follow from it.
 *
 * Units	none.
 * Ownership	constant words.
 * Threads	any.
 * Errors	none.
 */
#ifndef GATEWAY_BOOKS_WORDS_H
#define GATEWAY_BOOKS_WORDS_H

/* Why a batch was closed. */
#define BOOKS_CLOSED(X)                                                        \
	X(EVENTS, "events")                                                    \
	X(BYTES, "bytes")                                                      \
	X(LINGER, "linger")                                                    \
	X(DRAIN, "drain")

/* Why a batch was sent again. */
#define BOOKS_AGAIN(X)                                                         \
	X(RENEWED, "renewed")                                                  \
	X(LATER, "later")                                                      \
	X(SPLIT, "split")                                                      \
	X(OVER_LIMIT, "over_limit")                                            \
	X(REFUSED, "refused")                                                  \
	X(CREDENTIAL, "credential")                                            \
	X(UNREACHED, "unreached")                                              \
	X(UNKNOWN, "unknown")

/* Why an event ended among the dead letters. */
#define BOOKS_DEAD(X)                                                          \
	X(REFUSED, "refused")                                                  \
	X(TOO_LARGE, "too_large")                                              \
	X(EXPIRED, "expired")

/* How a table's lane stands, from good to bad. */
#define BOOKS_LANE(X)                                                          \
	X(FLOWING, "flowing")                                                  \
	X(SPLITTING, "splitting")                                              \
	X(WAITING, "waiting")                                                  \
	X(HELD, "held")

/* clang-format off */
#define BOOKS_ENUM_CLOSED(symbol, word) BOOKS_CLOSED_##symbol,
#define BOOKS_ENUM_AGAIN(symbol, word) BOOKS_AGAIN_##symbol,
#define BOOKS_ENUM_DEAD(symbol, word) BOOKS_DEAD_##symbol,
#define BOOKS_ENUM_LANE(symbol, word) BOOKS_LANE_##symbol,
enum books_closed { BOOKS_CLOSED(BOOKS_ENUM_CLOSED) BOOKS_CLOSED_COUNT };
enum books_again { BOOKS_AGAIN(BOOKS_ENUM_AGAIN) BOOKS_AGAIN_COUNT };
enum books_dead { BOOKS_DEAD(BOOKS_ENUM_DEAD) BOOKS_DEAD_COUNT };
enum books_lane { BOOKS_LANE(BOOKS_ENUM_LANE) BOOKS_LANE_COUNT };
/* clang-format on */

extern const char *const books_closed_words[BOOKS_CLOSED_COUNT];
extern const char *const books_again_words[BOOKS_AGAIN_COUNT];
extern const char *const books_dead_words[BOOKS_DEAD_COUNT];
extern const char *const books_lane_words[BOOKS_LANE_COUNT];

/* The reason of that word; REFUSED if it is none of them. */
enum books_dead books_dead_by(const char *word);

#endif
