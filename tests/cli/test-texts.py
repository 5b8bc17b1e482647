"""Help, manual page and completions: all made from one table, all of use."""
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import show  # noqa: E402
from tap import Tap  # noqa: E402

COMMANDS = ["serve", "direct", "cut", "render", "export", "verify", "index", "worker", "cost", "doctor"]


def printed(*arguments):
    done = show.crosscut(*arguments)
    assert done.returncode == 0 and not done.stderr, f"{arguments}: {done.returncode} {done.stderr}"
    return done.stdout


def help_names_every_command():
    text = printed("--help")
    missing = [name for name in COMMANDS if not re.search(rf"^  {name}\b", text, re.M)]
    return f"missing: {missing}" if missing else None


def version_is_a_version():
    text = printed("--version")
    return None if re.fullmatch(r"crosscut \d+\.\d+\.\d+\n", text) else text


def each_help_has_options_and_examples():
    for name in COMMANDS:
        text = printed(name, "--help")
        for part in (f"usage: crosscut {name}", "Options:", "Examples:", "--help"):
            if part not in text:
                return f"{name}: no {part!r}"
        options = text[:text.index("Examples:")]
        wide = [line for line in options.splitlines() if len(line) > 100]
        if wide:
            return f"{name}: a line of {len(wide[0])} columns: {wide[0]}"
    return None


def manual_has_every_option():
    text = printed("manual").replace("\\-", "-")
    for name in COMMANDS:
        for option in re.findall(r"^ {2,6}(?:-\w, )?(--[\w-]+)", printed(name, "--help"), re.M):
            if option not in text:
                return f"{name}: {option} is missing"
    return None


def manual_is_good_roff():
    if shutil.which("groff") is None:
        return None   # the page is checked where groff is
    done = subprocess.run(["groff", "-K", "utf8", "-man", "-Tutf8", "-ww", "-z"], input=printed("manual"),
                          stderr=subprocess.PIPE, text=True, check=False)
    return done.stderr


def complete(*words):
    """What bash offers for the last word."""
    script = printed("completion", "bash") + f"""
COMP_WORDS=({' '.join(f"'{word}'" for word in words)})
COMP_CWORD={len(words) - 1}
_crosscut
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(["bash"], input=script, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False)
    assert not done.stderr, done.stderr
    return set(done.stdout.split())


def bash_completes_commands_options_and_values():
    if not set(COMMANDS) <= complete("crosscut", ""):
        return f"commands: {complete('crosscut', '')}"
    if complete("crosscut", "dir") != {"direct"}:
        return f"dir: {complete('crosscut', 'dir')}"
    if "--height" not in complete("crosscut", "direct", "--he"):
        return f"--he: {complete('crosscut', 'direct', '--he')}"
    found = complete("crosscut", "export", "--to", "")
    return None if found == {"otio", "fcpxml", "edl", "mlt"} else f"--to: {found}"


def other_shells_get_a_script():
    for shell, part in (("zsh", "#compdef crosscut"), ("fish", "complete -c crosscut")):
        text = printed("completion", shell)
        if part not in text or not all(name in text for name in COMMANDS):
            return f"{shell}: {text[:200]}"
        if shutil.which(shell):
            done = subprocess.run([shell, "-n"], input=text, stderr=subprocess.PIPE, text=True,
                                  check=False)
            if done.returncode != 0:
                return f"{shell}: {done.stderr}"
    return None


def main():
    tap = Tap()
    for check in (help_names_every_command, version_is_a_version,
                  each_help_has_options_and_examples, manual_has_every_option, manual_is_good_roff,
                  bash_completes_commands_options_and_values, other_shells_get_a_script):
        tap.run(check.__name__.replace("_", " "), check)
    tap.finish()


if __name__ == "__main__":
    main()
