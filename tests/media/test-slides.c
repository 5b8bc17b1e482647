/* Pages of a drawn screen recording: the code stays the same while a page is shown. */
#include "material.h"

#include <media/slides.h>

typedef struct Page {
    double from_s;
    int code;
} Page;

/* A recording whose pages change at these moments; the first is there from the beginning. */
static char *write_pages(const char *folder, const Page *pages, gsize n, double seconds, int gop)
{
    Material material = {.name = "screen.mp4", .rate = {10, 1}, .frames = 1, .gop = gop};
    material.frames = (int)(seconds * 10);
    g_autofree char *path = g_build_filename(folder, material.name, NULL);
    Writer writer = {.material = &material};
    avformat_alloc_output_context2(&writer.muxer, NULL, NULL, path);
    open_video(&writer);
    g_assert_cmpint(avio_open(&writer.muxer->pb, path, AVIO_FLAG_WRITE), >=, 0);
    g_assert_cmpint(avformat_write_header(writer.muxer, NULL), >=, 0);
    AVFrame *frame = av_frame_alloc();
    frame->width = writer.video->width;
    frame->height = writer.video->height;
    frame->format = AV_PIX_FMT_YUV420P;
    av_frame_get_buffer(frame, 0);
    for (int i = 0; i < material.frames; i++) {
        gsize page = 0;
        while (page + 1 < n && pages[page + 1].from_s <= i / 10.0 + 1e-6)
            page++;
        av_frame_make_writable(frame);
        draw_code(&material, frame, (guint32)pages[page].code);
        for (int y = 40; y < 44; y++) /* a mouse pointer wanders about */
            memset(frame->data[0] + y * frame->linesize[0] + i % 150, 128, 4);
        frame->pts = i;
        write_packets(&writer, writer.video, frame, 0);
    }
    write_packets(&writer, writer.video, NULL, 0);
    av_frame_free(&frame);
    av_write_trailer(writer.muxer);
    avio_closep(&writer.muxer->pb);
    avcodec_free_context(&writer.video);
    avformat_free_context(writer.muxer);
    return g_steal_pointer(&path);
}

static void check_pages(const Page *pages, gsize n, double seconds, int gop, ShowClock clock)
{
    char *folder = new_folder();
    g_autofree char *path = write_pages(folder, pages, n, seconds, gop);
    g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func((GDestroyNotify)show_event_free);
    g_autoptr(GError) error = NULL;
    g_assert_true(media_slides(path, "cam_3", clock, events, NULL, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(events->len, ==, n - 1);
    for (guint i = 0; i < events->len; i++) {
        const ShowEvent *event = events->pdata[i];
        g_assert_cmpint(event->type, ==, SHOW_EVENT_MARKER);
        g_assert_cmpstr(event->source, ==, "cam_3");
        g_assert_cmpstr(json_string_value(json_object_get(event->fields, "kind")), ==, "slide");
        double expected_ms = 1000 * show_clock_to_session(&clock, pages[i + 1].from_s);
        g_assert_cmpfloat((double)event->t_ms, >=, expected_ms - 60);
        g_assert_cmpfloat((double)event->t_ms, <=, expected_ms + 300);
    }
    remove_folder(folder);
}

static const Page pages[] = {{0, 0x12345}, {7.3, 0x54321}, {21.0, 0x0f0f0}, {33.8, 0x12345}};

static void test_finds_pages(void)
{
    check_pages(pages, G_N_ELEMENTS(pages), 45, 20, (ShowClock){0, 0});
    check_pages(pages, G_N_ELEMENTS(pages), 45, 50, (ShowClock){2.5, 100});
}

static void test_rare_keyframes(void)
{
    check_pages(pages, G_N_ELEMENTS(pages), 45, 250, (ShowClock){0, 0});
    check_pages(pages, G_N_ELEMENTS(pages), 45, 100000, (ShowClock){0, 0});
}

static void test_a_pointer_is_no_page(void)
{
    check_pages(pages, 1, 20, 30, (ShowClock){0, 0});
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    av_log_set_level(AV_LOG_ERROR);
    g_test_add_func("/media/slides/finds-each-page", test_finds_pages);
    g_test_add_func("/media/slides/finds-pages-between-rare-keyframes", test_rare_keyframes);
    g_test_add_func("/media/slides/takes-no-pointer-for-a-page", test_a_pointer_is_no_page);
    return g_test_run();
}
