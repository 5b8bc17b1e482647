/* The files of the console, which the program carries within itself. Made from console/ at build
 * time, constant from then on.
 * Threads: any. Memory: everything here is borrowed and lasts as long as the program. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *path;         /* as in the address: "/index.html", "/assets/index-1a2b3c4d.js" */
    const char *content_type; /* "text/html; charset=utf-8" */
    const char *etag;         /* with its quotes; of the file as it is, not as gzip */
    const uint8_t *bytes;
    size_t size_bytes;
    const uint8_t *gzip; /* the same, for "Content-Encoding: gzip"; NULL where it saves nothing */
    size_t gzip_bytes;
    bool is_immutable; /* its name changes with it: may be cached for ever */
} ConsoleFile;

/* The file at this path ("/" is "/index.html", "/composite" the page for LiveKit's Egress), or NULL.
 * Takes the path as it stands in the request, without query, and compares it byte for byte. */
const ConsoleFile *console_file_find(const char *path);

/* All of them: index 0 … count − 1. */
size_t console_file_count(void);
const ConsoleFile *console_file_at(size_t index);

/* What the console's pages need of Content-Security-Policy, and no more. For printf: %s is where else
 * they connect to, " https://livekit.example" with the space before it, or "". WebSockets go to any
 * host, as LiveKit's cloud names others. */
#define CONSOLE_CONTENT_SECURITY_POLICY                                                        \
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "             \
    "img-src 'self' blob:; media-src 'self' blob:; font-src 'self'; "                          \
    "connect-src 'self' ws: wss:%s; worker-src 'self'; manifest-src 'self'; base-uri 'none'; " \
    "form-action 'none'; "                                                                     \
    "frame-ancestors 'none'"
