#include "say.h"

#include <stdio.h>
#include <stdlib.h>

void cli_say(json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    json_decref(value);
    flockfile(stdout);
    printf("%s\n", text);
    fflush(stdout);
    funlockfile(stdout);
    free(text);
}
