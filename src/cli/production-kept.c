/* A program that an earlier render finished: named as if it had been made now. */
#include "production.h"

#include <store/whole.h>

#include <string.h>

/* Of a program, in the order in which they are made; program.mp4's facts say which there are. */
static const char *const outputs[] = {"program.mp4", "highlights.mp4", "poster.jpg",
                                      "waveform.json"};

static void describe_value(GString *text, json_t *value_taken)
{
    g_autofree char *line = show_json_text(value_taken, FALSE);
    json_decref(value_taken);
    g_string_append(text, line);
}

/* All that decides on it, beside what is rendered and how. */
static char *describe(const CliProduction *self, const CliOutput *output, const CliRenderWish *wish)
{
    GString *text = g_string_new(NULL);
    const MediaRenderSettings *settings = &output->render;
    g_string_append_printf(text, "program %d %d %d %s\n", settings->width, settings->height,
                           settings->copy_sound, wish->name != NULL ? wish->name : "");
    describe_value(text, show_shots_to_json(self->shots));
    if (self->highlights != NULL)
        describe_value(text, show_highlights_to_json(self->highlights));
    if (wish->filled != NULL)
        describe_value(text, show_shots_to_json(wish->filled));
    for (guint i = 0; i < self->tracks->len; i++) {
        const CliTrack *track = cli_production_track(self, i);
        g_string_append_printf(text, "track %.9f %.9f %d\n", track->alignment.clock.start_s,
                               track->alignment.clock.drift_ppm, track->voice);
    }
    return g_string_free(text, FALSE);
}

/* ---- taking one ---- */

static gboolean name_other(const CliProduction *self, const char *name, ShowManifest *manifest)
{
    g_autofree char *path = g_build_filename(cli_kept_folder(self->kept), name, NULL);
    ShowFile *file = show_file_new(name, "other");
    file->sha256 = store_sha256(path, &file->bytes, self->cancellable, NULL);
    gboolean good = file->sha256 != NULL;
    show_manifest_take_file(manifest, file);
    return good;
}

static gboolean name_output(CliProduction *self, const CliRenderWish *wish, const char *name,
                            ShowManifest *manifest)
{
    if (!g_str_has_suffix(name, ".mp4"))
        return name_other(self, name, manifest);
    g_autofree char *kind = g_strndup(name, strcspn(name, "."));
    return cli_production_name(self, wish, name, kind, manifest, NULL);
}

static gboolean is_said(const json_t *list, const char *text)
{
    for (gsize i = 0; i < json_array_size(list); i++)
        if (g_strcmp0(json_string_value(json_array_get(list, i)), text) == 0)
            return TRUE;
    return FALSE;
}

/* What was warned of when it was made is so still. */
static void say_again(CliProduction *self, const json_t *warnings)
{
    json_t *said = cli_report_warnings(self->report);
    for (gsize i = 0; i < json_array_size(warnings); i++) {
        const char *text = json_string_value(json_array_get(warnings, i));
        if (text != NULL && !is_said(said, text))
            cli_report_warning(self->report, "%s", text);
    }
    json_decref(said);
}

static gboolean take_outputs(CliProduction *self, const CliRenderWish *wish, const char *what,
                             const json_t *names, ShowManifest *manifest)
{
    for (gsize i = 0; i < G_N_ELEMENTS(outputs); i++) {
        if (!is_said(names, outputs[i]))
            continue;
        if ((i > 0 && !cli_kept_find(self->kept, outputs[i], what, NULL)) ||
            !name_output(self, wish, outputs[i], manifest))
            return FALSE;
    }
    return TRUE;
}

/* What the manifest says of the program beside its times. */
static const char *const about[] = {"from", "sound"};

static void take_about(const json_t *facts, ShowManifest *manifest)
{
    if (manifest->program_extra == NULL)
        manifest->program_extra = json_object();
    for (gsize i = 0; i < G_N_ELEMENTS(about); i++) {
        json_object_del(manifest->program_extra, about[i]);
        if (json_object_get(facts, about[i]) != NULL)
            json_object_set(manifest->program_extra, about[i], json_object_get(facts, about[i]));
    }
}

gboolean cli_production_find_program(CliProduction *self, const CliOutput *output,
                                     const CliRenderWish *wish, ShowManifest *manifest)
{
    const json_t *facts = NULL;
    if (self->kept == NULL)
        return FALSE;
    g_autofree char *what = describe(self, output, wish);
    if (!cli_kept_find(self->kept, outputs[0], what, &facts) || facts == NULL)
        return FALSE;
    json_t *own = json_deep_copy(facts);
    gboolean taken = take_outputs(self, wish, what, json_object_get(own, "files"), manifest);
    if (taken) {
        say_again(self, json_object_get(own, "warnings"));
        json_object_update(self->account, json_object_get(own, "account"));
        take_about(own, manifest);
    }
    json_decref(own);
    return taken;
}

/* ---- keeping one ---- */

gboolean cli_production_keep_program(CliProduction *self, const CliOutput *output,
                                     const CliRenderWish *wish, const ShowManifest *manifest,
                                     GError **error)
{
    if (self->kept == NULL)
        return TRUE;
    g_autofree char *what = describe(self, output, wish);
    json_t *names = json_array();
    for (gsize i = 0; i < G_N_ELEMENTS(outputs); i++)
        if (show_manifest_find(manifest, outputs[i]) != NULL)
            json_array_append_new(names, json_string(outputs[i]));
    json_t *facts = json_pack("{s:o,s:o,s:O}", "files", names, "warnings",
                              cli_report_warnings(self->report), "account", self->account);
    gboolean good = TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(about); i++)
        if (json_object_get(manifest->program_extra, about[i]) != NULL)
            json_object_set(facts, about[i], json_object_get(manifest->program_extra, about[i]));
    for (gsize i = G_N_ELEMENTS(outputs); good && i-- > 1;)
        if (is_said(names, outputs[i]))
            good = cli_kept_keep(self->kept, show_manifest_find(manifest, outputs[i]), what, NULL,
                                 error);
    /* The one that names the others comes last. */
    good = good &&
           cli_kept_keep(self->kept, show_manifest_find(manifest, outputs[0]), what,
                         json_incref(facts), error) &&
           cli_kept_drop_parts(self->kept, "program~", error);
    json_decref(facts);
    return good;
}
