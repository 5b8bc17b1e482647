#include "spent.h"

#include <sys/resource.h>

static gint64 cpu_ms(int who)
{
    struct rusage used = {0};
    getrusage((__rusage_who_t)who, &used);
    return (gint64)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
           (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
}

void cli_spent_note(ShowManifest *manifest)
{
    gint64 last_ms = cpu_ms(RUSAGE_SELF) + cpu_ms(RUSAGE_CHILDREN);
    const json_t *before = json_object_get(manifest->program_extra, "rendered");
    json_int_t all_ms = MAX(json_integer_value(json_object_get(before, "cpu")), 0);
    json_int_t times = MAX(json_integer_value(json_object_get(before, "times")), 0);
    json_t *now = json_pack("{s:I,s:I,s:I}", "cpu", (json_int_t)(all_ms + last_ms), "last",
                            (json_int_t)last_ms, "times", times + 1);
    if (manifest->program_extra == NULL)
        manifest->program_extra = json_object();
    json_object_set_new(manifest->program_extra, "rendered", now);
}

void cli_spent_forget(ShowManifest *manifest)
{
    if (manifest->program_extra != NULL)
        json_object_del(manifest->program_extra, "rendered");
}
