// What crosscut serve is measured against: its job as one would write it with Express, Socket.IO and
// multer. Shows, uploads that are on disk before they are answered (multipart and tus; their sha256 is
// made afterwards by crosscut, and not here), a log of events with grouped fdatasync, a switch that leaves at once. What it leaves out
// (quotas, resuming after a crash, the director's rules) is left out in its favour.
//   node server.js FOLDER      prints its port; token in CROSSCUT_ADMIN_TOKEN
import { randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import * as fs from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream";
import express from "express";
import multer from "multer";
import { Server } from "socket.io";

const folder = process.argv[2];
const token = Buffer.from(process.env.CROSSCUT_ADMIN_TOKEN);
const shows = new Map();

// ---- shows ----

class Show {
  constructor(body) {
    this.id = randomUUID();
    this.began = performance.now();
    this.folder = join(folder, this.id);
    fs.mkdirSync(this.folder);
    this.log = fs.openSync(join(this.folder, "events.log"), "ax");
    this.manifest = { version: 1, id: this.id, name: body.name, sources: body.sources,
                      started_at: new Date().toISOString(), state: "recording", files: [] };
    this.lines = new Map(); // id → {seq, at, synced}
    this.uploads = new Map();
    this.seq = 0;
    this.onAir = null;
    this.cutAt = 0;
    this.waiting = [];
    this.isSyncing = false;
    this.save();
  }

  clock() {
    return Math.round(performance.now() - this.began);
  }

  save() {
    const path = join(this.folder, "manifest.json");
    fs.writeFileSync(path + ".new", JSON.stringify(this.manifest), { flush: true });
    fs.renameSync(path + ".new", path);
  }

  // One line, written at once, on disk with the next sync. `done` then.
  append(event, done) {
    event.seq = ++this.seq;
    event.at = this.clock();
    event.id ??= `s${event.seq}`;
    fs.writeSync(this.log, JSON.stringify(event) + "\n");
    const line = { seq: event.seq, at: event.at };
    this.lines.set(event.id, line);
    this.waiting.push(() => { line.synced = true; done?.(line); });
    this.sync();
    return line;
  }

  // Lines that come while a sync is under way share the next one.
  sync() {
    if (this.isSyncing || this.waiting.length === 0)
      return;
    const batch = this.waiting;
    this.waiting = [];
    this.isSyncing = true;
    fs.fdatasync(this.log, (error) => {
      if (error)
        throw error;
      this.isSyncing = false;
      for (const done of batch)
        done();
      this.sync();
    });
  }

  // A cut by hand at once; who speaks, when the shot is old enough.
  decide(event) {
    const now = this.clock();
    const byHand = event.type === "manual_cut";
    const speaks = event.type === "speaking_start" && now - this.cutAt > 2500;
    if ((!byHand && !speaks) || event.source === this.onAir)
      return null;
    this.onAir = event.source;
    this.cutAt = now;
    return { type: "switch", source: event.source, t: now, reason: byHand ? "manual" : "speech",
             text: `${event.source} speaks`, hold: 0 };
  }
}

// ---- HTTP ----

function mayPass(given) {
  const bytes = Buffer.from(given ?? "");
  return bytes.length === token.length && timingSafeEqual(bytes, token);
}

function refuse(res, status, code, message) {
  res.status(status).json({ error: { code, message } });
}

const app = express();
app.disable("x-powered-by");
app.disable("etag");

app.use((req, res, next) => {
  const began = performance.now();
  const id = randomBytes(8).toString("hex");
  res.set({ "X-Request-Id": id, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox" });
  res.on("finish", () => {
    const ms = (performance.now() - began).toFixed(1);
    process.stderr.write(`${new Date().toISOString()} info answered request=${id} ` +
      `method=${req.method} path=${req.path} status=${res.statusCode} ms=${ms}\n`);
  });
  if (mayPass(req.get("Authorization")?.slice("Bearer ".length)))
    next();
  else
    refuse(res, 401, "unauthorised", "a token is needed");
});

app.get("/me", (req, res) => res.json({ role: "admin" }));

app.get("/sessions/:id", (req, res) => {
  const show = shows.get(req.params.id);
  if (!show)
    return refuse(res, 404, "not_found", "there is no such show");
  const live = { clock: show.clock(), uploads: show.uploads.size, clients: 0 };
  res.json({ ...show.manifest, live });
});

app.post("/session/start", express.json(), (req, res) => {
  const show = new Show(req.body);
  shows.set(show.id, show);
  res.status(201).json({ sessionId: show.id, name: req.body.name, sources: req.body.sources });
});

// ---- uploads ----

function recordingOf(sessionId, name) {
  const show = shows.get(sessionId);
  const match = /^cam_([1-9][0-9]?)_iso(\.[0-9]+)?\.(webm|mkv)$/.exec(name);
  if (!show || !match || !show.manifest.sources.some((one) => one.id === `cam_${match[1]}`))
    throw new Error("no such show, or it has no such source");
  return { show, path: join(show.folder, name) };
}

// To disk; the stream's flush is the fsync before the answer.
function store(source, path, flags, start, done) {
  const out = fs.createWriteStream(path, { flags, start, flush: true, highWaterMark: 1 << 20 });
  pipeline(source, out, (error) => done(error, out.bytesWritten));
}

const storage = {
  _handleFile(req, file, done) {
    const { path } = recordingOf(req.body.sessionId, req.body.name);
    store(file.stream, path, "wx", 0, (error, bytes) => done(error, { bytes }));
  },
  _removeFile(req, file, done) {
    done(null);
  },
};

const multipart = multer({ storage }).single("file");

app.post("/upload", (req, res, next) => {
  if (!req.get("Tus-Resumable"))
    return multipart(req, res, next);
  const said = Object.fromEntries(req.get("Upload-Metadata").split(",").map((pair) => {
    const [key, value] = pair.trim().split(" ");
    return [key, Buffer.from(value, "base64").toString()];
  }));
  const { show, path } = recordingOf(said.sessionId, said.name);
  fs.closeSync(fs.openSync(path, "wx"));
  show.uploads.set(said.name, { path, offset: 0 });
  res.status(201).set({ "Tus-Resumable": "1.0.0",
                        "Location": `/upload/${show.id}/${said.name}` }).end();
}, (req, res) => {
  res.status(201).json({ name: req.body.name, bytes: req.file.bytes });
});

app.patch("/upload/:id/:name", (req, res) => {
  const upload = shows.get(req.params.id)?.uploads.get(req.params.name);
  if (!upload)
    return refuse(res, 404, "not_found", "there is no such upload");
  if (Number(req.get("Upload-Offset")) !== upload.offset)
    return refuse(res, 409, "conflict", "Upload-Offset: it ends elsewhere");
  store(req, upload.path, "r+", upload.offset, (error, bytes) => {
    upload.offset += bytes;
    if (error)
      return refuse(res, 500, "failed", error.message);
    res.status(204).set({ "Tus-Resumable": "1.0.0", "Upload-Offset": `${upload.offset}` }).end();
  });
});

app.use((error, req, res, next) => {
  void next;
  refuse(res, 400, "invalid", error.message);
});

// ---- Socket.IO ----

const server = createServer(app);
const io = new Server(server, { serveClient: false, maxHttpBufferSize: 256 << 10 });

io.use((socket, next) => {
  const { token: given, sessionId } = socket.handshake.auth;
  socket.data.show = shows.get(sessionId);
  next(mayPass(given) && socket.data.show ? undefined : new Error("not for you"));
});

function check(show, event) {
  if (typeof event?.id !== "string" || typeof event.type !== "string" ||
      !/^[a-z][a-zA-Z_]{0,63}$/.test(event.type) || event.id.length > 64)
    return "id, type: expected texts";
  if (!Number.isInteger(event.t) || event.t < 0 || event.t > show.clock() + 2000)
    return "t: lies ahead of the session clock";
  if (event.source !== undefined && !show.manifest.sources.some((one) => one.id === event.source))
    return "source: this show has no such source";
  return null;
}

io.on("connection", (socket) => {
  const show = socket.data.show;
  socket.join(show.id);
  socket.emit("welcome", { session: show.manifest, clock: show.clock(), seq: show.seq });
  socket.on("event", (event, ack) => {
    const problem = check(show, event);
    if (problem)
      return ack({ ok: false, error: { code: "invalid", message: problem } });
    const answer = ({ seq, at }) => ack({ ok: true, seq, at });
    const known = show.lines.get(event.id);
    if (known)
      return known.synced ? answer(known) : show.waiting.push(() => answer(known));
    show.append(event, answer);
    socket.to(show.id).emit("event", event);
    const decision = show.decide(event);
    if (!decision)
      return;
    show.append(decision);
    io.to(show.id).emit("event", decision);
  });
});

server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.on("SIGTERM", () => process.exit(0));
