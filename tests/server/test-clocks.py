"""The session clock when the machine's clocks are set, when the server is killed, when the machine
begins anew."""
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from client import Client, read_log, replay_problem, show_folder, start_show, stop_show
from disk import DiskStudio
from tap import Tap

tap = Tap()
HOUR_S = 3600


def orders(log):
    """Complaint when seq or `at` go backwards."""
    for one, next_ in zip(log, log[1:]):
        if next_["seq"] != one["seq"] + 1 or next_.get("at", 0) < one.get("at", 0):
            return f"{one} is followed by {next_}"
    return None


def turn(client, source):
    start = client.send("speaking_start", source)
    assert start["ok"], start
    time.sleep(0.7)
    assert client.send("speaking_stop", source)["ok"]
    return start["at"]


def test_steps():
    """The wall clock jumps about in mid-show: nothing notices."""
    with DiskStudio() as studio:
        show = start_show(studio, settings={"min_shot": 0.5, "ignore": 0.2})["sessionId"]
        client = Client(studio, show)
        began, ats = time.monotonic(), [turn(client, "cam_1")]
        for step, source in ((HOUR_S, "cam_2"), (-HOUR_S, "cam_1"), (0, "cam_2")):
            studio.set_clock(real_s=step)
            ats.append(turn(client, source))
        lasted = (time.monotonic() - began) * 1000
        client.wait_event("switch", source="cam_2")
        client.close()
        stopped = stop_show(studio, show)
        log = read_log(show_folder(studio, show))
        manifest = studio.ask("GET", f"/sessions/{show}").json
    assert ats == sorted(ats) and ats[-1] - ats[0] <= lasted + 50, ats
    assert stopped["duration"] < lasted + 60_000 and stopped["duration"] >= ats[-1], stopped
    assert manifest["started_at"], manifest
    return orders(log) or replay_problem(log)


def restart(studio, show, **clock):
    """The clock before a kill and after a start, and at most so many ms went by in between."""
    client = Client(studio, show)
    moment = time.monotonic()
    last = client.send("marker")
    before = last["at"]
    studio.kill()
    if clock:
        studio.set_clock(**clock)
    studio.start()
    client = Client(studio, show)
    after, by = client.welcome["clock"], (time.monotonic() - moment) * 1000
    next_ = client.send("marker")
    client.close()
    assert next_["ok"] and next_["seq"] > last["seq"] and next_["at"] >= last["at"], (last, next_)
    return before, after, by


def test_restart_in_one_boot():
    """The same boot: the clock never stopped, whatever the wall clock says."""
    with DiskStudio() as studio:
        show = start_show(studio)["sessionId"]
        for step in (0, HOUR_S, -HOUR_S):
            before, after, by = restart(studio, show, real_s=step)
            assert before <= after <= before + by + 5, (step, before, after, by)
        stop_show(studio, show)
        return orders(read_log(show_folder(studio, show)))


def test_reboot():
    """Another boot: its clock begins anew, and the session's goes on by the wall clock."""
    with DiskStudio() as studio:
        boot = studio.folder / "boot-id"
        boot.write_text("11111111-1111-4111-8111-111111111111\n")
        studio.environment["CROSSCUT_BOOT_ID"] = str(boot)
        studio.kill()
        studio.start()
        show = start_show(studio)["sessionId"]
        boot.write_text("22222222-2222-4222-8222-222222222222\n")
        up_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        before, after, by = restart(studio, show, boot_s=10 - up_s, real_s=60)
        # started_at has whole seconds.
        assert before + 59_900 <= after <= before + by + 61_100, (before, after, by)
        boot.write_text("33333333-3333-4333-8333-333333333333\n")
        before, after, by = restart(studio, show, boot_s=10 - up_s, real_s=-HOUR_S)
        assert after >= before - 5, (before, after, "it went backwards")
        client = Client(studio, show)
        one = client.send("marker")["at"]
        time.sleep(0.3)
        two = client.send("marker")["at"]
        client.close()
        stop_show(studio, show)
        assert two >= one + 250, f"the clock stands still: {one}, {two}"
        return orders(read_log(show_folder(studio, show)))


for name, test in (
        ("/r08/a-wall-clock-that-is-set-changes-nothing", test_steps),
        ("/r08/after-a-kill-the-clock-goes-on-by-the-boot", test_restart_in_one_boot),
        ("/r08/after-a-reboot-it-goes-on-by-the-wall-clock-never-backwards", test_reboot)):
    tap.run(name, test)
tap.finish()
