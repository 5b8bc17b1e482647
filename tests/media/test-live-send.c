/* Publishing: nothing is said to an address that was not looked up and allowed. */
#include <media/live-send.h>

#include <gio/gio.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct Door {
    int fd;
    guint16 port;
    GThread *thread;
    gssize heard; /* bytes that the first who came said; -1: nobody came */
} Door;

static gpointer listen_once(gpointer data)
{
    Door *door = data;
    char bytes[4096];
    int one = accept(door->fd, NULL, NULL);
    if (one < 0)
        return NULL;
    door->heard = recv(one, bytes, sizeof bytes, 0);
    close(one);
    return NULL;
}

static void door_open(Door *door)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    door->heard = -1;
    door->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(door->fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(listen(door->fd, 4), ==, 0);
    g_assert_cmpint(getsockname(door->fd, (struct sockaddr *)&address, &length), ==, 0);
    door->port = ntohs(address.sin_port);
    door->thread = g_thread_new("door", listen_once, door);
}

static void door_close(Door *door)
{
    shutdown(door->fd, SHUT_RDWR);
    g_thread_join(door->thread);
    close(door->fd);
}

static void give_formats(MediaSend *send)
{
    static const guint8 avcc[] = {1,    0x42, 0xc0, 0x1e, 0xff, 0xe1, 0,    4,   0x67,
                                  0x42, 0xc0, 0x1e, 1,    0,    2,    0x68, 0xce};
    static const guint8 asc[] = {0x11, 0x90};
    MediaLiveFormat picture = {
        .width = 320, .height = 180, .description = avcc, .length = sizeof avcc};
    MediaLiveFormat sound = {.is_sound = TRUE, .description = asc, .length = sizeof asc};
    g_assert_false(media_send_has_formats(send));
    media_send_format(send, &picture);
    media_send_format(send, &sound);
    g_assert_true(media_send_has_formats(send));
}

/* The name was looked up as `host`, and libav is led to 127.0.0.1. */
static int connect_as(const char *host, gboolean (*may)(const struct sockaddr *address), Door *door)
{
    g_autoptr(GError) error = NULL;
    door_open(door);
    g_autofree char *url = g_strdup_printf("rtmp://127.0.0.1:%u/app/key-in-url", door->port);
    MediaSendTarget target = {.url = url, .host = host, .port = door->port, .may = may};
    g_autoptr(MediaSend) send = media_send_new(&target);
    give_formats(send);
    g_assert_false(media_send_connect(send, &error));
    g_assert_nonnull(error);
    g_assert_true(error->domain == MEDIA_SEND_ERROR);
    g_assert_null(strstr(error->message, "key-in-url"));
    g_test_message("%s: %s", media_send_error_name(error), error->message);
    media_send_free(g_steal_pointer(&send));
    door_close(door);
    return error->code;
}

static gboolean refuse_all(const struct sockaddr *address)
{
    (void)address;
    return FALSE;
}

static void test_an_address_that_is_not_allowed_is_not_connected_to(void)
{
    Door door;
    g_assert_cmpint(connect_as("127.0.0.1", refuse_all, &door), ==, MEDIA_SEND_ERROR_PRIVATE);
    g_assert_cmpint(door.heard, ==, -1);
}

/* As a name does that is rebound between two look-ups. */
static void test_a_name_that_leads_elsewhere_is_told_nothing(void)
{
    Door door;
    g_assert_cmpint(connect_as("127.0.0.2", NULL, &door), ==, MEDIA_SEND_ERROR_PRIVATE);
    g_assert_cmpint(door.heard, <=, 0);
}

static void test_the_right_one_is_spoken_to(void)
{
    Door door;
    g_assert_cmpint(connect_as("127.0.0.1", NULL, &door), ==, MEDIA_SEND_ERROR_REFUSED);
    g_assert_cmpint(door.heard, >, 0);
}

static void test_a_name_without_an_address_is_said(void)
{
    Door door;
    g_assert_cmpint(connect_as("no-such-host.invalid", NULL, &door), ==,
                    MEDIA_SEND_ERROR_UNRESOLVED);
}

static void test_what_was_stopped_does_not_connect(void)
{
    g_autoptr(GError) error = NULL;
    Door door;
    door_open(&door);
    g_autofree char *url = g_strdup_printf("rtmp://127.0.0.1:%u/app/key", door.port);
    MediaSendTarget target = {.url = url, .host = "127.0.0.1", .port = door.port};
    g_autoptr(MediaSend) send = media_send_new(&target);
    give_formats(send);
    media_send_stop(send, 0);
    g_assert_false(media_send_connect(send, &error));
    g_assert_error(error, MEDIA_SEND_ERROR, MEDIA_SEND_ERROR_STOPPED);
    door_close(&door);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/s09/send/an-address-that-is-not-allowed-is-not-connected-to",
                    test_an_address_that_is_not_allowed_is_not_connected_to);
    g_test_add_func("/s09/send/a-name-that-leads-elsewhere-is-told-nothing",
                    test_a_name_that_leads_elsewhere_is_told_nothing);
    g_test_add_func("/media/send/the-right-one-is-spoken-to", test_the_right_one_is_spoken_to);
    g_test_add_func("/media/send/a-name-without-an-address-is-said",
                    test_a_name_without_an_address_is_said);
    g_test_add_func("/media/send/what-was-stopped-does-not-connect",
                    test_what_was_stopped_does_not_connect);
    return g_test_run();
}
