/*
 * crc32c - the checksum of everything we write to our own disk.
 *
 * Castagnoli's polynomial, because processors have an instruction for it; the
 * choice between instruction and table is made by asking the processor, so
 * that one binary runs everywhere.
 *
 * Units	bytes.
 * Ownership	borrows.
 * Threads	any.
 * Errors	none.
 * Source	RFC 3720, appendix B.4, has the test values.
 */
#ifndef PARSERS_CRC32C_H
#define PARSERS_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of what `crc` covered, followed by these bytes; 0 to begin. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t len);

/* The same without the instruction; the tests compare the two. */
uint32_t crc32c_by_table(uint32_t crc, const void *bytes, size_t len);

#endif
