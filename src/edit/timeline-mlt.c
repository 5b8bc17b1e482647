/* MLT XML, for melt, kdenlive and Shotcut. MLT counts every file in frames of the profile, which is
 * the program's: a file of another rate shows the frame nearest to that time. Ends are inclusive. */
#include "timeline-private.h"

typedef struct Writer {
    const Timeline *timeline;
    GString *text;
} Writer;

static void append_property(Writer *writer, const char *name, const char *value)
{
    g_autofree char *escaped = edit_xml(value);
    g_string_append_printf(writer->text, "    <property name=\"%s\">%s</property>\n", name,
                           escaped);
}

static void append_profile(Writer *writer)
{
    const EditTimeline *edit = writer->timeline->edit;
    g_string_append_printf(
        writer->text,
        "  <profile description=\"Crosscut\" width=\"%d\" height=\"%d\" progressive=\"1\""
        " sample_aspect_num=\"1\" sample_aspect_den=\"1\" display_aspect_num=\"%d\""
        " display_aspect_den=\"%d\" frame_rate_num=\"%d\" frame_rate_den=\"%d\""
        " colorspace=\"709\"/>\n",
        edit->width, edit->height, edit->width, edit->height, writer->timeline->rate.num,
        writer->timeline->rate.den);
}

static gint64 profile_frames(const Writer *writer, const EditMedia *media)
{
    gint64 last = edit_media_frames(media) - 1;
    return edit_media_in_program_frames(media, last, writer->timeline->rate) + 1;
}

/* without: "video_index", "audio_index", or NULL: what of the file is left out. */
static void append_producer(Writer *writer, const char *id, gint64 frames, const char *path,
                            const char *without)
{
    g_string_append_printf(writer->text,
                           "  <producer id=\"%s\" in=\"0\" out=\"%" G_GINT64_FORMAT "\">\n", id,
                           frames - 1);
    append_property(writer, "mlt_service", "avformat");
    append_property(writer, "resource", path);
    if (without != NULL)
        append_property(writer, without, "-1");
    g_string_append(writer->text, "  </producer>\n");
}

static void append_producers(Writer *writer)
{
    const EditTimeline *edit = writer->timeline->edit;
    for (gsize i = 0; i < edit->n_media; i++) {
        const EditMedia *media = &edit->media[i];
        if (media->rate.num <= 0 || media->rate.den <= 0)
            continue;
        g_autofree char *id = g_strdup_printf("media%" G_GSIZE_FORMAT, i + 1);
        append_producer(writer, id, profile_frames(writer, media), media->path,
                        edit->program_sound != NULL ? "audio_index" : NULL);
    }
    if (edit->program_sound != NULL)
        append_producer(writer, "mix", writer->timeline->frames, edit->program_sound,
                        "video_index");
}

static void append_clip(Writer *writer, const TimelineClip *clip)
{
    if (clip->media == NULL) {
        g_string_append_printf(writer->text, "    <blank length=\"%" G_GINT64_FORMAT "\"/>\n",
                               clip->frames);
        return;
    }
    gint64 in = edit_media_in_program_frames(clip->media, clip->in_frame, writer->timeline->rate);
    g_string_append_printf(writer->text,
                           "    <entry producer=\"media%d\" in=\"%" G_GINT64_FORMAT
                           "\" out=\"%" G_GINT64_FORMAT "\"/>\n",
                           (int)(clip->media - writer->timeline->edit->media) + 1, in,
                           in + clip->frames - 1);
}

/* Lies under everything: where there is nothing to show, MLT alone would show white. */
static void append_black(Writer *writer)
{
    g_string_append_printf(writer->text,
                           "  <producer id=\"black\" in=\"0\" out=\"%" G_GINT64_FORMAT "\">\n",
                           writer->timeline->frames - 1);
    append_property(writer, "mlt_service", "color");
    append_property(writer, "resource", "black");
    g_string_append_printf(writer->text,
                           "  </producer>\n  <playlist id=\"background\">\n"
                           "    <entry producer=\"black\" in=\"0\" out=\"%" G_GINT64_FORMAT
                           "\"/>\n  </playlist>\n",
                           writer->timeline->frames - 1);
}

static void append_playlists(Writer *writer)
{
    append_black(writer);
    g_string_append(writer->text, "  <playlist id=\"program\">\n");
    for (guint i = 0; i < writer->timeline->clips->len; i++)
        append_clip(writer, &g_array_index(writer->timeline->clips, TimelineClip, i));
    g_string_append(writer->text, "  </playlist>\n");
    if (writer->timeline->edit->program_sound == NULL)
        return;
    g_string_append_printf(writer->text,
                           "  <playlist id=\"sound\">\n"
                           "    <entry producer=\"mix\" in=\"0\" out=\"%" G_GINT64_FORMAT "\"/>\n"
                           "  </playlist>\n",
                           writer->timeline->frames - 1);
}

static void append_tractor(Writer *writer)
{
    gboolean mixed = writer->timeline->edit->program_sound != NULL;
    g_string_append_printf(writer->text,
                           "  <tractor id=\"timeline\" in=\"0\" out=\"%" G_GINT64_FORMAT "\">\n"
                           "    <track producer=\"background\" hide=\"audio\"/>\n"
                           "    <track producer=\"program\"%s/>\n",
                           writer->timeline->frames - 1, mixed ? " hide=\"audio\"" : "");
    if (mixed)
        g_string_append(writer->text, "    <track producer=\"sound\" hide=\"video\"/>\n");
    g_string_append(writer->text, "  </tractor>\n");
}

char *edit_timeline_mlt(const Timeline *timeline)
{
    Writer writer = {timeline, g_string_new(NULL)};
    g_autofree char *title = edit_xml(timeline->edit->name);
    g_string_append_printf(writer.text,
                           "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                           "<mlt LC_NUMERIC=\"C\" version=\"7.12.0\" title=\"%s\""
                           " producer=\"timeline\">\n",
                           title);
    append_profile(&writer);
    append_producers(&writer);
    append_playlists(&writer);
    append_tractor(&writer);
    g_string_append(writer.text, "</mlt>\n");
    return g_string_free(writer.text, FALSE);
}
