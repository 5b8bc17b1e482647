/* The recordings of a sample show are played as its cameras: they belong together, to a few hundredths
 * of a second. "#t=1.5" in the address of one is where in it all cameras run. */

const END_S = 0.6; /* the time of an element is told four times a second */
const NEAR_S = 0.04;
const TRIES = 4;
const SEEK_MS = 3000;

function beginOf(address: string): number {
  return Number(/#t=([\d.]+)$/.exec(address)?.[1] ?? 0);
}

/* Where in the show it is. */
const positionOf = (element: HTMLVideoElement) => element.currentTime - beginOf(element.src);

function put(element: HTMLVideoElement, position: number): void {
  element.currentTime = beginOf(element.src) + position;
}

/* They begin at one moment, and again just before the first of them ends (its tracks would end with it).
 * In a show that runs a newcomer joins the others. */
export async function playTogether(elements: HTMLVideoElement[], isRunning: boolean): Promise<void> {
  const resting = elements.filter((element) => element.paused);
  if (resting.length === 0) return;
  for (const element of elements)
    element.ontimeupdate = () => element.duration - element.currentTime < END_S && elements.forEach((one) => put(one, 0));
  const leader = elements.find((element) => !element.paused);
  if (isRunning && leader) return void (await Promise.all(resting.map((element) => join(element, leader))));
  for (const element of elements) put(element, 0);
  await Promise.all(resting.map((element) => element.play()));
}

/* A seek takes its time, which shows afterwards: the next one goes so much further. */
async function join(element: HTMLVideoElement, leader: HTMLVideoElement): Promise<void> {
  let ahead = 0;
  for (let i = 0; i < TRIES; i++) {
    put(element, positionOf(leader) + ahead);
    await Promise.all([element.play(), sought(element)]);
    const late = positionOf(leader) - positionOf(element);
    if (Math.abs(late) < NEAR_S) return;
    ahead += late;
  }
}

function sought(element: HTMLVideoElement): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, SEEK_MS);
    element.addEventListener("seeked", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
