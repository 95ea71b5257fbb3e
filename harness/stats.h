/*
 * stats.h: the statistics of a ratio: the median, and the interval of the sign test around it. It assumes
 * nothing of the samples but that they are independent: no distribution, no symmetry, no variance.
 */
#ifndef PSB_STATS_H
#define PSB_STATS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct psb_interval {
    double median, low, high;
    double confidence; /* of this interval: at least what was asked for */
} psb_interval;

/* The median of n > 0 numbers, which are sorted on return. */
double psb_median(double *sample, size_t n);

/*
 * The sign test's interval for the median (Conover, Practical Nonparametric Statistics, "confidence interval
 * for a quantile"): from the k-th smallest to the k-th largest sample, k being the largest for which the
 * interval misses the median with a probability of at most 1 - confidence: 2 P(Binomial(n, 1/2) < k). False
 * if no k will do: 0.95 needs 6 samples. On success the samples are sorted.
 */
bool psb_sign_interval(double *sample, size_t n, double confidence, psb_interval *out);

#endif
