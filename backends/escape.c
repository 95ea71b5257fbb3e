#include "escape.h"

#include <string.h>

/* Length of the UTF-8 sequence at bytes, 0 if there is none (RFC 3629: shortest form, no surrogates, <=
 * U+10FFFF). */
static size_t utf8(const unsigned char *bytes, size_t left)
{
    unsigned char first = bytes[0];
    size_t len = first < 0x80   ? 1
                 : first < 0xc2 ? 0
                 : first < 0xe0 ? 2
                 : first < 0xf0 ? 3
                 : first < 0xf5 ? 4
                                : 0;
    if (len == 0 || len > left)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    if ((first == 0xe0 && bytes[1] < 0xa0) || (first == 0xed && bytes[1] > 0x9f) ||
        (first == 0xf0 && bytes[1] < 0x90) || (first == 0xf4 && bytes[1] > 0x8f))
        return 0;
    return len;
}

/* U+0000-1F, 7F-9F, 061C, 200E-F, 2028-2E, 2066-9. */
static bool acts(const unsigned char *bytes, size_t len)
{
    if (len == 1)
        return bytes[0] < 0x20 || bytes[0] == 0x7f;
    if (len == 2)
        return (bytes[0] == 0xc2 && bytes[1] < 0xa0) || (bytes[0] == 0xd8 && bytes[1] == 0x9c);
    if (len != 3 || bytes[0] != 0xe2)
        return false;
    return (bytes[1] == 0x80 &&
            (bytes[2] == 0x8e || bytes[2] == 0x8f || (bytes[2] >= 0xa8 && bytes[2] <= 0xae))) ||
           (bytes[1] == 0x81 && bytes[2] >= 0xa6 && bytes[2] <= 0xa9);
}

size_t psb_escape(const char *text, size_t len, bool backslashes, char *out, size_t size)
{
    static const char HEX[] = "0123456789abcdef";
    const unsigned char *bytes = (const unsigned char *)text;
    size_t used = 0;
    for (size_t i = 0; i < len;) {
        size_t run = utf8(bytes + i, len - i);
        bool plain = run > 0 && !acts(bytes + i, run) && !(backslashes && bytes[i] == '\\');
        run += run == 0;
        size_t room = plain ? run : 4 * run;
        if (size - used <= room)
            break;
        if (plain)
            memcpy(out + used, bytes + i, run);
        for (size_t k = 0; !plain && k < run; k++) {
            const char shown[4] = {'\\', 'x', HEX[bytes[i + k] >> 4], HEX[bytes[i + k] & 15]};
            memcpy(out + used + 4 * k, shown, 4);
        }
        used += room;
        i += run;
    }
    out[used] = '\0';
    return used;
}
