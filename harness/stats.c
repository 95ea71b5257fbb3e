#include "stats.h"

#include <math.h>
#include <stdlib.h>

/* Of the sums below; a confidence that is met exactly is met. */
#define ROUNDING 1e-9

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double psb_median(double *sample, size_t n)
{
    qsort(sample, n, sizeof *sample, by_size);
    return n % 2 ? sample[n / 2] : (sample[n / 2 - 1] + sample[n / 2]) / 2;
}

bool psb_sign_interval(double *sample, size_t n, double confidence, psb_interval *out)
{
    double miss = 0; /* P(Binomial(n, 1/2) < k), both tails below */
    size_t k = 0;
    for (double log_term = -(double)n * log(2); k < n / 2; k++) {
        double next = miss + exp(log_term);
        if (2 * next > 1 - confidence + ROUNDING)
            break;
        miss = next;
        log_term += log((double)(n - k)) - log((double)(k + 1));
    }
    if (n == 0 || k == 0)
        return false;
    out->median = psb_median(sample, n);
    out->low = sample[k - 1];
    out->high = sample[n - k];
    out->confidence = 1 - 2 * miss;
    return true;
}
