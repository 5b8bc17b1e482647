/* crosscut doctor: looks whether the studio could run here as it is set up, and says what to do where it
 * could not. It changes nothing: what it writes to try something is gone when it ends. */
#include "doctor.h"

#include "command.h"
#include "error.h"
#include "prices.h"
#include "serve-config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAMERAS = 3, CAMERAS_MAX = 16 };
#define MEGABITS 5.1 /* of the console's 1080p, where the price table does not say */

static const char *const state_names[] = {[DOCTOR_OK] = "ok",
                                          [DOCTOR_OFF] = "off",
                                          [DOCTOR_WARNING] = "warning",
                                          [DOCTOR_FAILED] = "failed"};

/* ---- saying it ---- */

static void print_json(json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(6));
    printf("%s\n", text != NULL ? text : "{}");
    fflush(stdout);
    free(text);
    json_decref(value);
}

/* Names and messages come from outside: one line stays one line. */
static char *one_line(const char *text)
{
    char *valid = g_utf8_make_valid(text, -1);
    for (char *c = valid; *c != '\0'; c++)
        if ((guchar)*c < ' ' || *c == 0x7f)
            *c = ' ';
    return valid;
}

void doctor_measured(Doctor *doctor, const char *name, double value)
{
    if (doctor->measured == NULL)
        doctor->measured = json_object();
    json_object_set_new(doctor->measured, name, json_real(value));
}

void doctor_say(Doctor *doctor, const char *check, DoctorState state, const char *advice,
                const char *format, ...)
{
    va_list values;
    va_start(values, format);
    g_autofree char *said = g_strdup_vprintf(format, values);
    va_end(values);
    g_autofree char *text = one_line(said);
    json_t *measured = g_steal_pointer(&doctor->measured);
    doctor->found[state]++;
    if (doctor->is_json) {
        print_json(json_pack("{s:s, s:s, s:s, s:s*, s:o*}", "check", check, "state",
                             state_names[state], "text", text, "advice", advice, "measured",
                             measured));
        return;
    }
    json_decref(measured);
    if (doctor->is_quiet && state != DOCTOR_FAILED)
        return;
    printf("%-8s %-9s %s\n", state_names[state], check, text);
    if (advice != NULL)
        printf("%18s → %s\n", "", advice);
    fflush(stdout);
}

static void say_all(const Doctor *doctor)
{
    const guint *found = doctor->found;
    DoctorState state = found[DOCTOR_FAILED] > 0    ? DOCTOR_FAILED
                        : found[DOCTOR_WARNING] > 0 ? DOCTOR_WARNING
                                                    : DOCTOR_OK;
    if (doctor->is_json)
        print_json(json_pack("{s:s, s:i, s:i, s:i, s:i}", "state", state_names[state], "ok",
                             (int)found[DOCTOR_OK], "off", (int)found[DOCTOR_OFF], "warnings",
                             (int)found[DOCTOR_WARNING], "failed", (int)found[DOCTOR_FAILED]));
    else if (!doctor->is_quiet)
        printf("\n%u good, %u not set up, %u %s, %u failed\n", found[DOCTOR_OK], found[DOCTOR_OFF],
               found[DOCTOR_WARNING], found[DOCTOR_WARNING] == 1 ? "warning" : "warnings",
               found[DOCTOR_FAILED]);
}

/* ---- what is looked at ---- */

static void check_settings(Doctor *doctor, ServerConfig *config)
{
    g_autoptr(GError) error = NULL;
    if (server_config_check(config, &error))
        doctor_say(doctor, "settings", DOCTOR_OK, NULL, "they go together");
    else
        doctor_say(doctor, "settings", DOCTOR_FAILED,
                   "crosscut serve would not start; change that, and ask again", "%s",
                   error->message);
}

static gboolean check_all(Doctor *doctor, GError **error)
{
    static void (*const checks[])(Doctor * doctor) = {
        doctor_check_listen,  doctor_check_public, doctor_check_certificates, doctor_check_secrets,
        doctor_check_clock,   doctor_check_kernel, doctor_check_limits,       doctor_check_media,
        doctor_check_storage, doctor_check_disk,   doctor_check_livekit,      doctor_check_egress,
        doctor_check_redis,   doctor_check_mirror,
    };
    for (gsize i = 0; i < G_N_ELEMENTS(checks); i++) {
        if (g_cancellable_set_error_if_cancelled(doctor->cancellable, error))
            return FALSE;
        checks[i](doctor);
    }
    return TRUE;
}

/* Of 1080p from the console, as the price table has it. */
static double megabits_of_camera(void)
{
    double kbits = MEGABITS * 1000;
    g_autoptr(CliPrices) prices = cli_prices_load(NULL, NULL, NULL);
    if (prices != NULL)
        cli_prices_usage(prices, "camera_kbits", &kbits);
    return kbits / 1000;
}

/* What is wrong is said in the lines, once. */
static GLogWriterOutput leave_out_warnings(GLogLevelFlags level, const GLogField *fields,
                                           gsize count, gpointer data)
{
    const GLogLevelFlags own_mistakes = G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL;
    return (level & own_mistakes) != 0 ? g_log_writer_default(level, fields, count, data)
                                       : G_LOG_WRITER_HANDLED;
}

static int run(const CliContext *context, GError **error)
{
    const CliArguments *arguments = context->arguments;
    g_autoptr(GError) why = NULL;
    g_log_set_writer_func(leave_out_warnings, NULL, NULL);
    const char *env_file = cli_value(arguments, "env-file");
    Doctor doctor = {
        .env_file = env_file != NULL ? env_file : ".env",
        .cameras = CAMERAS,
        .megabits = megabits_of_camera(),
        .is_json = cli_flag(arguments, "json"),
        .is_quiet = cli_flag(arguments, "quiet"),
        .cancellable = context->cancellable,
    };
    if (cli_positionals(arguments)->len > 0) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE, "doctor: takes options only");
        return CLI_EXIT_USAGE;
    }
    if (!cli_integer(arguments, "cameras", 1, CAMERAS_MAX, &doctor.cameras, error))
        return CLI_EXIT_USAGE;
    g_autoptr(ServerConfig) config = cli_serve_config(arguments, &why);
    if (config == NULL) {
        doctor_say(&doctor, "settings", DOCTOR_FAILED,
                   "crosscut serve would not start, and nothing else can be looked at", "%s",
                   why->message);
        say_all(&doctor);
        return CLI_EXIT_FAILED;
    }
    doctor.config = config;
    check_settings(&doctor, config);
    if (!check_all(&doctor, error))
        return CLI_EXIT_FAILED;
    say_all(&doctor);
    return doctor.found[DOCTOR_FAILED] > 0 ? CLI_EXIT_FAILED : CLI_EXIT_GOOD;
}

static const CliOption options[] = {
    {"cameras", 0, "N", NULL, "How many cameras shall be recorded at once (default 3)"},
    CLI_SERVE_OPTIONS,
    CLI_COMMON_OPTIONS,
};

const CliCommand cli_doctor = {
    .name = "doctor",
    .arguments = "[OPTION…]",
    .summary = "Look whether the studio could run here, and say what to do",
    .description =
        "Takes the options, variables and .env that crosscut serve takes, and tries what they "
        "need: "
        "that the address is free, that browsers get cameras there, the clock, files with secrets, "
        "the kernel's sandbox, encoders, the storage's room and speed, LiveKit, Egress, Redis and "
        "object storage. One line for each: ok, off (not set up), warning or failed, and what to "
        "do "
        "next. What it writes to try something is gone afterwards; a studio that runs already is "
        "not disturbed, but for a few seconds of a busy disk. The exit status is 1 when something "
        "failed, and 0 with warnings.",
    .options = options,
    .examples =
        (const char *const[]){
            "crosscut doctor", "would crosscut serve run here?",
            "crosscut doctor --storage /srv/shows --cameras 6 --public-url https://studio.example",
            "with these options, and six cameras at once",
            "crosscut doctor --env-file /etc/crosscut.env --json", "for machines", NULL},
    .run = run,
};
