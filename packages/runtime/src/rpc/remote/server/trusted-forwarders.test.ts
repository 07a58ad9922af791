import { expect, test } from "vitest";
import { recordingLogger } from "../../../telemetry/recording-logger.ts";
import { TrustedForwarders } from "./trusted-forwarders.ts";

const vault = { key: "vault/vault-01", address: "vault-01" };
const ada = { user: "ada", roles: [] };

function trusting(entries: readonly string[]) {
  const log = recordingLogger();
  const trust = new TrustedForwarders(entries, log);
  const believed = (said: Parameters<typeof trust.believed>[0], caller: string) =>
    trust.believed(said, caller, { user: caller, roles: [] }, "burn", vault);
  return { log, trust, believed };
}

test.each([
  [["block-01"], ["block-01"], ["block-0", "block-011", "Block-01", "block", ""]],
  [["block-*"], ["block-", "block-01", "block-a-b"], ["block", "my-block-01", "BLOCK-01"]],
  [["*"], ["a", "block-01"], ["anonymous"]],
  [["an*"], ["ann"], ["anonymous"]],
  [["web", "block-*"], ["web", "block-1"], ["web-1"]],
  [[], [], ["a", "*", ""]],
])("%j lists %j and not %j", (entries, listed, unlisted) => {
  const { trust } = trusting(entries);
  expect(listed.filter((caller) => !trust.has(caller))).toEqual([]);
  expect(unlisted.filter((caller) => trust.has(caller))).toEqual([]);
});

test("what a caller says of itself alone is neither believed nor refused: the broker has said it", () => {
  const { believed, log } = trusting([]);
  for (const said of [undefined, { user: "web", roles: [] }]) {
    expect(believed(said, "web")).toEqual({ user: "web", roles: [] });
  }
  for (const more of [
    { user: "web", tenant: "acme", roles: [] },
    { user: "web", roles: ["operator"] },
    { user: "Web", roles: [] },
  ]) {
    expect(() => believed(more, "web")).toThrow(expect.objectContaining({ reason: "NOT_PERMITTED" }));
  }
  expect(log.lines).toHaveLength(1);
});

test.each(["block-01", "volume/block-01", "volume/block-01@ssd"])("the system %s of block-01 is block-01", (user) => {
  const system = { user, roles: ["*"] };
  expect(trusting([]).believed(system, "block-01")).toEqual({ user: "block-01", roles: [] });
  expect(trusting(["block-01"]).believed(system, "block-01")).toEqual(system);
});

test.each(["block-02", "volume/block-02", "block-01@ssd/x", "volume/block-01x", "a/b/block-01", "", "/"])(
  "the system %j is none of block-01",
  (user) => {
    expect(() => trusting([]).believed({ user, roles: ["*"] }, "block-01")).toThrow(/may not call on behalf of/);
  },
);

test("a flood of callers that nobody lists fills no table and no log", () => {
  const { believed, log } = trusting([]);
  for (let caller = 0; caller < 5_000; caller++) expect(() => believed(ada, `c-${caller}`)).toThrow();
  for (let caller = 0; caller < 5_000; caller++) expect(() => believed(ada, `c-${caller}`)).toThrow();
  expect(log.lines).toHaveLength(1_000);
});
