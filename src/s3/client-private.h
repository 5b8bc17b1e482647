/* Inside of a client. Nothing in it changes after s3_client_new() but the connections that wait for
 * their next request, which have a lock of their own. */
#pragma once
#include "url-private.h"

#include <s3/s3.h>

struct S3Client {
    S3Place place;
    char *url; /* for messages */
    char *region, *key_id, *secret, *session_token;
    guint attempts, pause_ms, stall_s;
    gint64 part_bytes, send_bytes_per_s;
    GAsyncQueue *idle; /* of CURL */
};
