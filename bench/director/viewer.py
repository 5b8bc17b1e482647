"""What a shot list costs its viewer, and the numbers behind it.

Shots are (t, screen): from t ms on, screen 0 is the wide shot, screen i the camera of person i. The
cost counts in seconds of looking at the wrong person; the weights are judgement, not measured.
Priced is the audible speech of contributions; in silence and interjections every picture is free.
"""
import bisect

WIDE = 0
COST_WRONG = 1.0         # per s: somebody contributes, the screen shows who does not
COST_WIDE = 0.35         # per s: wide although exactly one contributes
COST_OVERLAP = 0.15      # per s: one is shown while several contribute
COST_CUT = 0.4
COST_SHORT = 1.0         # more, per shot under SHORT_MS but the last
COST_PING_PONG = 0.5     # more, per A, B, A with B under PING_PONG_MS
SHORT_MS = 1500
PING_PONG_MS = 2000


def clean(shots, duration):
    """In order, from 0 on, inside the meeting, no cut to what is shown already."""
    found = []
    for t, screen in sorted(shots, key=lambda shot: shot[0]):
        t = max(0, int(t))
        if t >= duration:
            break
        if found and found[-1][0] == t:
            found.pop()
        if not found or found[-1][1] != screen:
            found.append((t, screen))
    if not found or found[0][0] > 0:
        if found and found[0][1] == WIDE:
            found[0] = (0, WIDE)
        else:
            found.insert(0, (0, WIDE))
    return found


def slices(spans, shots, duration):
    """(start, end, set of cams that speak, screen), constant in each; all of [0, duration)."""
    changes = []
    for start, end, cam in spans:
        if start < duration and end > start:
            changes.append((start, 1, cam))
            changes.append((min(end, duration), -1, cam))
    changes.sort()
    times = sorted({0, duration} | {c[0] for c in changes} | {s[0] for s in shots})
    starts = [s[0] for s in shots]
    depth, at = {}, 0
    for begin, end in zip(times, times[1:]):
        while at < len(changes) and changes[at][0] <= begin:
            depth[changes[at][2]] = depth.get(changes[at][2], 0) + changes[at][1]
            at += 1
        speaking = frozenset(cam for cam, n in depth.items() if n > 0)
        shot = bisect.bisect_right(starts, begin) - 1
        yield begin, end, speaking, shots[shot][1] if shot >= 0 else None


def kind_of(screen, speaking):
    """Which cost a picture has while these contribute."""
    if not speaking:
        return None
    if screen == WIDE:
        return 'wide' if len(speaking) == 1 else None
    if screen not in speaking:
        return 'wrong'
    return 'overlap' if len(speaking) > 1 else None


RATES = {'wrong': COST_WRONG, 'wide': COST_WIDE, 'overlap': COST_OVERLAP}


class Lengths:
    """The shots as spans."""
    def __init__(self, shots, duration):
        ends = [t for t, _ in shots[1:]] + [duration]
        self.shots = [(t, end, screen) for (t, screen), end in zip(shots, ends)]

    def short(self):
        return sum(end - t < SHORT_MS for t, end, _ in self.shots[:-1])

    def ping_pong(self):
        triples = zip(self.shots, self.shots[1:], self.shots[2:])
        return sum(a[2] == c[2] and b[1] - b[0] < PING_PONG_MS for a, b, c in triples)


def measure_cost(meeting, shots, sums):
    for start, end, speaking, screen in slices(meeting.priced, shots, meeting.duration):
        length = end - start
        if screen == WIDE:
            sums['wide_ms'] += length
        kind = kind_of(screen, speaking)
        if kind:
            sums[kind] += RATES[kind] * length / 1000
        if speaking:
            good = screen in speaking or (screen == WIDE and len(speaking) > 1)
            sums['speech_ms'] += length
            sums['speech_good_ms'] += length * good
        if len(speaking) == 1:
            sums['single_ms'] += length
            sums['single_good_ms'] += length * (screen in speaking)


def measure_silent_person(meeting, shots, sums):
    """Of all speech, interjections too: how long one person is shown who is silent."""
    heard = [(s, e, cam) for cam, spans in meeting.utterances.items() for s, e in spans]
    for start, end, speaking, screen in slices(heard, shots, meeting.duration):
        if speaking:
            sums['heard_ms'] += end - start
            if screen != WIDE and screen not in speaking:
                sums['silent_person_ms'] += end - start


def visible_ms(meeting, shots):
    """{cam: ([starts], [ends])} of when somebody who contributes can be seen."""
    seen = {}
    for start, end, speaking, screen in slices(meeting.priced, shots, meeting.duration):
        for cam in speaking:
            if screen == cam or (screen == WIDE and len(speaking) > 1):
                seen.setdefault(cam, []).append((start, end))
    return seen


def overlap_ms(spans, start, end):
    first = max(0, bisect.bisect_right(spans, (start, start)) - 1)
    total = 0
    for s, e in spans[first:]:
        if s >= end:
            break
        total += max(0, min(e, end) - max(s, start))
    return total


def first_close_up(lengths, starts, turn):
    """When the first own close-up on screen during the turn began; None: there is none."""
    for t, end, screen in lengths.shots[max(0, bisect.bisect_right(starts, turn.start) - 1):]:
        if t >= turn.end:
            return None
        if screen == turn.cam and end > turn.start:
            return t
    return None


def measure_floor_changes(meeting, shots, lengths, sums):
    """How late the picture follows when somebody else takes the floor (turns of 1.5 s and more)."""
    seen = visible_ms(meeting, shots)
    starts = [t for t, _ in shots]
    before = None
    for turn in meeting.turns:
        length = turn.end - turn.start
        if length < 1500:
            continue
        missed = overlap_ms(seen.get(turn.cam, []), turn.start, turn.end) < 500
        if length >= 3000:
            sums['turns_3s'] += 1
            sums['missed_3s'] += missed
        if before not in (None, turn.cam):
            shown = first_close_up(lengths, starts, turn)
            late = length if shown is None else shown - turn.start
            sums['latencies'].append(0 if late < -2000 else late)
            sums['missed_change'] += missed
        before = turn.cam


def is_needless(meeting, shot, overlaps):
    start, end, screen = shot
    over = [t for t in meeting.contributions if t.start < end and t.end > start]
    if screen != WIDE:
        own = any(t.cam == screen and t.start < end and t.end > start - 500
                  for t in meeting.contributions)
        return not own and any(t.cam != screen for t in over)
    spoken, reached = 0, start
    for s, e in sorted((s, e) for s, e, _ in meeting.priced if s < end and e > start):
        spoken += max(0, min(e, end) - max(s, reached))
        reached = max(reached, min(e, end))
    silent = (end - start) - spoken
    crossed = any(s < end and e > start for s, e in overlaps)
    return not crossed and silent < 1000 and len({t.cam for t in over}) == 1


def measure_needless(meeting, lengths, sums):
    overlaps = [(s, e) for s, e, speaking, _ in slices(meeting.priced, [], meeting.duration)
                if len(speaking) > 1]
    sums['needless'] += sum(is_needless(meeting, shot, overlaps) for shot in lengths.shots[1:])


def measure(meeting, shots):
    """Sums of one meeting; add_up() makes numbers of one or more of them."""
    shots = clean(shots, meeting.duration)
    lengths = Lengths(shots, meeting.duration)
    sums = dict.fromkeys(
        ('wrong', 'wide', 'overlap', 'wide_ms', 'speech_ms', 'speech_good_ms', 'single_ms',
         'single_good_ms', 'heard_ms', 'silent_person_ms', 'turns_3s', 'missed_3s',
         'missed_change', 'needless'), 0)
    sums.update(duration=meeting.duration, cuts=len(shots) - 1, short=lengths.short(),
                ping_pong=lengths.ping_pong(), latencies=[],
                lengths=[end - t for t, end, _ in lengths.shots])
    measure_cost(meeting, shots, sums)
    measure_silent_person(meeting, shots, sums)
    measure_floor_changes(meeting, shots, lengths, sums)
    measure_needless(meeting, lengths, sums)
    return sums


def percentile(values, percent):
    """Linear between the two nearest; None without values."""
    if not values:
        return None
    values = sorted(values)
    place = percent / 100 * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (place - low) * (values[high] - values[low])


def cost_of(sums):
    return (sums['wrong'] + sums['wide'] + sums['overlap'] + COST_CUT * sums['cuts'] +
            COST_SHORT * sums['short'] + COST_PING_PONG * sums['ping_pong'])


def add_up(many):
    def total(key):
        return sum(sums[key] for sums in many)

    def share(part, whole):
        return 100 * total(part) / max(1, total(whole))

    latencies = [x for sums in many for x in sums['latencies']]
    lengths = [x for sums in many for x in sums['lengths']]
    minutes = total('duration') / 60000
    return {
        'cost_per_min': sum(map(cost_of, many)) / minutes,
        'on_speaker_pct': share('speech_good_ms', 'speech_ms'),
        'on_single_pct': share('single_good_ms', 'single_ms'),
        'latency_p50_ms': percentile(latencies, 50),
        'latency_p90_ms': percentile(latencies, 90),
        'missed_change_pct': 100 * total('missed_change') / max(1, len(latencies)),
        'missed_3s_pct': share('missed_3s', 'turns_3s'),
        'cuts_per_min': total('cuts') / minutes,
        'needless_per_min': total('needless') / minutes,
        'ping_pong_per_h': total('ping_pong') * 60 / minutes,
        'short_per_h': total('short') * 60 / minutes,
        'shot_median_s': percentile(lengths, 50) / 1000,
        'longest_s': max(lengths) / 1000,
        'silent_person_pct': share('silent_person_ms', 'heard_ms'),
        'wide_pct': share('wide_ms', 'duration'),
    }
