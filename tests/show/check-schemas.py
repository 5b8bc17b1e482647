#!/usr/bin/env python3
"""Holds files of a show against docs/schemas/ and prints TAP.

usage: check-schemas.py WRITE-EXAMPLES [FOLDER-OF-A-SHOW ...]

WRITE-EXAMPLES is the program of write-examples.c; what it writes must pass, and the same files
with one thing broken must not. Needs PyPI's jsonschema, from CROSSCUT_VENV (default: build/venv)
or from this Python.
"""
import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = {'manifest.json': 'manifest', 'events.json': 'events', 'shots.json': 'shots',
         'highlights.json': 'highlights'}

# (file, path to a member, its broken value); REMOVED takes the member away.
REMOVED = object()
BROKEN = [
    ('events.json', [1, 't'], 'soon'),
    ('events.json', [1, 't'], -1),
    ('events.json', [1, 't'], 1e12),
    ('events.json', [1, 't'], REMOVED),
    ('events.json', [1, 'type'], REMOVED),
    ('events.json', [1, 'source'], REMOVED),
    ('events.json', [1, 'source'], 'a..b'),
    ('events.json', [1, 'seq'], 0),
    ('events.json', [1, 'id'], '../x'),
    ('events.json', [0, 'sources', 0, 'role'], 'boss'),
    ('events.json', [0, 'sources', 0, 'id'], REMOVED),
    ('events.json', [0, 'settings'], []),
    ('events.json', [7, 'file'], 'a/b.mp4'),
    ('shots.json', ['shots', 0, 't'], 40),
    ('shots.json', ['shots', 1, 't'], '1s'),
    ('shots.json', ['shots', 1, 'source'], REMOVED),
    ('shots.json', ['rate'], [30000, 0]),
    ('shots.json', ['version'], 2),
    ('highlights.json', ['pieces', 0, 'score'], 1.5),
    ('highlights.json', ['pieces', 0, 'people', 0], 'b c'),
    ('highlights.json', ['pieces'], REMOVED),
    ('manifest.json', ['id'], 'x'),
    ('manifest.json', ['state'], 'done'),
    ('manifest.json', ['started_at'], 'yesterday'),
    ('manifest.json', ['sources', 0, 'priority'], 11),
    ('manifest.json', ['sources'], [{'id': 'cam_%d' % i} for i in range(17)]),
    ('manifest.json', ['files', 0, 'name'], '../../etc/passwd'),
    ('manifest.json', ['files', 0, 'name'], '..'),
    ('manifest.json', ['files', 0, 'path'], 'media/host.mp4'),
    ('manifest.json', ['files', 0, 'sha256'], 'ABC'),
    ('manifest.json', ['files', 0, 'bytes'], 1.5),
    ('manifest.json', ['files', 0, 'gaps', 0], [1]),
]


def import_jsonschema():
    """The module, after changing to the venv's Python when only that has it."""
    try:
        import jsonschema
        return jsonschema
    except ImportError:
        venv = pathlib.Path(os.environ.get('CROSSCUT_VENV', ROOT / 'build' / 'venv'))
        python = venv / 'bin' / 'python'
        if python.exists() and pathlib.Path(sys.prefix).resolve() != venv.resolve():
            os.execv(python, [str(python)] + sys.argv)
    return None


def make_validators(jsonschema):
    """One validator a schema; $ref names another schema's file."""
    schemas = {path.name: json.loads(path.read_text(encoding='utf-8')) for path in
               sorted((ROOT / 'docs' / 'schemas').glob('*.schema.json'))}
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    try:
        import referencing
        registry = referencing.Registry().with_resources(
            (name, referencing.Resource.from_contents(schema)) for name, schema in schemas.items())
        make = lambda schema: jsonschema.Draft202012Validator(schema, registry=registry)
    except ImportError:  # jsonschema before 4.18
        make = lambda schema: jsonschema.Draft202012Validator(
            schema, resolver=jsonschema.RefResolver('', {}, store=schemas))
    return {name[:-len('.schema.json')]: make(schema) for name, schema in schemas.items()}


def break_value(document, path, value):
    """A copy of the document in which one member is broken."""
    broken = copy.deepcopy(document)
    holder = broken
    for step in path[:-1]:
        holder = holder[step]
    if value is REMOVED:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return broken


class Tap:
    def __init__(self):
        self.count = self.failures = 0

    def check(self, is_good, name, why=''):
        self.count += 1
        self.failures += not is_good
        print('%s %d %s' % ('ok' if is_good else 'not ok', self.count, name))
        if not is_good and why:
            print('# ' + why.replace('\n', '\n# '))


def check_folder(tap, validators, folder):
    """Every file of the folder that has a schema. Returns the documents by name."""
    documents = {}
    for name, schema in FILES.items():
        path = folder / name
        if not path.exists():
            continue
        documents[name] = json.loads(path.read_text(encoding='utf-8'))
        error = next(validators[schema].iter_errors(documents[name]), None)
        tap.check(error is None, '%s follows its schema' % name, str(error))
    log = folder / 'events.log'
    if log.exists():
        errors = [error for line in log.read_text(encoding='utf-8').splitlines()
                  for error in validators['event'].iter_errors(json.loads(line))]
        tap.check(not errors, 'events.log follows its schema', str(errors[:1]))
    return documents


def main():
    jsonschema = import_jsonschema()
    if jsonschema is None:
        print('1..0 # SKIP needs jsonschema (make test-deps)')
        return 0
    tap = Tap()
    validators = make_validators(jsonschema)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], folder], check=True)
        examples = check_folder(tap, validators, pathlib.Path(folder))
    for name, path, value in BROKEN:
        broken = break_value(examples[name], path, value)
        what = 'without it' if value is REMOVED else json.dumps(value)[:40]
        tap.check(not validators[FILES[name]].is_valid(broken),
                  '%s is refused: %s %s' % (name, '/'.join(map(str, path)), what.replace('#', '')))
    for folder in sys.argv[2:]:
        check_folder(tap, validators, pathlib.Path(folder))
    print('1..%d' % tap.count)
    return 1 if tap.failures else 0


if __name__ == '__main__':
    sys.exit(main())
