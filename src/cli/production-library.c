/* What a library shows of a show before it is played: a picture and how loud it is over time. */
#include "production.h"

#include <media/poster.h>
#include <store/whole.h>

#include <math.h>
#include <string.h>

enum { MOMENTS_MAX = 5 };

/* Where to look for a picture: in the piece that is worth most, then here and there. */
static gsize choose_moments(const CliProduction *self, double moments_s[MOMENTS_MAX])
{
    static const double shares[] = {0.1, 0.5, 0.25, 0.75};
    const ShowPiece *best = NULL;
    gsize n = 0;
    for (guint i = 0; self->highlights != NULL && i < self->highlights->pieces->len; i++) {
        const ShowPiece *piece = self->highlights->pieces->pdata[i];
        if (best == NULL || piece->score > best->score)
            best = piece;
    }
    if (best != NULL)
        moments_s[n++] = ((double)best->start_ms * 2 + (double)best->end_ms) / 3000;
    for (gsize i = 0; i < G_N_ELEMENTS(shares); i++)
        moments_s[n++] = (double)self->duration_ms / 1000 * shares[i];
    return n;
}

static gboolean name_poster(const char *path, ShowManifest *manifest, GError **error)
{
    ShowFile *file = show_file_new("poster.jpg", "other");
    file->sha256 = store_sha256(path, &file->bytes, NULL, error);
    gboolean good = file->sha256 != NULL;
    show_manifest_take_file(manifest, file);
    return good;
}

/* A program without a picture that can be read was refused before: what fails here is the world. */
static gboolean write_poster(CliProduction *self, const CliRenderWish *wish, ShowManifest *manifest,
                             GError **error)
{
    double moments_s[MOMENTS_MAX];
    gsize n = choose_moments(self, moments_s), size = 0;
    const char *folder = cli_production_folder(self, wish);
    g_autofree char *program = g_build_filename(folder, "program.mp4", NULL);
    g_autofree char *path = g_build_filename(folder, "poster.jpg", NULL);
    g_autoptr(GBytes) jpeg = media_poster_make(program, moments_s, n, self->cancellable, error);
    if (jpeg == NULL)
        return FALSE;
    const void *bytes = g_bytes_get_data(jpeg, &size);
    return store_write_whole(path, bytes, size, error) && name_poster(path, manifest, error);
}

static gboolean write_waveform(const CliProduction *self, const CliRenderWish *wish,
                               MediaWaveform *waveform, ShowManifest *manifest, GError **error)
{
    gsize n = 0;
    media_waveform_finish(waveform);
    const guint8 *peaks = media_waveform_peaks(waveform, &n);
    json_t *list = json_array();
    for (gsize i = 0; i < n; i++)
        json_array_append_new(list, json_integer(peaks[i]));
    json_t *value = json_pack("{s:i,s:I,s:o}", "version", 1, "step",
                              (json_int_t)media_waveform_step_ms(waveform), "peaks", list);
    return cli_production_write_json(cli_production_folder(self, wish), "waveform.json", "other",
                                     value, manifest, error);
}

gboolean cli_production_library(CliProduction *self, const CliRenderWish *wish,
                                MediaWaveform *waveform, ShowManifest *manifest, GError **error)
{
    return write_poster(self, wish, manifest, error) &&
           (waveform == NULL || write_waveform(self, wish, waveform, manifest, error));
}
