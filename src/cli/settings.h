/* The options that decide who is shown and what the files look like, shared by the commands that
 * decide and that render. */
#pragma once
#include "options.h"
#include <director/settings.h>
#include <edit/highlights.h>
#include <edit/replay.h>
#include <media/mix.h>
#include <media/render.h>

typedef struct CliDecide {
    EditMode mode;
    DirectorSettings director;
    gboolean ignore_manual;
} CliDecide;

#define CLI_DECIDE_OPTIONS                                                                     \
    {"mode", 0, "MODE", "full look-ahead causal",                                              \
     "How much the director knows: full (the whole show, default), look-ahead, or causal (as " \
     "live)"},                                                                                 \
        {"look-ahead", 0, "SECONDS", NULL,                                                     \
         "How far it looks ahead with --mode look-ahead "                                      \
         "(default 1.0)"},                                                                     \
        {"style", 0, "STYLE", "podcast meeting church conference",                             \
         "Settings for a kind of show: opening, maximum and reaction shots and the patience"}, \
        {"settings", 0, "FILE", NULL, "Settings of the director as a JSON file"},              \
        {"set", 0, "NAME=SECONDS", NULL, "One setting of the director, e.g. min_shot=2.0"},    \
    {                                                                                          \
        "ignore-manual", 0, NULL, NULL, "Ignore cuts made by hand"                             \
    }

/* kept: settings and mode of a show that is decided again, as its manifest has them, or NULL. */
gboolean cli_decide_parse(const CliArguments *arguments, const json_t *kept, CliDecide *decide,
                          GError **error);
/* What a manifest keeps of it; new reference. */
json_t *cli_decide_to_json(const CliDecide *decide);

typedef struct CliOutput {
    MediaRenderSettings render;
    MediaMixSettings mix;
    EditHighlightSettings highlights;
    gboolean want_highlights;
    EditPiece pieces[EDIT_PIECES_MAX]; /* chosen by hand */
    guint n_pieces;                    /* 0: none was */
    ShowRate rate;                     /* 0/0: from the sources */
} CliOutput;

#define CLI_OUTPUT_OPTIONS                                                                 \
    {"height", 0, "PIXELS", NULL, "Height of the picture, 16:9 (default 1080)"},           \
        {"rate", 0, "FPS", NULL, "Frames a second (default: what most cameras have)"},     \
        {"fit", 0, "HOW", "bars crop", "Other shapes get bars (default) or are cropped"},  \
        {"crf", 0, "N", NULL, "Quality of x264, 0 to 51, lower is better (default 22)"},   \
        {"preset", 0, "NAME",                                                              \
         "ultrafast superfast veryfast faster fast medium slow slower veryslow",           \
         "Speed of x264 (default veryfast)"},                                              \
        {"threads", 0, "N", NULL, "Threads for the picture (default: one for each core)"}, \
        {"audio-bitrate", 0, "KBITS", NULL, "Of the AAC sound (default 160)"},             \
        {"loudness", 0, "LUFS", NULL, "Integrated loudness of the program (default -16)"}, \
        {"peak", 0, "DBTP", NULL, "Highest true peak (default -1)"},                       \
        {"highlights", 0, "SECONDS", NULL,                                                 \
         "Wanted length of the highlights, 60 to 600; 0: none "                            \
         "(default 60)"},                                                                  \
        {"piece-min", 0, "SECONDS", NULL, "Shortest piece of the highlights (default 8)"}, \
    {                                                                                      \
        "piece-max", 0, "SECONDS", NULL, "Longest piece of the highlights (default 30)"    \
    }

/* As chosen by hand, or else the best: edit_highlights(). */
ShowHighlights *cli_output_highlights(const CliOutput *output, const GArray *spans,
                                      const GPtrArray *sources, const ShowShots *shots);
gboolean cli_output_parse(const CliArguments *arguments, CliOutput *output, GError **error);
