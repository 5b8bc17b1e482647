"""crosscut cost: sums that can be followed, on prices that anyone can edit."""
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import show  # noqa: E402
from tap import Tap  # noqa: E402

SOURCE = Path(__file__).resolve().parents[2]
USAGE = {"camera_kbits": 8000, "program_kbits": 4000, "live_kbits": 4000, "render_cpu": {"h264": {"program": 0.2, "camera": 0.1}}}
PRICES = {"server": 1, "render": 2, "storage": 4, "traffic_in": 0, "traffic_out": 10}


def table(ceiling=1.56, usage=None, **change):
    prices = {**PRICES, **change}
    return {"version": 1, "currency": "EUR", "ceiling": {"price": ceiling}, "usage": usage or USAGE,
            "place": "here",
            "places": {"here": {"label": "Here", **{
                k: {"price": v, "unit": "unit", "what": k, "source": "https://example.net", "date": "2026-11"}
                for k, v in prices.items()}}}}


def cost(folder, prices, *arguments):
    path = Path(folder) / "prices.json"
    path.write_text(json.dumps(prices))
    done = show.crosscut("cost", "--prices", path, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return lines[0], [line["warning"] for line in lines[1:]]


def near(a, b):
    assert abs(a - b) < 1e-6 * max(1, abs(b)), (a, b)


def test_sums():
    with tempfile.TemporaryDirectory() as folder:
        said, _ = cost(folder, table(), "--hours", 2, "--cameras", 3, "--live", 0.5, "--destinations", 2,
                       "--days", 15, "--downloads", 10)
    lines = {(line["when"], line["kind"]): line for line in said["lines"]}
    recorded = 2 * 3600 * (3 * 8000 + 4000) * 1000 / 8 / 1e9
    near(lines["show", "compute"]["cost"], 2 * 1)
    near(lines["show", "traffic"]["amount"], recorded)
    near(lines["live", "traffic"]["cost"], 0.5 * 3600 * 4000 * 1000 / 8 / 1e9 * 2 * 10)
    near(lines["render", "compute"]["cost"], 2 * 0.5 * 2)
    near(lines["keep", "storage"]["cost"], 2 * recorded * 15 / 30 * 4)
    near(lines["keep", "traffic"]["cost"], 2 * 3600 * 4000 * 1000 / 8 / 1e9 * 10 * 10)
    near(said["total"], sum(line["cost"] for line in said["lines"]))
    outside = sum(line["cost"] for line in said["lines"] if line["when"] in ("show", "keep"))
    near(said["hourly"], outside / 2)
    assert said["currency"] == "EUR" and lines["show", "compute"]["date"] == "2026-11", said


def test_ceiling():
    cheap = dict(server=0.1, storage=0.001, traffic_out=0)
    with tempfile.TemporaryDirectory() as folder:
        _, quiet = cost(folder, table(**cheap))
        # Live and render may cost what they want: the ceiling is for the rest.
        _, live = cost(folder, table(**{**cheap, "render": 1000}), "--live", 1)
        _, loud = cost(folder, table(**{**cheap, "server": 1.6}))
        _, much = cost(folder, table(**{**cheap, "storage": 5}))
        _, none = cost(folder, table(ceiling=100, **{**cheap, "server": 1.6}))
    assert quiet == [] and live == [] and none == [], (quiet, live, none)
    assert len(loud) == 1 and "1.56" in loud[0] and "smaller machine" in loud[0], loud
    assert len(much) == 1 and "--keep-iso" in much[0], much


def test_unknown():
    with tempfile.TemporaryDirectory() as folder:
        said, warned = cost(folder, table(usage={**USAGE, "render_cpu": {}}), "--codec", "vp9")
    render = [line for line in said["lines"] if line["when"] == "render"]
    assert render[0]["cost"] is None and any("not counted" in text for text in warned), (render, warned)


def manifest(folder, **program):
    value = {"version": 1, "id": "6f9c1c1e-6e3a-4b9c-9f6e-3f1f6f0f5a11", "name": "A show",
             "started_at": "2026-11-24T19:00:00Z", "state": "complete",
             "program": {"start": 0, "duration": 1_800_000, "rate": [30, 1], **program},
             "sources": [{"id": "cam_1"}, {"id": "cam_2"}, {"id": "cam_3", "role": "mic"}],
             "files": [{"name": "cam_1_iso.mkv", "kind": "iso", "source": "cam_1", "bytes": 2_000_000_000},
                       {"name": "program.mkv", "kind": "program", "bytes": 1_000_000_000},
                       {"name": "program.mp4", "kind": "program", "bytes": 1_100_000_000}]}
    (Path(folder) / "manifest.json").write_text(json.dumps(value))


def test_measured():
    with tempfile.TemporaryDirectory() as folder:
        manifest(folder, rendered={"cpu": 90_000, "last": 30_000, "times": 3})
        said, _ = cost(folder, table(), folder)
        lines = {(line["when"], line["kind"]): line for line in said["lines"]}
        near(said["hours"], 0.5)
        assert said["cameras"] == 2, said
        near(lines["render", "compute"]["amount"], 90 / 3600)
        near(lines["keep", "storage"]["amount"], 4.1)
        near(lines["keep", "traffic"]["amount"], 1.1)
        assert all(line["measured"] for line in said["lines"] if line["when"] != "live"), said
        (Path(folder) / "live.json").write_text(json.dumps(
            {"version": 1, "state": "ended", "start": 0, "end": 900_000,
             "destinations": [{"name": "A", "bytes": 500_000_000}, {"name": "B", "bytes": 250_000_000}]}))
        said, _ = cost(folder, table(), folder)
        live = next(line for line in said["lines"] if line["when"] == "live")
        assert live["measured"] and said["live"] == 0.25, said
        near(live["cost"], 0.75 * 10)
        said, _ = cost(folder, table(), folder, "--live", 1)
        assert not next(line for line in said["lines"] if line["when"] == "live")["measured"], said
        (Path(folder) / "live.json").unlink()
        manifest(folder)
        said, warned = cost(folder, table(), folder)
        assert any("rendering: not counted" in text for text in warned), warned


def test_carried():
    """The table that is shipped: one currency, a region for each place, a source and a date for each
    price; people are told to look them up, and the idle show stays below."""
    carried = json.loads((SOURCE / "data/prices.json").read_text())
    assert len(carried["currency"]) == 3 and "look them up" in carried["note"], carried["note"]
    assert "look them up" in (SOURCE / "docs/OPERATE.md").read_text()
    done = show.crosscut("cost", "--hours", 1, "--cameras", 3, "--live", 1)
    assert done.returncode == 0 and "https://" in done.stdout, done
    assert "outside live and render" in done.stdout and "look them up" in done.stdout, done.stdout
    for place, prices in carried["places"].items():
        assert prices["region"] in prices["label"], place
        for name, entry in prices.items():
            if name not in ("label", "region"):
                assert entry["source"].startswith("https://") and entry["date"] and entry["unit"], (place, name)
        done = show.crosscut("cost", "--place", place, "--json")
        said = json.loads(done.stdout.splitlines()[0])
        assert (said["place"], said["region"], said["currency"]) == (place, prices["region"], "USD"), done


def test_mistakes():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prices.json"
        for text, said in (("{", "prices.json"), ("{}", "there is no place"),
                           (json.dumps(table(server=-1)), "places.here.server.price"),
                           (json.dumps({**table(), "place": "there"}), "it knows: here"),
                           (json.dumps({**table(), "usage": {}}), "usage.camera_kbits")):
            path.write_text(text)
            done = show.crosscut("cost", "--prices", path)
            assert done.returncode == 1 and said in done.stderr, (text, done)
        assert show.crosscut("cost", "--prices", Path(folder) / "none").returncode == 1
        assert show.crosscut("cost", Path(folder) / "no-show").returncode == 1
    assert show.crosscut("cost", "a", "b").returncode == 2
    assert show.crosscut("cost", "--cameras", 0).returncode == 2
    assert show.crosscut("cost", "--place", "nowhere").returncode == 1


tap = Tap()
for name, test in (("sums-are-those-of-the-table", test_sums), ("warns-above-the-ceiling", test_ceiling),
                   ("says-what-it-does-not-know", test_unknown), ("takes-what-was-measured", test_measured),
                   ("its-own-table-has-sources-and-dates", test_carried),
                   ("mistakes-are-named", test_mistakes)):
    tap.run(f"/cli/cost/{name}", test)
tap.finish()
