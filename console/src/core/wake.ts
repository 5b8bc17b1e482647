/* The screen stays on while a show is recorded. The browser lets go when the page is hidden; then it
 * is asked again when it is seen. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | null = null;
  let isWanted = true;
  const ask = () => {
    if (!isWanted || document.visibilityState !== "visible" || !navigator.wakeLock) return;
    navigator.wakeLock.request("screen").then(
      (got) => {
        if (isWanted) lock = got;
        else void got.release();
      },
      () => {}, /* low battery, say: no reason to stop a show */
    );
  };
  document.addEventListener("visibilitychange", ask);
  ask();
  return () => {
    isWanted = false;
    document.removeEventListener("visibilitychange", ask);
    void lock?.release();
  };
}
