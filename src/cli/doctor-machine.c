/* Clock, kernel, limits, libraries, files with secrets. */
#include "doctor.h"

#include <media/needs.h>
#include <sandbox/sandbox.h>

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

/* ---- the clock ---- */

/* LiveKit takes a token of a clock that is a minute away, S3 one of fifteen; people's own clocks are
 * estimated over the network, so only these two have to agree. */
#define AHEAD_FAILS_S 60.0
#define AHEAD_WARNS_S 5.0

/* https://host of wss://host. */
static char *http_of(const char *url)
{
    return g_str_has_prefix(url, "ws") ? g_strconcat("http", url + strlen("ws"), NULL)
                                       : g_strdup(url);
}

/* FALSE: it was said that it is wrong. */
static gboolean compare(Doctor *doctor, const char *whose, const char *url)
{
    g_autofree char *address = url != NULL ? http_of(url) : NULL;
    if (address == NULL)
        return TRUE;
    DoctorAnswer answer = doctor_get(address);
    double away = fabs(answer.ahead_s);
    gboolean is_good = !answer.has_date || away < AHEAD_WARNS_S;
    if (!is_good)
        doctor_say(doctor, "clock", away < AHEAD_FAILS_S ? DOCTOR_WARNING : DOCTOR_FAILED,
                   "set the clocks of both by NTP (timedatectl set-ntp true); tokens and signed "
                   "requests count for a minute",
                   "this clock is %.0f s %s that of %s", away,
                   answer.ahead_s > 0 ? "ahead of" : "behind", whose);
    doctor_answer_clear(&answer);
    return is_good;
}

static char *mirror_address(const ServerConfig *config)
{
    if (config->mirror == NULL)
        return NULL;
    if (config->s3_endpoint != NULL)
        return g_strdup(config->s3_endpoint);
    return g_strdup_printf("https://s3.%s.amazonaws.com",
                           config->s3_region != NULL ? config->s3_region : "us-east-1");
}

void doctor_check_clock(Doctor *doctor)
{
    struct timex found = {.modes = 0};
    int state = adjtimex(&found);
    gboolean is_set = state >= 0 && state != TIME_ERROR && (found.status & STA_UNSYNC) == 0;
    g_autofree char *mirror = mirror_address(doctor->config);
    if (!compare(doctor, "LiveKit", doctor->config->livekit_url) ||
        !compare(doctor, "object storage", mirror))
        return;
    doctor_measured(doctor, "errorMs", (double)found.maxerror / 1000);
    if (is_set)
        doctor_say(doctor, "clock", DOCTOR_OK, NULL, "kept by NTP, within %.0f ms",
                   (double)found.maxerror / 1000);
    else
        doctor_say(doctor, "clock", DOCTOR_WARNING,
                   "turn NTP on (timedatectl set-ntp true, or chrony); in a container that is the "
                   "host's task",
                   "nothing keeps it right, as far as the kernel knows");
}

/* ---- the kernel ---- */

void doctor_check_kernel(Doctor *doctor)
{
    SandboxKernel kernel = sandbox_look();
    doctor_measured(doctor, "landlock", kernel.folders);
    if (!kernel.has_calls)
        doctor_say(doctor, "sandbox", DOCTOR_FAILED,
                   "run it on Linux for x86-64 or ARM64 with seccomp, and let the container use it "
                   "(no --security-opt that takes it away)",
                   "the kernel denies no system calls: recordings would not be rendered");
    else if (kernel.folders == 0)
        doctor_say(doctor, "sandbox", DOCTOR_WARNING,
                   "Linux 5.13 or newer with Landlock closes off other folders, too",
                   "recordings are read without network and programs, but files that this user may "
                   "read stay readable");
    else
        doctor_say(doctor, "sandbox", DOCTOR_OK, NULL,
                   "seccomp and Landlock %d: recordings are read without network, programs and "
                   "other folders",
                   kernel.folders);
}

enum { OTHER_FILES = 256 }; /* descriptors besides connections: logs, uploads, children */

void doctor_check_limits(Doctor *doctor)
{
    struct rlimit files;
    guint wanted = doctor->config->max_sockets + OTHER_FILES;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    doctor_measured(doctor, "files", (double)files.rlim_max);
    if (files.rlim_max < wanted)
        doctor_say(doctor, "limits", DOCTOR_WARNING,
                   "raise it (LimitNOFILE= in systemd, ulimits in Compose), or lower --max-sockets",
                   "%llu files may be open, %u connections would need %u",
                   (unsigned long long)files.rlim_max, doctor->config->max_sockets, wanted);
    else
        doctor_say(doctor, "limits", DOCTOR_OK, NULL, "%llu files may be open",
                   (unsigned long long)files.rlim_max);
}

/* ---- libav ---- */

void doctor_check_media(Doctor *doctor)
{
    MediaNeed needs[MEDIA_NEEDS_MAX];
    guint count = media_needs(needs);
    g_autoptr(GString) missing = g_string_new(NULL);
    for (guint i = 0; i < count; i++)
        if (!needs[i].is_there)
            g_string_append_printf(missing, "%s%s %s (%s)", missing->len > 0 ? ", " : "",
                                   needs[i].kind, needs[i].name, needs[i].use);
    if (missing->len > 0)
        doctor_say(doctor, "media", DOCTOR_FAILED,
                   "install a libav with them: Debian's libavcodec59 and libavformat59 have all",
                   "missing: %s", missing->str);
    else
        doctor_say(doctor, "media", DOCTOR_OK, NULL,
                   "H.264 (x264), AAC, Opus, VP8, VP9, Matroska, MP4, RTMP and RTMPS are there");
}

/* ---- files with secrets ---- */

/* FALSE: others may read it, which was said. A file that is not there is no fault of it. */
static gboolean look_at_secret(Doctor *doctor, const char *path, const char *what)
{
    struct stat found;
    if (path == NULL || stat(path, &found) != 0 || !S_ISREG(found.st_mode))
        return TRUE;
    mode_t others = found.st_mode & (S_IRWXG | S_IRWXO);
    if (others == 0)
        return TRUE;
    g_autofree char *advice = g_strdup_printf("chmod 600 %s", path);
    doctor_say(doctor, "secrets", (others & S_IRWXO) != 0 ? DOCTOR_FAILED : DOCTOR_WARNING, advice,
               "%s, %s: its mode is %03o, so %s may read or write it", path, what,
               (unsigned)found.st_mode & 0777,
               (others & S_IRWXO) != 0 ? "everybody on this machine" : "its group");
    return FALSE;
}

/* A line of .env. An address counts when it carries a password. */
static gboolean sets_secret(const char *line)
{
    static const char *const names[] = {
        "CROSSCUT_ADMIN_TOKEN=", "CROSSCUT_SECRET_KEY=", "CROSSCUT_LIVEKIT_SECRET=",
        "AWS_SECRET_ACCESS_KEY=", "AWS_SESSION_TOKEN="};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_str_has_prefix(line, names[i]))
            return line[strlen(names[i])] != '\0';
    return g_str_has_prefix(line, "CROSSCUT_REDIS=") && strchr(line, '@') != NULL;
}

/* Whether .env, of which everything else may be public, has a secret in it. */
static gboolean env_has_secret(const char *path)
{
    g_autofree char *text = NULL;
    gsize length = 0;
    gboolean has = FALSE;
    if (!g_file_get_contents(path, &text, &length, NULL))
        return FALSE;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        const char *at = g_strstrip(*line);
        at += g_str_has_prefix(at, "export ") ? strlen("export ") : 0;
        has |= sets_secret(at);
        explicit_bzero(*line, strlen(*line));
    }
    explicit_bzero(text, length);
    return has;
}

void doctor_check_secrets(Doctor *doctor)
{
    const ServerConfig *config = doctor->config;
    g_autofree char *own = g_build_filename(config->storage, "secret", NULL);
    gboolean has_token = config->admin_token != NULL || config->admin_token_file != NULL;
    gboolean is_good = look_at_secret(doctor, config->admin_token_file, "the admin token") &
                       look_at_secret(doctor, config->secret_key_file, "what seals stream keys") &
                       look_at_secret(doctor, own, "what signs logins and guests' links");
    if (env_has_secret(doctor->env_file))
        is_good &= look_at_secret(doctor, doctor->env_file, "with secrets in it");
    if (!is_good)
        return;
    if (!has_token && config->public_url != NULL)
        doctor_say(doctor, "secrets", DOCTOR_WARNING,
                   "give one that stays: openssl rand -base64 24 > FILE, chmod 600, "
                   "--admin-token-file FILE",
                   "no admin token is set: another is made at each start, and all logins end");
    else
        doctor_say(doctor, "secrets", DOCTOR_OK, NULL, "nobody else may read them%s",
                   has_token ? "" : "; an admin token is made at each start");
}
