/* The program as the studio recorded it, in one or several parts, made into program.mp4 and
 * highlights.mp4: copied when it is H.264 and nothing else is wanted, otherwise encoded once. */
#pragma once
#include "parts.h"
#include "production.h"

typedef struct CliProgram CliProgram;

/* staging: where joined parts may lie. NULL without an error: there is none that can be read; or,
 * with copy_only, none that can be copied. */
CliProgram *cli_program_load(const CliPartsPlace *place, const char *staging,
                             const ShowManifest *manifest, gboolean copy_only, GError **error);
/* Removes the joined parts. NULL-safe. */
void cli_program_free(CliProgram *program);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CliProgram, cli_program_free)

/* What was asked of its picture; 0 and 0/0: as it was recorded. */
typedef struct CliProgramWish {
    int height;
    ShowRate rate;
} CliProgramWish;
/* Says so when it has to be encoded. */
void cli_program_choose(CliProgram *program, const CliProgramWish *wish, CliReport *report);

/* Span, rate and shots of the production from the log, which is there, and its highlights. */
void cli_program_decide(CliProgram *program, CliProduction *production,
                        const ShowManifest *manifest, const CliOutput *output);
/* program.mp4 and highlights.mp4. */
/* After choose(): its pictures are copied. */
gboolean cli_program_is_copied(const CliProgram *program);
/* Whether the manifest's program.mp4 has the pictures of the recorded program, copied; and that it has
 * not any more. */
gboolean cli_program_is_of(const ShowManifest *manifest);
void cli_program_forget(ShowManifest *manifest);
/* highlights.mp4 alone, beside such a program.mp4. */
gboolean cli_program_highlights(CliProgram *program, CliProduction *production,
                                const CliOutput *output, const CliRenderWish *wish,
                                ShowManifest *manifest, GError **error);
gboolean cli_program_render(CliProgram *program, CliProduction *production, const CliOutput *output,
                            const CliRenderWish *wish, ShowManifest *manifest, GError **error);
