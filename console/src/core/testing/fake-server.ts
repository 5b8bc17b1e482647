/* A small server of shows over real HTTP and real Socket.IO, for tests of what talks to it: a log
 * with acknowledgements, replay, hand-back, sessions and uploads. It decides nothing. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type Socket } from "socket.io";
import type { LogEvent } from "../event";
import { FakeTus } from "./fake-tus";

type Answer = (ack: object) => void;

export class FakeServer {
  log: LogEvent[] = [];
  tus = new FakeTus();
  epoch = 0;
  state: "recording" | "stopping" | "complete" = "recording";
  expected: { name: string; sha256: string; bytes: number }[] = [];
  ignoresEvents = false; /* half dead: takes events and answers nothing */
  loseAnswers = 0; /* so many events are stored without an answer */
  auths: Record<string, unknown>[] = [];
  address = "";
  readonly id = "11111111-1111-4111-8111-111111111111";
  private began = performance.now();
  private http: HttpServer | null = null;
  private io: Server | null = null;

  clock(): number {
    return Math.floor(performance.now() - this.began);
  }

  async listen(port = 0): Promise<void> {
    this.http = createServer((request, response) => void this.handle(request, response));
    this.io = new Server(this.http, { serveClient: false });
    this.io.on("connection", (socket) => this.connected(socket));
    await new Promise<void>((done) => this.http!.listen(port, "127.0.0.1", done));
    this.address = `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  /* As kill -9 does: every connection ends, the log stays. */
  async kill(): Promise<number> {
    const port = (this.http!.address() as AddressInfo).port;
    const { http, io } = this;
    this.io = this.http = null;
    for (const socket of io!.sockets.sockets.values()) socket.conn.close(true);
    http!.closeAllConnections();
    await new Promise((done) => io!.close(done));
    return port;
  }

  say(event: Omit<LogEvent, "seq" | "at" | "id">): LogEvent {
    const line = { id: `s${this.log.length + 1}`, ...event, seq: this.log.length + 1, at: this.clock() } as LogEvent;
    this.log.push(line);
    this.io?.emit("event", line);
    return line;
  }

  tell(state: object): void {
    this.io?.emit("state", state);
  }

  private connected(socket: Socket): void {
    const auth = socket.handshake.auth as Record<string, unknown>;
    this.auths.push(auth);
    socket.emit("welcome", {
      session: this.manifest(),
      clock: this.clock(),
      seq: this.log.length,
      epoch: this.epoch,
      client: socket.id,
    });
    for (const line of this.log.slice(Number(auth["lastSeq"] ?? 0))) socket.emit("event", line);
    socket.emit("replayed", { seq: this.log.length });
    socket.on("ping_clock", (_c1: number, answer: (s2: number, s3: number) => void) => {
      if (!this.ignoresEvents) answer(this.clock(), this.clock());
    });
    socket.on("event", (event: LogEvent, answer: Answer) => this.take(socket, event, answer));
    socket.on("signal", ({ to, data }) => this.io?.to(to).emit("signal", { from: socket.id, data }));
  }

  private take(socket: Socket, event: LogEvent, answer: Answer): void {
    if (this.ignoresEvents) return;
    const known = this.log.find(({ id }) => id === event.id);
    if (known) return answer({ ok: true, seq: known.seq, at: known.at });
    if (event.type === "epoch" && event["by"] === "server") return this.handBack(answer);
    if (event.type === "epoch") this.epoch = event.epoch!;
    const isAdopted = (event.epoch ?? 0) > 0 && event.at !== undefined;
    const line = { ...event, seq: this.log.length + 1, at: isAdopted ? event.at : this.clock() };
    this.log.push(line);
    socket.broadcast.emit("event", line);
    if (this.loseAnswers > 0) this.loseAnswers--;
    else answer({ ok: true, seq: line.seq, at: line.at });
  }

  private handBack(answer: Answer): void {
    if (this.epoch === 0) return answer({ ok: false, error: { code: "conflict", message: "by: the server decides already" } });
    this.epoch++;
    const line = this.say({ type: "epoch", t: this.clock(), epoch: this.epoch, by: "server", lastSeq: this.log.length });
    answer({ ok: true, seq: line.seq, at: line.at });
  }

  private manifest() {
    const files = [...this.tus.uploads].map(([path, { bytes, length }]) => ({
      name: path.split("/").at(-1),
      kind: "iso",
      bytes: bytes.length,
      ...(length === bytes.length ? { sha256: createHash("sha256").update(bytes).digest("hex") } : {}),
    }));
    return { id: this.id, name: "Test", started_at: "2026-11-27T00:00:00Z", state: this.state, sources: [], files, live: { clock: this.clock() } };
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url, method } = request;
    if (url!.startsWith("/upload")) return this.tus.handle(request, response);
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = parts.length > 0 ? JSON.parse(Buffer.concat(parts).toString()) : {};
    const json = (status: number, value: object) => {
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(JSON.stringify(value));
    };
    if (method === "POST" && url === "/session/stop") {
      this.state = "stopping";
      return json(200, { sessionId: this.id, state: this.state, duration: this.clock() });
    }
    if (method === "POST" && url === "/session/files") {
      this.expected = body.files;
      return json(200, {});
    }
    if (method === "GET" && url === `/sessions/${this.id}`) return json(200, this.manifest());
    json(404, { error: { code: "not_found", message: `no ${url}` } });
  }
}
