/* tus 1.0.0 (https://tus.io/protocols/resumable-upload): one call for each thing it can say.
 * A call either has an answer, or throws TusError; what to do about it is the sender's. */

export class TusError extends Error {
  constructor(
    readonly status: number, /* 0: no answer came: it may or may not have been done */
    readonly code: string,
    message: string,
    readonly retryAfterMs: number | null = null,
  ) {
    super(message);
    this.name = "TusError";
  }
}

type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

export interface TusOptions {
  base?: string;
  token: () => string | null;
  fetch?: Fetch;
  timeoutMs?: number; /* of one call */
}

export interface TusHead {
  offset: number;
  length: number | null; /* null: deferred */
}

const VERSION = "1.0.0";

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

function metadata(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key} ${base64(new TextEncoder().encode(value))}`)
    .join(",");
}

async function errorOf(response: Response): Promise<TusError> {
  const seconds = Number(response.headers.get("Retry-After"));
  const wait = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : null;
  try {
    const { error } = (await response.json()) as { error?: { code?: string; message?: string } };
    if (error?.code) return new TusError(response.status, error.code, error.message ?? error.code, wait);
  } catch {
    /* a proxy's page, or nothing */
  }
  return new TusError(response.status, `http_${response.status}`, `the server answered ${response.status}`, wait);
}

function offsetOf(response: Response): number {
  const text = response.headers.get("Upload-Offset");
  const offset = Number(text);
  if (text === null || !Number.isSafeInteger(offset) || offset < 0)
    throw new TusError(response.status, "bad_answer", "the server's answer has no Upload-Offset");
  return offset;
}

export class Tus {
  private readonly fetch: Fetch;
  private readonly timeoutMs: number;

  constructor(private readonly options: TusOptions) {
    this.fetch = options.fetch ?? ((input, init) => fetch(input, init));
    this.timeoutMs = options.timeoutMs ?? 30000;
  }

  /* Where an upload of this name lies; the server makes the same address each time. */
  address(sessionId: string, name: string): string {
    return `${this.options.base ?? ""}/upload/${encodeURIComponent(sessionId)}/${encodeURIComponent(name)}`;
  }

  /* Its address. */
  async create(sessionId: string, name: string): Promise<string> {
    const response = await this.call("POST", `${this.options.base ?? ""}/upload`, {
      "Upload-Defer-Length": "1",
      "Upload-Metadata": metadata({ sessionId, name }),
    });
    const location = response.headers.get("Location");
    if (response.status !== 201 || location === null) throw await errorOf(response);
    const base = this.options.base ?? "";
    return location.startsWith("/") ? base + location : location;
  }

  async head(address: string): Promise<TusHead> {
    const response = await this.call("HEAD", address, {});
    const length = response.headers.get("Upload-Length");
    return { offset: offsetOf(response), length: length === null ? null : Number(length) };
  }

  /* `length`: with the last bytes. Gives the new offset. */
  async patch(address: string, offset: number, bytes: Uint8Array, length: number | null): Promise<number> {
    const headers: Record<string, string> = {
      "Upload-Offset": String(offset),
      "Content-Type": "application/offset+octet-stream",
    };
    if (length !== null) headers["Upload-Length"] = String(length);
    if (globalThis.crypto?.subtle && bytes.length > 0) {
      const sum = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
      headers["Upload-Checksum"] = `sha256 ${base64(new Uint8Array(sum))}`;
    }
    return offsetOf(await this.call("PATCH", address, headers, bytes));
  }

  private async call(
    method: string,
    address: string,
    headers: Record<string, string>,
    body?: Uint8Array,
  ): Promise<Response> {
    const token = this.options.token();
    let response: Response;
    try {
      response = await this.fetch(address, {
        method,
        headers: {
          "Tus-Resumable": VERSION,
          ...(token ? { Authorization: `Bearer ${token}` } : {}),
          ...headers,
        },
        body: body as BodyInit | undefined,
        credentials: "same-origin",
        cache: "no-store",
        signal: AbortSignal.timeout(this.timeoutMs),
      });
    } catch (error) {
      throw new TusError(0, "no_answer", `no answer: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }
}
