// SPDX-License-Identifier: Apache-2.0
// Faults of test_broker: a broker that stands still in a commit, one that is killed and comes again, a byte that is flipped in
// its log, a token that runs out.
//
// KAFKA_DIR names the broker's directory (its process id in `pid`, its logs in data/); SRC the tree with scripts/kafka, which is
// needed where the broker is killed: the test `restart` runs only when it is named, on a broker of its own.
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/kafka/rig.h"

int damaged(void), unknown(void), token_again(void), restart(void), zombie(void), zombie_child(void);
int hold(char **argv);

static bool broker_file(const char *rest, char *path, size_t n)
{
    const char *dir = getenv("KAFKA_DIR");
    if (dir)
        snprintf(path, n, "%s/%s", dir, rest);
    else
        printf("    KAFKA_DIR is not set: not tried\n");
    return dir != NULL;
}

/* ---- a flipped byte ---- */

int damaged(void)
{
    const char *const settings[] = {"bootstrap.servers", getenv("KAFKA_BOOTSTRAP"), "compression.type", "none", NULL};
    char rest[160], path[512];
    Broker *b;
    Producer *p;
    static Reading r;
    snprintf(rest, sizeof rest, "data/%sdamaged-0/00000000000000000000.log", rig_prefix());
    if (!broker_file(rest, path, sizeof path))
        return 0;
    if (make_topic("damaged", 1, CLEANUP_DELETE, NULL))
        return 1;
    NEED(rig_open(settings, rig_prefix(), 0, &b, err));
    NEED(b->ops->producer_new(b, NULL, &p, err));
    NEED(put_now(p, "damaged", "k", "good", err));
    NEED(put_now(p, "damaged", "k", "bad, since a byte of it will be flipped", err));
    FILE *f = fopen(path, "r+b");
    if (!f) {
        printf("    %s cannot be opened\n", path);
        return 1;
    }
    fseek(f, -8, SEEK_END);
    int c = fgetc(f);
    fseek(f, -1, SEEK_CUR);
    fputc(c ^ 4, f);
    fclose(f);
    RecordSet set;
    NEED(reading_open(&r, b, "damaged", 0, 0, err));
    NEED(reading_next(&r, 10, &set, err));
    CHECK_INT(set.n, 1); /* what stands before it */
    set.release(set.owner);
    REFUSED(reading_next(&r, 10, &set, err), ERR_CORRUPT, "'damaged', partition 0: what stands at offset 1 is damaged");
    REFUSED(reading_next(&r, 10, &set, err), ERR_CORRUPT, "offset 1"); /* and stays so */
    reading_close(&r);
    b->ops->producer_free(p);
    b->ops->close(b);
    return 0;
}

/* ---- a broker that stands still ---- */

static long broker_pid(void)
{
    char path[512];
    long pid = 0;
    if (!broker_file("pid", path, sizeof path))
        return 0;
    FILE *f = fopen(path, "r");
    if (f) {
        if (fscanf(f, "%ld", &pid) != 1)
            pid = 0;
        fclose(f);
    }
    return pid;
}

/* None of its threads is running any more. */
static bool stands_still(long pid)
{
    char path[400], text[256];
    bool still = true;
    snprintf(path, sizeof path, "/proc/%ld/task", pid);
    DIR *d = opendir(path);
    if (!d)
        return false;
    for (struct dirent *e; (e = readdir(d)) && still;) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%ld/task/%s/stat", pid, e->d_name);
        FILE *f = fopen(path, "r");
        size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
        text[n] = 0;
        const char *p = strrchr(text, ')');
        still = !p || p[2] == 'T'; /* !p: it has ended */
        if (f)
            fclose(f);
    }
    closedir(d);
    return still;
}

static bool stop_process(long pid)
{
    int64_t end = rig_ms() + LIMIT_MS;
    bool still = false;
    for (kill((pid_t)pid, SIGSTOP); !still && rig_ms() < end;)
        still = stands_still(pid);
    return still;
}

int unknown(void)
{
    const char *const settings[] = {"bootstrap.servers", getenv("KAFKA_BOOTSTRAP"), "transaction.timeout.ms", "4000", NULL};
    Broker *b;
    Producer *p;
    static Reading r;
    Sent s = {0};
    Buf values = BUF_INIT;
    long pid = broker_pid();
    if (pid <= 1)
        return 0;
    if (make_topic("unknown", 1, CLEANUP_DELETE, NULL))
        return 1;
    NEED(rig_open(settings, rig_prefix(), 0, &b, err));
    NEED(b->ops->producer_new(b, "doubtful", &p, err));
    NEED(b->ops->init(p, err));
    NEED(b->ops->begin(p, err));
    NEED(put(p, "unknown", 0, "k", "first", err));
    NEED(b->ops->flush(p, sent, &s, err));
    CHECK_INT(s.bad, 0);
    CHECK(stop_process(pid));
    Err e = ERR_INIT;
    Status st = b->ops->commit(p, &e);
    CHECK_INT(kill((pid_t)pid, SIGCONT), 0);
    printf("    %s: %s\n", err_code_name(e.code), e.msg);
    err_clear(&e);
    CHECK_INT(st, ERR_UNKNOWN_OUTCOME);
    REFUSED(b->ops->begin(p, err), ERR_BROKER, "doubtful");
    NEED(b->ops->init(p, err)); /* a new epoch: what the old one has on its way is done, or never will be */
    NEED(b->ops->begin(p, err));
    NEED(put(p, "unknown", 0, "k", "second", err));
    NEED(b->ops->flush(p, sent, &s, err));
    NEED(b->ops->commit(p, err));
    NEED(reading_open(&r, b, "unknown", 0, 0, err));
    NEED(reading_all(&r, 1, &values, err));
    printf("    read: %s\n", buf_z(&values));
    CHECK(str_eq_c(buf_view(&values), "first second ") || str_eq_c(buf_view(&values), "second "));
    reading_close(&r);
    buf_free(&values);
    b->ops->producer_free(p);
    b->ops->close(b);
    return 0;
}

/* ---- a broker that dies and comes again ---- */

static int script(const char *what)
{
    char command[600];
    snprintf(command, sizeof command, "'%s/scripts/kafka' --dir '%s' %s > /dev/null", getenv("SRC"), getenv("KAFKA_DIR"), what);
    return system(command);
}

/* One that waits for a second only. */
static Broker *impatient(void)
{
    KafkaSetting at = {STR("bootstrap.servers"), str_of(getenv("KAFKA_BOOTSTRAP"))};
    KafkaConfig c = {.settings = &at, .n = 1, .client_id = "impatient", .prefix = rig_prefix(), .request_ms = 1000};
    Broker *b = NULL;
    Err err = ERR_INIT;
    if (kafka_broker_open(&c, &b, &err))
        err_clear(&err);
    return b;
}

static const GroupPosition at_one = {.topic = {"restart", 7}, .offset = 1}, at_two = {.topic = {"restart", 7}, .offset = 2};

/* What was asked of a group's coordinator in vain is over, and is not done later. (librdkafka 2.0 ends the process when an admin
 * request that has timed out finds its coordinator.) */
static int ask_in_vain(Broker *b)
{
    REFUSED(b->ops->set_positions(b, STR("waits"), &at_one, 1, err), ERR_BROKER, "");
    REFUSED(b->ops->drop_group(b, STR("waits"), err), ERR_BROKER, "");
    return 0;
}

static int ask_again(Broker *b)
{
    Arena *a = arena_new(256);
    GroupPositionVec v = {0};
    Status st;
    Err e = ERR_INIT;
    for (int64_t until = rig_ms() + LIMIT_MS; (st = b->ops->set_positions(b, STR("another"), &at_one, 1, &e)) && rig_ms() < until;)
        err_clear(&e);
    err_clear(&e);
    CHECK_INT(st, OK); /* the coordinator is there, and would have done it by now */
    NEED(b->ops->positions(b, STR("waits"), a, &v, err));
    CHECK_INT(v.n, 1);
    CHECK_INT(v.v[0].offset, 2);
    NEED(b->ops->set_positions(b, STR("waits"), &at_one, 1, err));
    v = (GroupPositionVec){0};
    NEED(b->ops->positions(b, STR("waits"), a, &v, err));
    CHECK_INT(v.v[0].offset, 1);
    arena_free(a);
    return 0;
}

int restart(void)
{
    /* How long the broker takes to come again is the machine's. */
    const char *const patient[] = {"bootstrap.servers", getenv("KAFKA_BOOTSTRAP"), "delivery.timeout.ms", "180000", NULL};
    Broker *b, *brief = impatient();
    Producer *p;
    static Reading r;
    Sent s = {0};
    Buf values = BUF_INIT;
    TopicInfo info;
    if (!getenv("SRC") || !getenv("KAFKA_DIR")) {
        printf("    SRC and KAFKA_DIR are needed\n");
        return 1;
    }
    if (make_topic("restart", 1, CLEANUP_DELETE, NULL))
        return 1;
    NEED(rig_open(patient, rig_prefix(), 0, &b, err));
    NEED(b->ops->producer_new(b, NULL, &p, err));
    NEED(put_now(p, "restart", "k", "before", err));
    NEED(reading_open(&r, b, "restart", 0, 0, err));
    NEED(reading_all(&r, 1, &values, err));
    CHECK(brief != NULL);
    NEED(brief->ops->set_positions(brief, STR("waits"), &at_two, 1, err));
    CHECK_INT(script("kill"), 0);
    NEED(put(p, "restart", 0, "k", "while it is away", err)); /* waits in the producer */
    RecordSet set;
    NEED(b->ops->fetch(r.f, 10, &set, &r.at_end, err)); /* no error: librdkafka goes on trying */
    CHECK_INT(set.n, 0);
    const char *const settings[] = {"bootstrap.servers", getenv("KAFKA_BOOTSTRAP"), NULL};
    REFUSED(rig_open(settings, "", 0, &(Broker *){NULL}, err), ERR_BROKER, "Connection refused");
    REFUSED(b->ops->describe(b, STR("restart"), &info, err), ERR_BROKER, "Connection refused");
    if (ask_in_vain(brief))
        return 1;
    CHECK_INT(script("start"), 0);
    if (ask_again(brief))
        return 1;
    NEED(b->ops->flush(p, sent, &s, err));
    CHECK_INT(s.n, 1);
    CHECK_INT(s.bad, 0);
    NEED(put_now(p, "restart", "k", "after", err));
    buf_clear(&values);
    NEED(reading_all(&r, 2, &values, err));
    CHECK_STR(buf_view(&values), "while it is away after ");
    NEED(b->ops->describe(b, STR("restart"), &info, err));
    CHECK_INT(info.partitions, 1);
    reading_close(&r);
    buf_free(&values);
    b->ops->producer_free(p);
    b->ops->close(b);
    brief->ops->close(brief);
    return 0;
}

/* ---- a member that stood still for too long ---- */

typedef struct Slots {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t slots;
} Slots;

static void take_slots(void *arg, uint64_t slots, bool lost)
{
    Slots *s = arg;
    UNUSED(lost);
    pthread_mutex_lock(&s->lock);
    s->slots = slots;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

static bool all_slots(Slots *s)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LIMIT_MS / 1000;
    pthread_mutex_lock(&s->lock);
    int late = 0;
    while (s->slots != UINT64_MAX && !late)
        late = pthread_cond_timedwait(&s->changed, &s->lock, &until);
    bool all = s->slots == UINT64_MAX;
    pthread_mutex_unlock(&s->lock);
    return all;
}

static Status join_as(Slots *s, const char *name, Err *err)
{
    pthread_mutex_init(&s->lock, NULL);
    s->slots = 0;
    MembershipConfig c = {.group = STR("zombies"), .topic = STR("zombies-control"), .name = str_of(name), .session_ms = 6000,
                          .changed = take_slots, .arg = s};
    return rig()->ops->join(rig(), &c, err);
}

/* The other process: has all slots and an open transaction, says so, and commits when a byte comes. */
int zombie_child(void)
{
    static Slots slots;
    Broker *b = rig();
    Producer *p;
    Sent s = {0};
    NEED(join_as(&slots, "stopped", err));
    CHECK(all_slots(&slots));
    NEED(b->ops->producer_new(b, "of-the-stopped", &p, err));
    NEED(b->ops->init(p, err));
    NEED(b->ops->begin(p, err));
    NEED(put(p, "zombies", 0, "k", "late", err));
    NEED(b->ops->flush(p, sent, &s, err));
    printf("ready\n");
    if (getchar() == EOF)
        return 1;
    Err err = ERR_INIT;
    Status st = b->ops->send_member(p, &err);
    if (!st)
        st = b->ops->commit(p, &err);
    printf("%s %s\n", err_code_name(err.code), err.msg ? err.msg : "");
    err_clear(&err);
    fflush(stdout);
    _exit(st == OK);
}

static pid_t start_child(int *in, FILE **out)
{
    int a[2], b[2];
    rig(); /* its prefix is the child's */
    if (pipe(a) || pipe(b))
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(a[0], 0);
        dup2(b[1], 1);
        close(a[1]);
        close(b[0]);
        alarm(120);
        execl("/proc/self/exe", "test_broker", "zombie_child", (char *)NULL);
        _exit(127);
    }
    close(a[0]);
    close(b[1]);
    *in = a[1];
    *out = fdopen(b[0], "r");
    return pid;
}

/* The slots went to another while the process was stopped: what it commits afterwards is refused. */
int zombie(void)
{
    static Slots slots;
    static Reading r;
    Broker *b = rig();
    FILE *out;
    int in, status = 0;
    char line[512] = "";
    Buf values = BUF_INIT;
    if (make_topic("zombies", 1, CLEANUP_DELETE, NULL))
        return 1;
    pid_t pid = start_child(&in, &out);
    CHECK(pid > 0);
    while (fgets(line, sizeof line, out) && strcmp(line, "ready\n") != 0)
        ;
    CHECK_TEXT(line, "ready\n");
    CHECK(stop_process(pid));
    NEED(join_as(&slots, "other", err));
    bool taken = all_slots(&slots);
    CHECK_INT(write(in, "\n", 1), 1);
    CHECK_INT(kill(pid, SIGCONT), 0);
    if (!fgets(line, sizeof line, out))
        line[0] = 0;
    CHECK_INT(waitpid(pid, &status, 0), pid);
    fclose(out);
    close(in);
    printf("    the stopped one: %s", line);
    CHECK(taken);
    CHECK(str_starts(str_of(line), STR("ERR_ABORT")) || str_starts(str_of(line), STR("ERR_FENCED")));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    Producer *p; /* whoever takes its name ends what it left open */
    NEED(b->ops->producer_new(b, "of-the-stopped", &p, err));
    NEED(b->ops->init(p, err));
    NEED(b->ops->begin(p, err));
    NEED(put(p, "zombies", 0, "k", "in time", err));
    NEED(b->ops->send_member(p, err));
    NEED(b->ops->commit(p, err));
    NEED(reading_open(&r, b, "zombies", 0, 0, err));
    NEED(reading_all(&r, 1, &values, err));
    CHECK_STR(buf_view(&values), "in time ");
    reading_close(&r);
    buf_free(&values);
    b->ops->producer_free(p);
    b->ops->leave(b);
    return 0;
}

/* ---- a token that runs out ---- */

static void base64url(Buf *out, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t bits = 0;
    int have = 0;
    for (; *text; text++) {
        bits = bits << 8 | (unsigned char)*text;
        for (have += 8; have >= 6; have -= 6)
            buf_byte(out, digits[bits >> (have - 6) & 63]);
    }
    if (have)
        buf_byte(out, digits[bits << (6 - have) & 63]);
}

typedef struct Lines {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    bool found;
} Lines;

static void look_for_file(void *arg, int level, const char *text)
{
    Lines *l = arg;
    UNUSED(level);
    if (!strstr(text, "cannot be read"))
        return;
    pthread_mutex_lock(&l->lock);
    l->found = true;
    pthread_cond_signal(&l->cond);
    pthread_mutex_unlock(&l->lock);
}

/* The file is gone when the token is about to run out: that is noticed, so the file is read again. */
int token_again(void)
{
    static Lines lines = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    char file[] = "/tmp/sluice-token-XXXXXX", claims[128];
    const char *sasl = getenv("KAFKA_SECURE");
    if (!sasl) {
        printf("    no secured listener: not tried\n");
        return 0;
    }
    int fd = mkstemp(file);
    CHECK(fd >= 0);
    Buf token = BUF_INIT;
    long now = (long)time(NULL);
    snprintf(claims, sizeof claims, "{\"sub\":\"alice\",\"iat\":%ld,\"exp\":%ld}", now, now + 5);
    base64url(&token, "{\"alg\":\"none\"}");
    buf_byte(&token, '.');
    base64url(&token, claims);
    buf_byte(&token, '.');
    CHECK_INT(write(fd, token.p, token.n), (ssize_t)token.n);
    close(fd);
    buf_free(&token);
    const KafkaSetting v[] = {{STR("bootstrap.servers"), str_of(sasl)},
                              {STR("security.protocol"), STR("SASL_PLAINTEXT")},
                              {STR("sasl.mechanism"), STR("OAUTHBEARER")},
                              {STR("sasl.oauthbearer.token.file"), str_of(file)}};
    KafkaConfig c = {.settings = v, .n = ARRAY_LEN(v), .log = look_for_file, .log_arg = &lines};
    Broker *b;
    NEED(kafka_broker_open(&c, &b, err));
    unlink(file);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LIMIT_MS / 1000;
    pthread_mutex_lock(&lines.lock);
    int late = 0;
    while (!lines.found && !late)
        late = pthread_cond_timedwait(&lines.cond, &lines.lock, &until);
    bool found = lines.found;
    pthread_mutex_unlock(&lines.lock);
    b->ops->close(b);
    CHECK(found);
    return 0;
}

/* ---- for other tests: somebody else's open transaction ---- */

/* argv: a name, a topic, its partitions, a group (empty: none) and the transaction's time-out. Writes a record to each partition,
 * or positions (offset 0) of all into the group, says "open", and keeps the transaction open until something comes on standard
 * input: "abort" ends it, the end of input ends the process alone. */
int hold(char **argv)
{
    const char *const settings[] = {"bootstrap.servers", getenv("KAFKA_BOOTSTRAP"), "transaction.timeout.ms", argv[4], NULL};
    int n = atoi(argv[2]);
    Broker *b;
    Producer *p;
    NEED(rig_open(settings, NULL, 0, &b, err));
    NEED(b->ops->producer_new(b, argv[0], &p, err));
    NEED(b->ops->init(p, err));
    NEED(b->ops->begin(p, err));
    for (int i = 0; i < n; i++) {
        GroupPosition at = {.topic = str_of(argv[1]), .partition = i};
        Record r = {.key = "held", .key_len = 4, .value = "{}", .value_len = 2, .ts = 1};
        if (*argv[3])
            NEED(b->ops->send_positions(p, str_of(argv[3]), &at, 1, err));
        else
            NEED(b->ops->produce(p, str_of(argv[1]), i, &r, NULL, err));
    }
    Sent s = {0};
    NEED(b->ops->flush(p, sent, &s, err));
    printf("open\n");
    char line[16];
    if (!fgets(line, sizeof line, stdin))
        _exit(0);
    NEED(b->ops->abort(p, err));
    b->ops->producer_free(p);
    b->ops->close(b);
    return 0;
}
