/* The one table of refusals: code, status, name. Errors of the rooms below are given the code here
 * that says the same thing to a client. */
#include <server/error.h>

#include <edit/error.h>
#include <http/error.h>
#include <jobs/error.h>
#include <live/error.h>
#include <show/error.h>
#include <store/error.h>

#include <string.h>

G_DEFINE_QUARK(server - error - quark, server_error)

static const struct {
    guint status;
    const char *code;
} answers[] = {
    [SERVER_ERROR_INVALID] = {400, "invalid"},
    [SERVER_ERROR_UNAUTHORISED] = {401, "unauthorised"},
    [SERVER_ERROR_FORBIDDEN] = {403, "forbidden"},
    [SERVER_ERROR_NOT_FOUND] = {404, "not_found"},
    [SERVER_ERROR_METHOD] = {405, "method_not_allowed"},
    [SERVER_ERROR_CONFLICT] = {409, "conflict"},
    [SERVER_ERROR_STOPPED] = {409, "stopped"},
    [SERVER_ERROR_GONE] = {410, "gone"},
    [SERVER_ERROR_TOO_LARGE] = {413, "too_large"},
    [SERVER_ERROR_TYPE] = {415, "wrong_type"},
    [SERVER_ERROR_CHECKSUM] = {460, "checksum_mismatch"},
    [SERVER_ERROR_RATE] = {429, "rate_limited"},
    [SERVER_ERROR_FULL] = {507, "no_room"},
    [SERVER_ERROR_BUSY] = {503, "busy"},
    [SERVER_ERROR_FAILED] = {500, "failed"},
    [SERVER_ERROR_CONFIG] = {500, "failed"},
};

static ServerError of_store(int code)
{
    switch ((StoreErrorCode)code) {
    case STORE_ERROR_EXISTS:
    case STORE_ERROR_LOCKED:
    case STORE_ERROR_OFFSET:
    case STORE_ERROR_FINISHED:
    case STORE_ERROR_DIFFERS:
        return SERVER_ERROR_CONFLICT;
    case STORE_ERROR_FULL:
    case STORE_ERROR_QUOTA:
        return SERVER_ERROR_FULL;
    case STORE_ERROR_NAME:
        return SERVER_ERROR_INVALID;
    case STORE_ERROR_GONE:
        return SERVER_ERROR_NOT_FOUND;
    case STORE_ERROR_BUSY:
    case STORE_ERROR_CLOSED:
        return SERVER_ERROR_BUSY;
    case STORE_ERROR_CHECKSUM:
        return SERVER_ERROR_CHECKSUM;
    case STORE_ERROR_TOO_LARGE:
        return SERVER_ERROR_TOO_LARGE;
    case STORE_ERROR_FAILED:
        break;
    }
    return SERVER_ERROR_FAILED;
}

static ServerError of_show(int code)
{
    switch ((ShowErrorCode)code) {
    case SHOW_ERROR_INVALID:
        return SERVER_ERROR_INVALID;
    case SHOW_ERROR_TOO_LARGE:
        return SERVER_ERROR_TOO_LARGE;
    case SHOW_ERROR_FAILED:
        break;
    }
    return SERVER_ERROR_FAILED;
}

static ServerError of_jobs(int code)
{
    switch ((JobsErrorCode)code) {
    case JOBS_ERROR_INVALID:
        return SERVER_ERROR_INVALID;
    case JOBS_ERROR_GONE:
        return SERVER_ERROR_NOT_FOUND;
    case JOBS_ERROR_LOST:
    case JOBS_ERROR_BUSY:
        return SERVER_ERROR_CONFLICT;
    case JOBS_ERROR_FULL:
        return SERVER_ERROR_FULL;
    case JOBS_ERROR_AWAY:
        return SERVER_ERROR_BUSY;
    case JOBS_ERROR_FAILED:
        break;
    }
    return SERVER_ERROR_FAILED;
}

static ServerError of_live(int code)
{
    switch ((LiveErrorCode)code) {
    case LIVE_ERROR_INVALID:
    case LIVE_ERROR_FORMAT:
        return SERVER_ERROR_INVALID;
    case LIVE_ERROR_PRIVATE:
        return SERVER_ERROR_FORBIDDEN;
    case LIVE_ERROR_GONE:
        return SERVER_ERROR_NOT_FOUND;
    case LIVE_ERROR_EXISTS:
    case LIVE_ERROR_SEALED:
        return SERVER_ERROR_CONFLICT;
    case LIVE_ERROR_UNAVAILABLE:
    case LIVE_ERROR_DENIED: /* of LiveKit's, not of the caller's */
    case LIVE_ERROR_CLOCK:
        return SERVER_ERROR_BUSY;
    case LIVE_ERROR_FAILED:
        break;
    }
    return SERVER_ERROR_FAILED;
}

static ServerError of_http(int code)
{
    switch ((HttpError)code) {
    case HTTP_ERROR_SYNTAX:
    case HTTP_ERROR_NOT_ASKED:
        return SERVER_ERROR_INVALID;
    case HTTP_ERROR_TOO_LARGE:
        return SERVER_ERROR_TOO_LARGE;
    case HTTP_ERROR_FAILED:
    case HTTP_ERROR_ADDRESS:
        break;
    }
    return SERVER_ERROR_FAILED;
}

static ServerError answer_of(const GError *error)
{
    if (error->domain == SERVER_ERROR && error->code >= SERVER_ERROR_INVALID &&
        error->code <= SERVER_ERROR_CONFIG)
        return (ServerError)error->code;
    if (error->domain == STORE_ERROR)
        return of_store(error->code);
    if (error->domain == SHOW_ERROR)
        return of_show(error->code);
    if (error->domain == JOBS_ERROR)
        return of_jobs(error->code);
    if (error->domain == LIVE_ERROR)
        return of_live(error->code);
    if (error->domain == HTTP_ERROR)
        return of_http(error->code);
    if (error->domain == EDIT_ERROR) /* a setting, or a list of sources */
        return SERVER_ERROR_INVALID;
    return SERVER_ERROR_FAILED;
}

guint server_error_status(const GError *error)
{
    return answers[answer_of(error)].status;
}

const char *server_error_code(const GError *error)
{
    return answers[answer_of(error)].code;
}

char *server_error_message(const GError *error)
{
    const char *message = error->message;
    if (error->domain != STORE_ERROR)
        return g_strdup(message);
    /* Those begin with a path of this machine: its last part says what was meant. */
    const char *colon = strstr(message, ": ");
    const char *slash =
        colon != NULL ? g_strrstr_len(message, (gssize)(colon - message), "/") : NULL;
    return g_strdup(slash != NULL ? slash + 1 : message);
}

char *server_error_field(const GError *error)
{
    const char *end = error->message + strcspn(error->message, ": .[");
    gsize length = (gsize)(end - error->message);
    gboolean names_one =
        error->domain == SERVER_ERROR || error->domain == EDIT_ERROR || error->domain == LIVE_ERROR;
    return names_one && length > 0 && length < 32 && strstr(error->message, ": ") != NULL &&
                   (*end == ':' || *end == '[')
               ? g_strndup(error->message, length)
               : NULL;
}
