/* Destinations that are tried. What always holds: one test at a time at one place, and none where a show
 * is on air; a show that goes live there ends it. */
#include "live-state-private.h"

#include <live/try.h>
#include <server/error.h>

enum { TESTS_MAX = 4 };

typedef struct ServerLiveTest {
    ServerLive *live;
    char *name;         /* of a saved destination; NULL: `target` was given */
    LiveTarget *target; /* until it is tried */
    LiveTry *one;       /* NULL: not yet */
    ServerLiveDone done;
    gpointer data;
    GError *error;
} ServerLiveTest;

void server_live_test_free(gpointer data)
{
    ServerLiveTest *test = data;
    live_try_free(test->one);
    live_target_free(test->target);
    g_clear_error(&test->error);
    g_free(test->name);
    g_free(test);
}

/* ---- whether it may be ---- */

static gboolean is_on_air(const ServerLive *live, const LiveTarget *target)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, live->airs);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const ServerAir *air = value;
        if (air->onair != NULL && live_onair_sends_to(air->onair, target))
            return TRUE;
    }
    return FALSE;
}

static gboolean is_tested(const ServerLive *live, const LiveTarget *target)
{
    for (guint i = 0; i < live->tests->len; i++) {
        const ServerLiveTest *test = live->tests->pdata[i];
        if (live_target_is_same_place(live_try_target(test->one), target))
            return TRUE;
    }
    return FALSE;
}

static gboolean may_test(const ServerLive *live, const LiveTarget *target, GError **error)
{
    if (is_on_air(live, target))
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_CONFLICT,
                    "name: a show is on air at \"%s\" now", target->name);
    else if (is_tested(live, target))
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_CONFLICT, "name: \"%s\" is being tested",
                    target->name);
    else if (live->tests->len >= TESTS_MAX)
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_BUSY,
                    "name: %d destinations are being tested; try again in a moment", TESTS_MAX);
    else
        return TRUE;
    return FALSE;
}

/* ---- the test ---- */

static void was_tried(const json_t *result, gpointer data)
{
    ServerLiveTest *test = data;
    const char *code = json_string_value(json_object_get(result, "code"));
    g_message("live test destination=%s state=%s code=%s", live_try_target(test->one)->name,
              json_string_value(json_object_get(result, "state")), code != NULL ? code : "-");
    test->done(result, NULL, test->data);
    g_ptr_array_remove(test->live->tests, test);
}

static void find_work(gpointer data)
{
    ServerLiveTest *test = data;
    ServerLive *live = test->live;
    if (server_live_need_secret(live, &test->error))
        test->target = live_book_find(live->book, live->secret, test->name,
                                      live->server->config->allow_private_targets, &test->error);
}

static void find_done(gpointer data)
{
    ServerLiveTest *test = data;
    ServerLive *live = test->live;
    const ServerConfig *config = live->server->config;
    LiveTryOptions options = {.program = live->server->program,
                              .allow_private = config->allow_private_targets,
                              .ca_file = config->live_ca_file};
    if (test->error != NULL || !may_test(live, test->target, &test->error)) {
        test->done(NULL, test->error, test->data);
        server_live_test_free(test);
        return;
    }
    test->one = live_try_new(&options, g_steal_pointer(&test->target), was_tried, test);
    g_ptr_array_add(live->tests, test);
}

void server_live_test(ServerLive *live, LiveTarget *target, const char *name, ServerLiveDone done,
                      gpointer data)
{
    ServerLiveTest *test = g_new0(ServerLiveTest, 1);
    *test = (ServerLiveTest){
        .live = live, .name = g_strdup(name), .target = target, .done = done, .data = data};
    if (target != NULL)
        find_done(test);
    else
        store_workers_push(live->workers, find_work, find_done, test);
}

/* ---- what ends one early ---- */

static gboolean is_one_of(const LiveTarget *target, const GPtrArray *targets)
{
    for (guint i = 0; targets != NULL && i < targets->len; i++)
        if (live_target_is_same_place(target, targets->pdata[i]))
            return TRUE;
    return targets == NULL;
}

/* At these places; NULL: at all. */
static void end_tests(ServerLive *live, const GPtrArray *targets, ServerError code, const char *why)
{
    g_autoptr(GError) error = g_error_new_literal(SERVER_ERROR, (int)code, why);
    for (guint i = live->tests->len; i-- > 0;) {
        const ServerLiveTest *test = live->tests->pdata[i];
        if (!is_one_of(live_try_target(test->one), targets))
            continue;
        test->done(NULL, error, test->data);
        g_ptr_array_remove_index(live->tests, i);
    }
}

void server_live_tests_yield(ServerLive *live, const GPtrArray *targets)
{
    end_tests(live, targets, SERVER_ERROR_CONFLICT, "name: a show goes live there");
}

void server_live_drain(ServerLive *live)
{
    end_tests(live, NULL, SERVER_ERROR_BUSY, "the server is ending");
}
