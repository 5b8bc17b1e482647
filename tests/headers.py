"""headers.py COMPILER ROOM=USED,USED...: every public header compiles alone, and with nothing in
reach but its own room, the rooms it may use, GLib and jansson."""
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))
from tap import Tap  # noqa: E402

SOURCE = Path(os.environ["CROSSCUT_SOURCE"]) / "src"
FREESTANDING = {"speech", "director"}


def flags(room, uses):
    found = [f"-I{SOURCE / r / 'include'}" for r in (room, *uses)]
    if room not in FREESTANDING:
        done = subprocess.run(["pkg-config", "--cflags", "gio-2.0", "jansson"],
                              stdout=subprocess.PIPE, text=True, check=True)
        found += done.stdout.replace("-I", "-isystem").split()
    return found


def compile_alone(compiler, header, options):
    done = subprocess.run([compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                           *options, "-x", "c", "-"], input=f"#include <{header}>\n",
                          stderr=subprocess.PIPE, text=True, check=False)
    return done.stderr or ("" if done.returncode == 0 else "no reason given")


def main():
    tap = Tap()
    compiler, *table = sys.argv[1:]
    jobs = []
    for entry in table:
        room, _, uses = entry.partition("=")
        options = flags(room, [u for u in uses.split(",") if u])
        include = SOURCE / room / "include"
        for header in sorted(include.rglob("*.h")):
            jobs.append((header.relative_to(include), options))
    with ThreadPoolExecutor(2) as pool:
        complaints = pool.map(lambda job: compile_alone(compiler, *job), jobs)
        for (header, _), complaint in zip(jobs, complaints):
            tap.ok(not complaint, f"{header} compiles alone", complaint)
    tap.ok(len(jobs) > 0, "there are headers")
    tap.finish()


if __name__ == "__main__":
    main()
