/* What holds for every HTTP request that this program makes over libcurl. Threads: any. */
#pragma once
#include <curl/curl.h>
#include <glib.h>
#include <sys/socket.h>

/* Only HTTP and HTTPS are spoken, redirects are not followed, no .netrc is read, no signal is used, and
 * link-local addresses are never connected to: *is_link_local says that this was why it failed. It is
 * set from within curl_easy_perform(), and stays the caller's until then. */
void outgoing_guard(CURL *curl, gboolean *is_link_local);

/* 169.254.0.0/16, fe80::/10, and the first mapped into IPv6: where clouds keep their secrets. */
gboolean outgoing_is_link_local(const struct sockaddr *address);

/* The beginning of what a server wrote, fit for one line of a message. Free with g_free(). */
char *outgoing_printable(const char *text);
