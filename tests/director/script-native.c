/* The native side of the comparison with WASM: scripts on stdin, each ended by a line "run",
 * their decisions on stdout, each ended by a line "done". */
#include "script.h"

#include <stdio.h>

int main(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char line[256];
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strcmp(line, "run\n") != 0) {
            g_string_append(text, line);
            continue;
        }
        Script script = script_read(text->str);
        g_autofree char *decisions = script_run(&script);
        printf("%sdone\n", decisions);
        scene_clear(&script.scene);
        g_string_truncate(text, 0);
    }
    return 0;
}
