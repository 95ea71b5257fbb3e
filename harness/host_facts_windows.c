/* host_facts_windows.c: facts about Windows, or about what calls itself so. What has no simple answer there is not known. */
#include "host_facts.h"
#include "host_windows.h"

#include <windows.h>

#include <powrprof.h>
#include <string.h>

static bool registry_text(const wchar_t *key, const wchar_t *name, char *out, size_t size)
{
    wchar_t text[160] = L"";
    DWORD bytes = sizeof text;
    return RegGetValueW(HKEY_LOCAL_MACHINE, key, name, RRF_RT_REG_SZ, NULL, text, &bytes) == ERROR_SUCCESS &&
           psb_to_utf8(text, out, size) && out[0];
}

/* GetVersionEx tells a program without a manifest an old version; ntdll tells the one that runs. */
static void fact_system(psb_host_fact *fact)
{
    typedef LONG WINAPI get_version(OSVERSIONINFOW *);
    typedef const char *__cdecl wine_version(void);
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    get_version *ask = (get_version *)(void *)GetProcAddress(ntdll, "RtlGetVersion");
    wine_version *wine = (wine_version *)(void *)GetProcAddress(ntdll, "wine_get_version");
    OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof version};
    if (ask && ask(&version) == 0)
        snprintf(fact->value, sizeof fact->value, "Windows %lu.%lu.%lu%s%.40s", version.dwMajorVersion,
                 version.dwMinorVersion, version.dwBuildNumber, wine ? ", in truth Wine " : "",
                 wine ? wine() : "");
}

static void fact_distribution(psb_host_fact *fact)
{
    registry_text(L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", L"ProductName", fact->value,
                  sizeof fact->value);
}

static void fact_cpu(psb_host_fact *fact)
{
    registry_text(L"HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0", L"ProcessorNameString", fact->value,
                  sizeof fact->value);
    for (size_t len = strlen(fact->value); len > 0 && fact->value[len - 1] == ' '; len--)
        fact->value[len - 1] = '\0';
}

static void fact_cpus(psb_host_fact *fact)
{
    DWORD cpus = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
    snprintf(fact->value, sizeof fact->value, "%lu", cpus);
    if (cpus < 2) {
        fact->verdict = PSB_DISTURBS;
        fact->advice = "a single CPU is shared with everything else that runs; measure on two or more";
    }
}

/* The power plan is what a governor is elsewhere. */
static void fact_governor(psb_host_fact *fact)
{
    GUID *plan = NULL;
    wchar_t name[80] = L"";
    DWORD bytes = sizeof name;
    if (PowerGetActiveScheme(NULL, &plan) != ERROR_SUCCESS || !plan)
        return;
    if (PowerReadFriendlyName(NULL, plan, NULL, NULL, (UCHAR *)name, &bytes) == ERROR_SUCCESS)
        psb_to_utf8(name, fact->value, sizeof fact->value);
    /* The GUID of the plan "high performance", whatever it is called in the user's language. */
    static const GUID HIGH = {0x8c5e7fda, 0xe8bf, 0x4a96, {0x9a, 0x85, 0xa6, 0xe2, 0x3a, 0x8c, 0x63, 0x5c}};
    bool fine = memcmp(plan, &HIGH, sizeof HIGH) == 0;
    LocalFree(plan);
    if (fact->value[0] == '\0')
        return;
    fact->verdict = fine ? PSB_FINE : PSB_DISTURBS;
    fact->advice = fine ? NULL : "powercfg /setactive SCHEME_MIN";
}

static void fact_user(psb_host_fact *fact)
{
    wchar_t name[120];
    DWORD size = 120;
    char text[150];
    if (GetUserNameW(name, &size) && psb_to_utf8(name, text, sizeof text))
        snprintf(fact->value, sizeof fact->value, "user %s", text);
}

static void fact_capabilities(psb_host_fact *fact)
{
    HANDLE token;
    TOKEN_ELEVATION elevation;
    DWORD len;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return;
    if (GetTokenInformation(token, TokenElevation, &elevation, sizeof elevation, &len))
        snprintf(fact->value, sizeof fact->value, "%s",
                 elevation.TokenIsElevated ? "elevated" : "not elevated");
    CloseHandle(token);
}

const psb_fact_row psb_os_facts[] = {
    {"system", fact_system, false}, {"distribution", fact_distribution, false},
    {"cpu", fact_cpu, false},       {"cpus", fact_cpus, false},
    {"virtual", NULL, true},        {"governor", fact_governor, true},
    {"turbo", NULL, true},          {"smt", NULL, true},
    {"load", NULL, true},           {"steal", NULL, true},
    {"clock", NULL, true},          {"layout", NULL, true},
    {"user", fact_user, false},     {"capabilities", fact_capabilities, false},
};
const size_t psb_os_facts_count = sizeof psb_os_facts / sizeof *psb_os_facts;
