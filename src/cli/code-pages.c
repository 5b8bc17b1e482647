#include "code-pages.h"

#include <glib.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

/* Whether the linker wrote into segments that are otherwise read only: then they differ from the
 * file and must stay. */
static gboolean has_text_relocations(const struct dl_phdr_info *object)
{
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[i];
        if (header->p_type != PT_DYNAMIC)
            continue;
        const ElfW(Dyn) *entry = (const ElfW(Dyn) *)(object->dlpi_addr + header->p_vaddr);
        for (; entry->d_tag != DT_NULL; entry++)
            if (entry->d_tag == DT_TEXTREL ||
                (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0))
                return TRUE;
    }
    return FALSE;
}

static int let_go(struct dl_phdr_info *object, size_t size, void *data)
{
    const gsize page = *(const gsize *)data;
    (void)size;
    if (has_text_relocations(object))
        return 0;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[i];
        if (header->p_type != PT_LOAD || (header->p_flags & PF_W) != 0)
            continue;
        gsize begin = (object->dlpi_addr + header->p_vaddr + page - 1) & ~(page - 1);
        gsize end = (object->dlpi_addr + header->p_vaddr + header->p_memsz) & ~(page - 1);
        if (begin < end) /* that of the kernel (vdso) refuses, and may */
            (void)madvise((void *)begin, end - begin, MADV_DONTNEED);
    }
    return 0;
}

void cli_let_code_go(void)
{
    gsize page = (gsize)sysconf(_SC_PAGESIZE);
    dl_iterate_phdr(let_go, &page);
}
