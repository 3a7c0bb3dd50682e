/* files_test - whole files: the example, and each case with its outcome. */
#include <dirent.h>
#include <stdlib.h>

#include "tests/gateway/config/rig.h"

#define CASES SOURCE_DIR "/tests/cases/config"

static void
expect_round_trip(const struct config *config, const char *what)
{
	struct config again;
	struct buffer once, twice, errors;

	print(config, &once);
	cr_assert(parse(&again, once.at, &errors), "%s: %s\n%s", what,
	    errors.at, once.at);
	print(&again, &twice);
	cr_expect_str_eq(once.at, twice.at, "%s", what);
	buffer_fini(&errors);
	buffer_fini(&once);
	buffer_fini(&twice);
	config_fini(&again);
}

Test(files, the_example_loads_and_says_nothing_but_defaults)
{
	struct config example, defaults;
	struct buffer errors, out;
	char *line, *rest;

	buffer_init(&errors, TEXT_MAX);
	cr_assert(config_load(&example, SOURCE_DIR "/deploy/gateway.yaml", env,
		      &errors),
	    "%s", errors.at);
	expect_round_trip(&example, "the example");

	/* outside of upstream and tables, which have no default */
	defaults = parsed(UPSTREAM);
	example.tables.configured_count = 0;
	print(&defaults, &out);
	buffer_reset(&errors);
	cr_assert(config_print_yaml(&example, &errors));
	for (line = strtok_r(out.at, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		if (strstr(line, "url:") == NULL &&
		    strstr(line, "credentials: none") == NULL)
			cr_expect_not_null(strstr(errors.at, line), "%s", line);
	buffer_fini(&out);
	buffer_fini(&errors);
	config_fini(&defaults);
	config_fini(&example);
}

Test(files, a_file_that_cannot_be_read_is_named)
{
	struct buffer errors;
	struct config config;

	buffer_init(&errors, TEXT_MAX);
	cr_expect(!config_load(&config, "/no/such/file.yaml", env, &errors));
	cr_expect_not_null(
	    strstr(errors.at, "/no/such/file.yaml: cannot read: No such file"));
	cr_expect(!config_load(&config, "/tmp", env, &errors));
	cr_expect_not_null(strstr(errors.at, "/tmp: cannot read: Is a"));
	buffer_fini(&errors);
}

/* What a case file gives: its errors, or the whole configuration. */
static void
run_case(const char *name, struct buffer *out)
{
	char path[500];
	struct buffer errors, text;
	struct config config;
	FILE *file;

	snprintf(path, sizeof path, CASES "/%s", name);
	file = fopen(path, "re");
	cr_assert_not_null(file, "%s", path);
	buffer_init(&text, TEXT_MAX);
	cr_assert(buffer_reserve(&text, TEXT_MAX));
	text.len = fread(text.at, 1, TEXT_MAX, file);
	fclose(file);

	buffer_init(&errors, TEXT_MAX);
	if (config_parse(&config, name, (struct span){ text.at, text.len }, env,
		&errors)) {
		print(&config, out);
		expect_round_trip(&config, name);
		config_fini(&config);
	} else {
		buffer_init(out, TEXT_MAX);
		buffer_append(out, errors.at, errors.len);
	}
	buffer_fini(&errors);
	buffer_fini(&text);
}

/* Compares with N.out, or writes it when UPDATE is set. */
static void
compare(const char *name, const struct buffer *got)
{
	char path[500];
	static char want[TEXT_MAX];
	FILE *file;
	size_t len;

	snprintf(path, sizeof path, CASES "/%.*s.out",
	    (int)(strlen(name) - strlen(".yaml")), name);
	file = fopen(path, getenv("UPDATE") != NULL ? "we" : "re");
	cr_assert_not_null(file, "%s", path);
	if (getenv("UPDATE") != NULL) {
		fwrite(got->at, 1, got->len, file);
	} else {
		len = fread(want, 1, sizeof want - 1, file);
		want[len] = '\0';
		cr_expect_str_eq(got->at, want, "%s:\n%s", name, got->at);
	}
	fclose(file);
}

Test(files, case_files_give_what_stands_beside_them)
{
	struct dirent *entry;
	DIR *dir = opendir(CASES);
	size_t count = 0;

	cr_assert_not_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		size_t len = strlen(entry->d_name);
		struct buffer got;

		if (len < 6 || strcmp(entry->d_name + len - 5, ".yaml") != 0)
			continue;
		run_case(entry->d_name, &got);
		compare(entry->d_name, &got);
		buffer_fini(&got);
		count++;
	}
	closedir(dir);
	cr_expect_gt(count, 10);
}
