#include <media/limits.h>

#include <malloc.h>
#include <sys/resource.h>

/* A little less than a plane of chroma at 1080p, more than most keyframes. */
#define MAPPED_BYTES    (480 << 10)
#define KEPT_BYTES      (1 << 20)
#define BASE_BYTES      ((rlim_t)1 << 30)
#define RECORDING_BYTES ((rlim_t)384 << 20)

#if defined(__SANITIZE_ADDRESS__)
#define SHADOW_MEMORY 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SHADOW_MEMORY 1
#endif
#endif

/* Not worth an error: without the limit all goes on as without this function. */
static void lower_limit(int resource, rlim_t to)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0 || limit.rlim_cur <= to)
        return;
    limit.rlim_cur = to;
    if (setrlimit(resource, &limit) != 0)
        g_debug("a limit of %" G_GUINT64_FORMAT " was refused", (guint64)to);
}

/* What a stage has freed goes back to the system: blocks of the size of a picture or an index are
 * mapped, always (glibc would stop that after the first), and threads share two heaps. Packets come and go
 * on a heap that is not cut back each time: most of copying a recording was the faults of its pages. */
static void give_memory_back(void)
{
    mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    mallopt(M_ARENA_MAX, 2);
}

void media_limit_process(guint n_recordings)
{
    give_memory_back();
    lower_limit(RLIMIT_CORE, 0);
#ifndef SHADOW_MEMORY
    lower_limit(RLIMIT_DATA, BASE_BYTES + RECORDING_BYTES * n_recordings);
#else
    (void)n_recordings;
#endif
}
