#include "result.h"

bool psb_result_write(const json_t *results, FILE *out)
{
    return json_dumpf(results, out, JSON_INDENT(1) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(9)) == 0 &&
           fputc('\n', out) != EOF;
}
