// SPDX-License-Identifier: Apache-2.0
// `sluice fmt [--check] FILE…|-`: see docs/fmt.md.
//
// A file is replaced as a whole, through a new file beside it and a rename, and only when its text
// changes; a file that does not parse is left as it is. `-` reads standard input and writes standard
// output. One thread.
#include "tools/fmt.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cell.h"
#include "sql/print.h"

enum { EXIT_OK = 0, EXIT_DIFFERS = 1, EXIT_USE = 2, EXIT_NO_READER = 128 + SIGPIPE };

static const char usage[] = "Usage: sluice fmt [--check] FILE...|-\n"
                            "Writes SQL scripts in one layout; - is standard input to standard output.\n"
                            "  --check   write nothing; name the files that differ, and exit with 1\n";

static int read_all(FILE *in, Buf *text)
{
    size_t n;
    while ((n = fread(buf_room(text, 1 << 16), 1, 1 << 16, in)) > 0)
        text->n += n;
    return ferror(in) ? EXIT_USE : EXIT_OK;
}

static int complain(const char *what, const char *path)
{
    fprintf(stderr, "sluice fmt: %s %s: %s\n", what, path, strerror(errno));
    return EXIT_USE;
}

static int unwritten(void)
{
    fprintf(stderr, "sluice fmt: cannot write the output: %s\n", strerror(errno));
    return EXIT_DIFFERS;
}

static int read_file(const char *path, Buf *text)
{
    FILE *in = fopen(path, "rb");
    if (!in)
        return complain("cannot read", path);
    int rc = read_all(in, text);
    fclose(in);
    return rc ? complain("cannot read", path) : EXIT_OK;
}

static bool write_text(FILE *to, const Buf *text)
{
    return fwrite(text->p ? text->p : "", 1, text->n, to) == text->n && fflush(to) == 0;
}

/* path: the file itself, behind any symbolic link. */
static int replace_file(const char *path, const Buf *text)
{
    Buf temp = BUF_INIT;
    struct stat st;
    buf_printf(&temp, "%s.sluice-fmt-XXXXXX", path);
    buf_z(&temp);
    int fd = mkstemp(temp.p);
    FILE *to = fd >= 0 ? fdopen(fd, "wb") : NULL;
    bool good = to && write_text(to, text) && (stat(path, &st) != 0 || fchmod(fd, st.st_mode & 07777) == 0);
    if (to)
        good = fclose(to) == 0 && good;
    else if (fd >= 0)
        close(fd);
    good = good && rename(temp.p, path) == 0;
    int rc = good ? EXIT_OK : complain("cannot write", path);
    if (!good && fd >= 0)
        unlink(temp.p);
    buf_free(&temp);
    return rc;
}

static int show_error(const Err *err, const Buf *text, const char *name)
{
    Buf out = BUF_INIT;
    err_print(&out, err, buf_view(text), name, cell_columns(STDERR_FILENO));
    fputs(buf_z(&out), stderr);
    buf_free(&out);
    return EXIT_DIFFERS;
}

static int format(const char *path, bool check)
{
    bool piped = strcmp(path, "-") == 0;
    const char *name = piped ? "<stdin>" : path;
    Buf text = BUF_INIT, out = BUF_INIT;
    Err err = ERR_INIT;
    int rc = piped ? read_all(stdin, &text) : read_file(path, &text);
    if (rc == EXIT_OK && print_script(&out, buf_view(&text), &err) != OK)
        rc = show_error(&err, &text, name);
    bool same = str_eq(buf_view(&text), buf_view(&out));
    if (rc == EXIT_OK && check && !same) {
        printf("%s\n", name);
        rc = EXIT_DIFFERS;
    } else if (rc == EXIT_OK && !check && piped) {
        rc = write_text(stdout, &out) ? EXIT_OK : errno == EPIPE ? EXIT_NO_READER : unwritten();
    } else if (rc == EXIT_OK && !check && !same) {
        char *real = realpath(path, NULL);
        rc = real ? replace_file(real, &out) : complain("cannot write", path);
        free(real);
    }
    err_clear(&err);
    buf_free(&text);
    buf_free(&out);
    return rc;
}

int tool_fmt(int argc, char **argv)
{
    bool check = false, options = true;
    int files = 0, rc = EXIT_OK;
    for (int i = 1; i < argc; i++) {
        if (options && strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            return EXIT_OK;
        }
        if (options && strcmp(argv[i], "--check") == 0) {
            check = true;
        } else if (options && strcmp(argv[i], "--") == 0) {
            options = false;
        } else if (options && argv[i][0] == '-' && argv[i][1] != '\0') {
            fprintf(stderr, "sluice fmt: unknown option %s\n%s", argv[i], usage);
            return EXIT_USE;
        } else {
            argv[1 + files++] = argv[i];
        }
    }
    if (files == 0) {
        fputs(usage, stderr);
        return EXIT_USE;
    }
    for (int i = 0; i < files; i++) {
        int one = format(argv[1 + i], check);
        rc = one > rc ? one : rc;
    }
    return rc;
}
