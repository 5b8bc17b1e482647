/* Looks up the console's files. A dozen of them: a walk through the table is as quick as anything. */
#include <console/console.h>

#include <string.h>

#include "files-private.h"

const ConsoleFile *console_file_find(const char *path)
{
    if (strcmp(path, "/") == 0)
        path = "/index.html";
    if (strcmp(path, "/composite") == 0)
        path = "/composite.html";
    for (size_t i = 0; i < console_files_count; i++) {
        if (strcmp(console_files[i].path, path) == 0)
            return &console_files[i];
    }
    return NULL;
}

size_t console_file_count(void)
{
    return console_files_count;
}

const ConsoleFile *console_file_at(size_t index)
{
    return index < console_files_count ? &console_files[index] : NULL;
}
