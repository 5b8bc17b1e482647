/* OpenTimelineIO JSON: one video track, one sound track. A clip begins on a frame of its file, at the
 * file's rate, and lasts a number of program frames, at the program's: both exact. */
#include "timeline-private.h"

#include <jansson.h>

#include <math.h>
#include <stdlib.h>

/* Clip.1 and Timeline.1: what every version of OpenTimelineIO reads. */

static json_t *rational(double value, ShowRate rate)
{
    return json_pack("{s:s, s:f, s:f}", "OTIO_SCHEMA", "RationalTime.1", "rate",
                     (double)rate.num / rate.den, "value", value);
}

static json_t *range_of(json_t *start_taken, json_t *duration_taken)
{
    return json_pack("{s:s, s:o, s:o}", "OTIO_SCHEMA", "TimeRange.1", "start_time", start_taken,
                     "duration", duration_taken);
}

static json_t *named(const char *schema, const char *name)
{
    g_autofree char *line = edit_line(name);
    return json_pack("{s:s, s:s, s:{}}", "OTIO_SCHEMA", schema, "name", line, "metadata");
}

static json_t *reference(const char *path, const char *name, json_t *available_taken)
{
    g_autofree char *url = edit_url(path);
    json_t *value = named("ExternalReference.1", name);
    json_object_set_new(value, "target_url", json_string(url));
    json_object_set_new(value, "available_range", available_taken);
    return value;
}

static json_t *item(const char *schema, const char *name, json_t *range_taken)
{
    json_t *value = named(schema, name);
    json_object_set_new(value, "source_range", range_taken);
    json_object_set_new(value, "effects", json_array());
    json_object_set_new(value, "markers", json_array());
    return value;
}

static json_t *gap_item(const Timeline *timeline, gint64 frames)
{
    return item("Gap.1", "",
                range_of(rational(0, timeline->rate), rational((double)frames, timeline->rate)));
}

static json_t *clip_item(const Timeline *timeline, const TimelineClip *clip)
{
    const EditMedia *media = clip->media;
    json_t *value = item("Clip.1", media->label,
                         range_of(rational((double)clip->in_frame, media->rate),
                                  rational((double)clip->frames, timeline->rate)));
    json_t *available =
        range_of(rational(0, media->rate), rational((double)edit_media_frames(media), media->rate));
    json_object_set_new(value, "media_reference", reference(media->path, media->label, available));
    g_autofree char *reason = edit_line(clip->reason != NULL ? clip->reason : "");
    json_object_set_new(json_object_get(value, "metadata"), "crosscut",
                        json_pack("{s:s, s:s}", "source", clip->source, "reason", reason));
    return value;
}

static json_t *track(const char *name, const char *kind, json_t *children_taken)
{
    json_t *value = item("Track.1", name, json_null());
    json_object_set_new(value, "kind", json_string(kind));
    json_object_set_new(value, "children", children_taken);
    return value;
}

static json_t *program_sound(const Timeline *timeline)
{
    g_autofree char *name = g_path_get_basename(timeline->edit->program_sound);
    json_t *range =
        range_of(rational(0, timeline->rate), rational((double)timeline->frames, timeline->rate));
    json_t *value = item("Clip.1", name, range);
    json_object_set_new(value, "media_reference",
                        reference(timeline->edit->program_sound, name, json_deep_copy(range)));
    json_t *children = json_array();
    json_array_append_new(children, value);
    return children;
}

static json_t *clips(const Timeline *timeline, gboolean sound)
{
    json_t *children = json_array();
    for (guint i = 0; i < timeline->clips->len; i++) {
        const TimelineClip *clip = &g_array_index(timeline->clips, TimelineClip, i);
        gboolean shown = clip->media != NULL && (!sound || clip->media->has_audio);
        json_array_append_new(children,
                              shown ? clip_item(timeline, clip) : gap_item(timeline, clip->frames));
    }
    return children;
}

char *edit_timeline_otio(const Timeline *timeline)
{
    json_t *stack = item("Stack.1", "tracks", json_null());
    json_t *tracks = json_array();
    json_array_append_new(tracks, track("Program", "Video", clips(timeline, FALSE)));
    json_t *sound =
        timeline->edit->program_sound != NULL ? program_sound(timeline) : clips(timeline, TRUE);
    json_array_append_new(tracks, track("Sound", "Audio", sound));
    json_object_set_new(stack, "children", tracks);

    json_t *root = named("Timeline.1", timeline->edit->name);
    json_object_set_new(root, "global_start_time", json_null());
    json_object_set_new(root, "tracks", stack);
    char *dumped = json_dumps(root, JSON_INDENT(2));
    char *text = g_strconcat(dumped, "\n", NULL);
    free(dumped);
    json_decref(root);
    return text;
}
