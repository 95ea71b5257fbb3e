/* test_arena.c */
#include "arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CHUNK = 64 << 10 }; /* of the arena; beyond it every piece is a chunk of its own */

/* Every byte may be written; the sanitizer sees it if not. */
static char *fill(void *at, size_t size)
{
    assert_non_null(at);
    assert_int_equal((uintptr_t)at % alignof(max_align_t), 0);
    memset(at, 0x5a, size);
    return at;
}

static void pieces_are_aligned_for_any_type(void **state)
{
    alignas(max_align_t) char room[256];
    psb_arena arena;
    psb_arena_init(&arena, room, sizeof room);
    for (size_t size = 0; size < 200; size++)
        fill(psb_arena_alloc(&arena, size), size);
    psb_arena_free(&arena);
}

static void the_room_is_used_before_memory_is_asked_for(void **state)
{
    alignas(max_align_t) char room[64];
    psb_arena arena;
    psb_arena_init(&arena, room, sizeof room);
    assert_ptr_equal(fill(psb_arena_alloc(&arena, 32), 32), room);
    assert_ptr_equal(fill(psb_arena_alloc(&arena, 32), 32), room + 32);
    assert_null(arena.chunks);
    psb_arena_free(&arena);
}

static void a_full_room_is_followed_by_a_chunk(void **state)
{
    alignas(max_align_t) char room[64];
    psb_arena arena;
    psb_arena_init(&arena, room, sizeof room);
    char *first = fill(psb_arena_alloc(&arena, 64), 64);
    char *second = fill(psb_arena_alloc(&arena, 1), 1);
    assert_ptr_equal(first, room);
    assert_true(second < room || second >= room + sizeof room);
    assert_non_null(arena.chunks);
    psb_arena_free(&arena);
}

static void a_reservation_is_given_again_until_it_is_taken(void **state)
{
    alignas(max_align_t) char room[256];
    psb_arena arena;
    psb_arena_init(&arena, room, sizeof room);
    char *reserved = fill(psb_arena_reserve(&arena, 100), 100);
    assert_ptr_equal(psb_arena_reserve(&arena, 100), reserved);
    assert_ptr_equal(psb_arena_reserve(&arena, 200), reserved);
    psb_arena_take(&arena, 16);
    assert_ptr_equal(psb_arena_reserve(&arena, 100), reserved + 16);
    psb_arena_free(&arena);
}

static void only_what_is_taken_is_kept(void **state)
{
    psb_arena arena;
    char room[1];
    psb_arena_init(&arena, room, sizeof room);
    char *reserved = fill(psb_arena_reserve(&arena, 1000), 1000);
    psb_arena_take(&arena, 3);
    char *next = fill(psb_arena_alloc(&arena, 8), 8);
    assert_ptr_equal(next, reserved + alignof(max_align_t));
    assert_memory_equal(reserved, "\x5a\x5a\x5a", 3);
    psb_arena_free(&arena);
}

static void nothing_taken_leaves_the_reservation(void **state)
{
    alignas(max_align_t) char room[64];
    psb_arena arena;
    psb_arena_init(&arena, room, sizeof room);
    char *reserved = psb_arena_reserve(&arena, 10);
    psb_arena_take(&arena, 0);
    assert_ptr_equal(psb_arena_reserve(&arena, 10), reserved);
    psb_arena_free(&arena);
}

static void a_whole_reservation_may_be_taken(void **state)
{
    static const size_t SIZES[] = {1, 15, 16, 17, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK + 3};
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        psb_arena arena;
        char room[1];
        psb_arena_init(&arena, room, sizeof room);
        fill(psb_arena_reserve(&arena, SIZES[i]), SIZES[i]);
        psb_arena_take(&arena, SIZES[i]);
        fill(psb_arena_alloc(&arena, 16), 16);
        psb_arena_free(&arena);
    }
}

static void pieces_do_not_overlap(void **state)
{
    enum { PIECES = 500 };
    static unsigned char *piece[PIECES];
    psb_arena arena;
    alignas(max_align_t) char room[128];
    psb_arena_init(&arena, room, sizeof room);
    for (size_t i = 0; i < PIECES; i++) {
        piece[i] = psb_arena_alloc(&arena, i * 7);
        assert_non_null(piece[i]);
        memset(piece[i], (int)(i & 0xff), i * 7);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t at = 0; at < i * 7; at++)
            assert_int_equal(piece[i][at], i & 0xff);
    psb_arena_free(&arena);
}

static void a_piece_larger_than_a_chunk_is_given(void **state)
{
    psb_arena arena;
    alignas(max_align_t) char room[64];
    psb_arena_init(&arena, room, sizeof room);
    char *small = fill(psb_arena_alloc(&arena, 5), 5);
    char *large = fill(psb_arena_alloc(&arena, 3 * CHUNK), 3 * CHUNK);
    fill(psb_arena_alloc(&arena, 5), 5);
    assert_memory_equal(small, "\x5a\x5a\x5a\x5a\x5a", 5);
    assert_int_equal(large[3 * CHUNK - 1], 0x5a);
    psb_arena_free(&arena);
}

static void a_size_that_no_memory_has_is_refused(void **state)
{
    static const size_t SIZES[] = {SIZE_MAX, SIZE_MAX - 15, SIZE_MAX / 2 + 1};
    psb_arena arena;
    alignas(max_align_t) char room[64];
    psb_arena_init(&arena, room, sizeof room);
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        assert_null(psb_arena_reserve(&arena, SIZES[i]));
        assert_null(psb_arena_alloc(&arena, SIZES[i]));
    }
    assert_ptr_equal(fill(psb_arena_alloc(&arena, 64), 64), room); /* a refusal takes nothing */
    psb_arena_free(&arena);
}

static void size_zero_is_given_and_takes_nothing(void **state)
{
    psb_arena arena;
    alignas(max_align_t) char room[32];
    psb_arena_init(&arena, room, sizeof room);
    void *nothing = psb_arena_alloc(&arena, 0);
    assert_non_null(nothing);
    assert_ptr_equal(fill(psb_arena_alloc(&arena, 32), 32), nothing);
    assert_non_null(psb_arena_alloc(&arena, 0)); /* of a full room */
    psb_arena_free(&arena);
}

static void an_unaligned_room_is_used_from_its_first_aligned_byte(void **state)
{
    alignas(max_align_t) char room[128];
    for (size_t off = 1; off < alignof(max_align_t); off++) {
        psb_arena arena;
        psb_arena_init(&arena, room + off, 64);
        size_t fits = 64 - (alignof(max_align_t) - off);
        assert_ptr_equal(fill(psb_arena_alloc(&arena, fits), fits), room + alignof(max_align_t));
        psb_arena_free(&arena);
        psb_arena_init(&arena, room + off, 64);
        fill(psb_arena_alloc(&arena, fits + 1), fits + 1);
        assert_non_null(arena.chunks);
        psb_arena_free(&arena);
    }
}

static void a_room_without_an_aligned_byte_is_not_used(void **state)
{
    alignas(max_align_t) char room[32];
    for (size_t size = 0; size < alignof(max_align_t) - 1; size++) {
        psb_arena arena;
        psb_arena_init(&arena, room + 1, size);
        char *piece = fill(psb_arena_alloc(&arena, 1), 1);
        assert_true(piece < room || piece >= room + sizeof room);
        psb_arena_free(&arena);
    }
}

static void an_arena_that_gave_nothing_is_freed(void **state)
{
    psb_arena arena;
    char room[1];
    psb_arena_init(&arena, room, sizeof room);
    psb_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_for_any_type),
        cmocka_unit_test(the_room_is_used_before_memory_is_asked_for),
        cmocka_unit_test(a_full_room_is_followed_by_a_chunk),
        cmocka_unit_test(a_reservation_is_given_again_until_it_is_taken),
        cmocka_unit_test(only_what_is_taken_is_kept),
        cmocka_unit_test(nothing_taken_leaves_the_reservation),
        cmocka_unit_test(a_whole_reservation_may_be_taken),
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(a_piece_larger_than_a_chunk_is_given),
        cmocka_unit_test(a_size_that_no_memory_has_is_refused),
        cmocka_unit_test(size_zero_is_given_and_takes_nothing),
        cmocka_unit_test(an_unaligned_room_is_used_from_its_first_aligned_byte),
        cmocka_unit_test(a_room_without_an_aligned_byte_is_not_used),
        cmocka_unit_test(an_arena_that_gave_nothing_is_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
