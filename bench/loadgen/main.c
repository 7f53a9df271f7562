/* The loop, the commands, and what the other files share. */
#include "loadgen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TICK_NS 5000000ull

int poller;
static source standard_input = {SOURCE_STDIN, 0};

static u64 clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (u64)t.tv_sec * 1000000000ull + (u64)t.tv_nsec;
}

u64 now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }
u64 cpu_ns(void) { return clock_ns(CLOCK_PROCESS_CPUTIME_ID); }

void fail(const char *what)
{
    printf("{\"event\":\"error\",\"message\":\"%s: %s\"}\n", what, strerror(errno));
    fflush(stdout);
    exit(1);
}

void watch(source *s, uint32_t events, bool added)
{
    struct epoll_event event = {.events = events, .data.ptr = s};
    if (epoll_ctl(poller, added ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, s->fd, &event) < 0)
        fail("epoll_ctl");
}

int connect_to(int port, int receive_buffer)
{
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (receive_buffer)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail(path);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(*size + 1);
    if (!text || fread(text, 1, *size, file) != *size)
        fail(path);
    text[*size] = 0;
    fclose(file);
    return text;
}

void stamp_into(char *text, u64 ns)
{
    for (int i = 15; i >= 0; i--, ns >>= 4)
        text[i] = "0123456789abcdef"[ns & 15];
}

u64 stamp_from(const char *text)
{
    u64 ns = 0;
    for (int i = 0; i < 16; i++)
        ns = ns << 4 | (u64)((text[i] & 15) + (text[i] >> 6) * 9);
    return ns;
}

const char *word(const command *c, const char *key, const char *otherwise)
{
    for (int i = 0; i < c->words; i++)
        if (!strcmp(c->keys[i], key))
            return c->values[i];
    return otherwise;
}

long number(const command *c, const char *key, long otherwise)
{
    const char *text = word(c, key, NULL);
    return text ? strtol(text, NULL, 10) : otherwise;
}

static void obey(char *line)
{
    command c = {.verb = strtok(line, " ")};
    for (char *next; c.verb && c.words < 24 && (next = strtok(NULL, " ")); c.words++) {
        char *equals = strchr(next, '=');
        c.keys[c.words] = next;
        c.values[c.words] = equals ? equals + 1 : "";
        if (equals)
            *equals = 0;
    }
    if (!c.verb)
        return;
    if (!strcmp(c.verb, "open"))
        group_open(&c);
    else if (!strcmp(c.verb, "reset"))
        group_reset(&c);
    else if (!strcmp(c.verb, "stats"))
        group_stats(&c);
    else if (!strcmp(c.verb, "stall") || !strcmp(c.verb, "resume"))
        group_stall(&c, c.verb[0] == 's');
    else if (!strcmp(c.verb, "close"))
        group_close(&c);
    else if (!strcmp(c.verb, "publish"))
        publish_start(&c);
    else
        printf("{\"event\":\"error\",\"message\":\"unknown command\"}\n");
}

static void read_commands(void)
{
    static char buffer[65536];
    static size_t held;
    ssize_t n = read(0, buffer + held, sizeof buffer - held - 1);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0)
        exit(0);
    held += (size_t)n;
    char *start = buffer, *end;
    while ((end = memchr(start, '\n', held - (size_t)(start - buffer)))) {
        *end = 0;
        obey(start);
        start = end + 1;
    }
    held -= (size_t)(start - buffer);
    memmove(buffer, start, held);
    fflush(stdout);
}

static int wait_for_events(struct epoll_event *events, int most, u64 due)
{
    u64 now = now_ns(), wait = due <= now ? 0 : due - now;
    if (publisher_spins())
        wait = 0;
    else if (wait > TICK_NS)
        wait = TICK_NS;
    struct timespec timeout = {.tv_sec = 0, .tv_nsec = (long)wait};
    return epoll_pwait2(poller, events, most, &timeout, NULL);
}

int main(void)
{
    static struct epoll_event events[1024];
    struct rlimit files;
    signal(SIGPIPE, SIG_IGN);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if ((poller = epoll_create1(EPOLL_CLOEXEC)) < 0)
        fail("epoll_create1");
    fcntl(0, F_SETFL, O_NONBLOCK);
    watch(&standard_input, EPOLLIN, true);
    for (u64 due = UINT64_MAX, began = now_ns();;) {
        int n = wait_for_events(events, 1024, due);
        for (int i = 0; i < n; i++) {
            source *s = events[i].data.ptr;
            if (s->kind == SOURCE_SUBSCRIBER)
                subscriber_ready(s, events[i].events);
            else if (s->kind == SOURCE_PUBLISHER)
                publisher_ready(s, events[i].events);
            else
                read_commands();
        }
        u64 now = now_ns();
        publisher_loop_time(now - began, n > 0);
        groups_tick(now);
        due = publisher_tick(now);
        began = now;
    }
}
