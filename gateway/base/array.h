/*
 * array - an array that grows by doubling, whatever its members are.
 *
 * Ownership	the caller's; free() takes it.
 * Errors	no memory: false, and the array is as it was.
 */
#ifndef GATEWAY_BASE_ARRAY_H
#define GATEWAY_BASE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for `need` members; `array` is the address of the pointer to them. */
bool array_reserve(void *array, uint32_t *room, uint32_t need, size_t member);

#endif
