"""make-recorded.py FOLDER: a studio's show rendered in FOLDER, and on standard output where each
picture of highlights.mp4 lies there and in program.mp4 (s, its middle)."""
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import show  # noqa: E402
from studio_show import RATE, Studio, times  # noqa: E402


def main():
    studio = Studio(Path(sys.argv[1])).render()
    pieces = show.load(studio.folder / "highlights.json")["pieces"]
    half = 0.5 / RATE
    pairs = []
    for t in times(studio.folder / "highlights.mp4"):
        piece = [p for p in pieces if p["at"] / 1000 <= t + 0.002][-1]
        pairs.append([t + half, t + half + (piece["start"] - piece["at"]) / 1000])
    print(json.dumps({"folder": str(studio.folder), "pairs": pairs}))


if __name__ == "__main__":
    main()
