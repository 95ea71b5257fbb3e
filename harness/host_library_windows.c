/* host_library_windows.c: shared libraries, by LoadLibrary. */
#include "host.h"
#include "host_windows.h"

#include <windows.h>

enum { PATH_CHARS = 4096 };

void *psb_host_library(const char *path, char *why, size_t why_size)
{
    wchar_t given[PATH_CHARS], full[PATH_CHARS];
    /* A name without a folder would be looked for among the system's libraries. */
    DWORD len = psb_to_utf16(path, given, PATH_CHARS) ? GetFullPathNameW(given, PATH_CHARS, full, NULL) : 0;
    HMODULE library = len > 0 && len < PATH_CHARS ? LoadLibraryW(full) : NULL;
    if (!library) {
        char reason[512];
        psb_windows_error(GetLastError(), reason, sizeof reason);
        snprintf(why, why_size, "is no library that this system can load: %s", reason);
    }
    return library;
}

const void *psb_host_symbol(void *library, const char *name)
{
    return (const void *)(uintptr_t)GetProcAddress(library, name);
}
