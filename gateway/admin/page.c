#include "gateway/admin/page.h"

/* The assembler reads the file itself, so there is no copy to keep up. */
__asm__(".pushsection .rodata\n"
	"page_begin:\n"
	".incbin \"" PAGE_FILE "\"\n"
	"page_end:\n"
	".popsection\n");

extern const char page_begin[], page_end[];

struct span
page_html(void)
{
	return (struct span){ page_begin, (size_t)(page_end - page_begin) };
}
