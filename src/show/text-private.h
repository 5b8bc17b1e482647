/* Pieces of JSON as text, for what is written so often that a tree of it would cost too much. */
#pragma once
#include <jansson.h>
#include <glib.h>

void show_text_string(GString *out, const char *text); /* what is not UTF-8 is replaced */
void show_text_integer(GString *out, gint64 integer);
void show_text_value(GString *out, const json_t *value); /* without breaks */
