/* The load generator: websocket subscribers and publishers on one epoll loop, steered by lines on stdin.
 *
 * It reads frame lengths and a time stamp ("@@" and 16 hex digits: CLOCK_MONOTONIC in ns) and nothing else, so that
 * it costs less than what it measures. Reports are JSON lines on stdout. */
#ifndef LOADGEN_H
#define LOADGEN_H

#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t u64;

/* Latencies in log-linear buckets of 1 % width, from 1 µs on. */
#define SUB_BITS 7
#define BUCKETS (40 << SUB_BITS)
typedef struct {
    u64 buckets[BUCKETS];
    u64 count, max;
} histogram;

void histogram_add(histogram *h, u64 ns);
double histogram_ms(const histogram *h, double quantile);
void histogram_print(const histogram *h);

/* What epoll points to; the first member of everything that has a descriptor. */
typedef enum { SOURCE_STDIN, SOURCE_SUBSCRIBER, SOURCE_PUBLISHER } source_kind;
typedef struct {
    source_kind kind;
    int fd;
} source;

/* A command line: a verb and key=value words. */
typedef struct {
    const char *verb;
    int words;
    char *keys[24], *values[24];
} command;

const char *word(const command *c, const char *key, const char *otherwise);
long number(const command *c, const char *key, long otherwise);

/* subscriber.c */
typedef struct group group;
void group_open(const command *c);
void group_reset(const command *c);
void group_stats(const command *c);
void group_stall(const command *c, bool stalled);
void group_close(const command *c);
group *group_named(const char *name);
long group_size(const group *g);
u64 group_deliveries(const group *g);
u64 group_completed(const group *g);
u64 group_last_delivery(const group *g);
void subscriber_ready(source *s, uint32_t events);
void groups_tick(u64 now);

/* publisher.c */
void publish_start(const command *c);
void publisher_ready(source *s, uint32_t events);
u64 publisher_tick(u64 now); /* when it wants to be called again, in ns; UINT64_MAX for never */
bool publisher_spins(void);
void publisher_loop_time(u64 ns, bool busy);

/* main.c */
extern int poller;
u64 now_ns(void);
u64 cpu_ns(void);
void watch(source *s, uint32_t events, bool added);
int connect_to(int port, int receive_buffer);
char *read_file(const char *path, size_t *size);
void stamp_into(char *text, u64 ns);
u64 stamp_from(const char *text);
_Noreturn void fail(const char *what);

#endif
