/* What a render used, for the library and for crosscut cost. */
#pragma once
#include <show/manifest.h>

/* Adds this process's processor time so far to what the manifest says its renders used:
 * "program":{…,"rendered":{"cpu":ms of all,"last":ms of this one,"times":n}}. A render that failed is
 * not in it. */
void cli_spent_note(ShowManifest *manifest);
/* For another cut: nothing was rendered of it yet. */
void cli_spent_forget(ShowManifest *manifest);
