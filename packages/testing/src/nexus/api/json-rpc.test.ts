import { expect, test } from "vitest";
import { nexusSimulator } from "../nexus-simulator.ts";
import { NxApiClient } from "../nxapi-client.test-kit.ts";

const call = (cmd: string, extra: object = {}) => ({
  jsonrpc: "2.0",
  method: "cli",
  params: { cmd, version: 1 },
  ...extra,
});

test("one command is answered by an object, however it was sent, several by an array", async () => {
  await using nexus = await nexusSimulator();
  const client = new NxApiClient(nexus);
  const bare = JSON.parse((await client.send(JSON.stringify(call("vlan 7", { id: 5 })))).body);
  expect(bare).toEqual({ jsonrpc: "2.0", result: null, id: 5 });
  expect(await client.rpc(["vlan 8"])).toEqual({ jsonrpc: "2.0", result: null, id: 1 });
  expect(await client.rpc(["vlan 8", "vlan 9"])).toHaveLength(2);
});

test("a notification is executed and not answered", async () => {
  await using nexus = await nexusSimulator();
  const client = new NxApiClient(nexus);
  expect(await client.send(JSON.stringify(call("vlan 7")))).toMatchObject({ status: 200, body: "" });
  const answer = await client.send(JSON.stringify([call("vlan 8"), call("vlan 9", { id: "a" })]));
  expect(JSON.parse(answer.body)).toEqual([{ jsonrpc: "2.0", result: null, id: "a" }]);
  expect(nexus.audit.commands({ who: "api" })).toEqual(["vlan 7", "vlan 8", "vlan 9"]);
});

test("the mode lasts for a request and no longer", async () => {
  await using nexus = await nexusSimulator();
  const client = new NxApiClient(nexus);
  await client.rpc(["configure terminal", "vlan 7", "name voice", "exit", "interface e1/1", "description up"]);
  expect(nexus.audit.entries.map(({ mode }) => mode)).toEqual([
    "exec",
    "config",
    "vlan 7",
    "vlan 7",
    "config",
    "interface Ethernet1/1",
  ]);
  expect((await client.rpc(["name again"])).error.data.msg).toBe("% Invalid command\n");
});

test("a refused command is HTTP 500, and stops the batch: what was before it is done", async () => {
  await using nexus = await nexusSimulator();
  const client = new NxApiClient(nexus);
  const calls = ["vlan 7", "vlan 4095", "vlan 9"].map((cmd, at) => call(cmd, { id: at + 1 }));
  const answer = await client.send(JSON.stringify(calls));
  expect(answer.status).toBe(500);
  expect(JSON.parse(answer.body)).toEqual([
    { jsonrpc: "2.0", result: null, id: 1 },
    {
      jsonrpc: "2.0",
      error: { code: -32602, message: "Invalid params", data: { msg: "% Invalid value/range\n" } },
      id: 2,
    },
  ]);
  expect(nexus.audit.commands({ refused: false })).toEqual(["vlan 7"]);
});

test("elsewhere what was left out has an error each", async () => {
  await using nexus = await nexusSimulator({ personality: "n6k" });
  const answers = await new NxApiClient(nexus).rpc(["vlan 7", "vlan 4095", "vlan 9"]);
  expect(answers.map(({ error }: { error?: { code: number } }) => error?.code)).toEqual([undefined, -32602, -32600]);
  expect(nexus.audit.commands({ refused: false })).toEqual(["vlan 7"]);
});

test("continue-on-error executes what follows", async () => {
  await using nexus = await nexusSimulator();
  const answers = await new NxApiClient(nexus).rpc(["vlan 7", "vlan 4095", "vlan 9"], {
    rollback: "continue-on-error",
  });
  expect(answers.map((each: object) => "error" in each)).toEqual([false, true, false]);
  expect(nexus.audit.commands({ refused: false })).toEqual(["vlan 7", "vlan 9"]);
});

test("rollback-on-error undoes the batch, where there is such a thing", async () => {
  await using nexus = await nexusSimulator();
  const before = nexus.runningConfig();
  await new NxApiClient(nexus).rpc(["vlan 7", "vlan 4095"], { rollback: "rollback-on-error" });
  expect(nexus.runningConfig()).toBe(before);
  await using older = await nexusSimulator({ personality: "no-rollback" });
  const answer = await new NxApiClient(older).rpc(["vlan 7"], { rollback: "rollback-on-error" });
  expect(answer.error.code).toBe(-32600);
  expect(older.audit.commands()).toEqual([]);
});

test("some refuse by a success whose text says so, and go on", async () => {
  await using nexus = await nexusSimulator({ personality: "mute" });
  const client = new NxApiClient(nexus);
  const answers = await client.rpc(["vlan 3970", "vlan 7"]);
  expect(answers).toEqual([
    { jsonrpc: "2.0", result: { msg: "ERROR: VLAN 3970 is reserved for internal use\n" }, id: 1 },
    { jsonrpc: "2.0", result: null, id: 2 },
  ]);
  expect((await client.rpc(["bogus"])).error.code).toBe(-32602);
  expect(nexus.audit.commands({ refused: true })).toEqual(["vlan 3970", "bogus"]);
});

test("a show command has a body, as text a message; what has text only refuses the body", async () => {
  await using nexus = await nexusSimulator();
  const client = new NxApiClient(nexus);
  expect((await client.rpc(["show vlan brief"])).result.body).toHaveProperty("TABLE_vlanbriefxbrief");
  expect(await client.ascii("show vlan brief")).toMatch(/^VLAN Name/);
  expect((await client.rpc(["show running-config vlan"])).error.data.msg).toBe("Structured output unsupported\n");
  expect((await client.rpc(["copy running-config startup-config"])).result.msg).toContain("Copy complete.");
});

test.each([
  [[{ method: "cli", params: { cmd: "show vlan" }, id: 1 }], 200, -32600],
  [[], 200, -32600],
  [{ jsonrpc: "2.0", method: "cli_conf", params: { cmd: "vlan 7" }, id: 1 }, 500, -32601],
  [{ jsonrpc: "2.0", method: "cli", params: {}, id: 1 }, 500, -32602],
])("%j is answered with %i and %i", async (request, status, code) => {
  await using nexus = await nexusSimulator();
  const answer = await new NxApiClient(nexus).send(JSON.stringify(request));
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body).error.code).toBe(code);
});
