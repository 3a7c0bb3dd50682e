/* options_test - the table of options, row by row. */
#include "gateway/config/options.h"

#include "tests/gateway/config/rig.h"

Test(options, every_row_is_whole)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];
		struct config config = { 0 };
		struct err err = { 0 };
		uint64_t bound;

		cr_expect_not_null(o->help, "%s", o->name);
		cr_expect_eq(config_option_find(o->name), o, "%s", o->name);
		cr_expect_eq(
		    o->kind == CONFIG_TEXT, o->valid != NULL, "%s", o->name);
		if (o->initial != NULL)
			cr_expect(config_option_set(
				      o, &config, NULL, o->initial, &err),
			    "%s: its own default: %s", o->name, err.text);
		config_option_clear(o, &config);
		if (o->kind != CONFIG_NUMBER)
			continue;
		cr_expect(
		    unit_parse(o->unit, o->least, &bound, &err), "%s", o->name);
		cr_expect(
		    unit_parse(o->unit, o->most, &bound, &err), "%s", o->name);
	}
}

/* Printing relies on it: a section is opened once. */
Test(options, the_rows_of_a_section_stand_together)
{
	for (size_t i = 1; i < config_option_count; i++) {
		const char *name = config_options[i].name, *dot = name;

		while ((dot = strchr(dot, '.')) != NULL) {
			size_t len = (size_t)(++dot - name);
			bool left = false;

			for (size_t j = 0; j < i; j++) {
				bool in = strncmp(config_options[j].name, name,
					      len) == 0;

				cr_expect(!(left && in), "%s", name);
				left =
				    in ? false
				       : left ||
					     (j > 0 &&
						 strncmp(
						     config_options[j - 1].name,
						     name, len) == 0);
			}
		}
	}
}

Test(options, a_bound_is_within_and_its_neighbour_is_not)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];
		struct config config = { 0 };
		struct err err = { 0 };
		uint64_t least, most;
		char text[UNIT_TEXT_MAX];

		if (o->kind != CONFIG_NUMBER)
			continue;
		cr_assert(unit_parse(o->unit, o->least, &least, &err));
		cr_assert(unit_parse(o->unit, o->most, &most, &err));
		cr_expect(config_option_set(o, &config, NULL, o->least, &err));
		cr_expect(config_option_set(o, &config, NULL, o->most, &err));
		unit_print(o->unit, most + 1, text);
		cr_expect(!config_option_set(o, &config, NULL, text, &err),
		    "%s = %s", o->name, text);
		if (least == 0)
			continue;
		unit_print(o->unit, least - 1, text);
		cr_expect(!config_option_set(o, &config, NULL, text, &err),
		    "%s = %s", o->name, text);
	}
}

/* What is allowed here must not be refused when the program starts. */
Test(options, the_most_of_the_budget_can_be_had)
{
	struct config config = parsed(UPSTREAM);
	struct budget *budget;
	struct err err = { 0 };

	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];

		if (o->kind == CONFIG_NUMBER &&
		    (strcmp(o->name, "budget.calls_per_minute") == 0 ||
			strcmp(o->name, "budget.bytes_per_second") == 0))
			cr_assert(
			    config_option_set(o, &config, NULL, o->most, &err));
	}
	cr_expect_neq(config.budget.bytes_per_second, 100000000);
	cr_assert(
	    budget_open(&budget, &config.budget, config_largest_batch(&config),
		(struct instant){ NS_PER_S }, &err),
	    "%s", err.text);
	budget_close(&budget);
	config_fini(&config);
}

Test(options, help_has_every_row_once)
{
	struct buffer out;
	size_t lines = 0;
	char name[100];

	buffer_init(&out, TEXT_MAX);
	cr_assert(config_print_help(&out));
	for (size_t i = 0; i < out.len; i++)
		lines += out.at[i] == '\n';
	cr_expect_eq(lines, config_option_count + 2);
	for (size_t i = 0; i < config_option_count; i++) {
		snprintf(
		    name, sizeof name, "\n| `%s` |", config_options[i].name);
		cr_expect_not_null(strstr(out.at, name), "%s", name);
	}
	buffer_fini(&out);
}
