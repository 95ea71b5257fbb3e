/* foreign.c: loading what others made, with an error in plain words for each way in which that fails. */
#include "foreign.h"

#include "diagnose.h"
#include "exec_backend.h"
#include "host.h"
#include "plugin.h"
#include "port_lint.h"
#include "registry.h"

#include <stdio.h>
#include <string.h>

#define DEFAULT_TIMEOUT 10.0

static const struct {
    const char *name, *option, *file, *meaning;
} PEER[] = {
#define PEER(id, name, option, file, meaning) {name, option, file, meaning},
#include "peers.def"
};
enum { PEERS = sizeof PEER / sizeof *PEER };

static const psb_port *port; /* of this command line */
static const char *words[2];

const psb_port *psb_foreign_port(void)
{
    return port;
}

const char *const *psb_foreign_words(const psb_port *of)
{
    return port && of == port ? words : NULL;
}

const psb_port *psb_foreign_or_named(const char *name)
{
    return port && strcmp(port->name, name) == 0 ? port : psb_port_named(name);
}

const char *psb_peer_name(size_t index)
{
    return index < PEERS ? PEER[index].name : NULL;
}

const char *psb_peer_meaning(size_t index)
{
    return index < PEERS ? PEER[index].meaning : NULL;
}

/* ---- plug-ins ---- */

/* Was it built for this psbench? */
static bool fits(const struct psb_plugin *plugin, char *why, size_t why_size)
{
    static const struct {
        const char *type;
        uint32_t bytes;
    } SHARED[] = {
#define SHARED_ROW(type) {#type, sizeof(type)},
        PSB_PLUGIN_SHARED(SHARED_ROW)};
    const struct {
        const char *what;
        uint32_t its, ours;
    } NUMBER[] = {{"ABI version", plugin->abi_version, PSB_PLUGIN_ABI},
                  {"number of fields", plugin->fields, PSB_FIELDS},
                  {"number of ops", plugin->ops, PSB_OPS}};
    for (size_t i = 0; i < sizeof NUMBER / sizeof *NUMBER; i++)
        if (NUMBER[i].its != NUMBER[i].ours) {
            snprintf(why, why_size, "is built for another psbench: its %s is %u, this one's is %u",
                     NUMBER[i].what, NUMBER[i].its, NUMBER[i].ours);
            return false;
        }
    for (size_t i = 0; i < sizeof SHARED / sizeof *SHARED; i++)
        if (plugin->bytes[i] != SHARED[i].bytes) {
            snprintf(why, why_size, "is built for another psbench: its size of %s is %u, this one's is %u",
                     SHARED[i].type, plugin->bytes[i], SHARED[i].bytes);
            return false;
        }
    if (!plugin->port)
        snprintf(why, why_size, "has no port");
    return plugin->port && psb_port_lint(plugin->port, why, why_size);
}

static const psb_port *load_plugin(const char *path, double timeout, char *why, size_t why_size)
{
    char what[700];
    snprintf(what, sizeof what, "--plugin: %s", path);
    psb_host_watch(what, timeout);
    void *library = psb_host_library(path, why, why_size);
    if (!library)
        return NULL;
    const struct psb_plugin *plugin = psb_host_symbol(library, PSB_PLUGIN_SYMBOL);
    if (!plugin) {
        snprintf(why, why_size, "exports no symbol " PSB_PLUGIN_SYMBOL "; see plugin.h");
        return NULL;
    }
    return fits(plugin, why, why_size) ? plugin->port : NULL;
}

/* ---- one of them ---- */

static bool load(const char *option, const char *value, double timeout)
{
    char why[1024];
    bool is_plugin = strcmp(option, "--plugin") == 0;
    timeout = timeout > 0 ? timeout : DEFAULT_TIMEOUT;
    const psb_port *found = is_plugin ? load_plugin(value, timeout, why, sizeof why)
                                      : psb_exec_port(value, timeout, why, sizeof why);
    if (found && psb_port_named(found->name)) {
        snprintf(why, sizeof why, "the name of its port, '%s', is taken", found->name);
        found = NULL;
    }
    if (!found) {
        psb_say("%s: %s: %s", option, value, why);
        return false;
    }
    port = found;
    words[0] = option;
    words[1] = value;
    return true;
}

static bool is_file(const char *path)
{
    FILE *file = psb_host_is_endless(path) ? NULL : fopen(path, "r");
    if (file)
        fclose(file);
    return file != NULL;
}

/* Where the file of a peer is: beside the program, or in lib beside its bin. */
static bool find_peer(size_t peer, char *out, size_t size)
{
    static const char *const PLACE[] = {"peers/", "../lib/psbench/peers/"};
    char own[4096];
    if (!psb_host_own_path(own, sizeof own))
        return false;
    size_t folder = strlen(own);
    while (folder > 0 && own[folder - 1] != '/' && own[folder - 1] != '\\')
        folder--;
    for (size_t i = 0; i < sizeof PLACE / sizeof *PLACE; i++)
        if ((size_t)snprintf(out, size, "%.*s%s%s", (int)folder, own, PLACE[i], PEER[peer].file) < size &&
            is_file(out))
            return true;
    return false;
}

/* A command for the shell: the path in quotes, a quote as '\''. */
static void shell_quoted(const char *path, char *out, size_t size)
{
    size_t len = (size_t)snprintf(out, size, "'");
    for (; *path && len + 6 < size; path++)
        len += (size_t)snprintf(out + len, size - len, *path == '\'' ? "'\\''" : "%c", *path);
    snprintf(out + len, size - len, "'");
}

static bool load_peer(size_t peer, double timeout)
{
    static char file[4096], command[4200];
    if (!find_peer(peer, file, sizeof file)) {
        psb_say("--port: %s is not there: %s was not built, or is not in the folder peers beside psbench",
                PEER[peer].name, PEER[peer].file);
        return false;
    }
    shell_quoted(file, command, sizeof command);
    return load(PEER[peer].option, strcmp(PEER[peer].option, "--exec") == 0 ? command : file, timeout);
}

bool psb_foreign_load(const psb_args *args)
{
    const char *name = args->command == PSB_COMMAND_EXPLAIN ? args->operand : args->port;
    if (args->plugin && args->exec) {
        psb_say("--plugin and --exec exclude each other");
        return false;
    }
    if (args->timeout > 0 && !args->plugin && !args->exec && (!name || psb_port_named(name))) {
        psb_say("--timeout: there is neither --plugin nor --exec that it could be for");
        return false;
    }
    if (args->plugin)
        return load("--plugin", args->plugin, args->timeout);
    if (args->exec)
        return load("--exec", args->exec, args->timeout);
    for (size_t i = 0; name && i < PEERS; i++)
        if (strcmp(PEER[i].name, name) == 0)
            return load_peer(i, args->timeout);
    return true;
}
