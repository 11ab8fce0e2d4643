// SPDX-License-Identifier: Apache-2.0
// MD5 of a text (RFC 1321), for the function of that name; not for anything secret. Pure; any thread.
#ifndef SLUICE_FUNC_MD5_H
#define SLUICE_FUNC_MD5_H

#include "base/base.h"

void md5_of(Str s, char out[16]);

#endif
