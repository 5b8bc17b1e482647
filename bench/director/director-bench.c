/* Runs the native director over the events of a bench: text lines on stdin, shots on stdout.
 *
 *   usage: director-bench MODE LOOK_AHEAD_MS PERSONS DURATION_MS [NAME=MS …] < events > shots
 *
 * MODE is causal, look-ahead or full. Input lines are "t cam on" (cam 1 …, on 1 or 0); the sources
 * are one wide camera, 0, and the persons. Output lines are "t source reason". */
#include <director/plan.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_MAX = 1 << 20 };

typedef struct Run {
    DirectorSettings settings;
    DirectorSource sources[DIRECTOR_SOURCES_MAX];
    int n_sources;
    long duration_ms;
    DirectorEvent *events;
    size_t n_events;
} Run;

static void print_decision(const Run *run, const DirectorDecision *decision)
{
    if (decision->t_ms < run->duration_ms)
        printf("%lld %d %s\n", (long long)decision->t_ms, decision->source,
               director_reason_name(decision->reason));
}

static void read_events(Run *run)
{
    char line[128];
    while (run->n_events < EVENTS_MAX && fgets(line, sizeof line, stdin) != NULL) {
        char *at = line;
        long t_ms = strtol(at, &at, 10);
        long cam = strtol(at, &at, 10);
        long on = strtol(at, &at, 10);
        run->events[run->n_events++] = (DirectorEvent){
            .type = on ? DIRECTOR_EVENT_SPEAKING_START : DIRECTOR_EVENT_SPEAKING_STOP,
            .source = (int)cam,
            .at_ms = t_ms,
            .edge_ms = DIRECTOR_MS_NONE,
        };
    }
}

static void take_all(const Run *run, Director *director)
{
    DirectorDecision decision;
    while (director_take(director, &decision))
        print_decision(run, &decision);
}

static int run_live(const Run *run)
{
    void *memory = malloc(director_size());
    Director *director = director_init(memory, run->sources, run->n_sources, &run->settings, 0);
    if (director == NULL)
        return 2;
    for (size_t i = 0; i < run->n_events; i++) {
        director_feed(director, &run->events[i]);
        take_all(run, director);
    }
    director_advance(director, run->duration_ms + run->settings.look_ahead_ms);
    take_all(run, director);
    free(memory);
    return 0;
}

static int run_full(const Run *run)
{
    void *memory = malloc(director_plan_size(run->n_sources));
    DirectorPlan *plan = director_plan_init(memory, run->sources, run->n_sources, &run->settings,
                                            run->events, run->n_events, 0, run->duration_ms);
    if (plan == NULL)
        return 2;
    DirectorDecision decision;
    while (director_plan_next(plan, &decision))
        print_decision(run, &decision);
    free(memory);
    return 0;
}

/* NAME=MS; false when there is no such setting. */
static bool apply_setting(DirectorSettings *settings, const char *text)
{
    int count;
    const DirectorSettingInfo *table = director_settings_table(&count);
    const char *equals = strchr(text, '=');
    for (int i = 0; equals != NULL && i < count; i++) {
        size_t length = (size_t)(equals - text);
        if (strlen(table[i].name) != length || strncmp(table[i].name, text, length) != 0)
            continue;
        director_setting_set(settings, &table[i], (int32_t)strtol(equals + 1, NULL, 10));
        return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr,
                "usage: director-bench MODE LOOK_AHEAD_MS PERSONS DURATION_MS [NAME=MS …]\n");
        return 2;
    }
    Run run = {.n_sources = 1 + (int)strtol(argv[3], NULL, 10)};
    run.duration_ms = strtol(argv[4], NULL, 10);
    director_settings_defaults(&run.settings);
    run.settings.look_ahead_ms = (int32_t)strtol(argv[2], NULL, 10);
    for (int i = 5; i < argc; i++) {
        if (!apply_setting(&run.settings, argv[i])) {
            fprintf(stderr, "director-bench: no setting in \"%s\"\n", argv[i]);
            return 2;
        }
    }
    for (int i = 0; i < DIRECTOR_SOURCES_MAX; i++)
        run.sources[i].role = i == 0 ? DIRECTOR_ROLE_WIDE : DIRECTOR_ROLE_PERSON;
    run.events = calloc(EVENTS_MAX, sizeof *run.events);
    if (run.events == NULL)
        return 1;
    read_events(&run);
    int status = strcmp(argv[1], "full") == 0 ? run_full(&run) : run_live(&run);
    free(run.events);
    return status;
}
