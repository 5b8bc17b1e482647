/* highlights.json. */
#include <show/highlights.h>

#include <show/error.h>
#include <show/limits.h>

#include "json-private.h"
#include "read-private.h"

ShowPiece *show_piece_new(gint64 start_ms, gint64 end_ms)
{
    ShowPiece *piece = g_new0(ShowPiece, 1);
    piece->start_ms = start_ms;
    piece->end_ms = end_ms;
    piece->people = g_ptr_array_new_with_free_func(g_free);
    return piece;
}

void show_piece_free(ShowPiece *piece)
{
    if (piece == NULL)
        return;
    g_ptr_array_unref(piece->people);
    g_free(piece->reason);
    json_decref(piece->extra);
    g_free(piece);
}

ShowHighlights *show_highlights_new(void)
{
    ShowHighlights *highlights = g_new0(ShowHighlights, 1);
    highlights->pieces = g_ptr_array_new_with_free_func((GDestroyNotify)show_piece_free);
    return highlights;
}

void show_highlights_free(ShowHighlights *highlights)
{
    if (highlights == NULL)
        return;
    g_ptr_array_unref(highlights->pieces);
    g_free(highlights->note);
    json_decref(highlights->extra);
    g_free(highlights);
}

gint64 show_highlights_total_ms(const ShowHighlights *highlights)
{
    gint64 total_ms = 0;
    for (guint i = 0; i < highlights->pieces->len; i++) {
        const ShowPiece *piece = highlights->pieces->pdata[i];
        total_ms += piece->end_ms - piece->start_ms;
    }
    return total_ms;
}

static gboolean read_people(const ShowReader *reader, GPtrArray *people)
{
    const json_t *array;
    if (!show_read_array(reader, "people", SHOW_OPTIONAL, &array))
        return FALSE;
    for (gsize i = 0; i < json_array_size(array); i++) {
        const json_t *value = json_array_get(array, i);
        g_autofree char *where = show_read_where(reader, "people", i);
        ShowReader item = *reader;
        item.where = where;
        if (!show_id_is_valid(json_string_value(value)))
            return show_read_fail(&item, NULL, "the id of a source", value);
        g_ptr_array_add(people, g_strdup(json_string_value(value)));
    }
    return TRUE;
}

static gboolean check_times(const ShowReader *reader, const ShowPiece *piece, gint64 after_ms)
{
    if (piece->start_ms < after_ms)
        return show_read_fail_text(reader, SHOW_ERROR_INVALID, "start",
                                   "expected the end of the piece before (%" G_GINT64_FORMAT
                                   ") or later, found %" G_GINT64_FORMAT,
                                   after_ms, piece->start_ms);
    return piece->end_ms > piece->start_ms ||
           show_read_fail_text(reader, SHOW_ERROR_INVALID, "end",
                               "expected more than start (%" G_GINT64_FORMAT
                               "), found %" G_GINT64_FORMAT,
                               piece->start_ms, piece->end_ms);
}

static gboolean is_text(const char *text)
{
    return text[0] != '\0';
}

static ShowPiece *read_piece(const ShowReader *reader, gint64 after_ms)
{
    static const char *const known[] = {"start", "end", "at", "people", "score", "reason", NULL};
    g_autoptr(ShowPiece) piece = show_piece_new(0, 0);
    if (!show_read_is_object(reader, "a piece, an object") ||
        !show_read_ms(reader, "start", SHOW_REQUIRED, &piece->start_ms) ||
        !show_read_ms(reader, "end", SHOW_REQUIRED, &piece->end_ms) ||
        !check_times(reader, piece, after_ms) ||
        !show_read_ms(reader, "at", SHOW_OPTIONAL, &piece->at_ms) ||
        !read_people(reader, piece->people) ||
        !show_read_real(reader, "score", 0, 1, "a number from 0 to 1", &piece->score) ||
        !show_read_text(reader, "reason", SHOW_OPTIONAL, is_text, "text", &piece->reason))
        return NULL;
    piece->extra = show_read_rest(reader->object, known);
    return g_steal_pointer(&piece);
}

static gboolean read_pieces(const ShowReader *reader, ShowHighlights *highlights)
{
    const json_t *array;
    if (!show_read_array(reader, "pieces", SHOW_REQUIRED, &array))
        return FALSE;
    gint64 after_ms = 0;
    for (gsize i = 0; i < json_array_size(array); i++) {
        g_autofree char *where = show_read_where(reader, "pieces", i);
        ShowReader item = *reader;
        item.where = where;
        item.object = json_array_get(array, i);
        ShowPiece *piece = read_piece(&item, after_ms);
        if (piece == NULL)
            return FALSE;
        after_ms = piece->end_ms;
        g_ptr_array_add(highlights->pieces, piece);
    }
    return TRUE;
}

ShowHighlights *show_highlights_from_json(const ShowJson *json, GError **error)
{
    static const char *const known[] = {"version", "total", "pieces", "note", NULL};
    ShowReader reader = {.name = show_json_name(json),
                         .json = json,
                         .where = "",
                         .object = show_json_root(json),
                         .error = error};
    g_autoptr(ShowHighlights) highlights = show_highlights_new();
    gint64 total_ms; /* follows from the pieces */
    if (!show_read_is_object(&reader, "an object with \"pieces\"") || !show_read_version(&reader) ||
        !show_read_ms(&reader, "total", SHOW_OPTIONAL, &total_ms) ||
        !read_pieces(&reader, highlights) ||
        !show_read_text(&reader, "note", SHOW_OPTIONAL, is_text, "text", &highlights->note))
        return NULL;
    highlights->extra = show_read_rest(reader.object, known);
    return g_steal_pointer(&highlights);
}

static json_t *piece_to_json(const ShowPiece *piece)
{
    json_t *object = json_object(), *people = json_array();
    show_write_integer(object, "start", piece->start_ms);
    show_write_integer(object, "end", piece->end_ms);
    show_write_integer(object, "at", piece->at_ms);
    for (guint i = 0; i < piece->people->len; i++)
        json_array_append_new(people, json_string(piece->people->pdata[i]));
    json_object_set_new(object, "people", people);
    json_object_set_new(object, "score", show_write_number(piece->score));
    show_write_text(object, "reason", piece->reason);
    show_write_rest(object, piece->extra);
    return object;
}

json_t *show_highlights_to_json(const ShowHighlights *highlights)
{
    json_t *object = json_object(), *pieces = json_array();
    show_write_integer(object, "version", 1);
    show_write_integer(object, "total", show_highlights_total_ms(highlights));
    for (guint i = 0; i < highlights->pieces->len; i++)
        json_array_append_new(pieces, piece_to_json(highlights->pieces->pdata[i]));
    json_object_set_new(object, "pieces", pieces);
    show_write_text(object, "note", highlights->note);
    show_write_rest(object, highlights->extra);
    return object;
}
