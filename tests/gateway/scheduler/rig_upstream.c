#include "tests/gateway/scheduler/rig_upstream.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rig *
rig_of(struct upstream *upstream)
{
	return (struct rig *)upstream;
}

static struct instant
rig_now(struct upstream *upstream)
{
	return rig_of(upstream)->now;
}

static int64_t
rig_wall_ms(struct upstream *upstream)
{
	struct rig *rig = rig_of(upstream);

	return RIG_WALL_START + rig->now.ns / NS_PER_MS + rig->jumped_ms;
}

static bool
rig_ready(struct upstream *upstream)
{
	return rig_of(upstream)->ready;
}

bool
rig_is_old(const struct rig *rig, uint32_t number)
{
	return rig->options.old_every > 0 &&
	       number % rig->options.old_every == 0;
}

size_t
rig_line(const struct rig *rig, uint32_t number, char *line)
{
	uint32_t bytes = rig->options.line_bytes;
	int head;

	if (bytes == 0)
		bytes = 60 + number * UINT32_C(2654435761) % 241;
	head = sprintf(line, "{\"n\":%8u,\"__time\":\"2026-11-%d\",\"p\":\"",
	    number, rig_is_old(rig, number) ? 23 : 24);
	assert((uint32_t)head + 3 <= bytes && bytes < RIG_LINE_MOST);
	memset(line + head, 'a' + (int)(number % 26), bytes - (uint32_t)head);
	memcpy(line + bytes - 3, "\"}\n", 3);
	return bytes;
}

/* What the upstream keeps: whole lines, each the one it should be. */
static void
arrive(struct rig *rig, const struct rig_call *call, const char *body)
{
	const char *at = body, *end = body + call->bytes;
	char line[RIG_LINE_MOST];
	uint32_t number, events = 0;
	size_t bytes;

	for (; at < end; at += bytes, events++) {
		assert(end - at > 13 && memcmp(at, "{\"n\":", 5) == 0);
		number = (uint32_t)strtoul(at + 5, NULL, 10);
		assert(number < rig->event_count);
		bytes = rig_line(rig, number, line);
		assert((size_t)(end - at) >= bytes);
		assert(memcmp(at, line, bytes) == 0);
		assert(rig->event_table[number] == call->table);
		rig->arrived[number]++;
	}
	assert(events == call->events);
}

static uint32_t
count_poisoned(const struct rig *rig, const struct upstream_call *call)
{
	const char *at = call->body, *end = call->body + call->bytes;
	uint32_t count = 0;

	for (; at < end; at = (const char *)memchr(at, '\n', 1000) + 1)
		count += rig->poison[strtoul(at + 5, NULL, 10)];
	return count;
}

static void
store_one(struct rig *rig, const struct deadletter_sink_event *letter)
{
	uint32_t number = (uint32_t)strtoul(letter->event.at + 5, NULL, 10);
	char line[RIG_LINE_MOST];
	size_t bytes = rig_line(rig, number, line);

	assert(letter->event.len + 1 == bytes);
	assert(memcmp(letter->event.at, line, bytes - 1) == 0);
	assert(letter->record->table->index == 0 || rig->options.tables > 1);
	assert(letter->wall_ms == rig_wall_ms(&rig->upstream));
	rig->dead_lettered[number]++;
	rig->last_dead_letter = *letter;
	memcpy(rig->last_answer, letter->answer.at, letter->answer.len);
	rig->last_answer[letter->answer.len] = '\0';
}

enum deadletter_store_result
rig_store(struct deadletter_sink *sink,
    const struct deadletter_sink_event *letters, size_t count)
{
	struct rig *rig =
	    (struct rig *)((char *)sink - offsetof(struct rig, sink));

	rig->store_calls++;
	if (rig->store_full ||
	    (rig->store_room > 0 &&
		rig_dead_lettered(rig) + count > rig->store_room))
		return DEADLETTER_STORE_FULL;
	for (size_t i = 0; i < count; i++)
		store_one(rig, &letters[i]);
	return DEADLETTER_STORE_KEPT;
}

static void
rig_submit(struct upstream *upstream, const struct upstream_call *call)
{
	struct rig *rig = rig_of(upstream);
	struct rig_call *c;

	assert(rig->ready && rig->open_count < rig->options.max_in_flight);
	if (rig->call_count == rig->call_room) {
		rig->call_room = 2 * rig->call_room + 64;
		rig->calls =
		    realloc(rig->calls, rig->call_room * sizeof *rig->calls);
		assert(rig->calls != NULL);
	}
	rig->open[rig->open_count++] = rig->call_count;
	if (rig->open_count > rig->open_most)
		rig->open_most = rig->open_count;
	c = &rig->calls[rig->call_count++];
	*c = (struct rig_call){
		.sent_ns = rig->now.ns,
		.answer_ns = rig->now.ns + rig->options.latency_ns,
		.table = (uint32_t)strtoul(call->id + 1, NULL, 10),
		.events = call->events,
		.bytes = call->bytes,
		.first = (uint32_t)strtoul(call->body + 5, NULL, 10),
		.answer = { .cookie = call->cookie,
		    .status = 200,
		    .retry_after_ms = -1,
		    .reset_ms = -1,
		    .remaining = -1,
		    .date_ms = -1 },
		.arrives = true,
	};
	if (rig->poisoned > 0)
		c->poisoned = count_poisoned(rig, call);
	if (c->poisoned > 0) {
		c->answer.status = 400;
		c->answer.text = SPAN("{\"code\":\"BadRow\"}");
	}
	if (rig->next_count > 0 &&
	    (rig->next_table == RIG_ANY || rig->next_table == c->table)) {
		rig->next_count--;
		c->answer = rig->next_answer;
		c->answer.cookie = call->cookie;
	} else if (rig->options.script != NULL) {
		rig->options.script(rig, c);
	}
	c->answer.renewing &= !call->expects_401;
	if (c->answer.date_ms == 0)
		c->answer.date_ms = -1; /* left out by a script */
	if (c->answer.end != UPSTREAM_ANSWERED)
		c->answer.why = "scripted";
	if (c->answer.end == UPSTREAM_UNREACHED ||
	    (c->answer.end == UPSTREAM_ANSWERED && c->answer.status / 100 != 2))
		c->arrives = false;
	if (c->arrives)
		arrive(rig, c, call->body);
}

static size_t
rig_answers(struct upstream *upstream, struct upstream_answer *out, size_t room)
{
	struct rig *rig = rig_of(upstream);
	size_t count = 0;

	for (size_t i = 0; i < rig->open_count && count < room;) {
		if (rig->calls[rig->open[i]].answer_ns > rig->now.ns) {
			i++;
			continue;
		}
		out[count++] = rig->calls[rig->open[i]].answer;
		rig->open[i] = rig->open[--rig->open_count];
	}
	return count;
}

/* Time jumps to whatever comes first. */
static void
rig_wait(struct upstream *upstream, const int *fds, size_t count,
    struct instant deadline)
{
	struct rig *rig = rig_of(upstream);
	int64_t until = deadline.ns;
	struct pollfd poll_fd = { .events = POLLIN };

	for (size_t i = 0; i < count; i++) {
		poll_fd.fd = fds[i];
		if (fds[i] >= 0 && poll(&poll_fd, 1, 0) == 1)
			return;
	}
	for (size_t i = 0; i < rig->open_count; i++)
		if (rig->calls[rig->open[i]].answer_ns < until)
			until = rig->calls[rig->open[i]].answer_ns;
	if (until > rig->limit_ns)
		until = rig->limit_ns;
	if (until > rig->now.ns)
		rig->now.ns = until;
}

const struct upstream_ops rig_upstream_ops = {
	.now = rig_now,
	.wall_ms = rig_wall_ms,
	.ready = rig_ready,
	.submit = rig_submit,
	.answers = rig_answers,
	.wait = rig_wait,
};
