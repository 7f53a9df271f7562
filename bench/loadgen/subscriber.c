/* Websocket subscribers in named groups: handshake, hello, frames counted by their lengths. */
#include "loadgen.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK (256 * 1024)
#define HELD_MOST (128 * 1024)
#define TRACKED 65536
#define GROUPS 8

typedef enum { CONNECTING, HANDSHAKE, GREETING, OPEN, CLOSED } state;

typedef struct {
    source source;
    state state;
    group *group;
    u64 count;
    long long seq; /* the last one seen, -1 for unknown */
    char *held;
    size_t held_size;
} subscriber;

struct group {
    char name[16], path[256], ready[64];
    subscriber *all;
    long count, started, opening, open, failed, per_path, want, whole, inflight_most, recovered, resyncs;
    long closed, gaps, repeats, whole_told;
    int port, receive_buffer, last_code;
    bool check, told;
    long long since;
    char *hellos, **hello;
    long hello_count;
    u64 began, cpu_began, deliveries, completed, last_delivery, other, bytes;
    uint32_t *delivered_to; /* how many have event k, a ring */
    histogram latency, last; /* of every delivery; of the last of each event */
};

static group groups[GROUPS];
static char buffer[HELD_MOST + CHUNK];

group *group_named(const char *name)
{
    for (int i = 0; i < GROUPS; i++)
        if (name && groups[i].all && !strcmp(groups[i].name, name))
            return &groups[i];
    return NULL;
}

long group_size(const group *g) { return g->open; }
u64 group_deliveries(const group *g) { return g->deliveries; }
u64 group_completed(const group *g) { return g->completed; }
u64 group_last_delivery(const group *g) { return g->last_delivery; }

static void send_frame(subscriber *c, int opcode, const char *payload, size_t size)
{
    unsigned char frame[8192 + 8], mask[4] = {0x5a, 0x17, 0xc3, 0x88};
    size_t head = size < 126 ? 2 : 4;
    if (size > 8192 - 8)
        fail("hello too long");
    frame[0] = (unsigned char)(0x80 | opcode);
    frame[1] = (unsigned char)(0x80 | (size < 126 ? size : 126));
    if (head == 4) {
        frame[2] = (unsigned char)(size >> 8);
        frame[3] = (unsigned char)size;
    }
    memcpy(frame + head, mask, 4);
    for (size_t i = 0; i < size; i++)
        frame[head + 4 + i] = (unsigned char)payload[i] ^ mask[i & 3];
    if (send(c->source.fd, frame, head + 4 + size, 0) < 0 && errno != EPIPE && errno != ECONNRESET)
        c->group->failed++;
}

static void ended(subscriber *c)
{
    group *g = c->group;
    if (c->state == CLOSED)
        return;
    if (c->state == OPEN) {
        g->open--;
        g->closed++;
    } else {
        g->opening--;
        g->failed++;
    }
    c->state = CLOSED;
    close(c->source.fd);
    free(c->held);
    c->held = NULL;
    c->held_size = 0;
}

static void greeted(subscriber *c)
{
    c->state = OPEN;
    c->group->opening--;
    c->group->open++;
}

static void upgraded(subscriber *c)
{
    group *g = c->group;
    c->state = GREETING;
    if (g->hello_count) {
        const char *hello = g->hello[(c - g->all) % g->hello_count];
        send_frame(c, 1, hello, strlen(hello));
    }
    if (!g->ready[0])
        greeted(c);
}

static long long seq_in(const char *text, size_t size)
{
    const char *at = memmem(text, size, "\"seq\":", 6);
    return at ? strtoll(at + 6, NULL, 10) : -1;
}

static void check_seq(subscriber *c, const char *text, size_t size)
{
    long long seq = seq_in(text, size);
    if (c->seq >= 0 && seq > c->seq + 1)
        c->group->gaps++;
    if (c->seq >= 0 && seq <= c->seq)
        c->group->repeats++;
    c->seq = seq;
}

static void event(subscriber *c, const char *stamp, u64 now)
{
    group *g = c->group;
    u64 sent = stamp_from(stamp);
    histogram_add(&g->latency, now > sent ? now - sent : 0);
    uint32_t *reached = &g->delivered_to[c->count & (TRACKED - 1)];
    if (++*reached >= (uint32_t)g->open) {
        *reached = 0;
        g->completed++;
        histogram_add(&g->last, now > sent ? now - sent : 0);
    }
    c->count++;
    g->deliveries++;
    g->last_delivery = now;
    if (g->want && c->count == (u64)g->want)
        g->whole++;
}

static void told(subscriber *c, const char *text, size_t size)
{
    group *g = c->group;
    g->other++;
    if (c->state == GREETING && memmem(text, size, g->ready, strlen(g->ready))) {
        bool recovered = memmem(text, size, "\"recovered\":true", 16) != NULL;
        g->recovered += recovered;
        c->seq = g->since >= 0 && recovered ? g->since : seq_in(text, size);
        greeted(c);
    } else if (memmem(text, size, "\"type\":\"resync\"", 15)) {
        g->resyncs++;
        c->seq = -1;
    }
}

static void frame(subscriber *c, int opcode, const char *payload, size_t size, u64 now)
{
    if (opcode == 9) {
        send_frame(c, 10, payload, size);
    } else if (opcode == 8) {
        c->group->last_code = size > 1 ? (unsigned char)payload[0] << 8 | (unsigned char)payload[1] : 1005;
        ended(c);
    } else if (opcode < 3) {
        const char *end = payload + size, *at = payload;
        while ((at = memchr(at, '@', (size_t)(end - at))) && end - at >= 18 && at[1] != '@')
            at++;
        if (!at || end - at < 18) {
            told(c, payload, size);
            return;
        }
        if (c->group->check)
            check_seq(c, payload, size);
        event(c, at + 2, now);
    }
}

/* How much of the buffer is used up. */
static size_t consume(subscriber *c, const char *start, size_t size, u64 now)
{
    const char *at = start, *end = start + size;
    if (c->state == HANDSHAKE) {
        char *blank = memmem(at, size, "\r\n\r\n", 4);
        if (!blank)
            return 0;
        if (memcmp(at + 8, " 101", 4)) {
            ended(c);
            return size;
        }
        at = blank + 4;
        upgraded(c);
    }
    while (c->state != CLOSED && end - at >= 2) {
        size_t length = (unsigned char)at[1] & 0x7f, head = 2;
        if (length >= 126) {
            head = length == 126 ? 4 : 10;
            if ((size_t)(end - at) < head)
                break;
            length = 0;
            for (size_t i = 2; i < head; i++)
                length = length << 8 | (unsigned char)at[i];
        }
        if ((size_t)(end - at) < head + length)
            break;
        frame(c, at[0] & 15, at + head, length, now);
        at += head + length;
    }
    return (size_t)(at - start);
}

static void readable(subscriber *c)
{
    size_t held = c->held_size;
    if (held)
        memcpy(buffer, c->held, held);
    ssize_t n = recv(c->source.fd, buffer + held, CHUNK, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        if (c->state == OPEN && !c->group->last_code)
            c->group->last_code = 1006;
        ended(c);
        return;
    }
    c->group->bytes += (u64)n;
    size_t size = held + (size_t)n, used = consume(c, buffer, size, now_ns()), left = size - used;
    if (c->state == CLOSED)
        return;
    if (left > HELD_MOST)
        fail("a frame is too long");
    if (left > held)
        c->held = realloc(c->held, left);
    if (left)
        memcpy(c->held, buffer + used, left);
    c->held_size = left;
}

void subscriber_ready(source *s, uint32_t events)
{
    subscriber *c = (subscriber *)s;
    if (c->state == CONNECTING) {
        char request[512], path[300];
        group *g = c->group;
        snprintf(path, sizeof path, g->path, (int)((c - g->all) / g->per_path));
        int size = snprintf(request, sizeof request,
                            "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                            path, g->port);
        if (events & (EPOLLERR | EPOLLHUP) || send(s->fd, request, (size_t)size, 0) != size) {
            ended(c);
            return;
        }
        c->state = HANDSHAKE;
        watch(s, EPOLLIN, false);
    } else if (c->state != CLOSED) {
        readable(c);
    }
}

static void start_one(group *g)
{
    subscriber *c = &g->all[g->started++];
    c->group = g;
    c->seq = -1;
    c->held_size = 0;
    c->source.kind = SOURCE_SUBSCRIBER;
    c->state = CONNECTING;
    g->opening++;
    if ((c->source.fd = connect_to(g->port, g->receive_buffer)) < 0) {
        g->opening--;
        g->failed++;
        c->state = CLOSED;
        return;
    }
    watch(&c->source, EPOLLOUT, true);
}

void groups_tick(u64 now)
{
    for (int i = 0; i < GROUPS; i++) {
        group *g = &groups[i];
        if (!g->all)
            continue;
        while (g->started < g->count && g->opening < g->inflight_most)
            start_one(g);
        if (!g->told && g->started == g->count && !g->opening) {
            g->told = true;
            printf("{\"event\":\"opened\",\"name\":\"%s\",\"open\":%ld,\"failed\":%ld,\"recovered\":%ld,"
                   "\"seconds\":%.6f,\"cpu\":%.6f}\n",
                   g->name, g->open, g->failed, g->recovered, (double)(now - g->began) / 1e9,
                   (double)(cpu_ns() - g->cpu_began) / 1e9);
            fflush(stdout);
        }
        if (g->want && !g->whole_told && g->whole == g->count) {
            g->whole_told = 1;
            printf("{\"event\":\"whole\",\"name\":\"%s\",\"seconds\":%.6f}\n", g->name, (double)(now - g->began) / 1e9);
            fflush(stdout);
        }
    }
}

static void read_hellos(group *g, const char *path)
{
    size_t size;
    char *at = g->hellos = read_file(path, &size);
    g->hello_count = 0;
    for (char *p = at; *p; p++)
        g->hello_count += *p == '\n';
    g->hello = calloc((size_t)g->hello_count + 1, sizeof *g->hello);
    for (long i = 0; i < g->hello_count; i++) {
        g->hello[i] = at;
        at = strchr(at, '\n');
        *at++ = 0;
    }
}

void group_open(const command *c)
{
    group *g = NULL;
    for (int i = 0; i < GROUPS && !g; i++)
        g = groups[i].all ? NULL : &groups[i];
    if (!g) {
        printf("{\"event\":\"error\",\"message\":\"too many groups\"}\n");
        return;
    }
    memset(g, 0, sizeof *g);
    snprintf(g->name, sizeof g->name, "%s", word(c, "name", "all"));
    snprintf(g->path, sizeof g->path, "%s", word(c, "path", "/"));
    snprintf(g->ready, sizeof g->ready, "%s", word(c, "ready", ""));
    g->count = number(c, "count", 1);
    g->port = (int)number(c, "port", 0);
    g->per_path = number(c, "per_path", 1);
    g->inflight_most = number(c, "inflight", 100);
    g->receive_buffer = (int)number(c, "receive_buffer", 0);
    g->check = number(c, "check", 0);
    g->since = number(c, "since", -1);
    g->want = number(c, "want", 0);
    if (word(c, "hellos", NULL))
        read_hellos(g, word(c, "hellos", NULL));
    g->delivered_to = calloc(TRACKED, sizeof *g->delivered_to);
    g->all = calloc((size_t)g->count, sizeof *g->all);
    g->began = now_ns();
    g->cpu_began = cpu_ns();
}

void group_reset(const command *c)
{
    group *g = group_named(word(c, "name", ""));
    if (!g)
        return;
    for (long i = 0; i < g->started; i++)
        g->all[i].count = 0;
    memset(&g->latency, 0, sizeof g->latency);
    memset(&g->last, 0, sizeof g->last);
    memset(g->delivered_to, 0, TRACKED * sizeof *g->delivered_to);
    g->deliveries = g->completed = g->other = g->bytes = 0;
    g->gaps = g->repeats = g->resyncs = 0;
}

void group_stats(const command *c)
{
    group *g = group_named(word(c, "name", ""));
    if (!g) {
        printf("{\"event\":\"error\",\"message\":\"no such group\"}\n");
        return;
    }
    u64 least = UINT64_MAX, most = 0;
    for (long i = 0; i < g->started; i++) {
        least = g->all[i].count < least ? g->all[i].count : least;
        most = g->all[i].count > most ? g->all[i].count : most;
    }
    printf("{\"event\":\"stats\",\"name\":\"%s\",\"open\":%ld,\"closed\":%ld,\"close_code\":%d,\"deliveries\":%llu,"
           "\"least\":%llu,\"most\":%llu,\"other\":%llu,\"bytes\":%llu,\"gaps\":%ld,\"repeats\":%ld,\"resyncs\":%ld,"
           "\"recovered\":%ld,",
           g->name, g->open, g->closed, g->last_code, (unsigned long long)g->deliveries, (unsigned long long)least,
           (unsigned long long)most, (unsigned long long)g->other, (unsigned long long)g->bytes, g->gaps, g->repeats,
           g->resyncs, g->recovered);
    histogram_print(&g->latency);
    printf(",\"last_p50_ms\":%.3f,\"last_p99_ms\":%.3f}\n", histogram_ms(&g->last, 0.5), histogram_ms(&g->last, 0.99));
}

void group_stall(const command *c, bool stalled)
{
    group *g = group_named(word(c, "name", ""));
    for (long i = 0; g && i < g->started; i++)
        if (g->all[i].state == OPEN)
            watch(&g->all[i].source, stalled ? 0 : EPOLLIN, false);
    printf("{\"event\":\"%s\"}\n", stalled ? "stalled" : "resumed");
}

void group_close(const command *c)
{
    group *g = group_named(word(c, "name", ""));
    for (long i = 0; g && i < g->started; i++)
        if (g->all[i].state != CLOSED) {
            if (g->all[i].state == OPEN)
                send_frame(&g->all[i], 8, "\x03\xe8", 2);
            ended(&g->all[i]);
        }
    if (g) {
        free(g->all);
        free(g->delivered_to);
        free(g->hellos);
        free(g->hello);
        g->all = NULL;
    }
    printf("{\"event\":\"closed\"}\n");
}
