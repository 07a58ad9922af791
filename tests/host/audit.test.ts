import { describe, expect, test } from "vitest";
import { nets } from "../kit/nets.ts";
import { hall, operator } from "./hall.ts";

const bell = "bell/block-01@tower";
const audited = (log: { readonly lines: readonly { readonly fields: object; readonly level: string }[] }) =>
  log.lines.filter(({ fields }) => "audit" in fields);

describe.each(nets)("the audit of a host %s", (_, open) => {
  test("has one line and one record for each action: who, from where, what, which manager and what came of it", async () => {
    await using net = await open();
    const { log, rope } = await hall(net, "block-01");
    const host = await operator(net, "block-01", ["operator"]);
    await host.cordon({ manager: bell, reason: "its rope is replaced" });
    await host.drain({ manager: "bell/block-01@cellar" }).catch(() => undefined);
    await host.list({});
    const { items } = await host.audit({});
    const who = { user: "ada", tenant: "acme", peer: "web", remote: true, times: 1, tookMs: expect.any(Number) };
    expect(items).toMatchObject([
      {
        ...who,
        operation: "drain",
        manager: "bell/block-01@cellar",
        outcome: "failed",
        error: { reason: "NO_SUCH_MANAGER" },
      },
      { ...who, operation: "cordon", manager: bell, outcome: "done", error: null, detail: "its rope is replaced" },
    ]);
    expect(audited(log)).toMatchObject([
      {
        message: `ada from web: cordon ${bell}: done`,
        fields: { user: "ada", peer: "web", outcome: "done", detail: "its rope is replaced" },
      },
      { message: "ada from web: drain bell/block-01@cellar: failed, NO_SUCH_MANAGER" },
    ]);
    expect((await host.audit({ filter: { manager: bell } })).items).toHaveLength(1);
    // What takes long is kept from its beginning.
    rope.gate = new Promise(() => {});
    const restarting = host.restart({ manager: bell }).catch(() => undefined);
    await expect
      .poll(async () => (await host.audit({ limit: 1 })).items)
      .toMatchObject([{ operation: "restart", outcome: "running", tookMs: null }]);
    rope.gate = Promise.resolve();
    await host.kill({ manager: bell }).catch(() => undefined);
    void restarting;
  });

  test("has what was refused: for want of a role, of trust, and because the host takes no actions from elsewhere", async () => {
    await using net = await open();
    const { log } = await hall(net, "block-01", { remoteOperators: false });
    const viewer = await operator(net, "block-01", ["viewer"]);
    const stranger = await operator(net, "block-01", ["admin"], "stranger");
    const remote = await operator(net, "block-01", ["operator"]);
    await viewer.drain({ manager: bell }).catch(() => undefined);
    await stranger.kill({ manager: bell }).catch(() => undefined);
    await remote.restart({ manager: bell }).catch(() => undefined);
    const { items } = await viewer.audit({});
    const refused = {
      user: "ada",
      manager: bell,
      remote: true,
      outcome: "refused",
      error: { reason: "NOT_PERMITTED" },
    };
    expect(items).toMatchObject([
      { ...refused, operation: "restart", peer: "web" },
      { ...refused, operation: "kill", peer: "stranger" },
      { ...refused, operation: "drain", peer: "web" },
    ]);
    expect(audited(log).map(({ level, fields }) => [level, (fields as { action: string }).action])).toEqual([
      ["warn", "drain"],
      ["warn", "kill"],
      ["warn", "restart"],
    ]);
  });

  test("a flood of refusals is counted, and pushes out no action", async () => {
    await using net = await open();
    const { log } = await hall(net, "block-01");
    const host = await operator(net, "block-01", ["operator"]);
    await host.cordon({ manager: bell, reason: "why" });
    for (let index = 0; index < 300; index++) await host.kill({ manager: bell }).catch(() => undefined);
    const { items } = await host.audit({});
    expect(items.map(({ operation, outcome, times }) => [operation, outcome, times])).toEqual([
      ["kill", "refused", 300],
      ["cordon", "done", 1],
    ]);
    expect(audited(log).map(({ fields }) => (fields as { times: number }).times)).toEqual([1, 1, 10, 100]);
  });

  test("callers of the same process are in it", async () => {
    await using net = await open();
    const { supervisor } = await hall(net, "block-01");
    const { hosts } = await import("@reeve/runtime/host");
    const host = supervisor
      .as({ user: "script", roles: ["operator"] })
      .ref(hosts)
      .at("block-01");
    await host.reset({ manager: bell });
    expect((await host.audit({})).items).toMatchObject([
      { operation: "reset", user: "script", tenant: null, peer: "block-01", remote: false, outcome: "done" },
    ]);
  });
});
