/* Drawn people for pictures in the gallery. */
import type { Source } from "../core/studio";

interface Look {
  wall: [string, string];
  skin: string;
  hair: string;
  shirt: string;
}

const LOOKS: Look[] = [
  { wall: ["#5f6a72", "#2a2f34"], skin: "#e6b89a", hair: "#3b2a22", shirt: "#2f5d8a" },
  { wall: ["#7a6a5f", "#352c28"], skin: "#b98463", hair: "#171210", shirt: "#7a3d62" },
  { wall: ["#5c6f64", "#26302b"], skin: "#f0cdb6", hair: "#8a5a2b", shirt: "#3d6b57" },
];

function draw(to: CanvasRenderingContext2D, look: Look, x: number, w: number, h: number, t: number): void {
  const wall = to.createRadialGradient(x + w / 2, h * 0.3, 0, x + w / 2, h * 0.3, h);
  wall.addColorStop(0, look.wall[0]);
  wall.addColorStop(1, look.wall[1]);
  to.save();
  to.beginPath();
  to.rect(x, 0, w, h);
  to.clip();
  to.fillStyle = wall;
  to.fillRect(x, 0, w, h);
  const middle = x + w / 2 + Math.sin(t) * h * 0.01;
  const oval = (colour: string, cx: number, cy: number, rx: number, ry: number) => {
    to.fillStyle = colour;
    to.beginPath();
    to.ellipse(cx, cy, rx, ry, 0, 0, 7);
    to.fill();
  };
  oval(look.shirt, middle, h * 1.06, h * 0.52, h * 0.32);
  oval(look.hair, middle, h * 0.44, h * 0.19, h * 0.25);
  oval(look.skin, middle, h * 0.48, h * 0.165, h * 0.22);
  to.restore();
}

/* A stream of a canvas for each source. */
export function withPictures(sources: Source[], rate: number): Source[] {
  return sources.map((source, i) => {
    if (source.stream || source.trouble || source.picture.kind === "none" || (source.picture.kind === "phone" && !source.picture.clientId)) return source;
    const canvas = document.createElement("canvas");
    canvas.width = 960;
    canvas.height = 540;
    const to = canvas.getContext("2d");
    if (!to) return source;
    const paint = () => {
      const t = rate ? performance.now() / 900 + i : i;
      if (source.role !== "wide") draw(to, LOOKS[i % 3] ?? LOOKS[0]!, 0, 960, 540, t);
      else LOOKS.forEach((look, n) => draw(to, look, n * 320, 320, 540, t + n));
    };
    paint();
    setInterval(paint, rate ? 1000 / rate : 500);
    return { ...source, stream: canvas.captureStream(15) };
  });
}
