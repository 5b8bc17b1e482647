/* What this machine has: whether the page may use cameras, which there are, and which picture they and
 * the machine can do. */
import type { Capture } from "../capture";
import { askForDevices, listDevices, mostHeight } from "../devices";
import { probeFormat } from "../format";
import { WORDS } from "../notices";
import { load, save } from "../saved";
import type { Format } from "../studio";
import type { State } from "./state";

export class Equipment {
  private hasChosenFormat = Object.keys(load().format).length > 0;

  constructor(
    private readonly state: State,
    private readonly capture: Capture,
  ) {
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.find());
  }

  async askPermission(): Promise<void> {
    const { state } = this;
    if (state.get().permission === "impossible") return state.say("permission", WORDS.noSecureContext());
    state.set({ permission: "asking" });
    try {
      await askForDevices();
      state.unsay("permission");
      state.set({ permission: "granted" });
      await this.find();
      await this.findFormat();
    } catch {
      state.set({ permission: "denied" });
      if (state.get().sources.length === 0) return; /* the page for that says it itself */
      state.say("permission", WORDS.permissionDenied(), [{ label: "Try again", run: () => void this.askPermission() }]);
    }
  }

  async find(): Promise<void> {
    if (!navigator.mediaDevices) return;
    const { state } = this;
    const devices = await listDevices();
    state.set({ devices });
    /* Labels are only given to who has permission. */
    if (devices.some(({ label }) => label && !/^(Camera|Microphone) \d+$/.test(label)) && state.get().permission === "unknown")
      state.set({ permission: "granted" });
    if (state.get().permission === "granted" && !devices.some(({ kind }) => kind === "camera")) state.say("no-camera", WORDS.noCamera());
    else state.unsay("no-camera");
  }

  changeFormat(change: Partial<Omit<Format, "reduced">>): void {
    if (this.state.get().phase !== "setup") return;
    this.hasChosenFormat = true;
    const format = { ...this.state.get().format, ...change };
    this.state.set({ format });
    const { reduced: _reduced, ...kept } = format;
    save({ format: kept });
    void this.capture.setFormat(format);
  }

  /* Nobody chose: the best that is here. */
  private async findFormat(): Promise<void> {
    if (this.hasChosenFormat || this.state.get().phase !== "setup") return;
    const format = await probeFormat(await mostHeight());
    this.state.set({ format });
    await this.capture.setFormat(format);
  }
}
