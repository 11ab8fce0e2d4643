// SPDX-License-Identifier: Apache-2.0
// History: see history.h. Failing to write is not worth a word: the shell works without. The file is the user's alone (mode 600), and
// a symbolic link in its place is read and never written.
#include "shell/history.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"

struct HistoryLog {
    char *path;
    VEC(char *) entries;
    size_t lines; /* of the file */
};

char *history_path(void)
{
    const char *dir = getenv("XDG_STATE_HOME");
    if (!dir || !dir[0])
        dir = getenv("HOME");
    if (!dir || !dir[0])
        return NULL;
    size_t n = strlen(dir) + sizeof "/.sluice_history";
    char *path = mem_alloc(n);
    snprintf(path, n, "%s/.sluice_history", dir);
    return path;
}

static void escape(FILE *f, const char *text)
{
    for (const char *p = text; *p; p++) {
        if (*p == '\n')
            fputs("\\n", f);
        else if (*p == '\\')
            fputs("\\\\", f);
        else
            putc(*p, f);
    }
    putc('\n', f);
}

static char *unescape(const char *line, size_t n)
{
    char *text = mem_alloc(n + 1), *to = text;
    for (size_t i = 0; i < n; i++) {
        if (line[i] == '\\' && i + 1 < n)
            *to++ = line[++i] == 'n' ? '\n' : line[i];
        else
            *to++ = line[i];
    }
    *to = 0;
    return text;
}

static FILE *open_file(const char *path, int flags)
{
    int fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_CREAT, 0600);
    if (fd < 0)
        return NULL;
    FILE *f = fdopen(fd, flags & O_APPEND ? "a" : "w");
    if (!f)
        close(fd);
    return f;
}

static void drop_oldest(HistoryLog *h, int keep)
{
    int drop = h->entries.n - keep;
    for (int i = 0; i < drop; i++)
        mem_free(h->entries.v[i]);
    if (drop > 0) {
        memmove(h->entries.v, h->entries.v + drop, sizeof *h->entries.v * (size_t)keep);
        h->entries.n = keep;
    }
}

/* The newest entries to a file of their own, which takes the old one's place. */
static void rewrite(HistoryLog *h)
{
    size_t n = strlen(h->path) + sizeof ".new";
    char *fresh = mem_alloc(n);
    snprintf(fresh, n, "%s.new", h->path);
    FILE *f = open_file(fresh, O_WRONLY | O_TRUNC);
    if (f) {
        for (int i = 0; i < h->entries.n; i++)
            escape(f, h->entries.v[i]);
        struct stat st;
        if (fclose(f) == 0 && lstat(h->path, &st) == 0 && S_ISREG(st.st_mode) && rename(fresh, h->path) == 0)
            h->lines = (size_t)h->entries.n;
    }
    mem_free(fresh);
}

HistoryLog *history_open(const char *path)
{
    HistoryLog *h = mem_zalloc(sizeof *h);
    FILE *f = path ? fopen(path, "re") : NULL;
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    h->path = path ? mem_strdup(path) : NULL;
    while (f && (n = getline(&line, &cap, f)) > 0) {
        n -= line[n - 1] == '\n';
        if (n > 0)
            vec_add(&h->entries, unescape(line, (size_t)n));
        h->lines++;
        if (h->entries.n > 2 * HISTORY_KEPT)
            drop_oldest(h, HISTORY_KEPT);
    }
    free(line);
    if (f)
        fclose(f);
    drop_oldest(h, HISTORY_KEPT);
    if (h->path && h->lines > 2 * HISTORY_KEPT)
        rewrite(h);
    return h;
}

void history_close(HistoryLog *h)
{
    if (!h)
        return;
    for (int i = 0; i < h->entries.n; i++)
        mem_free(h->entries.v[i]);
    vec_free(&h->entries);
    mem_free(h->path);
    mem_free(h);
}

bool history_add(HistoryLog *h, Str text)
{
    text = str_trim(text);
    if (text.n == 0 || (h->entries.n > 0 && str_eq_c(text, h->entries.v[h->entries.n - 1])))
        return false;
    char *entry = mem_strndup(text.p, text.n);
    vec_add(&h->entries, entry);
    drop_oldest(h, 2 * HISTORY_KEPT);
    FILE *f = h->path ? open_file(h->path, O_WRONLY | O_APPEND) : NULL;
    if (f) {
        escape(f, entry);
        fclose(f);
        h->lines++;
    }
    return true;
}

int history_count(const HistoryLog *h) { return h->entries.n; }
const char *history_entry(const HistoryLog *h, int i) { return h->entries.v[i]; }
