/* CMX 3600: one line an event, timecodes of the program's nominal rate, non-drop at every rate, so
 * that each names a frame without a table. The program begins at 01:00:00:00, as is the custom; a
 * file, having no timecode of its own, at 00:00:00:00. A file of another rate is counted in frames
 * of the program's. */
#include "timeline-private.h"

#include <string.h>

enum { REEL_BYTES = 8, START_S = 3600, HOURS = 24 };

typedef struct Writer {
    const Timeline *timeline;
    GString *text;
    GHashTable *reels; /* media → char * */
    guint events;
} Writer;

/* ---- timecodes ---- */

static void append_timecode(GString *text, gint64 frame, ShowRate rate)
{
    gint64 base = (rate.num + rate.den - 1) / rate.den; /* 30 for 29.97 */
    gint64 seconds = frame / base;
    g_string_append_printf(text, "%02d:%02d:%02d:%02d", (int)(seconds / 3600 % HOURS),
                           (int)(seconds / 60 % 60), (int)(seconds % 60), (int)(frame % base));
}

static void append_times(Writer *writer, gint64 in_frame, gint64 record_frame, gint64 frames)
{
    ShowRate rate = writer->timeline->rate;
    gint64 base = (rate.num + rate.den - 1) / rate.den;
    gint64 start = START_S * base + record_frame;
    append_timecode(writer->text, in_frame, rate);
    g_string_append_c(writer->text, ' ');
    append_timecode(writer->text, in_frame + frames, rate);
    g_string_append_c(writer->text, ' ');
    append_timecode(writer->text, start, rate);
    g_string_append_c(writer->text, ' ');
    append_timecode(writer->text, start + frames, rate);
    g_string_append_c(writer->text, '\n');
}

/* ---- reels ---- */

/* At most eight of A-Z, 0-9 and _. */
static char *reel_from(const char *name)
{
    char *reel = g_ascii_strup(name, MIN((gssize)strlen(name), REEL_BYTES));
    for (char *at = reel; *at != '\0'; at++)
        if (!g_ascii_isalnum(*at))
            *at = '_';
    return reel;
}

static gboolean is_taken(GHashTable *reels, const char *reel)
{
    static const char *const reserved[] = {"", "AX", "BL", "BLACK", "BARS"};
    for (gsize i = 0; i < G_N_ELEMENTS(reserved); i++)
        if (strcmp(reel, reserved[i]) == 0)
            return TRUE;
    GHashTableIter iter;
    gpointer other = NULL;
    g_hash_table_iter_init(&iter, reels);
    while (g_hash_table_iter_next(&iter, NULL, &other))
        if (strcmp(reel, other) == 0)
            return TRUE;
    return FALSE;
}

/* The source's id, or what is left of it and a number where that is taken. */
static const char *reel_of(Writer *writer, gconstpointer key, const char *name)
{
    char *reel = g_hash_table_lookup(writer->reels, key);
    if (reel != NULL)
        return reel;
    reel = reel_from(name);
    for (int number = 2; is_taken(writer->reels, reel); number++) {
        g_autofree char *numbered = g_strdup_printf("%.5s%03d", reel, number);
        g_free(reel);
        reel = g_steal_pointer(&numbered);
    }
    g_hash_table_insert(writer->reels, (gpointer)key, reel);
    return reel;
}

/* ---- events ---- */

static void append_event(Writer *writer, const char *reel, const char *channels)
{
    g_string_append_printf(writer->text, "%03u  %-8s %-5s C        ", ++writer->events, reel,
                           channels);
}

static void append_comment(Writer *writer, const char *what, const char *value)
{
    g_autofree char *line = edit_line(value);
    g_string_append_printf(writer->text, "* %s: %s\n", what, line);
}

static void append_clip(Writer *writer, const TimelineClip *clip)
{
    if (clip->media == NULL) {
        append_event(writer, "BL", "V");
        append_times(writer, 0, clip->record_frame, clip->frames);
        return;
    }
    const EditMedia *media = clip->media;
    gboolean own_sound = media->has_audio && writer->timeline->edit->program_sound == NULL;
    const char *channels = !own_sound ? "V" : media->channels > 1 ? "AA/V" : "B";
    append_event(writer, reel_of(writer, media, media->source), channels);
    append_times(writer,
                 edit_media_in_program_frames(media, clip->in_frame, writer->timeline->rate),
                 clip->record_frame, clip->frames);
    append_comment(writer, "FROM CLIP NAME", media->label);
    append_comment(writer, "SOURCE FILE", media->path);
    if (clip->reason != NULL)
        append_comment(writer, "COMMENT", clip->reason);
}

static void append_program_sound(Writer *writer)
{
    const char *path = writer->timeline->edit->program_sound;
    g_autofree char *name = g_path_get_basename(path);
    append_event(writer, reel_of(writer, path, "PROGRAM"), "AA");
    append_times(writer, 0, 0, writer->timeline->frames);
    append_comment(writer, "FROM CLIP NAME", name);
    append_comment(writer, "SOURCE FILE", path);
}

char *edit_timeline_edl(const Timeline *timeline)
{
    Writer writer = {
        .timeline = timeline,
        .text = g_string_new(NULL),
        .reels = g_hash_table_new_full(NULL, NULL, NULL, g_free),
    };
    g_autofree char *title = edit_line(timeline->edit->name);
    g_string_append_printf(writer.text, "TITLE: %s\nFCM: NON-DROP FRAME\n\n", title);
    if (timeline->edit->program_sound != NULL)
        append_program_sound(&writer);
    for (guint i = 0; i < timeline->clips->len; i++)
        append_clip(&writer, &g_array_index(timeline->clips, TimelineClip, i));
    g_hash_table_unref(writer.reels);
    return g_string_free(writer.text, FALSE);
}
