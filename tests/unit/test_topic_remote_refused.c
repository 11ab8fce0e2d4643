// SPDX-License-Identifier: Apache-2.0
// topic: records that the broker refuses, with all of their batch, in units that leave them out: which record it is, that nothing
// else is lost or out of order, and that other units are as if it had not been.
#include "test_topic_remote_help.h"

enum { RECORDS = 40, EVERY = 7 };

typedef struct Refusals {
    ErrCode only; /* asked about others it says no */
    int asked, left_out;
    Buf values; /* of what was left out, in order */
} Refusals;

/* Leaves it out, and says so in the topic "log". */
static bool on_refused(void *arg, Unit *u, Str topic, const Record *r, const Err *why)
{
    Refusals *f = arg;
    f->asked++;
    if (!str_eq_c(topic, "u") || why->code != f->only)
        return false;
    if (r) {
        f->left_out++;
        buf_printf(&f->values, "%.*s ", r->value_len, r->value);
        append_text(u, "log", 0, "row");
    }
    return true;
}

static Remotes fixture(ErrCode way, bool late, int queue)
{
    DoubleConfig cfg = {.seed = 7, .reorder = 300, .queue = queue};
    Remotes f = remotes_new(NULL, &cfg, true);
    remotes_create(&f, "in", 1);
    remotes_create(&f, "t", 2);
    remotes_create(&f, "u", 1);
    remotes_create(&f, "log", 1);
    if (way == ERR_TOO_LARGE)
        double_limit(f.b, STR("u"), 4, late);
    else
        double_keyed(f.b, STR("u"), true);
    return f;
}

/* Records 0 to RECORDS - 1 of topic u, each EVERY-th of them bad. */
static Unit *mixed_unit(Remotes *f, bool exactly_once, ErrCode way)
{
    Unit *u = small_unit(f, exactly_once, "t", "b", "q2", 2);
    for (int i = 0; i < RECORDS; i++) {
        char text[16];
        bool bad = i % EVERY == 3;
        snprintf(text, sizeof text, bad && way == ERR_TOO_LARGE ? "large%d" : "%d", i);
        Record r = text_record(text);
        if (bad && way == ERR_REFUSED)
            r.key = NULL, r.key_len = 0;
        unit_append(u, STR("u"), 0, &r);
    }
    return u;
}

static int is_bad(int i) { return i % EVERY == 3; }

/* Every good record is in `text` ("offset:value "), no bad one is; the last of each value are in order. */
static bool good_are_there(const char *text, bool once)
{
    int last = -1, seen[RECORDS] = {0};
    long offset;
    char value[32];
    for (int n; sscanf(text, "%ld:%31s %n", &offset, value, &n) == 2; text += n) {
        int i = atoi(value);
        if (value[0] == 'l' || is_bad(i) || (once && i <= last))
            return false;
        last = i;
        seen[i]++;
    }
    for (int i = 0; i < RECORDS; i++)
        if (is_bad(i) ? seen[i] != 0 : once ? seen[i] != 1 : seen[i] < 1)
            return false;
    return last == RECORDS - 1;
}

static int count(const char *text, const char *what)
{
    int n = 0;
    for (const char *at = text; (at = strstr(at, what)); at++)
        n++;
    return n;
}

int test_remote_refused_left_out(void)
{
    static const struct {
        ErrCode way;
        bool late;
    } ways[] = {{ERR_TOO_LARGE, false}, {ERR_TOO_LARGE, true}, {ERR_REFUSED, true}};
    Buf text = BUF_INIT;
    for (int w = 0; w < ARRAY_LEN(ways); w++)
        for (int eo = 0; eo < 2; eo++)
            for (int queue = 0; queue < 12; queue += 5) {
                Remotes f = fixture(ways[w].way, ways[w].late, queue);
                Committer *c = committer_new(f.t, STR("w"), false);
                Refusals refusals = {.only = ways[w].way};
                Unit *units[] = {small_unit(&f, eo, "t", "a", "q1", 1), mixed_unit(&f, eo, ways[w].way),
                                 small_unit(&f, eo, "t", "c", "q3", 3)};
                Err errs[] = {ERR_INIT, ERR_INIT, ERR_INIT};
                unit_on_refused(units[1], on_refused, &refusals);
                units_commit(c, units, 3, false, errs);
                for (int i = 0; i < 3; i++)
                    CHECK_INT(errs[i].code, OK);
                if (refusals.left_out != RECORDS / EVERY + 1)
                    printf("way %d, exactly once %d, queue %d: left out: %s\n", w, eo, queue, buf_z(&refusals.values));
                CHECK_INT(refusals.left_out, RECORDS / EVERY + 1);
                if (!good_are_there(readable(f.t, "u", 0, &text), eo || !ways[w].late)) {
                    printf("way %d, exactly once %d, queue %d: %s\n", w, eo, queue, buf_z(&text));
                    return 1;
                }
                CHECK_INT(count(readable(f.t, "log", 0, &text), ":row "), refusals.left_out);
                readable(f.t, "t", 0, &text);
                CHECK(count(buf_z(&text), ":a ") == 1 && count(buf_z(&text), ":b ") == 1 && count(buf_z(&text), ":c ") == 1);
                for (int q = 1; q <= 3; q++) {
                    char owner[3] = {'q', (char)('0' + q), 0};
                    CHECK_INT(double_position(f.b, str_of(owner), STR("in"), 0), q);
                }
                CHECK_TEXT(state_of(&f, "q2", &text), "b");
                CHECK_INT(double_open(f.b), 0);
                if (eo)
                    CHECK_INT(double_counts(f.b)->commits, 1);
                buf_free(&refusals.values);
                committer_free(c);
                remotes_free(&f, true);
            }
    buf_free(&text);
    return 0;
}

/* The unit says no, for this error or this topic: it fails alone, and its records are not searched. */
int test_remote_refused_kept(void)
{
    Buf text = BUF_INIT;
    for (int eo = 0; eo < 2; eo++) {
        Remotes f = fixture(ERR_REFUSED, true, 0);
        Committer *c = committer_new(f.t, STR("w"), false);
        Refusals refusals = {.only = ERR_TOO_LARGE};
        Unit *units[] = {small_unit(&f, eo, "t", "a", "q1", 1), mixed_unit(&f, eo, ERR_REFUSED),
                         small_unit(&f, eo, "t", "c", "q3", 3)};
        Err errs[] = {ERR_INIT, ERR_INIT, ERR_INIT};
        unit_on_refused(units[1], on_refused, &refusals);
        units_commit(c, units, 3, false, errs);
        CHECK(errs[0].code == OK && errs[1].code == ERR_REFUSED && errs[2].code == OK);
        CHECK_INT(refusals.left_out, 0);
        CHECK_INT(refusals.asked, 1);
        readable(f.t, "t", 0, &text);
        CHECK(count(buf_z(&text), ":a ") == 1 && count(buf_z(&text), ":c ") == 1);
        CHECK_TEXT(readable(f.t, "u", 0, &text), "");
        err_clear(&errs[1]);
        CHECK_INT(commit_one(c, small_unit(&f, eo, "u", "d", "q1", 4)), OK);
        committer_free(c);
        remotes_free(&f, true);
    }
    buf_free(&text);
    return 0;
}
