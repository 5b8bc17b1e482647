"""The voice detector in C against the model it was exported from, run by onnxruntime.

    test-model.py VAD-16K-PROGRAM          (CROSSCUT_SOURCE, CROSSCUT_BUILD, CROSSCUT_VENV)"""
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys

SOURCE = os.environ["CROSSCUT_SOURCE"]
VENV = os.environ.get("CROSSCUT_VENV", os.path.join(SOURCE, "build", "venv"))
MODEL_TOLERANCE = 1e-4
FILES = ["dev_close/cam_1.flac", "dev_table/cam_2.flac", "dev_silent_guest/cam_3.flac"]


def skip(reason):
    print(f"1..0 # SKIP skipped: needs {reason}")
    sys.exit(0)


def run_in_venv():
    """Goes on in the virtual environment that has onnxruntime."""
    python = os.path.join(VENV, "bin", "python3")
    works = os.path.exists(python) and subprocess.run(
        [python, "-c", "import numpy, onnxruntime"], check=False, capture_output=True).returncode == 0
    if not works:
        skip("onnxruntime (make test-deps)")
    os.execv(python, [python, os.path.abspath(__file__), *sys.argv[1:], "--in-venv"])


def load_exporter():
    path = os.path.join(SOURCE, "tools", "export-silero.py")
    spec = importlib.util.spec_from_file_location("export_silero", path)
    exporter = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(exporter)
    return exporter


def model_bytes(exporter):
    """From the package in the virtual environment, or downloaded; both are checked."""
    package = importlib.util.find_spec("silero_vad")
    if package is not None:
        root = os.path.dirname(os.path.dirname(package.origin))
        with open(os.path.join(root, exporter.MODEL), "rb") as file:
            model = file.read()
        if hashlib.sha256(model).hexdigest() == exporter.MODEL_SHA256:
            return model
    try:
        return exporter.fetch_model(os.path.join(SOURCE, "build", "wheels"))
    except (subprocess.CalledProcessError, OSError):
        skip("the package silero-vad 6.2.3 (make test-deps)")


def probabilities(session, samples):
    import numpy
    state = numpy.zeros((2, 1, 128), numpy.float32)
    context = numpy.zeros(64, numpy.float32)
    rate = numpy.array(16000, numpy.int64)
    found = []
    for at in range(0, len(samples) - 511, 512):
        frame = samples[at:at + 512]
        sound = numpy.concatenate([context, frame])[None]
        result, state = session.run(None, {"input": sound, "state": state, "sr": rate})
        found.append(float(result[0, 0]))
        context = frame[-64:]
    return numpy.array(found, numpy.float32)


def main(program):
    import numpy
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    exporter = load_exporter()
    model = model_bytes(exporter)
    session = onnxruntime.InferenceSession(model, options)
    print(f"1..{1 + len(FILES)}")
    with open(os.path.join(SOURCE, "src", "speech", "silero-v6-16k.f32"), "rb") as file:
        failed = file.read() != exporter.weights_of(model)
    print(f"{'not ok' if failed else 'ok'} 1 the committed weights are those of the model")
    for number, name in enumerate(FILES, 2):
        path = os.path.join(SOURCE, "bench", "data", "speech", name)
        raw = subprocess.run(
            ["ffmpeg", "-v", "error", "-i", path, "-t", "60", "-ac", "1", "-ar", "16000",
             "-f", "f32le", "pipe:1"], check=True, capture_output=True).stdout
        mine = numpy.frombuffer(
            subprocess.run([program], input=raw, check=True, capture_output=True).stdout, "<f4")
        theirs = probabilities(session, numpy.frombuffer(raw, "<f4"))
        same_length = len(mine) == len(theirs) > 0
        worst = float(abs(mine - theirs).max()) if same_length else 1.0
        good = worst <= MODEL_TOLERANCE
        failed |= not good
        print(f"{'ok' if good else 'not ok'} {number} {name}: {len(theirs)} frames, "
              f"largest difference {worst:.2g}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    if shutil.which("ffmpeg") is None:
        skip("ffmpeg (make test-deps)")
    if sys.argv[-1] != "--in-venv":
        run_in_venv()
    main(sys.argv[1])
