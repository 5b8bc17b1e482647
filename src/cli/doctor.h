/* What `crosscut doctor` looks at, and how it says what it found. Each check says one line: how it is,
 * and when it is not good what to do next. Nothing of a check is a secret. Threads: one. */
#pragma once
#include <gio/gio.h>
#include <jansson.h>
#include <server/config.h>

typedef enum {
    DOCTOR_OK = 1,
    DOCTOR_OFF, /* it is not set up, and nothing is missing */
    DOCTOR_WARNING,
    DOCTOR_FAILED,
} DoctorState;

typedef struct Doctor {
    const ServerConfig *config;
    const char *env_file;
    int cameras;     /* that shall be recorded at once */
    double megabits; /* a second of each of them, and of the program */
    gboolean is_json, is_quiet;
    GCancellable *cancellable;
    json_t *measured; /* for the next line; NULL: nothing */
    guint found[DOCTOR_FAILED + 1];
} Doctor;

/* One line. `advice`: what to do next, a sentence; NULL: nothing. */
void doctor_say(Doctor *doctor, const char *check, DoctorState state, const char *advice,
                const char *format, ...) G_GNUC_PRINTF(5, 6);
/* A number that belongs to the next line; its unit is in its name. */
void doctor_measured(Doctor *doctor, const char *name, double value);

/* ---- over HTTP ---- */

typedef struct DoctorAnswer {
    long status;            /* 0: none came */
    char *why;              /* then: what went wrong */
    gboolean is_distrusted; /* it has a certificate that is not believed */
    gboolean is_refused;    /* nobody listens there, or there is no such name */
    gboolean says_ok;       /* it is what /healthz of a studio says */
    gboolean has_date;
    double ahead_s; /* of this clock before the server's; to half a second and the way there */
    double certificate_days; /* until its certificate ends; below 0: not known */
} DoctorAnswer;

/* GET, a few seconds at most. Redirects are not followed. Clear it. */
DoctorAnswer doctor_get(const char *url);
void doctor_answer_clear(DoctorAnswer *answer);

/* ---- the checks, in their order ---- */

void doctor_check_listen(Doctor *doctor);
void doctor_check_public(Doctor *doctor);
void doctor_check_certificates(Doctor *doctor);
void doctor_check_secrets(Doctor *doctor);
void doctor_check_clock(Doctor *doctor);
void doctor_check_kernel(Doctor *doctor);
void doctor_check_limits(Doctor *doctor);
void doctor_check_media(Doctor *doctor);
void doctor_check_storage(Doctor *doctor);
void doctor_check_disk(Doctor *doctor);
void doctor_check_livekit(Doctor *doctor);
void doctor_check_egress(Doctor *doctor);
void doctor_check_redis(Doctor *doctor);
void doctor_check_mirror(Doctor *doctor);
