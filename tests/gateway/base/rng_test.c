#include <criterion/criterion.h>

#include "gateway/base/rng.h"

/* As the algorithm's reference implementation gives them for this seed. */
Test(rng, it_is_splitmix64)
{
	static const uint64_t want[] = { UINT64_C(6457827717110365317),
		UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
		UINT64_C(4593380528125082431), UINT64_C(16408922859458223821) };
	struct rng rng = { 1234567 };

	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
		cr_expect_eq(rng_next(&rng), want[i], "number %zu", i);
}

Test(rng, two_seeds_of_the_kernel_differ)
{
	cr_expect_neq(rng_seeded().state, rng_seeded().state);
}
