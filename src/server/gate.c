/* The gate: the routes by which one comes in, and those for whoever operates the server. */
#include "gate-private.h"

#include "dispatch-private.h"
#include "route-private.h"

static void openapi(Server *server, ServerCall *call)
{
    server_call_json(call, 200, server_openapi(server));
}

const ServerRoute server_gate_routes[] = {
    {"POST", "/login", SERVER_MAY_ANYONE, server_login,
     "Exchanges the admin token for the cookie of the console",
     "{\"type\":\"object\",\"required\":[\"token\"],\"properties\":"
     "{\"token\":{\"type\":\"string\"}}}",
     NULL, 204},
    {"POST", "/logout", SERVER_MAY_ANYONE, server_logout, "Ends the cookie", NULL, NULL, 204},
    {"GET", "/me", SERVER_MAY_ANY_TOKEN, server_me, "Who calls, and for which show", NULL,
     "{\"type\":\"object\",\"required\":[\"role\"],\"properties\":{"
     "\"role\":{\"enum\":[\"admin\",\"upload\",\"camera\",\"guest\",\"viewer\"]},"
     "\"sessionId\":{\"type\":\"string\",\"format\":\"uuid\"},\"source\":{\"type\":\"string\"},"
     "\"end\":{\"type\":\"integer\",\"description\":\"Unix time\"},"
     "\"livekit\":{\"type\":\"boolean\"},\"egress\":{\"type\":\"object\",\"properties\":{"
     "\"ways\":{\"type\":\"array\"},\"usual\":{\"type\":\"string\"}}}}}",
     200},
    {"GET", "/healthz", SERVER_MAY_ANYONE, server_healthz, "Whether the server runs", NULL,
     "{\"type\":\"object\",\"properties\":{\"ok\":{\"type\":\"boolean\"}}}", 200},
    {"GET", "/readyz", SERVER_MAY_ANYONE, server_readyz,
     "Whether the server takes shows: 503 while it ends or its disk hangs", NULL,
     "{\"type\":\"object\",\"properties\":{\"ready\":{\"type\":\"boolean\"},"
     "\"draining\":{\"type\":\"boolean\"},\"hasRoom\":{\"type\":\"boolean\"},"
     "\"logDiskAgeMs\":{\"type\":\"integer\"},\"diskAgeMs\":{\"type\":\"integer\"}}}",
     200},
    {"GET", "/metrics", SERVER_MAY_ADMIN, server_metrics,
     "Counters and gauges in Prometheus' text format", NULL, NULL, 200},
    {"GET", "/openapi.json", SERVER_MAY_ANY_TOKEN, openapi, "This description", NULL,
     "{\"type\":\"object\"}", 200},
    {"GET", "/sample", SERVER_MAY_ANY_TOKEN, server_sample_list,
     "The recordings of the sample show", NULL,
     "{\"type\":\"object\",\"properties\":{\"files\":{\"type\":\"array\",\"items\":"
     "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},"
     "\"bytes\":{\"type\":\"integer\"}}}}}}",
     200},
    {"GET", "/sample/{file}", SERVER_MAY_ANY_TOKEN, server_sample_file,
     "A recording of the sample show", NULL, NULL, 200},
    {"GET", "/", SERVER_MAY_ANYONE, server_console_handle, "The console, and its files below", NULL,
     NULL, 200},
    {NULL},
};
