/* Tokens: what is let in, and every way we know of to be let in wrongly. */
#include "identity-private.h"
#include "sign-private.h"

#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#define TOKEN   "kV7f_c0-Qm3xWz81Lh"
#define SESSION "0b8f2c6e-5d4a-4f3b-9c2d-1a2b3c4d5e6f"
#define OTHER   "11111111-2222-4333-8444-555555555555"

enum { NOW_S = 1800000000 };

typedef struct Fixture {
    char *folder, *secret;
    ServerIdentity *identity;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    fixture->folder = g_dir_make_tmp("crosscut-identity-XXXXXX", NULL);
    fixture->secret = g_build_filename(fixture->folder, "secret", NULL);
    fixture->identity = server_identity_new(TOKEN, fixture->secret, &error);
    g_assert_no_error(error);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    (void)data;
    server_identity_free(fixture->identity);
    g_unlink(fixture->secret);
    g_rmdir(fixture->folder);
    g_free(fixture->secret);
    g_free(fixture->folder);
}

static void assert_in(const Fixture *fixture, const char *token, ServerRole role)
{
    g_autoptr(GError) error = NULL;
    ServerWho who;
    g_assert_true(server_identity_token_who(fixture->identity, token, NOW_S, &who, &error));
    g_assert_no_error(error);
    g_assert_cmpint(who.role, ==, role);
}

static void assert_out(const Fixture *fixture, const char *token)
{
    g_autoptr(GError) error = NULL;
    ServerWho who;
    gboolean is_in = server_identity_token_who(fixture->identity, token, NOW_S, &who, &error);
    if (is_in)
        g_error("was let in: %s", token);
    g_assert_error(error, SERVER_ERROR, SERVER_ERROR_UNAUTHORISED);
    g_assert_cmpint(who.role, ==, SERVER_ROLE_NONE);
    if (strlen(token) > 8)
        g_assert_null(strstr(error->message, token));
}

static ServerWho guest(ServerRole role, const char *source, gint64 end_s)
{
    ServerWho who = {.role = role, .end_s = end_s};
    g_strlcpy(who.session, SESSION, sizeof who.session);
    g_strlcpy(who.source, source, sizeof who.source);
    return who;
}

static char *guest_token(const Fixture *fixture, ServerRole role, gint64 end_s)
{
    ServerWho who = guest(role, role != SERVER_ROLE_VIEWER ? "cam_2" : "", end_s);
    return server_identity_guest_token(fixture->identity, &who);
}

/* ---- right ones ---- */

static void test_admin(Fixture *fixture, gconstpointer data)
{
    (void)data;
    assert_in(fixture, TOKEN, SERVER_ROLE_ADMIN);
    assert_out(fixture, "");
    assert_out(fixture, "kV7f_c0-Qm3xWz81L");
    assert_out(fixture, TOKEN "x");
    assert_out(fixture, "KV7F_C0-QM3XWZ81LH");
    g_autofree char *long_one = g_strnfill(100000, 'a');
    assert_out(fixture, long_one);
}

static void test_guest(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autofree char *token = guest_token(fixture, SERVER_ROLE_CAMERA, NOW_S + 60);
    ServerWho who;
    g_assert_true(server_identity_token_who(fixture->identity, token, NOW_S, &who, NULL));
    g_assert_cmpint(who.role, ==, SERVER_ROLE_CAMERA);
    g_assert_cmpstr(who.session, ==, SESSION);
    g_assert_cmpstr(who.source, ==, "cam_2");
    g_assert_cmpint(who.end_s, ==, NOW_S + 60);
    g_assert_false(who.by_cookie);
    g_autofree char *viewer = guest_token(fixture, SERVER_ROLE_VIEWER, NOW_S + 60);
    assert_in(fixture, viewer, SERVER_ROLE_VIEWER);
}

static void test_elsewhere(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autofree char *token = guest_token(fixture, SERVER_ROLE_GUEST, NOW_S + 60);
    ServerWho who;
    assert_in(fixture, token, SERVER_ROLE_GUEST);
    g_assert_true(server_identity_token_who(fixture->identity, token, NOW_S, &who, NULL));
    g_assert_cmpstr(who.source, ==, "cam_2");
    g_assert_true(server_who_may_send(&who, SESSION, "cam_2"));
    g_assert_false(server_who_may_send(&who, SESSION, "cam_1"));
    g_assert_false(server_who_may_send(&who, SESSION, NULL));
    g_assert_false(server_who_may_send(&who, OTHER, "cam_2"));
}

static void test_form(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autofree char *token = guest_token(fixture, SERVER_ROLE_CAMERA, NOW_S + 60);
    g_auto(GStrv) parts = g_strsplit(token, ".", -1);
    g_assert_cmpuint(g_strv_length(parts), ==, 3);
    g_assert_cmpstr(parts[0], ==, "g1");
    g_assert_cmpuint(strlen(parts[2]), ==, 43);
    gsize length = 0;
    g_autofree guint8 *json = server_sign_from_base64url(parts[1], &length);
    g_assert_cmpmem(
        json, length, "{\"s\":\"" SESSION "\",\"r\":\"camera\",\"c\":\"cam_2\",\"e\":1800000060}",
        strlen("{\"s\":\"" SESSION "\",\"r\":\"camera\",\"c\":\"cam_2\",\"e\":1800000060}"));
}

/* ---- S7 ---- */

static void test_expired(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autofree char *ended = guest_token(fixture, SERVER_ROLE_CAMERA, NOW_S);
    g_autofree char *endless = guest_token(fixture, SERVER_ROLE_CAMERA, 0);
    g_autofree char *cookie = server_identity_cookie(fixture->identity, NOW_S - 1);
    assert_out(fixture, ended);
    assert_out(fixture, endless);
    assert_out(fixture, cookie);
}

static void test_other_session(Fixture *fixture, gconstpointer data)
{
    (void)data;
    ServerWho who;
    g_autofree char *token = guest_token(fixture, SERVER_ROLE_CAMERA, NOW_S + 60);
    g_assert_true(server_identity_token_who(fixture->identity, token, NOW_S, &who, NULL));
    g_assert_true(server_who_may_see(&who, SESSION));
    g_assert_false(server_who_may_see(&who, OTHER));
    g_assert_true(server_who_may_send(&who, SESSION, "cam_2"));
    g_assert_false(server_who_may_send(&who, SESSION, "cam_1"));
    g_assert_false(server_who_may_send(&who, SESSION, NULL));
    g_assert_false(server_who_may_send(&who, OTHER, "cam_2"));
    g_autofree char *upload = server_identity_upload_token(fixture->identity, SESSION);
    g_assert_true(server_identity_token_who(fixture->identity, upload, NOW_S, &who, NULL));
    g_assert_true(server_who_may_send(&who, SESSION, NULL));
    g_assert_false(server_who_may_see(&who, OTHER));
    g_assert_false(server_who_may_send(&who, OTHER, "cam_1"));
    g_autofree char *viewer = guest_token(fixture, SERVER_ROLE_VIEWER, NOW_S + 60);
    g_assert_true(server_identity_token_who(fixture->identity, viewer, NOW_S, &who, NULL));
    g_assert_true(server_who_may_see(&who, SESSION));
    g_assert_false(server_who_may_send(&who, SESSION, "cam_2"));
    ServerWho nobody = {0};
    g_assert_false(server_who_may_see(&nobody, SESSION));
    g_assert_false(server_who_may_see(&nobody, ""));
}

static void test_replayed_elsewhere(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autofree char *elsewhere = g_build_filename(fixture->folder, "secret-2", NULL);
    ServerIdentity *other = server_identity_new(TOKEN, elsewhere, NULL);
    ServerWho who = guest(SERVER_ROLE_CAMERA, "cam_2", NOW_S + 60);
    g_autofree char *token = server_identity_guest_token(other, &who);
    g_autofree char *upload = server_identity_upload_token(other, SESSION);
    g_autofree char *cookie = server_identity_cookie(other, NOW_S + 60);
    assert_out(fixture, token);
    assert_out(fixture, upload);
    assert_out(fixture, cookie);
    server_identity_free(other);
    g_unlink(elsewhere);
}

static void test_logged_out(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autofree char *cookie = server_identity_cookie(fixture->identity, NOW_S + 60);
    g_autofree char *second = server_identity_cookie(fixture->identity, NOW_S + 60);
    g_assert_cmpstr(cookie, !=, second);
    assert_in(fixture, cookie, SERVER_ROLE_ADMIN);
    server_identity_end_cookie(fixture->identity, cookie, NOW_S);
    assert_out(fixture, cookie);
    assert_in(fixture, second, SERVER_ROLE_ADMIN);
}

static void test_new_admin_token(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autofree char *cookie = server_identity_cookie(fixture->identity, NOW_S + 60);
    g_autofree char *link = guest_token(fixture, SERVER_ROLE_VIEWER, NOW_S + 60);
    Fixture later = {.identity = server_identity_new("another-Token-0123", fixture->secret, NULL)};
    assert_out(&later, cookie);
    assert_out(&later, TOKEN);
    assert_in(&later, link, SERVER_ROLE_VIEWER);
    server_identity_free(later.identity);
}

static void test_restart(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_unlink(fixture->secret);
    Fixture first = {.identity = server_identity_new(NULL, fixture->secret, NULL)};
    g_autofree char *cookie = server_identity_cookie(first.identity, NOW_S + 60);
    g_autofree char *made = g_strdup(server_identity_made_token(first.identity));
    g_assert_cmpuint(strlen(made), >=, 32);
    assert_in(&first, made, SERVER_ROLE_ADMIN);
    server_identity_free(first.identity);
    Fixture second = {.identity = server_identity_new(NULL, fixture->secret, NULL)};
    assert_in(&second, cookie, SERVER_ROLE_ADMIN);
    assert_out(&second, made);
    g_assert_cmpstr(made, !=, server_identity_made_token(second.identity));
    server_identity_free(second.identity);
}

/* A payload signed with the right key, as if a bug had signed it. */
static char *signed_as(const Fixture *fixture, const char *kind, const char *json)
{
    guint8 secret[SERVER_SIGN_BYTES], key[SERVER_SIGN_BYTES];
    g_assert_true(server_sign_secret(fixture->secret, secret, NULL));
    g_autofree char *label = g_strdup_printf("crosscut %s 1", kind[0] == 'g' ? "guest" : "upload");
    server_sign(secret, label, strlen(label), key);
    g_autofree char *text = server_sign_base64url((const guint8 *)json, strlen(json));
    g_autofree char *body = g_strconcat(kind, ".", text, NULL);
    g_autofree char *mac = server_sign_text(key, body);
    return g_strconcat(body, ".", mac, NULL);
}

static void test_escalation(Fixture *fixture, gconstpointer data)
{
    (void)data;
    static const char *const payloads[] = {
        "{\"s\":\"" SESSION "\",\"r\":\"admin\",\"c\":\"\",\"e\":1900000000}",
        "{\"s\":\"" SESSION "\",\"r\":\"Camera\",\"c\":\"cam_1\",\"e\":1900000000}",
        "{\"s\":\"" SESSION "\",\"r\":\"camera\",\"c\":\"\",\"e\":1900000000}",
        "{\"s\":\"" SESSION "\",\"r\":\"camera\",\"c\":\"../cam_1\",\"e\":1900000000}",
        "{\"s\":\"" SESSION "\",\"r\":\"camera\",\"e\":1900000000}",
        "{\"s\":\"" SESSION "\",\"r\":1,\"c\":\"cam_1\",\"e\":1900000000}",
        "{\"s\":\"" SESSION "\",\"r\":\"viewer\",\"r\":\"camera\",\"c\":\"\",\"e\":1900000000}",
        "{\"s\":\"" SESSION "\",\"r\":\"viewer\",\"e\":\"1900000000\"}",
        "{\"s\":\"" SESSION "\",\"r\":\"viewer\",\"e\":1.9e9}",
        "{\"s\":\"\",\"r\":\"viewer\",\"e\":1900000000}",
        "{\"s\":\"*\",\"r\":\"viewer\",\"e\":1900000000}",
        "{\"r\":\"viewer\",\"e\":1900000000}",
        "[]",
        "null",
        "",
        "{\"alg\":\"none\"}",
    };
    g_autofree char *right =
        signed_as(fixture, "g1", "{\"s\":\"" SESSION "\",\"r\":\"viewer\",\"e\":1900000000}");
    assert_in(fixture, right, SERVER_ROLE_VIEWER);
    for (gsize i = 0; i < G_N_ELEMENTS(payloads); i++) {
        g_autofree char *token = signed_as(fixture, "g1", payloads[i]);
        g_test_message("%s", payloads[i]);
        assert_out(fixture, token);
    }
}

/* A signature of one kind is none of another. */
static void test_kinds(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autofree char *cookie = server_identity_cookie(fixture->identity, NOW_S + 60);
    g_autofree char *viewer = guest_token(fixture, SERVER_ROLE_VIEWER, NOW_S + 60);
    g_autofree char *upload = server_identity_upload_token(fixture->identity, SESSION);
    char *tokens[] = {cookie, viewer, upload};
    for (gsize i = 0; i < G_N_ELEMENTS(tokens); i++) {
        char own = tokens[i][0];
        for (const char *kind = "gucx"; *kind != '\0'; kind++) {
            tokens[i][0] = *kind;
            if (*kind != own)
                assert_out(fixture, tokens[i]);
        }
        tokens[i][0] = own;
    }
}

static void test_tampered(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autofree char *token = guest_token(fixture, SERVER_ROLE_VIEWER, NOW_S + 60);
    gsize length = strlen(token);
    for (gsize i = 0; i < length; i++) {
        g_autofree char *other = g_strdup(token);
        other[i] = other[i] == 'A' ? 'B' : 'A';
        assert_out(fixture, other);
        g_autofree char *cut = g_strndup(token, i);
        assert_out(fixture, cut);
    }
    g_autofree char *no_mac = g_strndup(token, (gsize)(strrchr(token, '.') - token + 1));
    g_autofree char *second = g_strconcat(token, ".", strrchr(token, '.') + 1, NULL);
    assert_out(fixture, no_mac);
    assert_out(fixture, second);
}

/* The last character of 32 bytes in base64 carries two bits that nobody reads; padding, the other
 * alphabet and white space are other spellings too. */
static void test_malleable(Fixture *fixture, gconstpointer data)
{
    (void)data;
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    g_autofree char *token = guest_token(fixture, SERVER_ROLE_VIEWER, NOW_S + 60);
    gsize last = strlen(token) - 1;
    guint accepted = 0;
    for (const char *c = alphabet; *c != '\0'; c++) {
        g_autofree char *other = g_strdup(token);
        other[last] = *c;
        ServerWho who;
        accepted += server_identity_token_who(fixture->identity, other, NOW_S, &who, NULL);
    }
    g_assert_cmpuint(accepted, ==, 1);
    static const char *const tails[] = {"=", "==", " ", "\n", "A", ".", "%3D"};
    for (gsize i = 0; i < G_N_ELEMENTS(tails); i++) {
        g_autofree char *other = g_strconcat(token, tails[i], NULL);
        assert_out(fixture, other);
    }
    gsize length = 0;
    g_assert_null(server_sign_from_base64url("AB", &length)); /* bits that must be 0 */
    g_assert_null(server_sign_from_base64url("A", &length));
    g_assert_null(server_sign_from_base64url("AA==", &length));
    g_assert_null(server_sign_from_base64url("+/+/", &length));
    g_autofree guint8 *one = server_sign_from_base64url("AA", &length);
    g_assert_cmpuint(length, ==, 1);
}

static void test_weak(void)
{
    static const char *const weak[] = {"",
                                       "admin",
                                       "0123456789",
                                       "aaaaaaaaaaaaaaaaaaaaaaaa",
                                       "abababababababab",
                                       "with a blank in it"};
    for (gsize i = 0; i < G_N_ELEMENTS(weak); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(server_identity_new(weak[i], "/does/not/exist", &error));
        g_assert_error(error, SERVER_ERROR, SERVER_ERROR_CONFIG);
    }
}

/* ---- the secret ---- */

static void test_secret(Fixture *fixture, gconstpointer data)
{
    (void)data;
    struct stat found;
    g_assert_cmpint(g_stat(fixture->secret, &found), ==, 0);
    g_assert_cmpint(found.st_mode & 07777, ==, 0600);
    g_assert_cmpint(found.st_size, ==, 32);
    g_autofree char *part = g_strconcat(fixture->secret, ".part", NULL);
    g_assert_false(g_file_test(part, G_FILE_TEST_EXISTS));
}

static void assert_secret_refused(const Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(server_identity_new(TOKEN, fixture->secret, &error));
    g_assert_error(error, SERVER_ERROR, SERVER_ERROR_CONFIG);
    g_test_message("%s", error->message);
}

static void test_bad_secret(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_assert_cmpint(g_chmod(fixture->secret, 0640), ==, 0);
    assert_secret_refused(fixture);
    g_assert_true(g_file_set_contents_full(fixture->secret, "short", -1, 0, 0600, NULL));
    assert_secret_refused(fixture);
    g_assert_true(g_file_set_contents_full(fixture->secret, "thirty-three bytes are one more !", 33,
                                           0, 0600, NULL));
    assert_secret_refused(fixture);
}

static void test_part_of_a_crash(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autofree char *part = g_strconcat(fixture->secret, ".part", NULL);
    g_unlink(fixture->secret);
    g_assert_true(g_file_set_contents(part, "half", -1, NULL));
    g_autoptr(GError) error = NULL;
    ServerIdentity *identity = server_identity_new(TOKEN, fixture->secret, &error);
    g_assert_no_error(error);
    server_identity_free(identity);
    g_assert_false(g_file_test(part, G_FILE_TEST_EXISTS));
}

#define ADD(path, test) g_test_add(path, Fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/server/identity/admin-token-lets-in", test_admin);
    ADD("/server/identity/guest-gets-its-source-and-no-more", test_guest);
    ADD("/server/identity/guest-from-elsewhere-speaks-for-its-source", test_elsewhere);
    ADD("/server/identity/guest-token-has-the-published-form", test_form);
    ADD("/s07/server/identity/expired-is-out", test_expired);
    ADD("/s07/server/identity/other-session-is-out", test_other_session);
    ADD("/s07/server/identity/token-of-another-server-is-out", test_replayed_elsewhere);
    ADD("/s07/server/identity/replayed-cookie-is-out-after-logout", test_logged_out);
    ADD("/s07/server/identity/new-admin-token-ends-cookies", test_new_admin_token);
    ADD("/server/identity/restart-leaves-the-console-logged-in", test_restart);
    ADD("/s07/server/identity/signed-nonsense-gives-no-role", test_escalation);
    ADD("/s07/server/identity/one-kind-is-no-other", test_kinds);
    ADD("/s07/server/identity/every-changed-character-is-noticed", test_tampered);
    ADD("/s07/server/identity/tokens-have-one-spelling", test_malleable);
    g_test_add_func("/s07/server/identity/weak-admin-token-does-not-start", test_weak);
    ADD("/server/identity/secret-is-the-owner's-alone", test_secret);
    ADD("/server/identity/bad-secret-is-refused", test_bad_secret);
    ADD("/server/identity/crash-while-making-the-secret-is-made-good", test_part_of_a_crash);
    return g_test_run();
}
