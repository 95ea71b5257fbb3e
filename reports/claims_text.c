/* claims_text.c: what psbench claims measured, for people. */
#include "result.h"

#include <string.h>

#define text     psb_figure_text
#define number   psb_figure_number
#define duration psb_figure_duration
#define ratio    psb_figure_ratio

static bool is(const json_t *object, const char *key, const char *value)
{
    return strcmp(text(object, key), value) == 0;
}

static const json_t *member(const json_t *object, const char *outer, const char *inner)
{
    return json_object_get(json_object_get(object, outer), inner);
}

/* The whole figure, with the digits it was published with. */
static const char *published(const json_t *row, char room[24])
{
    snprintf(room, 24, "%.*f", number(row, "to") < 0.05 ? 2 : 1, number(row, "published"));
    return room;
}

static const char *calls(const json_t *row, char room[40])
{
    const json_t *exact = json_object_get(row, "exact");
    snprintf(room, 40, "-");
    if (exact)
        snprintf(room, 40, "%.0f -> %.0f", number(json_object_get(exact, "uncached"), "calls"),
                 number(json_object_get(exact, "cached"), "calls"));
    return room;
}

/* What the Python layer shows: on the OS what it shows, else at no cost and at both ends of the costs. */
static const char *python(const json_t *row, char room[80])
{
    const json_t *ends = json_object_get(row, "ends");
    char wide[48];
    snprintf(room, 80, "-");
    if (json_object_get(json_object_get(row, "speedup"), "ratio"))
        snprintf(room, 80, "%s", ratio(json_object_get(row, "speedup"), wide));
    else if (ends)
        snprintf(room, 80, "%.2f at 0; %.2f to %.2f", number(json_object_get(row, "still_speedup"), "ratio"),
                 number(json_array_get(ends, 0), "ratio"), number(json_array_get(ends, 1), "ratio"));
    return room;
}

/* Three digits, or as many as there are before the point. */
static const char *three(double value, char room[24])
{
    snprintf(room, 24, value < 999.5 ? "%.3g" : "%.0f", value);
    return room;
}

/* "0.81 us [0.77, 0.85]", in one unit. */
static const char *cost(const json_t *implied, char room[80])
{
    double ns = number(implied, "ns"), in = ns < 999.5 ? 1 : ns < 999500 ? 1000 : 1000000;
    const char *unit = in < 10 ? "ns" : in < 10000 ? "us" : "ms";
    char of_it[24], low[24], high[24];
    const char *middle = three(ns / in, of_it);
    if (!implied)
        snprintf(room, 80, "-");
    else if (is(implied, "state", "below"))
        snprintf(room, 80, "below 0");
    else if (is(implied, "state", "never"))
        snprintf(room, 80, "none");
    else if (json_is_number(json_object_get(implied, "low")) &&
             !json_is_number(json_object_get(implied, "high")))
        snprintf(room, 80, "%s %s [%s, ...]", middle, unit, three(number(implied, "low") / in, low));
    else if (json_is_number(json_object_get(implied, "low")))
        snprintf(room, 80, "%s %s [%s, %s]", middle, unit, three(number(implied, "low") / in, low),
                 three(number(implied, "high") / in, high));
    else
        snprintf(room, 80, "%s %s", middle, unit);
    return room;
}

static void print_row(const json_t *row, FILE *out)
{
    char figure[24], counted[40], wide[80], implied[80], c[48];
    const char *verdict = text(row, "verdict");
    fprintf(out, "%-17s %6s  %-10s %-8s %-9s %-20s %-26s %-8s %-24s %s", text(row, "id"),
            published(row, figure), text(row, "population"), text(row, "list"), calls(row, counted),
            json_is_object(json_object_get(row, "c")) ? ratio(member(row, "c", "speedup"), c) : "-",
            python(row, wide), text(row, "evidence"), cost(json_object_get(row, "implied"), implied),
            verdict);
    if (json_object_get(row, "off"))
        fprintf(out, " (%.2f times it)", number(row, "off"));
    fputc('\n', out);
}

static void print_reasons(const json_t *rows, FILE *out)
{
    const json_t *row, *other;
    size_t i, k;
    json_array_foreach (rows, i, row) {
        bool told = false;
        for (k = 0; k < i && !told; k++) {
            other = json_array_get(rows, k);
            told = json_object_get(row, "reason") && is(other, "reason", text(row, "reason"));
        }
        if (json_object_get(row, "reason") && !told)
            fprintf(out, "%s %s: %s\n", text(row, "id"), text(row, "state"), text(row, "reason"));
    }
}

/* What has to be known to read such a table; it stands wherever a verdict does. */
static void print_notes(FILE *out)
{
    fputs("\n"
          "A layer can be tuned to any ratio between what it shows at a cost of 0 and its ratio of calls: "
          "that a figure\n"
          "comes out at some cost is no proof of it, only of what a call must then have cost. Part of the "
          "speed-up of\n"
          "psutil 5.9.4 is the slowness of its own normal path, where each cached method raises and catches "
          "an\n"
          "AttributeError. The figures were published on different days, for different lists of methods, in "
          "2016, with\n"
          "psutil 5.0.0 or what came before: its cache was shared by all processes (issue #1373) and so "
          "saved calls, of\n"
          "parent(), that no correct version saves.\n",
          out);
}

static void print_table(const json_t *results, FILE *out)
{
    const json_t *rows = json_object_get(results, "claims"), *row;
    size_t i;
    fprintf(out, "\n%-17s %6s  %-10s %-8s %-9s %-20s %-26s %-8s %-24s %s\n", "published figure", "",
            "population", "list", "calls", "layer c", "layer python", "evidence", "implied cost of a call",
            "verdict");
    json_array_foreach (rows, i, row)
        print_row(row, out);
    print_reasons(rows, out);
}

/* ---- why ---- */

/* Words, broken into lines that fit, behind an indent; at is where the line stands. */
static void print_wrapped(const char *words, int indent, int at, FILE *out)
{
    enum { WIDTH = 112 };
    while (*words) {
        int len = (int)strcspn(words, " ");
        if (at > indent && at + 1 + len > WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            at = indent;
        }
        at += fprintf(out, "%s%.*s", at > indent ? " " : "", len, words);
        words += len + (int)strspn(words + len, " ");
    }
    fputc('\n', out);
}

/* Columns: the first cost. */
static void print_columns(const json_t *curve, const char *what, FILE *out)
{
    const json_t *point;
    size_t i;
    char room[24];
    fprintf(out, "  %-46s", what);
    json_array_foreach (curve, i, point)
        fprintf(out, " %7s", duration(number(point, "cost_ns"), room));
    fputs("   the figure at\n", out);
}

static void print_cells(const json_t *curve, const json_t *implied, FILE *out)
{
    const json_t *point;
    size_t i;
    char room[80];
    json_array_foreach (curve, i, point)
        fprintf(out, " %7.2f", number(point, "ratio"));
    fprintf(out, "   %s\n", cost(implied, room));
}

/* The speed-up by the first cost alone, and by it and each other one: where the figure lies is a line. */
static void print_curves(const json_t *row, FILE *out)
{
    const json_t *curve = json_object_get(row, "curve"), *line, *point;
    size_t i, k;
    char one[24];
    print_columns(curve, "speed-up at a cost of", out);
    fprintf(out, "    %-44s", text(json_array_get(member(row, "model", "costs"), 0), "what"));
    print_cells(curve, json_object_get(row, "implied"), out);
    json_array_foreach (json_object_get(row, "pairs"), i, line)
        json_array_foreach (json_object_get(line, "points"), k, point) {
            if (k == 0)
                fprintf(out, "    with %s at\n", text(line, "what"));
            fprintf(out, "    %44s", duration(number(point, "cost_ns"), one));
            print_cells(json_object_get(point, "curve"), point, out);
        }
}

static void print_costs(const json_t *row, FILE *out)
{
    const json_t *costs = member(row, "model", "costs"), *one;
    size_t i;
    char low[24], high[24];
    json_array_foreach (costs, i, one) {
        const json_t *made = json_object_get(one, "calls"), *cited = json_object_get(one, "cited");
        fprintf(out, "  %s: %.0f -> %.0f calls; ", text(one, "what"),
                json_number_value(json_array_get(made, 0)), json_number_value(json_array_get(made, 1)));
        if (cited) {
            fprintf(out, "%s to %s says\n    ", duration(number(cited, "low_ns"), low),
                    duration(number(cited, "high_ns"), high));
            print_wrapped(text(cited, "citation"), 4, 4, out);
        } else {
            fputs("nobody has told what that cost\n", out);
        }
    }
}

static void print_recorded(const json_t *row, FILE *out)
{
    const json_t *recorded = json_object_get(row, "recorded");
    char wide[48];
    if (recorded)
        fprintf(out, "  at the costs of %s: %s, %.2f by the model\n", text(recorded, "file"),
                ratio(json_object_get(recorded, "speedup"), wide), number(recorded, "model"));
}

static void print_why(const json_t *row, FILE *out)
{
    char figure[24], documented[2][24] = {"-", "-"};
    for (size_t i = 0; i < 2; i++) {
        const json_t *value = json_array_get(json_object_get(row, "documented"), i);
        if (json_is_number(value))
            snprintf(documented[i], sizeof documented[i], "%.1f", json_number_value(value));
    }
    fprintf(out, "\n%s: %s; the documentation of 5.0.0: %s, later: %s\n  ", text(row, "id"),
            published(row, figure), documented[0], documented[1]);
    print_wrapped(text(row, "source"), 2, 2, out);
    if (json_object_get(row, "note")) {
        fputs("  ", out);
        print_wrapped(text(row, "note"), 2, 2, out);
    }
    if (json_object_get(row, "model")) {
        print_curves(row, out);
        print_costs(row, out);
    }
    print_recorded(row, out);
    fprintf(out, "  %s: %s\n", text(row, "verdict"), text(row, "because"));
}

static void print_verdicts(const json_t *results, FILE *out)
{
    const char *name;
    json_t *when;
    fputs("\nverdicts\n", out);
    json_object_foreach (json_object_get(results, "verdicts"), name, when) {
        fprintf(out, "  %-13s ", name);
        print_wrapped(json_string_value(when), 16, 16, out);
    }
}

static void print_head(const json_t *results, FILE *out)
{
    const json_t *host = json_object_get(results, "host"), *psbench = json_object_get(results, "psbench"),
                 *row;
    size_t i;
    fprintf(out, "psbench %s (%s, %s), %s\n%s, %s, %s cpus, virtual: %s, %s\n", text(psbench, "version"),
            text(psbench, "build"), text(psbench, "compiler"), text(results, "started"), text(host, "system"),
            text(host, "cpu"), text(host, "cpus"), text(host, "virtual"), text(host, "user"));
    json_array_foreach (json_object_get(results, "claims"), i, row)
        if (json_object_get(row, "psutil")) {
            fprintf(out, "psutil %s, Python %s\n", text(row, "psutil"), text(row, "python"));
            return;
        }
}

void psb_report_claims(const json_t *results, bool why, FILE *out)
{
    const json_t *row;
    size_t i;
    print_head(results, out);
    if (why)
        json_array_foreach (json_object_get(results, "claims"), i, row)
            print_why(row, out);
    if (why)
        print_verdicts(results, out);
    print_table(results, out);
    fputs("layer python: on the OS, the measured speed-up; over a simulated kernel that with calls that cost "
          "nothing,\n"
          "and that at both ends of the cost of a call that was told, or was measured; layer c at the lower "
          "end\n",
          out);
    print_notes(out);
    fprintf(out, "\n%.1f s%s\n", number(results, "seconds"),
            why ? "" : "; --why tells what a verdict rests on");
}

/* ---- the model ---- */

static void print_points(const json_t *model, FILE *out)
{
    const json_t *point, *each;
    size_t i, k;
    char one[24], two[24], room[24];
    fprintf(out, "  %-34s %24s %26s\n", "a pass, at a cost of", "normal: measured, model", "in oneshot()");
    json_array_foreach (json_object_get(model, "points"), i, point) {
        const json_t *costs = json_object_get(point, "cost_ns"),
                     *is_ns = json_object_get(point, "measured_ns"),
                     *said_ns = json_object_get(point, "model_ns");
        char at[80] = "(no call)";
        size_t len = 0;
        json_array_foreach (costs, k, each)
            len += (size_t)snprintf(at + len, sizeof at - len, "%s%s", k ? ", " : "",
                                    duration(json_number_value(each), room));
        fprintf(out, "    %-32s", at);
        for (k = 0; k < 2; k++) {
            double measured = json_number_value(json_array_get(is_ns, k)),
                   said = json_number_value(json_array_get(said_ns, k));
            fprintf(out, " %9s %9s %+5.1f %%", duration(measured, one), duration(said, two),
                    100 * (said / measured - 1));
        }
        fputc('\n', out);
    }
}

static void print_parts(const json_t *row, const json_t *model, FILE *out)
{
    const json_t *base = json_object_get(model, "base_ns"), *one;
    size_t i, methods = json_array_size(json_object_get(row, "methods"));
    double normal = json_number_value(json_array_get(base, 0)),
           oneshot = json_number_value(json_array_get(base, 1));
    char a[24], b[24], c[24], d[24];
    fprintf(out, "  Python alone   normal %s, %s a method; in oneshot() %s, %s a method: %.2f times\n",
            duration(normal, a), duration(normal / (double)methods, b), duration(oneshot, c),
            duration(oneshot / (double)methods, d), oneshot > 0 ? normal / oneshot : 0);
    json_array_foreach (json_object_get(model, "costs"), i, one) {
        const json_t *made = json_object_get(one, "calls");
        double before = json_number_value(json_array_get(made, 0)),
               after = json_number_value(json_array_get(made, 1));
        fprintf(out, "  %-14s %s: %.0f saved, %.0f that oneshot() cannot remove\n", i ? "" : "calls",
                text(one, "what"), before - after, after);
    }
}

/* On the OS no cost can be stated: all that is known is what a saved call saved. */
static void print_native(const json_t *row, FILE *out)
{
    const json_t *pass = json_object_get(row, "pass_ns"), *exact = json_object_get(row, "exact");
    double normal = json_number_value(json_array_get(pass, 0)),
           oneshot = json_number_value(json_array_get(pass, 1));
    double saved = number(json_object_get(exact, "uncached"), "calls") -
                   number(json_object_get(exact, "cached"), "calls");
    char a[24], b[24], c[24];
    fprintf(
        out,
        "  a pass: normal %s, in oneshot() %s; %.0f files read less, %s for each, with Python's part of it\n",
        duration(normal, a), duration(oneshot, b), saved,
        duration(saved > 0 ? (normal - oneshot) / saved : 0, c));
}

void psb_report_model(const json_t *results, FILE *out)
{
    const json_t *row;
    size_t i;
    char figure[24], room[80];
    print_head(results, out);
    json_array_foreach (json_object_get(results, "claims"), i, row) {
        const json_t *model = json_object_get(row, "model");
        fprintf(out, "\n%s: %s published; %zu methods, %s calls\n", text(row, "id"), published(row, figure),
                json_array_size(json_object_get(row, "methods")), calls(row, room));
        if (model) {
            print_parts(row, model, out);
            print_points(model, out);
            fprintf(out, "  the figure at  %s\n", cost(json_object_get(row, "implied"), room));
        } else if (json_object_get(row, "pass_ns")) {
            print_native(row, out);
        } else {
            fprintf(out, "  %s: %s\n", text(row, "state"), text(row, "reason"));
        }
    }
    print_notes(out);
}
