/* Shots to clips of their files. */
#include "timeline-private.h"

#include <edit/frames.h>

#include <string.h>

typedef struct Format {
    const char *name;
    char *(*write)(const Timeline *timeline);
} Format;

/* The name is the extension too. */
static const Format formats[] = {
    [EDIT_FORMAT_OTIO] = {"otio", edit_timeline_otio},
    [EDIT_FORMAT_FCPXML] = {"fcpxml", edit_timeline_fcpxml},
    [EDIT_FORMAT_EDL] = {"edl", edit_timeline_edl},
    [EDIT_FORMAT_MLT] = {"mlt", edit_timeline_mlt},
};

EditFormat edit_format_from_name(const char *name)
{
    for (int i = EDIT_FORMAT_OTIO; i <= EDIT_FORMAT_MLT; i++)
        if (g_strcmp0(name, formats[i].name) == 0)
            return (EditFormat)i;
    return EDIT_FORMAT_UNSET;
}

const char *edit_format_extension(EditFormat format)
{
    g_assert(format >= EDIT_FORMAT_OTIO && format <= EDIT_FORMAT_MLT);
    return formats[format].name;
}

/* ---- frames ---- */

gint64 edit_media_frames(const EditMedia *media)
{
    double frames = ((double)media->duration_ms / 1000 - media->video_start_s) * media->rate.num /
                    media->rate.den;
    return MAX(1, edit_round(frames));
}

gint64 edit_media_in_program_frames(const EditMedia *media, gint64 frame, ShowRate rate)
{
    if (show_rate_equal(media->rate, rate))
        return frame;
    double source_s = (double)frame * media->rate.den / media->rate.num;
    return MAX(0, edit_nearest_frame(rate, 0, source_s));
}

/* ---- clips ---- */

static const EditMedia *find_media(const EditTimeline *edit, const char *source)
{
    for (gsize i = 0; i < edit->n_media; i++)
        if (g_strcmp0(edit->media[i].source, source) == 0)
            return &edit->media[i];
    return NULL;
}

static void add_clip(Timeline *timeline, TimelineClip clip, gint64 end_frame)
{
    clip.frames = end_frame - clip.record_frame;
    if (clip.frames > 0)
        g_array_append_val(timeline->clips, clip);
}

static gint64 media_frame(const Timeline *timeline, const EditMedia *media, gint64 frame)
{
    return edit_source_frame(timeline->edit->shots, frame, &media->clock, media->rate,
                             media->video_start_s);
}

/* The first frame in [low, high) of the program that shows media frame `wanted` or a later one;
 * high when none does. Media frames ascend with program frames. */
static gint64 first_showing(const Timeline *timeline, const EditMedia *media, gint64 wanted,
                            gint64 low, gint64 high)
{
    while (low < high) {
        gint64 middle = low + (high - low) / 2;
        if (media_frame(timeline, media, middle) >= wanted)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* A shot is a clip where its file has a picture, and a gap before and after that. */
static void add_shot(Timeline *timeline, const ShowShot *shot, gint64 first, gint64 end)
{
    const EditMedia *media = find_media(timeline->edit, shot->source);
    TimelineClip gap = {.source = "", .record_frame = first};
    if (media == NULL || media->rate.num <= 0 || media->rate.den <= 0) {
        add_clip(timeline, gap, end);
        return;
    }
    gint64 begins = first_showing(timeline, media, 0, first, end);
    gint64 ends = first_showing(timeline, media, edit_media_frames(media), begins, end);
    add_clip(timeline, gap, begins);
    TimelineClip clip = {media, shot->source, shot->reason, .record_frame = begins,
                         .in_frame = media_frame(timeline, media, begins)};
    add_clip(timeline, clip, ends);
    gap.record_frame = ends;
    add_clip(timeline, gap, end);
}

static void add_shots(Timeline *timeline)
{
    const ShowShots *shots = timeline->edit->shots;
    for (guint i = 0; i < shots->shots->len; i++) {
        const ShowShot *shot = shots->shots->pdata[i];
        gboolean is_last = i + 1 == shots->shots->len;
        gint64 first = i > 0 ? show_rate_frame(timeline->rate, shot->t_ms) : 0;
        gint64 end = is_last ? timeline->frames
                             : show_rate_frame(timeline->rate, show_shots_end_ms(shots, i));
        add_shot(timeline, shot, first, MIN(end, timeline->frames));
    }
}

static gboolean check(const EditTimeline *edit, GError **error)
{
    const ShowShots *shots = edit->shots;
    if (shots->rate.num > 0 && shots->rate.den > 0 && shots->duration_ms > 0 &&
        shots->shots->len > 0)
        return TRUE;
    g_set_error(error, EDIT_ERROR, EDIT_ERROR_FAILED,
                "cannot write a timeline of %s: its shots do not say their frame rate and how long "
                "the program is; direct or cut it again",
                edit->name);
    return FALSE;
}

char *edit_timeline_text(const EditTimeline *edit, EditFormat format, GError **error)
{
    g_assert(format >= EDIT_FORMAT_OTIO && format <= EDIT_FORMAT_MLT);
    if (!check(edit, error))
        return NULL;
    Timeline timeline = {
        .edit = edit,
        .rate = edit->shots->rate,
        .frames = edit_program_frames(edit->shots),
        .clips = g_array_new(FALSE, FALSE, sizeof(TimelineClip)),
    };
    add_shots(&timeline);
    char *text = formats[format].write(&timeline);
    g_array_unref(timeline.clips);
    return text;
}

/* ---- text ---- */

char *edit_url(const char *path)
{
    g_autofree char *escaped = g_uri_escape_bytes((const guint8 *)path, strlen(path), "/");
    return g_path_is_absolute(path) ? g_strconcat("file://", escaped, NULL)
                                    : g_steal_pointer(&escaped);
}

/* What XML 1.0 and a line of text cannot hold. */
static gboolean is_control(gunichar character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0xfffe ||
           character == 0xffff || character == 0x2028 || character == 0x2029;
}

char *edit_line(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *line = g_string_new(NULL);
    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar character = g_utf8_get_char(at);
        if (is_control(character))
            g_string_append_c(line, ' ');
        else
            g_string_append_unichar(line, character);
    }
    return g_string_free(line, FALSE);
}

char *edit_xml(const char *text)
{
    g_autofree char *line = edit_line(text);
    return g_markup_escape_text(line, -1);
}
