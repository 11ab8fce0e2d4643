// SPDX-License-Identifier: Apache-2.0
// Waits until a consumer group has committed the whole of some topics, and prints what a process has used until
// then: the measure of an engine that is looked at from outside.
//
//   watch --bootstrap-server H:P --group PART-OF-NAME --pid PID [--timeout 600] TOPIC…
//
// The ends are those of the first look at each topic. Prints one line of `name=value` words: group, records (of all
// topics), cpu (seconds of the process since its start, all threads), wall (seconds since its start), rss (MB). Exit
// code 1 when the process ends before, or the time is over.
#include "bench/kafka/common.h"

#include <unistd.h>

enum { LOOK_MS = 50, MAX_TOPICS = 8 };

typedef struct Watch {
    rd_kafka_t *rk;
    const char *part, *pid;
    char group[256]; /* "": not seen yet */
    rd_kafka_topic_partition_list_t *ends;
    int64_t records;
} Watch;

/* utime + stime and the start, in seconds (proc(5)); false: there is no such process, or it is dead. */
static int process_times(const char *pid, double *cpu, double *start, double *rss)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f)
        fclose(f);
    text[n] = '\0';
    char *p = strrchr(text, ')'), state;
    unsigned long long user, sys, begun;
    long pages;
    if (!p || sscanf(p + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d %llu %*u %ld", &state,
                     &user, &sys, &begun, &pages) != 5 || state == 'Z')
        return 0;
    double hz = (double)sysconf(_SC_CLK_TCK);
    *cpu = (double)(user + sys) / hz;
    *start = (double)begun / hz;
    *rss = (double)pages * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
    return 1;
}

static void find_group(Watch *w)
{
    const struct rd_kafka_group_list *list;
    if (rd_kafka_list_groups(w->rk, NULL, &list, 5000))
        return;
    for (int i = 0; i < list->group_cnt && !w->group[0]; i++)
        if (strstr(list->groups[i].group, w->part))
            snprintf(w->group, sizeof w->group, "%s", list->groups[i].group);
    rd_kafka_group_list_destroy(list);
}

static void find_ends(Watch *w, char **topics, int n)
{
    w->ends = rd_kafka_topic_partition_list_new(n);
    for (int i = 0; i < n; i++) {
        int partitions = partitions_of(w->rk, topics[i]);
        if (!partitions)
            fail("watch: no topic %s", topics[i]);
        for (int p = 0; p < partitions; p++) {
            int64_t end = end_offset(w->rk, topics[i], p);
            rd_kafka_topic_partition_list_add(w->ends, topics[i], p)->offset = end;
            w->records += end;
        }
    }
}

/* How far the group is: 1 when it has committed every end. */
static int committed(const Watch *w, rd_kafka_event_t *event)
{
    size_t n;
    const rd_kafka_group_result_t **results = rd_kafka_ListConsumerGroupOffsets_result_groups(
        rd_kafka_event_ListConsumerGroupOffsets_result(event), &n);
    if (n != 1 || rd_kafka_group_result_error(results[0]))
        return 0;
    const rd_kafka_topic_partition_list_t *at = rd_kafka_group_result_partitions(results[0]);
    for (int i = 0; i < w->ends->cnt; i++) {
        const rd_kafka_topic_partition_t *end = &w->ends->elems[i], *got = NULL;
        for (int k = 0; k < at->cnt; k++)
            if (at->elems[k].partition == end->partition && strcmp(at->elems[k].topic, end->topic) == 0)
                got = &at->elems[k];
        if (end->offset > 0 && (!got || got->offset < end->offset))
            return 0;
    }
    return 1;
}

static int look(const Watch *w)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(w->rk);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(w->rk, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
    rd_kafka_ListConsumerGroupOffsets_t *ask = rd_kafka_ListConsumerGroupOffsets_new(w->group, w->ends);
    rd_kafka_ListConsumerGroupOffsets(w->rk, &ask, 1, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 10000);
    int done = event && !rd_kafka_event_error(event) && committed(w, event);
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_ListConsumerGroupOffsets_destroy(ask);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    return done;
}

int main(int argc, char **argv)
{
    Watch w = {.part = option(argc, argv, "group", NULL), .pid = option(argc, argv, "pid", NULL)};
    double limit = wall_now() + (double)option_int(argc, argv, "timeout", "600"), cpu, start, rss;
    int first = 1;
    while (first < argc && strncmp(argv[first], "--", 2) == 0)
        first += 2;
    if (first >= argc || argc - first > MAX_TOPICS)
        fail("watch: one to %d topics", MAX_TOPICS);
    w.rk = connect_to(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), option(argc, argv, "bootstrap-server", NULL));
    find_ends(&w, argv + first, argc - first);
    for (int done = 0; !done;) {
        if (!w.group[0])
            find_group(&w);
        done = w.group[0] && look(&w);
        if (!process_times(w.pid, &cpu, &start, &rss))
            fail("watch: process %s has ended", w.pid);
        if (!done && wall_now() > limit)
            fail("watch: the time is over; group %s", w.group[0] ? w.group : "not seen");
        if (!done)
            usleep(LOOK_MS * 1000);
    }
    struct timespec up;
    clock_gettime(CLOCK_BOOTTIME, &up);
    printf("group=%s records=%lld cpu=%.2f wall=%.2f rss=%.0f\n", w.group, (long long)w.records, cpu,
           (double)up.tv_sec + (double)up.tv_nsec / 1e9 - start, rss);
    rd_kafka_topic_partition_list_destroy(w.ends);
    rd_kafka_destroy(w.rk);
    return 0;
}
