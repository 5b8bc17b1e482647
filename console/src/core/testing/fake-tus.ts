/* A small tus 1.0 server over real HTTP, with faults to order: for the tests of the sender. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Upload {
  bytes: Buffer;
  length: number | null;
}

/* What goes wrong with one PATCH: */
export type Fault =
  | "cut-before" /* the connection ends before anything was read */
  | "cut-half" /* half of the chunk is on disk, no answer */
  | "lost-answer" /* all of it is on disk, no answer */
  | "500"
  | "503"
  | "507"
  | "409" /* says that the offset is another */
  | "460" /* says that the checksum is another */
  | "gone"; /* the upload is there no more */

const body = (request: IncomingMessage) =>
  new Promise<Buffer>((resolve, reject) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => resolve(Buffer.concat(parts)));
    request.on("error", reject);
  });

export class FakeTus {
  uploads = new Map<string, Upload>();
  faults: Fault[] = []; /* of the next PATCHes, in order */
  lostCreations = 0; /* so many answers to POST are lost */
  refusedCreations = 0; /* so many POSTs are answered 503 */
  strangers = 0; /* questions for uploads that are not there */
  patches = 0;
  received = 0; /* bytes of all PATCHes */
  problems: string[] = []; /* what no client may do */
  isDown = false;
  private server: Server = createServer((request, response) => void this.handle(request, response));
  address = "";

  async listen(): Promise<void> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    this.address = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  of(name: string): Buffer {
    for (const [path, upload] of this.uploads) if (path.endsWith(`/${name}`)) return upload.bytes;
    return Buffer.alloc(0);
  }

  isWhole(name: string): boolean {
    for (const [path, upload] of this.uploads)
      if (path.endsWith(`/${name}`)) return upload.length === upload.bytes.length;
    return false;
  }

  private fail(response: ServerResponse, status: number, code: string): void {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ error: { code, message: code } }));
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.isDown) return void request.socket.destroy();
    if (request.headers["tus-resumable"] !== "1.0.0") this.problems.push("no Tus-Resumable");
    const bytes = await body(request).catch(() => null);
    if (bytes === null) return;
    if (request.method === "POST") return this.create(request, response);
    const upload = this.uploads.get(request.url!);
    if (!upload) {
      this.strangers++;
      return this.fail(response, 404, "not_found");
    }
    if (request.method === "HEAD") {
      response.writeHead(200, {
        "Upload-Offset": upload.bytes.length,
        ...(upload.length === null ? { "Upload-Defer-Length": "1" } : { "Upload-Length": upload.length }),
      });
      return void response.end();
    }
    this.patch(request, response, upload, bytes);
  }

  private create(request: IncomingMessage, response: ServerResponse): void {
    const given = Object.fromEntries(
      String(request.headers["upload-metadata"])
        .split(",")
        .map((pair) => pair.split(" "))
        .map(([key, value]) => [key, Buffer.from(value!, "base64").toString()]),
    );
    if (this.refusedCreations-- > 0) return this.fail(response, 503, "busy");
    const path = `/upload/${given["sessionId"]}/${given["name"]}`;
    if (this.uploads.has(path)) return this.fail(response, 409, "conflict");
    this.uploads.set(path, { bytes: Buffer.alloc(0), length: null });
    if (this.lostCreations > 0) {
      this.lostCreations--;
      return void request.socket.destroy();
    }
    response.writeHead(201, { Location: path });
    response.end();
  }

  private patch(request: IncomingMessage, response: ServerResponse, upload: Upload, bytes: Buffer): void {
    this.patches++;
    this.received += bytes.length;
    const fault = this.faults.shift();
    const offset = Number(request.headers["upload-offset"]);
    if (fault === "cut-before") return void request.socket.destroy();
    if (fault === "500" || fault === "503" || fault === "507") return this.fail(response, Number(fault), "busy");
    if (fault === "460") return this.fail(response, 460, "checksum_mismatch");
    if (fault === "gone") {
      this.uploads.delete(request.url!);
      return this.fail(response, 404, "not_found");
    }
    if (fault === "409" || offset !== upload.bytes.length) return this.fail(response, 409, "conflict");
    const [kind, sum] = String(request.headers["upload-checksum"] ?? "").split(" ");
    if (bytes.length > 0) {
      const own = createHash("sha256").update(bytes).digest("base64");
      if (kind !== "sha256" || sum !== own) this.problems.push("wrong checksum");
    }
    const kept = fault === "cut-half" ? bytes.subarray(0, bytes.length >> 1) : bytes;
    upload.bytes = Buffer.concat([upload.bytes, kept]);
    if (request.headers["upload-length"] !== undefined && fault !== "cut-half")
      upload.length = Number(request.headers["upload-length"]);
    if (upload.length !== null && upload.bytes.length > upload.length) this.problems.push("more than its length");
    if (fault === "cut-half" || fault === "lost-answer") return void request.socket.destroy();
    response.writeHead(204, { "Upload-Offset": upload.bytes.length });
    response.end();
  }
}
