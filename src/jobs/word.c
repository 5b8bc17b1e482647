/* Messages between servers and workers. What a member may be is checked here, so that nothing behind
 * it has to. */
#include <jobs/word.h>

#include <jobs/error.h>

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEASE_MS_MAX = 24 * 3600 * 1000 };

static const char *const names[] = {
    [JOBS_SAY_TAKE] = "take", [JOBS_SAY_BEAT] = "beat", [JOBS_SAY_DONE] = "done",
    [JOBS_SAY_FAIL] = "fail", [JOBS_SAY_BACK] = "back", [JOBS_SAY_JOB] = "job",
    [JOBS_SAY_NONE] = "none", [JOBS_SAY_GOOD] = "good", [JOBS_SAY_WAIT] = "wait",
    [JOBS_SAY_LOST] = "lost", [JOBS_SAY_BAD] = "bad",
};

void jobs_word_free(JobsWord *word)
{
    if (word == NULL)
        return;
    g_free(word->worker);
    g_free(word->session);
    g_free(word->settings);
    g_free(word->reason);
    g_free(word);
}

char *jobs_word_text(const JobsWord *word)
{
    json_t *value =
        json_pack("{s:s, s:s*, s:I, s:I, s:I, s:I, s:s*, s:s*, s:s*, s:b, s:b, s:f, s:I}", "say",
                  names[word->say], "worker", word->worker, "number", (json_int_t)word->number,
                  "job", (json_int_t)word->lease.job, "take", (json_int_t)word->lease.take, "lease",
                  (json_int_t)word->lease_ms, "session", word->session, "settings", word->settings,
                  "reason", word->reason, "forGood", word->for_good, "far", word->is_far, "percent",
                  word->progress.percent, "left", (json_int_t)word->progress.left_ms);
    char *dumped = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(6));
    char *text = g_strdup(dumped != NULL ? dumped : "{}");
    free(dumped);
    json_decref(value);
    return text;
}

static JobsSay say_of(const char *name)
{
    for (guint i = 1; name != NULL && i < G_N_ELEMENTS(names); i++)
        if (strcmp(name, names[i]) == 0)
            return (JobsSay)i;
    return JOBS_SAY_UNSET;
}

/* FALSE: it is there, and it is no text of that length. */
static gboolean read_text(const json_t *value, const char *name, gsize max_bytes, char **text)
{
    const json_t *member = json_object_get(value, name);
    const char *found = json_string_value(member);
    if (member == NULL)
        return TRUE;
    if (found == NULL || strlen(found) != json_string_length(member) ||
        json_string_length(member) > max_bytes)
        return FALSE;
    *text = g_strdup(found);
    return TRUE;
}

static gboolean read_number(const json_t *value, const char *name, gint64 min, gint64 max,
                            gint64 *number)
{
    const json_t *member = json_object_get(value, name);
    if (member == NULL)
        return TRUE;
    if (!json_is_integer(member) || json_integer_value(member) < min ||
        json_integer_value(member) > max)
        return FALSE;
    *number = json_integer_value(member);
    return TRUE;
}

static gboolean read_percent(const json_t *value, double *percent)
{
    const json_t *member = json_object_get(value, "percent");
    if (member == NULL)
        return TRUE;
    *percent = json_number_value(member);
    return json_is_number(member) && isfinite(*percent) && *percent >= 0 && *percent <= 100;
}

static gboolean read_all(const json_t *value, JobsWord *word)
{
    word->say = say_of(json_string_value(json_object_get(value, "say")));
    word->for_good = json_is_true(json_object_get(value, "forGood"));
    word->is_far = json_is_true(json_object_get(value, "far"));
    return word->say != JOBS_SAY_UNSET &&
           read_text(value, "worker", JOBS_TEXT_BYTES_MAX, &word->worker) &&
           read_text(value, "session", JOBS_TEXT_BYTES_MAX, &word->session) &&
           read_text(value, "settings", JOBS_SETTINGS_BYTES_MAX, &word->settings) &&
           read_text(value, "reason", JOBS_REASON_BYTES_MAX, &word->reason) &&
           read_number(value, "number", 0, G_MAXINT64, &word->number) &&
           read_number(value, "job", 0, G_MAXINT64, &word->lease.job) &&
           read_number(value, "take", 0, G_MAXINT64, &word->lease.take) &&
           read_number(value, "lease", 0, LEASE_MS_MAX, &word->lease_ms) &&
           read_number(value, "left", -1, G_MAXINT64, &word->progress.left_ms) &&
           read_percent(value, &word->progress.percent) && word->worker != NULL &&
           *word->worker != '\0' && (word->say != JOBS_SAY_JOB || word->session != NULL);
}

JobsWord *jobs_word_parse(const char *text, gsize length, GError **error)
{
    g_autoptr(JobsWord) word = g_new0(JobsWord, 1);
    word->progress.left_ms = -1;
    json_t *value = length <= JOBS_WORD_BYTES_MAX
                        ? json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL)
                        : NULL;
    gboolean is_good = json_is_object(value) && read_all(value, word);
    json_decref(value);
    if (is_good)
        return g_steal_pointer(&word);
    g_set_error_literal(error, JOBS_ERROR, JOBS_ERROR_INVALID,
                        "this is no message between servers and workers");
    return NULL;
}
