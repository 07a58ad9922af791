import { inspect } from "node:util";
import { ciscoNet } from "@reeve/cisco-net";
import type { DriverLog } from "@reeve/driver-sdk";
import { nexusSimulator } from "@reeve/testing";
import { expect, test } from "vitest";
import { callWith, SwitchUnderTest, tapped } from "./switch-under-test.ts";

const password = "correct-horse-battery-staple";
const encoded = Buffer.from(`admin:${password}`).toString("base64");

function keepsSilence(thing: unknown): void {
  const shown = inspect(thing, { depth: 20, showHidden: true, getters: true, maxStringLength: null });
  for (const secret of [password, encoded, "nxapi_auth="]) expect(shown).not.toContain(secret);
}

test("neither password nor cookie is in an error, a log line, a list or a plan, whatever fails", async () => {
  const said: unknown[] = [];
  const keep = (fields: object, message: string) => void said.push(fields, message);
  const log: DriverLog = { debug: keep, info: keep, warn: keep, error: keep };
  await using under = await SwitchUnderTest.open({ nexus: { password }, options: { saveAfter: "10s" }, log });
  const kinds = ["reset-before-answer", "bad-gateway", "truncated-answer", "unauthorized", "no-session"] as const;
  for (const kind of kinds) {
    for (const command of [/^show vlan$/, /^vlan 100$/, /^copy /]) {
      under.nexus.faults.add(kind, { command, times: 2 });
      said.push(await under.ensure("net-a", 100).catch((error) => error));
      said.push(await under.save().catch((error) => error));
      said.push(await under.remove("net-a", 100).catch((error) => error));
      under.nexus.faults.heal();
      under.clock.advance(300_000);
    }
  }
  await under.nexus.halt();
  said.push(await under.list().catch((error) => error), await under.check().catch((error) => error));
  expect(said.filter((one) => one instanceof Error).length).toBeGreaterThan(10);
  said.forEach(keepsSilence);
});

test("a bad option is told without its value where that may be a secret", () => {
  const good = {
    url: "https://switch.example",
    username: "u",
    password,
    physicalNetwork: "dc1",
    interfaces: ["Ethernet1/1"],
  };
  const messageOf = (change: object) => {
    try {
      ciscoNet({ ...good, ...change } as typeof good);
    } catch (error) {
      keepsSilence(error);
      return (error as Error).message;
    }
    return "accepted";
  };
  expect(messageOf({})).toBe("accepted");
  expect(messageOf({ url: `https://admin:${password}@switch.example` })).toContain(
    "url: expected no credentials in it",
  );
  expect(messageOf({ password: password.repeat(20) })).toContain("password: expected 1 to 255 characters");
  expect(messageOf({ password: "" })).toContain("password: expected 1 to 255 characters");
  expect(messageOf({ url: "http://switch.example" })).toContain("url: expected an address such as https://");
  expect(messageOf({ url: undefined })).toContain("url: expected");
  expect(messageOf({ interfaces: ["Ethernet1/1", "Ethernet1/2", "Ethernet1/1"] })).toContain(
    "options.interfaces.2: is there twice",
  );
  expect(messageOf({ interfaces: ["eth1"] })).toContain("options.interfaces.0");
  expect(messageOf({ interfaces: [] })).toContain("options.interfaces");
  expect(messageOf({ vlans: [[20, 10]] })).toContain("the first must not be above the last");
  expect(messageOf({ vlans: [[0, 10]] })).toContain("options.vlans.0.0");
  expect(messageOf({ requestTimeout: "soon" })).toContain("options.requestTimeout");
  expect(messageOf({ requestTimeout: 0 })).toContain("options.requestTimeout: must be longer than 0 (got 0)");
  expect(messageOf({ saveAfter: -1 })).toContain("options.saveAfter");
  expect(messageOf({ saveAfter: "soon" })).toContain(
    'options.saveAfter: must be such as "30s", milliseconds, or false',
  );
  expect(messageOf({ readyAfter: "5x" })).toContain("options.readyAfter");
  expect(messageOf({ mtuMax: 10 })).toContain("options.mtuMax");
  expect(messageOf({ physicalNetwork: "DC 1" })).toContain("options.physicalNetwork");
  expect(messageOf({ ca: "not a certificate" })).toContain("options.ca");
  expect(messageOf({ port: 443 })).toContain("port");
});

test("a switch whose certificate is not trusted is told nothing, even where the environment trusts all", async () => {
  await using nexus = await nexusSimulator({ interfaces: ["Ethernet1/1"] });
  const { url, username } = nexus;
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
  try {
    const driver = ciscoNet({ url, username, password, physicalNetwork: "dc1", interfaces: ["Ethernet1/1"] });
    await expect(driver.setup(callWith())).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringContaining("certificate is not trusted"),
    });
    expect(nexus.audit.requests).toBe(0);
  } finally {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
  }
});

test("the password goes along with the first request only, the cookie with the others, and few connections are held", async () => {
  const sent: ("password" | "cookie")[] = [];
  await using under = await SwitchUnderTest.open({
    through: tapped((request, post) => {
      sent.push("authorization" in request.headers ? "password" : "cookie");
      return post(request);
    }),
  });
  await Promise.all(Array.from({ length: 20 }, (_, n) => under.ensure(`net-${n}`, 100 + n)));
  expect(sent[0]).toBe("password");
  expect(sent.slice(1)).not.toContain("password");
  expect(under.nexus.connections).toBeLessThanOrEqual(2);
});
