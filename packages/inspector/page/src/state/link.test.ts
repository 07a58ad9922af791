import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Link, mostOpen } from "./link.ts";

/** The part of a browser's WebSocket that is used; the endpoint is played by the test. */
class Socket {
  static readonly OPEN = 1;
  static readonly CLOSED = 3;
  static readonly made: Socket[] = [];
  readonly sent: { readonly number: number }[] = [];
  readyState = Socket.OPEN;
  onmessage: ((event: { readonly data: string }) => void) | undefined;
  onclose: (() => void) | undefined;

  constructor() {
    Socket.made.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  answers(number: number): void {
    this.onmessage!({ data: JSON.stringify({ type: "answer", number, value: `answer ${number}` }) });
  }
}

beforeEach(() => {
  Socket.made.length = 0;
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal("location", { protocol: "http:", host: "127.0.0.1:4870" });
  vi.stubGlobal("addEventListener", () => undefined);
  vi.stubGlobal("fetch", () => Promise.reject(new Error("nobody is there")));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function connected() {
  const link = new Link("token", () => undefined);
  link.connect();
  return { link, socket: Socket.made[0]! };
}
const question = { type: "call", instance: "a", operation: "work", input: {} } as const;

test("no more is asked than the endpoint answers at once, and what is asked beyond that is asked when there is room", async () => {
  const { link, socket } = connected();
  const answers = Array.from({ length: mostOpen + 2 }, () => link.ask(question));
  expect(socket.sent).toHaveLength(mostOpen);
  for (const number of [2, 1]) socket.answers(number);
  expect(socket.sent).toHaveLength(mostOpen + 2);
  for (let number = 3; number <= mostOpen + 2; number++) socket.answers(number);
  expect((await Promise.all(answers)).at(-1)).toBe(`answer ${mostOpen + 2}`);
});

test("whatever is asked, or is to be asked, is told that the connection was lost", async () => {
  const { link, socket } = connected();
  const answers = Array.from({ length: mostOpen + 1 }, () => link.ask(question));
  socket.readyState = Socket.CLOSED;
  socket.onclose!();
  for (const { status } of await Promise.allSettled(answers)) expect(status).toBe("rejected");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(Socket.made).toHaveLength(2);
  link.ask(question).catch(() => undefined);
  expect(Socket.made[1]!.sent).toHaveLength(1);
});

test("a connection that is closing is made again when it has closed, so that what was asked over it is told", async () => {
  const { link, socket } = connected();
  const answer = link.ask(question);
  socket.readyState = 2;
  link.connect();
  expect(Socket.made).toHaveLength(1);
  socket.readyState = Socket.CLOSED;
  socket.onclose!();
  await expect(answer).rejects.toThrow("The connection was lost before the answer came");
});
