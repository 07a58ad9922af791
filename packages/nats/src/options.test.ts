import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { nkeys } from "@nats-io/transport-node";
import { ReeveError } from "@reeve/contract";
import { afterAll, expect, test } from "vitest";
import { nats } from "./nats.ts";
import { type NatsOptions, readOptions } from "./options.ts";

const directory = mkdtempSync(join(tmpdir(), "reeve-options-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const seed = new TextDecoder().decode(nkeys.createUser().getSeed());
const file = (name: string, text: string) => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

test("the defaults notice a frozen link within 15 s and try again a quarter second later, spread", () => {
  const { credentials, ...settings } = readOptions({});
  expect(settings).toEqual({
    servers: [{ host: "127.0.0.1", port: 4222, listen: "127.0.0.1:4222", tls: false }],
    caller: undefined,
    name: undefined,
    tls: undefined,
    pingIntervalMs: 5_000,
    maxPingsOut: 2,
    reconnectWaitMs: 250,
    reconnectJitterMs: 250,
    connectTimeoutMs: 5_000,
    flushTimeoutMs: 10_000,
    maxUnconfirmedBytes: 67_108_864,
  });
  expect(credentials()()).toBe(undefined);
});

test("the caller is the user unless said otherwise", () => {
  expect(readOptions({ user: "volume", password: "p" }).caller).toBe("volume");
  expect(readOptions({ user: "a.b", password: "p", caller: "ab" })).toMatchObject({ caller: "ab", name: undefined });
});

test("inboxes of one caller cannot be guessed from each other", () => {
  const inboxes = Array.from({ length: 64 }, () => nats({ caller: "volume" }).inbox);
  expect(new Set(inboxes).size).toBe(64);
  for (const inbox of inboxes) expect(inbox).toMatch(/^_INBOX\.volume\.[A-Za-z0-9_-]{16}$/);
});

test("every way to log in is read", () => {
  expect(readOptions({ user: "u", password: "p" }).credentials()()).toEqual({ user: "u", pass: "p" });
  expect(readOptions({ token: "t" }).credentials()()).toEqual({ auth_token: "t" });
  const nkey = nkeys.fromSeed(new TextEncoder().encode(seed)).getPublicKey();
  expect(readOptions({ nkeySeed: seed }).credentials()("n")).toMatchObject({ nkey, sig: expect.any(String) });
  expect(readOptions({ nkeyFile: file("seed", `${seed}\n`) }).credentials()("n")).toMatchObject({ nkey });
  const creds = `-----BEGIN NATS USER JWT-----\na.b.c\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`;
  expect(readOptions({ creds }).credentials()("n")).toMatchObject({ jwt: "a.b.c", nkey });
  expect(readOptions({ credsFile: file("creds", creds) }).credentials()("n")).toMatchObject({ jwt: "a.b.c", nkey });
});

test("a credentials file is read anew at each login", () => {
  const nkeyFile = file("rotating", seed);
  const { credentials } = readOptions({ nkeyFile });
  const rotated = nkeys.createUser();
  writeFileSync(nkeyFile, rotated.getSeed());
  expect(credentials()("n")).toMatchObject({ nkey: rotated.getPublicKey() });
});

test.each<[unknown, string]>([
  [{ server: "a" }, "server: the nats transport has no such option"],
  [{ servers: [] }, "servers: expected an address or several, got []"],
  [{ servers: ["a", "b:c"] }, 'servers[1]: expected host, host:port or either after nats:// or tls://, got "b:c"'],
  [{ servers: 7 }, "servers: expected an address or several, got 7"],
  [
    { servers: "ws://a" },
    'servers: expected host, host:port or either after nats:// or tls://, got "ws://a": scheme ws:// is not nats:// or tls://',
  ],
  [
    { servers: "nats://u:secret@a" },
    'servers: expected host, host:port or either after nats:// or tls://, got "nats://a": it carries credentials',
  ],
  [
    { servers: "nats://a/b" },
    'servers: expected host, host:port or either after nats:// or tls://, got "nats://a/b": it has more than host and port',
  ],
  [{ servers: "nats://a:0" }, 'servers: expected host, host:port or either after nats:// or tls://, got "nats://a:0"'],
  [{ servers: "a:99999" }, 'servers: expected host, host:port or either after nats:// or tls://, got "a:99999"'],
  [{ caller: "a.b" }, 'caller: "a.b" is malformed'],
  [{ user: "a.b", password: "p" }, 'caller (from user): "a.b" is malformed'],
  [{ name: "" }, 'name: expected text, got ""'],
  [{ user: "u", token: "t" }, "user, token: these exclude each other"],
  [{ password: "p" }, "password: it needs a user"],
  [{ token: "" }, "token: expected text"],
  [{ nkeySeed: "SUSECRET" }, "nkeySeed: expected an NKey seed (SU…)"],
  [{ nkeyFile: "/nowhere/seed" }, 'nkeyFile: "/nowhere/seed" cannot be used: ENOENT'],
  [{ creds: "SECRET" }, "creds: it cannot be used"],
  [{ credsFile: "/nowhere/creds" }, 'credsFile: "/nowhere/creds" cannot be used: ENOENT'],
  [{ tls: "yes" }, 'tls: expected a boolean or an object, got "yes"'],
  [{ tls: { rejectUnauthorized: false } }, "tls.rejectUnauthorized: unknown option; known are"],
  [{ tls: { caFile: "/nowhere/ca" } }, 'tls.caFile: "/nowhere/ca" cannot be read'],
  [{ tls: { certFile: "/c" } }, "tls: a client certificate needs both"],
  [{ tls: { ca: "x", caFile: "/c" } }, "tls.ca, tls.caFile: these exclude each other"],
  [{ tls: false, servers: "tls://a" }, "tls: false contradicts a tls:// server address"],
  [
    { pingInterval: "soon" },
    'pingInterval: expected milliseconds from 0 to 2147483647, or text like "30s", got "soon"',
  ],
  [{ pingInterval: 0 }, "pingInterval: 0 is shorter than 10 ms"],
  [{ maxPingsOut: 0 }, "maxPingsOut: expected a whole number from 1, got 0"],
  [{ reconnectWait: "0s" }, 'reconnectWait: "0s" is shorter than 1 ms'],
  [{ reconnectJitter: -1 }, 'reconnectJitter: expected milliseconds from 0 to 2147483647, or text like "30s", got -1'],
  [
    { connectTimeout: Number.NaN },
    'connectTimeout: expected milliseconds from 0 to 2147483647, or text like "30s", got NaN',
  ],
  [{ flushTimeout: 0 }, "flushTimeout: 0 is shorter than 1 ms"],
  [{ maxUnconfirmedBytes: 1.5 }, "maxUnconfirmedBytes: expected a whole number from 1, got 1.5"],
])("%j is refused by name, without secrets", (options, message) => {
  let thrown: unknown;
  try {
    nats(options as NatsOptions);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ReeveError);
  expect(thrown).toMatchObject({ reason: "INVALID_OPTION" });
  expect(String((thrown as Error).message)).toContain(message);
  expect(JSON.stringify([String(thrown), thrown])).not.toMatch(/secret/i);
});

test.each([
  ["a", "a", 4222, "a:4222", false],
  ["a:1", "a", 1, "a:1", false],
  ["nats://a.b:80/", "a.b", 80, "a.b:80", false],
  ["tls://a", "a", 4222, "a:4222", true],
  ["[::1]:4333", "::1", 4333, "[::1]:4333", false],
  ["nats://127.0.0.1", "127.0.0.1", 4222, "127.0.0.1:4222", false],
])("the server %s is read", (text, host, port, listen, tls) => {
  expect(readOptions({ servers: text }).servers).toEqual([{ host, port, listen, tls }]);
});

test("an option that is given as undefined is one that was not given", () => {
  const absent = { caller: undefined, name: undefined, flushTimeout: undefined, user: undefined, creds: undefined };
  const { credentials: _, ...settings } = readOptions(absent);
  const { credentials: __, ...defaults } = readOptions({});
  expect(settings).toEqual(defaults);
  const tls = { ca: undefined, certFile: undefined, handshakeFirst: undefined, serverName: undefined };
  expect(Object.keys(readOptions({ tls }).tls!)).toEqual([]);
});

test.each([
  "nats://ann:zqx/zqy@host",
  "http://ann:zqx@host:4222",
  "nats://ann:12/zqx@host",
  "ann:zqx zqy@host",
  "nats://ann:zqx@zqy@host/x",
])("what stands before the @ of a malformed server is in no error", (servers) => {
  const refused = (() => {
    try {
      return readOptions({ servers });
    } catch (error) {
      return error;
    }
  })();
  expect(refused).toMatchObject({ reason: "INVALID_OPTION" });
  expect(inspect(refused, { depth: 9 })).not.toMatch(/ann|zq/);
});
