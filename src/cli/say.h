/* What a child of the server says to it. */
#pragma once
#include <jansson.h>

/* One line of JSON on standard output, at once. Takes `value`. Threads: any; lines stay whole. */
void cli_say(json_t *value);
