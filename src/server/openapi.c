/* /openapi.json, from the tables of routes: what is not in a table is not answered, and what is
 * answered is described here. */
#include "route-private.h"
#include "server-private.h"

#include <string.h>

static json_t *parse(const char *schema)
{
    json_error_t why;
    json_t *parsed = json_loads(schema, JSON_REJECT_DUPLICATES, &why);
    if (parsed == NULL)
        g_error("a schema in the table of routes is no JSON: %s: %s", why.text, schema);
    return parsed;
}

static json_t *content(const char *schema)
{
    return json_pack("{s:{s:o}}", "application/json", "schema", parse(schema));
}

static json_t *parameters(const char *pattern)
{
    json_t *list = json_array();
    for (const char *open = strchr(pattern, '{'); open != NULL; open = strchr(open + 1, '{')) {
        g_autofree char *name = g_strndup(open + 1, strcspn(open + 1, "}"));
        json_array_append_new(list, json_pack("{s:s,s:s,s:b,s:{s:s}}", "name", name, "in", "path",
                                              "required", TRUE, "schema", "type", "string"));
    }
    return list;
}

static json_t *security(ServerMay may)
{
    if (may == SERVER_MAY_ANYONE)
        return json_array();
    return json_pack("[{s:[]},{s:[]}]", "bearer", "cookie");
}

static json_t *responses(const ServerRoute *route)
{
    g_autofree char *status = g_strdup_printf("%u", route->success);
    json_t *success = json_pack("{s:s}", "description", "It was done");
    if (route->response != NULL)
        json_object_set_new(success, "content", content(route->response));
    return json_pack("{s:o,s:{s:s}}", status, success, "default", "$ref",
                     "#/components/responses/Error");
}

/* "get_sessions_id_file": unique, as a pair of method and path is. */
static char *operation_id(const ServerRoute *route)
{
    GString *id = g_string_new(NULL);
    for (const char *c = route->method; *c != '\0'; c++)
        g_string_append_c(id, g_ascii_tolower(*c));
    for (const char *c = route->pattern; *c != '\0'; c++)
        if (g_ascii_isalnum(*c))
            g_string_append_c(id, *c);
        else if (id->str[id->len - 1] != '_')
            g_string_append_c(id, '_');
    return g_string_free(id, FALSE);
}

static json_t *operation(const ServerRoute *route)
{
    g_autofree char *id = operation_id(route);
    json_t *operation = json_pack("{s:s,s:s,s:o,s:o,s:o}", "operationId", id, "summary",
                                  route->summary, "parameters", parameters(route->pattern),
                                  "responses", responses(route), "security", security(route->may));
    if (route->request != NULL)
        json_object_set_new(
            operation, "requestBody",
            json_pack("{s:b,s:o}", "required", TRUE, "content", content(route->request)));
    return operation;
}

static void add_table(json_t *paths, const ServerRoute *table)
{
    for (const ServerRoute *route = table; route->method != NULL; route++) {
        json_t *path = json_object_get(paths, route->pattern);
        if (path == NULL) {
            path = json_object();
            json_object_set_new(paths, route->pattern, path);
        }
        g_autofree char *method = g_ascii_strdown(route->method, -1);
        json_object_set_new(path, method, operation(route));
    }
}

static json_t *components(void)
{
    return parse(
        "{\"securitySchemes\":{"
        "\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"},"
        "\"cookie\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"crosscut\"}},"
        "\"responses\":{\"Error\":{\"description\":\"It was refused, and why\",\"content\":"
        "{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/Error\"}}}}},"
        "\"schemas\":{\"Error\":{\"type\":\"object\",\"required\":[\"error\"],\"properties\":"
        "{\"error\":{\"type\":\"object\",\"required\":[\"code\",\"message\"],\"properties\":"
        "{\"code\":{\"type\":\"string\"},\"message\":{\"type\":\"string\"},"
        "\"field\":{\"type\":\"string\"}}}}}}}");
}

json_t *server_openapi(const Server *server)
{
    json_t *paths = json_object();
    add_table(paths, server_gate_routes);
    add_table(paths, server_archive_routes);
    add_table(paths, server_session_routes);
    add_table(paths, server_upload_routes);
    add_table(paths, server_direct_routes);
    add_table(paths, server_render_routes);
    add_table(paths, server_live_routes);
    add_table(paths, server_livekit_routes);
    g_autofree char *url = g_strdup(server->address != NULL ? server->address : "/");
    gsize length = strlen(url);
    if (length > 1 && url[length - 1] == '/')
        url[length - 1] = '\0';
    return json_pack("{s:s,s:{s:s,s:s,s:s},s:[{s:s}],s:o,s:o}", "openapi", "3.1.0", "info", "title",
                     "Crosscut studio", "version", CROSSCUT_VERSION, "description",
                     "What crosscut serve speaks over HTTP; docs/API.md has the rest.", "servers",
                     "url", url, "paths", paths, "components", components());
}
