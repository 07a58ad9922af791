import { signal } from "@preact/signals";
import type { EndpointMessage, PageMessage } from "../../../src/page-protocol.ts";

export type LinkState =
  | { readonly is: "connecting" }
  /** News comes. */
  | { readonly is: "live" }
  /** Connected, but no news came for a while. */
  | { readonly is: "stale"; readonly sinceMs: number }
  | { readonly is: "lost"; readonly sinceMs: number; readonly retryAtMs: number }
  | { readonly is: "refused"; readonly message: string };

const firstRetryMs = 500;
const longestRetryMs = 10_000;
/** News comes once a second at least. */
const staleAfterMs = 3_500;
/** Fewer than the endpoint answers at once, where a question counts a moment longer than its answer takes to come. */
export const mostOpen = 24;

type Question = PageMessage extends infer M ? (M extends { number: number } ? Omit<M, "number"> : never) : never;

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

interface Waiting extends Pending {
  readonly question: Question;
}

/** What a host answered was a refusal. */
export class Refused extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The connection to the endpoint: made again whenever it is lost, at longer and longer intervals. */
export class Link {
  readonly state = signal<LinkState>({ is: "connecting" });
  #token: string;
  readonly #onMessage: (message: EndpointMessage) => void;
  /** By number, what was asked and not answered yet. */
  readonly #pending = new Map<number, Pending>();
  /** What is asked once fewer answers are awaited. */
  #waiting: Waiting[] = [];
  #socket: WebSocket | undefined;
  #numbers = 0;
  #attempts = 0;
  #heardAtMs = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(token: string, onMessage: (message: EndpointMessage) => void) {
    this.#token = token;
    this.#onMessage = onMessage;
    setInterval(() => this.#listen(), 500);
    addEventListener("online", () => this.connect());
  }

  /** With another token. */
  letIn(token: string): void {
    this.#token = token;
    this.state.value = { is: "connecting" };
    this.connect();
  }

  /** Tries at once. */
  connect(): void {
    clearTimeout(this.#retry);
    // One that is closing tells of its end: then what was asked over it is rejected, and it is made again.
    if (this.#socket && this.#socket.readyState !== WebSocket.CLOSED) return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/live?token=${encodeURIComponent(this.#token)}`);
    this.#socket = socket;
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.#attempts = 0;
    };
    socket.onmessage = ({ data }) => this.#received(JSON.parse(data) as EndpointMessage);
    socket.onclose = () => this.#lost(socket, opened);
  }

  say(message: PageMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** However many are asked at once. Rejects when it is refused, or when the connection is lost first. */
  ask(question: Question): Promise<unknown> {
    if (this.#socket?.readyState !== WebSocket.OPEN) return Promise.reject(new Error("Not connected"));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      this.#askNext();
    });
  }

  #askNext(): void {
    for (const { question, ...pending } of this.#waiting.splice(0, mostOpen - this.#pending.size)) {
      this.#numbers += 1;
      this.#pending.set(this.#numbers, pending);
      this.say({ ...question, number: this.#numbers } as PageMessage);
    }
  }

  #received(message: EndpointMessage): void {
    if (message.type !== "answer" && message.type !== "refusal") {
      this.#onMessage(message);
      if (message.type === "news") this.#isLive();
      return;
    }
    const pending = this.#pending.get(message.number);
    this.#pending.delete(message.number);
    if (message.type === "answer") pending?.resolve(message.value);
    else pending?.reject(new Refused(message.reason, message.message));
    this.#askNext();
  }

  /** Answers alone would not show that what is seen is current. */
  #isLive(): void {
    this.#heardAtMs = Date.now();
    if (this.state.value.is !== "live") this.state.value = { is: "live" };
  }

  #lost(socket: WebSocket, opened: boolean): void {
    if (socket !== this.#socket) return;
    for (const { reject } of [...this.#pending.values(), ...this.#waiting])
      reject(new Error("The connection was lost before the answer came"));
    this.#pending.clear();
    this.#waiting = [];
    const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** this.#attempts) * (0.75 + Math.random() / 2);
    this.#attempts += 1;
    const before = this.state.value;
    const sinceMs = before.is === "lost" || before.is === "stale" ? before.sinceMs : Date.now();
    this.state.value = { is: "lost", sinceMs, retryAtMs: Date.now() + waitMs };
    this.#retry = setTimeout(() => this.connect(), waitMs);
    if (!opened) void this.#whyRefused();
  }

  /** A browser does not tell why a socket was refused. */
  async #whyRefused(): Promise<void> {
    try {
      const response = await fetch("/admission", { headers: { Authorization: `Bearer ${this.#token}` } });
      if (response.status !== 401 && response.status !== 403) return;
      clearTimeout(this.#retry);
      this.state.value = { is: "refused", message: await response.text() };
    } catch {
      // Nobody is there: it is tried again.
    }
  }

  #listen(): void {
    if (this.state.value.is === "live" && Date.now() - this.#heardAtMs > staleAfterMs) {
      this.state.value = { is: "stale", sinceMs: this.#heardAtMs };
    }
  }
}
