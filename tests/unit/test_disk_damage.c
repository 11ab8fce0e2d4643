// SPDX-License-Identifier: Apache-2.0
// disk: what was acknowledged is found to be missing, and what a crash may take is not taken for damage. CURRENT, the MANIFEST,
// files of the log, the note of what was synced; links and modes. The whole program: tests/damage.
#include "tmpdir.h"
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "disk/disk.h"

typedef enum Damage { CUT_TO, BIT_AT, REMOVED } Damage;

static Status open_as(const char *dir, bool anew, Disk **d, Err *err)
{
    Buf damage = BUF_INIT;
    Status s = anew ? disk_open_anew(dir, effects_real(), 0, d, &damage, err) : disk_open(dir, effects_real(), 0, d, err);
    buf_free(&damage);
    return s;
}

static Status put(Disk *d, Family f, const char *key, Str value, bool sync)
{
    Err err = ERR_INIT;
    DiskBatch *b = disk_batch_new(d);
    disk_batch_put(b, f, str_of(key), value);
    Status s = disk_commit(d, b, sync, &err);
    disk_batch_free(b);
    err_clear(&err);
    return s;
}

static bool has(Disk *d, Family f, const char *key)
{
    Buf v = BUF_INIT;
    Err err = ERR_INIT;
    bool found = false;
    bool ok = disk_get(d, f, str_of(key), &v, &found, &err) == OK;
    buf_free(&v);
    err_clear(&err);
    return ok && found;
}

/* ---- files of the directory ---- */

/* The first or last name in DIR/db with this beginning and ending; sizes at least `least`. */
static bool find_in_db(const char *dir, const char *begin, const char *end, bool last, off_t least, char *path, size_t n)
{
    char db[1100], best[256] = "";
    snprintf(db, sizeof db, "%s/db", dir);
    DIR *all = opendir(db);
    for (struct dirent *f; all && (f = readdir(all));) {
        size_t len = strlen(f->d_name), tail = strlen(end);
        struct stat st;
        if (strncmp(f->d_name, begin, strlen(begin)) != 0 || len < tail || strcmp(f->d_name + len - tail, end) != 0 ||
            fstatat(dirfd(all), f->d_name, &st, 0) != 0 || st.st_size < least)
            continue;
        if (!best[0] || (strcmp(f->d_name, best) > 0) == last)
            snprintf(best, sizeof best, "%s", f->d_name);
    }
    if (all)
        closedir(all);
    snprintf(path, n, "%s/%s", db, best);
    return best[0] != 0;
}

static off_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_size : -1;
}

static bool damage(const char *path, Damage how, off_t at)
{
    char c = 0;
    if (how == REMOVED)
        return unlink(path) == 0;
    if (how == CUT_TO)
        return truncate(path, at) == 0;
    int fd = open(path, O_RDWR);
    bool ok = fd >= 0 && pread(fd, &c, 1, at) == 1;
    c ^= 0x20;
    ok = ok && pwrite(fd, &c, 1, at) == 1;
    close(fd);
    return ok;
}

static bool run(const char *fmt, const char *a, const char *b)
{
    char command[5000];
    snprintf(command, sizeof command, fmt, a, b);
    return system(command) == 0;
}

static bool copy_dir(const char *from, const char *to) { return run("rm -rf '%s'%s", to, "") && run("cp -a '%s' '%s'", from, to); }

/* ---- a directory whose process was killed ---- */

enum { SYNCED = 20, UNSYNCED = 20 };

static void fill_until_killed(void *arg)
{
    Disk *d;
    Err err = ERR_INIT;
    char key[20];
    if (open_as(arg, false, &d, &err) != OK)
        _exit(1);
    for (int i = 0; i < SYNCED + UNSYNCED; i++) {
        snprintf(key, sizeof key, "k%02d", i);
        if (put(d, i % 2 ? FAMILY_LOG : FAMILY_STATE, key, STR("some value"), i < SYNCED) != OK)
            _exit(1);
    }
    kill(getpid(), SIGKILL);
}

static int count_keys(Disk *d)
{
    int n = 0;
    for (char key[20]; n < SYNCED + UNSYNCED; n++) {
        snprintf(key, sizeof key, "k%02d", n);
        if (!has(d, n % 2 ? FAMILY_LOG : FAMILY_STATE, key))
            break;
    }
    return n;
}

/* ERR_CORRUPT with the file's name, twice, and nothing changed in between. */
static int refused(const char *dir, const char *file)
{
    const char *name = strrchr(file, '/') + 1;
    char before[1200];
    snprintf(before, sizeof before, "%s.before", dir);
    CHECK(copy_dir(dir, before));
    for (int start = 0; start < 2; start++) {
        Disk *d;
        Err err = ERR_INIT;
        CHECK_INT(open_as(dir, false, &d, &err), ERR_CORRUPT);
        if (!strstr(err.msg, name)) {
            printf("'%s' does not name %s\n", err.msg, name);
            return 1;
        }
        CHECK(err.hint != NULL);
        err_clear(&err);
        CHECK(run("diff -r -x sluice.pid '%s' '%s'", dir, before));
    }
    return 0;
}

static int opens_with(const char *dir, int least)
{
    Disk *d;
    Err err = ERR_INIT;
    CHECK_INT(open_as(dir, false, &d, &err), OK);
    int n = count_keys(d);
    disk_close(d);
    if (n < least)
        printf("%d keys are there, at least %d were acknowledged\n", n, least);
    return n < least;
}

int test_disk_damaged_log_is_refused(void)
{
    if (NO_FORK_TESTS)
        return 0;
    TmpDir t = tmpdir_new();
    char base[1100], dir[1100], log[1400], mark[1200];
    snprintf(base, sizeof base, "%s/base", t.path);
    snprintf(dir, sizeof dir, "%s/dir", t.path);
    snprintf(mark, sizeof mark, "%s/db.synced", dir);
    CHECK_INT(child_run(fill_until_killed, base), -SIGKILL);
    CHECK(find_in_db(base, "0", ".log", true, 1, log, sizeof log));
    off_t size = size_of(log), synced = size / 2; /* both halves have as many keys; the format is in the first */
    for (off_t at = 0; at < synced - 60; at += 23) {
        CHECK(copy_dir(base, dir));
        CHECK(find_in_db(dir, "0", ".log", true, 1, log, sizeof log));
        CHECK(damage(log, at % 2 ? BIT_AT : CUT_TO, at));
        if (refused(dir, log))
            return 1;
        CHECK(damage(mark, REMOVED, 0)); /* the user's word */
        if (opens_with(dir, 0))
            return 1;
    }
    CHECK(copy_dir(base, dir));
    CHECK(find_in_db(dir, "0", ".log", true, 1, log, sizeof log));
    CHECK(damage(log, REMOVED, 0));
    if (refused(dir, log))
        return 1;
    tmpdir_remove(&t);
    return 0;
}

/* What no sync has confirmed may go, torn or in any order. */
int test_disk_crash_is_no_damage(void)
{
    if (NO_FORK_TESTS)
        return 0;
    TmpDir t = tmpdir_new();
    char base[1100], dir[1100], log[1400];
    snprintf(base, sizeof base, "%s/base", t.path);
    snprintf(dir, sizeof dir, "%s/dir", t.path);
    CHECK_INT(child_run(fill_until_killed, base), -SIGKILL);
    CHECK(copy_dir(base, dir));
    if (opens_with(dir, SYNCED + UNSYNCED))
        return 1;
    CHECK(find_in_db(base, "0", ".log", true, 1, log, sizeof log));
    off_t size = size_of(log);
    for (off_t at = size - 1; at > size / 2 + 60; at -= 37)
        for (Damage how = CUT_TO; how <= BIT_AT; how++) {
            CHECK(copy_dir(base, dir));
            CHECK(find_in_db(dir, "0", ".log", true, 1, log, sizeof log));
            CHECK(damage(log, how, at));
            for (int start = 0; start < 2; start++)
                if (opens_with(dir, SYNCED))
                    return 1;
        }
    tmpdir_remove(&t);
    return 0;
}

int test_disk_note_refuses_nothing_itself(void)
{
    if (NO_FORK_TESTS)
        return 0;
    TmpDir t = tmpdir_new();
    char base[1100], dir[1100], mark[1200];
    snprintf(base, sizeof base, "%s/base", t.path);
    snprintf(dir, sizeof dir, "%s/dir", t.path);
    snprintf(mark, sizeof mark, "%s/db.synced", dir);
    CHECK_INT(child_run(fill_until_killed, base), -SIGKILL);
    for (int at = 0; at <= 512; at += 25) {
        CHECK(copy_dir(base, dir));
        CHECK(at == 0 ? damage(mark, REMOVED, 0) : damage(mark, at % 2 ? CUT_TO : BIT_AT, at % 2 ? at : at - 1));
        if (opens_with(dir, SYNCED + UNSYNCED))
            return 1;
    }
    /* An older note: the log that it names has since been moved into tables and is gone. */
    CHECK(copy_dir(base, dir));
    if (opens_with(dir, SYNCED + UNSYNCED))
        return 1;
    CHECK(run("cp '%s/db.synced' '%s'", base, mark));
    if (opens_with(dir, SYNCED + UNSYNCED))
        return 1;
    tmpdir_remove(&t);
    return 0;
}

/* ---- several files of the log ---- */

/* The first is kept for the sake of a small family whose memory is not moved into tables. */
static void fill_several_logs(void *arg)
{
    Disk *d;
    Err err = ERR_INIT;
    Buf big = BUF_INIT;
    if (open_as(arg, false, &d, &err) != OK || put(d, FAMILY_POSITION, "first", STR("1"), true) != OK)
        _exit(1);
    for (uint32_t i = 0, x = 1; i < 256 << 10; i++, x = x * 1664525 + 1013904223)
        buf_byte(&big, (char)(x >> 24));
    for (int i = 0; i < 20 * 4 + 4; i++) {
        char key[20];
        snprintf(key, sizeof key, "big %d", i);
        if (put(d, FAMILY_LOG, key, buf_view(&big), i % 3 == 0) != OK)
            _exit(1);
    }
    if (put(d, FAMILY_POSITION, "last", STR("1"), true) != OK)
        _exit(1);
    kill(getpid(), SIGKILL);
}

int test_disk_older_log_is_needed(void)
{
    if (NO_FORK_TESTS)
        return 0;
    TmpDir t = tmpdir_new();
    char base[1100], dir[1100], log[1400], newest[1400];
    snprintf(base, sizeof base, "%s/base", t.path);
    snprintf(dir, sizeof dir, "%s/dir", t.path);
    CHECK_INT(child_run(fill_several_logs, base), -SIGKILL);
    CHECK(find_in_db(base, "0", ".log", false, 1, log, sizeof log));
    CHECK(find_in_db(base, "0", ".log", true, 1, newest, sizeof newest));
    CHECK(strcmp(log, newest) != 0);
    off_t size = size_of(log);
    const struct {
        Damage how;
        off_t at;
    } tries[] = {{REMOVED, 0}, {CUT_TO, 0}, {CUT_TO, size / 2}, {CUT_TO, size - 1}, {BIT_AT, 0}, {BIT_AT, 4}, {BIT_AT, size / 2},
                 {BIT_AT, size - 1}};
    for (int i = 0; i < ARRAY_LEN(tries); i++) {
        CHECK(copy_dir(base, dir));
        CHECK(find_in_db(dir, "0", ".log", false, 1, log, sizeof log));
        CHECK(damage(log, tries[i].how, tries[i].at));
        if (refused(dir, log))
            return 1;
    }
    Disk *d;
    Err err = ERR_INIT;
    CHECK_INT(open_as(base, false, &d, &err), OK);
    CHECK(has(d, FAMILY_POSITION, "first") && has(d, FAMILY_POSITION, "last") && has(d, FAMILY_LOG, "big 83"));
    disk_close(d);
    tmpdir_remove(&t);
    return 0;
}

/* ---- CURRENT and the MANIFEST ---- */

int test_disk_is_never_made_twice(void)
{
    if (NO_FORK_TESTS)
        return 0;
    TmpDir t = tmpdir_new();
    char base[1100], dir[1100], current[1200], manifest[1400], db[1200];
    snprintf(base, sizeof base, "%s/base", t.path);
    snprintf(dir, sizeof dir, "%s/dir", t.path);
    snprintf(current, sizeof current, "%s/db/CURRENT", dir);
    snprintf(db, sizeof db, "%s/db", dir);
    CHECK_INT(child_run(fill_until_killed, base), -SIGKILL);
    CHECK(copy_dir(base, dir));
    CHECK(damage(current, REMOVED, 0));
    if (refused(dir, current))
        return 1;
    CHECK(run("cp '%s/db/CURRENT' '%s'", base, current)); /* mended */
    if (opens_with(dir, SYNCED + UNSYNCED))
        return 1;
    CHECK(copy_dir(base, dir)); /* all of the database, but for our note */
    CHECK(run("rm -r '%s'%s", db, ""));
    if (refused(dir, current))
        return 1;
    CHECK(copy_dir(base, dir)); /* no note: other files say that it was there */
    CHECK(run("rm '%s/db.synced' '%s'", dir, current));
    if (refused(dir, current))
        return 1;
    CHECK(find_in_db(base, "MANIFEST", "", true, 1, manifest, sizeof manifest));
    off_t size = size_of(manifest);
    for (off_t at = size - 1; at >= 0; at -= at > 40 ? 13 : 40)
        for (Damage how = CUT_TO; how <= REMOVED; how++) {
            CHECK(copy_dir(base, dir));
            CHECK(find_in_db(dir, "MANIFEST", "", true, 1, manifest, sizeof manifest));
            CHECK(damage(manifest, how, at));
            if (how == REMOVED ? refused(dir, current) : refused(dir, manifest))
                return 1;
        }
    tmpdir_remove(&t);
    return 0;
}

/* Killed while it was made: it had nothing yet. */
int test_disk_half_made_is_made(void)
{
    TmpDir t = tmpdir_new();
    char db[1200];
    Disk *d;
    Err err = ERR_INIT;
    snprintf(db, sizeof db, "%s/db", t.path);
    CHECK(mkdir(db, 0700) == 0);
    CHECK(run("echo x > '%s/IDENTITY'; : > '%s/MANIFEST-000001'", db, db));
    CHECK_INT(open_as(t.path, false, &d, &err), OK);
    CHECK(put(d, FAMILY_META, "k", STR("v"), true) == OK);
    disk_close(d);
    tmpdir_remove(&t);
    return 0;
}

/* Beside Kafka all of it is put aside. */
int test_disk_damage_begins_anew(void)
{
    if (NO_FORK_TESTS)
        return 0;
    TmpDir t = tmpdir_new();
    char base[1100], dir[1100], path[1400];
    snprintf(base, sizeof base, "%s/base", t.path);
    snprintf(dir, sizeof dir, "%s/dir", t.path);
    CHECK_INT(child_run(fill_until_killed, base), -SIGKILL);
    CHECK(copy_dir(base, dir)); /* so that there is a table too */
    if (opens_with(base, SYNCED + UNSYNCED))
        return 1;
    static const struct {
        const char *begin, *end;
    } files[] = {{"CURRENT", ""}, {"MANIFEST", ""}, {"0", ".log"}, {"0", ".sst"}};
    for (int i = 0; i < ARRAY_LEN(files); i++) {
        if (i < 3)
            CHECK_INT(child_run(fill_until_killed, base), -SIGKILL);
        CHECK(copy_dir(base, dir));
        CHECK(find_in_db(dir, files[i].begin, files[i].end, true, 1, path, sizeof path));
        CHECK(damage(path, REMOVED, 0));
        Disk *d;
        Err err = ERR_INIT;
        Buf found = BUF_INIT;
        CHECK_INT(disk_open_anew(dir, effects_real(), 0, &d, &found, &err), OK);
        CHECK(found.n > 0);
        CHECK_INT(count_keys(d), 0);
        CHECK(put(d, FAMILY_STATE, "new", STR("v"), true) == OK);
        disk_close(d);
        snprintf(path, sizeof path, "%s/db.damaged", dir);
        CHECK_INT(access(path, F_OK), 0);
        CHECK_INT(disk_open_anew(dir, effects_real(), 0, &d, &found, &err), OK);
        CHECK_INT(found.n, 0);
        CHECK(has(d, FAMILY_STATE, "new"));
        disk_close(d);
        buf_free(&found);
    }
    tmpdir_remove(&t);
    return 0;
}

/* ---- links and modes ---- */

int test_disk_follows_no_link(void)
{
    static const char *const names[] = {"sluice.pid", "db.synced", "db"};
    for (int i = 0; i < ARRAY_LEN(names); i++) {
        TmpDir t = tmpdir_new();
        char target[1100], link[1200], text[20] = "";
        Disk *d;
        Err err = ERR_INIT;
        snprintf(target, sizeof target, "%s/target", t.path);
        snprintf(link, sizeof link, "%s/dir/%s", t.path, names[i]);
        CHECK(run("mkdir '%s/dir'; printf 'mine' > '%s'", t.path, target));
        CHECK(symlink(target, link) == 0);
        snprintf(link, sizeof link, "%s/dir", t.path);
        CHECK_INT(open_as(link, false, &d, &err), ERR_IO);
        CHECK(strstr(err.msg, names[i]) && strstr(err.msg, "symbolic link"));
        err_clear(&err);
        FILE *f = fopen(target, "r");
        CHECK(f && fgets(text, sizeof text, f));
        fclose(f);
        CHECK_TEXT(text, "mine");
        tmpdir_remove(&t);
    }
    return 0;
}

int test_disk_is_the_users_alone(void)
{
    static const mode_t masks[] = {0, 022, 0277};
    for (int i = 0; i < ARRAY_LEN(masks); i++) {
        TmpDir t = tmpdir_new();
        char dir[1100], path[1300];
        Disk *d;
        Err err = ERR_INIT;
        struct stat st;
        snprintf(dir, sizeof dir, "%s/a", t.path);
        mode_t old = umask(masks[i]);
        Status s = open_as(dir, false, &d, &err);
        umask(old);
        CHECK_INT(s, OK);
        static const struct {
            const char *name;
            mode_t mode;
        } made[] = {{"", 0700}, {"/db", 0700}, {"/sluice.pid", 0600}, {"/db.synced", 0600}};
        for (int k = 0; k < ARRAY_LEN(made); k++) {
            snprintf(path, sizeof path, "%s%s", dir, made[k].name);
            CHECK(stat(path, &st) == 0);
            CHECK_INT(st.st_mode & 07777, made[k].mode);
        }
        disk_close(d);
        tmpdir_remove(&t);
    }
    TmpDir t = tmpdir_new(); /* what was there stays as it was set */
    struct stat st;
    Disk *d;
    Err err = ERR_INIT;
    CHECK(chmod(t.path, 0750) == 0);
    CHECK_INT(open_as(t.path, false, &d, &err), OK);
    disk_close(d);
    CHECK(stat(t.path, &st) == 0);
    CHECK_INT(st.st_mode & 07777, 0750);
    tmpdir_remove(&t);
    return 0;
}
