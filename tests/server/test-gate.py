"""The gate from outside: who comes in, what is refused, what each answer carries."""
import json
import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from serve import CROSSCUT, SOURCE, TOKEN, Studio, refused  # noqa: E402
from tap import Tap  # noqa: E402

ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
          "Cross-Origin-Resource-Policy": "same-origin"}


def expect(answer, status, code=None):
    if answer.status != status or (code and answer.code != code):
        return f"expected {status} {code or ''}, found {answer!r}"
    return None


def first(*complaints):
    return next((c for c in complaints if c), None)


def cookie_of(studio, **more):
    answer = studio.ask("POST", "/login", {"token": TOKEN}, token=None, **more)
    assert answer.status == 204, answer
    return answer.headers["Set-Cookie"]


# ---- tokens ----

def no_token_is_401(studio):
    for path in ("/me", "/metrics", "/openapi.json", "/sample"):
        complaint = expect(studio.ask("GET", path, token=None), 401, "unauthorised")
        if complaint:
            return f"{path}: {complaint}"
    return None


def wrong_tokens_are_401(studio):
    for header in ("Bearer", "Bearer ", "Bearer wrong-token-wrong", f"Basic {TOKEN}",
                   f"Bearer {TOKEN}x", f"bearer{TOKEN}", "Bearer g1.e30.AAAA", "Bearer u1.", "",
                   "Bearer c1.e30.x", "Bearer " + "a" * 4000):
        answer = studio.ask("GET", "/me", token=None, headers={"Authorization": header})
        if answer.status != 401 or TOKEN in answer.body.decode():
            return f"{header!r}: {answer!r}"
    return None


def admin_token_is_admin(studio):
    expected = {"role": "admin", "livekit": False,
                "egress": {"ways": ["console"], "usual": "console"}}
    for scheme in ("Bearer", "bearer", "BEARER"):
        answer = studio.ask("GET", "/me", token=None, headers={"Authorization": f"{scheme} {TOKEN}"})
        if answer.status != 200 or answer.json != expected:
            return repr(answer)
    return None


def token_in_query_is_nothing(studio):
    return first(expect(studio.ask("GET", f"/me?token={TOKEN}", token=None), 401),
                 expect(studio.ask("GET", f"/me?access_token={TOKEN}", token=None), 401))


# ---- the cookie ----

def cookie_is_for_pages_of_ours_only(studio):
    cookie = cookie_of(studio)
    parts = {p.strip().partition("=")[0] for p in cookie.split(";")}
    if not {"HttpOnly", "SameSite", "Path", "Max-Age", "crosscut"} <= parts or TOKEN in cookie:
        return cookie
    if "SameSite=Strict" not in cookie or "Secure" in cookie:
        return cookie
    value = {"Cookie": cookie.partition(";")[0]}
    own = {**value, "Origin": studio.address}
    return first(
        expect(studio.ask("GET", "/me", token=None, headers=value), 200),
        expect(studio.ask("POST", "/logout", token=None, headers=value), 403, "forbidden"),
        expect(studio.ask("POST", "/logout", token=None,
                          headers={**value, "Origin": "https://evil.example"}), 403, "forbidden"),
        expect(studio.ask("POST", "/logout", token=None, headers={**value, "Origin": "null"}),
               403, "forbidden"),
        expect(studio.ask("POST", "/logout", token=None,
                          headers={**value, "Origin": f"http://127.0.0.1:{studio.port + 1}"}),
               403, "forbidden"),
        expect(studio.ask("GET", "/me", token=None, headers=own), 200),
    )


def logout_ends_the_cookie(studio):
    value = {"Cookie": cookie_of(studio).partition(";")[0], "Origin": studio.address}
    answer = studio.ask("POST", "/logout", token=None, headers=value)
    if answer.status != 204 or "Max-Age=0" not in answer.headers["Set-Cookie"]:
        return repr(answer)
    return expect(studio.ask("GET", "/me", token=None, headers=value), 401, "unauthorised")


def login_of_another_site_is_refused(studio):
    return expect(studio.ask("POST", "/login", {"token": TOKEN}, token=None,
                             headers={"Origin": "https://evil.example"}), 403, "forbidden")


def bad_logins_say_why(studio):
    ask = studio.ask
    return first(
        expect(ask("POST", "/login", {"token": "wrong"}, token=None), 401, "unauthorised"),
        expect(ask("POST", "/login", {}, token=None), 400, "invalid"),
        expect(ask("POST", "/login", {"token": 1}, token=None), 400, "invalid"),
        expect(ask("POST", "/login", [], token=None), 400, "invalid"),
        expect(ask("POST", "/login", "{", token=None,
                   headers={"Content-Type": "application/json"}), 400, "invalid"),
        expect(ask("POST", "/login", "token=x", token=None,
                   headers={"Content-Type": "application/x-www-form-urlencoded"}),
               415, "wrong_type"),
        expect(ask("POST", "/login", json.dumps({"token": TOKEN}), token=None), 415, "wrong_type"),
        expect(ask("POST", "/login", {"token": "x" * 5000}, token=None), 413, "too_large"),
        expect(ask("POST", "/login", "[" * 4000, token=None,
                   headers={"Content-Type": "application/json"}), 400, "invalid"),
    )


# ---- where from ----

def names_that_point_here_are_refused(studio):
    """DNS rebinding: the page's own name, our address."""
    for host in ("evil.example", f"evil.example:{studio.port}", "127.0.0.1.evil.example",
                 "localhost.evil.example", "[::1", "[]", ""):
        value = {"Host": host, "Cookie": "crosscut=x"}
        answer = studio.ask("GET", "/me", token=None, headers=value)
        page = studio.ask("GET", "/", token=None, headers=value)
        login = studio.ask("POST", "/login", {"token": TOKEN}, token=None, headers=value)
        found = {answer.status, page.status, login.status}
        if not found <= {403, 400}:
            return f"{host!r}: {found}"
    for host in ("localhost", f"localhost:{studio.port}", "127.0.0.1", "[::1]:80", "LOCALHOST",
                 "studio.localhost", "localhost."):
        complaint = expect(studio.ask("GET", "/", token=None, headers={"Host": host}), 200)
        if complaint:
            return f"{host}: {complaint}"
    return first(expect(studio.ask("GET", "/healthz", token=None, headers={"Host": "pod-1"}), 200),
                 expect(studio.ask("GET", "/metrics", headers={"Host": "server:8080"}), 200))


def other_sites_only_where_allowed():
    with Studio("--origins", "https://desk.example") as studio:
        asked = {"Access-Control-Request-Method": "POST",
                 "Access-Control-Request-Headers": "authorization"}
        allowed = studio.ask("OPTIONS", "/login", token=None,
                             headers={**asked, "Origin": "https://desk.example"})
        denied = studio.ask("OPTIONS", "/login", token=None,
                            headers={**asked, "Origin": "https://evil.example"})
        call = studio.ask("GET", "/me", headers={"Origin": "https://desk.example"})
        other = studio.ask("GET", "/me", headers={"Origin": "https://evil.example"})
        cookie = {"Cookie": cookie_of(studio).partition(";")[0]}
        change = studio.ask("POST", "/logout", token=None,
                            headers={**cookie, "Origin": "https://desk.example"})
    origin = "Access-Control-Allow-Origin"
    if allowed.status != 204 or allowed.headers[origin] != "https://desk.example":
        return repr(allowed)
    if "POST" not in allowed.headers["Access-Control-Allow-Methods"]:
        return repr(allowed)
    if origin in denied.headers or "Access-Control-Allow-Methods" in denied.headers:
        return repr(denied)
    if call.headers[origin] != "https://desk.example" or origin in other.headers:
        return f"{call!r} {other!r}"
    if "Access-Control-Allow-Credentials" in call.headers or call.headers["Vary"] != "Origin":
        return repr(call)
    return expect(change, 403, "forbidden")


def without_allowed_sites_no_cors(studio):
    answer = studio.ask("GET", "/me", headers={"Origin": "https://evil.example"})
    if any(name.lower().startswith("access-control") for name in answer.headers):
        return repr(answer)
    return expect(answer, 200)


# ---- methods and paths ----

def unknown_paths_are_404(studio):
    for path in ("/nothing", "/sample/", "/sample/a/b", "/login/", "//me", "/ME"):
        complaint = expect(studio.ask("GET", path), 404, "not_found")
        if complaint:
            return f"{path}: {complaint}"
    return expect(studio.ask("POST", "/nothing"), 404, "not_found")


def wrong_methods_are_405(studio):
    answer = studio.ask("GET", "/login")
    return first(expect(answer, 405, "method_not_allowed"),
                 None if answer.headers["Allow"] == "POST, OPTIONS" else repr(answer),
                 expect(studio.ask("DELETE", "/me"), 405),
                 expect(studio.ask("OPTIONS", "/me", token=None), 204))


def head_is_get_without_a_body(studio):
    head = studio.ask("HEAD", "/healthz", token=None)
    get = studio.ask("GET", "/healthz", token=None)
    if head.body or head.status != 200:
        return repr(head)
    if head.headers["Content-Length"] != get.headers["Content-Length"]:
        return f"{head!r} {get!r}"
    return None


def every_answer_has_its_headers(studio):
    ids = set()
    calls = [("GET", "/", None), ("GET", "/healthz", None), ("GET", "/me", TOKEN),
             ("GET", "/me", None), ("GET", "/nothing", None), ("PUT", "/me", None),
             ("OPTIONS", "/me", None), ("GET", "/metrics", TOKEN), ("GET", "/openapi.json", TOKEN)]
    for method, path, token in calls:
        answer = studio.ask(method, path, token=token)
        wrong = {n: answer.headers[n] for n, v in ALWAYS.items() if answer.headers[n] != v}
        if wrong or not re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-Id"] or ""):
            return f"{method} {path}: {wrong} {answer!r}"
        ids.add(answer.headers["X-Request-Id"])
        if path != "/" and answer.status != 204:
            if answer.headers["Cache-Control"] != "no-store":
                return f"{method} {path}: {answer!r}"
    return None if len(ids) == len(calls) else "a request id came twice"


# ---- the console ----

def page_runs_only_what_is_its_own(studio):
    page = studio.ask("GET", "/", token=None)
    csp = page.headers["Content-Security-Policy"]
    rules = dict(part.strip().partition(" ")[::2] for part in csp.split(";"))
    if rules["default-src"] != "'none'" or "unsafe-inline" in csp or "*" in csp:
        return csp
    if rules["script-src"] != "'self' 'wasm-unsafe-eval'" or rules["frame-ancestors"] != "'none'":
        return csp
    if "camera=(self)" not in page.headers["Permissions-Policy"]:
        return repr(page.headers)
    if page.headers["Cross-Origin-Opener-Policy"] != "same-origin":
        return repr(page.headers)
    if page.headers["Cache-Control"] != "no-cache":
        return repr(page.headers)
    return None if b"<script" in page.body and b"<script>" not in page.body else repr(page)


def files_are_cached_and_packed(studio):
    page = studio.ask("GET", "/", token=None)
    path = re.search(rb'(?:src|href)="\.?(/assets/[^"]+\.js)"', page.body)[1].decode()
    plain = studio.ask("GET", path, token=None)
    packed = studio.ask("GET", path, token=None, headers={"Accept-Encoding": "br, gzip"})
    known = studio.ask("GET", path, token=None, headers={"If-None-Match": plain.headers["ETag"]})
    both = studio.ask("GET", path, token=None, headers={
        "Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]})
    import gzip
    if gzip.decompress(packed.body) != plain.body or packed.headers["Content-Encoding"] != "gzip":
        return repr(packed)
    if plain.headers["ETag"] == packed.headers["ETag"]:
        return "one tag for two forms"
    if "immutable" not in plain.headers["Cache-Control"] or "javascript" not in \
            plain.headers["Content-Type"]:
        return repr(plain)
    return first(expect(known, 304), expect(both, 304))


# ---- the sample show ----

def sample_show_is_served_and_nothing_else():
    with Studio() as studio:
        complaint = first(expect(studio.ask("GET", "/sample/host.mp4"), 404, "not_found"),
                          None if studio.ask("GET", "/sample").json == {"files": []} else "files")
    if complaint:
        return complaint
    studio = Studio()
    folder = studio.folder / "sample"
    folder.mkdir()
    (folder / "host.mp4").write_bytes(bytes(range(256)) * 10)
    (folder / "truth.json").write_text("{}")
    (folder / ".hidden.mp4").write_text("x")
    (folder / "notes.txt").write_text("x")
    (studio.folder / "secret.mp4").write_text("secret")
    (folder / "link.mp4").symlink_to("../secret.mp4")
    os.mkfifo(folder / "pipe.mp4")
    studio.options += ["--sample-show", str(folder)]
    with studio:
        names = [f["name"] for f in studio.ask("GET", "/sample").json["files"]]
        if names != ["host.mp4", "truth.json"]:
            return repr(names)
        part = studio.ask("GET", "/sample/host.mp4", headers={"Range": "bytes=5-8"})
        if part.status != 206 or part.body != bytes([5, 6, 7, 8]):
            return repr(part)
        if part.headers["X-Content-Type-Options"] != "nosniff" or not part.headers["X-Request-Id"]:
            return repr(part)
        for name in ("link.mp4", ".hidden.mp4", "notes.txt", "pipe.mp4", "%2e%2e%2fsecret.mp4",
                     "..%2fsecret.mp4", "host.mp4%00", "sample"):
            answer = studio.ask("GET", f"/sample/{name}")
            if answer.status not in (400, 404):
                return f"{name}: {answer!r}"
    return None


# ---- for operators ----

def health_and_metrics(studio):
    ready = studio.ask("GET", "/readyz", token=None)
    if ready.status != 200 or not ready.json["ready"] or not ready.json["hasRoom"]:
        return repr(ready)
    text = studio.ask("GET", "/metrics").body.decode()
    for line in text.splitlines():
        if not re.fullmatch(r'# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[^"]*"\})? -?[\d.]+', line):
            return f"not in Prometheus' format: {line}"
    if not re.search(r'^crosscut_http_requests_total\{status="2xx"\} [1-9]', text, re.M):
        return text
    return None


def openapi_is_valid_and_whole(studio):
    try:
        from openapi_spec_validator import OpenAPIV31SpecValidator, validate
    except ImportError as error:
        return f"{error}: make test-deps"
    document = studio.ask("GET", "/openapi.json").json
    validate(document, cls=OpenAPIV31SpecValidator)
    # Every route of the tables in the source, by another reading of them than the program's.
    # Every place in the source where a row of a table begins.
    routes = set()
    for path in (SOURCE / "src" / "server").glob("*.c"):
        routes |= set(re.findall(r'\{\s*"([A-Z]+)",\s*"(/[^"]*)",\s*SERVER_MAY_', path.read_text()))
    described = {(method.upper(), path) for path, methods in document["paths"].items()
                 for method in methods}
    if routes != described or len(routes) < 10:
        return f"not described: {routes - described}; not a route: {described - routes}"
    return None


def api_document_names_every_route(studio):
    text = (SOURCE / "docs" / "API.md").read_text()
    for path in studio.ask("GET", "/openapi.json").json["paths"]:
        short = re.sub(r"\{[^}]*\}", "{", path).split("{")[0].rstrip("/") or "/"
        if f"`{path}" not in text and f"{path}`" not in text and f" {path}`" not in text \
                and short not in text:
            return f"docs/API.md does not name {path}"
    return None


def log_lines_are_json_and_tell_nothing():
    with Studio("--log-format", "json") as studio:
        studio.ask("POST", "/login", {"token": TOKEN}, token=None)
        studio.ask("GET", f"/me?token={TOKEN}&secret=abcdef")
        studio.ask("GET", "/me", token="g1.payload.signature")
        cookie = cookie_of(studio).partition(";")[0]
        studio.ask("GET", "/me", token=None, headers={"Cookie": cookie})
        answer = studio.ask("GET", "/sample", headers={"User-Agent": "tests"})
        environ = Path(f"/proc/{studio.process.pid}/environ").read_bytes()
        cmdline = Path(f"/proc/{studio.process.pid}/cmdline").read_bytes()
        studio.stop()
        text = studio.log_text()
        stored = b"".join(p.read_bytes() for p in (studio.folder / "storage").rglob("*")
                          if p.is_file() and p.name != "reserve")
        made = studio.first_lines
    lines = [json.loads(line) for line in text.splitlines()]
    for secret in (TOKEN, "abcdef", "signature", cookie.partition("=")[2]):
        if secret in text or secret in repr(made):
            return f"{secret} stands in the log"
        if secret.encode() in environ or secret.encode() in cmdline or secret.encode() in stored:
            return f"{secret} stands in /proc or in the storage"
    request = next((x for x in lines if x.get("request") == answer.headers["X-Request-Id"]), None)
    if not request or request["path"] != "/sample" or request["status"] != "200":
        return text
    return None


# ---- the command ----

def unsafe_settings_do_not_start():
    cases = [
        (["--listen", "0.0.0.0:0"], {}, "--public-url"),
        (["--listen", "0.0.0.0:0", "--public-url", "http://a.example"], {}, "--insecure-http"),
        ([], {"CROSSCUT_ADMIN_TOKEN": "short"}, "admin-token"),
        ([], {"CROSSCUT_ADMIN_TOKEN": "aaaaaaaaaaaaaaaaaaaaaa"}, "admin-token"),
        (["--trash", "soon"], {}, "--trash"),
        (["--listen", "nowhere"], {}, "--listen"),
        (["positional"], {}, "options only"),
        (["--admin-token", TOKEN], {}, "admin-token"),
        ([], {"CROSSCUT_SHOWS": "many"}, "CROSSCUT_SHOWS"),
        (["--env-file", "/does/not/exist"], {}, "--env-file"),
    ]
    for options, environment, message in cases:
        status, said = refused(*options, environment=environment)
        if status != 2 or message not in said or len(said.splitlines()) != 1:
            return f"{options} {environment}: {status} {said}"
    return None


def two_servers_do_not_share_a_storage():
    with Studio() as studio:
        done = subprocess.run([CROSSCUT, "serve", *studio.options], capture_output=True, text=True,
                              cwd=studio.folder, env=studio.environment, timeout=30, check=False)
    if done.returncode != 1 or str(studio.process.pid) not in done.stderr:
        return f"{done.returncode} {done.stderr}"
    return None


def made_token_lies_in_a_file():
    with Studio(token=None) as studio:
        path = studio.token_file
        mode = stat.S_IMODE(path.stat().st_mode)
        token = path.read_text().strip()
        if mode != 0o600 or len(token) < 32 or "#token" in studio.first_lines[0]:
            return f"{mode:o} {studio.first_lines}"
        if (studio.folder / "storage") in path.parents:
            return f"{path} lies in the storage"
        complaint = expect(studio.ask("GET", "/me", token=token), 200)
        studio.stop()
        if path.exists():
            return "the file outlived the server"
        if token in studio.log_text() or token in repr(studio.first_lines):
            return "the token stands in a log"
    return complaint


def terminal_is_shown_the_token():
    """The first line on a terminal is the address to open, token and all."""
    import pty
    main, side = pty.openpty()
    studio = Studio(token=None, listen="127.0.0.1:0")
    studio.folder.mkdir(exist_ok=True)
    process = subprocess.Popen([CROSSCUT, "serve", *studio.options], stdin=subprocess.DEVNULL,
                               stdout=side, stderr=subprocess.DEVNULL, cwd=studio.folder,
                               env=studio.environment)
    os.close(side)
    line = b""
    while not line.endswith(b"\n"):
        line += os.read(main, 1)
    found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/#token=([\w-]{32,})", line.decode().strip())
    if found:
        studio.port = int(found[1])
        complaint = expect(studio.ask("GET", "/me", token=found[2]), 200)
    else:
        complaint = repr(line)
    process.terminate()
    process.wait(30)
    os.close(main)
    leftover = list((studio.folder / "run").rglob("token-*"))
    studio.__exit__()
    return complaint or (f"written too: {leftover}" if leftover else None)


def signals_end_it_well():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        with Studio() as studio:
            status = studio.stop(number)
            if status != 0 or re.search("CRITICAL|warning|error", studio.log_text()):
                return f"{number}: exit status {status}: {studio.log_text()}"
    return None


def systemd_is_told():
    import socket
    studio = Studio(environment={"WATCHDOG_USEC": "300000"})
    path = str(studio.folder / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as box:
        box.bind(path)
        box.settimeout(30)
        studio.environment["NOTIFY_SOCKET"] = path
        with studio:
            messages = [box.recv(256)]
            while messages.count(b"WATCHDOG=1") < 2:
                messages.append(box.recv(256))
            studio.stop()
            while messages[-1] != b"STOPPING=1":
                messages.append(box.recv(256))
    return None if messages[0] == b"READY=1" else repr(messages)


def no_core_and_many_files(studio):
    status = Path(f"/proc/{studio.process.pid}/limits").read_text()
    soft, hard = re.search(r"Max open files\s+(\d+)\s+(\d+)", status).groups()
    if soft != hard:
        return status
    if b"__asan_init" in CROSSCUT.read_bytes():
        return None
    # What is not dumpable belongs to root in /proc, whoever runs it.
    return None if Path(f"/proc/{studio.process.pid}/environ").stat().st_uid == 0 else "dumpable"


def public_address_and_hosts():
    studio = Studio("--public-url", "https://studio.example")
    with studio:
        if studio.first_lines[0] != "https://studio.example/":
            return repr(studio.first_lines)
        ours = studio.ask("GET", "/", token=None, headers={"Host": "studio.example"})
        other = studio.ask("GET", "/", token=None, headers={"Host": "other.example"})
        cookie = cookie_of(studio, headers={"Host": "studio.example",
                                            "Origin": "https://studio.example"})
        value = {"Host": "studio.example", "Cookie": cookie.partition(";")[0]}
        change = studio.ask("POST", "/logout", token=None,
                            headers={**value, "Origin": "https://studio.example"})
        plain = studio.ask("POST", "/logout", token=None,
                           headers={**value, "Origin": "http://studio.example:1"})
    if "Secure" not in cookie or not ours.headers["Strict-Transport-Security"]:
        return f"{cookie} {ours!r}"
    return first(expect(ours, 200), expect(other, 403), expect(change, 204), expect(plain, 403))


def example_file_is_the_table():
    """.env.example names every setting with its default, and is itself read without a complaint."""
    example = SOURCE / ".env.example"
    text = example.read_text()
    printed = subprocess.run([CROSSCUT, "serve", "--print-config"], capture_output=True, text=True,
                             cwd="/", check=True,
                             env={"PATH": os.environ["PATH"]}).stdout
    wanted = dict(re.findall(r"^#? ?(CROSSCUT_\w+)=(.*)$", printed, re.M))
    named = dict(re.findall(r"^#? ?(CROSSCUT_\w+)=(.*)$", text, re.M))
    if set(wanted) != set(named):
        return f"missing: {set(wanted) - set(named)}; unknown: {set(named) - set(wanted)}"
    uncommented = re.sub(r"^# (CROSSCUT_\w+=)", r"\1", text, flags=re.M)
    uncommented = re.sub(r"^(CROSSCUT_(ADMIN_TOKEN|SAMPLE_SHOW)\w*=).*$", r"\1", uncommented,
                         flags=re.M)
    with Studio() as studio:
        path = studio.folder / "all.env"
        path.write_text(uncommented)
        again = subprocess.run([CROSSCUT, "serve", "--print-config", "--env-file", path],
                               capture_output=True, text=True, cwd="/", check=False,
                               env={"PATH": os.environ["PATH"]})
    return None if again.stdout == printed else f"{again.stderr}\n{again.stdout}\n{printed}"


def main():
    tap = Tap()
    with Studio() as studio:
        for name, test in (
                ("s07 without a token nothing but the door is open", no_token_is_401),
                ("s07 wrong tokens are 401", wrong_tokens_are_401),
                ("the admin token is the admin", admin_token_is_admin),
                ("s07 a token in a query is none", token_in_query_is_nothing),
                ("s11 the cookie serves pages of ours only", cookie_is_for_pages_of_ours_only),
                ("s07 logout ends the cookie", logout_ends_the_cookie),
                ("s11 another site cannot log somebody in", login_of_another_site_is_refused),
                ("bad logins say why", bad_logins_say_why),
                ("s11 names that were made to point here are refused",
                 names_that_point_here_are_refused),
                ("s11 without allowed sites there is no CORS", without_allowed_sites_no_cors),
                ("unknown paths are 404", unknown_paths_are_404),
                ("wrong methods are 405 and say which are right", wrong_methods_are_405),
                ("HEAD is GET without a body", head_is_get_without_a_body),
                ("every answer has the security headers and an id", every_answer_has_its_headers),
                ("the page runs only what is its own", page_runs_only_what_is_its_own),
                ("files are cached and packed", files_are_cached_and_packed),
                ("health and metrics are read by machines", health_and_metrics),
                ("openapi.json is valid and has every route", openapi_is_valid_and_whole),
                ("docs/API.md names every route", api_document_names_every_route),
                ("s08 no core file, all the files the system gives", no_core_and_many_files),
        ):
            tap.run(name, test, studio)
    for name, test in (
            ("s11 other sites call only where allowed, and without the cookie",
             other_sites_only_where_allowed),
            ("the sample show is served and nothing else", sample_show_is_served_and_nothing_else),
            ("s08 logs, /proc and the storage have no secret", log_lines_are_json_and_tell_nothing),
            ("s11 what is unsafe does not start", unsafe_settings_do_not_start),
            ("two servers do not share a storage", two_servers_do_not_share_a_storage),
            ("s08 a token that was made lies in a file of mode 600", made_token_lies_in_a_file),
            ("only a terminal is shown the token", terminal_is_shown_the_token),
            ("signals end it well", signals_end_it_well),
            ("systemd is told how it is", systemd_is_told),
            ("a public address is ours, others are not", public_address_and_hosts),
            (".env.example is the table of options", example_file_is_the_table),
    ):
        tap.run(name, test)
    tap.finish()


if __name__ == "__main__":
    main()
