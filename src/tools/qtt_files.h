// SPDX-License-Identifier: Apache-2.0
// Test files: which ones a list of files and folders means, and their text.
#ifndef SLUICE_TOOLS_QTT_FILES_H
#define SLUICE_TOOLS_QTT_FILES_H

#include "base/err.h"
#include "base/vec.h"

typedef VEC(Str) PathVec;

/* The file itself, or every file below the folder whose name ends with `suffix`, in name order; paths in the
 * arena, NUL-terminated. ERR_NOT_FOUND when there is no such path. */
Status files_find(Arena *a, const char *path, const char *suffix, PathVec *out, Err *err) MUST_CHECK;
/* The whole text, new in the arena. */
Status files_read(Arena *a, const char *path, Str *out, Err *err) MUST_CHECK;
/* Replaces a file by way of a temporary one beside it. */
Status files_write(const char *path, Str text, Err *err) MUST_CHECK;
/* The name without folders and without `suffix`. */
Str files_stem(Str path, const char *suffix);
/* Removes a folder and all below it; what is not there is fine. */
void files_remove(const char *path);

#endif
