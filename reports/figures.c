/* figures.c: single figures for people. */
#include "result.h"

const char *psb_figure_text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "not known";
}

double psb_figure_number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

const char *psb_figure_duration(double ns, char room[24])
{
    static const char *const UNIT[] = {"ns", "us", "ms", "s"};
    int unit = 0;
    while (ns >= 999.5 && unit < 3) {
        ns /= 1000;
        unit++;
    }
    snprintf(room, 24, "%.*f %s", ns < 9.995 ? 2 : ns < 99.95 ? 1 : 0, ns, UNIT[unit]);
    return room;
}

const char *psb_figure_ratio(const json_t *ratio, char room[48])
{
    double middle = psb_figure_number(ratio, "ratio");
    if (!json_object_get(ratio, "ratio"))
        snprintf(room, 48, "n/a");
    else if (json_object_get(ratio, "low"))
        snprintf(room, 48, "%.2f [%.2f, %.2f]", middle, psb_figure_number(ratio, "low"),
                 psb_figure_number(ratio, "high"));
    else
        snprintf(room, 48, "%.2f [no interval]", middle);
    return room;
}
