/* shots.json: what the program shows, always.
 *   {"version":1,"rate":[30000,1001],"start":0,"duration":61200,
 *    "shots":[{"t":0,"source":"wide","reason":"opening"}, …]}
 * t: ms from the first frame of the program. start: where that frame lies on the session clock, ms.
 * A shot lasts to the next one, the last to `duration`. A reader takes {"shots":[{"t","source"}]}. */
#pragma once
#include <glib.h>
#include <jansson.h>
#include <show/json.h>
#include <show/rate.h>

typedef struct ShowShot {
    gint64 t_ms;
    char *source; /* id, or "": nothing could be shown, black */
    char *reason; /* or NULL */
    json_t *extra;
} ShowShot;

typedef struct ShowShots {
    ShowRate rate;      /* 0/0 when not said */
    gint64 start_ms;    /* of the program's first frame, session clock */
    gint64 duration_ms; /* 0 when not said */
    GPtrArray *shots;   /* ShowShot *, owned, ascending t, first at 0 */
    json_t *extra;
} ShowShots;

ShowShots *show_shots_new(void);
void show_shots_free(ShowShots *shots);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ShowShots, show_shots_free)
void show_shots_add(ShowShots *shots, gint64 t_ms, const char *source, const char *reason);

ShowShots *show_shots_from_json(const ShowJson *json, GError **error) G_GNUC_WARN_UNUSED_RESULT;
json_t *show_shots_to_json(const ShowShots *shots);
gint64 show_shots_end_ms(const ShowShots *shots, guint index); /* end of shot `index` */
