import { connect as connectRaw } from "@nats-io/transport-node";
import { permissions } from "@reeve/nats";
import { natsServer } from "@reeve/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { watch } from "../inspector/watched-fleet.ts";
import { failure } from "../kit/failure.ts";
import { brokerOf, type GuardedBroker, users } from "./guarded-broker.ts";
import { bellHost, bells, callerOf, towerHost, towers, villagers } from "./village.ts";

const printed = permissions({ processes: villagers });
let broker: GuardedBroker;
beforeAll(async () => {
  broker = brokerOf(await natsServer({ users: users(printed, () => false) }), printed);
});
afterAll(() => broker.server.close());

/** Everything that needs a right is done once; what fails of it is not what is looked for. */
async function village() {
  const [block, tower] = await Promise.all([bellHost(broker), towerHost(broker)]);
  const cli = await callerOf(broker);
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  void cli
    .ref(bells)
    .ring({}, { signal: leaving.signal })
    .catch(() => undefined);
  const page = await watch(tower);
  await page.until(() => page.names().includes("tower/tower-01"));
  void page
    .until(() => page.names().includes("bell/block-01"))
    .then(() => page.act("bell/block-01", "reset"))
    .catch(() => undefined);
  return { block, tower, cli };
}

/** What the manager of a process says of itself without the rule: the reason, and the subject that it names. */
type Said = readonly [manager: "bell/block-01" | "tower/tower-01", reason: string, denied: string];

const refused = (denied: string): Said => ["bell/block-01", "LINK_REFUSED", denied];
const restricted = (denied: string): Said => ["bell/block-01", "LINK_RESTRICTED", denied];
const restrictedTower = (denied: string): Said => ["tower/tower-01", "LINK_RESTRICTED", denied];

/** By rule: what fails without it. */
const said: Readonly<Record<string, Said>> = {
  "block-01 subscribe _INBOX.block-01.>": refused("_INBOX.block-01."),
  "block-01 publish _INBOX.>": refused("_INBOX."),
  "block-01 subscribe reeve.call.bell.v1.*.any.* reeve": refused("reeve.call.bell.v1.*.any.*"),
  "block-01 subscribe reeve.call.bell.v1.*.all.*": refused("reeve.call.bell.v1.*.all.*"),
  "block-01 subscribe reeve.call.bell.v1.*.block-01.*": refused("reeve.call.bell.v1.*.block-01.*"),
  "block-01 subscribe reeve.call.bell.v1.*.@abbey.* reeve": refused("reeve.call.bell.v1.*.@abbey.*"),
  "block-01 subscribe reeve.sys.alive.*": refused("reeve.sys.alive.*"),
  "block-01 subscribe reeve.sys.members.*": refused("reeve.sys.members.*"),
  "block-01 subscribe reeve.sys.found.members.block-01.*": refused("reeve.sys.found.members.block-01.*"),
  "block-01 publish reeve.sys.wanted.members.*.*.block-01": refused("reeve.sys.wanted.members."),
  "block-01 publish reeve.sys.alive.block-01": refused("reeve.sys.alive.block-01"),
  "block-01 publish reeve.sys.members.block-01": refused("reeve.sys.members.block-01"),
  "block-01 publish reeve.sys.found.members.*.block-01": refused("reeve.sys.found.members."),
  "block-01 subscribe reeve.sys.wanted.members.bell.v1.*": refused("reeve.sys.wanted.members.bell.v1.*"),
  "block-01 subscribe reeve.sys.wanted.members._host.block-01.*": refused("reeve.sys.wanted.members._host.block-01.*"),
  "block-01 publish reeve.sys.capabilities.block-01": restricted("reeve.sys.capabilities.block-01"),
  "block-01 publish reeve.sys.found.capabilities.*.block-01": restricted("reeve.sys.found.capabilities."),
  "block-01 subscribe reeve.sys.wanted.capabilities.*": restricted("reeve.sys.wanted.capabilities.*"),
  "block-01 publish reeve.sys.inspection.block-01": restricted("reeve.sys.inspection.block-01"),
  "block-01 publish reeve.sys.found.inspection.*.block-01": restricted("reeve.sys.found.inspection."),
  "block-01 subscribe reeve.sys.wanted.inspection.*": restricted("reeve.sys.wanted.inspection.*"),
  "block-01 subscribe $SRV.PING": restricted("$SRV.PING"),
  "block-01 subscribe $SRV.INFO": restricted("$SRV.INFO"),
  "block-01 subscribe $SRV.STATS": restricted("$SRV.STATS"),
  "block-01 subscribe $SRV.*.bell": restricted("$SRV.PING.bell"),
  "block-01 subscribe $SRV.*.bell.*": restricted("$SRV.PING.bell."),
  "tower-01 subscribe reeve.sys.capabilities.*": restrictedTower("reeve.sys.capabilities.*"),
  "tower-01 subscribe reeve.sys.found.capabilities.tower-01.*": restrictedTower("reeve.sys.found.capabilities."),
  "tower-01 publish reeve.sys.wanted.capabilities.tower-01": restrictedTower("reeve.sys.wanted.capabilities."),
  "tower-01 subscribe reeve.sys.inspection.*": restrictedTower("reeve.sys.inspection.*"),
  "tower-01 subscribe reeve.sys.found.inspection.tower-01.*": restrictedTower("reeve.sys.found.inspection."),
  "tower-01 publish reeve.sys.wanted.inspection.tower-01": restrictedTower("reeve.sys.wanted.inspection."),
};

const without = (rule: string) =>
  broker.server.reload({ users: users(printed, (...named) => named.join(" ") === rule) });

test.each(Object.entries(said))("without %s its process says so", async (rule, [manager, reason, denied]) => {
  await without(rule);
  const { block, tower } = await village();
  const { causes } = await (manager.startsWith("bell") ? block : tower).isNow(manager, (reasons) =>
    reasons.includes(reason),
  );
  expect(causes.map((cause) => cause.reason)).toEqual([reason]);
  const right = rule.split(" ")[1];
  expect(causes[0]!.message).toMatch(/^the broker does not permit .*; allow it in the user's permissions$/);
  expect(causes[0]!.message).toContain(`to ${right} ${denied}`);
});

/** By rule of whoever has no manager, or none that it concerns: which call fails without it, and what it says. */
const failing: Readonly<Record<string, string>> = {
  "cli publish reeve.call.bell.v1.*.*.cli": "forbids publishing to reeve.call.bell.v1.ring.block-01.cli",
  "cli subscribe _INBOX.cli.>": "forbids subscribing to _INBOX.cli.",
  "block-01 publish reeve.call.tower.v1.*.*.block-01":
    "forbids publishing to reeve.call.tower.v1.climb.tower-01.block-01",
};

test.each(Object.entries(failing))("without %s calls fail as not permitted", async (rule, message) => {
  await without(rule);
  const { block, cli } = await village();
  const called = rule.startsWith("cli") ? () => cli.ref(bells).ring({}) : () => block.ref(towers).climb({});
  expect(await failure(called())).toMatchObject({ reason: "NOT_PERMITTED", message: expect.stringContaining(message) });
});

test("without the right to list, a client is refused by the broker itself", async () => {
  await without("census publish $SRV.>");
  const { servers, user, password: pass } = broker.login("census");
  const client = await connectRaw({ servers, user, pass, inboxPrefix: "_INBOX.census" });
  onTestFinished(() => client.close());
  await expect(client.request("$SRV.PING", "")).rejects.toThrow("$SRV.PING");
});

test("every rule is needed: each that is printed has a test here, under its own name or that of its like", () => {
  const like = (caller: string, right: string, subject: string) =>
    `${right} ${subject.replaceAll(caller, "<caller>").replaceAll(/\b(bell|tower|scheduler|host)\b/g, "<kind>")}`;
  const tested = [...Object.keys(said), ...Object.keys(failing), "census publish $SRV.>"].map((rule) => {
    const [caller = "", right = "", ...subject] = rule.split(" ");
    return like(caller, right, subject.join(" "));
  });
  const all = printed.processes.flatMap(({ caller, rules }) =>
    rules.map(({ right, subject }) => like(caller, right, subject)),
  );
  expect([...new Set(all)].sort()).toEqual([...new Set(tested)].sort());
});
