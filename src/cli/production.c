/* From recordings to a log and shots. What always holds: sources and tracks have the same length
 * and order; times are ms on the session clock. */
#include "production.h"

#include "error.h"
#include <edit/speech.h>
#include <edit/settings.h>
#include <media/slides.h>
#include <store/folder.h>
#include <store/whole.h>

#include <math.h>
#include <string.h>

#define SHORT_SHOW_MS    10000 /* shorter than this there is little to direct */
#define EDGE_MS          50    /* a camera that starts or ends this close counts as there */
#define ISOLATION_LOW_DB 4.0f

static void clear_track(gpointer data)
{
    CliTrack *track = data;
    media_info_free(track->info);
}

CliProduction *cli_production_new(CliReport *report, GCancellable *cancellable)
{
    CliProduction *self = g_new0(CliProduction, 1);
    self->report = report;
    self->cancellable = cancellable;
    self->account = json_object();
    self->sources = g_ptr_array_new_with_free_func((GDestroyNotify)show_source_free);
    self->tracks = g_array_new(FALSE, TRUE, sizeof(CliTrack));
    g_array_set_clear_func(self->tracks, clear_track);
    return self;
}

void cli_production_free(CliProduction *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->sources);
    g_array_unref(self->tracks);
    media_listener_free(self->listener);
    show_log_free(self->log);
    show_shots_free(self->shots);
    show_highlights_free(self->highlights);
    json_decref(self->account);
    g_free(self);
}

void cli_production_add(CliProduction *self, ShowSource *source, MediaInfo *info,
                        double given_offset_s)
{
    CliTrack track = {.info = info, .given_offset_s = given_offset_s, .voice = -1};
    track.alignment.confidence = 1;
    g_ptr_array_add(self->sources, source);
    g_array_append_val(self->tracks, track);
}

CliTrack *cli_production_track(const CliProduction *self, guint index)
{
    return &g_array_index(self->tracks, CliTrack, index);
}

static const ShowSource *source_at(const CliProduction *self, guint index)
{
    return self->sources->pdata[index];
}

/* ---- who is who ---- */

static gboolean has_own_mic(const CliProduction *self, const char *camera)
{
    for (guint i = 0; i < self->sources->len; i++)
        if (g_strcmp0(source_at(self, i)->camera, camera) == 0 &&
            cli_production_track(self, i)->info->has_audio)
            return TRUE;
    return FALSE;
}

static int voice_of(const CliProduction *self, guint index)
{
    const ShowSource *source = source_at(self, index);
    if (!cli_production_track(self, index)->info->has_audio)
        return -1;
    if (source->role == SHOW_ROLE_MIC && source->camera != NULL)
        return show_sources_find(self->sources, source->camera);
    if (source->role == SHOW_ROLE_MIC)
        return (int)index;
    if (source->role == SHOW_ROLE_PERSON && !has_own_mic(self, source->id))
        return (int)index;
    return -1;
}

void cli_production_assign(CliProduction *self)
{
    gboolean any_picture = FALSE;
    for (guint i = 0; i < self->sources->len; i++)
        any_picture = any_picture || (cli_production_track(self, i)->info->has_video &&
                                      source_at(self, i)->role != SHOW_ROLE_MIC);
    for (guint i = 0; i < self->sources->len; i++) {
        CliTrack *track = cli_production_track(self, i);
        track->voice = voice_of(self, i);
        track->showable =
            source_at(self, i)->role != SHOW_ROLE_MIC && (track->info->has_video || !any_picture);
        if (!track->showable && source_at(self, i)->role != SHOW_ROLE_MIC)
            cli_report_warning(self->report,
                               "%s: has no picture, so its person is seen only on a wide camera; "
                               "if it is the microphone of somebody with a camera, say "
                               "--mic %s=cam_N",
                               track->info->path, source_at(self, i)->id);
    }
}

/* ---- sound ---- */

static const char **sound_paths(const CliProduction *self)
{
    const char **paths = g_new0(const char *, self->sources->len + 1);
    for (guint i = 0; i < self->sources->len; i++) {
        const CliTrack *track = cli_production_track(self, i);
        paths[i] = track->info->has_audio ? track->info->path : NULL;
    }
    return paths;
}

gboolean cli_production_listen(CliProduction *self, GError **error)
{
    g_autofree const char **paths = sound_paths(self);
    MediaProgress progress = cli_report_progress(self->report);
    self->listener =
        media_listen(paths, (int)self->sources->len, &progress, self->cancellable, error);
    return self->listener != NULL;
}

gboolean cli_production_align(CliProduction *self, GError **error)
{
    guint n = self->sources->len;
    g_autofree double *given = g_new(double, n);
    g_autofree MediaAlignment *found = g_new0(MediaAlignment, n);
    for (guint i = 0; i < n; i++)
        given[i] = cli_production_track(self, i)->given_offset_s;
    if (!media_align(self->listener, self->sources, given, found, error))
        return FALSE;
    for (guint i = 0; i < n; i++)
        cli_production_track(self, i)->alignment = found[i];
    return TRUE;
}

/* Appends the speech of all tracks to `events`. */
static gboolean find_speech(CliProduction *self, GPtrArray *events, float *isolation_db,
                            GError **error)
{
    guint n = self->sources->len;
    g_autofree MediaAlignment *alignments = g_new0(MediaAlignment, n);
    g_autofree int *voices = g_new0(int, n);
    for (guint i = 0; i < n; i++) {
        alignments[i] = cli_production_track(self, i)->alignment;
        voices[i] = cli_production_track(self, i)->voice;
    }
    return media_speech_events(self->listener, self->sources, alignments, voices, events,
                               isolation_db, error);
}

gboolean cli_production_levels(CliProduction *self, GError **error)
{
    g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func((GDestroyNotify)show_event_free);
    float isolation_db = 0;
    return find_speech(self, events, &isolation_db, error);
}

/* ---- the program's span and rate ---- */

typedef struct Span {
    double start_s, end_s;
} Span;

/* When a track has something to show, session clock. */
static Span shown_span(const CliTrack *track)
{
    double first_s = track->info->has_video ? track->info->video_start_s : 0;
    return (Span){
        .start_s = show_clock_to_session(&track->alignment.clock, first_s),
        .end_s = show_clock_to_session(&track->alignment.clock, track->info->duration_s),
    };
}

static ShowRate common_rate(const CliProduction *self)
{
    ShowRate best = {30, 1};
    guint best_votes = 0;
    for (guint i = 0; i < self->tracks->len; i++) {
        const CliTrack *track = cli_production_track(self, i);
        guint votes = 0;
        if (!track->showable || !track->info->has_video)
            continue;
        for (guint j = 0; j < self->tracks->len; j++) {
            const CliTrack *other = cli_production_track(self, j);
            votes += other->showable && other->info->has_video &&
                     show_rate_equal(other->info->rate, track->info->rate);
        }
        double hz = (double)track->info->rate.num / track->info->rate.den;
        double best_hz = (double)best.num / best.den;
        if (votes > best_votes || (votes == best_votes && hz > best_hz)) {
            best = track->info->rate;
            best_votes = votes;
        }
    }
    return best;
}

void cli_production_span(CliProduction *self, ShowRate wanted)
{
    Span span = {INFINITY, -INFINITY};
    for (guint i = 0; i < self->tracks->len; i++) {
        const CliTrack *track = cli_production_track(self, i);
        if (!track->showable)
            continue;
        Span shown = shown_span(track);
        span.start_s = MIN(span.start_s, shown.start_s);
        span.end_s = MAX(span.end_s, shown.end_s);
    }
    self->rate = wanted.den != 0 ? wanted : common_rate(self);
    self->start_ms = llround(span.start_s * 1000);
    double frames = (span.end_s - (double)self->start_ms / 1000) * self->rate.num / self->rate.den;
    self->duration_ms = show_rate_ms(self->rate, MAX(1, (gint64)floor(frames + 1e-6)));
    if (self->duration_ms < SHORT_SHOW_MS)
        cli_report_warning(self->report, "the show is only %.1f s long",
                           (double)self->duration_ms / 1000);
}

/* ---- the log ---- */

static void log_session_start(CliProduction *self, const char *name, const CliDecide *decide)
{
    ShowEvent *event = show_event_new(SHOW_EVENT_SESSION_START, NULL, 0);
    json_t *sources = json_array();
    for (guint i = 0; i < self->sources->len; i++)
        json_array_append_new(sources, show_source_to_json(source_at(self, i)));
    show_event_set(event, "name", json_string(name));
    show_event_set(event, "sources", sources);
    show_event_set(event, "settings", edit_settings_to_json(&decide->director));
    show_event_set(event, "version", json_integer(DIRECTOR_VERSION));
    show_log_take(self->log, event);
}

static void log_recordings(CliProduction *self)
{
    for (guint i = 0; i < self->tracks->len; i++) {
        const CliTrack *track = cli_production_track(self, i);
        const ShowClock *clock = &track->alignment.clock;
        g_autofree char *file = g_path_get_basename(track->info->path);
        gint64 start_ms = llround(clock->start_s * 1000);
        gint64 stop_ms = llround(show_clock_to_session(clock, track->info->duration_s) * 1000);
        ShowEvent *start =
            show_event_new(SHOW_EVENT_RECORD_START, source_at(self, i)->id, MAX(0, start_ms));
        show_event_set(start, "file", json_string(file));
        show_log_take(self->log, start);
        show_log_take(self->log, show_event_new(SHOW_EVENT_RECORD_STOP, source_at(self, i)->id,
                                                MAX(0, stop_ms)));
    }
}

static void log_lost(CliProduction *self, guint index, gint64 t_ms, const char *reason)
{
    ShowEvent *event = show_event_new(SHOW_EVENT_SOURCE_LOST, source_at(self, index)->id, t_ms);
    show_event_set(event, "reason", json_string(reason));
    show_log_take(self->log, event);
}

/* A camera that is not there yet, or no more, is lost to the director. */
static void log_coverage(CliProduction *self)
{
    gint64 end_ms = self->start_ms + self->duration_ms;
    gint64 frame_ms = show_rate_ms(self->rate, 1);
    for (guint i = 0; i < self->tracks->len; i++) {
        const CliTrack *track = cli_production_track(self, i);
        if (source_at(self, i)->role == SHOW_ROLE_MIC)
            continue;
        if (!track->showable) {
            log_lost(self, i, 0, "no picture");
            continue;
        }
        Span span = shown_span(track);
        gint64 from_ms = (gint64)ceil(span.start_s * 1000);
        gint64 to_ms = (gint64)floor(span.end_s * 1000) - frame_ms;
        if (from_ms > self->start_ms + EDGE_MS) {
            log_lost(self, i, 0, "not recording yet");
            show_log_take(self->log,
                          show_event_new(SHOW_EVENT_SOURCE_BACK, source_at(self, i)->id, from_ms));
        }
        if (to_ms < end_ms - frame_ms - EDGE_MS)
            log_lost(self, i, MAX(0, to_ms), "recording ended");
    }
}

static gboolean log_slides(CliProduction *self, GError **error)
{
    MediaProgress progress = cli_report_progress(self->report);
    for (guint i = 0; i < self->tracks->len; i++) {
        const CliTrack *track = cli_production_track(self, i);
        const ShowSource *source = source_at(self, i);
        if (source->role == SHOW_ROLE_SCREEN && track->info->has_video &&
            !media_slides(track->info->path, source->id, track->alignment.clock, self->log->events,
                          &progress, self->cancellable, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean has_speech(const ShowLog *log)
{
    for (guint i = 0; i < log->events->len; i++)
        if (((const ShowEvent *)log->events->pdata[i])->type == SHOW_EVENT_SPEAKING_START)
            return TRUE;
    return FALSE;
}

static void warn_about_sound(const CliProduction *self, float isolation_db)
{
    guint voices = 0, shown = 0;
    for (guint i = 0; i < self->tracks->len; i++) {
        voices += cli_production_track(self, i)->voice >= 0;
        shown += cli_production_track(self, i)->showable;
    }
    if (shown <= 1)
        cli_report_warning(self->report, "one camera only: there is nothing to cut to");
    if (voices == 0)
        cli_report_warning(self->report,
                           "no source has a person's sound: nobody is heard to speak");
    else if (!has_speech(self->log))
        cli_report_warning(self->report, "no speech found: the picture stays where it is");
    else if (voices > 1 && isolation_db < ISOLATION_LOW_DB)
        cli_report_warning(self->report,
                           "the microphones hear each other nearly as well as their own person "
                           "(%.1f dB): who speaks is uncertain",
                           (double)isolation_db);
}

gboolean cli_production_log(CliProduction *self, const char *name, const CliDecide *decide,
                            GError **error)
{
    float isolation_db = 99;
    self->log = show_log_new();
    log_session_start(self, name, decide);
    log_recordings(self);
    log_coverage(self);
    if (!find_speech(self, self->log->events, &isolation_db, error) || !log_slides(self, error))
        return FALSE;
    show_log_sort(self->log);
    show_log_number(self->log);
    warn_about_sound(self, isolation_db);
    return TRUE;
}

/* ---- decisions ---- */

gboolean cli_production_decide(CliProduction *self, const CliDecide *decide,
                               const CliOutput *output, GError **error)
{
    EditReplay replay = {
        .log = self->log,
        .sources = self->sources,
        .settings = &decide->director,
        .mode = decide->mode,
        .ignore_manual = decide->ignore_manual,
        .start_ms = self->start_ms,
        .duration_ms = self->duration_ms,
        .rate = self->rate,
    };
    g_clear_pointer(&self->shots, show_shots_free);
    self->shots = edit_replay(&replay, error);
    if (self->shots == NULL)
        return FALSE;
    g_clear_pointer(&self->highlights, show_highlights_free);
    if (output->want_highlights) {
        g_autoptr(GArray) spans =
            edit_spans(self->log, self->sources, 0, self->start_ms + self->duration_ms);
        self->highlights = cli_output_highlights(output, spans, self->sources, self->shots);
        if (self->highlights->note != NULL)
            cli_report_warning(self->report, "highlights: %s", self->highlights->note);
    }
    return TRUE;
}

/* ---- files ---- */

static gboolean write_text(const char *folder, const char *name, const char *kind, const char *text,
                           ShowManifest *manifest, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (!store_write_whole(path, text, strlen(text), error))
        return FALSE;
    ShowFile *file = show_file_new(name, kind);
    file->sha256 = store_sha256(path, &file->bytes, NULL, error);
    gboolean good = file->sha256 != NULL;
    show_manifest_take_file(manifest, file);
    return good;
}

gboolean cli_production_write_json(const char *folder, const char *name, const char *kind,
                                   json_t *value_taken, ShowManifest *manifest, GError **error)
{
    g_autofree char *text = show_json_text(value_taken, TRUE);
    json_decref(value_taken);
    return write_text(folder, name, kind, text, manifest, error);
}

gboolean cli_production_write_log(CliProduction *self, const char *folder, ShowManifest *manifest,
                                  GError **error)
{
    g_autofree char *lines = show_log_lines(self->log);
    g_autofree char *array = show_log_array(self->log);
    return write_text(folder, "events.log", "log", lines, manifest, error) &&
           write_text(folder, "events.json", "events", array, manifest, error);
}

gboolean cli_production_write_decisions(CliProduction *self, const char *folder,
                                        ShowManifest *manifest, GError **error)
{
    manifest->program_start_ms = self->start_ms;
    manifest->program_duration_ms = self->duration_ms;
    manifest->rate = self->rate;
    if (!cli_production_write_json(folder, "shots.json", "shots", show_shots_to_json(self->shots),
                                   manifest, error))
        return FALSE;
    return self->highlights == NULL ||
           cli_production_write_json(folder, "highlights.json", "highlights-list",
                                     show_highlights_to_json(self->highlights), manifest, error);
}

gboolean cli_production_write_report(CliProduction *self, const char *folder,
                                     ShowManifest *manifest, GError **error)
{
    json_t *value = json_pack("{s:i}", "version", 1);
    json_object_update(value, self->account);
    json_t *kept = self->kept != NULL ? cli_kept_account(self->kept) : NULL;
    if (kept != NULL)
        json_object_set_new(value, "kept", kept);
    json_object_set_new(value, "warnings", cli_report_warnings(self->report));
    return cli_production_write_json(folder, "report.json", "other", value, manifest, error);
}

/* What the next run finds true or false by itself. */
static gboolean is_of_timelines(const json_t *warning)
{
    const char *text = json_string_value(warning);
    return text != NULL && g_str_has_prefix(text, CLI_NO_TIMELINES);
}

gboolean cli_production_add_to_report(CliProduction *self, const char *old, const char *folder,
                                      ShowManifest *manifest, GError **error)
{
    g_autoptr(ShowJson) before = show_json_load(old, NULL);
    json_t *value = before != NULL && json_is_object(show_json_root(before))
                        ? json_deep_copy(show_json_root(before))
                        : json_pack("{s:i}", "version", 1);
    json_t *warnings = json_array(), *told = cli_report_warnings(self->report);
    const json_t *said = json_object_get(value, "warnings");
    for (gsize i = 0; i < json_array_size(said); i++)
        if (!is_of_timelines(json_array_get(said, i)))
            json_array_append(warnings, json_array_get(said, i));
    json_array_extend(warnings, told);
    json_decref(told);
    json_object_update(value, self->account);
    json_object_set_new(value, "warnings", warnings);
    return cli_production_write_json(folder, "report.json", "other", value, manifest, error);
}
