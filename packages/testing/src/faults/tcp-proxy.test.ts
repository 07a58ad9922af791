import { once } from "node:events";
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type TcpProxy, tcpProxy } from "./tcp-proxy.ts";

const bound = { timeout: 5_000, interval: 5 };

let server: Server;
let accepted: Socket[];
let proxy: TcpProxy;
let clients: Client[];

beforeEach(async () => {
  accepted = [];
  clients = [];
  server = createServer((socket) => {
    accepted.push(socket);
    socket.on("error", () => {});
    socket.pipe(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  proxy = await tcpProxy((server.address() as AddressInfo).port);
});
afterEach(async () => {
  for (const { socket } of clients) socket.destroy();
  await proxy.close();
  for (const socket of accepted) socket.destroy();
  server.close();
});

interface Client {
  readonly socket: Socket;
  received: string;
  ended: string | undefined;
}

async function client(): Promise<Client> {
  const socket = createConnection({ host: "127.0.0.1", port: proxy.port });
  const state: Client = { socket, received: "", ended: undefined };
  clients.push(state);
  socket.setEncoding("utf8").on("data", (text: string) => {
    state.received += text;
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    state.ended = error.code;
  });
  socket.on("close", () => {
    state.ended ??= "closed";
  });
  await once(socket, "connect");
  return state;
}

const echoed = (c: Client, text: string) => vi.waitFor(() => expect(c.received).toBe(text), bound);
/** Two round trips of another connection: whatever was going to pass had its time. */
async function meanwhile(): Promise<void> {
  const socket = createConnection({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
  for (const text of ["one", "two"]) {
    socket.write(text);
    await once(socket, "data");
  }
  socket.destroy();
}

test("without faults everything passes, and an orderly end is passed on", async () => {
  const c = await client();
  c.socket.write("hello");
  await echoed(c, "hello");
  expect(proxy.connections).toBe(1);
  accepted[0]?.end();
  await vi.waitFor(() => expect(c.ended).toBe("closed"), bound);
});

test("in a blackhole nothing passes and nothing closes; healed, what was under way comes", async () => {
  const c = await client();
  c.socket.write("a");
  await echoed(c, "a");
  proxy.blackhole();
  c.socket.write("b");
  const late = await client();
  late.socket.write("c");
  await meanwhile();
  expect([c.received, c.ended, late.received, late.ended]).toEqual(["a", undefined, "", undefined]);
  await proxy.heal();
  await echoed(c, "ab");
  await echoed(late, "c");
});

test("one direction dropped lets the other pass", async () => {
  const c = await client();
  c.socket.write("a");
  await echoed(c, "a");
  proxy.drop("to-client");
  const heard = once(accepted[0] as Socket, "data");
  c.socket.write("b");
  expect(String(await heard)).toBe("b");
  await meanwhile();
  expect(c.received).toBe("a");
});

test("half-open, the server's end is gone and the client is not told; new connections work", async () => {
  const c = await client();
  c.socket.write("a");
  await echoed(c, "a");
  const gone = new Promise((resolve) => accepted[0]?.once("close", resolve));
  proxy.halfOpen();
  await gone;
  c.socket.write("into the void");
  const fresh = await client();
  fresh.socket.write("b");
  await echoed(fresh, "b");
  expect([c.received, c.ended]).toEqual(["a", undefined]);
  await proxy.heal();
  await vi.waitFor(() => expect(c.ended).toBe("ECONNRESET"), bound);
  expect(fresh.ended).toBe(undefined);
});

test("a reset ends both ends, and new connections work", async () => {
  const c = await client();
  c.socket.write("a");
  await echoed(c, "a");
  proxy.reset();
  await vi.waitFor(() => expect([c.ended, accepted[0]?.destroyed]).toEqual(["ECONNRESET", true]), bound);
  const fresh = await client();
  fresh.socket.write("b");
  await echoed(fresh, "b");
});

test("cut, it refuses; healed, it listens on the same port", async () => {
  const { port } = proxy;
  await proxy.cut();
  const refused = await client().catch((error: NodeJS.ErrnoException) => error.code);
  expect(refused).toBe("ECONNREFUSED");
  await proxy.heal();
  expect(proxy.port).toBe(port);
  const c = await client();
  c.socket.write("a");
  await echoed(c, "a");
});

test("delayed chunks come in order, also after the delay was shortened", async () => {
  const c = await client();
  c.socket.write("x");
  await echoed(c, "x");
  const sentAt = performance.now();
  proxy.delay(60);
  c.socket.write("a");
  await once(accepted[0] as Socket, "data");
  proxy.delay(1);
  c.socket.write("b");
  await echoed(c, "xab");
  expect(performance.now() - sentAt).toBeGreaterThanOrEqual(59);
});
