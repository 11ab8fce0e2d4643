// SPDX-License-Identifier: Apache-2.0
// Finding, reading and rewriting of test files. Nothing here is on the engine's path.
#define _GNU_SOURCE /* nftw */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tools/qtt_files.h"

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const Str *)a, *(const Str *)b);
}

static Status find_below(Arena *a, const char *folder, const char *suffix, PathVec *out, Err *err)
{
    DIR *d = opendir(folder);
    struct dirent *e;
    Status st = OK;
    if (!d)
        return err_set(err, ERR_NOT_FOUND, "%s: %s", folder, strerror(errno));
    while (!st && (e = readdir(d))) {
        struct stat sb;
        if (e->d_name[0] == '.')
            continue;
        char *path = arena_printf(a, "%s/%s", folder, e->d_name);
        if (stat(path, &sb) != 0)
            continue;
        if (S_ISDIR(sb.st_mode))
            st = find_below(a, path, suffix, out, err);
        else if (str_ends(str_of(path), str_of(suffix)))
            vec_push(a, out, str_of(path));
    }
    closedir(d);
    return st;
}

Status files_find(Arena *a, const char *path, const char *suffix, PathVec *out, Err *err)
{
    struct stat sb;
    int from = out->n;
    if (stat(path, &sb) != 0)
        return err_set(err, ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(sb.st_mode)) {
        vec_push(a, out, str_of(arena_cstr(a, str_of(path))));
        return OK;
    }
    Status st = find_below(a, path, suffix, out, err);
    if (!st && out->n > from)
        qsort(out->v + from, (size_t)(out->n - from), sizeof *out->v, by_text);
    return st;
}

Status files_read(Arena *a, const char *path, Str *out, Err *err)
{
    FILE *f = fopen(path, "rb");
    Buf b = BUF_INIT;
    size_t n;
    if (!f)
        return err_set(err, ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
    while ((n = fread(buf_room(&b, 65536), 1, 65536, f)) > 0)
        b.n += n;
    bool bad = ferror(f);
    fclose(f);
    *out = arena_str(a, buf_view(&b));
    buf_free(&b);
    return bad ? err_set(err, ERR_IO, "%s: cannot be read", path) : OK;
}

Status files_write(const char *path, Str text, Err *err)
{
    Buf tmp = BUF_INIT;
    buf_printf(&tmp, "%s.tmp", path);
    FILE *f = fopen(buf_z(&tmp), "wb");
    bool ok = f && fwrite(text.p ? text.p : "", 1, text.n, f) == text.n;
    if (f && fclose(f) != 0)
        ok = false;
    ok = ok && rename(buf_z(&tmp), path) == 0;
    buf_free(&tmp);
    return ok ? OK : err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
}

Str files_stem(Str path, const char *suffix)
{
    for (size_t i = path.n; i > 0; i--)
        if (path.p[i - 1] == '/') {
            path = str_sub(path, i, path.n - i);
            break;
        }
    if (str_ends(path, str_of(suffix)))
        path.n -= strlen(suffix);
    return path;
}

static int remove_one(const char *path, const struct stat *sb, int kind, struct FTW *ftw)
{
    UNUSED(sb);
    UNUSED(kind);
    UNUSED(ftw);
    return remove(path);
}

void files_remove(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
