// SPDX-License-Identifier: Apache-2.0
// Replays stored inputs through a fuzz target in a build without libFuzzer.
//
//   fuzz_x FILE|DIR…   each file once, folders in the order of their names
//
// Linked in place of libFuzzer's main (see tests/unit/collect). A finding aborts the process, after the
// file's name was printed. The last line is `N passed, 0 failed`; an input that cannot be read counts
// as failed.
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static int passed, failed;
static const char *current = "";

static void name_current(void)
{
    fprintf(stderr, "input: %s\n", current);
}

static void replay_file(const char *path, size_t n)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = malloc(n ? n : 1);
    if (!f || !data || fread(data, 1, n, f) != n) {
        fprintf(stderr, "%s: cannot be read\n", path);
        failed++;
    } else {
        current = path;
        LLVMFuzzerTestOneInput(data, n);
        passed++;
    }
    if (f)
        fclose(f);
    free(data);
}

static int visible(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

static void replay(const char *path)
{
    struct stat st;
    struct dirent **names;
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
        replay_file(path, (size_t)st.st_size);
        return;
    }
    int n = scandir(path, &names, visible, alphasort);
    if (n < 0) {
        fprintf(stderr, "%s: cannot be read\n", path);
        failed++;
        return;
    }
    for (int i = 0; i < n; i++) {
        char inside[4096];
        if (snprintf(inside, sizeof inside, "%s/%s", path, names[i]->d_name) < (int)sizeof inside)
            replay(inside);
        free(names[i]);
    }
    free(names);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
void __sanitizer_set_death_callback(void (*callback)(void));
#define ON_FINDING(fn) __sanitizer_set_death_callback(fn)
#endif
#elif defined(__SANITIZE_ADDRESS__)
void __sanitizer_set_death_callback(void (*callback)(void));
#define ON_FINDING(fn) __sanitizer_set_death_callback(fn)
#endif
#ifndef ON_FINDING
#define ON_FINDING(fn) ((void)(fn))
#endif

int main(int argc, char **argv)
{
    ON_FINDING(name_current);
    if (LLVMFuzzerInitialize)
        LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
