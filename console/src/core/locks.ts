/* One tab records a show, and one tab records a camera: Web Locks say who. Where the browser has
 * none, everybody may. */
export interface Held {
  release(): void;
}

/* Null: another tab has it. */
export function take(name: string): Promise<Held | null> {
  if (!globalThis.navigator?.locks) return Promise.resolve({ release: () => {} });
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(`crosscut:${name}`, { ifAvailable: true }, (lock) => {
        if (lock === null) return resolve(null);
        return new Promise<void>((release) => resolve({ release }));
      })
      .catch(reject);
  });
}
