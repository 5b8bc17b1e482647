#!/usr/bin/env python3
"""Runs the console's own tests (console/src/**/*.test.ts), which print TAP."""
import os
import subprocess
import sys
from pathlib import Path

here = Path(__file__).resolve().parent
console = here.parent.parent / "console"
sys.exit(subprocess.run(
    [str(console / "node_modules" / ".bin" / "vitest"), "run",
     "--reporter", "./tools/tap-reporter.mjs"],
    cwd=console, env=dict(os.environ, FORCE_COLOR="0"), check=False).returncode)
