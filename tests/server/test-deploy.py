"""The files in deploy/ that run renders elsewhere: each is what the program that it is for reads, and
promises what a worker needs. Known members only: a typing error is no member."""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from serve import CROSSCUT, SOURCE
from tap import Tap

DEPLOY = SOURCE / "deploy"
LEAVES_S = 25   # what a worker takes at most to leave (docs/OPERATE.md)


def text_of(name):
    return (DEPLOY / name).read_text(encoding="utf-8")


def schema(properties, required=()):
    """Of an object that has these members and no others."""
    return {"type": "object", "additionalProperties": False, "properties": properties,
            "required": list(required)}


TEXT, FLAG, NUMBER = {"type": "string"}, {"type": "boolean"}, {"type": "integer"}
TEXTS = {"type": "array", "items": TEXT}
MAP = {"type": "object", "additionalProperties": TEXT}


def list_of(item):
    return {"type": "array", "items": item, "minItems": 1}


# ---- Kubernetes ----

META = schema({"name": TEXT, "generateName": TEXT, "labels": MAP, "annotations": MAP})
SELECTOR = schema({"matchLabels": MAP})
ENV = list_of(schema({"name": TEXT, "value": TEXT, "valueFrom": schema(
    {"secretKeyRef": schema({"name": TEXT, "key": TEXT}, ["name", "key"])})}, ["name"]))
QUANTITIES = schema({"cpu": TEXT, "memory": TEXT, "ephemeral-storage": TEXT})
CONTAINER = schema({
    "name": TEXT, "image": TEXT, "args": TEXTS, "env": ENV,
    "envFrom": list_of(schema({"secretRef": schema({"name": TEXT}, ["name"])})),
    "securityContext": schema({"allowPrivilegeEscalation": FLAG, "readOnlyRootFilesystem": FLAG,
                               "capabilities": schema({"drop": TEXTS})}),
    "resources": schema({"requests": QUANTITIES, "limits": QUANTITIES}),
    "volumeMounts": list_of(schema({"name": TEXT, "mountPath": TEXT}, ["name", "mountPath"])),
}, ["name", "image"])
POD = schema({
    "restartPolicy": {"enum": ["Never"]}, "automountServiceAccountToken": FLAG,
    "enableServiceLinks": FLAG, "terminationGracePeriodSeconds": NUMBER,
    "securityContext": schema({"runAsNonRoot": FLAG, "runAsUser": NUMBER, "runAsGroup": NUMBER,
                               "fsGroup": NUMBER, "seccompProfile": schema({"type": TEXT})}),
    "containers": list_of(CONTAINER),
    "volumes": list_of(schema({"name": TEXT, "emptyDir": schema({}), "persistentVolumeClaim": schema(
        {"claimName": TEXT}, ["claimName"])}, ["name"])),
}, ["containers", "restartPolicy"])
JOB_SPEC = schema({"parallelism": NUMBER, "completions": NUMBER, "backoffLimit": NUMBER,
                   "ttlSecondsAfterFinished": NUMBER,
                   "template": schema({"metadata": META, "spec": POD}, ["spec"])}, ["template"])
PORTS = list_of(schema({"protocol": {"enum": ["TCP", "UDP"]}, "port": NUMBER}, ["port"]))
KINDS = {
    ("v1", "Secret"): {"type": TEXT, "stringData": MAP},
    ("networking.k8s.io/v1", "NetworkPolicy"): {"spec": schema({
        "podSelector": SELECTOR, "policyTypes": TEXTS, "ingress": {"type": "array", "maxItems": 0},
        "egress": list_of(schema({"to": list_of(schema({
            "podSelector": SELECTOR, "namespaceSelector": {"type": "object"}})), "ports": PORTS})),
    }, ["podSelector"])},
    ("batch/v1", "Job"): {"spec": JOB_SPEC},
    ("keda.sh/v1alpha1", "ScaledJob"): {"spec": schema({
        "pollingInterval": NUMBER, "maxReplicaCount": NUMBER, "successfulJobsHistoryLimit": NUMBER,
        "failedJobsHistoryLimit": NUMBER,
        "scalingStrategy": schema({"strategy": {"enum": ["default", "custom", "accurate", "eager"]}}),
        "triggers": list_of(schema({"type": {"const": "redis-streams"}, "metadata": schema({
            "address": TEXT, "stream": TEXT, "streamLength": TEXT, "databaseIndex": TEXT},
            ["address", "stream", "streamLength"])}, ["type", "metadata"])),
        "jobTargetRef": JOB_SPEC}, ["jobTargetRef", "triggers"])},
}


def documents():
    return [d for d in yaml.safe_load_all(text_of("kubernetes.yaml")) if d]


def kubernetes_is_what_it_reads():
    for document in documents():
        key = (document["apiVersion"], document["kind"])
        jsonschema.validate(document, schema(
            {"apiVersion": TEXT, "kind": TEXT, "metadata": META, **KINDS[key]}, KINDS[key].keys()))
    return None


def pods():
    for document in documents():
        if document["kind"] == "Job":
            yield document["spec"]
        if document["kind"] == "ScaledJob":
            yield document["spec"]["jobTargetRef"]


def pods_have_what_a_worker_needs():
    names = {d["metadata"].get("name") for d in documents()}
    for job in pods():
        pod = job["template"]["spec"]
        container = pod["containers"][0]
        assert job["backoffLimit"] == 0, "the queue tries again, and nobody else"
        assert pod["terminationGracePeriodSeconds"] > LEAVES_S
        assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] == 10001
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]}}
        mounted = {m["name"]: m["mountPath"] for m in container["volumeMounts"]}
        assert set(mounted) == {v["name"] for v in pod["volumes"]}
        assert {e["name"]: e.get("value") for e in container["env"]}["CROSSCUT_STORAGE"] == mounted["storage"]
        assert container["envFrom"][0]["secretRef"]["name"] in names
        assert len(container["args"]) == 1, "one argument: the session, or --once"
    assert len(list(pods())) == 2


def keda_counts_the_tickets():
    keys = (SOURCE / "src/jobs/keys-private.h").read_text()
    stream = re.search(r'KEY_TICKETS "([^"]+)"', keys).group(1)
    trigger = next(d for d in documents() if d["kind"] == "ScaledJob")["spec"]["triggers"][0]
    assert trigger["metadata"]["stream"] == stream, "another stream than the studio's"
    secret = next(d for d in documents() if d["kind"] == "Secret")["stringData"]["CROSSCUT_REDIS"]
    assert secret == f"redis://{trigger['metadata']['address']}/{trigger['metadata']['databaseIndex']}"


def network_is_narrow():
    policy = next(d for d in documents() if d["kind"] == "NetworkPolicy")["spec"]
    labels = policy["podSelector"]["matchLabels"]
    for job in pods():
        assert labels.items() <= job["template"]["metadata"]["labels"].items()
    ports = sorted(p["port"] for rule in policy["egress"] for p in rule["ports"])
    assert policy["policyTypes"] == ["Ingress", "Egress"] and ports == [53, 53, 6379], ports


# ---- Cloud Run ----

def cloud_run_job_is_what_it_reads():
    document = yaml.safe_load(text_of("cloud-run-job.yaml"))
    task = schema({
        "maxRetries": {"const": 0}, "timeoutSeconds": TEXT, "serviceAccountName": TEXT,
        "containers": {**list_of(CONTAINER), "maxItems": 1},
        "volumes": list_of(schema({"name": TEXT, "nfs": schema({"server": TEXT, "path": TEXT},
                                                               ["server", "path"])}, ["name"])),
    }, ["containers"])
    execution = schema({"taskCount": {"const": 1}, "parallelism": {"const": 1},
                        "template": schema({"spec": task}, ["spec"])}, ["template"])
    jsonschema.validate(document, schema({
        "apiVersion": {"const": "run.googleapis.com/v1"}, "kind": {"const": "Job"}, "metadata": META,
        "spec": schema({"template": schema({"metadata": META, "spec": execution}, ["spec"])},
                       ["template"])}, ["apiVersion", "kind", "metadata", "spec"]))
    spec = document["spec"]["template"]["spec"]["template"]["spec"]
    assert int(spec["timeoutSeconds"]) >= 3600, "the default of ten minutes is too short for a show"
    mounted = {m["name"] for m in spec["containers"][0]["volumeMounts"]}
    assert mounted == {v["name"] for v in spec["volumes"]}
    json.loads(document["spec"]["template"]["metadata"]["annotations"]
               ["run.googleapis.com/network-interfaces"])


# ---- spot machines ----

def unit_of(document):
    unit = next(f for f in document["write_files"] if f["path"].endswith(".service"))["content"]
    return dict(re.findall(r"^(\w+)=(.*)$", unit, re.M))


def cloud_init_ends_the_machine():
    text = text_of("spot/cloud-init.yaml")
    assert text.startswith("#cloud-config\n")
    document = yaml.safe_load(text)
    file = schema({"path": TEXT, "permissions": TEXT, "content": TEXT}, ["path", "content"])
    jsonschema.validate(document, schema({
        "package_update": FLAG, "packages": TEXTS, "write_files": list_of(file),
        "mounts": list_of({**TEXTS, "minItems": 6, "maxItems": 6}), "runcmd": list_of(TEXTS)}))
    unit = unit_of(document)
    assert unit["SuccessAction"] == unit["FailureAction"] == "poweroff", "it would cost money for ever"
    assert unit["Type"] == "oneshot" and " --idle " in unit["ExecStart"]
    stop = int(re.search(r"--time (\d+)", unit["ExecStop"]).group(1))
    assert LEAVES_S < stop < int(unit["TimeoutStopSec"])
    for option in ("--read-only", "--cap-drop ALL", "no-new-privileges"):
        assert option in unit["ExecStart"], option
    secret = next(f for f in document["write_files"] if f["path"] == "/etc/crosscut-worker.env")
    assert secret["permissions"] == "0600" and f"--env-file {secret['path']}" in unit["ExecStart"]
    assert f"--volume {document['mounts'][0][1]}:/storage" in unit["ExecStart"]
    assert len(text.encode()) < 12000, "user data may have 16 KB, in Base64"


def launch_template_is_what_it_reads():
    data = json.loads(text_of("spot/launch-template.json"))
    tag = schema({"Key": TEXT, "Value": TEXT})
    jsonschema.validate(data, schema({
        "LaunchTemplateName": {"type": "string", "pattern": r"^[a-zA-Z0-9().\-/_]{3,128}$"},
        "VersionDescription": {"type": "string", "maxLength": 255},
        "LaunchTemplateData": schema({
            "ImageId": TEXT, "InstanceType": TEXT, "UserData": TEXT, "SecurityGroupIds": TEXTS,
            "InstanceInitiatedShutdownBehavior": {"const": "terminate"},
            "InstanceMarketOptions": schema({"MarketType": {"const": "spot"}, "SpotOptions": schema({
                "SpotInstanceType": {"const": "one-time"},
                "InstanceInterruptionBehavior": {"const": "terminate"}})}),
            "MetadataOptions": schema({"HttpTokens": {"const": "required"},
                                       "HttpPutResponseHopLimit": {"const": 1}}),
            "BlockDeviceMappings": list_of(schema({"DeviceName": TEXT, "Ebs": schema({
                "VolumeSize": NUMBER, "VolumeType": TEXT, "Encrypted": {"const": True},
                "DeleteOnTermination": {"const": True}})})),
            "TagSpecifications": list_of(schema({"ResourceType": TEXT, "Tags": list_of(tag)}))},
            ["InstanceInitiatedShutdownBehavior", "InstanceMarketOptions", "MetadataOptions"])},
        ["LaunchTemplateName", "LaunchTemplateData"]))


# ---- compose ----

def compose_has_n_workers():
    base = yaml.safe_load(text_of("compose.yaml"))
    more = yaml.safe_load(text_of("compose.workers.yaml"))
    worker, store, server = (more["services"][n] for n in ("worker", "redis", "server"))
    assert "container_name" not in worker and "ports" not in worker, "there shall be several"
    for service in (worker, store):
        assert service["read_only"] and service["cap_drop"] == ["ALL"], service
        assert service["networks"] == ["renders"] and "ports" not in service
    assert more["networks"]["renders"]["internal"] is True
    assert {s.split(":")[0] for s in worker["volumes"]} <= set(base["volumes"])
    url = worker["environment"]["CROSSCUT_REDIS"]
    assert url == server["environment"]["CROSSCUT_REDIS"] and "//redis:" in url
    assert int(worker["stop_grace_period"].rstrip("s")) > LEAVES_S
    assert (DEPLOY / worker["build"]["context"] / worker["build"]["dockerfile"]).is_file()
    assert set(server) <= {"environment", "depends_on", "networks"}


# ---- the container ----

def dockerfile_is_narrow():
    text = text_of("renderer.Dockerfile")
    last = text[text.rindex("\nFROM "):]
    server = text_of("server.Dockerfile")
    for package in re.findall(r"\b(lib[a-z0-9.+-]*\d)\b", server[server.rindex("\nFROM "):]):
        assert f" {package} " in last.replace("\\\n", " "), f"{package} is not installed"
    lines = [line.split(" ", 1) for line in last.splitlines() if line[:1].isupper()]
    commands = [name for name, _ in lines]
    assert commands.index("USER") < commands.index("ENTRYPOINT"), "it runs as root"
    assert dict(lines)["USER"] == "crosscut" and "EXPOSE" not in commands
    assert json.loads(dict(lines)["ENTRYPOINT"]) == ["/usr/local/bin/crosscut", "worker"]


def commands_are_known():
    """What the files call a worker with, a worker knows."""
    said = subprocess.run([CROSSCUT, "worker", "--help"], capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r"--[a-z-]+", said))
    used = {a for job in pods() for a in job["template"]["spec"]["containers"][0]["args"]
            if a.startswith("-")} | {"--idle", "--once"}
    assert used <= known, used - known
    settings = re.findall(r"CROSSCUT_\w+", "".join(
        text_of(n) for n in ("kubernetes.yaml", "cloud-run-job.yaml", "spot/cloud-init.yaml",
                             "compose.workers.yaml", "renderer.Dockerfile")))
    example = (SOURCE / ".env.example").read_text()
    unknown = {s for s in settings if f"# {s}=" not in example}
    assert not unknown, unknown


def main():
    tap = Tap()
    for name, test in (
            ("deploy/kubernetes.yaml is what Kubernetes and KEDA read", kubernetes_is_what_it_reads),
            ("deploy/kubernetes.yaml gives a worker what it needs, and no more",
             pods_have_what_a_worker_needs),
            ("deploy/kubernetes.yaml scales by the tickets", keda_counts_the_tickets),
            ("deploy/kubernetes.yaml lets workers reach little", network_is_narrow),
            ("deploy/cloud-run-job.yaml is what Cloud Run reads", cloud_run_job_is_what_it_reads),
            ("deploy/spot/cloud-init.yaml ends the machine", cloud_init_ends_the_machine),
            ("deploy/spot/launch-template.json is what EC2 reads", launch_template_is_what_it_reads),
            ("deploy/compose.workers.yaml adds any number of workers", compose_has_n_workers),
            ("deploy/renderer.Dockerfile is narrow and whole", dockerfile_is_narrow),
            ("deploy/ calls a worker as it is called", commands_are_known)):
        tap.run(name, test)
    tap.finish()


main()
