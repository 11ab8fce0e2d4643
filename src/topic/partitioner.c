// SPDX-License-Identifier: Apache-2.0
// Which partition a key goes to: as Kafka's default partitioner for keyed records.
//
// Source of the rule: org.apache.kafka.common.utils.Utils.murmur2 (32-bit MurmurHash2 by Austin
// Appleby, seed 0x9747b28c) and Utils.toPositive. Existing topics of Kafka depend on every bit.
#include "topic/topic.h"

uint32_t murmur2(Str key)
{
    const uint32_t m = 0x5bd1e995;
    const unsigned char *p = (const unsigned char *)key.p;
    size_t n = key.n;
    uint32_t h = 0x9747b28c ^ (uint32_t)n;
    for (; n >= 4; p += 4, n -= 4) {
        uint32_t k = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        k *= m;
        k ^= k >> 24;
        h = (h * m) ^ (k * m);
    }
    switch (n) {
    case 3: h ^= (uint32_t)p[2] << 16; /* fall through */
    case 2: h ^= (uint32_t)p[1] << 8;  /* fall through */
    case 1: h = (h ^ p[0]) * m; break;
    default: break;
    }
    h = (h ^ (h >> 13)) * m;
    return h ^ (h >> 15);
}

int partition_of(Str key, int partitions)
{
    return (int)((murmur2(key) & 0x7fffffff) % (uint32_t)partitions);
}
