#include "gateway/scheduler/expiry.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/log.h"
#include "parsers/json/event.h"

#define LOOK_NS         NS_PER_S
#define DRIFT_MOST_MS   (3600 * 1000)
#define AHEAD_MOST_MS   (300 * 1000)
#define TELL_NS         (60 * NS_PER_S)  /* of what expired */
#define WARN_NS         (600 * NS_PER_S) /* of what will */
#define WARN_AFTER_MS   (300 * 1000)     /* waited less: no trouble of ours */
#define EVENT_DEPTH_ANY 1024             /* the most that can be configured */

static int64_t
offset_ms(struct bisect_time at)
{
	return at.wall_ms - at.now.ns / NS_PER_MS;
}

struct expiry
expiry_make(struct bisect *sieve, struct bisect_time at)
{
	return (struct expiry){
		.sieve = sieve,
		.next = at.now,
		.began_ms = offset_ms(at),
	};
}

/* A whole second is lost in a Date: that is no matter here. */
void
expiry_answered(
    struct expiry *aging, const struct upstream_answer *answer, int64_t wall_ms)
{
	if (answer->end != UPSTREAM_ANSWERED)
		return;
	aging->answered = true;
	if (answer->date_ms >= 0)
		aging->ahead_ms = answer->date_ms - wall_ms;
}

static bool
beyond(int64_t value, int64_t most)
{
	return value > most || value < -most;
}

static int64_t
drift_ms(const struct expiry *aging, struct bisect_time at)
{
	return offset_ms(at) - aging->began_ms;
}

int64_t
expiry_skew_ms(const struct expiry *aging, struct bisect_time at)
{
	int64_t drift = drift_ms(aging, at);

	return beyond(drift, llabs(aging->ahead_ms)) ? drift : -aging->ahead_ms;
}

bool
expiry_doubts(const struct expiry *aging, struct bisect_time at)
{
	return beyond(drift_ms(aging, at), DRIFT_MOST_MS) ||
	       beyond(aging->ahead_ms, AHEAD_MOST_MS);
}

static void
weigh_clock(struct expiry *aging, struct bisect_time at)
{
	bool doubt = expiry_doubts(aging, at);

	if (doubt == aging->doubt)
		return;
	aging->doubt = doubt;
	log_event(doubt ? LOG_ERROR : LOG_INFO,
	    doubt ? "clock_in_doubt" : "clock_trusted_again",
	    LOG_INT("moved_seconds", drift_ms(aging, at) / 1000),
	    LOG_INT("upstream_ahead_seconds", aging->ahead_ms / 1000),
	    LOG_STR("advice",
		doubt ? "this host's clock was moved, or differs from the "
			"upstream's: no waiting event expires until it is "
			"right; restart after a correction of over an hour"
		      : "events expire again as they should"));
}

static void
tell(struct expiry *aging, struct instant now)
{
	if (aging->expired_untold == 0 || now.ns < aging->quiet_until.ns)
		return;
	aging->quiet_until.ns = now.ns + TELL_NS;
	log_event(LOG_ERROR, "events_expired",
	    LOG_INT("events", (int64_t)aging->expired_untold),
	    LOG_STR("advice",
		"their __time became older than events.max_age while they "
		"waited: they are among the dead letters"));
	aging->expired_untold = 0;
}

void
expiry_buried(struct expiry *aging, const struct batch *batch)
{
	if (upstream_stats_dead_by(batch->refusal->word) ==
	    UPSTREAM_STATS_DEAD_EXPIRED)
		aging->expired_untold += batch->events;
}

void
expiry_held(struct expiry *aging, bool all, struct instant now)
{
	if (all && aging->more)
		aging->next = now;
	tell(aging, now);
}

bool
expiry_due(struct expiry *aging, struct bisect_time at)
{
	if (at.now.ns < aging->next.ns)
		return false;
	aging->next.ns = at.now.ns + LOOK_NS;
	aging->more = false;
	tell(aging, at.now);
	weigh_clock(aging, at);
	return true;
}

static int64_t
max_age(const struct table *table)
{
	return (int64_t)table->options.events.max_age_ms;
}

int64_t
expiry_old_ms(const struct table *table, int64_t wall_ms)
{
	int64_t age_ms = max_age(table);

	return age_ms > 0 ? wall_ms - age_ms / 5 * 4 : INT64_MIN;
}

static void
warn(struct lane *lane, const struct record *record, struct bisect_time at)
{
	int64_t age_ms = at.wall_ms - record->earliest_ms;
	int64_t most_ms = max_age(lane->table);
	int64_t waited_ms = (at.now.ns - record->accepted.ns) / NS_PER_MS;

	if (waited_ms < WARN_AFTER_MS || at.now.ns < lane->warned.ns)
		return;
	lane->warned.ns = at.now.ns + WARN_NS;
	log_event(LOG_WARN, "events_aging",
	    LOG_STR("table", lane->table->options.name),
	    LOG_INT("age_seconds", age_ms / 1000),
	    LOG_INT("expires_in_seconds", (most_ms - age_ms) / 1000),
	    LOG_INT("waited_seconds", waited_ms / 1000),
	    LOG_INT("events_queued", (int64_t)lane->queue.events),
	    LOG_STR("advice",
		"the oldest waiting event nears events.max_age and becomes a "
		"dead letter then: see why this table waits"));
}

/* ------------------------------------------------------------- expiring -- */

/* The time of a line that was found good when it came. */
static int64_t
time_of(const char *line, size_t len)
{
	static const struct event_limits any = { INT64_MIN, INT64_MAX,
		EVENT_DEPTH_ANY, UINT32_MAX };
	struct event_verdict verdict = { 0 };

	return event_check(line, len, &any, &verdict) ? verdict.time_ms
						      : INT64_MAX;
}

/* What one walk through a batch goes by. */
struct walk {
	struct batch *batch, *rest, *dead;
	int64_t oldest_ms; /* still good */
	int64_t earliest_ms;
};

static void
give(struct expiry *aging, struct batch *batch)
{
	if (batch != NULL)
		batch_give(aging->sieve->pool, batch);
}

/* Room for so many parts, before anything is changed. */
static bool
reserve(struct batch *batch, uint32_t parts)
{
	bool ok = batch != NULL;

	for (uint32_t i = 0; i < parts && ok; i++)
		ok = batch_plan(batch, (struct batch_part){ 0 });
	if (ok)
		batch_reset(batch);
	return ok;
}

/* At worst each other event of a batch has expired. */
static bool
prepare(struct expiry *aging, struct walk *walk)
{
	struct batch_pool *pool = aging->sieve->pool;
	struct refusal *why = calloc(1, sizeof *why);

	walk->rest = batch_take(pool);
	walk->dead = batch_take(pool);
	if (why != NULL && reserve(walk->rest, walk->batch->events) &&
	    reserve(walk->dead, walk->batch->events)) {
		why->word =
		    upstream_stats_dead_words[UPSTREAM_STATS_DEAD_EXPIRED];
		walk->dead->refusal = why;
		walk->dead->lane = walk->batch->lane;
		return true;
	}
	free(why);
	give(aging, walk->rest);
	give(aging, walk->dead);
	return false;
}

static void
name_event(struct batch *batch, const struct batch_part *event)
{
	struct batch_part *last;

	if (batch->part_count > 0) {
		last = &batch->parts[batch->part_count - 1];
		if (last->record == event->record &&
		    last->first + last->events == event->first) {
			last->events++;
			last->bytes += event->bytes;
			batch->events++;
			batch->bytes += event->bytes;
			return;
		}
	}
	(void)batch_plan(batch, *event); /* see prepare */
}

static void
sort_event(struct walk *walk, const struct batch_part *event, const char *line)
{
	int64_t time_ms = time_of(line, event->bytes - 1);

	if (time_ms < walk->oldest_ms) {
		name_event(walk->dead, event);
		return;
	}
	if (time_ms < walk->earliest_ms)
		walk->earliest_ms = time_ms;
	name_event(walk->rest, event);
}

static void
sort_events(struct walk *walk)
{
	char *line = walk->batch->body, *newline;
	const struct batch_part *part = walk->batch->parts;
	const struct batch_part *end = part + walk->batch->part_count;

	for (; part < end; part++) {
		struct batch_part event = *part;

		event.events = 1;
		for (uint32_t i = 0; i < part->events; i++) {
			newline = memchr(line, '\n', part->bytes);
			event.bytes = (uint32_t)(newline + 1 - line);
			sort_event(walk, &event, line);
			line += event.bytes;
			event.offset += event.bytes;
			event.first++;
		}
	}
}

/* The batch holds what `rest` named. */
static void
exchange_parts(struct batch *batch, struct batch *rest)
{
	struct batch_part *parts = batch->parts;
	uint32_t room = batch->part_room;

	batch->parts = rest->parts;
	batch->part_room = rest->part_room;
	batch->part_count = rest->part_count;
	batch->events = rest->events;
	batch->bytes = rest->bytes;
	rest->parts = parts;
	rest->part_room = room;
	rest->part_count = 0;
}

/* What has expired goes to the funeral.  True: nothing is left. */
static bool
expire(struct expiry *aging, struct batch *batch, int64_t oldest_ms,
    struct bisect_time at)
{
	struct walk walk = {
		.batch = batch, .oldest_ms = oldest_ms, .earliest_ms = INT64_MAX
	};

	accounting_purge(aging->sieve->ledger, batch, at.now);
	if (batch->part_count == 0)
		return true;
	if (!prepare(aging, &walk))
		return false;
	sort_events(&walk);
	if (!batch_fill(walk.dead)) {
		give(aging, walk.dead);
		give(aging, walk.rest);
		return false;
	}
	exchange_parts(batch, walk.rest);
	(void)batch_fill(batch); /* it holds no more than before */
	batch->earliest_ms = walk.earliest_ms;
	give(aging, walk.rest);
	if (walk.dead->events > 0)
		dead_letter_batch_add(aging->sieve->funeral, walk.dead);
	else
		give(aging, walk.dead);
	return batch->part_count == 0;
}

static int64_t
earliest_of(const struct batch *batch)
{
	int64_t earliest_ms = INT64_MAX;

	if (batch->earliest_ms != 0)
		return batch->earliest_ms;
	for (uint32_t i = 0; i < batch->part_count; i++)
		if (batch->parts[i].record->earliest_ms < earliest_ms)
			earliest_ms = batch->parts[i].record->earliest_ms;
	return earliest_ms;
}

/* For one turn: the rest in the next. */
static bool
enough(struct expiry *aging)
{
	aging->more |= dead_letter_batch_full(aging->sieve->funeral);
	return aging->more;
}

/* Of batches that wait in one of the lane's lists. */
static bool
expire_kept(struct expiry *aging, struct lane *lane, enum lane_list list,
    int64_t oldest_ms, struct bisect_time at)
{
	struct batch *batch, *next = lane->kept[list].first;
	bool any = false;

	while ((batch = next) != NULL && !enough(aging)) {
		next = batch->next;
		if (earliest_of(batch) >= oldest_ms)
			continue;
		any = true;
		if (!expire(aging, batch, oldest_ms, at))
			continue;
		batch_unlist(batch);
		batch_give(aging->sieve->pool, batch);
	}
	return any;
}

/*
 * Of the queue's first: they become batches, because what is left of a record
 * may have gaps.  The batches that remain go first.
 */
static bool
expire_queued(struct expiry *aging, struct lane *lane, int64_t oldest_ms,
    struct bisect_time at)
{
	struct batch_pool *pool = aging->sieve->pool;
	struct batch *batch;
	bool any = false;

	while (lane->queue.old != NULL &&
	       lane->queue.head->earliest_ms < oldest_ms && !enough(aging)) {
		batch = batch_take(pool);
		if (batch == NULL || !lane_cut_old(lane, batch)) {
			if (batch != NULL)
				batch_give(pool, batch);
			break;
		}
		any = true;
		if (expire(aging, batch, oldest_ms, at)) {
			batch_give(pool, batch);
			continue;
		}
		batch->due = at.now;
		lane_retry(lane, batch);
	}
	return any;
}

bool
expiry_look(struct expiry *aging, struct lane *lane, struct bisect_time at)
{
	int64_t oldest_ms;
	bool any;

	if (!lane_has_more(lane) || max_age(lane->table) == 0)
		return false;
	queue_age(&lane->queue, expiry_old_ms(lane->table, at.wall_ms));
	if (lane->queue.old != NULL)
		warn(lane, lane->queue.head, at);
	if (aging->doubt || !aging->answered ||
	    aging->sieve->funeral->undertaker == NULL)
		return false;
	oldest_ms = at.wall_ms - max_age(lane->table);
	any = expire_queued(aging, lane, oldest_ms, at);
	any |= expire_kept(aging, lane, LANE_RETRIES, oldest_ms, at);
	any |= expire_kept(aging, lane, LANE_PIECES, oldest_ms, at);
	return any;
}
