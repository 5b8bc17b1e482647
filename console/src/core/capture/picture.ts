/* Pictures brought to the form that all cameras of a show share, so that their encoders write the same
 * parameter sets: size, shape and colour description. The cheapest way that is right for each frame:
 * as it is; cropped to the show's shape without touching a sample (the encoder scales); its samples
 * computed for the show's colours; drawn anew where the shape must be kept whole, or it is RGB. */
import { convertPlanes, drawnToPlanes, matrixOf } from "./colour";

export interface Look {
  width: number;
  height: number;
  colour: VideoColorSpaceInit;
}

export const USUAL_COLOUR: VideoColorSpaceInit = {
  primaries: "bt709",
  transfer: "bt709",
  matrix: "bt709",
  fullRange: false,
};

/* The colours of a show: those that most of its cameras have. */
export function sharedColour(spaces: readonly VideoColorSpaceInit[]): VideoColorSpaceInit {
  let best = USUAL_COLOUR;
  let votes = 0;
  for (const space of spaces) {
    if (matrixOf(space) === null) continue;
    const count = spaces.filter((other) => sameColour(space, other)).length;
    if (count > votes || (count === votes && best.fullRange && !space.fullRange)) [best, votes] = [space, count];
  }
  return best;
}

export function sameColour(a: VideoColorSpaceInit, b: VideoColorSpaceInit): boolean {
  return (
    a.primaries === b.primaries && a.transfer === b.transfer && a.matrix === b.matrix && !!a.fullRange === !!b.fullRange
  );
}

const SAME_SHAPE = 0.01;

export class NoPictureError extends Error {
  override name = "NoPictureError";
}

export class Normaliser {
  private canvas: OffscreenCanvas | null = null;

  /* `keepsWhole`: of a screen nothing may be cropped, whatever its shape. */
  constructor(
    private look: Look,
    private keepsWhole: boolean,
  ) {}

  /* Takes the frame; the result is the caller's to close. */
  normalise(frame: VideoFrame): VideoFrame | Promise<VideoFrame> {
    if (frame.format === null) {
      frame.close();
      throw new NoPictureError(
        "This device gives no pictures that can be recorded: it may be a depth or infrared camera. Choose another one.",
      );
    }
    const isPlanar = frame.format === "I420" || frame.format === "NV12";
    if (!isPlanar || !this.mayBeCropped(frame.displayWidth / frame.displayHeight)) return this.drawn(frame);
    const cropped = this.cropped(frame);
    return sameColour(cropped.colorSpace, this.look.colour) ? cropped : this.recoloured(cropped);
  }

  /* A camera may lose its edges; a screen, or a phone held upright, may not. */
  private mayBeCropped(aspect: number): boolean {
    if (Math.abs((aspect * this.look.height) / this.look.width - 1) < SAME_SHAPE) return true;
    return !this.keepsWhole && aspect > 1.25 && aspect < 2.1;
  }

  private cropped(frame: VideoFrame): VideoFrame {
    const wanted = this.look.width / this.look.height;
    const area = frame.visibleRect!;
    const aspect = area.width / area.height;
    if (Math.abs(aspect / wanted - 1) < SAME_SHAPE) return frame;
    const width = aspect > wanted ? even(area.height * wanted) : area.width;
    const height = aspect > wanted ? area.height : even(area.width / wanted);
    const x = area.x + even((area.width - width) / 2);
    const y = area.y + even((area.height - height) / 2);
    return instead(frame, () => new VideoFrame(frame, { visibleRect: { x, y, width, height } }));
  }

  private async recoloured(frame: VideoFrame): Promise<VideoFrame> {
    try {
      const { width, height } = frame.visibleRect!;
      const { colour } = this.look;
      const samples = new Uint8Array(frame.allocationSize());
      const layout = await frame.copyTo(samples);
      const from = matrixOf(frame.colorSpace) ?? matrixOf(USUAL_COLOUR)!;
      convertPlanes(samples, { width, height, isInterleaved: frame.format === "NV12" }, from, matrixOf(colour)!);
      return new VideoFrame(samples, {
        format: frame.format!,
        codedWidth: width,
        codedHeight: height,
        layout,
        timestamp: frame.timestamp,
        colorSpace: colour,
        transfer: [samples.buffer],
      } as VideoFrameBufferInit);
    } finally {
      frame.close();
    }
  }

  /* Whole, in the middle of black. */
  private drawn(frame: VideoFrame): VideoFrame {
    const { width, height, colour } = this.look;
    return instead(frame, () => {
      this.canvas ??= new OffscreenCanvas(width, height);
      const context = this.canvas.getContext("2d", { alpha: false, willReadFrequently: true })!;
      const scale = Math.min(width / frame.displayWidth, height / frame.displayHeight);
      const w = frame.displayWidth * scale;
      const h = frame.displayHeight * scale;
      if (w < width || h < height) context.clearRect(0, 0, width, height);
      context.drawImage(frame, (width - w) / 2, (height - h) / 2, w, h);
      const { data } = context.getImageData(0, 0, width, height);
      const samples = drawnToPlanes(data, width, height, matrixOf(colour)!);
      return new VideoFrame(samples, {
        format: "I420",
        codedWidth: width,
        codedHeight: height,
        timestamp: frame.timestamp,
        colorSpace: colour,
        transfer: [samples.buffer],
      } as VideoFrameBufferInit);
    });
  }
}

function instead(frame: VideoFrame, make: () => VideoFrame): VideoFrame {
  try {
    return make();
  } finally {
    frame.close();
  }
}

function even(n: number): number {
  return 2 * Math.round(n / 2);
}
