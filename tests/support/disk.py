"""A studio whose disk and clocks have what can go wrong with them (tests/support/disk.c), and what a
power cut leaves of a storage."""
import errno
import mmap
import os
import struct
from pathlib import Path

from serve import BUILD, Studio

LIBRARY = BUILD / "tests" / "libdisk.so"
OPEN, WRITE, SYNC, RENAME, TRUNCATE = 1, 2, 4, 8, 16
ANY = OPEN | WRITE | SYNC | RENAME | TRUNCATE
CONTROL = struct.Struct("=iiiiqqq64s")
HEAD = struct.Struct("=IIQQq")


class DiskStudio(Studio):
    """A Studio with screws: fail(), set_room(), set_clock(); `trace`: its changes are recorded."""

    def __init__(self, *options, trace=False, **more):
        super().__init__(*options, **more)
        self.folder.mkdir(exist_ok=True)
        control = self.folder / "control"
        if not control.exists():
            control.write_bytes(CONTROL.pack(0, 0, 0, 0, -1, 0, 0, b""))
        with open(control, "r+b") as file:
            self.control = mmap.mmap(file.fileno(), CONTROL.size)
        self.environment["LD_PRELOAD"] = str(LIBRARY)
        self.environment["CROSSCUT_DISK_ROOT"] = str((self.folder / "storage").resolve())
        self.environment["CROSSCUT_DISK_CONTROL"] = str(control)
        # A sanitizer wants to be the first library; it works as the second too.
        given = self.environment.get("ASAN_OPTIONS", "")
        self.environment["ASAN_OPTIONS"] = f"{given}:verify_asan_link_order=0".lstrip(":")
        self.trace = self.folder / "trace" if trace else None
        if trace:
            self.environment["CROSSCUT_DISK_TRACE"] = str(self.trace)

    def _set(self, index, value):
        """One member alone: the server changes others at the same time."""
        sizes = [0, 4, 8, 12, 16, 24, 32, 40]
        form = "=i" if index < 4 else "=q" if index < 7 else "=64s"
        struct.pack_into(form, self.control, sizes[index], value)

    def _get(self, index):
        return CONTROL.unpack_from(self.control)[index]

    def fail(self, kinds, n=-1, code=errno.EIO, only=""):
        """The n-th such call from now on fails, or with -1 every one; of files that end so."""
        self._set(0, 0)
        self._set(2, code)
        self._set(3, 0)
        self._set(7, only.encode())
        self._set(1, n)
        self._set(0, kinds)

    def heal(self):
        self._set(1, 0)
        self._set(0, 0)

    @property
    def calls(self):
        """How many calls counted since fail()."""
        return self._get(3)

    @property
    def has_failed(self):
        return self._get(1) == 0 and self._get(0) != 0

    def set_room(self, bytes_):
        """So much can still be written; -1: no end."""
        self._set(4, bytes_)

    def set_clock(self, real_s=0, boot_s=0):
        """Steps away from what the system says."""
        self._set(5, int(real_s * 1e6))
        self._set(6, int(boot_s * 1e6))


# ---- what a power cut leaves ----

def read_trace(data):
    """(end, kind, inode, offset, path, more) of each change."""
    at, changes = 0, []
    while at + HEAD.size <= len(data):
        kind, path, more, inode, offset = HEAD.unpack_from(data, at)
        begin = at + HEAD.size
        end = begin + path + more
        if end > len(data):
            break
        changes.append((end, chr(kind), inode, offset, data[begin:begin + path].decode(),
                        data[begin + path:end]))
        at = end
    return changes


class Disk:
    """A file system that keeps what was synced; `keeps_names`: of names also what was not (as one
    that writes its journal before the data)."""

    def __init__(self, keeps_names=False):
        self.keeps_names = keeps_names
        self.kernel = {}    # inode → bytearray: what a reader sees
        self.platter = {}   # inode → bytes: what was synced
        self.modes = {}     # inode → [what it is, what was synced]
        self.names = {"": None}    # path → inode, None: a folder
        self.safe = {"": None}
        self.unsynced = []  # (folder, path, inode or ... for none)

    def _name(self, path, inode):
        if inode is ...:
            self.names.pop(path, None)
        else:
            self.names[path] = inode
        self.unsynced.append((os.path.dirname(path), path, inode))
        if self.keeps_names:
            self._sync_names(os.path.dirname(path))

    def _sync_names(self, folder):
        rest = []
        for change in self.unsynced:
            if change[0] != folder:
                rest.append(change)
            elif change[2] is ...:
                self.safe.pop(change[1], None)
            else:
                self.safe[change[1]] = change[2]
        self.unsynced = rest

    def apply(self, change):
        _, kind, inode, offset, path, more = change
        data = self.kernel.setdefault(inode, bytearray()) if kind in "cwts" else None
        if kind == "c":
            data.clear()
            self.platter[inode] = b""
            self.modes[inode] = [offset, offset]
            self._name(path, inode)
        elif kind == "w":
            if len(data) < offset:
                data.extend(bytes(offset - len(data)))
            data[offset:offset + len(more)] = more
        elif kind == "t":
            del data[offset:]
            data.extend(bytes(offset - len(data)))
        elif kind == "s":
            self.platter[inode] = bytes(data)
            self.modes[inode][1] = self.modes[inode][0]
        elif kind == "m":
            self.modes[inode][0] = offset
        elif kind == "D":
            self._sync_names(path)
        elif kind == "d":
            self._name(path, None)
        elif kind == "u":
            self._name(path, ...)
        elif kind == "r":
            to = more.decode()
            moved = [p for p in self.names if p == path or p.startswith(path + "/")]
            for old in moved:
                inode = self.names[old]
                self._name(old, ...)
                self._name(to + old[len(path):], inode)

    def left(self):
        """path → bytes, None of a folder: after a power cut now. Without a folder its files are
        nowhere."""
        found = {}
        for path, inode in sorted(self.safe.items()):
            above = os.path.dirname(path)
            if path and above and found.get(above, b"") is not None:
                continue
            found[path] = None if inode is None else self.platter.get(inode, b"")
        return found

    def write(self, folder):
        folder = Path(folder)
        for path, data in self.left().items():
            if data is None:
                (folder / path).mkdir(parents=True, exist_ok=True)
            else:
                (folder / path).write_bytes(data)
                (folder / path).chmod(self.modes[self.safe[path]][1])
