/* host_facts_posix.c: facts about a POSIX system. Most are read from Linux's /proc and /sys; of the others, what sysctl
 * tells of them; what is not told is not known. */
#define _GNU_SOURCE
#include "host_facts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#if defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__)
#include <sys/types.h>

#include <sys/sysctl.h> /* behind sys/types.h */
#endif

/* The first line of a file, without its newline; "" if it cannot be read. */
static void first_line(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "r");
    out[0] = '\0';
    if (!file)
        return;
    if (!fgets(out, (int)size, file))
        out[0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    fclose(file);
}

/* What follows "key ... : " in a file of such lines. */
static void line_of_key(const char *path, const char *key, char *out, size_t size)
{
    FILE *file = fopen(path, "r");
    char line[4096];
    out[0] = '\0';
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, key, strlen(key)) != 0 || !colon)
            continue;
        colon += 1 + strspn(colon + 1, " \t");
        snprintf(out, size, "%.*s", (int)strcspn(colon, "\n"), colon);
        break;
    }
    if (file)
        fclose(file);
}

/* A text that sysctl knows; "" where it does not, or where there is none of these names. */
static void sysctl_text(const char *name, char *out, size_t size)
{
    out[0] = '\0';
#if defined(__OpenBSD__) /* by number only */
    int mib[] = {CTL_HW, HW_MODEL};
    if (strcmp(name, "hw.model") == 0 && sysctl(mib, 2, out, &size, NULL, 0) != 0)
        out[0] = '\0';
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__)
    if (sysctlbyname(name, out, &size, NULL, 0) != 0)
        out[0] = '\0';
#endif
}

static void fact_system(psb_host_fact *fact)
{
    struct utsname name;
    if (uname(&name) == 0)
        snprintf(fact->value, sizeof fact->value, "%.40s %.60s %.20s", name.sysname, name.release,
                 name.machine);
}

static void fact_distribution(psb_host_fact *fact)
{
    char line[160] = "";
    FILE *file = fopen("/etc/os-release", "r");
    sysctl_text("kern.osproductversion", fact->value, sizeof fact->value); /* macOS */
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "PRETTY_NAME=\"%150[^\"]", fact->value) == 1)
            break;
    if (file)
        fclose(file);
}

static void fact_cpu(psb_host_fact *fact)
{
    static const char *const NAME[] = {"machdep.cpu.brand_string", "machdep.cpu_brand", "hw.model"};
    line_of_key("/proc/cpuinfo", "model name", fact->value, sizeof fact->value);
    for (size_t i = 0; i < sizeof NAME / sizeof *NAME && fact->value[0] == '\0'; i++)
        sysctl_text(NAME[i], fact->value, sizeof fact->value); /* macOS; NetBSD; FreeBSD and OpenBSD */
}

static void fact_cpus(psb_host_fact *fact)
{
    snprintf(fact->value, sizeof fact->value, "%ld", sysconf(_SC_NPROCESSORS_ONLN));
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
        fact->verdict = PSB_DISTURBS;
        fact->advice = "a single CPU is shared with everything else that runs; measure on two or more";
    }
}

static void fact_virtual(psb_host_fact *fact)
{
    char flags[4096], vendor[80];
    line_of_key("/proc/cpuinfo", "flags", flags, sizeof flags);
    first_line("/sys/class/dmi/id/sys_vendor", vendor, sizeof vendor);
    if (flags[0] == '\0')
        return;
    bool guest = strstr(flags, " hypervisor") != NULL;
    snprintf(fact->value, sizeof fact->value, "%s%s%s", guest ? "yes" : "no", guest && vendor[0] ? ", " : "",
             guest ? vendor : "");
    fact->verdict = guest ? PSB_DISTURBS : PSB_FINE;
    fact->advice =
        guest ? "a virtual machine's neighbours cannot be seen; trust ratios, not absolute times" : NULL;
}

static void fact_governor(psb_host_fact *fact)
{
    first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", fact->value, sizeof fact->value);
    if (fact->value[0] == '\0')
        return;
    bool fine = strcmp(fact->value, "performance") == 0;
    fact->verdict = fine ? PSB_FINE : PSB_DISTURBS;
    fact->advice = fine ? NULL : "cpupower frequency-set -g performance";
}

static void fact_turbo(psb_host_fact *fact)
{
    char intel[8], boost[8];
    first_line("/sys/devices/system/cpu/intel_pstate/no_turbo", intel, sizeof intel);
    first_line("/sys/devices/system/cpu/cpufreq/boost", boost, sizeof boost);
    if (intel[0] == '\0' && boost[0] == '\0')
        return;
    bool on = intel[0] ? intel[0] == '0' : boost[0] == '1';
    snprintf(fact->value, sizeof fact->value, "%s", on ? "on" : "off");
    fact->verdict = on ? PSB_DISTURBS : PSB_FINE;
    if (on)
        fact->advice = intel[0] ? "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo"
                                : "echo 0 > /sys/devices/system/cpu/cpufreq/boost";
}

static void fact_smt(psb_host_fact *fact)
{
    char active[8];
    first_line("/sys/devices/system/cpu/smt/active", active, sizeof active);
    if (active[0] == '\0')
        return;
    bool on = active[0] == '1';
    snprintf(fact->value, sizeof fact->value, "%s", on ? "on" : "off");
    fact->verdict = on ? PSB_DISTURBS : PSB_FINE;
    fact->advice = on ? "echo off > /sys/devices/system/cpu/smt/control" : NULL;
}

static void fact_load(psb_host_fact *fact)
{
    double load[1];
    if (getloadavg(load, 1) != 1)
        return;
    snprintf(fact->value, sizeof fact->value, "%.2f", load[0]);
    bool busy = load[0] > 0.5 * (double)sysconf(_SC_NPROCESSORS_ONLN);
    fact->verdict = busy ? PSB_DISTURBS : PSB_FINE;
    fact->advice =
        busy ? "others use more than half of the CPUs; wait for them to finish, or stop them" : NULL;
}

/* Time that the hypervisor gave to others, since boot. */
static void fact_steal(psb_host_fact *fact)
{
    char line[256];
    double t[8] = {0}, all = 0;
    first_line("/proc/stat", line, sizeof line);
    if (sscanf(line, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6],
               &t[7]) != 8)
        return;
    for (int i = 0; i < 8; i++)
        all += t[i];
    double percent = all > 0 ? 100 * t[7] / all : 0;
    snprintf(fact->value, sizeof fact->value, "%.2f %% since boot", percent);
    fact->verdict = percent > 1 ? PSB_DISTURBS : PSB_FINE;
    fact->advice =
        percent > 1 ? "the hypervisor gives this machine's CPUs to others; measure on one of its own" : NULL;
}

static void fact_clock(psb_host_fact *fact)
{
    first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource", fact->value,
               sizeof fact->value);
    if (fact->value[0] == '\0')
        return;
    bool fast = strcmp(fact->value, "tsc") == 0 || strcmp(fact->value, "kvm-clock") == 0 ||
                strcmp(fact->value, "arch_sys_counter") == 0;
    fact->verdict = fast ? PSB_FINE : PSB_DISTURBS;
    fact->advice =
        fast ? NULL : "reading this clock enters the kernel; boot with clocksource=tsc if the CPU allows it";
}

static void fact_layout(psb_host_fact *fact)
{
    char value[8];
    first_line("/proc/sys/kernel/randomize_va_space", value, sizeof value);
    if (value[0] == '\0')
        return;
    /* Wanted: several starts see several layouts, and their spread is part of the interval. */
    snprintf(fact->value, sizeof fact->value, "%s", value[0] == '0' ? "fixed" : "random");
    fact->verdict = value[0] == '0' ? PSB_DISTURBS : PSB_FINE;
    fact->advice = value[0] == '0'
                       ? "echo 2 > /proc/sys/kernel/randomize_va_space: starts should differ in layout"
                       : NULL;
}

static void fact_user(psb_host_fact *fact)
{
    snprintf(fact->value, sizeof fact->value, "uid %ld", (long)geteuid());
}

static void fact_capabilities(psb_host_fact *fact)
{
    line_of_key("/proc/self/status", "CapEff", fact->value, sizeof fact->value);
}

const psb_fact_row psb_os_facts[] = {
    {"system", fact_system, false},  {"distribution", fact_distribution, false},
    {"cpu", fact_cpu, false},        {"cpus", fact_cpus, false},
    {"virtual", fact_virtual, true}, {"governor", fact_governor, true},
    {"turbo", fact_turbo, true},     {"smt", fact_smt, true},
    {"load", fact_load, true},       {"steal", fact_steal, true},
    {"clock", fact_clock, true},     {"layout", fact_layout, true},
    {"user", fact_user, false},      {"capabilities", fact_capabilities, false},
};
const size_t psb_os_facts_count = sizeof psb_os_facts / sizeof *psb_os_facts;
