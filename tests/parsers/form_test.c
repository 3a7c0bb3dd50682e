#include <criterion/criterion.h>

#include "parsers/form.h"

Test(form, everything_but_plain_characters_is_coded)
{
	struct buffer b;

	buffer_init(&b, 200);
	cr_expect(form_append(&b, "grant_type", SPAN("client_credentials")));
	cr_expect(form_append(&b, "s", SPAN("a+b &=%/~-._\"\r\n\0\xc3\xa9")));
	cr_expect(form_append(&b, "empty", SPAN("")));
	cr_expect_str_eq(b.at, "grant_type=client_credentials&s=a%2Bb%20%26%3D"
			       "%25%2F~-._%22%0D%0A%00%C3%A9&empty=");
	buffer_fini(&b);
}

Test(form, the_buffers_maximum_holds)
{
	struct buffer b;

	buffer_init(&b, 8);
	cr_expect(form_append(&b, "a", SPAN("12")));
	cr_expect(!form_append(&b, "b", SPAN("%%")));
	cr_expect(b.len <= 8);
	buffer_fini(&b);
}
