/* Sound: from capture to the worker, and what it heard to meters, the mix and the log; and the sound
 * check, which gives each microphone its gain. */
import type { Capture, SoundFrames } from "../capture";
import type { Helper } from "../helper";
import { WORDS } from "../notices";
import { load, microphoneKey, save } from "../saved";
import type { Show } from "../show";
import { CHECK_MS, isolation, ISOLATION_LEAST_DB, type CheckResult, type Voice } from "../speech/check";
import type { Edge } from "../speech/room";
import type { Meter, SourceId } from "../studio";
import type { FromWorker } from "../worker";
import type { SourceList } from "./source-list";
import type { State } from "./state";

const tenth = (db: number) => Math.round(db * 10) / 10;

export class Hearing {
  readonly meters = new Map<SourceId, Meter>();
  private voices: Record<SourceId, Voice> = {};

  constructor(
    private readonly state: State,
    private readonly capture: Capture,
    private readonly helper: Helper,
    private readonly sources: SourceList,
    /* Whether what was heard here is to be said: a guest's own page says when they speak. */
    private readonly takes: (edge: Edge) => boolean = () => true,
  ) {
    capture.onSound((frames) => this.hear(frames));
  }

  startCheck(id: SourceId): void {
    this.state.unsay(`unheard:${id}`);
    this.helper.post({ kind: "check", source: id });
    this.state.set({ soundCheck: { source: id, remainingMs: CHECK_MS, heardDb: null } });
  }

  cancelCheck(): void {
    this.helper.post({ kind: "check", source: null });
    this.state.set({ soundCheck: null });
  }

  /* The source went, or has another microphone: what was heard of it says nothing any more. */
  forget(id: SourceId): void {
    this.meters.delete(id);
    const without = ({ [id]: _gone, ...levels }: Voice) => levels;
    const kept = Object.entries(this.voices).filter(([person]) => person !== id);
    this.voices = Object.fromEntries(kept.map(([person, voice]) => [person, without(voice)]));
    this.judge();
  }

  /* Whoever speaks at the end of a show stops. */
  finish(t: number): void {
    this.helper.post({ kind: "finish", t });
  }

  answered(message: FromWorker): void {
    switch (message.kind) {
      case "heard":
        return this.heard(message);
      case "check":
        if (this.state.get().soundCheck)
          this.state.set({ soundCheck: { source: message.source, remainingMs: message.remainingMs, heardDb: message.heardDb } });
        return;
      case "checked":
        return this.checked(message.source, message.result);
      case "decided":
        return this.state.show?.answered(message);
      case "failed":
        return this.state.say("worker", WORDS.workerFailed(message.why));
    }
  }

  logGains(show: Show): void {
    const known = this.state.get().sources.filter(({ gainDb }) => gainDb !== null);
    if (known.length === 0) return;
    show.log("gains", {
      gains: Object.fromEntries(known.map(({ id, gainDb }) => [id, tenth(gainDb!)])),
      isolation: Object.fromEntries(known.flatMap(({ id, isolationDb }) => (isolationDb === null ? [] : [[id, tenth(isolationDb)]]))),
    });
  }

  private hear({ t, mics }: SoundFrames): void {
    /* Before and after, t is not of the session clock. */
    const isShow = this.state.show !== null && this.state.get().phase === "recording";
    this.helper.post({ kind: "sound", t, isShow, mics }, mics.map(({ samples }) => samples.buffer as ArrayBuffer));
  }

  private heard({ frames, edges }: Extract<FromWorker, { kind: "heard" }>): void {
    const { show } = this.state;
    for (const { source, levelDb, peakDb, isSpeaking } of frames) this.meters.set(source, { levelDb, peakDb, isSpeaking });
    if (frames.length > 0) this.capture.setMix(new Map(frames.map(({ source, weight }) => [source, weight])));
    for (const { source, isStart, t, edge } of edges.filter(this.takes))
      show?.log(isStart ? "speaking_start" : "speaking_stop", {
        source,
        t: Math.max(0, Math.round(t)),
        edge_t: Math.max(0, Math.round(edge)),
      });
    show?.tick();
  }

  private checked(id: SourceId, result: CheckResult | null): void {
    const source = this.state.source(id);
    if (!source) return this.state.set({ soundCheck: null });
    if (result === null) {
      this.state.say(`unheard:${id}`, WORDS.unheard(source.label));
      return this.state.set({ soundCheck: null });
    }
    this.voices = { ...this.voices, [id]: result.voice };
    this.state.change(id, { gainDb: result.gainDb });
    if (source.microphone !== null && source.microphone !== "own")
      save({ gains: { ...load().gains, [microphoneKey(source.microphone)]: result.gainDb } });
    this.judge();
    this.state.set({ soundCheck: null }); /* last: whoever waits for the end finds what was heard */
    this.sources.tellHelper();
    if (this.state.show) this.logGains(this.state.show);
  }

  private judge(): void {
    for (const { id } of this.state.get().sources) this.state.change(id, { isolationDb: isolation(id, this.voices) });
    const poor = this.state.get().sources.filter(({ isolationDb }) => isolationDb !== null && isolationDb < ISOLATION_LEAST_DB);
    if (poor.length > 0) this.state.say("isolation", WORDS.poorIsolation(poor.map(({ label }) => label)));
    else this.state.unsay("isolation");
  }
}
