/* Writes one of every file of a show as the room writes them, with every member that it knows, into
 * the folder named on the command line. check-schemas.py holds them against docs/schemas/. */
#include <show/highlights.h>
#include <show/log.h>
#include <show/manifest.h>
#include <show/shots.h>

#include <stdio.h>
#include <string.h>

static gboolean write_text(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GError) error = NULL;
    if (g_file_set_contents(path, text, (gssize)strlen(text), &error))
        return TRUE;
    fprintf(stderr, "%s\n", error->message);
    return FALSE;
}

/* Takes the reference to value. */
static gboolean write_value(const char *folder, const char *name, json_t *value)
{
    g_autofree char *text = show_json_text(value, TRUE);
    json_decref(value);
    return write_text(folder, name, text);
}

static ShowSource *make_camera(const char *id, const char *label, ShowRole role)
{
    ShowSource *source = show_source_new(id, label, role);
    source->priority = role == SHOW_ROLE_WIDE ? -1 : 2;
    source->extra = json_pack("{s:s}", "device", "from a newer version");
    return source;
}

static json_t *make_sources(void)
{
    json_t *array = json_array();
    g_autoptr(ShowSource) host = make_camera("cam_1", "Müller", SHOW_ROLE_PERSON);
    g_autoptr(ShowSource) wide = make_camera("wide", NULL, SHOW_ROLE_WIDE);
    g_autoptr(ShowSource) mic = show_source_new("mic_1", "Lavalier", SHOW_ROLE_MIC);
    mic->camera = g_strdup("cam_1");
    json_array_append_new(array, show_source_to_json(host));
    json_array_append_new(array, show_source_to_json(wide));
    json_array_append_new(array, show_source_to_json(mic));
    return array;
}

static ShowLog *make_log(void)
{
    ShowLog *log = show_log_new();
    for (int type = SHOW_EVENT_SESSION_START; type < SHOW_EVENT_TYPES; type++) {
        ShowEvent *event = show_event_new((ShowEventType)type, "cam_1", type * 1000);
        event->at_ms = event->t_ms + 16;
        event->edge_t_ms = event->t_ms - 300;
        event->epoch = type % 2;
        show_log_take(log, event);
    }
    ShowEvent *start = log->events->pdata[0];
    show_event_set(start, "sources", make_sources());
    show_event_set(start, "settings", json_pack("{s:f}", "min_shot", 2.0));
    ShowEvent *cut = log->events->pdata[SHOW_EVENT_MANUAL_CUT - 1];
    show_event_set(cut, "hold", json_real(7.5));
    ShowEvent *record = log->events->pdata[SHOW_EVENT_RECORD_START - 1];
    show_event_set(record, "file", json_string("host.mp4"));
    show_event_set(record, "start", json_integer(0));
    show_log_number(log);
    return log;
}

static gboolean write_log(const char *folder)
{
    g_autoptr(ShowLog) log = make_log();
    g_autofree char *array = show_log_array(log), *lines = show_log_lines(log);
    return write_text(folder, "events.json", array) && write_text(folder, "events.log", lines);
}

static gboolean write_shots(const char *folder)
{
    g_autoptr(ShowShots) shots = show_shots_new();
    shots->rate = show_rate_nearest(29.97);
    shots->start_ms = 40;
    shots->duration_ms = 9009;
    show_shots_add(shots, 0, "wide", "opening");
    show_shots_add(shots, 3003, "cam_1", NULL);
    return write_value(folder, "shots.json", show_shots_to_json(shots));
}

static gboolean write_highlights(const char *folder)
{
    g_autoptr(ShowHighlights) highlights = show_highlights_new();
    ShowPiece *piece = show_piece_new(1001, 8008);
    g_ptr_array_add(piece->people, g_strdup("cam_1"));
    piece->score = 0.93;
    piece->reason = g_strdup("dense speech");
    g_ptr_array_add(highlights->pieces, piece);
    highlights->note = g_strdup("fewer than asked for");
    return write_value(folder, "highlights.json", show_highlights_to_json(highlights));
}

static void add_recording(ShowManifest *manifest)
{
    const ShowGap gap = {1000, 1500};
    ShowFile *file = show_file_new("host.mp4", "iso");
    file->source = g_strdup("cam_1");
    file->path = g_strdup("/media/card/host.mp4");
    file->clock = (ShowClock){.start_s = 1.234567891, .drift_ppm = -12.5};
    file->duration_ms = 61200;
    file->bytes = 123456789;
    file->sha256 = g_compute_checksum_for_string(G_CHECKSUM_SHA256, "host", -1);
    file->video = g_strdup("h264");
    file->audio = g_strdup("pcm_s16le");
    file->gaps = g_array_new(FALSE, FALSE, sizeof(ShowGap));
    g_array_append_val(file->gaps, gap);
    file->extra = json_pack("{s:f}", "confidence", 0.91);
    show_manifest_take_file(manifest, file);
}

static gboolean write_manifest(const char *folder)
{
    g_autoptr(ShowManifest) manifest = show_manifest_new();
    manifest->name = g_strdup("A show");
    manifest->rate = (ShowRate){30, 1};
    manifest->program_duration_ms = 61200;
    manifest->settings = json_pack("{s:f}", "min_shot", 2.0);
    g_ptr_array_add(manifest->sources, make_camera("cam_1", "Host", SHOW_ROLE_PERSON));
    g_ptr_array_add(manifest->sources, make_camera("slides", NULL, SHOW_ROLE_SCREEN));
    add_recording(manifest);
    show_manifest_take_file(manifest, show_file_new("events.log", "log"));
    return write_value(folder, "manifest.json", show_manifest_to_json(manifest));
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    gboolean written = write_log(argv[1]) && write_shots(argv[1]) && write_highlights(argv[1]) &&
                       write_manifest(argv[1]);
    return written ? 0 : 1;
}
