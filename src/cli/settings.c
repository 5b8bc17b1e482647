#include "settings.h"

#include "error.h"
#include <edit/settings.h>
#include <show/json.h>
#include <show/limits.h>

#include <math.h>

#define LOOK_AHEAD_DEFAULT_S 1.0
enum { LOOK_AHEAD_MAX_S = 30 };

/* Settings given in words on the command line are a usage error, not a failed file. */
static gboolean as_usage(const char *option, GError **error)
{
    if (error != NULL && *error != NULL) {
        g_autofree char *message = g_strdup_printf("%s: %s", option, (*error)->message);
        g_clear_error(error);
        g_set_error_literal(error, CLI_ERROR, CLI_ERROR_USAGE, message);
    }
    return FALSE;
}

static gboolean apply_file(const char *path, DirectorSettings *settings, GError **error)
{
    g_autoptr(ShowJson) json = show_json_load(path, error);
    return json != NULL && edit_settings_apply_json(settings, path, show_json_root(json), error);
}

static gboolean apply_look_ahead(const CliArguments *arguments, CliDecide *decide, GError **error)
{
    double seconds = LOOK_AHEAD_DEFAULT_S;
    if (!cli_number(arguments, "look-ahead", 0, LOOK_AHEAD_MAX_S, &seconds, error))
        return FALSE;
    gboolean given = cli_value(arguments, "look-ahead") != NULL;
    if (given && cli_value(arguments, "mode") == NULL)
        decide->mode = EDIT_MODE_LOOK_AHEAD;
    if (given && decide->mode != EDIT_MODE_LOOK_AHEAD) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
                    "--look-ahead: goes with --mode look-ahead, found --mode %s",
                    edit_mode_name(decide->mode));
        return FALSE;
    }
    if (decide->mode == EDIT_MODE_CAUSAL)
        decide->director.look_ahead_ms = 0;
    else if (decide->mode == EDIT_MODE_LOOK_AHEAD && (given || decide->director.look_ahead_ms == 0))
        decide->director.look_ahead_ms = (int32_t)lround(seconds * 1000);
    return TRUE;
}

json_t *cli_decide_to_json(const CliDecide *decide)
{
    json_t *kept = edit_settings_to_json(&decide->director);
    json_object_set_new(kept, "mode", json_string(edit_mode_name(decide->mode)));
    return kept;
}

static gboolean apply_kept(const json_t *kept, CliDecide *decide, GError **error)
{
    if (kept == NULL)
        return TRUE;
    const char *mode = json_string_value(json_object_get(kept, "mode"));
    if (mode != NULL && edit_mode_from_name(mode) != EDIT_MODE_UNSET)
        decide->mode = edit_mode_from_name(mode);
    json_t *settings = json_copy((json_t *)kept);
    json_object_del(settings, "mode");
    gboolean good =
        edit_settings_apply_json(&decide->director, "manifest.json: settings", settings, error);
    json_decref(settings);
    return good;
}

gboolean cli_decide_parse(const CliArguments *arguments, const json_t *kept, CliDecide *decide,
                          GError **error)
{
    *decide = (CliDecide){.mode = EDIT_MODE_FULL};
    director_settings_defaults(&decide->director);
    if (!apply_kept(kept, decide, error))
        return FALSE;
    const char *mode = cli_value(arguments, "mode");
    if (mode != NULL)
        decide->mode = edit_mode_from_name(mode);
    decide->ignore_manual = cli_flag(arguments, "ignore-manual");

    const char *style = cli_value(arguments, "style");
    if (style != NULL && !director_settings_preset(&decide->director, style)) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE, "--style: there is no style \"%s\"", style);
        return FALSE;
    }
    const char *file = cli_value(arguments, "settings");
    if (file != NULL && !apply_file(file, &decide->director, error))
        return FALSE;
    g_autoptr(GPtrArray) settings = cli_values(arguments, "set");
    for (guint i = 0; i < settings->len; i++)
        if (!edit_settings_apply_text(&decide->director, settings->pdata[i], error))
            return as_usage("--set", error);
    return apply_look_ahead(arguments, decide, error);
}

static gboolean parse_picture(const CliArguments *arguments, CliOutput *output, GError **error)
{
    MediaRenderSettings *render = &output->render;
    int kbits = render->audio_bitrate / 1000;
    double rate = 0;
    if (!cli_integer(arguments, "height", 90, 2160, &render->height, error) ||
        !cli_integer(arguments, "crf", 0, 51, &render->crf, error) ||
        !cli_integer(arguments, "threads", 1, 64, &render->threads, error) ||
        !cli_integer(arguments, "audio-bitrate", 32, 512, &kbits, error) ||
        !cli_number(arguments, "rate", 1, 120, &rate, error))
        return FALSE;
    render->height -= render->height % 2;
    render->width = (int)lround(render->height * 16.0 / 9 / 2) * 2;
    render->audio_bitrate = kbits * 1000;
    if (rate > 0)
        output->rate = show_rate_nearest(rate);
    if (cli_value(arguments, "preset") != NULL)
        render->preset = cli_value(arguments, "preset");
    if (g_strcmp0(cli_value(arguments, "fit"), "crop") == 0)
        render->fit = MEDIA_FIT_CROP;
    return TRUE;
}

static gboolean parse_highlights(const CliArguments *arguments, CliOutput *output, GError **error)
{
    EditHighlightSettings *settings = &output->highlights;
    double target = (double)settings->target_ms / 1000;
    double shortest = (double)settings->piece_min_ms / 1000;
    double longest = (double)settings->piece_max_ms / 1000;
    if (!cli_number(arguments, "highlights", 0, 600, &target, error) ||
        !cli_number(arguments, "piece-min", 1, 300, &shortest, error) ||
        !cli_number(arguments, "piece-max", 1, 600, &longest, error))
        return FALSE;
    output->want_highlights = target > 0;
    if (!output->want_highlights)
        return TRUE;
    settings->target_ms = llround(target * 1000);
    settings->total_min_ms = MIN(settings->total_min_ms, settings->target_ms);
    settings->piece_min_ms = llround(shortest * 1000);
    settings->piece_max_ms = llround(longest * 1000);
    const char *wrong = edit_highlight_check(settings);
    if (wrong == NULL)
        return TRUE;
    g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE, "--highlights: %s", wrong);
    return FALSE;
}

static gboolean bad_pieces(GError **error, const char *why)
{
    g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE, "--pieces: %s", why);
    return FALSE;
}

/* "12.5-30" */
static gboolean parse_piece(const char *text, EditPiece *piece, GError **error)
{
    static const double most_s = (double)SHOW_T_MS_MAX / 1000;
    double start_s = 0, end_s = 0;
    g_auto(GStrv) edges = g_strsplit(text, "-", -1);
    if (g_strv_length(edges) != 2)
        return bad_pieces(error, "expected START-END in seconds, separated by commas");
    if (!cli_parse_number("--pieces", edges[0], 0, most_s, &start_s, error) ||
        !cli_parse_number("--pieces", edges[1], 0, most_s, &end_s, error))
        return FALSE;
    *piece = (EditPiece){llround(start_s * 1000), llround(end_s * 1000)};
    return TRUE;
}

static gboolean parse_pieces(const CliArguments *arguments, CliOutput *output, GError **error)
{
    const char *list = cli_value(arguments, "pieces");
    if (list == NULL)
        return TRUE;
    if (cli_value(arguments, "highlights") != NULL)
        return bad_pieces(error, "they are the highlights: leave --highlights out");
    g_auto(GStrv) pieces = g_strsplit(list, ",", EDIT_PIECES_MAX + 2);
    for (char **piece = pieces; *piece != NULL && output->n_pieces < EDIT_PIECES_MAX; piece++)
        if (!parse_piece(*piece, &output->pieces[output->n_pieces++], error))
            return FALSE;
    const char *wrong = g_strv_length(pieces) > EDIT_PIECES_MAX
                            ? "expected 1 to 60 pieces"
                            : edit_pieces_check(output->pieces, output->n_pieces);
    return wrong == NULL || bad_pieces(error, wrong);
}

ShowHighlights *cli_output_highlights(const CliOutput *output, const GArray *spans,
                                      const GPtrArray *sources, const ShowShots *shots)
{
    if (output->n_pieces > 0)
        return edit_highlights_chosen(spans, sources, shots, output->pieces, output->n_pieces);
    return edit_highlights(spans, sources, shots, &output->highlights);
}

gboolean cli_output_parse(const CliArguments *arguments, CliOutput *output, GError **error)
{
    *output = (CliOutput){.mix = {.loudness_lufs = -16, .peak_dbtp = -1}};
    media_render_defaults(&output->render);
    edit_highlight_defaults(&output->highlights);
    return parse_picture(arguments, output, error) &&
           cli_number(arguments, "loudness", -40, -5, &output->mix.loudness_lufs, error) &&
           cli_number(arguments, "peak", -20, 0, &output->mix.peak_dbtp, error) &&
           parse_highlights(arguments, output, error) && parse_pieces(arguments, output, error);
}
