"""The room s3 when the server fails (R7): what passes is waited for, what does not is said, and no
call says yes before the bytes are safe. The server is real, a proxy before it fails on demand."""
import hashlib
import os
import random
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from email.utils import formatdate
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from s3 import Call, Change, Cut, Faults, Stall, Status, Storage, missing  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
MIB = 1 << 20
FAILED, NO_BUCKET, DENIED, CLOCK, REDIRECTED = "1", "4", "5", "6", "7"
UNAVAILABLE, DIFFERS, CHANGED, TOO_LARGE, ANSWER = "8", "9", "10", "11", "12"


def noise(length, seed=1):
    return random.Random(seed).randbytes(length)


def first(count, how, good=lambda request: True):
    """What happens to the first `count` requests that are meant."""
    left = [count]

    def rule(request):
        if left[0] > 0 and good(request):
            left[0] -= 1
            return how
        return None
    return rule


def is_part(request):
    return "partNumber" in request.path


def passing(faults, folder):
    """Each of these passes by itself: with a small file, in parts, and on the way back."""
    data = noise(11 * MIB, 2)
    large, small = folder / "large", folder / "small"
    large.write_bytes(data)
    small.write_bytes(data[:1000])
    faults_of = {
        "500": Status(500, "InternalError"), "503": Status(503, "SlowDown"),
        "503 without a word": Status(503), "429": Status(429), "cut": Cut(),
        "timeout": Status(400, "RequestTimeout"), "cut answer": Cut(sent=10),
        "damaged": Status(400, "BadDigest"),
    }
    for name, how in faults_of.items():
        # An answer to HEAD has no body that says which 400 it is.
        meant = lambda r, how=how: r.method != "HEAD" or getattr(how, "status", 0) != 400  # noqa: E731
        for path, length in ((small, 1000), (large, len(data))):
            faults.rule = first(3, how, meant)
            put = Call(faults.endpoint, "put", "passing.webm", path)
            if put.status != 0:
                return f"put after {name}: {put}"
            faults.rule = first(3, how, meant)
            got = Call(faults.endpoint, "get", "passing.webm", folder / "got")
            if got.status != 0 or (folder / "got").read_bytes() != data[:length]:
                return f"get after {name}: {got}"
    return None


def lasting(faults, folder):
    """What lasts ends with its own error, after the attempts that were asked for."""
    path = folder / "small"
    path.write_bytes(b"abc")
    for how, code, requests in (
            (Status(503, "SlowDown"), UNAVAILABLE, 4), (Cut(), UNAVAILABLE, 4),
            (Status(403, "AccessDenied"), DENIED, 1), (Status(404, "NoSuchBucket"), NO_BUCKET, 1),
            (Status(400, "InvalidArgument"), FAILED, 1),
            (Status(301, "PermanentRedirect", {"Location": "http://169.254.169.254/"}),
             REDIRECTED, 1),
            (Status(307, None, {"Location": faults.storage.endpoint}), REDIRECTED, 1)):
        faults.rule = lambda request, how=how: how
        faults.seen.clear()
        call = Call(faults.endpoint, "put", "lasting.webm", path, attempts=4)
        if call.error != code or len(faults.seen) != requests:
            return f"expected {code} after {requests}: {call} after {len(faults.seen)}"
        if "S3cr3t" in call.text:
            return f"it says what the server sent of the signature: {call}"
    return None


def stalled(faults, folder):
    path = folder / "small"
    path.write_bytes(b"abc")
    faults.rule = first(1, Stall())
    call = Call(faults.endpoint, "put", "stalled.webm", path, stall_s=1)
    if call.status != 0:
        return f"once: {call}"
    faults.rule = lambda request: Stall()
    call = Call(faults.endpoint, "put", "stalled.webm", path, stall_s=1, attempts=2)
    return None if call.error == UNAVAILABLE else f"for ever: {call}"


def nobody(faults, folder):
    del faults
    path = folder / "small"
    path.write_bytes(b"abc")
    call = Call("http://127.0.0.1:9", "put", "x", path, attempts=2)
    if call.error != UNAVAILABLE:
        return f"no server: {call}"
    for address in ("http://169.254.169.254", "http://[fe80::1]", "http://[::ffff:169.254.1.1]"):
        call = Call(address, "get-text", "latest/meta-data", attempts=2)
        if call.error != DENIED or "link-local" not in call.text:
            return f"{address}: {call}"
    return None


def stranger(faults, folder):
    """A server whose certificate nobody vouches for gets no request, and none is tried again."""
    del faults
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                    "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem",
                    "-out", "cert.pem"], cwd=folder, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    came = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        def serve():
            while True:
                try:
                    plain, _ = listening.accept()
                except OSError:
                    return
                came.append(1)
                try:
                    with context.wrap_socket(plain, server_side=True) as secure:
                        came.append(secure.recv(100))
                except OSError:
                    pass
        threading.Thread(target=serve, daemon=True).start()
        call = Call(f"https://127.0.0.1:{listening.getsockname()[1]}", "head", "x", attempts=3)
        listening.shutdown(socket.SHUT_RDWR)
    if call.error != FAILED or "certificate" not in call.text.lower():
        return call
    return None if came == [1] else f"it was tried again, or heard something: {came}"


def clock(faults, folder):
    """A clock that is wrong is named, with the difference."""
    del folder
    late = {"Date": formatdate(time.time() + 7200, usegmt=True)}
    for how in (Status(403, "RequestTimeTooSkewed", late), Status(403, None, late)):
        faults.rule = lambda request, how=how: how
        call = Call(faults.endpoint, "head", "x")
        if call.error != CLOCK or "s behind the server's" not in call.text:
            return call
    return None


def wrong_at_server(faults, folder):
    """The server has something else than what was sent, or says so: the call does not say yes."""
    path = folder / "small"
    path.write_bytes(noise(1000, 4))
    other = hashlib.md5(b"other").hexdigest()
    for headers in ({"ETag": f"\"{other}\""}, {"Content-Length": "999"},
                    {"x-amz-checksum-sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
                    {"x-amz-meta-sha256": hashlib.sha256(b"other").hexdigest()}):
        faults.rule = lambda request, headers=headers: (
            Change(headers) if request.method == "HEAD" else None)
        call = Call(faults.endpoint, "put", "wrong.webm", path)
        if call.error != DIFFERS:
            return f"{headers}: {call}"
    return None


def wrong_parts(faults, folder):
    """A part with a wrong ETag, and an end that is no end, fail; then it goes on and is right."""
    data = noise(12 * MIB, 5)
    path = folder / "large"
    path.write_bytes(data)
    other = hashlib.md5(b"other").hexdigest()
    faults.rule = lambda request: Change({"ETag": f"\"{other}\""}) if is_part(request) else None
    call = Call(faults.endpoint, "put", "parts.webm", path)
    if call.error != DIFFERS or "here/parts.webm" in faults.storage.objects():
        return f"wrong ETag: {call}"
    refusal = Status(200, "InternalError")
    is_end = lambda request: request.method == "POST" and "uploadId" in request.path  # noqa: E731
    faults.rule = lambda request: refusal if is_end(request) else None
    call = Call(faults.endpoint, "put", "parts.webm", path, attempts=2)
    if call.error != UNAVAILABLE or "here/parts.webm" in faults.storage.objects():
        return f"200 and an error: {call}"
    faults.rule = lambda request: None
    call = Call(faults.endpoint, "put", "parts.webm", path)
    good = call.status == 0 and faults.storage.read("here/parts.webm") == data
    return None if good else f"afterwards: {call}"


def end_not_heard(faults, folder):
    """The parts were put together, but the answer was lost: what is there decides."""
    data = noise(12 * MIB, 6)
    path = folder / "large"
    path.write_bytes(data)
    is_end = lambda request: request.method == "POST" and "uploadId" in request.path  # noqa: E731
    faults.rule = first(1, Cut(sent=0), is_end)
    call = Call(faults.endpoint, "put", "unheard.webm", path)
    good = call.status == 0 and faults.storage.read("here/unheard.webm") == data
    return None if good else call


def forgotten(faults, folder):
    """An upload in parts that the server lost in the middle is begun anew, the next time at the
    latest."""
    data = noise(12 * MIB, 7)
    path = folder / "large"
    path.write_bytes(data)
    faults.rule = first(1, Status(404, "NoSuchUpload"), lambda r: is_part(r) and "=2" in r.path)
    call = Call(faults.endpoint, "put", "forgotten.webm", path)
    if call.status != 0:
        faults.rule = lambda request: None
        call = Call(faults.endpoint, "put", "forgotten.webm", path)
    good = call.status == 0 and faults.storage.read("here/forgotten.webm") == data
    return None if good else call


def cut_downloads(faults, folder):
    """Each connection brings a little: the rest is asked for, nothing twice."""
    data = noise(3 * MIB, 8)
    path = folder / "sent"
    path.write_bytes(data)
    faults.rule = lambda request: None
    Call(faults.endpoint, "put", "cut.webm", path)
    is_get = lambda request: request.method == "GET"  # noqa: E731
    faults.rule = first(9, Cut(sent=300_000), is_get)
    call = Call(faults.endpoint, "get", "cut.webm", folder / "got", attempts=3)
    if call.status != 0 or (folder / "got").read_bytes() != data:
        return call
    # Given up after a piece, and another process goes on.
    faults.rule = first(1, Cut(sent=2 * MIB), is_get)
    faults.rule = lambda request, one=faults.rule: (one(request) or
                                                    (Status(503) if is_get(request) else None))
    call = Call(faults.endpoint, "get", "cut.webm", folder / "again", attempts=2)
    if call.error != UNAVAILABLE or (folder / "again").exists():
        return f"not given up: {call}"
    ranges = []
    faults.rule = lambda request: ranges.append(request.headers.get("Range"))
    call = Call(faults.endpoint, "get", "cut.webm", folder / "again")
    if call.status != 0 or (folder / "again").read_bytes() != data:
        return call
    return None if f"bytes={2 * MIB}-" in ranges else f"from the beginning: {ranges}"


def damaged_download(faults, folder):
    """Other bytes, another range, more than there is: never under the file's name."""
    data = noise(100_000, 9)
    path = folder / "sent"
    path.write_bytes(data)
    faults.rule = lambda request: None
    Call(faults.endpoint, "put", "damaged.webm", path)
    other = noise(100_000, 10)
    for how, code in ((Change(body=other), DIFFERS), (Change(body=data + b"x"), ANSWER),
                      (Change({"Content-Range": "bytes 5-99999/100000"}), ANSWER),
                      (Status(412, "PreconditionFailed"), CHANGED)):
        faults.rule = lambda request, how=how: how if request.method == "GET" else None
        call = Call(faults.endpoint, "get", "damaged.webm", folder / "damaged")
        if call.error != code or (folder / "damaged").exists():
            return f"{code}: {call}"
    left = [name for name in os.listdir(folder) if name.endswith(".part")]
    faults.rule = lambda request: None
    call = Call(faults.endpoint, "get", "damaged.webm", folder / "damaged")
    good = call.status == 0 and (folder / "damaged").read_bytes() == data
    return None if good else f"afterwards: {call} {left}"


def hostile(faults, folder):
    """Answers that no S3 server gives end early."""
    del folder
    page = (b"<ListBucketResult><IsTruncated>true</IsTruncated>"
            b"<NextContinuationToken>same</NextContinuationToken></ListBucketResult>")
    for body in (b"<html>", b"", page, b"<a>" * 100_000, b"<Other/>", b"x" * (9 * MIB),
                 b"<ListBucketResult><Contents><Key>elsewhere</Key><Size>1</Size></Contents>"
                 b"</ListBucketResult>"):
        faults.rule = lambda request, body=body: Change(body=body)
        call = Call(faults.endpoint, "list")
        if call.error not in (ANSWER, TOO_LARGE):
            return f"{body[:60]}: {call}"
    return None


why = missing()
if why:
    tap.skip("/r07/s3/runs", why)
else:
    server = Storage()
    proxy = Faults(server)
    try:
        with tempfile.TemporaryDirectory(prefix="crosscut-s3-") as made:
            for test_name, function in (
                    ("/r07/s3/what-passes-is-waited-for", passing),
                    ("/r07/s3/what-lasts-has-its-own-error", lasting),
                    ("/r07/s3/a-stalled-connection-is-given-up", stalled),
                    ("/s09/s3/no-server-and-link-local-addresses", nobody),
                    ("/s09/s3/a-stranger-s-certificate-is-refused", stranger),
                    ("/r08/s3/a-wrong-clock-is-named", clock),
                    ("/r07/s3/what-the-server-has-is-verified", wrong_at_server),
                    ("/r07/s3/wrong-parts-are-never-an-object", wrong_parts),
                    ("/r07/s3/an-end-that-was-not-heard-is-no-failure", end_not_heard),
                    ("/r07/s3/a-forgotten-upload-begins-anew", forgotten),
                    ("/r07/s3/downloads-go-on-where-they-were-cut", cut_downloads),
                    ("/r07/s3/damaged-downloads-have-no-name", damaged_download),
                    ("/s10/s3/hostile-answers-end-early", hostile)):
                tap.run(test_name, function, proxy, Path(made))
    finally:
        proxy.close()
        server.close()
tap.finish()
