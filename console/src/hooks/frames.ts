/* One animation loop for everything that moves without React: meters, clocks, the timeline. */
const listeners = new Set<(now: number) => void>();
let running = false;

function step(now: number): void {
  for (const listener of listeners) listener(now);
  running = listeners.size > 0;
  if (running) requestAnimationFrame(step);
}

export function onFrame(listener: (now: number) => void): () => void {
  listeners.add(listener);
  if (!running) {
    running = true;
    requestAnimationFrame(step);
  }
  return () => listeners.delete(listener);
}
