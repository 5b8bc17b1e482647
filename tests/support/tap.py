"""Test Anything Protocol for Python tests: one line a result, the plan at the end."""
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0
        self.lock = threading.Lock()

    def ok(self, good, name, detail=""):
        """One result; `detail` is printed when it is bad."""
        with self.lock:
            self.count += 1
            self.failed += not good
            print(f"{'ok' if good else 'not ok'} {self.count} {name}")
            if detail and not good:
                self.note(detail)
            sys.stdout.flush()
        return good

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} {name} # SKIP {why}", flush=True)

    def note(self, text):
        for line in str(text).splitlines():
            print(f"# {line}")

    def run(self, name, function, *arguments):
        """A result that is good unless the function raises or returns a complaint."""
        try:
            complaint = function(*arguments)
        except Exception:  # a broken test is a failed one
            complaint = traceback.format_exc()
        return self.ok(not complaint, name, complaint or "")

    def run_unless(self, why, name, function, *arguments):
        """As run(); skipped where `why` says what is missing."""
        if why:
            self.skip(name, why)
        else:
            self.run(name, function, *arguments)

    def run_side_by_side(self, tests, at_once):
        """As run() of each (name, function, argument…), so many at a time: for tests that mostly wait
        and have nothing in common. Their results come in the order in which they end."""
        with ThreadPoolExecutor(at_once) as pool:
            for result in [pool.submit(self.run, *test) for test in tests]:
                result.result()

    def finish(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)
