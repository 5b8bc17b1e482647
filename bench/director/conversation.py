"""Who spoke when in a meeting, and what detectors would have reported of it.

A meeting is a text file: a header line with "meeting NAME dur_ms N participants N", then lines
"start_ms end_ms cam". Cameras count from 1. Times are whole milliseconds.

utterance     speech of one person, pauses under 300 ms closed
turn          utterances of one person with pauses under 1 s between them
contribution  a turn of at least 1 s; anything shorter is an interjection
"""
import math
import os
import random
import re
import zlib

MERGE_MS = 300
TURN_GAP_MS = 1000
CONTRIBUTION_MS = 1000

# A good detector on each microphone: delays are lognormal, given by median and 90th percentile.
START_P50_MS, START_P90_MS = 93, 138
STOP_P50_MS, STOP_P90_MS = 395, 510
HANGOVER_MS = 300  # the fixed part of the stop's delay
FALSE_STARTS_PER_HOUR = 3.0
FALSE_START_MS = (120, 400)
MISSED_SHARE, MISSED_BELOW_MS = 0.02, 250
PAUSES_PER_MINUTE, PAUSE_P50_MS, PAUSE_SIGMA, PAUSE_MAX_MS = 12.0, 450, 0.5, 1500.0
Z90 = 1.2815515655  # 90th percentile of the normal distribution


class Meeting:
    def __init__(self, name, duration, persons, speech):
        self.name = name
        self.duration = duration
        self.persons = persons
        self.speech = speech  # (start, end, cam), as annotated
        self.utterances = close_pauses(speech, persons, MERGE_MS)
        self.turns = find_turns(self.utterances)
        self.contributions = [t for t in self.turns if t.end - t.start >= CONTRIBUTION_MS]
        self.priced = [(s, e, t.cam) for t in self.contributions for s, e in t.utterances]


class Turn:
    def __init__(self, cam, start, end):
        self.cam, self.start, self.end = cam, start, end
        self.utterances = [(start, end)]

    def add(self, start, end):
        self.end = end
        self.utterances.append((start, end))


def read_meeting(path):
    name = os.path.splitext(os.path.basename(path))[0]
    duration = persons = 0
    speech = []
    with open(path, encoding='utf-8') as lines:
        for line in lines:
            header = re.match(r'#.*dur_ms (\d+) participants (\d+)', line)
            if header:
                duration, persons = int(header.group(1)), int(header.group(2))
            elif not line.startswith('#') and line.strip():
                start, end, cam = line.split()[:3]
                speech.append((int(start), int(end), int(cam)))
    return Meeting(name, duration, persons, speech)


def close_pauses(speech, persons, gap):
    """{cam: [(start, end)]}, in order, with pauses under `gap` and overlaps closed."""
    found = {cam: [] for cam in range(1, persons + 1)}
    for start, end, cam in sorted(speech):
        own = found[cam]
        if own and start - own[-1][1] < gap:
            own[-1] = (own[-1][0], max(own[-1][1], end))
        else:
            own.append((start, end))
    return found


def find_turns(utterances):
    turns = []
    for cam, spans in utterances.items():
        last = None
        for start, end in spans:
            if last and start - last.end < TURN_GAP_MS:
                last.add(start, end)
            else:
                last = Turn(cam, start, end)
                turns.append(last)
    return sorted(turns, key=lambda turn: (turn.start, turn.cam))


# ---- what detectors report ----

def cut_breaths(spans, rand):
    """The annotation runs on through short silences; a detector reports them."""
    heard = []
    for start, end in spans:
        at = start + 700.0
        while True:
            at += rand.expovariate(PAUSES_PER_MINUTE / 60e3)
            pause = min(PAUSE_MAX_MS, PAUSE_P50_MS * math.exp(rand.gauss(0, PAUSE_SIGMA)))
            if at + pause > end - 300:
                break
            heard.append((start, round(at)))
            start = round(at + pause)
            at = start + 300.0
        heard.append((start, end))
    return heard


def lognormal(rand, p50, p90):
    return rand.lognormvariate(math.log(p50), math.log(p90 / p50) / Z90)


def detect(spans, rand, hangover):
    """(start, stop) as reported for each span that is not missed."""
    reported = []
    for start, end in spans:
        late = lognormal(rand, START_P50_MS, START_P90_MS)
        after = lognormal(rand, STOP_P50_MS - HANGOVER_MS, STOP_P90_MS - HANGOVER_MS)
        missed = rand.random() < MISSED_SHARE
        if missed and end - start < MISSED_BELOW_MS:
            continue
        reported.append((round(start + min(late, 400)), round(end + hangover + min(after, 900))))
    return reported


def add_false_starts(reported, rand, duration):
    at = 0.0
    while True:
        at += rand.expovariate(FALSE_STARTS_PER_HOUR / 3600e3)
        if at >= duration:
            return
        length = rand.uniform(*FALSE_START_MS)
        if all(e + 600 <= at or s >= at + length + 600 for s, e in reported):
            reported.append((round(at), round(at + length)))


def observe(meeting, seed=1, pauses=True, hangover=HANGOVER_MS):
    """[(t, cam, on)], by time: what a director hears of the meeting."""
    spans_of = meeting.utterances
    if hangover != HANGOVER_MS:
        spans_of = close_pauses(meeting.speech, meeting.persons, hangover)
    events = []
    for cam in range(1, meeting.persons + 1):
        rand = random.Random(zlib.crc32(f'{meeting.name}/{cam}/{seed}'.encode()))
        spans = cut_breaths(spans_of[cam], rand) if pauses else spans_of[cam]
        reported = detect(spans, rand, hangover)
        add_false_starts(reported, rand, meeting.duration)
        reported.sort()
        joined = []
        for start, stop in reported:  # a stop that comes after the next start swallows both
            if joined and start <= joined[-1][1]:
                joined[-1][1] = max(joined[-1][1], stop)
            else:
                joined.append([start, stop])
        for start, stop in joined:
            events += [(start, cam, 1), (stop, cam, 0)]
    return sorted(events)
