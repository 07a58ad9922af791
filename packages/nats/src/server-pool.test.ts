import { seededRandom } from "@reeve/runtime/internal";
import { expect, test } from "vitest";
import { parseServer } from "./server-address.ts";
import { ServerPool } from "./server-pool.ts";

const pool = (...servers: string[]) =>
  new ServerPool(
    servers.map((text) => parseServer("servers", text)),
    seededRandom(3),
  );
const listens = (servers: ServerPool) => servers.round().map(({ listen }) => listen);

test("a round has every server once, in an order that changes", () => {
  const servers = pool("a", "b", "c", "d");
  const rounds = Array.from({ length: 20 }, () => listens(servers));
  for (const round of rounds) expect([...round].sort()).toEqual(["a:4222", "b:4222", "c:4222", "d:4222"]);
  expect(new Set(rounds.map(String)).size).toBeGreaterThan(5);
});

test("the server whose link broke is tried last", () => {
  const servers = pool("a", "b", "c");
  servers.left(parseServer("servers", "b"));
  for (let i = 0; i < 20; i++) expect(listens(servers).at(-1)).toBe("b:4222");
});

test("what the cluster says replaces what it said before; the configured stay", () => {
  const servers = pool("tls://a");
  servers.learn(["10.0.0.1:4222", "10.0.0.2:4222", "a:4222"]);
  expect(listens(servers).sort()).toEqual(["10.0.0.1:4222", "10.0.0.2:4222", "a:4222"]);
  expect(servers.round().find(({ host }) => host === "10.0.0.1")).toMatchObject({ tls: true, tlsName: "a" });
  servers.learn(["[::1]:1"]);
  expect(listens(servers).sort()).toEqual(["[::1]:1", "a:4222"]);
});
