#include "outputs-private.h"

static MediaOutput *open_one(const MediaRender *render, const char *path, GError **error)
{
    MediaOutput *output = media_output_open(path, error);
    if (output == NULL)
        return NULL;
    media_output_set_title(output, render->title);
    media_output_hold(output, render->cancellable);
    return output;
}

gboolean media_outputs_open(MediaOutputs *outputs, const MediaRender *render, gboolean any_piece,
                            GError **error)
{
    if (render->program_path != NULL) {
        outputs->program = open_one(render, render->program_path, error);
        if (outputs->program == NULL)
            return FALSE;
        media_output_add_chapters(outputs->program, render->chapters, render->shots->duration_ms);
    }
    if (render->highlights_path == NULL || !any_piece)
        return TRUE;
    outputs->highlights = open_one(render, render->highlights_path, error);
    return outputs->highlights != NULL;
}

gboolean media_outputs_finish(MediaOutputs *outputs, GCancellable *cancellable, GError **error)
{
    MediaOutput *all[] = {outputs->program, outputs->highlights};
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
        if (all[i] != NULL && !media_output_finish(all[i], error))
            return FALSE;
    if (g_cancellable_set_error_if_cancelled(cancellable, error))
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
        if (all[i] != NULL && !media_output_publish(all[i], error))
            return FALSE;
    return TRUE;
}

void media_outputs_clear(MediaOutputs *outputs)
{
    media_output_close(outputs->program);
    media_output_close(outputs->highlights);
    *outputs = (MediaOutputs){0};
}
