/* For check-timelines.py: reads what a timeline is made of as JSON from standard input, writes the
 * timeline to standard output. Usage: write-timeline otio|fcpxml|edl|mlt < what.json */
#include <edit/timeline.h>

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static ShowRate rate_of(const json_t *pair)
{
    return (ShowRate){(int)json_integer_value(json_array_get(pair, 0)),
                      (int)json_integer_value(json_array_get(pair, 1))};
}

static const char *text_of(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

static gint64 number_of(const json_t *object, const char *member)
{
    return json_integer_value(json_object_get(object, member));
}

static EditMedia media_of(const json_t *object)
{
    EditMedia media = {
        .source = text_of(object, "source"),
        .label = text_of(object, "label"),
        .path = text_of(object, "path"),
        .clock = {json_number_value(json_object_get(object, "start_s")),
                  json_number_value(json_object_get(object, "drift_ppm"))},
        .duration_ms = number_of(object, "duration"),
        .rate = rate_of(json_object_get(object, "rate")),
        .width = (int)number_of(object, "width"),
        .height = (int)number_of(object, "height"),
        .has_video = TRUE,
        .has_audio = json_is_true(json_object_get(object, "audio")),
        .sample_rate = 48000,
        .channels = 2,
    };
    return media;
}

static ShowShots *shots_of(const json_t *object)
{
    ShowShots *shots = show_shots_new();
    shots->rate = rate_of(json_object_get(object, "rate"));
    shots->start_ms = number_of(object, "start");
    shots->duration_ms = number_of(object, "duration");
    const json_t *list = json_object_get(object, "shots");
    for (gsize i = 0; i < json_array_size(list); i++) {
        const json_t *shot = json_array_get(list, i);
        show_shots_add(shots, number_of(shot, "t"), text_of(shot, "source"),
                       text_of(shot, "reason"));
    }
    return shots;
}

int main(int argc, char **argv)
{
    json_error_t wrong;
    g_autoptr(GError) error = NULL;
    json_t *root = json_loadf(stdin, 0, &wrong);
    if (argc != 2 || root == NULL) {
        fprintf(stderr, "usage: write-timeline FORMAT < what.json (%s)\n", wrong.text);
        return 2;
    }
    g_autoptr(ShowShots) shots = shots_of(json_object_get(root, "program"));
    g_autoptr(GArray) media = g_array_new(FALSE, FALSE, sizeof(EditMedia));
    const json_t *list = json_object_get(root, "media");
    for (gsize i = 0; i < json_array_size(list); i++) {
        EditMedia one = media_of(json_array_get(list, i));
        g_array_append_val(media, one);
    }
    EditTimeline timeline = {
        .name = text_of(root, "name"),
        .shots = shots,
        .media = (const EditMedia *)(gpointer)media->data,
        .n_media = media->len,
        .program_sound = text_of(root, "sound"),
        .width = (int)number_of(root, "width"),
        .height = (int)number_of(root, "height"),
    };
    g_autofree char *text = edit_timeline_text(&timeline, edit_format_from_name(argv[1]), &error);
    json_decref(root);
    if (text == NULL) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    return fputs(text, stdout) < 0;
}
