"""The files in deploy/ that run the studio with LiveKit, its Egress, Prometheus and Grafana: each is what
the program that it is for reads, and together they fit."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import livekit  # noqa: E402
import redis  # noqa: E402
from client import until  # noqa: E402
from serve import CROSSCUT, SOURCE, free_port  # noqa: E402
from tap import Tap  # noqa: E402

DEPLOY = SOURCE / "deploy"
GIVEN = {"CROSSCUT_DOMAIN": "studio.example", "CROSSCUT_LIVEKIT_DOMAIN": "livekit.example",
         "CROSSCUT_LIVEKIT_KEY": livekit.KEY, "CROSSCUT_LIVEKIT_SECRET": livekit.SECRET,
         "CROSSCUT_GRAFANA_PASSWORD": "a-password"}


def compose(name):
    """As Compose fills it in: ${NAME}, ${NAME:-default}, ${NAME:?why}; $$ is a $."""
    def value(match):
        if match.group() == "$$":
            return "$"
        name, _, rest = match.group(1).partition(":")
        assert name in GIVEN or rest.startswith("-"), f"{name} has no value and no default"
        return GIVEN.get(name, rest[1:])
    text = (DEPLOY / name).read_text()
    return yaml.safe_load(re.sub(r"\$\$|\$\{([^}]+)\}", value, text))


def all_documents():
    """Every file in deploy/ that is YAML or JSON reads as such."""
    for path in sorted(DEPLOY.rglob("*")):
        if path.suffix in (".yaml", ".yml"):
            assert [d for d in yaml.safe_load_all(path.read_text()) if d], path
        elif path.suffix == ".json":
            json.loads(path.read_text())


def settings_are_known():
    """Each CROSSCUT_… that the program is given is one that it knows."""
    known = set(re.findall(r"^# (CROSSCUT_\w+)=", (SOURCE / ".env.example").read_text(), re.M))
    found = set()
    for name in ("compose.yaml", "compose.live.yaml", "compose.watch.yaml", "compose.workers.yaml"):
        for service, value in compose(name)["services"].items():
            if service in ("server", "worker"):
                found |= set(value.get("environment", {}))
    for document in yaml.safe_load_all((DEPLOY / "kubernetes.studio.yaml").read_text()):
        if document["kind"] == "StatefulSet":
            [box] = document["spec"]["template"]["spec"]["containers"]
            found |= {one["name"] for one in box["env"]}
    text = (DEPLOY / "kubernetes.studio.yaml").read_text()
    found |= set(re.findall(r"--from-literal=(CROSSCUT_\w+)=", text))
    unknown = {n for n in found if n.startswith("CROSSCUT_")} - known
    return f"no such settings: {unknown}" if unknown or len(found) < 10 else None


def options_are_known():
    """What comments and alerts tell people to call, the program knows."""
    known = {}
    for command in ("serve", "worker", "doctor"):
        said = subprocess.run([CROSSCUT, command, "--help"], capture_output=True, text=True, check=True)
        known[command] = set(re.findall(r"--[a-z0-9-]+", said.stdout))
    for path in sorted(DEPLOY.rglob("*")):
        if not path.is_file():
            continue
        for command, options in re.findall(r"crosscut (serve|worker|doctor)([^\n`]*)", path.read_text()):
            unknown = set(re.findall(r"--[a-z0-9-]+", options)) - known[command]
            assert not unknown, f"{path.name}: crosscut {command} has no {unknown}"
    alerts = (DEPLOY / "prometheus/alerts.yaml").read_text()
    unknown = set(re.findall(r"\((--[a-z0-9-]+)", alerts)) - known["serve"]
    return f"no such options: {unknown}" if unknown else None


def merged(*names):
    """As `docker compose -f … -f …` merges what is used here: maps by member, lists one after the other,
    volumes by their target."""
    def merge(into, more):
        for key, value in more.items():
            if isinstance(value, dict) and isinstance(into.get(key), dict):
                merge(into[key], value)
            elif key == "networks" and isinstance(into.get(key), list):
                into[key] = {n: None for n in into[key]} | (value if isinstance(value, dict) else
                                                            {n: None for n in value})
            elif key == "volumes" and isinstance(value, list):
                targets = {v.split(":")[1] for v in value}
                into[key] = [v for v in into.get(key, []) if v.split(":")[1] not in targets] + value
            elif isinstance(value, list) and isinstance(into.get(key), list):
                into[key] = into[key] + [v for v in value if v not in into[key]]
            else:
                into[key] = value
        return into
    result = {}
    for name in names:
        merge(result, compose(name))
    return result


def compose_files_fit(*names):
    document = merged("compose.yaml", *names)
    for name, service in document["services"].items():
        assert "image" in service or "build" in service, name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (DEPLOY / source).is_file(), f"{name}: there is no {source}"
            else:
                assert source in document["volumes"], f"{name}: {source} is not declared"
        for network in service.get("networks", []):
            assert network in document["networks"], f"{name}: {network} is not declared"
        for secret in service.get("secrets", []):
            assert secret in document["secrets"], f"{name}: {secret} is not declared"
        for other in service.get("depends_on", []):
            assert other in document["services"], f"{name} waits for {other}"
        assert not service.get("privileged"), name
    assert "ports" not in document["services"]["server"], "only the proxy is reached from outside"


def live_is_narrow():
    document = merged("compose.yaml", "compose.live.yaml")
    services = document["services"]
    assert services["livekit-redis"]["networks"] == ["bus"] and document["networks"]["bus"]["internal"]
    assert "inside" not in services["egress"]["networks"], "it looks up addresses by itself"
    assert sorted(services["livekit"]["ports"]) == ["7881:7881", "7882:7882/udp"]
    aliases = services["caddy"]["networks"]["inside"]["aliases"]
    assert set(aliases) == {GIVEN["CROSSCUT_DOMAIN"], GIVEN["CROSSCUT_LIVEKIT_DOMAIN"]}, aliases
    assert services["server"]["environment"]["CROSSCUT_LIVEKIT_URL"] == "wss://livekit.example"
    targets = {v.split(":")[1] for v in services["caddy"]["volumes"]}
    assert {"/etc/caddy/Caddyfile", "/etc/caddy/Caddyfile.studio"} <= targets, targets


def caddy_reads_its_file():
    with tempfile.TemporaryDirectory() as folder:
        for source, name in (("Caddyfile", "Caddyfile.studio"), ("Caddyfile.live", "Caddyfile")):
            Path(folder, name).write_text((DEPLOY / source).read_text())
        done = subprocess.run(
            ["caddy", "adapt", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"],
            capture_output=True, text=True, check=False,
            env={**os.environ, **{k: GIVEN[k] for k in ("CROSSCUT_DOMAIN", "CROSSCUT_LIVEKIT_DOMAIN")},
                 "CROSSCUT_LIVEKIT_UPSTREAM": "livekit:7880", "HOME": folder})
    assert done.returncode == 0, done.stderr
    routes = json.dumps(json.loads(done.stdout))
    assert '"livekit:7880"' in routes and '"livekit.example"' in routes and '"studio.example"' in routes


def livekit_and_egress_agree():
    """One key, one Redis, one address, in both; the values of the charts too."""
    services = compose("compose.live.yaml")["services"]
    rooms = yaml.safe_load(services["livekit"]["environment"]["LIVEKIT_CONFIG"])
    sends = yaml.safe_load(services["egress"]["environment"]["EGRESS_CONFIG_BODY"])
    keys = yaml.safe_load(services["livekit"]["environment"]["LIVEKIT_KEYS"])
    assert keys == {livekit.KEY: livekit.SECRET}, keys
    assert (sends["api_key"], sends["api_secret"]) == (livekit.KEY, livekit.SECRET)
    assert sends["redis"] == rooms["redis"] and rooms["webhook"]["api_key"] == livekit.KEY
    assert rooms["webhook"]["urls"] == ["https://studio.example/livekit/webhook"]
    assert set(sends) <= {"api_key", "api_secret", "ws_url", "redis", "logging", "health_port",
                          "prometheus_port", "insecure"}, sends.keys()
    chart = yaml.safe_load((DEPLOY / "livekit.values.yaml").read_text())
    other = yaml.safe_load((DEPLOY / "egress.values.yaml").read_text())
    assert chart["livekit"]["redis"] == other["egress"]["redis"]
    assert chart["livekit"]["rtc"] == rooms["rtc"] and chart["storeKeysInSecret"]["enabled"]


def livekit_reads_its_configuration():
    """The real server starts with it, with this machine's ports, and a studio likes it."""
    rooms = yaml.safe_load(compose("compose.live.yaml")["services"]["livekit"]["environment"]
                           ["LIVEKIT_CONFIG"])
    chart = yaml.safe_load((DEPLOY / "livekit.values.yaml").read_text())["livekit"]
    with redis.Redis() as queue:
        for config in (rooms, {k: v for k, v in chart.items() if k != "key_file"}):
            config["port"] = free_port()
            config["bind_addresses"] = ["127.0.0.1"]
            config["rtc"].update(tcp_port=free_port(), udp_port=free_port(), use_external_ip=False,
                                 node_ip="127.0.0.1", enable_loopback_candidate=True)
            config["redis"]["address"] = f"127.0.0.1:{queue.port}"
            config["webhook"]["api_key"] = livekit.KEY
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "livekit.yaml")
                path.write_text(yaml.safe_dump(config))
                with open(Path(folder, "log"), "wb") as log:
                    server = subprocess.Popen(
                        [livekit.SERVER, "--config", path], stdin=subprocess.DEVNULL, stdout=log,
                        stderr=log, cwd=folder,
                        env={**os.environ, "LIVEKIT_KEYS": f"{livekit.KEY}: {livekit.SECRET}"})
                try:
                    said = until(lambda: server.poll() is not None or doctor(folder, config["port"]),
                                 60, "LiveKit")
                    assert server.poll() is None, Path(folder, "log").read_text()
                    assert said["egress"]["state"] == "ok", said["egress"]
                finally:
                    server.kill()
                    server.wait(30)


def doctor(folder, port):
    """What it says of a LiveKit there; None while that does not answer."""
    given = {k: v for k, v in os.environ.items() if not k.startswith("CROSSCUT_")}
    given.update(CROSSCUT_LIVEKIT_URL=f"ws://127.0.0.1:{port}", CROSSCUT_LIVEKIT_KEY=livekit.KEY,
                 CROSSCUT_LIVEKIT_SECRET=livekit.SECRET, CROSSCUT_EGRESS="livekit")
    done = subprocess.run([CROSSCUT, "doctor", "--json", "--storage", f"{folder}/storage", "--listen",
                           f"127.0.0.1:{free_port()}"], capture_output=True, text=True, cwd=folder,
                          env=given, check=False)
    lines = {line.get("check"): line for line in map(json.loads, done.stdout.splitlines())}
    return lines if lines["livekit"]["state"] == "ok" else None


def containers_believe_certificates():
    """Object storage, LiveKit and RTMPS have TLS; Debian's libcurl does not bring the authorities along."""
    for name in ("server", "renderer"):
        text = (DEPLOY / f"{name}.Dockerfile").read_text()
        assert " ca-certificates " in text[text.rindex("\nFROM "):].replace("\\\n", " "), name


# ---- Kubernetes ----

def a_studio_on_kubernetes():
    documents = {d["kind"]: d for d in yaml.safe_load_all(
        (DEPLOY / "kubernetes.studio.yaml").read_text())}
    assert set(documents) == {"StatefulSet", "Service", "Ingress"}
    versions = {k: d["apiVersion"] for k, d in documents.items()}
    assert versions == {"StatefulSet": "apps/v1", "Service": "v1", "Ingress": "networking.k8s.io/v1"}
    spec = documents["StatefulSet"]["spec"]
    pod = spec["template"]["spec"]
    [box] = pod["containers"]
    assert spec["replicas"] == 1, "a storage has one server"
    assert pod["securityContext"]["runAsUser"] == 10001 and pod["terminationGracePeriodSeconds"] > 10
    assert box["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                      "capabilities": {"drop": ["ALL"]}}
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"] == documents["Service"]["spec"]["selector"] == labels
    assert spec["serviceName"] == documents["Service"]["metadata"]["name"]
    ports = {p["name"]: p["containerPort"] for p in box["ports"]}
    assert {box[p]["httpGet"]["port"] for p in ("readinessProbe", "livenessProbe")} <= set(ports)
    dockerfile = (DEPLOY / "server.Dockerfile").read_text()
    assert f"CROSSCUT_LISTEN=0.0.0.0:{ports['http']}" in dockerfile
    mounted = {m["mountPath"]: m["name"] for m in box["volumeMounts"]}
    storage = re.search(r"CROSSCUT_STORAGE=(\S+)", dockerfile).group(1)
    assert mounted[storage] == spec["volumeClaimTemplates"][0]["metadata"]["name"]
    assert set(mounted.values()) == {"storage"} | {v["name"] for v in pod["volumes"]}
    ingress = documents["Ingress"]["spec"]
    host = next(e["value"] for e in box["env"] if e["name"] == "CROSSCUT_PUBLIC_URL")
    assert host == f"https://{ingress['rules'][0]['host']}" == f"https://{ingress['tls'][0]['hosts'][0]}"
    notes = documents["Ingress"]["metadata"]["annotations"]
    assert notes["nginx.ingress.kubernetes.io/proxy-body-size"] == "0"
    assert notes["nginx.ingress.kubernetes.io/proxy-request-buffering"] == "off"


# ---- Prometheus and Grafana ----

def prometheus_is_told_where():
    service = compose("compose.watch.yaml")["services"]["prometheus"]
    [command] = service["command"]
    found = re.search(r'sed "(s/.*?/)" (\S+) > (\S+)', command)
    mounted = {v.split(":")[1]: DEPLOY / v.split(":")[0] for v in service["volumes"] if v[0] == "."}
    text = mounted[found.group(2)].read_text()
    pattern = found.group(1).replace("$CROSSCUT_DOMAIN", "studio.example")
    done = subprocess.run(["sed", pattern], input=text, capture_output=True, text=True, check=True)
    document = yaml.safe_load(done.stdout)
    [job] = document["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["studio.example"]}], job
    assert job["scheme"] == "https"
    assert set(document["rule_files"]) <= set(mounted), document["rule_files"]
    assert job["authorization"]["credentials_file"] == f"/run/secrets/{service['secrets'][0]}"
    assert f"--config.file={found.group(3)}" in command


def grafana_finds_its_dashboard():
    service = compose("compose.watch.yaml")["services"]["grafana"]
    mounted = [v.split(":")[1] for v in service["volumes"]]
    provider = yaml.safe_load((DEPLOY / "grafana/dashboards.yaml").read_text())["providers"][0]
    assert f"{provider['options']['path']}/crosscut.json" in mounted
    source = yaml.safe_load((DEPLOY / "grafana/datasource.yaml").read_text())["datasources"][0]
    assert source["url"] == "http://prometheus:9090" and source["isDefault"]
    assert service["ports"] == ["127.0.0.1:3000:3000"], "for this machine alone"


def main():
    tap = Tap()
    for name, test, *arguments in (
            ("every YAML and JSON file reads", all_documents),
            ("settings are known", settings_are_known),
            ("options are known", options_are_known),
            ("compose.live.yaml fits", compose_files_fit, "compose.live.yaml"),
            ("compose.watch.yaml fits", compose_files_fit, "compose.watch.yaml"),
            ("all compose files fit together", compose_files_fit, "compose.workers.yaml",
             "compose.live.yaml", "compose.watch.yaml"),
            ("compose.live.yaml is narrow", live_is_narrow),
            ("LiveKit and its Egress agree", livekit_and_egress_agree),
            ("containers believe certificates", containers_believe_certificates),
            ("kubernetes.studio.yaml runs a studio", a_studio_on_kubernetes),
            ("Prometheus is told where the studio is", prometheus_is_told_where),
            ("Grafana finds its dashboard", grafana_finds_its_dashboard)):
        tap.run(name, test, *arguments)
    tap.run_unless(None if shutil.which("caddy") else "needs caddy", "Caddy reads Caddyfile.live",
                   caddy_reads_its_file)
    tap.run_unless(livekit.missing() or redis.missing(), "LiveKit reads its configuration",
                   livekit_reads_its_configuration)
    tap.finish()


main()
