/* Opus of one microphone, or of the program. Times are those of the samples that were given: the
 * encoder counts them, so a packet lies where its sound lies, whatever the encoder's own pace. */
import { SOUND_RATE } from "./protocol";

export class SoundEncoder {
  private encoder: AudioEncoder;

  /* `packet`: its time in the context's milliseconds. */
  constructor(
    private channels: 1 | 2,
    packet: (contextMs: number, data: Uint8Array) => void,
    failed: (why: string) => void,
  ) {
    this.encoder = new AudioEncoder({
      output: (chunk) => {
        const data = new Uint8Array(chunk.byteLength);
        chunk.copyTo(data);
        packet(chunk.timestamp / 1000, data);
      },
      error: (error) => failed(`its sound's encoder gave up: ${error.message}`),
    });
    this.encoder.configure({
      codec: "opus",
      sampleRate: SOUND_RATE,
      numberOfChannels: channels,
      bitrate: channels === 1 ? 96_000 : 160_000,
    });
  }

  /* `frame`: the context's number of the first sample. */
  encode(sound: readonly Float32Array[], frame: number): void {
    if (this.encoder.state !== "configured") return;
    const samples = sound[0]!.length;
    const data = new Float32Array(samples * this.channels);
    for (let c = 0; c < this.channels; c++) data.set(sound[c] ?? sound[0]!, c * samples);
    const audio = new AudioData({
      format: "f32-planar",
      sampleRate: SOUND_RATE,
      numberOfChannels: this.channels,
      numberOfFrames: samples,
      timestamp: Math.round((frame / SOUND_RATE) * 1e6),
      data,
    });
    this.encoder.encode(audio);
    audio.close();
  }

  async end(): Promise<void> {
    if (this.encoder.state !== "configured") return;
    await this.encoder.flush().catch(() => undefined);
    if (this.encoder.state === "configured") this.encoder.close();
  }
}
