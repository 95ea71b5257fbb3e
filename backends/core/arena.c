#include "arena.h"

#include <stdint.h>
#include <stdlib.h>

enum { ALIGN = 16, CHUNK = 64 << 10 };

struct psb_chunk {
    struct psb_chunk *next;
};

static char *aligned(char *at)
{
    return at + (-(uintptr_t)at & (ALIGN - 1));
}

void psb_arena_init(psb_arena *arena, void *room, size_t size)
{
    *arena = (psb_arena){.at = room, .end = (char *)room + size};
}

void *psb_arena_reserve(psb_arena *arena, size_t size)
{
    char *at = arena->at ? aligned(arena->at) : NULL;
    if (at && at <= arena->end && size <= (size_t)(arena->end - at)) {
        arena->at = at;
        return at;
    }
    size_t room = size > CHUNK ? size : CHUNK;
    if (room > SIZE_MAX / 2)
        return NULL;
    struct psb_chunk *chunk = malloc(sizeof *chunk + ALIGN + room);
    if (!chunk)
        return NULL;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->at = aligned((char *)(chunk + 1));
    arena->end = arena->at + room;
    return arena->at;
}

void psb_arena_take(psb_arena *arena, size_t size)
{
    arena->at += size;
}

void *psb_arena_alloc(psb_arena *arena, size_t size)
{
    void *at = psb_arena_reserve(arena, size);
    if (at)
        psb_arena_take(arena, size);
    return at;
}

void psb_arena_free(psb_arena *arena)
{
    while (arena->chunks) {
        struct psb_chunk *next = arena->chunks->next;
        free(arena->chunks);
        arena->chunks = next;
    }
}
