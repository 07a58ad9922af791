import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ciscoNetWith, type Link } from "@reeve/cisco-net";
import type { NetworkInventory } from "@reeve/driver-sdk/network";
import { describe, expect, test } from "vitest";
import { callWith, segment } from "./switch-under-test.ts";

/*
 * Answers of real switches, which are not this project's to copy: they lie beside it where it is built, and elsewhere these tests
 * are skipped. The driver is given them as if its switch had sent them.
 */
const folder = resolve(import.meta.dirname, "../../../shared/reference/recorded/nexus");
const missing = existsSync(folder) ? undefined : "no recordings beside the project: ../shared/reference/recorded/nexus";
if (missing) console.log(`cisco-net: the tests against recorded answers are skipped: ${missing}`);

const recorded = (name: string) => readFileSync(resolve(folder, name), "utf8");

interface Sent {
  readonly commands: readonly string[];
}

/** A switch that answers `show vlan` and configuration by recordings, and the rest as one that has nothing configured. */
function replaying(vlanBody: unknown, configured?: (sent: Sent) => { status: number; text: string } | undefined): Link {
  const texts: Record<string, unknown> = {
    "show version": { body: { kern_uptm_days: 1, kern_uptm_hrs: 0, kern_uptm_mins: 0, kern_uptm_secs: 0 } },
    "show vlan": { body: vlanBody },
    "show running-config interface": { msg: "interface Ethernet1/1\n  switchport\n" },
    "show system vlan reserved": { msg: "system current running vlan reservation: 3968-4095" },
  };
  return {
    async post({ body }) {
      const calls = JSON.parse(body) as { id: number; params: { cmd: string } }[];
      const commands = calls.map(({ params }) => params.cmd);
      const special = commands[0] === "configure terminal" ? configured?.({ commands }) : undefined;
      const answers = calls.map(({ id, params }) => ({ jsonrpc: "2.0", result: texts[params.cmd] ?? null, id }));
      return { status: 200, cookies: [], text: JSON.stringify(answers), ...special };
    },
    async close() {},
  };
}

async function sessionOn(link: Link) {
  const driver = ciscoNetWith({ connect: () => link })({
    url: "https://switch.example",
    username: "u",
    password: "p",
    physicalNetwork: "dc1",
    interfaces: ["Ethernet1/1"],
    saveAfter: false,
  });
  return driver.setup(callWith());
}

async function listed(vlanBody: unknown): Promise<NetworkInventory> {
  const session = await sessionOn(replaying(vlanBody));
  return (await session.methods.list!(undefined, { ...callWith(), progress() {} })) as NetworkInventory;
}

const call = { ...callWith(), progress() {} };

describe.skipIf(missing)("recorded answers of real switches are understood", () => {
  test("01: a table of one row, whose ports are an array of long lists", async () => {
    const { result } = JSON.parse(recorded("01-jsonrpc-show-vlan-one-row.json"));
    expect(await listed(result.body)).toMatchObject({ segments: [], foreign: [] });
  });

  test("02: a table of two rows", async () => {
    const { result } = JSON.parse(recorded("02-jsonrpc-show-vlan-two-rows.json"));
    expect((await listed(result.body)).foreign.map(({ what }) => what)).toEqual(["VLAN 2345 (VLAN2345)"]);
  });

  test("03: another table's name, ids that are numbers; without VLAN 1 it is not believed", async () => {
    const body = JSON.parse(recorded("03-body-show-vlan-brief-numbers-and-split-ports.json"));
    await expect(listed(body)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    const rows = body.TABLE_vlanbriefxbrief.ROW_vlanbriefxbrief;
    rows.unshift({ "vlanshowbr-vlanid": 1, "vlanshowbr-vlanid-utf": 1, "vlanshowbr-vlanname": "default" });
    expect((await listed(body)).foreign.map(({ what }) => what)).toEqual([
      "VLAN 230 (database)",
      "VLAN 231 (APPLICATION)",
    ]);
  });

  const one = () => JSON.parse(recorded("01-jsonrpc-show-vlan-one-row.json")).result.body;
  const ensuring = async (answer: { status: number; text: string }) => {
    const session = await sessionOn(replaying(one(), () => answer));
    return session.methods.ensureSegment!(segment("net-a", 100), call);
  };

  test("04: a refused command is refused in its own words, and is final", async () => {
    const text = recorded("04-jsonrpc-invalid-command.json");
    await expect(ensuring({ status: 500, text })).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      retryable: false,
      message: expect.stringContaining("% Invalid command"),
    });
  });

  test("05: a batch that is told as done is not believed where the switch has not changed", async () => {
    const text = recorded("05-jsonrpc-config-batch-ok.json");
    await expect(ensuring({ status: 200, text })).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  const httpErrors = () =>
    new Map(
      recorded("07-http-errors.txt")
        .split(/^### /m)
        .slice(1)
        .map((part) => [Number(/\d{3}/.exec(part)![0]), part.slice(part.indexOf("\n") + 1)] as const),
    );

  test.each([
    [200, { code: "INTERNAL", retryable: false }],
    [400, { code: "UNAVAILABLE", retryable: true }],
    [401, { code: "UNAUTHENTICATED", retryable: false }],
    [405, { code: "FAILED_PRECONDITION", retryable: false }],
  ])("07: HTTP %i, as it was sent", async (status, expected) => {
    await expect(ensuring({ status, text: httpErrors().get(status)! })).rejects.toMatchObject(expected);
  });
});
