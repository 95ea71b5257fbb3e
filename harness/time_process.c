/*
 * time_process.c: layer process. Whole runs of `psbench probe`, timed by hyperfine: what a user of a command
 * sees, start-up included. hyperfine runs one command after the other, so the variants alternate in rounds,
 * and each round gives one ratio.
 */
#include "cell.h"
#include "foreign.h"
#include "host.h"
#include "progress.h"
#include "stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 8, RUNS = 5, REPEAT = 200 };

struct turn {
    double median_s[PSB_VARIANTS], min_s[PSB_VARIANTS];
};

/* For hyperfine's own splitting of a command into words: in quotes, a quote as '\''. */
static bool quoted(const char *word, char *out, size_t size)
{
    size_t len = 0;
    for (; *word && len + 5 < size; word++) {
        const char *piece = *word == '\'' ? "'\\''" : (char[2]){*word, '\0'};
        memcpy(out + len, piece, strlen(piece));
        len += strlen(piece);
    }
    out[len] = '\0';
    return *word == '\0';
}

/* False: it is too long. */
static bool command_of(const psb_cell *cell, const char *program, psb_variant variant, psb_pid pid, char *out,
                       size_t size)
{
    char foreign[4200] = "", kernel[4200];
    const char *const *words = psb_foreign_words(cell->port);
    if (!quoted(cell->kernel, kernel, sizeof kernel) || (words && !quoted(words[1], foreign, sizeof foreign)))
        return false;
    size_t len = (size_t)snprintf(
        out, size, "'%s' probe --port %s --kernel '%s' --variant %s --pid %lld --repeat %d", program,
        cell->port->name, kernel, psb_variant_name(variant), (long long)pid, REPEAT);
    if (words && len < size)
        len += (size_t)snprintf(out + len, size - len, " %s '%s'", words[0], foreign);
    for (size_t i = 0; i < cell->fields.count && len < size; i++)
        len += (size_t)snprintf(out + len, size - len, "%s%s", i ? "," : " --fields ",
                                psb_field_of(cell->fields.field[i])->name);
    return len < size;
}

/* Reads hyperfine's export; results stand in the order of the commands. */
static bool read_export(FILE *file, psb_variant first, struct turn *out, char *why, size_t why_size)
{
    json_error_t error;
    rewind(file);
    json_t *root = json_loadf(file, 0, &error);
    bool good = root != NULL;
    for (int i = 0; i < PSB_VARIANTS && good; i++) {
        const json_t *result = json_array_get(json_object_get(root, "results"), (size_t)i);
        psb_variant variant = i == 0 ? first : (psb_variant)(1 - first);
        out->median_s[variant] = json_number_value(json_object_get(result, "median"));
        out->min_s[variant] = json_number_value(json_object_get(result, "min"));
        good = out->min_s[variant] > 0;
    }
    json_decref(root);
    if (!good)
        snprintf(why, why_size, "hyperfine exported no times: %s",
                 root ? "no 'min' in its results" : error.text);
    return good;
}

static bool run_round(const psb_cell *cell, psb_pid pid, int number, struct turn *out, char *why,
                      size_t why_size)
{
    char program[4096], shown[4200], command[PSB_VARIANTS][12288], runs[16], export[64], *output;
    size_t len;
    psb_variant first = number % 2 ? PSB_CACHED : PSB_UNCACHED;
    if (!psb_host_own_path(program, sizeof program) || !quoted(program, shown, sizeof shown)) {
        snprintf(why, why_size, "cannot name this program's own file to hyperfine");
        return false;
    }
    for (int i = 0; i < PSB_VARIANTS; i++)
        if (!command_of(cell, shown, i == 0 ? first : (psb_variant)(1 - first), pid, command[i],
                        sizeof command[i])) {
            snprintf(why, why_size, "the command is too long for hyperfine");
            return false;
        }
    snprintf(runs, sizeof runs, "%d", RUNS);
    FILE *file = psb_host_temporary(export, sizeof export);
    if (!file) {
        snprintf(why, why_size, "cannot make a temporary file");
        return false;
    }
    const char *argv[] = {"hyperfine",     "-N",   "--style",  "none",     "--warmup", "1", "--runs", runs,
                          "--export-json", export, command[0], command[1], NULL};
    bool good = psb_host_run(argv, &output, &len, why, why_size);
    if (good) {
        free(output);
        good = read_export(file, first, out, why, why_size);
    }
    fclose(file);
    return good;
}

static json_t *summary(struct turn *rounds)
{
    double ratio[ROUNDS], seconds[PSB_VARIANTS][ROUNDS];
    psb_interval interval;
    for (int i = 0; i < ROUNDS; i++) {
        ratio[i] = rounds[i].min_s[PSB_UNCACHED] / rounds[i].min_s[PSB_CACHED];
        for (int v = 0; v < PSB_VARIANTS; v++)
            seconds[v][i] = rounds[i].median_s[v];
    }
    psb_sign_interval(ratio, ROUNDS, 0.95, &interval);
    return json_pack("{s:{s:f, s:f, s:f, s:f}, s:{s:f}, s:{s:f}, s:i, s:i, s:i}", "speedup", "ratio",
                     interval.median, "low", interval.low, "high", interval.high, "confidence",
                     interval.confidence, "uncached", "run_ns",
                     1e9 * psb_median(seconds[PSB_UNCACHED], ROUNDS), "cached", "run_ns",
                     1e9 * psb_median(seconds[PSB_CACHED], ROUNDS), "rounds", ROUNDS, "runs", ROUNDS * RUNS,
                     "snapshots_in_a_run", REPEAT);
}

json_t *psb_cell_time_process(const psb_cell *cell, psb_pid pid, char *why, size_t why_size)
{
    static const char *const VERSION[] = {"hyperfine", "--version", NULL};
    struct turn rounds[ROUNDS];
    char *version, reason[512];
    bool good = true;
    size_t len;
    if (!psb_port_has_variant(cell->port, PSB_UNCACHED) || !psb_port_has_variant(cell->port, PSB_CACHED))
        return json_pack("{s:s}", "skipped", "the port has one variant only");
    if (cell->port->whole && cell->port->whole->repeat)
        return json_pack("{s:s}", "skipped",
                         "what stands between psbench and the port would be in the figure");
    if (!psb_host_run(VERSION, &version, &len, reason, sizeof reason))
        return json_pack("{s:s++}", "skipped", "hyperfine cannot be run: ", reason,
                         " (Debian: apt-get install hyperfine)");
    version[strcspn(version, "\n")] = '\0';
    for (int i = 0; i < ROUNDS && good; i++) {
        psb_progress("%s %s %s: hyperfine, round %d of %d", cell->port->name, cell->scenario,
                     cell->population, i + 1, ROUNDS);
        good = run_round(cell, pid, i, &rounds[i], why, why_size);
    }
    psb_progress_clear();
    json_t *result = good ? summary(rounds) : NULL;
    if (result)
        json_object_set_new(result, "hyperfine", json_string(version));
    free(version);
    return result;
}
