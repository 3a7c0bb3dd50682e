#include "gateway/base/dir_lock.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/scratch.h"

static char root[] = "/tmp/lock-XXXXXX";
static int folder = -1, lock = -1;
static char holder[DIR_LOCK_TEXT], address[DIR_LOCK_TEXT];

static void
begin(void)
{
	cr_assert_not_null(mkdtemp(root));
	folder = open(root, O_RDONLY | O_DIRECTORY);
}

static void
end(void)
{
	close(folder);
	cr_assert(scratch_remove(root));
}

TestSuite(lock, .init = begin, .fini = end);

static void
take(void)
{
	struct err err = { 0 };

	cr_assert(
	    dir_lock_take(folder, root, 0600, &lock, &err), "%s", err.text);
}

Test(lock, of_a_folder_that_nobody_has_is_free)
{
	cr_expect_not(dir_lock_held(folder, holder, address));
	take();
	dir_lock_note(lock, "127.0.0.1:9");
	close(lock);
	cr_expect_not(
	    dir_lock_held(folder, holder, address), "it ended with us");
	cr_expect_str_eq(holder, "");
	cr_expect_str_eq(address, "");
}

Test(lock, tells_who_has_the_folder_and_where_to_ask)
{
	char want[40];

	snprintf(want, sizeof want, "pid %ld on ", (long)getpid());
	take();
	cr_assert(dir_lock_held(folder, holder, address));
	cr_expect_eq(strncmp(holder, want, strlen(want)), 0, "%s", holder);
	cr_expect_str_eq(address, "");
	dir_lock_note(lock, "[::1]:9090");
	cr_assert(dir_lock_held(folder, holder, address));
	cr_expect_str_eq(address, "[::1]:9090");
	cr_expect_eq(strncmp(holder, want, strlen(want)), 0, "%s", holder);
	close(lock);
	take();
	cr_assert(dir_lock_held(folder, holder, address));
	cr_expect_str_eq(address, "", "the note was another's");
	close(lock);
}
