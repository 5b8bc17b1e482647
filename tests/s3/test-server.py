"""The room s3 against a real S3 server: what is sent is there, what is fetched is the same."""
import hashlib
import os
import random
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from s3 import BUCKET, Call, Faults, Storage, missing  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
MIB = 1 << 20


def noise(length, seed=1):
    return random.Random(seed).randbytes(length)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def file_of(folder, name, data):
    path = folder / name
    path.write_bytes(data)
    return path


def small_and_large(storage, folder):
    """Sizes about where one request ends and parts begin."""
    for length in (0, 1, 70_000, 5 * MIB, 5 * MIB + 1, 10 * MIB, 12 * MIB + 345):
        data = noise(length, length)
        path = file_of(folder, "sent", data)
        key = f"a folder/ü+{length}.webm"
        put = Call(storage.endpoint, "put", key, path, sha256(data))
        if put.status != 0 or put.text != f"progress {length}":
            return f"{length}: {put}"
        if storage.read(f"here/{key}") != data:
            return f"{length}: other bytes are there"
        head = Call(storage.endpoint, "head", key)
        if head.text.split()[0] != str(length) or head.text.split()[2] != sha256(data):
            return f"{length}: {head}"
        got = Call(storage.endpoint, "get", key, folder / "got", sha256(data))
        if got.status != 0 or (folder / "got").read_bytes() != data:
            return f"{length}: {got}"
    left = [name for name in os.listdir(folder) if name.endswith(".part")]
    return f"left behind: {left}" if left else None


def text_there_and_back(storage):
    put = Call(storage.endpoint, "put-text", "note.json", "{\"a\":1}")
    got = Call(storage.endpoint, "get-text", "note.json")
    if put.status != 0 or got.text != "{\"a\":1}":
        return f"{put} {got}"
    long = Call(storage.endpoint, "get-text", "note.json", 3)
    return None if long.error == "11" else f"too long: {long}"


def listing(storage):
    """More than one page, in order, within the prefix only."""
    top = storage.root / BUCKET / "many" / "x"
    top.mkdir(parents=True)
    names = [f"{i:04}" for i in range(1005)]
    for name in names:
        (top / name).write_bytes(b"1")
    url = f"s3://{BUCKET}/many"
    listed = Call(storage.endpoint, "list", "x/", url=url).text.splitlines()
    if listed != [f"x/{name} 1" for name in names]:
        return f"{len(listed)} {listed[:3]}"
    gone = Call(storage.endpoint, "delete-all", "x/00", url=url)
    left = Call(storage.endpoint, "list", url=url).text.splitlines()
    if gone.text != "100" or len(left) != 905:
        return f"{gone} {len(left)}"
    nothing = Call(storage.endpoint, "list", "no-such/", url=url)
    return None if (nothing.status, nothing.text) == (0, "") else nothing


def absent(storage):
    for words, code in ((("head", "no"), "3"), (("get-text", "no"), "3"),
                        (("get", "no", "/tmp/never"), "3")):
        call = Call(storage.endpoint, *words)
        if call.error != code:
            return f"{words}: {call}"
    again = Call(storage.endpoint, "delete", "no")
    if again.status != 0:
        return f"deleting what is not there: {again}"
    bucket = Call(storage.endpoint, "list", url="s3://no-such-bucket")
    return None if bucket.error == "4" else f"no bucket: {bucket}"


def denied(storage):
    for settings in ({"secret": "wrong-wrong-wrong"}, {"key": "AKIDUNKNOWN"}):
        call = Call(storage.endpoint, "list", **settings)
        if call.error != "5" or "wrong-wrong" in call.text:
            return call
    return None


def broken_off(storage, folder):
    """An upload in parts that was given up is taken up: parts that are there are not sent again."""
    faults = Faults(storage)
    try:
        data = noise(23 * MIB, 7)
        path = file_of(folder, "long", data)
        first = Call(faults.endpoint, "put-and-give-up", "long.webm", path, 11 * MIB)
        if first.error != "cancelled":
            return f"not given up: {first}"
        if "here/long.webm" in storage.objects():
            return "it is there by half"
        sent = sum("partNumber" in path for _, path in faults.seen)
        faults.seen.clear()
        second = Call(faults.endpoint, "put", "long.webm", path)
        again = sum("partNumber" in path for _, path in faults.seen)
        if second.status != 0 or storage.read("here/long.webm") != data:
            return second
        if sent < 2 or again >= 5 or sent + again > 6:
            return f"sent {sent} and then {again} parts of 5"
    finally:
        faults.close()
    return None


def another_file(storage, folder):
    """An upload that was given up is of no use to another file of that name."""
    faults = Faults(storage)
    try:
        Call(faults.endpoint, "put-and-give-up", "other.webm",
             file_of(folder, "one", noise(23 * MIB, 8)), 11 * MIB)
        data = noise(11 * MIB, 9)
        second = Call(faults.endpoint, "put", "other.webm", file_of(folder, "two", data))
        if second.status != 0 or storage.read("here/other.webm") != data:
            return second
        head = Call(storage.endpoint, "head", "other.webm")
        return None if head.text.split()[2] == sha256(data) else head
    finally:
        faults.close()


def stale(storage, folder):
    """Unfinished uploads are ended when they are old enough, and only these."""
    Call(storage.endpoint, "put-and-give-up", "never.webm",
         file_of(folder, "never", noise(23 * MIB, 10)), 11 * MIB)
    young = Call(storage.endpoint, "abort-stale", 3600)
    time.sleep(1.1)  # servers count in seconds
    old = Call(storage.endpoint, "abort-stale", 0)
    none = Call(storage.endpoint, "abort-stale", 0)
    got = (young.text, old.text, none.text)
    return None if got == ("0", "1", "0") else got


def changed_file(storage, folder):
    """A file whose sha256 is not what the caller knows goes nowhere."""
    for length in (1000, 11 * MIB):
        path = file_of(folder, "rotten", noise(length, 3))
        call = Call(storage.endpoint, "put", "rotten.webm", path, sha256(b"as it was"))
        if call.error != "13" or "here/rotten.webm" in storage.objects():
            return call
    return None


def presigned(storage):
    """An address alone is enough, for one thing, with a name for the download."""
    Call(storage.endpoint, "put-text", "public.txt", "hello")
    url = Call(storage.endpoint, "presign", "GET", "public.txt", 60, "saved as.txt").text
    with urllib.request.urlopen(url, timeout=30) as answer:
        if answer.read() != b"hello":
            return "not what was sent"
        if "saved as.txt" not in answer.headers.get("Content-Disposition", ""):
            return dict(answer.headers)
    put = Call(storage.endpoint, "presign", "PUT", "from-browser.txt", 60).text
    urllib.request.urlopen(urllib.request.Request(put, b"sent", method="PUT"), timeout=30).close()
    if storage.read("here/from-browser.txt") != b"sent":
        return "not there"
    for wrong in (url.replace("public.txt", "note.json"), url[:-4] + "0000"):
        try:
            urllib.request.urlopen(wrong, timeout=30).close()
            return f"another address works: {wrong}"
        except urllib.error.HTTPError as error:
            if error.code != 403:
                return error
    return None


why = missing()
if why:
    tap.skip("/s3/server/runs", why)
else:
    server = Storage()
    try:
        with tempfile.TemporaryDirectory(prefix="crosscut-s3-") as made:
            here = Path(made)
            tap.run("/s3/server/files-of-every-size-there-and-back", small_and_large, server, here)
            tap.run("/s3/server/bytes-there-and-back-within-a-limit", text_there_and_back, server)
            tap.run("/s3/server/lists-page-by-page-and-deletes-below-a-prefix", listing, server)
            tap.run("/s3/server/what-is-not-there-has-its-error", absent, server)
            tap.run("/s3/server/wrong-credentials-are-denied-and-not-said", denied, server)
            tap.run("/s3/server/an-upload-that-was-broken-off-goes-on", broken_off, server, here)
            tap.run("/s3/server/an-unfinished-upload-of-another-file-is-no-use", another_file,
                    server, here)
            tap.run("/s3/server/old-unfinished-uploads-are-ended", stale, server, here)
            tap.run("/s3/server/a-file-that-changed-goes-nowhere", changed_file, server, here)
            tap.run("/s3/server/presigned-addresses-do-one-thing", presigned, server)
    finally:
        server.close()
tap.finish()
