/* host_library_posix.c: shared libraries, by dlopen(3). */
#include "host.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

void *psb_host_library(const char *path, char *why, size_t why_size)
{
    char place[4096];
    struct stat stat_;
    /* A name without a slash would be looked for among the system's libraries. */
    if ((size_t)snprintf(place, sizeof place, "%s%s", strchr(path, '/') ? "" : "./", path) >= sizeof place) {
        snprintf(why, why_size, "%s", strerror(ENAMETOOLONG));
        return NULL;
    }
    if (stat(place, &stat_) != 0) {
        snprintf(why, why_size, "%s", strerror(errno));
        return NULL;
    }
    if (!S_ISREG(stat_.st_mode)) {
        snprintf(why, why_size, "is no plain file");
        return NULL;
    }
    void *library = dlopen(place, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        snprintf(why, why_size, "is no library that this system can load: %s", dlerror());
    return library;
}

const void *psb_host_symbol(void *library, const char *name)
{
    return dlsym(library, name);
}
