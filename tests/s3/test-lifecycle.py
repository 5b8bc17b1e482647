"""deploy/s3-lifecycle.json is what a bucket takes (the structure that Amazon documents for
PutBucketLifecycleConfiguration), and names kinds that the mirror gives."""
import json
import os
import re
import sys
from pathlib import Path

import jsonschema

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from tap import Tap  # noqa: E402

SOURCE = Path(os.environ.get("CROSSCUT_SOURCE") or Path(__file__).resolve().parents[2])
DOCUMENT = json.loads((SOURCE / "deploy" / "s3-lifecycle.json").read_text())
DAYS = {"type": "integer", "minimum": 1}
TAG = {"type": "object", "required": ["Key", "Value"], "additionalProperties": False,
       "properties": {"Key": {"type": "string", "maxLength": 128},
                      "Value": {"type": "string", "maxLength": 256}}}
CLASSES = ["STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER",
           "DEEP_ARCHIVE"]
SCHEMA = {
    "type": "object", "required": ["Rules"], "additionalProperties": False,
    "properties": {"Rules": {"type": "array", "minItems": 1, "maxItems": 1000, "items": {
        "type": "object", "required": ["ID", "Status", "Filter"], "additionalProperties": False,
        "anyOf": [{"required": [action]} for action in
                  ("Transitions", "Expiration", "AbortIncompleteMultipartUpload")],
        "properties": {
            "ID": {"type": "string", "minLength": 1, "maxLength": 255},
            "Status": {"enum": ["Enabled", "Disabled"]},
            "Filter": {"type": "object", "minProperties": 1, "maxProperties": 1,
                       "additionalProperties": False,
                       "properties": {"Prefix": {"type": "string"}, "Tag": TAG}},
            "Transitions": {"type": "array", "items": {
                "type": "object", "required": ["Days", "StorageClass"],
                "additionalProperties": False,
                "properties": {"Days": DAYS, "StorageClass": {"enum": CLASSES}}}},
            "Expiration": {"type": "object", "required": ["Days"], "additionalProperties": False,
                           "properties": {"Days": DAYS}},
            "AbortIncompleteMultipartUpload": {
                "type": "object", "required": ["DaysAfterInitiation"],
                "additionalProperties": False, "properties": {"DaysAfterInitiation": DAYS}},
        }}}},
}


def is_valid():
    jsonschema.validate(DOCUMENT, SCHEMA)
    ids = [rule["ID"] for rule in DOCUMENT["Rules"]]
    return None if len(ids) == len(set(ids)) else f"an ID twice: {ids}"


def rules_fit():
    """A tag and the end of unfinished uploads exclude each other; cold comes before gone; and what is
    presigned has to be there at once, which the colder classes are not."""
    for rule in DOCUMENT["Rules"]:
        if "AbortIncompleteMultipartUpload" in rule and "Tag" in rule["Filter"]:
            return f"{rule['ID']}: a bucket refuses that with a tag"
        last = rule.get("Expiration", {}).get("Days", float("inf"))
        for step in rule.get("Transitions", []):
            if step["Days"] >= last or step["StorageClass"] in ("GLACIER", "DEEP_ARCHIVE"):
                return f"{rule['ID']}: {step}"
    if not any("AbortIncompleteMultipartUpload" in rule for rule in DOCUMENT["Rules"]):
        return "unfinished uploads stay for ever"
    return None


def kinds_are_known():
    text = (SOURCE / "src" / "show" / "include" / "show" / "manifest.h").read_text()
    known = set(re.findall(r"\"([a-z-]+)\"", text[text.index("*kind;"):text.index("*source;")]))
    named = {rule["Filter"]["Tag"]["Value"] for rule in DOCUMENT["Rules"] if "Tag" in rule["Filter"]}
    return None if named <= known else f"unknown: {named - known}"


tap = Tap()
tap.run("/s3/lifecycle/is-what-a-bucket-takes", is_valid)
tap.run("/s3/lifecycle/rules-fit-together", rules_fit)
tap.run("/s3/lifecycle/kinds-are-those-of-manifests", kinds_are_known)
tap.finish()
