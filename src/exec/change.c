// SPDX-License-Identifier: Apache-2.0
// A table's change as the value of a record: layout and source in change.h. Only bytes are moved here; what the rows in them say
// is the business of the topic's value format. The writer is op_sink's, the reader the runtime's decoder of repartition topics.
// @thread any
#include "exec/change.h"

enum { FLAG_BEFORE, FLAG_AFTER, FLAG_BOTH, FLAG_LATEST /* from here on the same three again, with one more byte */ };

void change_write(Buf *out, const Change *c)
{
    bool both = c->before.p && c->after.p;
    if (both)
        buf_varint(out, zigzag(c->after.n));
    if (c->after.p)
        buf_bytes(out, c->after.p, (size_t)c->after.n);
    if (c->before.p)
        buf_bytes(out, c->before.p, (size_t)c->before.n);
    buf_byte(out, both ? FLAG_BOTH : c->after.p ? FLAG_AFTER : FLAG_BEFORE);
}

const char *change_read(Bytes value, Change *out)
{
    *out = (Change){{NULL, 0}, {NULL, 0}};
    if (!value.p || value.n < 1)
        return "A change of a table has no value";
    int flag = (unsigned char)value.p[--value.n];
    if (flag >= FLAG_LATEST) {
        flag -= FLAG_LATEST;
        if (--value.n < 0)
            return "A change of a table is cut off";
    }
    if (flag == FLAG_BEFORE) {
        out->before = value;
    } else if (flag == FLAG_AFTER) {
        out->after = value;
    } else if (flag == FLAG_BOTH) {
        Rd rd = rd_of((Str){value.p, (size_t)value.n});
        int64_t n = unzigzag(rd_varint(&rd));
        if (rd.bad || n < 0 || n > rd.end - rd.p)
            return "A change of a table is cut off";
        out->after = (Bytes){(const char *)rd.p, n};
        out->before = (Bytes){(const char *)rd.p + n, rd.end - rd.p - n};
    } else {
        return "A change of a table is of an unknown kind";
    }
    return NULL;
}
