/*
 * arena.h: the memory of one snapshot. Taken piece by piece, freed all at once. Not for several threads.
 */
#ifndef PSB_ARENA_H
#define PSB_ARENA_H

#include <stddef.h>

typedef struct psb_arena {
    char *at, *end;           /* free room of the current chunk */
    struct psb_chunk *chunks; /* all that were allocated, newest first */
} psb_arena;

/* Starts with `size` bytes at `room`, which stay the caller's. An arena of zeros starts with none. */
void psb_arena_init(psb_arena *arena, void *room, size_t size);

/* At least `size` bytes, aligned for any type, that are not taken yet; the next reservation may be the same
 * ones. NULL: out of memory. */
void *psb_arena_reserve(psb_arena *arena, size_t size);

/* Takes the first `size` bytes of the last reservation. */
void psb_arena_take(psb_arena *arena, size_t size);

/* Reserves and takes. */
void *psb_arena_alloc(psb_arena *arena, size_t size);

void psb_arena_free(psb_arena *arena);

#endif
