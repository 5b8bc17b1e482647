/* Final Cut Pro XML 1.9. All times are fractions of a second: offsets and durations whole frames of
 * the program, starts whole frames of the file. */
#include "timeline-private.h"

typedef struct Writer {
    const Timeline *timeline;
    GString *text;
} Writer;

static const EditMedia *media_at(const Writer *writer, gsize index)
{
    return &writer->timeline->edit->media[index];
}

/* ' name="1001/30000s"' */
static void append_time(GString *text, const char *name, gint64 frames, ShowRate rate)
{
    if (frames == 0)
        g_string_append_printf(text, " %s=\"0s\"", name);
    else if (rate.den == 1 && frames % rate.num == 0)
        g_string_append_printf(text, " %s=\"%" G_GINT64_FORMAT "s\"", name, frames / rate.num);
    else
        g_string_append_printf(text, " %s=\"%" G_GINT64_FORMAT "/%ds\"", name, frames * rate.den,
                               rate.num);
}

static void append_name(GString *text, const char *name)
{
    g_autofree char *escaped = edit_xml(name);
    g_string_append_printf(text, " name=\"%s\"", escaped);
}

/* ---- resources: r1 is the program's format, f<n> and m<n> those of file n, s1 the sound ---- */

static void append_format(GString *text, const char *id, ShowRate rate, int width, int height)
{
    g_string_append_printf(text, "    <format id=\"%s\"", id);
    g_string_append_printf(text, " frameDuration=\"%d/%ds\"", rate.den, rate.num);
    g_string_append_printf(text, " width=\"%d\" height=\"%d\" colorSpace=\"1-1-1 (Rec. 709)\"/>\n",
                           width, height);
}

/* The one place where a file is named; a relative path is from where the timeline lies. */
static void append_file(GString *text, const char *path)
{
    g_autofree char *url = edit_url(path);
    g_string_append_printf(text,
                           "      <media-rep kind=\"original-media\" src=\"%s%s\"/>\n"
                           "    </asset>\n",
                           g_path_is_absolute(path) ? "" : "./", url);
}

static void append_asset(Writer *writer, gsize index)
{
    const EditMedia *media = media_at(writer, index);
    if (media->rate.num <= 0 || media->rate.den <= 0)
        return;
    g_autofree char *format = g_strdup_printf("f%" G_GSIZE_FORMAT, index + 1);
    append_format(writer->text, format, media->rate, media->width, media->height);
    g_string_append_printf(writer->text, "    <asset id=\"m%" G_GSIZE_FORMAT "\"", index + 1);
    append_name(writer->text, media->label);
    g_string_append(writer->text, " start=\"0s\"");
    append_time(writer->text, "duration", edit_media_frames(media), media->rate);
    g_string_append_printf(writer->text, " hasVideo=\"1\" format=\"%s\" videoSources=\"1\"",
                           format);
    if (media->has_audio)
        g_string_append_printf(writer->text,
                               " hasAudio=\"1\" audioSources=\"1\" audioChannels=\"%d\""
                               " audioRate=\"%d\"",
                               media->channels, media->sample_rate);
    g_string_append(writer->text, ">\n");
    append_file(writer->text, media->path);
}

static void append_sound_asset(Writer *writer)
{
    const char *path = writer->timeline->edit->program_sound;
    g_autofree char *name = g_path_get_basename(path);
    g_string_append(writer->text, "    <asset id=\"s1\"");
    append_name(writer->text, name);
    g_string_append(writer->text, " start=\"0s\"");
    append_time(writer->text, "duration", writer->timeline->frames, writer->timeline->rate);
    g_string_append(writer->text, " hasAudio=\"1\" audioSources=\"1\" audioChannels=\"2\""
                                  " audioRate=\"48000\">\n");
    append_file(writer->text, path);
}

/* ---- the spine ---- */

/* The names that conform-rate knows. */
static const char *rate_name(ShowRate rate)
{
    static const struct {
        ShowRate rate;
        const char *name;
    } known[] = {
        {{24000, 1001}, "23.98"}, {{24, 1}, "24"}, {{25, 1}, "25"}, {{30000, 1001}, "29.97"},
        {{30, 1}, "30"},          {{50, 1}, "50"}, {{60, 1}, "60"}, {{60000, 1001}, "59.94"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
        if (show_rate_equal(known[i].rate, rate))
            return known[i].name;
    return NULL;
}

/* Sound under the whole program hangs on the first item; its offset is in that item's own time. */
static void append_sound_clip(Writer *writer, gint64 start_frame, ShowRate rate)
{
    const Timeline *timeline = writer->timeline;
    g_autofree char *name = g_path_get_basename(timeline->edit->program_sound);
    g_string_append(writer->text, "              <asset-clip ref=\"s1\" lane=\"-1\"");
    append_time(writer->text, "offset", start_frame, rate);
    append_name(writer->text, name);
    append_time(writer->text, "duration", timeline->frames, timeline->rate);
    g_string_append(writer->text, " audioRole=\"dialogue\"/>\n");
}

static void append_gap(Writer *writer, const TimelineClip *clip)
{
    gboolean carries_sound =
        clip->record_frame == 0 && writer->timeline->edit->program_sound != NULL;
    g_string_append(writer->text, "            <gap name=\"Gap\"");
    append_time(writer->text, "offset", clip->record_frame, writer->timeline->rate);
    g_string_append(writer->text, " start=\"0s\"");
    append_time(writer->text, "duration", clip->frames, writer->timeline->rate);
    g_string_append(writer->text, carries_sound ? ">\n" : "/>\n");
    if (!carries_sound)
        return;
    append_sound_clip(writer, 0, writer->timeline->rate);
    g_string_append(writer->text, "            </gap>\n");
}

/* Why the program shows this; then that a file of another rate plays at its own speed. */
static void append_clip_head(Writer *writer, const TimelineClip *clip)
{
    if (clip->reason != NULL) {
        g_autofree char *reason = edit_xml(clip->reason);
        g_string_append_printf(writer->text, "              <note>%s</note>\n", reason);
    }
    const char *name = rate_name(clip->media->rate);
    if (name != NULL && !show_rate_equal(clip->media->rate, writer->timeline->rate))
        g_string_append_printf(
            writer->text, "              <conform-rate scaleEnabled=\"0\" srcFrameRate=\"%s\"/>\n",
            name);
}

static void append_clip(Writer *writer, const TimelineClip *clip)
{
    const Timeline *timeline = writer->timeline;
    gboolean mixed = timeline->edit->program_sound != NULL;
    g_string_append_printf(writer->text, "            <asset-clip ref=\"m%d\"",
                           (int)(clip->media - timeline->edit->media) + 1);
    append_time(writer->text, "offset", clip->record_frame, timeline->rate);
    append_name(writer->text, clip->media->label);
    append_time(writer->text, "start", clip->in_frame, clip->media->rate);
    append_time(writer->text, "duration", clip->frames, timeline->rate);
    g_string_append(writer->text, " tcFormat=\"NDF\"");
    if (mixed)
        g_string_append(writer->text, " srcEnable=\"video\"");
    g_string_append(writer->text, ">\n");
    append_clip_head(writer, clip);
    if (mixed && clip->record_frame == 0)
        append_sound_clip(writer, clip->in_frame, clip->media->rate);
    g_string_append(writer->text, "            </asset-clip>\n");
}

static void append_resources(Writer *writer)
{
    const EditTimeline *edit = writer->timeline->edit;
    g_string_append(writer->text, "  <resources>\n");
    append_format(writer->text, "r1", writer->timeline->rate, edit->width, edit->height);
    for (gsize i = 0; i < edit->n_media; i++)
        append_asset(writer, i);
    if (edit->program_sound != NULL)
        append_sound_asset(writer);
    g_string_append(writer->text, "  </resources>\n");
}

static void append_spine(Writer *writer)
{
    g_string_append(writer->text, "          <spine>\n");
    for (guint i = 0; i < writer->timeline->clips->len; i++) {
        const TimelineClip *clip = &g_array_index(writer->timeline->clips, TimelineClip, i);
        if (clip->media != NULL)
            append_clip(writer, clip);
        else
            append_gap(writer, clip);
    }
    g_string_append(writer->text, "          </spine>\n");
}

char *edit_timeline_fcpxml(const Timeline *timeline)
{
    Writer writer = {timeline, g_string_new(NULL)};
    g_autofree char *name = edit_xml(timeline->edit->name);
    g_string_append(writer.text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                 "<!DOCTYPE fcpxml>\n"
                                 "<fcpxml version=\"1.9\">\n");
    append_resources(&writer);
    g_string_append_printf(writer.text,
                           "  <library>\n    <event name=\"%s\">\n      <project name=\"%s\">\n"
                           "        <sequence format=\"r1\"",
                           name, name);
    append_time(writer.text, "duration", timeline->frames, timeline->rate);
    g_string_append(writer.text, " tcStart=\"0s\" tcFormat=\"NDF\" audioLayout=\"stereo\""
                                 " audioRate=\"48k\">\n");
    append_spine(&writer);
    g_string_append(writer.text, "        </sequence>\n      </project>\n    </event>\n"
                                 "  </library>\n</fcpxml>\n");
    return g_string_free(writer.text, FALSE);
}
