/* One publisher at a time: fills a request template and sends it closed-loop (a window of events under way),
 * open-loop (a rate; the stamp is the time it was due, so that waiting counts), or as fast as it is answered.
 *
 * A template holds "@@SSSSSSSSSSSSSSSS" for the stamp, "CCCCCC" for the channel's number and
 * "UUUUUUUU-UUUU-4UUU-8UUU-UUUUUUUUUUUU" for a fresh UUID; each is replaced in place. */
#include "loadgen.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADER_MOST 8192
#define ENDS_NS 1000000000ull

typedef struct {
    source source;
    bool busy;
    u64 asked;
    char header[HEADER_MOST];
    size_t held;
    long body_left; /* -1 while the header is not whole */
} connection;

static struct {
    bool active, draining, spins, replies;
    group *group;
    char *request, *stamp, *channel, *uuid;
    size_t size;
    long connections, next, channels, window, fan;
    double interval;
    connection *all;
    u64 began, cpu_began, ends, gives_up, count_most, sent, answered, status[6], not_modified, bytes, busy_ns, all_ns;
    u64 last_answer, completed_before, deliveries_before;
    histogram latency;
} p;

static void hex_into(char *text, int digits, u64 value)
{
    for (int i = digits - 1; i >= 0; i--, value >>= 4)
        text[i] = "0123456789abcdef"[value & 15];
}

static void fill(u64 stamp)
{
    static u64 state = 88172645463325252ull;
    if (p.stamp)
        stamp_into(p.stamp + 2, stamp);
    if (p.channel) {
        char text[8];
        snprintf(text, sizeof text, "%06ld", (long)(p.sent % (u64)p.channels) % 1000000);
        memcpy(p.channel, text, 6);
    }
    if (p.uuid) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        hex_into(p.uuid, 8, state);
        hex_into(p.uuid + 9, 4, state >> 32);
        hex_into(p.uuid + 15, 3, p.sent >> 40);
        hex_into(p.uuid + 20, 3, state >> 48);
        hex_into(p.uuid + 24, 12, p.began ^ p.sent);
    }
}

static void send_all(int fd, const char *text, size_t size)
{
    while (size) {
        ssize_t n = send(fd, text, size, 0);
        if (n > 0) {
            text += n;
            size -= (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            struct pollfd wait = {.fd = fd, .events = POLLOUT};
            poll(&wait, 1, 1000);
        } else {
            fail("the publisher's connection ended");
        }
    }
}

static bool send_one(u64 stamp)
{
    for (long i = 0; i < p.connections; i++) {
        connection *c = &p.all[p.next];
        p.next = (p.next + 1) % p.connections;
        if (p.replies && c->busy)
            continue;
        fill(stamp);
        c->busy = true;
        c->asked = stamp;
        p.sent++;
        send_all(c->source.fd, p.request, p.size);
        return true;
    }
    return false;
}

static void answered(connection *c, u64 now)
{
    c->busy = false;
    c->held = 0;
    c->body_left = -1;
    p.answered++;
    p.last_answer = now;
    histogram_add(&p.latency, now > c->asked ? now - c->asked : 0);
}

static size_t take_header(connection *c, const char *data, size_t size)
{
    size_t room = HEADER_MOST - 1 - c->held, taken = size < room ? size : room, before = c->held;
    memcpy(c->header + c->held, data, taken);
    c->held += taken;
    c->header[c->held] = 0;
    char *blank = strstr(c->header, "\r\n\r\n");
    if (!blank) {
        if (c->held == HEADER_MOST - 1)
            fail("an answer's header is too long");
        return taken;
    }
    *blank = 0;
    int status = atoi(c->header + 9);
    p.status[status / 100 % 6]++;
    p.not_modified += status == 304;
    char *length = strcasestr(c->header, "\r\ncontent-length:");
    c->body_left = length && status != 304 && status != 204 ? atol(length + 17) : 0;
    return (size_t)(blank + 4 - c->header) - before;
}

void publisher_ready(source *s, uint32_t events)
{
    static char data[256 * 1024];
    connection *c = (connection *)s;
    (void)events;
    ssize_t n = recv(s->fd, data, sizeof data, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        errno = n ? errno : ECONNRESET;
        fail("the publisher's connection ended");
    }
    u64 now = now_ns();
    p.bytes += (u64)n;
    if (!p.replies)
        return;
    for (char *at = data, *end = data + n; at < end;) {
        if (c->body_left < 0) {
            at += take_header(c, at, (size_t)(end - at));
        } else {
            long rest = end - at, used = rest < c->body_left ? rest : c->body_left;
            at += used;
            c->body_left -= used;
        }
        if (c->body_left == 0)
            answered(c, now);
    }
}

static u64 completed(void) { return group_completed(p.group) - p.completed_before; }
static u64 deliveries(void) { return p.group ? group_deliveries(p.group) - p.deliveries_before : 0; }

static void finish(u64 now)
{
    u64 last = p.group ? group_last_delivery(p.group) : p.last_answer;
    u64 to = last > p.began ? last : now;
    printf("{\"event\":\"published\",\"sent\":%llu,\"answered\":%llu,\"ok\":%llu,\"not_modified\":%llu,\"errors\":%llu,"
           "\"deliveries\":%llu,\"expected\":%llu,\"bytes\":%llu,\"seconds\":%.6f,\"cpu\":%.6f,\"busy\":%.4f,",
           (unsigned long long)p.sent, (unsigned long long)p.answered, (unsigned long long)p.status[2],
           (unsigned long long)p.not_modified, (unsigned long long)(p.status[4] + p.status[5]),
           (unsigned long long)deliveries(), (unsigned long long)(p.sent * (u64)p.fan),
           (unsigned long long)p.bytes, (double)(to - p.began) / 1e9, (double)(cpu_ns() - p.cpu_began) / 1e9,
           p.all_ns ? (double)p.busy_ns / (double)p.all_ns : 0.0);
    histogram_print(&p.latency);
    printf("}\n");
    fflush(stdout);
    for (long i = 0; i < p.connections; i++)
        close(p.all[i].source.fd);
    free(p.all);
    free(p.request);
    p.active = false;
}

static bool all_arrived(void)
{
    if (p.replies && p.answered < p.sent)
        return false;
    return deliveries() >= p.sent * (u64)p.fan;
}

static u64 send_due(u64 now)
{
    if (p.interval > 0) {
        while (p.sent < p.count_most) {
            u64 due = p.began + (u64)((double)p.sent * p.interval);
            if (due > now || !send_one(due))
                return due > now ? due : now + 50000;
        }
    } else if (p.group) {
        while (p.sent - completed() < (u64)p.window && p.sent < p.count_most && send_one(now_ns()))
            continue;
    } else {
        while (p.sent < p.count_most && send_one(now_ns()))
            continue;
    }
    return UINT64_MAX;
}

u64 publisher_tick(u64 now)
{
    if (!p.active)
        return UINT64_MAX;
    if (p.draining) {
        if (all_arrived() || now > p.gives_up)
            finish(now);
        return UINT64_MAX;
    }
    u64 due = now < p.ends ? send_due(now) : UINT64_MAX;
    if (now >= p.ends || p.sent >= p.count_most) {
        p.draining = true;
        p.gives_up += now;
        return now;
    }
    return due;
}

bool publisher_spins(void) { return p.active && p.spins; }

void publisher_loop_time(u64 ns, bool busy)
{
    if (!p.active)
        return;
    p.all_ns += ns;
    if (busy)
        p.busy_ns += ns;
}

static void connect_all(int port)
{
    p.all = calloc((size_t)p.connections, sizeof *p.all);
    for (long i = 0; i < p.connections; i++) {
        connection *c = &p.all[i];
        c->body_left = -1;
        c->source = (source){SOURCE_PUBLISHER, connect_to(port, 0)};
        struct pollfd wait = {.fd = c->source.fd, .events = POLLOUT};
        if (c->source.fd < 0 || poll(&wait, 1, 5000) != 1 || wait.revents & (POLLERR | POLLHUP))
            fail("the publisher cannot connect");
        watch(&c->source, EPOLLIN, true);
    }
}

void publish_start(const command *c)
{
    if (p.active) {
        printf("{\"event\":\"error\",\"message\":\"a publisher is running\"}\n");
        return;
    }
    memset(&p, 0, sizeof p);
    p.request = read_file(word(c, "template", ""), &p.size);
    p.stamp = memmem(p.request, p.size, "@@SSSSSSSSSSSSSSSS", 18);
    p.channel = memmem(p.request, p.size, "CCCCCC", 6);
    p.uuid = memmem(p.request, p.size, "UUUUUUUU-UUUU-4UUU-8UUU-UUUUUUUUUUUU", 36);
    p.group = group_named(word(c, "name", NULL));
    p.completed_before = p.group ? group_completed(p.group) : 0;
    p.deliveries_before = p.group ? group_deliveries(p.group) : 0;
    p.connections = number(c, "connections", 1);
    p.replies = number(c, "replies", 0);
    p.window = number(c, "window", 1);
    p.channels = number(c, "channels", 1);
    p.spins = number(c, "spin", 1);
    p.fan = number(c, "fan", p.group ? group_size(p.group) : 0);
    double seconds = (double)number(c, "ms", 1000) / 1000.0, rate = (double)number(c, "rate", 0);
    p.interval = rate > 0 ? 1e9 / rate : 0;
    p.count_most = (u64)number(c, "count", rate > 0 ? (long)(rate * seconds + 0.5) : 1l << 60);
    connect_all((int)number(c, "port", 0));
    p.active = true;
    p.began = now_ns();
    p.cpu_began = cpu_ns();
    p.ends = p.began + (u64)(seconds * 1e9) + (rate > 0 ? ENDS_NS : 0);
    p.gives_up = (u64)number(c, "grace_ms", 5000) * 1000000ull;
}
