"""How others direct, by their published or usual parameters, on the same events: each takes
(events, duration, persons) and gives shots. All but `blocks` know only the past."""
from viewer import WIDE

TICK_MS = 50


def ticks(events, duration):
    """(t, events that came since the tick before)"""
    at = 0
    for t in range(0, duration, TICK_MS):
        begin = at
        while at < len(events) and events[at][0] <= t:
            at += 1
        yield t, events[begin:at]


class Speakers:
    """Who is on, and since when."""
    def __init__(self):
        self.since = {}

    def take(self, events):
        for t, cam, on in events:
            if on:
                self.since[cam] = t
            else:
                self.since.pop(cam, None)


def instant(events, duration, persons):
    """Whoever began last."""
    return [(0, WIDE)] + [(t, cam) for t, cam, on in events if on]


def hysteresis(events, duration, persons, confirm=500, hold=2000):
    """The newest who has spoken for `confirm`, when the shot is `hold` old; who is shown and still
    speaks gives way only to somebody who began later."""
    speakers, shots = Speakers(), [(0, WIDE)]
    for t, new in ticks(events, duration):
        speakers.take(new)
        cut, shown = shots[-1]
        if len(shots) > 1 and t - cut < hold:
            continue
        own = speakers.since.get(shown, -1)
        ready = [(since, cam) for cam, since in speakers.since.items()
                 if cam != shown and t - since >= confirm and since > own]
        if ready:
            shots.append((t, max(ready)[1]))
    return shots


def sticky(events, duration, persons, confirm=1000, cooldown=2000):
    """Confirmed after a second, two seconds of rest, and nobody who still speaks is left."""
    speakers, shots = Speakers(), [(0, WIDE)]
    for t, new in ticks(events, duration):
        speakers.take(new)
        cut, shown = shots[-1]
        if (len(shots) > 1 and t - cut < cooldown) or shown in speakers.since:
            continue
        ready = [(since, cam) for cam, since in speakers.since.items() if t - since >= confirm]
        if ready:
            shots.append((t, min(ready)[1]))
    return shots


def hold_and_wide(events, duration, persons, delay=800, hold=2000, silence=3000):
    """One speaks: close-up. Several, or nobody for long: wide. The wish must stand for `delay`."""
    speakers, shots = Speakers(), [(0, WIDE)]
    wish, since, heard = WIDE, 0, 0
    for t, new in ticks(events, duration):
        speakers.take(new)
        cut, shown = shots[-1]
        count = len(speakers.since)
        heard = t if count else heard
        want = shown
        if count == 1:
            want = next(iter(speakers.since))
        elif count > 1 or t - heard >= silence:
            want = WIDE
        if want != wish:
            wish, since = want, t
        rested = len(shots) == 1 or t - cut >= hold
        if wish != shown and t - since >= delay and rested:
            shots.append((t, wish))
    return shots


def blocks(events, duration, persons, least=3000, start_delay=93, stop_delay=395):
    """At edit time: a close-up of each block of speech of at least 3 s, cut where it begins."""
    open_at, spans = {}, []
    for t, cam, on in events:
        if on:
            open_at[cam] = t - start_delay
        elif cam in open_at:
            start = open_at.pop(cam)
            spans.append((max(0, start), max(t - stop_delay, start + 50), cam))
    joined = []
    for start, end, cam in sorted(spans):
        if joined and joined[-1][2] == cam and start - joined[-1][1] < 1000:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end, cam])
    shots = [(0, WIDE)]
    for start, end, cam in joined:
        if end - start >= least and cam != shots[-1][1]:
            earliest = shots[-1][0] + least if len(shots) > 1 else start
            shots.append((max(start, earliest), cam))
    return shots


def always_wide(events, duration, persons):
    return [(0, WIDE)]


PEERS = {
    'always wide': always_wide,
    'instant': instant,
    'hysteresis 0.5 s, hold 2 s': hysteresis,
    'sticky: confirm 1 s, rest 2 s': sticky,
    'hold and wide, 0.8 s': hold_and_wide,
    'edit time: blocks of 3 s': blocks,
}
