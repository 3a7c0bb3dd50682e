/*
 * crc32c - the checksum of everything that we write to disk.
 *
 * It is the Castagnoli polynomial, because processors have an instruction for
 * it.  The processor is asked at run time whether it has the instruction;
 * otherwise a table is used.  So one binary runs everywhere.
 *
 * Source	RFC 3720, appendix B.4, has the test values.
 */
#ifndef PARSERS_CRC32C_H
#define PARSERS_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Continues the checksum `crc` with these bytes; 0 to begin. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t len);

/* The same without the instruction; the tests compare the two. */
uint32_t crc32c_by_table(uint32_t crc, const void *bytes, size_t len);

#endif
