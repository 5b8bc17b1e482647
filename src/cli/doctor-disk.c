/* The storage: that it can be written, how much fits, how fast it is. What is measured is measured on a
 * file without a name, which is gone with this process. */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    BLOCK_BYTES = 1 << 20,
    BLOCKS = 64,
    SYNCS = 64,
    LINE_BYTES = 256, /* of a line of a log, about */
    SECONDS_MAX = 4,  /* of each of the two measurements, as far as one call of the disk lets it */
    HOURS_LOW = 4,
};

/* An event is acknowledged when its line is synced, and so is a piece of a recording. A tenth of a
 * second is felt by nobody; a disk that takes seconds is one that the studio calls hanging at ten. */
#define SYNC_WARNS_MS 100.0
#define SYNC_FAILS_MS 2000.0
/* Recordings, program, and what renders read and write at the same time. */
#define SPEED_HEADROOM 4.0

/* Where it is, or would be made: the nearest folder that is there. Free with g_free(). */
static char *nearest(const char *path)
{
    char *at = g_canonicalize_filename(path, NULL);
    while (!g_file_test(at, G_FILE_TEST_EXISTS) && strcmp(at, "/") != 0) {
        char *above = g_path_get_dirname(at);
        g_free(at);
        at = above;
    }
    return at;
}

/* A file that only we see; -1 and errno. */
static int open_unnamed(const char *folder)
{
    int fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    g_autofree char *name = g_build_filename(folder, ".doctor-XXXXXX", NULL); /* NFS and the like */
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        unlink(name);
    return fd;
}

/* Bytes of one second of all cameras and the program. */
static double bytes_per_s(const Doctor *doctor)
{
    return (doctor->cameras + 1) * doctor->megabits * 1e6 / 8;
}

/* ---- room ---- */

/* What lies there will not stay; NULL: it will. */
static const char *why_not_lasting(const char *folder)
{
    struct statfs found;
    if (statfs(folder, &found) != 0)
        return NULL;
    if (found.f_type == TMPFS_MAGIC)
        return "it lies in memory (tmpfs): shows are gone when this machine restarts";
    if (found.f_type == OVERLAYFS_SUPER_MAGIC)
        return "it lies within the container: shows are gone with it";
    return NULL;
}

static void say_room(Doctor *doctor, const char *folder)
{
    struct statvfs space;
    const ServerConfig *config = doctor->config;
    if (statvfs(folder, &space) != 0)
        return;
    double free = (double)space.f_bavail * (double)space.f_frsize;
    double hours = (free - (double)config->low_bytes) / bytes_per_s(doctor) / 3600;
    doctor_measured(doctor, "freeBytes", free);
    doctor_measured(doctor, "hours", MAX(hours, 0));
    if (hours <= 0)
        doctor_say(doctor, "space", DOCTOR_FAILED,
                   "make room, take another disk (--storage), or have old recordings deleted "
                   "(--keep-iso 30d)",
                   "%.1f GB are free, less than --low-space: recordings would wait", free / 1e9);
    else
        doctor_say(doctor, "space", hours < HOURS_LOW ? DOCTOR_WARNING : DOCTOR_OK,
                   hours < HOURS_LOW
                       ? "make room before a long show; renders take about as much again"
                       : NULL,
                   "%.1f GB are free: %.1f hours of %d %s and the program at 1080p", free / 1e9,
                   hours, doctor->cameras, doctor->cameras == 1 ? "camera" : "cameras");
}

void doctor_check_storage(Doctor *doctor)
{
    const char *path = doctor->config->storage;
    g_autofree char *folder = nearest(path);
    gboolean is_there = g_file_test(path, G_FILE_TEST_EXISTS);
    int fd = g_file_test(folder, G_FILE_TEST_IS_DIR) ? open_unnamed(folder) : -1;
    int code = g_file_test(folder, G_FILE_TEST_IS_DIR) ? errno : ENOTDIR;
    if (fd < 0) {
        g_autofree char *advice = g_strdup_printf(
            "let the user that runs crosscut (uid %d) write there, or give another folder with "
            "--storage",
            (int)geteuid());
        doctor_say(doctor, "storage", DOCTOR_FAILED, advice, "%s: %s", folder, g_strerror(code));
        return;
    }
    close(fd);
    const char *fault = why_not_lasting(folder);
    if (fault != NULL)
        doctor_say(doctor, "storage", DOCTOR_WARNING,
                   "give a folder on a disk with --storage, or mount a volume there", "%s: %s",
                   path, fault);
    else
        doctor_say(doctor, "storage", DOCTOR_OK, NULL, "%s can be written%s", path,
                   is_there ? "" : "; it is made at the first start");
    say_room(doctor, folder);
}

/* ---- speed ---- */

static gboolean write_all(int fd, const guint8 *bytes, gsize length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return FALSE;
        bytes += written;
        length -= (gsize)written;
    }
    return TRUE;
}

/* Bytes that no file system makes smaller. */
static void fill(guint8 *bytes, gsize length)
{
    guint64 state = G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
    for (gsize i = 0; i + 8 <= length; i += 8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        memcpy(bytes + i, &state, 8);
    }
}

static double seconds_since(gint64 begin_us)
{
    return (double)(g_get_monotonic_time() - begin_us) / G_USEC_PER_SEC;
}

/* Bytes a second, synced; below 0: it failed (errno). */
static double measure_writing(const Doctor *doctor, int fd)
{
    g_autofree guint8 *block = g_malloc(BLOCK_BYTES);
    gint64 begin_us = g_get_monotonic_time();
    double bytes = 0;
    fill(block, BLOCK_BYTES);
    for (int i = 0; i < BLOCKS && seconds_since(begin_us) < SECONDS_MAX; i++) {
        if (g_cancellable_is_cancelled(doctor->cancellable))
            break;
        if (!write_all(fd, block, BLOCK_BYTES))
            return -1;
        bytes += BLOCK_BYTES;
    }
    if (fdatasync(fd) != 0)
        return -1;
    return bytes / MAX(seconds_since(begin_us), 1e-6);
}

static int compare_doubles(gconstpointer a, gconstpointer b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return one < other ? -1 : one > other ? 1 : 0;
}

/* How long a line of a log takes to be on the disk: *median and *p95. FALSE: it failed (errno). */
static gboolean measure_syncs(const Doctor *doctor, int fd, double *median, double *p95)
{
    double ms[SYNCS] = {0};
    guint8 line[LINE_BYTES];
    guint count = 0;
    gint64 begin_us = g_get_monotonic_time();
    fill(line, sizeof line);
    while (count < SYNCS && (count == 0 || seconds_since(begin_us) < SECONDS_MAX)) {
        gint64 at_us = g_get_monotonic_time();
        if (!write_all(fd, line, sizeof line) || fdatasync(fd) != 0)
            return FALSE;
        ms[count++] = seconds_since(at_us) * 1000;
        if (g_cancellable_is_cancelled(doctor->cancellable))
            break;
    }
    qsort(ms, count, sizeof ms[0], compare_doubles);
    *median = ms[count / 2];
    *p95 = ms[MIN(count * 95 / 100, count - 1)];
    return TRUE;
}

static void say_speed(Doctor *doctor, double speed)
{
    double need = bytes_per_s(doctor);
    DoctorState state = speed < need                    ? DOCTOR_FAILED
                        : speed < need * SPEED_HEADROOM ? DOCTOR_WARNING
                                                        : DOCTOR_OK;
    doctor_measured(doctor, "bytesPerSecond", speed);
    doctor_say(doctor, "speed", state,
               state == DOCTOR_OK ? NULL : "take a faster disk, fewer cameras, or a lower rate",
               "%.0f MB/s written and synced; %d %s and the program need %.1f", speed / 1e6,
               doctor->cameras, doctor->cameras == 1 ? "camera" : "cameras", need / 1e6);
}

static void say_syncs(Doctor *doctor, double median, double p95)
{
    DoctorState state = p95 > SYNC_FAILS_MS   ? DOCTOR_FAILED
                        : p95 > SYNC_WARNS_MS ? DOCTOR_WARNING
                                              : DOCTOR_OK;
    doctor_measured(doctor, "medianMs", median);
    doctor_measured(doctor, "p95Ms", p95);
    doctor_say(doctor, "syncs", state,
               state == DOCTOR_OK ? NULL
                                  : "take a local disk (an SSD) for the storage: every event and "
                                    "every piece of a recording waits for a sync",
               "a line is on the disk after %.1f ms (median), %.1f ms (p95)", median, p95);
}

void doctor_check_disk(Doctor *doctor)
{
    g_autofree char *folder = nearest(doctor->config->storage);
    struct statvfs space;
    double median = 0, p95 = 0;
    int fd = open_unnamed(folder);
    if (fd < 0)
        return; /* said by the storage */
    if (statvfs(folder, &space) != 0 ||
        (double)space.f_bavail * (double)space.f_frsize < 4.0 * BLOCKS * BLOCK_BYTES) {
        doctor_say(doctor, "speed", DOCTOR_WARNING, "make room, and ask again",
                   "not measured: there is too little room for it");
        close(fd);
        return;
    }
    double speed = measure_writing(doctor, fd);
    gboolean is_measured = speed >= 0 && measure_syncs(doctor, fd, &median, &p95);
    int code = errno;
    close(fd);
    if (!is_measured) {
        doctor_say(doctor, "speed", DOCTOR_FAILED, "look at the disk and at the system's log",
                   "%s: writing failed: %s", folder, g_strerror(code));
        return;
    }
    say_speed(doctor, speed);
    say_syncs(doctor, median, p95);
}
