// SPDX-License-Identifier: Apache-2.0
// base: arena, buffers and their readers, string views, vectors, maps, and what an error looks like.
#include "unit.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cell.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/vec.h"

int test_base_str_views(void)
{
    CHECK(str_eq(str_of(NULL), STR("")));
    CHECK(str_eq_c(STR("abc"), "abc"));
    CHECK(!str_eq_c(STR("abc"), "ab"));
    CHECK(str_cmp(STR("a"), STR("b")) < 0);
    CHECK(str_cmp(STR("ab"), STR("a")) > 0);
    CHECK_INT(str_cmp(STR("a"), STR("a")), 0);
    CHECK(str_cmp((Str){NULL, 0}, STR("a")) < 0);
    CHECK(str_eq_nocase(STR("Select"), STR("sELECT")));
    CHECK(!str_eq_nocase(STR("select"), STR("selec")));
    CHECK(str_starts(STR("stream"), STR("str")) && !str_starts(STR("st"), STR("str")));
    CHECK(str_ends(STR("stream"), STR("eam")) && !str_ends(STR("am"), STR("eam")));
    CHECK_STR(str_trim(STR("  a b\t\n")), "a b");
    CHECK_STR(str_trim(STR(" \t ")), "");
    CHECK(str_hash(STR("a")) == str_hash(str_of("a")));
    CHECK(str_hash(STR("a")) != str_hash(STR("b")));
    return 0;
}

int test_base_arena_aligns_and_keeps(void)
{
    Arena *a = arena_new(64);
    char *texts[200];
    for (int i = 0; i < 200; i++) {
        void *p = arena_alloc(a, (size_t)i * 7 + 1);
        CHECK_INT((uintptr_t)p % 16, 0);
        memset(p, 0xee, (size_t)i * 7 + 1);
        texts[i] = arena_printf(a, "text %d", i);
    }
    for (int i = 0; i < 200; i++) {
        char want[32];
        snprintf(want, sizeof want, "text %d", i);
        CHECK_TEXT(texts[i], want);
    }
    char *z = arena_zalloc(a, 5000);
    for (int i = 0; i < 5000; i++)
        CHECK_INT(z[i], 0);
    CHECK(arena_alloc(a, 0) != NULL);
    CHECK(arena_bytes(a) >= 5000);
    arena_free(a);
    arena_free(NULL);
    return 0;
}

int test_base_arena_copies(void)
{
    Arena *a = arena_new(0);
    char from[] = "borrowed";
    Str s = arena_str(a, str_of(from));
    char *c = arena_cstr(a, (Str){from, 3});
    int *numbers = arena_dup(a, (int[]){1, 2, 3}, sizeof(int) * 3);
    from[0] = 'X';
    CHECK_STR(s, "borrowed");
    CHECK_TEXT(c, "bor");
    CHECK_INT(numbers[2], 3);
    CHECK_STR(arena_strf(a, "%s-%05d", "n", 42), "n-00042");
    CHECK_TEXT(arena_cstr(a, (Str){NULL, 0}), "");
    arena_free(a);
    return 0;
}

static int closed[4], nclosed;
static void note_close(void *arg)
{
    closed[nclosed++] = *(int *)arg;
}

int test_base_arena_closers_run_in_reverse(void)
{
    static int ids[3] = {1, 2, 3};
    Arena *a = arena_new(0);
    nclosed = 0;
    for (int i = 0; i < 3; i++)
        arena_on_close(a, note_close, &ids[i]);
    arena_reset(a);
    CHECK_INT(nclosed, 3);
    CHECK_INT(closed[0], 3);
    CHECK_INT(closed[2], 1);
    arena_on_close(a, note_close, &ids[0]);
    nclosed = 0;
    arena_free(a);
    CHECK_INT(nclosed, 1);
    CHECK_INT(closed[0], 1);
    return 0;
}

int test_base_arena_reset_reuses_memory(void)
{
    Arena *a = arena_new(1024);
    for (int i = 0; i < 100; i++)
        arena_alloc(a, 1000);
    arena_reset(a);
    size_t held = arena_bytes(a);
    for (int round = 0; round < 50; round++) {
        arena_alloc(a, 1000);
        arena_reset(a);
    }
    CHECK_INT(arena_bytes(a), held);
    arena_free(a);
    return 0;
}

int test_base_buf_text(void)
{
    Buf b = BUF_INIT;
    CHECK_TEXT(buf_z(&b), "");
    buf_cstr(&b, "a");
    buf_byte(&b, 'b');
    buf_str(&b, STR("cd"));
    buf_printf(&b, "[%d|%s]", 7, "x");
    buf_repeat(&b, '-', 3);
    buf_repeat(&b, '+', 0);
    CHECK_STR(buf_view(&b), "abcd[7|x]---");
    CHECK_TEXT(buf_z(&b), "abcd[7|x]---");
    CHECK_INT(b.n, 12);
    buf_clear(&b);
    for (int i = 0; i < 5000; i++)
        buf_printf(&b, "%d,", i % 10);
    CHECK_INT(b.n, 10000);
    CHECK_STR(str_sub(buf_view(&b), 9996, 4), "8,9,");
    buf_free(&b);
    CHECK(b.p == NULL && b.n == 0 && b.cap == 0);
    return 0;
}

int test_base_buf_numbers_round_trip(void)
{
    static const uint64_t values[] = {0, 1, 127, 128, 300, 16383, 16384, UINT32_MAX, 1ull << 63, UINT64_MAX};
    Buf b = BUF_INIT;
    for (int i = 0; i < ARRAY_LEN(values); i++) {
        buf_varint(&b, values[i]);
        buf_be64(&b, values[i]);
        buf_be32(&b, (uint32_t)values[i]);
    }
    buf_str(&b, STR("end"));
    Rd r = rd_of(buf_view(&b));
    for (int i = 0; i < ARRAY_LEN(values); i++) {
        CHECK(rd_varint(&r) == values[i]);
        CHECK(rd_be64(&r) == values[i]);
        CHECK(rd_be32(&r) == (uint32_t)values[i]);
    }
    CHECK_STR(rd_bytes(&r, 3), "end");
    CHECK(!r.bad);
    buf_free(&b);
    return 0;
}

int test_base_buf_big_endian_sorts_as_bytes(void)
{
    Buf low = BUF_INIT, high = BUF_INIT;
    buf_be64(&low, 255);
    buf_be64(&high, 256);
    CHECK(str_cmp(buf_view(&low), buf_view(&high)) < 0);
    buf_free(&low);
    buf_free(&high);
    return 0;
}

int test_base_rd_short_input_is_bad(void)
{
    Rd r = rd_of(STR("\x01\x02"));
    CHECK_INT(rd_be32(&r), 0);
    CHECK(r.bad);
    r = rd_of(STR("ab"));
    CHECK_INT(rd_bytes(&r, 3).n, 0);
    CHECK(r.bad);
    r = rd_of(STR("\xff\xff"));
    (void)rd_varint(&r);
    CHECK(r.bad);
    r = rd_of(STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"));
    (void)rd_varint(&r);
    CHECK(r.bad);
    r = rd_of(STR(""));
    CHECK_INT(rd_u8(&r), 0);
    CHECK(r.bad);
    r = rd_of(STR("ab"));
    CHECK_INT(rd_bytes(&r, SIZE_MAX).n, 0);
    CHECK(r.bad);
    return 0;
}

int test_base_zigzag(void)
{
    static const int64_t values[] = {0, -1, 1, -2, INT64_MAX, INT64_MIN};
    for (int i = 0; i < ARRAY_LEN(values); i++)
        CHECK_INT(unzigzag(zigzag(values[i])), values[i]);
    CHECK(zigzag(-1) == 1 && zigzag(1) == 2);
    return 0;
}

int test_base_vec_arena_and_heap(void)
{
    Arena *a = arena_new(0);
    VEC(int) in_arena = {0}, on_heap = {0};
    for (int i = 0; i < 1000; i++) {
        vec_push(a, &in_arena, i);
        vec_add(&on_heap, i * 2);
    }
    CHECK_INT(in_arena.n, 1000);
    for (int i = 0; i < 1000; i++) {
        CHECK_INT(in_arena.v[i], i);
        CHECK_INT(on_heap.v[i], i * 2);
    }
    vec_remove(&on_heap, 0);
    vec_remove(&on_heap, 998);
    CHECK_INT(on_heap.n, 998);
    CHECK_INT(on_heap.v[0], 2);
    CHECK_INT(on_heap.v[997], 1996);
    vec_free(&on_heap);
    CHECK(on_heap.v == NULL);
    arena_free(a);
    return 0;
}

int test_base_map_put_find_remove(void)
{
    StrMap m = {0};
    char one[] = "one", two[] = "two", again[] = "again";
    CHECK(strmap_find(&m, STR("x")) == NULL);
    CHECK(strmap_remove(&m, STR("x")) == NULL);
    CHECK(strmap_put(&m, STR("a"), one) == NULL);
    CHECK(strmap_put(&m, STR("b"), two) == NULL);
    CHECK(strmap_put(&m, STR("a"), again) == one);
    CHECK(strmap_find(&m, STR("a")) == again);
    CHECK_INT(m.live, 2);
    CHECK(strmap_remove(&m, STR("a")) == again);
    CHECK(strmap_find(&m, STR("a")) == NULL);
    CHECK(strmap_find(&m, STR("b")) == two);
    CHECK_INT(m.live, 1);
    strmap_free(&m);
    return 0;
}

int test_base_map_keeps_order(void)
{
    StrMap m = {0};
    static const char *const names[] = {"zeta", "alpha", "mid", "beta"};
    for (int i = 0; i < ARRAY_LEN(names); i++)
        strmap_put(&m, str_of(names[i]), (void *)names[i]);
    strmap_remove(&m, STR("mid"));
    strmap_put(&m, STR("mid"), (void *)names[2]);
    Buf b = BUF_INIT;
    StrMapEntry *e;
    for (int i = 0; (e = strmap_next(&m, &i));) {
        buf_printf(&b, "%s ", e->key.p);
        if (str_eq_c(e->key, "alpha"))
            strmap_remove(&m, e->key);
    }
    CHECK_STR(buf_view(&b), "zeta alpha beta mid ");
    CHECK(strmap_find(&m, STR("alpha")) == NULL);
    buf_free(&b);
    strmap_free(&m);
    return 0;
}

/* Random puts and removes beside a plain array. */
int test_base_map_against_array(void)
{
    enum { KEYS = 300, STEPS = 20000 };
    unsigned seed = 20240607;
    StrMap m = {0};
    static char cells[KEYS];
    bool there[KEYS] = {false};
    for (int step = 0; step < STEPS; step++) {
        int k = rand_r(&seed) % KEYS;
        char key[16];
        snprintf(key, sizeof key, "key%d", k);
        void *want = there[k] ? &cells[k] : NULL;
        void *got;
        if (rand_r(&seed) % 2) {
            got = strmap_put(&m, str_of(key), &cells[k]);
            there[k] = true;
        } else {
            got = strmap_remove(&m, str_of(key));
            there[k] = false;
        }
        if (got != want)
            printf("seed 20240607, step %d, %s\n", step, key);
        CHECK(got == want);
    }
    int live = 0;
    for (int k = 0; k < KEYS; k++) {
        char key[16];
        snprintf(key, sizeof key, "key%d", k);
        CHECK(strmap_find(&m, str_of(key)) == (there[k] ? (void *)&cells[k] : NULL));
        live += there[k];
    }
    CHECK_INT(m.live, live);
    CHECK(m.cap < 4 * KEYS);
    strmap_free(&m);
    return 0;
}

int test_base_err_first_wins(void)
{
    Err e = ERR_INIT;
    Status first = err_set(&e, 1, "first %d", 1);
    CHECK_INT(first, 1);
    (void)err_set(&e, 2, "second");
    CHECK_TEXT(e.msg, "first 1");
    CHECK_INT(e.code, 1);
    err_prefix(&e, "Failed: ");
    CHECK_TEXT(e.msg, "Failed: first 1");
    Err to = ERR_INIT;
    err_move(&to, &e);
    CHECK(e.msg == NULL && e.code == OK);
    CHECK_TEXT(to.msg, "Failed: first 1");
    (void)err_set(&e, 2, "later");
    err_move(&to, &e);
    CHECK_TEXT(to.msg, "Failed: first 1");
    CHECK(e.msg == NULL);
    err_clear(&to);
    CHECK(to.msg == NULL && to.code == OK);
    return 0;
}

int test_base_err_print_shows_the_place(void)
{
    Str text = STR("SELECT *\n\tFROM oders;\n");
    Err e = ERR_INIT;
    Buf b = BUF_INIT;
    (void)err_at(&e, 1, (Span){2, 7, 15, 5}, "there is no ORDERS");
    err_hint(&e, "did you mean %s", "ORDERS?");
    err_print(&b, &e, text, "cart.sql", 0);
    CHECK_STR(buf_view(&b), "cart.sql:2:7: there is no ORDERS\n"
                            "  \tFROM oders;\n"
                            "  \t     ^\n"
                            "hint: did you mean ORDERS?\n");
    buf_clear(&b);
    err_print(&b, &e, text, NULL, 0);
    CHECK(str_starts(buf_view(&b), STR("2:7: there is no ORDERS\n")));
    err_clear(&e);
    buf_free(&b);
    return 0;
}

int test_base_err_print_without_place(void)
{
    Err e = ERR_INIT;
    Buf b = BUF_INIT;
    (void)err_set(&e, 1, "the disk is full");
    err_print(&b, &e, STR(""), NULL, 0);
    CHECK_STR(buf_view(&b), "the disk is full\n");
    buf_clear(&b);
    err_print(&b, &e, STR(""), "cart.sql", 0);
    CHECK_STR(buf_view(&b), "cart.sql: the disk is full\n");
    err_clear(&e);
    buf_free(&b);
    return 0;
}

/* The caret stands under the character also where the line has letters of several bytes. */
int test_base_err_print_counts_characters(void)
{
    Err e = ERR_INIT;
    Buf b = BUF_INIT;
    (void)err_at(&e, 1, (Span){1, 13, 14, 1}, "unexpected 'x'");
    err_print(&b, &e, STR("SELECT '\xc3\xbc\xc3\xbc' x;"), NULL, 0);
    CHECK_STR(buf_view(&b), "1:13: unexpected 'x'\n  SELECT '\xc3\xbc\xc3\xbc' x;\n              ^\n");
    err_clear(&e);
    buf_free(&b);
    return 0;
}

int test_base_err_table_is_whole(void)
{
#define CODE(name, class_, http, ksql)                  \
    CHECK_TEXT(err_code_name(name), #name);             \
    CHECK_INT(err_class(name), CLASS_##class_);                \
    CHECK_INT(err_http(name), http);                    \
    CHECK_INT(err_ksql(name), ksql);
#include "base/codes.def"
#undef CODE
    return 0;
}

/* A line with the place at '!': fits the columns, and the caret stands below the '!'. */
static int check_caret(Str line, int columns)
{
    Buf out = BUF_INIT;
    Err err = ERR_INIT;
    const char *mark = memchr(line.p, '!', line.n);
    err_at(&err, ERR_SYNTAX, (Span){1, 1, (int32_t)(mark - line.p), 1}, "bad");
    err_print(&out, &err, line, NULL, columns);
    Str rest = buf_view(&out), shown, below;
    CHECK(cell_line(&rest, &shown) && cell_line(&rest, &shown) && cell_line(&rest, &below));
    mark = memchr(shown.p, '!', shown.n);
    CHECK(mark);
    CHECK(cell_width(shown) < columns || cell_width(shown) <= 27);
    CHECK_INT(cell_width(str_sub(shown, 0, (size_t)(mark - shown.p))), cell_width(below) - 1);
    CHECK(below.p[below.n - 1] == '^');
    err_clear(&err);
    buf_free(&out);
    return 0;
}

int test_err_caret_in_wide_and_long_lines(void)
{
    static const char *const units[] = {"a", "\xe6\x97\xa5", "e\xcc\x81", "\x1b", "\xff", "\xf0\x9f\x98\x80"};
    cell_locale();
    for (int u = 0; u < ARRAY_LEN(units); u++)
        for (int before = 0; before < 300; before += 7)
            for (int behind = 0; behind < 300; behind += 61)
                for (int columns = 10; columns < 200; columns += 30) {
                    Buf line = BUF_INIT;
                    for (int i = 0; i < before; i++)
                        buf_cstr(&line, units[u]);
                    buf_byte(&line, '!');
                    for (int i = 0; i < behind; i++)
                        buf_cstr(&line, units[u]);
                    if (check_caret(buf_view(&line), columns)) {
                        printf("  at %d %d %d %d\n", u, before, behind, columns);
                        return 1;
                    }
                    buf_free(&line);
                }
    return 0;
}

int test_err_line_ends_with_a_carriage_return(void)
{
    Buf out = BUF_INIT;
    Err err = ERR_INIT;
    err_at(&err, ERR_SYNTAX, (Span){2, 3, 8, 1}, "bad");
    err_print(&out, &err, STR("one;\r\nab!\r\n"), NULL, 80);
    CHECK_STR(buf_view(&out), "2:3: bad\n  ab!\n    ^\n");
    err_clear(&err);
    buf_free(&out);
    return 0;
}

int test_err_long_line(void)
{
    Buf text = BUF_INIT, out = BUF_INIT;
    Err err = ERR_INIT;
    buf_repeat(&text, 'a', 5000);
    buf_byte(&text, '!');
    buf_repeat(&text, 'b', 5000);
    err_at(&err, ERR_SYNTAX, (Span){.line = 1, .col = 5001, .off = 5000, .len = 1}, "bad");
    err_print(&out, &err, buf_view(&text), NULL, 0);
    CHECK(out.n < 500);
    const char *mark = strchr(buf_z(&out), '!'), *caret = strchr(buf_z(&out), '^');
    CHECK(mark && caret);
    const char *line = strchr(out.p, '\n') + 1, *below = strchr(line, '\n') + 1;
    CHECK_INT(mark - line - 2, caret - below); /* the mark of the cut is three bytes and one column */
    err_clear(&err);
    buf_free(&text);
    buf_free(&out);
    return 0;
}
