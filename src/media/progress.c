#include <media/progress.h>

void media_progress_tell(const MediaProgress *progress, const char *stage, double done_s,
                         double total_s)
{
    if (progress != NULL && progress->func != NULL)
        progress->func(stage, done_s, total_s, progress->data);
}
