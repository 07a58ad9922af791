import { expect, test } from "vitest";
import { type NexusSimulator, nexusSimulator } from "../nexus-simulator.ts";
import { NxApiClient } from "../nxapi-client.test-kit.ts";
import { type NexusFaultKind, NexusFaults } from "./nexus-faults.ts";

const vlan7 = JSON.stringify({ jsonrpc: "2.0", method: "cli", params: { cmd: "vlan 7", version: 1 }, id: 1 });
const hasVlan7 = (nexus: NexusSimulator) => nexus.runningConfig().includes("vlan 1,7\n");

/** What a client is told when one fault befalls it: a status and whether the body is whole, or that the connection broke. */
async function told(nexus: NexusSimulator, kind: NexusFaultKind): Promise<string> {
  const fault = nexus.faults.add(kind);
  try {
    const { status, body } = await new NxApiClient(nexus).send(vlan7);
    const shape = body.startsWith("<html>") ? "page" : body.startsWith("{") ? "" : "banner";
    return `${status} ${shape || (body.endsWith("}") ? "whole" : "cut")}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    expect(fault.hits).toBe(1);
  }
}

test.each<[NexusFaultKind, told: string, executed: boolean]>([
  ["reset-before-execution", "ECONNRESET", false],
  ["unauthorized", "401 page", false],
  ["forbidden", "403 page", false],
  ["bad-gateway", "502 page", false],
  ["no-session", "503 page", false],
  ["duplicate", "200 whole", true],
  ["reset-before-answer", "ECONNRESET", true],
  ["bad-gateway-after-execution", "502 page", true],
  ["banner-before-answer", "200 banner", true],
  ["reset-within-answer", "ECONNRESET", true],
  ["truncated-answer", "200 cut", true],
])("%s: the client is told %s, executed: %s", async (kind, answer, executed) => {
  await using nexus = await nexusSimulator();
  expect(await told(nexus, kind)).toBe(answer);
  expect(hasVlan7(nexus)).toBe(executed);
  expect(nexus.audit.commands()).toHaveLength(kind === "duplicate" ? 2 : executed ? 1 : 0);
  const again = await new NxApiClient(nexus).send(vlan7);
  expect(again.status).toBe(200);
});

test.each<[NexusFaultKind, executed: boolean]>([
  ["reload-before-execution", false],
  ["reload-before-answer", true],
])("%s: what was not saved is lost, and the switch comes back", async (kind, executed) => {
  await using nexus = await nexusSimulator();
  expect(await told(nexus, kind)).toMatch(/ECONNRESET|EPIPE|socket hang up/);
  await expect.poll(() => nexus.phase).toBe("ready");
  expect(nexus.audit.commands()).toHaveLength(executed ? 1 : 0);
  expect(hasVlan7(nexus)).toBe(false);
});

test("what is held is executed later, though its client has gone", async () => {
  await using nexus = await nexusSimulator();
  const hold = nexus.faults.hold("execution", { command: /^vlan 7$/ });
  const leaving = new AbortController();
  const sent = new NxApiClient(nexus).send(vlan7, { signal: leaving.signal });
  await hold.reached;
  leaving.abort();
  await expect(sent).rejects.toThrow("aborted");
  expect(hasVlan7(nexus)).toBe(false);
  hold.release();
  await expect.poll(() => hasVlan7(nexus)).toBe(true);
});

test("an answer that is held comes when it is released; the command was executed before", async () => {
  await using nexus = await nexusSimulator();
  const hold = nexus.faults.hold("answer");
  const sent = new NxApiClient(nexus).send(vlan7);
  await hold.reached;
  expect(hasVlan7(nexus)).toBe(true);
  hold.release();
  expect((await sent).status).toBe(200);
});

test("a fault befalls only what it is for, as often as it is to", async () => {
  await using nexus = await nexusSimulator();
  const client = new NxApiClient(nexus);
  const fault = nexus.faults.add("bad-gateway", { command: /^vlan 8$/, times: 2 });
  const statuses: number[] = [];
  for (const cmd of ["vlan 7", "vlan 8", "vlan 8", "vlan 8"]) {
    statuses.push((await client.send(vlan7.replace("vlan 7", cmd))).status);
  }
  expect(statuses).toEqual([200, 502, 502, 200]);
  expect(fault.hits).toBe(2);
});

test("a batch stops where a command is refused by hand", async () => {
  await using nexus = await nexusSimulator();
  nexus.faults.refuse(/^name/, "ERROR: out of luck");
  const answers = await new NxApiClient(nexus).rpc(["vlan 7", "name voice", "vlan 8"]);
  expect(answers).toHaveLength(2);
  expect(answers[1].error.data.msg).toBe("ERROR: out of luck\n");
  expect(nexus.runningConfig()).toContain("vlan 1,7\n");
});

test("an operator gets between two commands of one request", async () => {
  await using nexus = await nexusSimulator();
  nexus.faults.before(/^vlan 8$/, () => nexus.cli("no vlan 7"));
  await new NxApiClient(nexus).rpc(["vlan 7", "vlan 8"]);
  expect(nexus.audit.entries.map(({ who, command }) => `${who} ${command}`)).toEqual([
    "api vlan 7",
    "operator no vlan 7",
    "api vlan 8",
  ]);
});

test("a reload in the middle of a batch ends it", async () => {
  await using nexus = await nexusSimulator();
  nexus.faults.before(/^vlan 8$/, () => nexus.reload());
  await expect(new NxApiClient(nexus).rpc(["vlan 7", "vlan 8"])).rejects.toThrow();
  expect(nexus.audit.commands()).toEqual(["vlan 7"]);
  expect(nexus.runningConfig()).toContain("\nvlan 1\n");
});

test("a seed repeats what happens by chance, and is told", async () => {
  const printed: string[] = [];
  const run = async (seed: number) => {
    await using nexus = await nexusSimulator({ seed, print: (line) => printed.push(line) });
    nexus.operate(["vlan 100", "no vlan 100", "vlan 4095"], 0.5);
    const client = new NxApiClient(nexus);
    for (let id = 10; id < 30; id++) await client.rpc([`vlan ${id}`]);
    return nexus.audit.entries.map(({ who, command }) => `${who} ${command}`);
  };
  const first = await run(7);
  expect(first.some((entry) => entry.startsWith("operator"))).toBe(true);
  expect(await run(7)).toEqual(first);
  expect(await run(8)).not.toEqual(first);
  expect(printed[0]).toBe("nexus seed 7; REEVE_FAULT_SEED=7 repeats the run");
});

test("healing ends faults and lets go of what is held", async () => {
  await using nexus = await nexusSimulator();
  const client = new NxApiClient(nexus);
  const hold = nexus.faults.hold("execution");
  const sent = client.send(vlan7);
  await hold.reached;
  nexus.faults.add("bad-gateway", { times: 9 });
  nexus.faults.heal();
  expect((await sent).status).toBe(200);
  expect((await client.send(vlan7)).status).toBe(200);
});

test.each<[wrong: readonly [kind: string, scope?: object], message: string]>([
  [["reset"], "kind: expected one of reset-before-execution, "],
  [["duplicate", { comand: /x/ }], "scope.comand: expected one of command, times, probability"],
  [["duplicate", { times: 0 }], "times: expected 1 or more, got 0"],
  [["duplicate", { probability: 2 }], "probability: expected 0 to 1, got 2"],
])("the fault %j is refused", ([kind, scope], message) => {
  const faults = new NexusFaults(1, () => undefined);
  expect(() => faults.add(kind as NexusFaultKind, scope)).toThrow(message);
});
