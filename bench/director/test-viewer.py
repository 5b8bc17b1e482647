#!/usr/bin/env python3
"""The bench's own check, in TAP: cases made by hand whose cost can be counted on paper."""
import glob
import os
import sys

from conversation import Meeting, observe, read_meeting
from peers import PEERS
from viewer import WIDE, add_up, clean, cost_of, measure

HERE = os.path.dirname(os.path.abspath(__file__))

# 1 speaks for 10 s, then 2, then 1 with an interjection of 0.6 s by 2 at 25 s.
TALK = Meeting('talk', 30000, 2,
               [(0, 10000, 1), (10000, 20000, 2), (20000, 30000, 1), (25000, 25600, 2)])


def near(a, b):
    return abs(a - b) < 1e-9


def right_pictures_cost_their_cuts():
    sums = measure(TALK, [(0, 1), (10000, 2), (20000, 1)])
    numbers = add_up([sums])
    assert near(cost_of(sums), 0.8)
    assert near(numbers['cost_per_min'], 1.6)
    assert numbers['on_speaker_pct'] == 100 and numbers['latency_p50_ms'] == 0


def late_and_needless_cuts_are_counted():
    sums = measure(TALK, [(0, 1), (10500, 2), (20000, 1), (25100, 2), (25700, 1)])
    assert sums['latencies'] == [500, 0]
    assert (sums['needless'], sums['short'], sums['ping_pong']) == (1, 1, 1)
    assert near(cost_of(sums), 0.5 + 0.6 + 4 * 0.4 + 1.0 + 0.5)


def wide_is_cheaper_than_wrong():
    sums = measure(TALK, [(0, WIDE)])
    assert near(cost_of(sums), 30 * 0.35)
    assert sums['missed_3s'] == 3 and sums['latencies'] == [10000, 10000]


def overlap_favours_the_wide_shot():
    talk = Meeting('both', 10000, 2, [(0, 10000, 1), (2000, 8000, 2)])
    assert near(cost_of(measure(talk, [(0, 1)])), 6 * 0.15)
    assert near(cost_of(measure(talk, [(0, WIDE)])), 4 * 0.35)
    assert near(cost_of(measure(talk, [(0, 2)])), 4 * 1 + 6 * 0.15)


def the_last_shot_is_never_short():
    assert measure(TALK, [(0, 1), (29000, 2)])['short'] == 0
    assert measure(TALK, [(0, 1), (1000, 2)])['short'] == 1


def shot_lists_are_cleaned():
    assert clean([(5000, 2), (-100, 1), (5000, 1), (90000, 2), (6000, WIDE)], 30000) == \
        [(0, 1), (6000, WIDE)]
    assert clean([], 30000) == [(0, WIDE)]


def turns_are_found():
    talk = Meeting('gaps', 20000, 1, [(0, 400, 1), (600, 900, 1), (1700, 2600, 1), (9000, 9500, 1)])
    assert talk.utterances[1] == [(0, 900), (1700, 2600), (9000, 9500)]
    assert [(t.start, t.end) for t in talk.turns] == [(0, 2600), (9000, 9500)]
    assert talk.priced == [(0, 900, 1), (1700, 2600, 1)]


def events_are_the_same_every_time():
    path = sorted(glob.glob(os.path.join(HERE, '..', 'data', 'director', '*.txt')))[0]
    meeting = read_meeting(path)
    events = observe(meeting)
    assert events == observe(meeting) and events != observe(meeting, seed=2)
    assert events == sorted(events)
    for cam in range(1, meeting.persons + 1):
        states = [on for _, own, on in events if own == cam]
        assert states == [1, 0] * (len(states) // 2)


def peers_know_only_the_past():
    path = sorted(glob.glob(os.path.join(HERE, '..', 'data', 'director', '*.txt')))[3]
    meeting = read_meeting(path)
    events = observe(meeting)
    for name, peer in PEERS.items():
        if name.startswith('edit time'):
            continue
        whole = peer(events, meeting.duration, meeting.persons)
        for now in (100100, 333300, 555000):
            known = peer([e for e in events if e[0] <= now], meeting.duration, meeting.persons)
            assert [s for s in whole if s[0] <= now] == [s for s in known if s[0] <= now], name


TESTS = (right_pictures_cost_their_cuts, late_and_needless_cuts_are_counted,
         wide_is_cheaper_than_wrong, overlap_favours_the_wide_shot, the_last_shot_is_never_short,
         shot_lists_are_cleaned, turns_are_found, events_are_the_same_every_time,
         peers_know_only_the_past)


def main():
    failures = 0
    print(f'1..{len(TESTS)}')
    for number, test in enumerate(TESTS, 1):
        name = '/bench/director/' + test.__name__.replace('_', '-')
        try:
            test()
            print(f'ok {number} {name}')
        except AssertionError as error:
            failures += 1
            line = error.__traceback__.tb_next.tb_lineno
            print(f'not ok {number} {name} # line {line} {error}')
    sys.exit(failures > 0)


if __name__ == '__main__':
    main()
