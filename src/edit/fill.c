/* What always holds: the shots cover the program as before, times ascend, neighbours differ. */
#include <edit/fill.h>

enum {
    HELD_MS = 200,   /* so long the last picture may stand */
    OTHER_MS = 2000, /* as long as that, anybody is better than a still */
};

typedef struct Filling {
    const ShowShots *shots;
    const EditRecording *recordings;
    gsize n;
    ShowShots *filled;
    const ShowShot *shot; /* being filled */
} Filling;

/* from: session clock. */
static void add(Filling *filling, gint64 from_ms, const char *id)
{
    GPtrArray *shots = filling->filled->shots;
    const ShowShot *last = shots->len > 0 ? shots->pdata[shots->len - 1] : NULL;
    gint64 t_ms = from_ms - filling->shots->start_ms;
    if (last == NULL || g_strcmp0(last->source, id) != 0)
        show_shots_add(filling->filled, t_ms, id, filling->shot->reason);
}

/* ---- may it stand in? ---- */

static gboolean shows_all_along(const ShowShots *on_air, const char *source, gint64 from_ms,
                                gint64 to_ms)
{
    for (guint i = 0; i < on_air->shots->len; i++) {
        const ShowShot *shot = on_air->shots->pdata[i];
        gint64 begin_ms = on_air->start_ms + shot->t_ms;
        gint64 end_ms = on_air->start_ms + show_shots_end_ms(on_air, i);
        if (begin_ms < to_ms && end_ms > from_ms && g_strcmp0(shot->source, source) != 0)
            return FALSE;
    }
    return TRUE;
}

static gboolean is_candidate(const Filling *filling, const EditRecording *recording, gint64 from_ms,
                             gint64 to_ms)
{
    const char *source = filling->shot->source;
    if (recording->source != NULL)
        return g_strcmp0(recording->source, source) == 0;
    return *source == '\0' || to_ms - from_ms >= OTHER_MS ||
           (recording->on_air != NULL &&
            shows_all_along(recording->on_air, source, from_ms, to_ms));
}

/* Black is anybody's to fill. */
static gboolean is_known(const Filling *filling, const char *source)
{
    if (*source == '\0')
        return TRUE;
    for (gsize i = 0; i < filling->n; i++)
        if (g_strcmp0(filling->recordings[i].source, source) == 0)
            return TRUE;
    return FALSE;
}

/* ---- stretches ---- */

static void fill(Filling *filling, gsize from_recording, gint64 from_ms, gint64 to_ms);

/* What one recording has of a stretch; the rest goes to those behind it. */
static void fill_from(Filling *filling, gsize index, gint64 from_ms, gint64 to_ms)
{
    const EditRecording *recording = &filling->recordings[index];
    gint64 at_ms = from_ms;
    for (guint i = 0; i < recording->covered->len && at_ms < to_ms; i++) {
        const ShowGap *span = &g_array_index(recording->covered, ShowGap, i);
        gint64 begin_ms = MAX(span->start_ms, at_ms), end_ms = MIN(span->end_ms, to_ms);
        if (end_ms <= begin_ms)
            continue;
        if (begin_ms - at_ms >= HELD_MS)
            fill(filling, index + 1, at_ms, begin_ms);
        else
            begin_ms = at_ms;
        add(filling, begin_ms, recording->id);
        at_ms = end_ms;
    }
    if (to_ms - at_ms >= HELD_MS || at_ms == from_ms)
        fill(filling, index + 1, at_ms, to_ms);
}

static void fill(Filling *filling, gsize from_recording, gint64 from_ms, gint64 to_ms)
{
    for (gsize i = from_recording; i < filling->n; i++)
        if (is_candidate(filling, &filling->recordings[i], from_ms, to_ms)) {
            fill_from(filling, i, from_ms, to_ms);
            return;
        }
    add(filling, from_ms, filling->shot->source);
}

ShowShots *edit_fill(const ShowShots *shots, const EditRecording *recordings, gsize n)
{
    ShowShots *filled = show_shots_new();
    filled->rate = shots->rate;
    filled->start_ms = shots->start_ms;
    filled->duration_ms = shots->duration_ms;
    Filling filling = {shots, recordings, n, filled, NULL};
    for (guint i = 0; i < shots->shots->len; i++) {
        filling.shot = shots->shots->pdata[i];
        gint64 from_ms = shots->start_ms + filling.shot->t_ms;
        gint64 to_ms = shots->start_ms + show_shots_end_ms(shots, i);
        if (is_known(&filling, filling.shot->source))
            fill(&filling, 0, from_ms, to_ms);
        else
            add(&filling, from_ms, filling.shot->source);
    }
    return filled;
}
