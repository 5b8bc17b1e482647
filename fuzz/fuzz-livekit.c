/* What LiveKit, or somebody who says so, sends: the first byte says as what the rest is read: a webhook
 * (h), an answer (a), an address in one (u), a token (anything else), whose signature is made right too,
 * so that what stands behind that check is reached. */
#include <live/livekit.h>

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_answer(const uint8_t *data, size_t size)
{
    json_t *answer = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    g_autoptr(GPtrArray) people = livekit_participants_read(answer);
    g_autoptr(GPtrArray) egresses = livekit_egresses_read(answer);
    g_autoptr(LivekitEgress) egress = livekit_egress_read(answer);
    for (guint i = 0; i < people->len; i++)
        g_assert(((const LivekitParticipant *)people->pdata[i])->identity != NULL);
    for (guint i = 0; i < egresses->len; i++)
        g_assert(((const LivekitEgress *)egresses->pdata[i])->id != NULL);
    if (egress != NULL)
        g_assert(livekit_egress_status_name(egress->status) != NULL);
    json_decref(answer);
}

static void try_hook(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    LivekitHook hook;
    gboolean is_read = livekit_hook_read(&hook, data, size, &error);
    g_assert(is_read == (error == NULL));
    if (is_read)
        livekit_hook_clear(&hook);
}

static char *with_signature(const LivekitKeys *keys, const char *text)
{
    guint8 mac[32];
    gsize length = sizeof mac;
    GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA256, (const guchar *)keys->secret, strlen(keys->secret));
    g_hmac_update(hmac, (const guchar *)text, -1);
    g_hmac_get_digest(hmac, mac, &length);
    g_hmac_unref(hmac);
    g_autofree char *base64 = g_base64_encode(mac, sizeof mac);
    g_strdelimit(base64, "+", '-');
    g_strdelimit(base64, "/", '_');
    base64[strcspn(base64, "=")] = '\0';
    return g_strconcat(text, ".", base64, NULL);
}

static void try_token(const uint8_t *data, size_t size)
{
    g_autoptr(LivekitKeys) keys =
        livekit_keys_new("wss://l.example", "key", "secret-of-thirty-two-characters!", NULL);
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autofree char *token = with_signature(keys, text);
    livekit_webhook_verify(keys, text, "{}", 2, 1100, NULL);
    livekit_webhook_verify(keys, token, "{}", 2, 1100, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    g_autofree char *text = g_strndup((const char *)data + 1, size - 1);
    if (data[0] == 'h')
        try_hook(data + 1, size - 1);
    else if (data[0] == 'a')
        try_answer(data + 1, size - 1);
    else if (data[0] == 'u')
        livekit_url_is_of(text, "rtmp://h/a/abcdefxyz");
    else
        try_token(data + 1, size - 1);
    return 0;
}
