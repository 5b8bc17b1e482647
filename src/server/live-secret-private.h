/* Where the key that seals stream keys comes from. Waits for the disk. */
#pragma once
#include <live/sealed.h>
#include <server/config.h>

/* From CROSSCUT_SECRET_KEY, from --secret-key-file, or from a file that is made where there is none:
 * in the first of systemd's state folders, or the user's data folder, that is not in the storage. */
LiveSecret *server_live_secret(const ServerConfig *config,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
