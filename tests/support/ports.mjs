// A port for tests that have to know theirs before somebody listens there: of those that the kernel gives
// to no connection and to nobody who asks for any, so it stays free until then, and while a server that
// was killed is away.
import { createServer } from "node:net";

const isFree = (port) =>
  new Promise((done) => {
    const probe = createServer();
    probe.once("error", () => done(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => done(true)));
  });

export async function freePort() {
  for (;;) {
    const port = 12000 + Math.floor(Math.random() * 20000);
    if (await isFree(port)) return port;
  }
}
