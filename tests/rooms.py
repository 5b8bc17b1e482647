"""rooms.py ROOM...: the rules between rooms that the build itself cannot check."""
import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))
from tap import Tap  # noqa: E402

ROOT = Path(os.environ["CROSSCUT_SOURCE"])
BUILD = Path(os.environ["CROSSCUT_BUILD"])
SOURCE = ROOT / "src"
FREESTANDING = {"speech", "director"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
LIBAV = re.compile(r"^lib(av\w*|sw\w+|postproc)/")
SPAWNS = re.compile(r"\b(g_spawn_\w+|g_subprocess_\w+|posix_spawnp?|popen|system|exec[lv]p?e?|"
                    r"v?fork)\s*\(")
# The files that start children: of this program itself, to look into recordings and to go live.
STARTS_CHILDREN = {"src/child/child.c", "src/server/indexer.c"}
# GLib's own macros keep a static behind a quark, a type or a once.
GLIB_STATICS = re.compile(r"^(q|static_g_define_type_id|_g_boolean_var|\w*_once|done|initialized)\b")


def sources(folder=SOURCE):
    for path in sorted(folder.rglob("*.[ch]")):
        yield path, path.read_text(encoding="utf-8")


def room_of(path):
    return path.relative_to(SOURCE).parts[0]


def without_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*|\"(\\.|[^\"\\\n])*\"", "", text, flags=re.S)


def nothing_reaches_over_the_wall():
    found = []
    for path, text in sources():
        for kind, name in INCLUDE.findall(text):
            if name.startswith("../") or "/../" in name:
                found.append(f"{path.relative_to(ROOT)}: {name}")
            if kind == '"' and not (path.parent / name).exists() and \
                    not (BUILD / path.relative_to(ROOT).parent / name).exists():
                found.append(f"{path.relative_to(ROOT)}: \"{name}\" lies elsewhere")
    return "\n".join(found)


def only_media_knows_libav():
    found = [f"{path.relative_to(ROOT)}: {name}" for path, text in sources()
             for _, name in INCLUDE.findall(text) if LIBAV.match(name) and room_of(path) != "media"]
    return "\n".join(found)


def public_headers_do_not_show_libav():
    found = [f"{path.relative_to(ROOT)}: {name}"
             for path, text in sources(SOURCE / "media" / "include")
             for _, name in INCLUDE.findall(text) if LIBAV.match(name)]
    return "\n".join(found)


def freestanding_rooms_include_only_the_language():
    allowed = {"stdbool.h", "stddef.h", "stdint.h", "limits.h", "float.h", "stdalign.h",
               "stdarg.h", "stdnoreturn.h"}
    found = []
    for room in FREESTANDING:
        for path, text in sources(SOURCE / room):
            for kind, name in INCLUDE.findall(text):
                if kind == "<" and name not in allowed and not name.startswith(f"{room}/"):
                    found.append(f"{path.relative_to(ROOT)}: {name}")
    return "\n".join(found)


def no_other_program_is_started():
    found = [f"{path.relative_to(ROOT)}: {match.group(0)}" for path, text in sources()
             if str(path.relative_to(ROOT)) not in STARTS_CHILDREN
             for match in SPAWNS.finditer(without_comments(text))]
    return "\n".join(found)


def no_global_changes(room):
    """No object of the room's library lies in a section that can be written."""
    library = BUILD / "src" / f"lib{room}.a"
    done = subprocess.run(["objdump", "-t", library], stdout=subprocess.PIPE, text=True, check=True)
    found = []
    for line in done.stdout.splitlines():
        match = re.match(r"^[0-9a-f]+ .{7} (\.t?data|\.t?bss|\*COM\*)(?:\.(\S+))?\s+([0-9a-f]+)\s+"
                         r"(?:\.hidden )?(\S+)$", line)
        if not match or match.group(2) and match.group(2).startswith("rel.ro"):
            continue
        size, name = int(match.group(3), 16), match.group(4)
        if size and not name.startswith(".") and not GLIB_STATICS.match(name):
            found.append(f"{name}, {size} bytes")
    return "\n".join(found)


def a_readme_says_what_happens(room):
    readme = SOURCE / room / "README.md"
    if not readme.exists():
        return f"{readme.relative_to(ROOT)} is not there"
    lines = len(readme.read_text(encoding="utf-8").splitlines())
    return "" if 5 <= lines <= 60 else f"{lines} lines"


def main():
    tap = Tap()
    for check in (nothing_reaches_over_the_wall, only_media_knows_libav,
                  public_headers_do_not_show_libav, freestanding_rooms_include_only_the_language,
                  no_other_program_is_started):
        tap.run(check.__name__.replace("_", " "), check)
    sanitised = "sanitised" in sys.argv
    for room in [name for name in sys.argv[1:] if name != "sanitised"]:
        tap.run(f"{room}: a readme says what happens", a_readme_says_what_happens, room)
        if not sanitised:   # sanitizers keep tables of their own in every object
            tap.run(f"{room}: no global changes", no_global_changes, room)
    tap.finish()


if __name__ == "__main__":
    main()
