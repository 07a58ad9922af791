import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nkeys } from "@nats-io/transport-node";
import type { NatsOptions } from "@reeve/nats";
import type { Transport } from "@reeve/runtime/transport";
import { afterAll, describe, expect, test } from "vitest";
import { TestAuthority } from "./certificates.ts";
import { jwtAccount } from "./jwt-account.ts";
import { bytes, collect, settled, until } from "./messages.ts";
import { afterTest, broker, client } from "./nats-clients.ts";

/** Proves the link by a message to itself. */
async function works({ transport }: { transport: Transport }): Promise<void> {
  await transport.connect();
  const got = collect(transport, `${transport.inbox}.>`);
  transport.publish(`${transport.inbox}.x`, bytes("x"));
  await transport.flush();
  expect(got).toEqual(["x"]);
}

test("user and password, token, NKey: the right ones are let in", async () => {
  const user = nkeys.createUser();
  const server = await broker({ users: [{ user: "volume", password: "p" }, { nkey: user.getPublicKey() }] });
  const guarded = await broker({ token: "t" });
  await works(client(server.url, { user: "volume", password: "p" }));
  await works(client(server.url, { nkeySeed: new TextDecoder().decode(user.getSeed()) }));
  await works(client(guarded.url, { token: "t" }));
});

test("credentials of an account are let in, and picked up anew from their file at the next link", async () => {
  const [first, second] = [jwtAccount(), jwtAccount()];
  const server = await broker({ config: first.config });
  const directory = mkdtempSync(join(tmpdir(), "reeve-creds-"));
  afterTest(async () => rmSync(directory, { recursive: true }));
  const credsFile = join(directory, "user.creds");
  writeFileSync(credsFile, first.creds);
  const connected = client(server.url, { credsFile });
  await works(connected);
  await works(client(server.url, { creds: first.creds }));
  writeFileSync(join(server.directory, "nats.conf"), second.config);
  writeFileSync(credsFile, second.creds);
  await server.restart();
  await works(connected);
});

test("wrong credentials raise an alarm, and are tried until they are right", async () => {
  const server = await broker({ users: [{ user: "volume", password: "old" }] });
  const refused = client(server.url, { user: "volume", password: "new" });
  const connecting = refused.transport.connect();
  await until(() => expect(refused.alarms).toHaveLength(1));
  expect(refused.alarms[0]).toMatchObject({
    kind: "broker.refused",
    message: expect.stringMatching(
      /^The broker at 127\.0\.0\.1:\d+ refuses these credentials .*Authorization Violation/,
    ),
  });
  const file = join(server.directory, "nats.conf");
  writeFileSync(file, readFileSync(file, "utf8").replace('"old"', '"new"'));
  await server.restart();
  await connecting;
  await works(refused);
});

test("credentials that turn wrong while connected raise the alarm, and heal", async () => {
  const server = await broker({ users: [{ user: "volume", password: "right" }] });
  const { transport, alarms } = client(server.url, { user: "volume", password: "right" });
  await transport.connect();
  const file = join(server.directory, "nats.conf");
  const right = readFileSync(file, "utf8");
  writeFileSync(file, right.replace('"right"', '"wrong"'));
  await server.restart();
  await until(() => expect(alarms.map(({ kind }) => kind)).toContain("broker.refused"));
  // Two refusals in a row are where nats.js by itself gives up for good.
  await until(() => expect(server.log.match(/authentication error/g)?.length).toBeGreaterThan(3));
  expect(transport.connected).toBe(false);
  writeFileSync(file, right);
  await server.restart();
  await transport.connect();
});

test("what the permissions forbid is told by subject, and the rest goes on", async () => {
  const permissions = { publish: ["reeve.call.*.volume", "_INBOX.>"], subscribe: ["_INBOX.volume.>"] };
  const server = await broker({ users: [{ user: "volume", password: "p", ...permissions }] });
  const { transport, alarms } = client(server.url, { user: "volume", password: "p" });
  await transport.connect();
  expect(transport.inbox).toMatch(/^_INBOX\.volume\./);
  const denied = collect(transport, "_INBOX.other.>");
  transport.publish("reeve.call.x.other", bytes("as somebody else"));
  await until(() => expect(alarms).toHaveLength(2));
  expect(alarms).toMatchObject([
    { kind: "subscribe.denied", subject: "_INBOX.other.>" },
    { kind: "publish.denied", subject: "reeve.call.x.other" },
  ]);
  await works({ transport });
  const file = join(server.directory, "nats.conf");
  writeFileSync(file, readFileSync(file, "utf8").replace("_INBOX.volume.>", ">"));
  await server.restart();
  await transport.connect();
  transport.publish("_INBOX.other.x", bytes("allowed now"));
  await settled(transport);
  expect(denied).toEqual(["allowed now"]);
});

const openssl = ((): boolean => {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!openssl)("TLS", () => {
  const authority = openssl ? new TestAuthority() : (undefined as never);
  const { caFile } = authority;
  afterAll(() => authority.close());

  test("a broker is checked by the address it is reached at", async () => {
    const server = await broker({ tls: authority.issue("IP:127.0.0.1") });
    await works(client(server.url, { tls: { caFile } }));
    await works(client(server.url, { tls: { ca: readFileSync(caFile, "utf8") } }));
    await works(client(server.url, { servers: `tls://127.0.0.1:${server.port}`, tls: { caFile } }));
  });

  test("a broker with another name is refused, unless that name is asked for", async () => {
    const server = await broker({ tls: authority.issue("DNS:broker.example") });
    const refused = client(server.url, { tls: { caFile } });
    refused.transport.connect().catch(() => {});
    await until(() => expect(refused.alarms).toHaveLength(1));
    expect(refused.alarms[0]?.message).toContain("IP: 127.0.0.1 is not in the cert's list");
    await works(client(server.url, { tls: { caFile, serverName: "broker.example" } }));
  });

  test("a broker named by host is checked by that name", async () => {
    const server = await broker({ tls: authority.issue("DNS:localhost") });
    await works(client(server.url, { servers: `localhost:${server.port}`, tls: { caFile } }));
  });

  test("a broker nobody known has signed for is refused", async () => {
    const server = await broker({ tls: authority.issue("IP:127.0.0.1") });
    const refused = client(server.url, {});
    refused.transport.connect().catch(() => {});
    await until(() => expect(refused.alarms).toHaveLength(1));
    expect(refused.alarms[0]).toMatchObject({ kind: "broker.unreachable" });
    expect(refused.alarms[0]?.message).toMatch(/unable to (verify|get)|self-signed/);
  });

  test("a broker without TLS is refused where TLS is demanded", async () => {
    const server = await broker({});
    for (const demand of [{ tls: true }, { servers: `tls://127.0.0.1:${server.port}` }] as NatsOptions[]) {
      const refused = client(server.url, demand);
      refused.transport.connect().catch(() => {});
      await until(() => expect(refused.alarms).toHaveLength(1));
      expect(refused.alarms[0]?.message).toContain("does not support 'tls'");
    }
  });

  test("a broker that demands a client's certificate gets one", async () => {
    const server = await broker({ tls: { ...authority.issue("IP:127.0.0.1"), caFile, verify: true } });
    const refused = client(server.url, { tls: { caFile } });
    refused.transport.connect().catch(() => {});
    await until(() => expect(refused.alarms).toHaveLength(1));
    await works(client(server.url, { tls: { caFile, ...authority.issue("DNS:client") } }));
  });

  test("a lost TLS link is replaced", async () => {
    const server = await broker({ tls: authority.issue("IP:127.0.0.1") });
    const { transport } = client(server.url, { tls: { caFile } });
    const links: boolean[] = [];
    transport.onLink((connected) => links.push(connected));
    await transport.connect();
    await server.restart();
    await until(() => expect(links).toEqual([true, false, true]));
    await works({ transport });
  });
});
