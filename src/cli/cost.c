/* crosscut cost: what a show costs, line by line, on a price table. Of a show's folder the length,
 * the bytes and what its renders used are taken as they were measured; what was not is worked out from
 * the table's usage, and said to be so. */
#include "command.h"
#include "error.h"
#include "prices.h"
#include "report.h"
#include <show/json.h>
#include <store/folder.h>

#include <stdio.h>
#include <string.h>

enum { CAMERAS_MAX = 16, LINES = 6 };
#define GB          1e9
#define MONTH_DAYS  30.0
#define KBITS_TO_GB (1000.0 / 8 / GB) /* of a second */

typedef struct Show {
    double hours, live_hours;
    int cameras, destinations, downloads;
    double days;
    double recorded_gb, program_gb, rendered_gb;
    double render_cpu_s; /* below 0: not known */
    double live_gb;      /* below 0: not measured */
    gboolean is_measured, is_render_measured, is_live_estimated;
} Show;

/* When money is spent: the ceiling is for all but live and render. */
typedef enum { WHEN_SHOW = 0, WHEN_LIVE, WHEN_RENDER, WHEN_KEEP } When;

typedef struct Line {
    When when;
    const char *kind, *what; /* "compute", "storage", "traffic" */
    CliPriceOf price;
    double amount, cost;
    gboolean is_known, is_measured;
    const char *advice; /* what makes it less */
} Line;

static const char *const when_names[] = {
    [WHEN_SHOW] = "show", [WHEN_LIVE] = "live", [WHEN_RENDER] = "render", [WHEN_KEEP] = "keep"};

/* ---- what the show is ---- */

static gboolean need_usage(const CliPrices *prices, const char *name, double *value, GError **error)
{
    if (cli_prices_usage(prices, name, value))
        return TRUE;
    g_set_error(error, CLI_ERROR, CLI_ERROR_FAILED, "%s: usage.%s: expected a number ≥ 0",
                cli_prices_file(prices), name);
    return FALSE;
}

/* CPU-seconds for a second of show; below 0: the table does not know. */
static double estimate_render(const CliArguments *arguments, const CliPrices *prices, int cameras)
{
    const char *given = cli_value(arguments, "codec"), *codec = given != NULL ? given : "h264";
    g_autofree char *of_program = g_strdup_printf("render_cpu.%s.program", codec);
    g_autofree char *of_camera = g_strdup_printf("render_cpu.%s.camera", codec);
    double program = 0, camera = 0;
    if (!cli_prices_usage(prices, of_program, &program) ||
        !cli_prices_usage(prices, of_camera, &camera))
        return -1;
    return program + camera * cameras;
}

static gboolean estimate(const CliArguments *arguments, const CliPrices *prices, Show *show,
                         GError **error)
{
    double camera = 0, program = 0;
    if (!need_usage(prices, "camera_kbits", &camera, error) ||
        !need_usage(prices, "program_kbits", &program, error))
        return FALSE;
    double seconds = show->hours * 3600;
    show->program_gb = seconds * program * KBITS_TO_GB;
    show->recorded_gb = seconds * camera * show->cameras * KBITS_TO_GB + show->program_gb;
    show->rendered_gb = show->recorded_gb; /* editors' files of the cameras, and program.mp4 */
    show->render_cpu_s = seconds * estimate_render(arguments, prices, show->cameras);
    return TRUE;
}

static void add_file(Show *show, const ShowFile *file)
{
    double size_gb = (double)file->bytes / GB;
    gboolean is_program = g_strcmp0(file->kind, "program") == 0;
    gboolean is_rendered =
        g_str_has_suffix(file->name, ".mp4") && file->path == NULL && !show_file_is_recording(file);
    show->hours = MAX(show->hours, (double)file->duration_ms / 3.6e6);
    if (is_rendered)
        show->rendered_gb += size_gb;
    else
        show->recorded_gb += size_gb;
    if (is_program)
        show->program_gb = MAX(show->program_gb, size_gb);
}

static int count_cameras(const ShowManifest *manifest)
{
    int cameras = 0;
    for (guint i = 0; i < manifest->sources->len; i++)
        cameras += ((const ShowSource *)manifest->sources->pdata[i])->role != SHOW_ROLE_MIC;
    return cameras;
}

/* What went to destinations, as live.json counted it. */
static void measure_live(const char *folder, Show *show)
{
    g_autofree char *path = g_build_filename(folder, "live.json", NULL);
    g_autoptr(ShowJson) json = show_json_load(path, NULL);
    if (json == NULL)
        return;
    const json_t *root = show_json_root(json), *list = json_object_get(root, "destinations");
    double start_ms = json_number_value(json_object_get(root, "start"));
    double end_ms = json_number_value(json_object_get(root, "end"));
    show->live_hours = MAX(0, end_ms - start_ms) / 3.6e6;
    show->live_gb = 0;
    for (gsize i = 0; i < json_array_size(list); i++) {
        double bytes = json_number_value(json_object_get(json_array_get(list, i), "bytes"));
        show->live_gb += MAX(0, bytes) / GB;
    }
}

static gboolean measure(const char *folder, Show *show, GError **error)
{
    g_autoptr(ShowManifest) manifest = store_folder_manifest(folder, error);
    if (manifest == NULL)
        return FALSE;
    for (guint i = 0; i < manifest->files->len; i++)
        add_file(show, manifest->files->pdata[i]);
    if (manifest->program_duration_ms > 0)
        show->hours = (double)manifest->program_duration_ms / 3.6e6;
    const json_t *rendered = json_object_get(manifest->program_extra, "rendered");
    const json_t *cpu = json_object_get(rendered, "cpu");
    show->is_measured = TRUE;
    show->is_render_measured = json_is_number(cpu) && json_number_value(cpu) >= 0;
    show->render_cpu_s = show->is_render_measured ? json_number_value(cpu) / 1000 : -1;
    show->cameras = count_cameras(manifest);
    measure_live(folder, show);
    if (show->hours > 0)
        return TRUE;
    g_set_error(error, CLI_ERROR, CLI_ERROR_FAILED,
                "%s: the manifest does not say how long the show is; give --hours", folder);
    return FALSE;
}

static gboolean read_show(const CliArguments *arguments, const CliPrices *prices, Show *show,
                          GError **error)
{
    const GPtrArray *folders = cli_positionals(arguments);
    *show = (Show){.hours = 1,
                   .cameras = 3,
                   .destinations = 1,
                   .downloads = 1,
                   .days = MONTH_DAYS,
                   .render_cpu_s = -1,
                   .live_gb = -1};
    if (folders->len > 1) {
        g_set_error(
            error, CLI_ERROR, CLI_ERROR_USAGE,
            "cost: expected one folder of a show, or --hours and --cameras, found %u folders",
            folders->len);
        return FALSE;
    }
    if (folders->len == 1) {
        show->hours = 0;
        if (!measure(folders->pdata[0], show, error))
            return FALSE;
    }
    return cli_number(arguments, "hours", 0.001, 10000, &show->hours, error) &&
           cli_integer(arguments, "cameras", 1, CAMERAS_MAX, &show->cameras, error) &&
           cli_number(arguments, "live", 0, 10000, &show->live_hours, error) &&
           cli_integer(arguments, "destinations", 1, 100, &show->destinations, error) &&
           cli_integer(arguments, "downloads", 0, 1000000, &show->downloads, error) &&
           cli_number(arguments, "days", 0, 36500, &show->days, error) &&
           (show->is_measured || estimate(arguments, prices, show, error));
}

/* ---- what it costs ---- */

static Line line_of(const CliPrices *prices, Line line)
{
    line.is_known = line.amount >= 0;
    line.cost = line.is_known ? line.amount * cli_prices_of(prices, line.price)->price : 0;
    return line;
}

/* Of a show that was live, unless it is asked what it would have been. */
static gboolean find_live(const CliArguments *arguments, const CliPrices *prices, Show *show,
                          GError **error)
{
    double kbits = 0;
    if (cli_value(arguments, "live") == NULL && show->live_gb >= 0)
        return TRUE;
    if (show->live_hours > 0 && !need_usage(prices, "live_kbits", &kbits, error))
        return FALSE;
    show->is_live_estimated = TRUE;
    show->live_gb = show->live_hours * 3600 * kbits * KBITS_TO_GB * show->destinations;
    return TRUE;
}

static void add_lines(const CliPrices *prices, const Show *show, Line lines[LINES])
{
    const Line all[LINES] = {
        {WHEN_SHOW, "compute", "the studio's machine", CLI_PRICE_SERVER, show->hours,
         .is_measured = show->is_measured,
         .advice = "take a smaller machine for the studio, or let several shows share it"},
        {WHEN_SHOW, "traffic", "recordings, to the studio", CLI_PRICE_IN, show->recorded_gb,
         .is_measured = show->is_measured, .advice = "record with a lower rate"},
        {WHEN_LIVE, "traffic", "the program, to destinations", CLI_PRICE_OUT, show->live_gb,
         .is_measured = !show->is_live_estimated},
        {WHEN_RENDER, "compute", "rendering", CLI_PRICE_RENDER,
         show->render_cpu_s < 0 ? -1 : show->render_cpu_s / 3600,
         .is_measured = show->is_render_measured},
        {WHEN_KEEP, "storage", "recordings and what was rendered", CLI_PRICE_STORAGE,
         (show->recorded_gb + show->rendered_gb) * show->days / MONTH_DAYS,
         .is_measured = show->is_measured,
         .advice =
             "keep recordings for fewer days (crosscut serve --keep-iso 7d), or let the bucket "
             "move them to a colder class"},
        {WHEN_KEEP, "traffic", "the program, downloaded", CLI_PRICE_OUT,
         show->program_gb * show->downloads, .is_measured = show->is_measured,
         .advice = "serve downloads from where traffic is not charged for"},
    };
    for (int i = 0; i < LINES; i++)
        lines[i] = line_of(prices, all[i]);
}

static double sum_of(const Line lines[LINES], gboolean all)
{
    double sum = 0;
    for (int i = 0; i < LINES; i++)
        if (all || lines[i].when == WHEN_SHOW || lines[i].when == WHEN_KEEP)
            sum += lines[i].cost;
    return sum;
}

static const Line *dearest(const Line lines[LINES])
{
    const Line *most = &lines[0];
    for (int i = 1; i < LINES; i++)
        if (lines[i].advice != NULL && lines[i].cost > most->cost)
            most = &lines[i];
    return most;
}

/* ---- saying it ---- */

static json_t *line_json(const CliPrices *prices, const Line *line)
{
    const CliPrice *price = cli_prices_of(prices, line->price);
    return json_pack(
        "{s:s,s:s,s:s,s:o,s:s,s:f,s:o,s:b,s:s,s:s,s:s}", "when", when_names[line->when], "kind",
        line->kind, "what", line->what, "amount",
        line->is_known ? json_real(line->amount) : json_null(), "unit", price->unit, "price",
        price->price, "cost", line->is_known ? json_real(line->cost) : json_null(), "measured",
        line->is_measured, "of", price->what, "source", price->source, "date", price->date);
}

static void tell_json(CliReport *report, const CliPrices *prices, const Show *show,
                      const Line lines[LINES])
{
    json_t *list = json_array();
    for (int i = 0; i < LINES; i++)
        json_array_append_new(list, line_json(prices, &lines[i]));
    cli_report_json(report, json_pack("{s:s,s:s,s:s,s:f,s:i,s:f,s:o,s:f,s:f,s:f}", "place",
                                      cli_prices_place(prices), "region", cli_prices_region(prices),
                                      "currency", cli_prices_currency(prices), "hours", show->hours,
                                      "cameras", show->cameras, "live", show->live_hours, "lines",
                                      list, "total", sum_of(lines, TRUE), "hourly",
                                      sum_of(lines, FALSE) / show->hours, "ceiling",
                                      cli_prices_ceiling(prices)));
}

static void print_line(const CliPrices *prices, const Line *line)
{
    const CliPrice *price = cli_prices_of(prices, line->price);
    if (!line->is_known) {
        printf("  %-7s %-8s %-33s %9s\n", when_names[line->when], line->kind, line->what,
               "not known");
        return;
    }
    g_autofree char *amount = g_strdup_printf("%.3f %s", line->amount, price->unit);
    printf("  %-7s %-8s %-33s %9.4f   %s × %g%s\n", when_names[line->when], line->kind, line->what,
           line->cost, amount, price->price, line->is_measured ? "" : ", estimated");
}

static void print_sources(const CliPrices *prices)
{
    printf("\nPrices in %s%s%s (%s); they change, so look them up before you count on them:\n",
           cli_prices_currency(prices), *cli_prices_region(prices) != '\0' ? ", " : "",
           cli_prices_region(prices), cli_prices_file(prices));
    for (int i = 0; i < CLI_PRICES; i++) {
        const CliPrice *price = cli_prices_of(prices, (CliPriceOf)i);
        printf("  %g a %s: %s\n      %s, %s\n", price->price, price->unit, price->what,
               price->source, price->date);
    }
}

static void tell_people(const CliPrices *prices, const Show *show, const Line lines[LINES])
{
    printf("A show of %.2f h with %d %s, %s, in %s:\n\n", show->hours, show->cameras,
           show->cameras == 1 ? "camera" : "cameras", cli_prices_label(prices),
           cli_prices_currency(prices));
    for (int i = 0; i < LINES; i++)
        print_line(prices, &lines[i]);
    printf("\n  %-50s %9.4f\n", "together", sum_of(lines, TRUE));
    printf("  %-50s %9.4f\n", "an hour of show, outside live and render",
           sum_of(lines, FALSE) / show->hours);
    print_sources(prices);
}

static void warn_above(CliReport *report, const CliPrices *prices, const Show *show,
                       const Line lines[LINES])
{
    double hourly = sum_of(lines, FALSE) / show->hours;
    const Line *most = dearest(lines);
    if (hourly > cli_prices_ceiling(prices))
        cli_report_warning(report,
                           "an hour of this show costs %.2f outside live and render, more than %g: "
                           "most of it is %s (%.2f an hour); %s",
                           hourly, cli_prices_ceiling(prices), most->what, most->cost / show->hours,
                           most->advice);
    for (int i = 0; i < LINES; i++)
        if (!lines[i].is_known)
            cli_report_warning(
                report,
                "%s: not counted: neither this show nor the price table's usage says "
                "how much it takes",
                lines[i].what);
}

static int run(const CliContext *context, GError **error)
{
    const CliArguments *arguments = context->arguments;
    Show show;
    Line lines[LINES];
    g_autoptr(CliPrices) prices =
        cli_prices_load(cli_value(arguments, "prices"), cli_value(arguments, "place"), error);
    if (prices == NULL || !read_show(arguments, prices, &show, error) ||
        !find_live(arguments, prices, &show, error))
        return CLI_EXIT_FAILED;
    add_lines(prices, &show, lines);
    g_autoptr(CliReport) report = cli_report_new(arguments);
    if (cli_report_is_json(report))
        tell_json(report, prices, &show, lines);
    else if (!cli_flag(arguments, "quiet"))
        tell_people(prices, &show, lines);
    fflush(stdout);
    warn_above(report, prices, &show, lines);
    return CLI_EXIT_GOOD;
}

static const CliOption options[] = {
    {"hours", 0, "HOURS", NULL, "Length of the show (default: that of DIR, or 1)"},
    {"cameras", 0, "N", NULL, "How many cameras (default: those of DIR, or 3)"},
    {"live", 0, "HOURS", NULL, "How long of it is live (default: as DIR was, or 0)"},
    {"destinations", 0, "N", NULL, "To how many places it goes live (default 1)"},
    {"days", 0, "DAYS", NULL, "How long its files are kept (default 30)"},
    {"downloads", 0, "N", NULL, "How often the program is downloaded or watched (default 1)"},
    {"codec", 0, "NAME", "h264 vp9", "What cameras record, where DIR does not say (default h264)"},
    {"place", 0, "NAME", NULL, "Whose prices: a place of the price table (default: its own)"},
    {"prices", 0, "FILE", NULL, "A price table of your own; data/prices.json is the example"},
    CLI_COMMON_OPTIONS,
};

const CliCommand cli_cost = {
    .name = "cost",
    .arguments = "[DIR] [OPTION…]",
    .summary = "Say what a show costs",
    .description =
        "Prints the cost of a show line by line: compute, storage and traffic, on a price table "
        "with "
        "sources and dates that anyone can edit. Of a show's folder, length, bytes and the "
        "processor time of its renders are taken as measured; without one they are estimated. "
        "Warns "
        "when an hour costs more than the table's ceiling outside live and render; the exit status "
        "stays 0.",
    .options = options,
    .examples =
        (const char *const[]){"crosscut cost --hours 1 --cameras 3 --live 1",
                              "before there is a show",
                              "crosscut cost storage/sessions/ID --days 90 --prices my-prices.json",
                              "of one that was recorded, on your own prices", NULL},
    .run = run,
};
