/* Messages between servers and workers. What was read is written and read again as the same. */
#include <jobs/word.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(JobsWord) word = jobs_word_parse((const char *)data, size, NULL);
    if (word == NULL)
        return 0;
    g_autofree char *text = jobs_word_text(word);
    g_autoptr(JobsWord) again = jobs_word_parse(text, strlen(text), NULL);
    g_assert_nonnull(again);
    g_assert_cmpint(again->say, ==, word->say);
    g_assert_cmpint(again->lease.job, ==, word->lease.job);
    g_assert_cmpstr(again->session, ==, word->session);
    g_assert_cmpstr(again->settings, ==, word->settings);
    return 0;
}
