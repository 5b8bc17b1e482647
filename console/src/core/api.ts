/* The server's HTTP calls (docs/API.md). One place for addresses, tokens and errors. */
import type { LogSource } from "./event";

export class ApiError extends Error {
  constructor(
    readonly status: number, /* 0: no answer */
    readonly code: string,
    message: string,
    readonly field: string | null = null,
    readonly retryAfterMs: number | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }
  /* The same call may succeed later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export interface SessionFile {
  name: string;
  kind: string;
  source?: string;
  start?: number;
  duration?: number;
  bytes?: number;
  sha256?: string;
  state?: string;
  gaps?: [number, number][];
}

/* Of a show that was rendered before: made anew, and nothing else. */
export type Part = "highlights" | "timelines";

export interface RenderState {
  state: "waiting" | "running" | "paused" | "done" | "failed" | "cancelled";
  progress: number; /* percent */
  left: number | null; /* ms */
  error: string | null;
  cut?: string;
  only?: Part;
}

/* What its renders used, as they measured it: processor time in ms. */
export interface Rendered {
  cpu: number; /* of all of them */
  last: number;
  times: number;
}

export interface ProgramSpan {
  start?: number;
  duration?: number;
  rate?: [number, number];
  rendered?: Rendered;
}

/* Another cut of a show, beside it. */
export interface Cut {
  cut: string; /* its name */
  made: string; /* RFC 3339 */
  settings?: Record<string, number | string>;
  files: SessionFile[];
  program?: ProgramSpan;
}

export interface Piece {
  start: number; /* ms of the program */
  end: number;
}

export interface RenderWish {
  settings?: Record<string, number | string>;
  height?: number;
  cut?: string;
  highlights?: Piece[];
  only?: Part;
}

export interface LiveDestination {
  name: string;
  address: string;
  platform?: string;
  state: "unset" | "connecting" | "live" | "retrying" | "failed" | "ended";
  code?: string;
  why?: string;
  wait?: number; /* ms until the next try */
  start: number; /* ms on the session clock */
  end: number | null;
  bytes: number;
  frames: number;
  dropped: number;
  reconnects: number;
  kbps?: number;
  warnings: string[];
}

/* Who sends a live stream: this server, LiveKit's Egress from the tracks that a console publishes, or
 * LiveKit's Egress without a console. */
export type Way = "console" | "livekit" | "livekit-composite";

/* The live manifest of a show that is on air, or was. */
export interface LiveShow {
  state: "connecting" | "live" | "ending" | "ended";
  start: number;
  end: number | null;
  delay: number; /* ms */
  egress?: Way; /* who sends */
  program: { frames: number; dropped: number; slates: number; slate: boolean; transcoded: boolean; warnings: string[] };
  destinations: LiveDestination[];
}

export interface SavedDestination {
  name: string;
  address: string;
  hasKey: boolean;
}

/* What came of a few seconds of a slate. */
export interface DestinationTried {
  name: string;
  ok: boolean;
  code?: string;
  why: string; /* a sentence */
}

export interface Manifest {
  version?: number;
  id: string;
  name?: string;
  started_at: string;
  state: "recording" | "stopping" | "complete";
  sources?: LogSource[];
  settings?: Record<string, number>;
  files?: SessionFile[];
  duration?: number;
  program?: ProgramSpan;
  render?: RenderState | null;
  live?: { clock?: number; uploads?: { name: string; bytes: number }[]; clients?: unknown[] } | null;
}

export interface ShowSummary {
  id: string;
  name: string;
  startedAt: string;
  state: "recording" | "stopping" | "complete";
  duration: number;
  people: string[];
  bytes: number;
  render?: RenderState; /* one that has not ended */
}

export interface StartedSession {
  sessionId: string;
  name: string;
  startedAt: string;
  sources: LogSource[];
  settings: Record<string, number>;
  uploadToken: string;
}

export interface ServerStorage {
  free: number;
  reserve: number;
  hasRoom: boolean;
  secondsLeft: number | null;
}

export interface Me {
  role: "admin" | "upload" | "camera" | "viewer" | string;
  sessionId?: string | null;
  source?: string | null;
  livekit?: boolean; /* guests from elsewhere can come */
  egress?: { ways: Way[]; usual: Way };
}

/* Into a show's LiveKit room. */
export interface RoomTicket {
  url: string;
  token: string;
  room: string;
  identity: string;
  role: "host" | "guest" | "viewer";
  end: number;
}

export interface FileSum {
  name: string;
  sha256?: string;
  bytes?: number;
}

type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

export interface ApiOptions {
  base?: string; /* "" : this page's server */
  token?: () => string | null; /* Bearer; without one the cookie serves */
  fetch?: Fetch;
  timeoutMs?: number;
}

/* Reads {"error":{code,message,field}}; other bodies (of a proxy) give a plain sentence. */
export async function errorOf(response: Response): Promise<ApiError> {
  const wait = Number(response.headers.get("Retry-After"));
  const retryAfterMs = Number.isFinite(wait) && wait > 0 ? wait * 1000 : null;
  try {
    const { error } = (await response.json()) as { error?: { code?: string; message?: string; field?: string } };
    if (error?.code)
      return new ApiError(response.status, error.code, error.message ?? error.code, error.field ?? null, retryAfterMs);
  } catch {
    /* not ours */
  }
  return new ApiError(response.status, `http_${response.status}`, `The server answered ${response.status}.`, null, retryAfterMs);
}

export class Api {
  private readonly base: string;
  private readonly token: () => string | null;
  private readonly fetch: Fetch;
  private readonly timeoutMs: number;

  constructor(options: ApiOptions = {}) {
    this.base = options.base ?? "";
    this.token = options.token ?? (() => null);
    this.fetch = options.fetch ?? ((input, init) => fetch(input, init));
    this.timeoutMs = options.timeoutMs ?? 15000;
  }

  async call<T>(method: string, path: string, body?: unknown, timeoutMs = this.timeoutMs): Promise<T> {
    const headers: Record<string, string> = {};
    const token = this.token();
    if (token) headers["Authorization"] = `Bearer ${token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let response: Response;
    try {
      response = await this.fetch(this.base + path, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: "same-origin",
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch {
      throw new ApiError(0, "no_answer", "The server does not answer.");
    }
    if (!response.ok) throw await errorOf(response);
    if (response.status === 204) return undefined as T;
    return (await response.json()) as T;
  }

  me = () => this.call<Me>("GET", "/me");
  login = (token: string) => this.call<void>("POST", "/login", { token });
  logout = () => this.call<void>("POST", "/logout");
  start = (show: { name: string; sources: LogSource[]; settings: Record<string, number> }) =>
    this.call<StartedSession>("POST", "/session/start", show);
  stop = (sessionId: string) =>
    this.call<{ sessionId: string; state: string; duration: number }>("POST", "/session/stop", { sessionId });
  files = (sessionId: string, files: FileSum[]) => this.call<unknown>("POST", "/session/files", { sessionId, files });
  sessions = (before?: string, limit = 50) =>
    this.call<{ sessions: ShowSummary[] }>(
      "GET",
      `/sessions?limit=${limit}${before ? `&before=${encodeURIComponent(before)}` : ""}`,
    );
  session = (id: string) => this.call<Manifest>("GET", `/sessions/${encodeURIComponent(id)}`);
  remove = (id: string) => this.call<void>("DELETE", `/sessions/${encodeURIComponent(id)}`);
  restore = (id: string) => this.call<void>("POST", `/sessions/${encodeURIComponent(id)}/restore`);
  render = (id: string, wish: RenderWish = {}) =>
    this.call<{ render: RenderState }>("POST", `/sessions/${encodeURIComponent(id)}/render`, wish);
  cuts = (id: string) => this.call<{ cuts: Cut[] }>("GET", `/sessions/${encodeURIComponent(id)}/cuts`);
  removeCut = (id: string, cut: string) => this.call<void>("DELETE", `/sessions/${encodeURIComponent(id)}/cuts/${encodeURIComponent(cut)}`);
  cancelRender = (id: string) => this.call<void>("DELETE", `/sessions/${encodeURIComponent(id)}/render`);
  guest = (id: string, guest: { role: "camera" | "guest" | "viewer"; source?: string; minutes: number }) =>
    this.call<{ token: string; link: string; end: number | string }>(
      "POST",
      `/sessions/${encodeURIComponent(id)}/guests`,
      guest,
    );
  roomTicket = (id: string) => this.call<RoomTicket>("POST", `/sessions/${encodeURIComponent(id)}/livekit/token`);
  handIn = (id: string, identity: string, event: Record<string, unknown>) =>
    this.call<unknown>("POST", `/sessions/${encodeURIComponent(id)}/livekit/events`, { identity, event });
  removeGuest = (id: string, identity: string) =>
    this.call<void>("DELETE", `/sessions/${encodeURIComponent(id)}/livekit/participants/${encodeURIComponent(identity)}`);
  muteGuest = (id: string, identity: string, track: string) =>
    this.call<void>("POST", `/sessions/${encodeURIComponent(id)}/livekit/participants/${encodeURIComponent(identity)}/mute`, { track, muted: true });
  /* `egress`: other than the server's usual way. */
  goLive = (sessionId: string, destinations: string[], delay: number, egress?: Way) =>
    this.call<LiveShow>("POST", "/live/start", { sessionId, destinations, delay, ...(egress ? { egress } : {}) });
  /* `destination`: that one alone. */
  endLive = (sessionId: string, destination?: string) =>
    this.call<LiveShow>("POST", "/live/stop", { sessionId, ...(destination === undefined ? {} : { destination }) });
  destinations = () => this.call<{ destinations: SavedDestination[] }>("GET", "/destinations");
  saveDestination = (name: string, url: string, key: string) =>
    this.call<SavedDestination>("PUT", `/destinations/${encodeURIComponent(name)}`, { url, key });
  testDestination = (name: string) =>
    this.call<DestinationTried>("POST", `/destinations/${encodeURIComponent(name)}/test`, undefined, 45_000);
  removeDestination = (name: string) => this.call<void>("DELETE", `/destinations/${encodeURIComponent(name)}`);
  programAddress = (id: string) =>
    new URL(`${this.base}/sessions/${encodeURIComponent(id)}/program`, globalThis.location?.href).href.replace(/^http/, "ws");
  storage = () => this.call<ServerStorage>("GET", "/storage");
  /* `cut`: a file of that cut. */
  fileAddress = (id: string, name: string, download = false, cut: string | null = null) =>
    `${this.base}/sessions/${encodeURIComponent(id)}/${cut === null ? "" : `cuts/${encodeURIComponent(cut)}/`}${encodeURIComponent(name)}${download ? "?download" : ""}`;
  zipAddress = (id: string) => `${this.base}/sessions/${encodeURIComponent(id)}/zip`;
}

/* Takes "#token=…" or "#guest=…" out of an address: the token, and the address without it. */
export function takeToken(address: string): { token: string | null; guest: string | null; rest: string } {
  const url = new URL(address);
  const fragment = new URLSearchParams(url.hash.replace(/^#/, ""));
  const token = fragment.get("token");
  const guest = fragment.get("guest");
  if (token === null && guest === null) return { token, guest, rest: address };
  fragment.delete("token");
  fragment.delete("guest");
  const left = fragment.toString();
  url.hash = left;
  return { token, guest, rest: left ? url.toString() : url.toString().replace(/#$/, "") };
}

/* Exchanges the token of the page's address for the cookie; afterwards the address is without it. */
export async function logInByAddress(api: Api, page: Pick<Window, "location" | "history">): Promise<Me | null> {
  const { token, rest } = takeToken(page.location.href);
  if (token !== null) {
    page.history.replaceState(page.history.state, "", rest);
    await api.login(token);
  }
  try {
    return await api.me();
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}
