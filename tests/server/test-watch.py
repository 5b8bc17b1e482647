"""Watching a studio: /readyz and /metrics say how live streams, LiveKit, Egress, Redis and the disk are;
what Prometheus and Grafana are told to ask for (deploy/) is there; docs/METRICS.md has all of it."""
import json
import re
import signal
import sys
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import livekit  # noqa: E402
import redis  # noqa: E402
import rtmp  # noqa: E402
from client import Client, start_show, stop_show, until  # noqa: E402
from egress import StandIn  # noqa: E402
from rtmp import Clip, Program, Rtmp  # noqa: E402
from serve import SOURCE, Studio, free_port  # noqa: E402
from tap import Tap  # noqa: E402
from workers import Worker  # noqa: E402

KEY = "sk_live_4f8e2d7c9b"
NAME = "A show that nobody else knows of"
SECRET = {"CROSSCUT_SECRET_KEY": "5a" * 32}


class Metrics:
    """One scrape: values by name with its label; kinds by name."""

    def __init__(self, text):
        self.text = text
        self.kinds, self.values = {}, {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                assert name not in self.kinds, f"{name} has two heads"
                self.kinds[name] = kind
            elif not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                assert name not in self.values, f"{name} stands there twice"
                self.values[name] = float(value)

    def __getitem__(self, name):
        return self.values[name]

    def destinations(self):
        """{state: how many} of those that there are."""
        found = {re.search('state="(.*)"', n).group(1): v for n, v in self.values.items()
                 if n.startswith("crosscut_live_destinations{")}
        return {state: int(count) for state, count in found.items() if count}


def scrape(studio):
    return Metrics(studio.ask("GET", "/metrics").body.decode())


def wait_for(studio, good, what):
    return until(lambda: (m := scrape(studio)) and good(m) and m, what=what)


def ready(studio):
    return studio.ask("GET", "/readyz", token=None).json


def show_of(studio):
    answer = studio.ask("POST", "/session/start",
                        {"name": NAME, "sources": [{"id": "cam_1"}, {"id": "cam_2"}]})
    assert answer.status in (200, 201), answer
    return answer.json["sessionId"]


# ---- what there is ----

def names_of(metrics):
    """As they are asked for: histograms by their three."""
    names = set()
    for name, kind in metrics.kinds.items():
        names |= {f"{name}_bucket", f"{name}_sum", f"{name}_count"} if kind == "histogram" else {name}
    return names


def names_in(expression):
    """The metrics of a PromQL expression: what is neither a function, a keyword, a label nor in quotes."""
    text = re.sub(r'"[^"]*"', '""', expression)
    text = re.sub(r"\b(by|without|on|ignoring)\s*\([^)]*\)", "", text)
    text = re.sub(r"\{[^}]*\}", "", text)
    text = re.sub(r"\[[^\]]*\]", "", text)
    words = {m.group() for m in re.finditer(r"[a-zA-Z_:][\w:]*", text)
             if not text[m.end():].lstrip().startswith("(")}
    return words - {"and", "or", "unless", "bool", "offset", "up"}


def is_balanced(expression):
    depth = []
    for c in re.sub(r'"[^"]*"', "", expression):
        if c in "([{":
            depth.append(c)
        elif c in ")]}":
            if not depth or depth.pop() + c not in ("()", "[]", "{}"):
                return False
    return not depth


def metrics_are_documented(metrics):
    text = (SOURCE / "docs" / "METRICS.md").read_text()
    documented = set(re.findall(r"`((?:crosscut|process)_\w+)", text))
    there = set(metrics.kinds)
    if documented != there:
        return f"not there: {documented - there}; not documented: {there - documented}"
    kinds = re.findall(r"^\| (.*?) \| (\w+) \|", text, re.M)
    for names, kind in kinds:
        for name in re.findall(r"`(\w+)", names):
            if name in metrics.kinds and metrics.kinds[name] != kind:
                return f"{name} is a {metrics.kinds[name]}"
    wrong = [n for n, k in metrics.kinds.items() if n.endswith("_total") != (k == "counter")]
    return f"counters end with _total: {wrong}" if wrong else None


def alerts_ask_for_what_is_there(metrics):
    document = yaml.safe_load((SOURCE / "deploy/prometheus/alerts.yaml").read_text())
    known, seen = names_of(metrics), set()
    for group in document["groups"]:
        assert set(group) == {"name", "rules"}, group.keys()
        for rule in group["rules"]:
            assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}, rule
            assert re.fullmatch(r"Crosscut\w+", rule["alert"]) and rule["alert"] not in seen, rule
            assert rule["labels"]["severity"] in ("warning", "critical") and rule["annotations"]["summary"]
            assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m")), rule
            assert is_balanced(rule["expr"]), rule["expr"]
            names = names_in(rule["expr"])
            assert names <= known, f"{rule['alert']}: {names - known}"
            seen.add(rule["alert"])
    prometheus = yaml.safe_load((SOURCE / "deploy/prometheus/prometheus.yaml").read_text())
    [job] = prometheus["scrape_configs"]
    assert f'up{{job="{job["job_name"]}"}}' in json.dumps(document).replace('\\"', '"'), "another job"
    assert len(seen) > 15
    return None


def the_dashboard_asks_for_what_is_there(metrics):
    board = json.loads((SOURCE / "deploy/grafana/crosscut.json").read_text())
    known, asked, ids, taken = names_of(metrics), set(), set(), set()
    for panel in board["panels"]:
        assert panel["id"] not in ids, panel["title"]
        ids.add(panel["id"])
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken, f"{panel['title']} lies over another"
        taken |= cells
        for target in panel.get("targets", []):
            assert is_balanced(target["expr"]), target["expr"]
            asked |= names_in(target["expr"])
    if not asked <= known:
        return f"not there: {asked - known}"
    left = {n for n in metrics.kinds if n.startswith("crosscut_live")} - \
        {n.removesuffix("_bucket") for n in asked} - {"crosscut_livekit_configured"}
    return f"nobody looks at {left}" if left else None


def the_names_of_an_expression_are_found():
    found = names_in('histogram_quantile(0.9, sum by (le) (rate(a_bucket{x="b_c"}[5m]))) > 0.1 and b_total == 1')
    return None if found == {"a_bucket", "b_total"} else f"{found}"


# ---- what they say ----

def syncs_and_switches_are_counted(studio):
    before = scrape(studio)
    session = start_show(studio)["sessionId"]
    client = Client(studio, session)
    for source in ("cam_1", "cam_2", "cam_1"):
        client.send("manual_cut", source)
    client.wait_event("switch", source="cam_2")
    after = wait_for(studio, lambda m: m["crosscut_log_sync_seconds_count"] >
                     before["crosscut_log_sync_seconds_count"], "a sync")
    client.close()
    stop_show(studio, session)
    for name in ("crosscut_log_sync_seconds", "crosscut_switch_seconds"):
        buckets = [v for n, v in after.values.items() if n.startswith(f"{name}_bucket")]
        if buckets != sorted(buckets) or buckets[-1] != after[f"{name}_count"] or not buckets[-1]:
            return f"{name}: {buckets} {after[f'{name}_count']}"
    if after["crosscut_log_sync_seconds_sum"] <= 0 or after["crosscut_ready"] != 1:
        return after.text
    now = after["process_start_time_seconds"]
    if not (after["process_cpu_seconds_total"] > 0 and after["process_resident_memory_bytes"] > 1e6 and
            after["process_open_fds"] > 5 and now > 1.7e9):
        return after.text
    return None


def streams_are_counted(studio):
    """Live, then away, then ended: by state while it is on air, in sums for ever; and no name, no key."""
    clip = Clip()
    with Rtmp() as server:
        session = show_of(studio)
        client = Client(studio, session)
        for name, port in (("one", server.port), ("two", free_port())):
            answer = studio.ask("POST", "/live/start",
                                {"sessionId": session, "url": f"rtmp://127.0.0.1:{port}/live",
                                 "key": KEY, "name": name})
            assert answer.status == 202, answer
        program = Program(studio, session, clip).start(client.clock(), 6)
        client.wait_event("live_state", 30, destination="one", state="live")
        client.wait_event("live_state", 30, destination="two", state="retrying")
        on_air = wait_for(studio, lambda m: m["crosscut_live_sent_frames_total"] > 0, "a picture")
        now = ready(studio)
        program.join()
        program.close()
        ended = studio.ask("POST", "/live/stop", {"sessionId": session}).json
        sent = {one["name"]: one for one in ended["destinations"]}["one"]
        after = scrape(studio)
        client.close()
        stop_show(studio, session)
    states = on_air.destinations()
    if states.get("live") != 1 or sum(states.values()) != 2 or on_air["crosscut_live_shows"] != 1:
        return f"{states} {on_air.text}"
    if now["live"] not in ("failing", "connecting") or not now["ready"]:
        return f"{now}"
    if after.destinations() or after["crosscut_live_shows"] or after["crosscut_live_queue_seconds"]:
        return f"it is over: {after.text}"
    if (after["crosscut_live_sent_bytes_total"], after["crosscut_live_sent_frames_total"]) != \
            (sent["bytes"], sent["frames"]) or not sent["frames"]:
        return f"{sent} {after.text}"
    if ready(studio)["live"] != "off" or not after["crosscut_live_retries_total"]:
        return f"{ready(studio)} {after.text}"
    shown = [word for word in (NAME, KEY, session, "cam_1", "two") if word in on_air.text + after.text]
    return f"it names {shown}" if shown else None


def egress_is_watched():
    stand_in = StandIn()
    stand_in.publish()
    environment = {**SECRET, "CROSSCUT_LIVEKIT_URL": stand_in.url, "CROSSCUT_LIVEKIT_KEY": livekit.KEY,
                   "CROSSCUT_LIVEKIT_SECRET": livekit.SECRET}
    try:
        with Studio("--allow-private-targets", environment=environment) as studio:
            off = ready(studio)
            session = start_show(studio)["sessionId"]
            client = Client(studio, session)
            answer = studio.ask("POST", "/live/start",
                                {"sessionId": session, "url": "rtmp://192.0.2.1/live", "key": KEY,
                                 "name": "one", "egress": "livekit"})
            assert answer.status == 202, answer
            client.wait_event("live_state", 30, destination="one", state="live")
            active = wait_for(studio, lambda m: m["crosscut_egresses_active"] == 1, "the egress")
            good = ready(studio)
            studio.ask("POST", "/live/stop", {"sessionId": session})
            after = scrape(studio)
            client.close()
            stop_show(studio, session)
    finally:
        stand_in.close()
    if (off["egress"], good["egress"], off["redis"]) != ("off", "ok", "off"):
        return f"{off} {good}"
    if active["crosscut_egresses"] != 1 or active["crosscut_livekit_configured"] != 1 or \
            active.destinations() != {"live": 1}:
        return active.text
    return after.text if after["crosscut_egresses"] or after["crosscut_egress_restarts_total"] else None


def redis_is_watched():
    """Redis, and the workers: those that leave are gone at once, one that was killed after a lease."""
    with redis.Redis() as server, Studio("--redis", server.url, "--worker-lease", "3s") as studio, \
            Worker(studio, server) as first, Worker(studio, server) as second:
        reached = wait_for(studio, lambda m: m["crosscut_redis_up"] == 1, "Redis")
        good = ready(studio)
        wait_for(studio, lambda m: m["crosscut_workers"] == 2, "two workers")
        first.end(signal.SIGTERM)
        wait_for(studio, lambda m: m["crosscut_workers"] == 1, "one worker")
        second.end(signal.SIGKILL)
        wait_for(studio, lambda m: m["crosscut_workers"] == 0, "no worker")
        server.kill()
        wait_for(studio, lambda m: m["crosscut_redis_up"] == 0, "the end of Redis")
        bad = ready(studio)
        server.start()
        wait_for(studio, lambda m: m["crosscut_redis_up"] == 1, "Redis again")
    if reached["crosscut_redis_configured"] != 1:
        return reached.text
    if (good["redis"], bad["redis"], bad["ready"]) != ("ok", "failing", True):
        return f"{good} {bad}"
    return None


def main():
    tap = Tap()
    with Studio("--allow-private-targets", environment=SECRET) as studio:
        metrics = scrape(studio)
        tap.run("the names of an expression are found", the_names_of_an_expression_are_found)
        tap.run("docs/METRICS.md has every metric, and no other", metrics_are_documented, metrics)
        tap.run("deploy/prometheus/alerts.yaml asks for what is there", alerts_ask_for_what_is_there, metrics)
        tap.run("deploy/grafana/crosscut.json asks for what is there",
                the_dashboard_asks_for_what_is_there, metrics)
        tap.run("syncs and switches are counted", syncs_and_switches_are_counted, studio)
        tap.run_unless(rtmp.missing(), "streams are counted, and named nowhere", streams_are_counted, studio)
    tap.run("egress is watched", egress_is_watched)
    tap.run_unless(redis.missing(), "redis is watched", redis_is_watched)
    tap.finish()


main()
