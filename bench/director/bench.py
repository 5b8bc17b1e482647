#!/usr/bin/env python3
"""Directors on real conversations, in one table: ours in its three modes and others.

usage: bench.py DIRECTOR-BENCH [FOLDER] [--seed N] [--no-pauses] [--hangover MS] [NAME=MS …]

DIRECTOR-BENCH is the program built from director-bench.c, FOLDER holds the meetings (default: those
of bench/data/director). NAME=MS changes a setting of ours. Standard library only; half a minute.
"""
import argparse
import glob
import os
import subprocess
import sys

from conversation import HANGOVER_MS, observe, read_meeting
from peers import PEERS
from viewer import add_up, measure

HERE = os.path.dirname(os.path.abspath(__file__))
MEETINGS = os.path.join(HERE, '..', 'data', 'director')

OURS = {
    'crosscut, live': ('causal', 0),
    'crosscut, look-ahead 0.5 s': ('look-ahead', 500),
    'crosscut, look-ahead 1 s': ('look-ahead', 1000),
    'crosscut, look-ahead 2 s': ('look-ahead', 2000),
    'crosscut, full knowledge': ('full', 0),
}

COLUMNS = (
    ('cost_per_min', 'cost/min', '%.2f'), ('on_speaker_pct', 'on speaker %', '%.1f'),
    ('latency_p50_ms', 'late p50 ms', '%.0f'), ('latency_p90_ms', 'p90', '%.0f'),
    ('missed_change_pct', 'missed ≥1.5 s %', '%.1f'), ('missed_3s_pct', '≥3 s %', '%.1f'),
    ('cuts_per_min', 'cuts/min', '%.1f'), ('needless_per_min', 'needless', '%.2f'),
    ('ping_pong_per_h', 'ping-pong/h', '%.1f'), ('short_per_h', 'short/h', '%.1f'),
    ('shot_median_s', 'shot s', '%.1f'), ('longest_s', 'longest s', '%.0f'),
    ('silent_person_pct', 'silent %', '%.1f'), ('wide_pct', 'wide %', '%.1f'),
)


def run_ours(program, mode, look_ahead, meeting, events, settings):
    lines = ''.join(f'{t} {cam} {on}\n' for t, cam, on in events)
    arguments = [program, mode, str(look_ahead), str(meeting.persons), str(meeting.duration)]
    result = subprocess.run(arguments + settings, input=lines, text=True, capture_output=True)
    if result.returncode != 0:
        sys.exit(f'bench.py: {program} failed: {result.stderr.strip()}')
    shots = [line.split() for line in result.stdout.splitlines()]
    return [(int(t), int(source)) for t, source, _ in shots]


def row(name, many):
    numbers = add_up(many)
    cells = ['-' if numbers[key] is None else form % numbers[key] for key, _, form in COLUMNS]
    print(f'| {name} | ' + ' | '.join(cells) + ' |', flush=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('program')
    parser.add_argument('folder', nargs='?', default=MEETINGS)
    parser.add_argument('settings', nargs='*', metavar='NAME=MS')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--no-pauses', action='store_true')
    parser.add_argument('--hangover', type=int, default=HANGOVER_MS)
    options = parser.parse_args()
    if '=' in options.folder:
        options.settings.insert(0, options.folder)
        options.folder = MEETINGS
    return options


def main():
    options = parse()
    paths = sorted(glob.glob(os.path.join(options.folder, '*.txt')))
    if not paths:
        sys.exit(f'bench.py: no meetings (*.txt) in {options.folder}')
    shows = []
    for path in paths:
        meeting = read_meeting(path)
        events = observe(meeting, options.seed, not options.no_pauses, options.hangover)
        shows.append((meeting, events))
    hours = sum(meeting.duration for meeting, _ in shows) / 3600000
    print(f'{len(shows)} meetings, {hours:.1f} h; cost in wrong-person seconds, lower is better\n')
    print('| director | ' + ' | '.join(title for _, title, _ in COLUMNS) + ' |')
    print('|---' * (len(COLUMNS) + 1) + '|')
    for name, peer in PEERS.items():
        row(name, [measure(m, peer(e, m.duration, m.persons)) for m, e in shows])
    for name, (mode, look_ahead) in OURS.items():
        row(name, [measure(m, run_ours(options.program, mode, look_ahead, m, e, options.settings))
                   for m, e in shows])


if __name__ == '__main__':
    main()
