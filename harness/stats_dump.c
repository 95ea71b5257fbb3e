/* stats_dump.c: the statistics as a filter, for test_stats_reference.py. */
#include "stats.h"

#include <stdio.h>
#include <stdlib.h>

enum { LINE = 1 << 16, SAMPLES = 4096 };

int main(void)
{
    static char line[LINE];
    static double number[SAMPLES + 1];
    while (fgets(line, sizeof line, stdin)) {
        size_t count = 0;
        char *at = line, *end;
        psb_interval interval;
        for (; count <= SAMPLES; count++, at = end) {
            number[count] = strtod(at, &end);
            if (end == at)
                break;
        }
        if (count == 0 || count > SAMPLES || *at != '\n') {
            fprintf(stderr, "stats_dump: not a line of a confidence and up to %d samples\n", SAMPLES);
            return 2;
        }
        if (psb_sign_interval(number + 1, count - 1, number[0], &interval))
            printf("%.17g %.17g %.17g %.17g\n", interval.median, interval.low, interval.high,
                   interval.confidence);
        else
            puts("none");
    }
    return 0;
}
