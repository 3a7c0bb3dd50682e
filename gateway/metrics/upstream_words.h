/*
 * upstream_words - the kinds by which the books count, each with its word.
 *
 * A kind is one row; enumerator, word, metric label and status follow from it.
 *
 * Units	none.
 * Ownership	constant words.
 * Threads	any.
 * Errors	none.
 */
#ifndef GATEWAY_METRICS_UPSTREAM_WORDS_H
#define GATEWAY_METRICS_UPSTREAM_WORDS_H

/* Why a batch was closed. */
#define UPSTREAM_STATS_CLOSED(X)                                               \
	X(EVENTS, "events")                                                    \
	X(BYTES, "bytes")                                                      \
	X(LINGER, "linger")                                                    \
	X(DRAIN, "drain")

/* Why a batch was sent again. */
#define UPSTREAM_STATS_AGAIN(X)                                                \
	X(RENEWED, "renewed")                                                  \
	X(LATER, "later")                                                      \
	X(SPLIT, "split")                                                      \
	X(OVER_LIMIT, "over_limit")                                            \
	X(REFUSED, "refused")                                                  \
	X(CREDENTIAL, "credential")                                            \
	X(UNREACHED, "unreached")                                              \
	X(UNKNOWN, "unknown")

/* Why an event ended among the dead letters. */
#define UPSTREAM_STATS_DEAD(X)                                                 \
	X(REFUSED, "refused")                                                  \
	X(TOO_LARGE, "too_large")                                              \
	X(EXPIRED, "expired")

/* How a table's lane stands, from good to bad. */
#define UPSTREAM_STATS_LANE(X)                                                 \
	X(FLOWING, "flowing")                                                  \
	X(SPLITTING, "splitting")                                              \
	X(WAITING, "waiting")                                                  \
	X(HELD, "held")

/* clang-format off */
#define UPSTREAM_STATS_ENUM_CLOSED(symbol, word) UPSTREAM_STATS_CLOSED_##symbol,
#define UPSTREAM_STATS_ENUM_AGAIN(symbol, word) UPSTREAM_STATS_AGAIN_##symbol,
#define UPSTREAM_STATS_ENUM_DEAD(symbol, word) UPSTREAM_STATS_DEAD_##symbol,
#define UPSTREAM_STATS_ENUM_LANE(symbol, word) UPSTREAM_STATS_LANE_##symbol,
enum upstream_stats_closed { UPSTREAM_STATS_CLOSED(UPSTREAM_STATS_ENUM_CLOSED) UPSTREAM_STATS_CLOSED_COUNT };
enum upstream_stats_again { UPSTREAM_STATS_AGAIN(UPSTREAM_STATS_ENUM_AGAIN) UPSTREAM_STATS_AGAIN_COUNT };
enum upstream_stats_dead { UPSTREAM_STATS_DEAD(UPSTREAM_STATS_ENUM_DEAD) UPSTREAM_STATS_DEAD_COUNT };
enum upstream_stats_lane { UPSTREAM_STATS_LANE(UPSTREAM_STATS_ENUM_LANE) UPSTREAM_STATS_LANE_COUNT };
/* clang-format on */

extern const char
    *const upstream_stats_closed_words[UPSTREAM_STATS_CLOSED_COUNT];
extern const char *const upstream_stats_again_words[UPSTREAM_STATS_AGAIN_COUNT];
extern const char *const upstream_stats_dead_words[UPSTREAM_STATS_DEAD_COUNT];
extern const char *const upstream_stats_lane_words[UPSTREAM_STATS_LANE_COUNT];

/* The reason of that word; REFUSED if it is none of them. */
enum upstream_stats_dead upstream_stats_dead_by(const char *word);

#endif
