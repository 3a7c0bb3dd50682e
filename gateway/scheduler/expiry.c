#include "gateway/scheduler/expiry.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/log.h"
#include "parsers/json/event.h"

#define CHECK_NS        NS_PER_S
#define DRIFT_MAX_MS    (3600 * 1000)
#define AHEAD_MAX_MS    (300 * 1000)
#define QUIET_NS        (60 * NS_PER_S)  /* of what expired */
#define WARN_NS         (600 * NS_PER_S) /* of what will */
#define WARN_AFTER_MS   (300 * 1000) /* waited less: it was old when it came */
#define EVENT_DEPTH_ANY 1024         /* the largest that can be configured */

static int64_t
offset_ms(struct bisect_time at)
{
	return at.wall_ms - at.now.ns / NS_PER_MS;
}

struct expiry
expiry_make(struct bisect *bisect, struct bisect_time at)
{
	return (struct expiry){
		.bisect = bisect,
		.next = at.now,
		.start_offset_ms = offset_ms(at),
	};
}

/* Date has whole seconds, which is exact enough here. */
void
expiry_answered(struct expiry *expiry, const struct upstream_answer *answer,
    int64_t wall_ms)
{
	if (answer->end != UPSTREAM_ANSWERED)
		return;
	expiry->answered = true;
	if (answer->date_ms >= 0)
		expiry->ahead_ms = answer->date_ms - wall_ms;
}

static bool
beyond(int64_t value, int64_t max)
{
	return value > max || value < -max;
}

static int64_t
drift_ms(const struct expiry *expiry, struct bisect_time at)
{
	return offset_ms(at) - expiry->start_offset_ms;
}

int64_t
expiry_skew_ms(const struct expiry *expiry, struct bisect_time at)
{
	int64_t drift = drift_ms(expiry, at);

	return beyond(drift, llabs(expiry->ahead_ms)) ? drift
						      : -expiry->ahead_ms;
}

bool
expiry_clock_in_doubt(const struct expiry *expiry, struct bisect_time at)
{
	return beyond(drift_ms(expiry, at), DRIFT_MAX_MS) ||
	       beyond(expiry->ahead_ms, AHEAD_MAX_MS);
}

static void
check_clock(struct expiry *expiry, struct bisect_time at)
{
	bool clock_in_doubt = expiry_clock_in_doubt(expiry, at);

	if (clock_in_doubt == expiry->clock_in_doubt)
		return;
	expiry->clock_in_doubt = clock_in_doubt;
	log_event(clock_in_doubt ? LOG_ERROR : LOG_INFO,
	    clock_in_doubt ? "clock_in_doubt" : "clock_trusted_again",
	    LOG_INT("moved_seconds", drift_ms(expiry, at) / 1000),
	    LOG_INT("upstream_ahead_seconds", expiry->ahead_ms / 1000),
	    LOG_STR("advice",
		clock_in_doubt
		    ? "this host's clock was moved, or differs from the "
		      "upstream's: no waiting event expires until it is "
		      "right; restart after a correction of over an hour"
		    : "events expire again as they should"));
}

static void
log_expired(struct expiry *expiry, struct instant now)
{
	if (expiry->expired_unlogged == 0 || now.ns < expiry->quiet_until.ns)
		return;
	expiry->quiet_until.ns = now.ns + QUIET_NS;
	log_event(LOG_ERROR, "events_expired",
	    LOG_INT("events", (int64_t)expiry->expired_unlogged),
	    LOG_STR("advice",
		"their __time became older than events.max_age while they "
		"waited: they are among the dead letters"));
	expiry->expired_unlogged = 0;
}

void
expiry_dead_lettered(struct expiry *expiry, const struct batch *batch)
{
	if (upstream_stats_dead_by(batch->refusal->word) ==
	    UPSTREAM_STATS_DEAD_EXPIRED)
		expiry->expired_unlogged += batch->events;
}

void
expiry_flushed(struct expiry *expiry, bool all, struct instant now)
{
	if (all && expiry->more)
		expiry->next = now;
	log_expired(expiry, now);
}

bool
expiry_due(struct expiry *expiry, struct bisect_time at)
{
	if (at.now.ns < expiry->next.ns)
		return false;
	expiry->next.ns = at.now.ns + CHECK_NS;
	expiry->more = false;
	log_expired(expiry, at.now);
	check_clock(expiry, at);
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

	if (waited_ms < WARN_AFTER_MS || at.now.ns < lane->warned_until.ns)
		return;
	lane->warned_until.ns = at.now.ns + WARN_NS;
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

/* __time of a line that was validated when it came. */
static int64_t
time_of(const char *line, size_t len)
{
	static const struct event_limits any = { INT64_MIN, INT64_MAX,
		EVENT_DEPTH_ANY, UINT32_MAX };
	struct event_verdict verdict = { 0 };

	return event_check(line, len, &any, &verdict) ? verdict.time_ms
						      : INT64_MAX;
}

/* A batch that is split into what is still good and what has expired. */
struct split {
	struct batch *batch, *rest, *dead;
	int64_t oldest_ms; /* still good */
	int64_t earliest_ms;
};

static void
give_back(struct expiry *expiry, struct batch *batch)
{
	if (batch != NULL)
		batch_give(expiry->bisect->pool, batch);
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

/* In the worst case every other event has expired. */
static bool
split_init(struct expiry *expiry, struct split *split)
{
	struct batch_pool *pool = expiry->bisect->pool;
	struct refusal *why = calloc(1, sizeof *why);

	split->rest = batch_take(pool);
	split->dead = batch_take(pool);
	if (why != NULL && reserve(split->rest, split->batch->events) &&
	    reserve(split->dead, split->batch->events)) {
		why->word =
		    upstream_stats_dead_words[UPSTREAM_STATS_DEAD_EXPIRED];
		split->dead->refusal = why;
		split->dead->lane = split->batch->lane;
		return true;
	}
	free(why);
	give_back(expiry, split->rest);
	give_back(expiry, split->dead);
	return false;
}

static void
add_event(struct batch *batch, const struct batch_part *event)
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
	(void)batch_plan(batch, *event); /* see split_init */
}

static void
split_event(
    struct split *split, const struct batch_part *event, const char *line)
{
	int64_t time_ms = time_of(line, event->bytes - 1);

	if (time_ms < split->oldest_ms) {
		add_event(split->dead, event);
		return;
	}
	if (time_ms < split->earliest_ms)
		split->earliest_ms = time_ms;
	add_event(split->rest, event);
}

static void
split_events(struct split *split)
{
	char *line = split->batch->body, *newline;
	const struct batch_part *part = split->batch->parts;
	const struct batch_part *end = part + split->batch->part_count;

	for (; part < end; part++) {
		struct batch_part event = *part;

		event.events = 1;
		for (uint32_t i = 0; i < part->events; i++) {
			newline = memchr(line, '\n', part->bytes);
			event.bytes = (uint32_t)(newline + 1 - line);
			split_event(split, &event, line);
			line += event.bytes;
			event.offset += event.bytes;
			event.first++;
		}
	}
}

/* The batch gets the parts that `rest` named. */
static void
swap_parts(struct batch *batch, struct batch *rest)
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

/* What has expired goes to the dead letters.  True: nothing is left. */
static bool
expire(struct expiry *expiry, struct batch *batch, int64_t oldest_ms,
    struct bisect_time at)
{
	struct split split = {
		.batch = batch, .oldest_ms = oldest_ms, .earliest_ms = INT64_MAX
	};

	accounting_purge(expiry->bisect->accounting, batch, at.now);
	if (batch->part_count == 0)
		return true;
	if (!split_init(expiry, &split))
		return false;
	split_events(&split);
	if (!batch_fill(split.dead)) {
		give_back(expiry, split.dead);
		give_back(expiry, split.rest);
		return false;
	}
	swap_parts(batch, split.rest);
	(void)batch_fill(batch); /* it holds no more than before */
	batch->earliest_ms = split.earliest_ms;
	give_back(expiry, split.rest);
	if (split.dead->events > 0)
		dead_letter_batch_add(expiry->bisect->dead_letters, split.dead);
	else
		give_back(expiry, split.dead);
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

/* The rest waits for the next cycle. */
static bool
cycle_full(struct expiry *expiry)
{
	expiry->more |= dead_letter_batch_full(expiry->bisect->dead_letters);
	return expiry->more;
}

/* In one of the lane's lists of batches. */
static bool
expire_batches(struct expiry *expiry, struct lane *lane, enum lane_list list,
    int64_t oldest_ms, struct bisect_time at)
{
	struct batch *batch, *next = batch_of(lane->batches[list].first);
	bool any = false;

	while ((batch = next) != NULL && !cycle_full(expiry)) {
		next = batch_next(batch);
		if (earliest_of(batch) >= oldest_ms)
			continue;
		any = true;
		if (!expire(expiry, batch, oldest_ms, at))
			continue;
		list_remove(&batch->node);
		batch_give(expiry->bisect->pool, batch);
	}
	return any;
}

/*
 * In the queue: its old records become batches, because what is left of a
 * record may have gaps.  What remains of the batches is sent first.
 */
static bool
expire_queued(struct expiry *expiry, struct lane *lane, int64_t oldest_ms,
    struct bisect_time at)
{
	struct batch_pool *pool = expiry->bisect->pool;
	struct batch *batch;
	bool any = false;

	while (lane->queue.old != NULL &&
	       lane->queue.head->earliest_ms < oldest_ms &&
	       !cycle_full(expiry)) {
		batch = batch_take(pool);
		if (batch == NULL || !lane_cut_old(lane, batch)) {
			if (batch != NULL)
				batch_give(pool, batch);
			break;
		}
		any = true;
		if (expire(expiry, batch, oldest_ms, at)) {
			batch_give(pool, batch);
			continue;
		}
		batch->due = at.now;
		lane_retry(lane, batch);
	}
	return any;
}

bool
expiry_check_lane(
    struct expiry *expiry, struct lane *lane, struct bisect_time at)
{
	int64_t oldest_ms;
	bool any;

	if (!lane_has_more(lane) || max_age(lane->table) == 0)
		return false;
	queue_move_old(&lane->queue, expiry_old_ms(lane->table, at.wall_ms));
	if (lane->queue.old != NULL)
		warn(lane, lane->queue.head, at);
	if (expiry->clock_in_doubt || !expiry->answered ||
	    expiry->bisect->dead_letters->sink == NULL)
		return false;
	oldest_ms = at.wall_ms - max_age(lane->table);
	any = expire_queued(expiry, lane, oldest_ms, at);
	any |= expire_batches(expiry, lane, LANE_RETRIES, oldest_ms, at);
	any |= expire_batches(expiry, lane, LANE_PIECES, oldest_ms, at);
	return any;
}
