/* The engine that encodes once: its work is done in a worker, here are its ends in the page. */
import { avcCodec } from "./avc";
import type { Engine, EngineSource } from "./engine";
import { SOUND_RATE, type Counts, type FromWorker, type Setup, type ToWorker } from "./protocol";
import type { Sound } from "./sound";
import type { Format, SourceId } from "../studio";

/* Frames that may wait for the worker: when it is held up for longer they are lost. */
const MOST_WAITING = 5;

export async function canUseWebCodecs({ width, height, rate }: Format): Promise<boolean> {
  const types = [typeof VideoEncoder, typeof AudioEncoder, typeof MediaStreamTrackProcessor];
  if (types.includes("undefined")) return false;
  const video = { codec: avcCodec(width, height, rate), width, height, latencyMode: "realtime", avc: { format: "avc" } } as const;
  const audio = { codec: "opus", sampleRate: SOUND_RATE, numberOfChannels: 2 };
  const answers = [VideoEncoder.isConfigSupported(video), AudioEncoder.isConfigSupported(audio)];
  return Promise.all(answers).then((all) => all.every(({ supported }) => supported === true), () => false);
}

export function webCodecsEngine(sound: Sound, receive: (message: FromWorker) => void): Engine {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "recorder" });
  const { port1, port2 } = new MessageChannel();
  let counts: Counts | null = null;
  let stopped: (() => void) | null = null;
  let isClosed = false;

  function tell(message: ToWorker, transfer: Transferable[] = []): void {
    worker.postMessage(message, transfer);
  }

  /* Frames that the page sends, as the track of a played recording forgets their times. */
  const underWay = new Map<SourceId, { frames: number; lost: number }>();
  function send(source: SourceId, frame: VideoFrame): void {
    const state = underWay.get(source)!;
    if (isClosed) return frame.close();
    if (state.frames >= MOST_WAITING) {
      state.lost++;
      return frame.close();
    }
    state.frames++;
    tell({ kind: "frame", source, frame, lost: state.lost }, [frame]);
    state.lost = 0;
  }

  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    if (data.kind === "took") return void underWay.get(data.source)!.frames--;
    receive(data);
    if (data.kind !== "stopped") return;
    counts = data.counts;
    stopped?.();
  };
  worker.onerror = (event) => receive({ kind: "failed", name: "program.mkv", why: `the recorder failed: ${event.message}` });
  void sound.addPort(port1);
  tell({ kind: "sound", port: port2 }, [port2]);

  return {
    counts: () => counts,
    add({ setup, track, pictures }: EngineSource) {
      const frames = !pictures && track && new MediaStreamTrackProcessor({ track, maxBufferSize: MOST_WAITING }).readable;
      tell({ kind: "source", setup, frames: frames || null }, frames ? [frames] : []);
      if (!pictures) return;
      if (!underWay.has(setup.source)) underWay.set(setup.source, { frames: 0, lost: 0 });
      pictures.use = (frame) => send(setup.source, frame);
    },
    remove: (source) => tell({ kind: "gone", source }),
    setClock: (at, session, show) => tell({ kind: "clock", at, wall: Date.now(), session, show }),
    setDelivered: (source, frames) => tell({ kind: "delivered", source, frames }),
    async start(setup: Setup) {
      tell({ kind: "start", setup });
    },
    setMix: (weights) => tell({ kind: "mix", weights: [...weights] }),
    cutTo: (source, t, decision) => tell({ kind: "cut", source, t, decision }),
    prepare: (source) => tell({ kind: "prepare", source }),
    /* The track lies in the page, its pictures are put into it by the worker. */
    show() {
      if (typeof MediaStreamTrackGenerator === "undefined") return null;
      const track = new MediaStreamTrackGenerator({ kind: "video" });
      tell({ kind: "show", frames: track.writable }, [track.writable]);
      return track;
    },
    hide: () => tell({ kind: "show", frames: null }),
    setLive: (address) => tell({ kind: "live", address }),
    async stop() {
      const done = new Promise<void>((resolve) => (stopped = resolve));
      tell({ kind: "stop" });
      await done;
    },
    close() {
      isClosed = true;
      worker.terminate();
    },
  };
}
