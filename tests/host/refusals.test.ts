import { isError } from "@reeve/contract";
import { inspector } from "@reeve/inspector";
import { hosts } from "@reeve/runtime/host";
import { describe, expect, test } from "vitest";
import { nets } from "../kit/nets.ts";
import { type HostRef, hall, operator } from "./hall.ts";

const bell = "bell/block-01@tower";
const nobody = "bell/block-01@cellar";

/** Each operation, as it would be called well. */
const attempts: Record<string, (host: HostRef) => Promise<unknown>> = {
  list: (host) => host.list({}),
  describe: (host) => host.describe({ manager: bell }),
  calls: (host) => host.calls({}),
  work: (host) => host.work({}),
  casts: (host) => host.casts({}),
  actors: (host) => host.actors({}),
  describeActor: (host) => host.describeActor({ manager: bell, machine: "m", id: "x" }),
  counts: (host) => host.counts({}),
  audit: (host) => host.audit({}),
  logLevel: (host) => host.logLevel({}),
  payload: (host) => host.payload({ instance: "x", seq: 1 }),
  start: (host) => host.start({ manager: bell }),
  drain: (host) => host.drain({ manager: bell }),
  restart: (host) => host.restart({ manager: bell }),
  reset: (host) => host.reset({ manager: bell }),
  logs: (host) => host.logs({}),
  setLogLevel: (host) => host.setLogLevel({ level: "debug" }),
  cordon: (host) => host.cordon({ manager: bell, reason: "why" }),
  uncordon: (host) => host.uncordon({ manager: bell }),
  cancel: (host) => host.cancel({ id: "x" }),
  cleanup: (host) => host.cleanup({ manager: "bell", address: "block-09", reason: "why" }),
  replayCast: (host) => host.replayCast({ id: "x", reason: "why" }),
  dropCast: (host) => host.dropCast({ id: "x", reason: "why" }),
  kill: (host) => host.kill({ manager: bell }),
};
const looking = [
  "list",
  "describe",
  "calls",
  "work",
  "casts",
  "actors",
  "describeActor",
  "counts",
  "audit",
  "logLevel",
];
const viewing = [...looking, "payload"];
const acting = ["start", "drain", "restart", "reset", "setLogLevel", "cordon", "uncordon", "cancel", "cleanup"];
const operating = [...viewing, "logs", ...acting, "replayCast", "dropCast"];

/** The operations that are refused for want of a right, with what the refusals say. */
async function refused(host: HostRef): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [operation, attempt] of Object.entries(attempts)) {
    const error = await attempt(host).then(
      () => undefined,
      (thrown: unknown) => thrown as { reason: string; message: string; outcome: string },
    );
    if (error?.reason !== "NOT_PERMITTED") continue;
    expect(error.outcome).toBe("not-executed");
    found[operation] = error.message;
  }
  return found;
}

const except = (allowed: readonly string[]) =>
  Object.keys(attempts).filter((operation) => !allowed.includes(operation));

test("every operation is tried here, and none is open to everybody", () => {
  expect(Object.keys(attempts).sort()).toEqual([...hosts.operations.keys()].sort());
  for (const { roles } of hosts.operations.values()) expect(roles).not.toContain("*");
});

describe.each(nets)("a host refuses %s", (_, open) => {
  test("what a role does not allow", async () => {
    await using net = await open();
    await hall(net, "block-01");
    expect(Object.keys(await refused(await operator(net, "block-01", [])))).toEqual(except([]));
    expect(Object.keys(await refused(await operator(net, "block-01", ["viewer"])))).toEqual(except(viewing));
    expect(Object.keys(await refused(await operator(net, "block-01", ["operator"])))).toEqual(except(operating));
    expect(Object.keys(await refused(await operator(net, "block-01", ["admin"])))).toEqual([]);
  });

  test("roles that somebody claims whom it does not list", async () => {
    await using net = await open();
    const { supervisor } = await hall(net, "block-01");
    const stranger = await operator(net, "block-01", ["admin"], "stranger");
    const told = await refused(stranger);
    expect(Object.keys(told)).toEqual(except([]));
    expect(told.drain).toContain('caller "stranger" may not call on behalf of "ada"');
    expect(supervisor.managers()).toMatchObject([{ epoch: 1, status: { state: "serving" } }]);
  });

  test("actions and payloads for other processes, where it does not say that they may", async () => {
    await using net = await open();
    const { supervisor } = await hall(net, "block-01", { remoteOperators: undefined });
    const told = await refused(await operator(net, "block-01", ["viewer", "operator", "admin"]));
    expect(Object.keys(told)).toEqual(except(looking));
    expect(told.payload).toBe(
      "block-01 takes no payload from other processes; its createSupervisor has to say remoteOperators",
    );
    // In process they are taken.
    const here = supervisor
      .as({ user: "eve", roles: ["operator"] })
      .ref(hosts)
      .at("block-01");
    expect(Object.keys(await refused(here))).toEqual(["kill"]);
  });

  test("what other roles act by than those that it takes actions from elsewhere by", async () => {
    await using net = await open();
    await hall(net, "block-01", { remoteOperators: { roles: ["operator"] } });
    expect(Object.keys(await refused(await operator(net, "block-01", ["admin"])))).toEqual(except(looking));
    expect(Object.keys(await refused(await operator(net, "block-01", ["operator"])))).toEqual(except(operating));
    expect(Object.keys(await refused(await operator(net, "block-01", ["operator", "admin"])))).toEqual(["kill"]);
  });

  test("nothing of that where it has an inspector of its own", async () => {
    await using net = await open();
    await hall(net, "block-01", { remoteOperators: undefined, inspector: inspector({ port: 0 }) });
    expect(Object.keys(await refused(await operator(net, "block-01", ["operator"])))).toEqual(["kill"]);
    await hall(net, "block-02", { remoteOperators: false, inspector: inspector({ port: 0 }) });
    expect(Object.keys(await refused(await operator(net, "block-02", ["operator"])))).toContain("drain");
  });

  test("a manager that is not there, and names those that are", async () => {
    await using net = await open();
    await hall(net, "block-01");
    const host = await operator(net, "block-01", ["admin"]);
    const absent = { reason: "NO_SUCH_MANAGER", data: { manager: nobody, managers: [bell] } };
    for (const operation of ["describe", "start", "drain", "restart", "reset", "kill", "uncordon"] as const)
      await expect(host[operation]({ manager: nobody }), operation).rejects.toMatchObject(absent);
    await expect(host.cordon({ manager: nobody, reason: "why" })).rejects.toMatchObject(absent);
    await expect(host.calls({ filter: { manager: nobody } })).rejects.toMatchObject(absent);
    // The host itself is none of them.
    await expect(host.drain({ manager: "host/block-01" })).rejects.toMatchObject({ reason: "NO_SUCH_MANAGER" });
    for (const manager of ["", "bell", "bell/", "/block-01", "bell/block-01@", "bell/*", "bell/block-01@tower/x"])
      await expect(host.describe({ manager }), manager).rejects.toMatchObject({ reason: "INVALID_INPUT" });
  });

  test("to act on an incarnation that took the place of the one that was looked at", async () => {
    await using net = await open();
    const { supervisor } = await hall(net, "block-01");
    const host = await operator(net, "block-01", ["admin"]);
    await supervisor.restart("bell", "block-01@tower");
    for (const operation of ["drain", "restart", "reset", "kill"] as const) {
      const error = await host[operation]({ manager: bell, epoch: 1 }).catch((thrown: unknown) => thrown);
      expect(isError(error, hosts, operation, "REPLACED") && error.data).toEqual({ manager: bell, epoch: 2 });
    }
    expect(supervisor.managers()).toMatchObject([{ epoch: 2, status: { state: "serving" } }]);
  });

  test("to set the level of a logger that it was given", async () => {
    await using net = await open();
    await hall(net, "block-01");
    const host = await operator(net, "block-01", ["operator"]);
    expect(await host.logLevel({})).toEqual({ level: null, revertsTo: null, revertsInMs: null });
    expect(await host.logs({})).toEqual({ kept: false, lines: [], upTo: 0, missed: 0 });
    await expect(host.setLogLevel({ level: "debug" })).rejects.toMatchObject({
      ...{ reason: "LOG_LEVEL_FIXED", data: { host: "block-01" } },
    });
  });
});

describe.each(nets)("what fails is told %s", (_, open) => {
  test("a reset that fails names each manager and why", async () => {
    await using net = await open();
    const { rope, supervisor } = await hall(net, "block-01");
    rope.reset = () => {
      throw new Error("the rope is stuck");
    };
    const host = await operator(net, "block-01", ["operator"]);
    const message = expect.stringContaining("the rope is stuck");
    const data = { failures: [{ manager: bell, reason: expect.any(String), message }] };
    await expect(host.reset({})).rejects.toMatchObject({ reason: "RESET_FAILED", data });
    await expect(supervisor.reset()).rejects.toMatchObject({ reason: "RESET_FAILED", data });
  });

  test("a start that fails says why, and may be tried again", async () => {
    await using net = await open();
    const { rope } = await hall(net, "block-01");
    const host = await operator(net, "block-01", ["operator"]);
    await host.drain({ manager: bell });
    rope.setup = () => {
      throw new Error("no rope");
    };
    const failed = { manager: bell, reason: "BOOT_FAILED", message: expect.stringContaining("no rope") };
    await expect(host.start({ manager: bell })).rejects.toMatchObject({ reason: "START_FAILED", data: failed });
    expect(await host.describe({ manager: bell })).toMatchObject({ state: "failed" });
    rope.setup = () => {};
    expect(await host.start({ manager: bell })).toMatchObject({ state: "serving" });
  });
});
