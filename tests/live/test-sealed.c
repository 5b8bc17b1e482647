/* Sealing, and the file of the secret. */
#include <live/sealed.h>
#include <live/target.h>

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEX    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define OTHER  "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define BASE64 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static char *unseal_with(const char *secret_text, GBytes *sealed, GError **error)
{
    g_autoptr(LiveSecret) secret = live_secret_from_text(secret_text, NULL);
    gsize length;
    const guint8 *bytes = g_bytes_get_data(sealed, &length);
    return live_unseal(secret, bytes, length, error);
}

static void test_what_was_sealed_is_unsealed_with_the_same_secret(void)
{
    g_autoptr(LiveSecret) secret = live_secret_from_text(HEX, NULL);
    g_autoptr(GBytes) sealed = live_seal(secret, "stream-key");
    char *text = unseal_with(BASE64, sealed, NULL); /* the same, spelt otherwise */
    g_assert_cmpstr(text, ==, "stream-key");
    live_wipe_free(text);
    gsize length;
    const char *bytes = g_bytes_get_data(sealed, &length);
    g_assert_null(g_strstr_len(bytes, (gssize)length, "stream"));
    g_autoptr(GBytes) again = live_seal(secret, "stream-key");
    g_assert_false(g_bytes_equal(sealed, again));
}

static void test_another_secret_or_a_flipped_bit_unseals_nothing(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LiveSecret) secret = live_secret_from_text(HEX, NULL);
    g_autoptr(GBytes) sealed = live_seal(secret, "stream-key");
    gsize length;
    const guint8 *bytes = g_bytes_get_data(sealed, &length);
    g_assert_null(unseal_with(OTHER, sealed, &error));
    g_assert_error(error, LIVE_ERROR, LIVE_ERROR_SEALED);
    for (gsize i = 0; i < length; i++) {
        g_autoptr(GError) why = NULL;
        g_autofree guint8 *bad = g_memdup2(bytes, length);
        bad[i] ^= 1;
        g_assert_null(live_unseal(secret, bad, length, &why));
        g_assert_error(why, LIVE_ERROR, LIVE_ERROR_SEALED);
    }
    for (gsize n = 0; n < length; n++)
        g_assert_null(live_unseal(secret, bytes, n, NULL));
}

static void test_other_texts_are_no_secret(void)
{
    static const char *const bad[] = {"",      "00",        HEX "00", "zz",
                                      HEX "g", BASE64 "AA", "AAEC",   BASE64 " x"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(live_secret_from_text(bad[i], &error));
        g_assert_error(error, LIVE_ERROR, LIVE_ERROR_INVALID);
        g_assert_true(*bad[i] == '\0' || strlen(bad[i]) < 8 ||
                      strstr(error->message, bad[i]) == NULL);
    }
}

static void test_a_file_is_made_once_and_is_the_owners_alone(void)
{
    g_autofree char *folder = g_dir_make_tmp("crosscut-sealed-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "deep", "secret-key", NULL);
    g_autoptr(GError) error = NULL;
    struct stat status;
    g_assert_null(live_secret_from_file(path, FALSE, &error));
    g_assert_error(error, LIVE_ERROR, LIVE_ERROR_FAILED);
    g_clear_error(&error);
    g_autoptr(LiveSecret) made = live_secret_from_file(path, TRUE, &error);
    g_assert_no_error(error);
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, 0600);
    g_autoptr(LiveSecret) read = live_secret_from_file(path, TRUE, NULL);
    g_autoptr(GBytes) sealed = live_seal(made, "x");
    gsize length;
    const guint8 *bytes = g_bytes_get_data(sealed, &length);
    char *text = live_unseal(read, bytes, length, NULL);
    g_assert_cmpstr(text, ==, "x");
    live_wipe_free(text);
    g_assert_cmpint(chmod(path, 0640), ==, 0);
    g_assert_null(live_secret_from_file(path, TRUE, &error));
    g_assert_error(error, LIVE_ERROR, LIVE_ERROR_INVALID);
    g_autofree char *deep = g_path_get_dirname(path);
    g_unlink(path);
    g_rmdir(deep);
    g_rmdir(folder);
}

static void test_a_link_is_no_file_for_a_secret(void)
{
    g_autofree char *folder = g_dir_make_tmp("crosscut-sealed-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "link", NULL);
    g_assert_cmpint(symlink("/dev/null", path), ==, 0);
    g_assert_null(live_secret_from_file(path, TRUE, NULL));
    g_unlink(path);
    g_rmdir(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/s08/sealed/unsealed-with-the-same-secret",
                    test_what_was_sealed_is_unsealed_with_the_same_secret);
    g_test_add_func("/s08/sealed/another-secret-or-a-flipped-bit-unseals-nothing",
                    test_another_secret_or_a_flipped_bit_unseals_nothing);
    g_test_add_func("/live/sealed/other-texts-are-no-secret", test_other_texts_are_no_secret);
    g_test_add_func("/s08/sealed/a-file-is-made-once-and-is-the-owners-alone",
                    test_a_file_is_made_once_and_is_the_owners_alone);
    g_test_add_func("/live/sealed/a-link-is-no-file-for-a-secret",
                    test_a_link_is_no_file_for_a_secret);
    return g_test_run();
}
