#include <outgoing/guard.h>

#include <netinet/in.h>
#include <string.h>

enum { PRINTABLE_BYTES_MAX = 300 };

gboolean outgoing_is_link_local(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        return (ntohl(v4.sin_addr.s_addr) >> 16) == 0xa9fe; /* 169.254 */
    }
    if (address->sa_family != AF_INET6)
        return FALSE;
    struct sockaddr_in6 v6;
    memcpy(&v6, address, sizeof v6);
    const guint8 *bytes = v6.sin6_addr.s6_addr;
    return IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr) ||
           (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) && bytes[12] == 169 && bytes[13] == 254);
}

/* After the name was looked up, so that no name leads there either. */
static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
    gboolean *is_link_local = data;
    (void)purpose;
    if (outgoing_is_link_local(&address->addr)) {
        *is_link_local = TRUE;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void outgoing_guard(CURL *curl, gboolean *is_link_local)
{
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L); /* there are other threads */
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, is_link_local);
}

char *outgoing_printable(const char *text)
{
    g_autofree char *start = g_strndup(text, PRINTABLE_BYTES_MAX);
    char *valid = g_utf8_make_valid(start, -1);
    for (char *c = valid; *c != '\0'; c++)
        if ((guchar)*c < ' ' || *c == 0x7f)
            *c = ' ';
    return valid;
}
