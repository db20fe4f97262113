/* Random bytes for programs on Linux: unpredictable, fast, and different in every thread, after every fork.
 *
 *   uint8_t key[32];
 *   caponier_random_fill(key, sizeof key);
 *   unsigned die = 1 + caponier_random_uniform(6);
 *
 * No set-up, no handle, no error to check: when the kernel gives no randomness, the process ends with one line on standard error.
 * Every function may be called from any thread and from signal handlers. caponier-random(3) says what is promised and what is not.
 */
#ifndef CAPONIER_RANDOM_H
#define CAPONIER_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Fills `bytes` bytes. What was handed out is nowhere else afterwards. */
void caponier_random_fill(void *buffer, size_t bytes);

/* 64 random bits. */
uint64_t caponier_random_u64(void);

/* A number below `bound`, each equally likely. A bound of zero ends the process. */
uint64_t caponier_random_uniform(uint64_t bound);

/* Every thread takes a new key, with fresh randomness of the kernel in it, before it gives another byte. For those who know that
 * the machine was just resumed from a snapshot; nobody else needs it. */
void caponier_random_reseed(void);

#ifdef __cplusplus
}
#endif

#endif
