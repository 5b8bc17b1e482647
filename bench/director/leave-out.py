#!/usr/bin/env python3
"""Are the director's defaults fitted to the meetings they were tuned on? Leaves each meeting out,
picks the best settings on the others, and scores the one that was left out with them.

usage: leave-out.py DIRECTOR-BENCH [FOLDER] [--seed N] [--random N] [--mode NAME]

Candidates are the defaults, each setting alone a step or two away from its default, and --random
mixtures of those. Where leaving out costs more than the defaults, other settings would be worse on
meetings that nobody has seen; where it costs less, the defaults should change. Ten minutes.
"""
import argparse
import glob
import os
import random
import sys

from bench import MEETINGS, OURS, run_ours
from conversation import observe, read_meeting
from viewer import add_up, measure

MODES = {'live': 'crosscut, live', 'look-ahead': 'crosscut, look-ahead 1 s',
         'full': 'crosscut, full knowledge'}
STEPS = {
    'confirm': (300, 600, 800, 1000, 1300), 'min_shot': (1000, 1250, 2000, 2500),
    'return': (1000, 1500, 3000), 'interrupt': (5000, 8000, 20000), 'ignore': (700, 850, 1200),
    'breath': (700, 850, 1200, 1500), 'cross_talk': (0, 2500, 3500, 8000),
    'wide_out': (400, 700), 'silence': (0, 8000),
}


def candidates(count, rng):
    """Lists of NAME=MS; the first is the defaults."""
    found = [[]] + [[f'{name}={ms}'] for name, steps in STEPS.items() for ms in steps]
    for _ in range(count):
        names = rng.sample(sorted(STEPS), rng.randint(2, 4))
        found.append([f'{name}={rng.choice(STEPS[name])}' for name in names])
    return found


def cost(many):
    return add_up(many)['cost_per_min']


def judge(name, tried, scores):
    """scores[candidate][meeting]: what measure() says."""
    everywhere = [cost(row) for row in scores]
    best = min(range(len(tried)), key=everywhere.__getitem__)
    left_out, picks = [], []
    for meeting in range(len(scores[0])):
        others = [cost(row[:meeting] + row[meeting + 1:]) for row in scores]
        pick = min(range(len(tried)), key=others.__getitem__)
        picks.append(pick)
        left_out.append(scores[pick][meeting])
    print(f'| {name} | {everywhere[0]:.2f} | {everywhere[best]:.2f} | {cost(left_out):.2f} | '
          f'{" ".join(tried[best]) or "defaults"} | {len(set(picks))} |', flush=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('program')
    parser.add_argument('folder', nargs='?', default=MEETINGS)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--random', type=int, default=24)
    parser.add_argument('--mode', choices=sorted(MODES), action='append')
    return parser.parse_args()


def main():
    options = parse()
    paths = sorted(glob.glob(os.path.join(options.folder, '*.txt')))
    if len(paths) < 2:
        sys.exit(f'leave-out.py: {len(paths)} meetings (*.txt) in {options.folder}, expected 2')
    shows = [(m, observe(m, options.seed)) for m in map(read_meeting, paths)]
    tried = candidates(options.random, random.Random(options.seed))
    print(f'{len(shows)} meetings, {len(tried)} candidates; cost per minute\n')
    print('| mode | defaults | best on all | left out | best settings | different picks |')
    print('|---' * 6 + '|')
    for name in options.mode or MODES:
        mode, look_ahead = OURS[MODES[name]]
        judge(name, tried, [[measure(m, run_ours(options.program, mode, look_ahead, m, e, settings))
                             for m, e in shows] for settings in tried])


if __name__ == '__main__':
    main()
