import { Dialog } from "./Dialog";

const KEYS: [string, string][] = [
  ["1 – 9", "Cut to that camera; auto comes back by itself"],
  ["W", "Cut to everybody (the wide camera)"],
  ["H or Space", "Stay on this picture; again: back to auto"],
  ["A", "Auto: let it direct"],
  ["M", "Mark this moment"],
  ["G", "Guests: write to them, or add the first one"],
  ["L", "Go live; while live: end the stream, after asking"],
  ["R", "Record; while recording: stop, after asking"],
  ["?", "This list"],
];

export function KeysDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <ul className="rows">
        {KEYS.map(([key, what]) => (
          <li key={key}>
            <span className="keys">
              <kbd>{key}</kbd>
            </span>
            <span>{what}</span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
