/* Latencies in log-linear buckets: below 128 µs exact to the microsecond, above within 1 %. */
#include "loadgen.h"

#include <stdio.h>

static int bucket_of(u64 us)
{
    if (us < (1 << SUB_BITS))
        return (int)us;
    int shift = 63 - __builtin_clzll(us) - SUB_BITS;
    return ((shift + 1) << SUB_BITS) + (int)((us >> shift) - (1 << SUB_BITS));
}

static u64 value_of(int bucket)
{
    if (bucket < (1 << SUB_BITS))
        return (u64)bucket;
    int shift = (bucket >> SUB_BITS) - 1;
    return ((u64)(bucket & ((1 << SUB_BITS) - 1)) + (1 << SUB_BITS)) << shift;
}

void histogram_add(histogram *h, u64 ns)
{
    int bucket = bucket_of(ns / 1000);
    h->buckets[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    h->count++;
    if (ns > h->max)
        h->max = ns;
}

double histogram_ms(const histogram *h, double quantile)
{
    u64 wanted = (u64)((double)h->count * quantile), seen = 0;
    for (int i = 0; i < BUCKETS; i++)
        if ((seen += h->buckets[i]) > wanted)
            return (double)value_of(i) / 1000.0;
    return (double)h->max / 1e6;
}

void histogram_print(const histogram *h)
{
    printf("\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f", histogram_ms(h, 0.5), histogram_ms(h, 0.99),
           (double)h->max / 1e6);
}
