/* The two processes of a live stream. Both run until their input ends. */
#pragma once
#include <glib.h>

int cli_live_feed(GError **error);
int cli_live_send(const char *ca_file, GError **error); /* `ca_file` may be NULL */
