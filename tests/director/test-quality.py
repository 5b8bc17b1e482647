#!/usr/bin/env python3
"""The viewer's cost on the bench's meetings does not get worse, in TAP.

usage: test-quality.py DIRECTOR-BENCH BENCH-FOLDER

The limits lie a little over what was measured (7.47, 4.05, 2.95 with breaths; see bench/director).
The other observations were not tuned on: other random detectors, and none that report breaths.
"""
import glob
import os
import sys

PROGRAM, BENCH = sys.argv[1:3]
sys.path.insert(0, BENCH)

from bench import run_ours  # noqa: E402
from conversation import observe, read_meeting  # noqa: E402
from viewer import add_up, measure  # noqa: E402

CASES = (
    # name, mode, look-ahead, observation, limit
    ('live', 'causal', 0, {}, 7.6),
    ('look-ahead-1-s', 'look-ahead', 1000, {}, 4.2),
    ('full', 'full', 0, {}, 3.0),
    ('live-other-detectors', 'causal', 0, {'seed': 2}, 7.6),
    ('live-without-breaths', 'causal', 0, {'pauses': False}, 6.8),
    ('look-ahead-1-s-without-breaths', 'look-ahead', 1000, {'pauses': False}, 4.2),
)


def main():
    paths = sorted(glob.glob(os.path.join(BENCH, '..', 'data', 'director', '*.txt')))
    meetings = [read_meeting(path) for path in paths]
    failures = 0
    print(f'1..{len(CASES)}')
    for number, (name, mode, look_ahead, how, limit) in enumerate(CASES, 1):
        shows = [(meeting, observe(meeting, **how)) for meeting in meetings]
        cost = add_up([measure(m, run_ours(PROGRAM, mode, look_ahead, m, e, []))
                       for m, e in shows])['cost_per_min']
        good = len(meetings) == 13 and cost <= limit
        failures += not good
        print(f'{"ok" if good else "not ok"} {number} /director/quality/{name} '
              f'# {cost:.2f} a minute, limit {limit}', flush=True)
    sys.exit(failures > 0)


if __name__ == '__main__':
    main()
