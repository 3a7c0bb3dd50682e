#include "tests/sim/meter.h"

#include <string.h>

static void
move_to(struct meter *m, int64_t step)
{
	if (step - m->step >= METER_STEPS) {
		memset(m->steps, 0, sizeof m->steps);
		m->sum = 0;
		m->step = step;
	}
	while (m->step < step) {
		uint32_t *oldest = &m->steps[++m->step % METER_STEPS];

		m->sum -= *oldest;
		*oldest = 0;
	}
}

void
meter_count(struct meter *m, int64_t mono_ms)
{
	move_to(m, mono_ms / METER_STEP_MS);
	m->steps[m->step % METER_STEPS]++;
	m->sum++;
	if (m->sum > m->most)
		m->most = m->sum;
}
