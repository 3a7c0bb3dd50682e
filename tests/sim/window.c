#include "tests/sim/window.h"

#include "tests/sim/moment.h"

static int64_t
used_in(const struct window *w, int64_t minute)
{
	return w->minute == minute ? w->used : 0;
}

struct window_room
window_look(const struct window *w, int64_t wall_ms)
{
	int64_t used = used_in(w, wall_ms / MS_PER_MINUTE);
	int64_t left_ms = MS_PER_MINUTE - wall_ms % MS_PER_MINUTE;

	return (struct window_room){
		.ok = used < w->limit,
		.limit = w->limit,
		.remaining = used < w->limit ? w->limit - used : 0,
		.reset_s = (left_ms + MS_PER_S - 1) / MS_PER_S,
	};
}

struct window_room
window_enter(struct window *w, int64_t wall_ms)
{
	struct window_room room = window_look(w, wall_ms);

	if (!room.ok)
		return room;
	w->used = used_in(w, wall_ms / MS_PER_MINUTE) + 1;
	w->minute = wall_ms / MS_PER_MINUTE;
	room.remaining--;
	return room;
}
