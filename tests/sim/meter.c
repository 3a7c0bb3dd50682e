#include "tests/sim/meter.h"

#include <string.h>

static void
move_to(struct meter *m, int span, int64_t step)
{
	if (step - m->step >= span) {
		memset(m->steps, 0, sizeof m->steps);
		m->sum = 0;
		m->step = step;
	}
	while (m->step < step) {
		uint64_t *oldest = &m->steps[++m->step % span];

		m->sum -= *oldest;
		*oldest = 0;
	}
}

void
meter_count(struct meter *m, int span, int64_t mono_ms, uint64_t amount)
{
	move_to(m, span, mono_ms / METER_STEP_MS);
	m->steps[m->step % span] += amount;
	m->sum += amount;
	if (m->sum > m->most)
		m->most = m->sum;
}
