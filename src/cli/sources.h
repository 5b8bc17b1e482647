/* The files on the command line as the sources of a show. */
#pragma once
#include "options.h"
#include <media/probe.h>
#include <show/source.h>

typedef struct CliSource {
    ShowSource *source;
    MediaInfo *info;
    char *path;      /* absolute */
    double offset_s; /* after source 0's start, as the user said; NAN otherwise */
} CliSource;

/* Options that say what a file is; part of the table of `direct`. */
#define CLI_SOURCE_OPTIONS                                                                        \
    {"role", 0, "ID=ROLE", NULL,                                                                  \
     "What a source shows: person, wide, screen or mic (default person). Files are cam_1, cam_2 " \
     "… in the order given"},                                                                     \
        {"label", 0, "ID=TEXT", NULL, "What people call it (default: the file's name)"},          \
        {"mic", 0, "ID=CAMERA", NULL,                                                             \
         "This file is the microphone of the person on that camera; its role becomes mic"},       \
        {"priority", 0, "ID=N", NULL, "−10 to 10: who is preferred when two are equally right"},  \
    {                                                                                             \
        "offset", 0, "ID=SECONDS", NULL,                                                          \
            "It started this many seconds after cam_1; otherwise found by the sound"              \
    }

/* Probes every file. Array of CliSource * with free function. */
GPtrArray *cli_sources_parse(const CliArguments *arguments,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cli_source_free(CliSource *source);
