import { call, cast, contract, paged, type ReeveError, stream } from "@reeve/contract";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { failure } from "../../base/failure.test-kit.ts";
import { systemPrincipal } from "../principal.ts";
import { gate, Stage } from "../stage.fixture.ts";
import type { Authorize } from "./behaviour.ts";
import { notPermitted } from "./rights.ts";

const Id = z.object({ id: z.string() });
const roles = ["operator", "admin"];
const vaults = contract("vault", "1.0", {
  look: call({ input: Id, output: z.string() }),
  greet: call({ input: Id, output: z.string(), roles: ["*"] }),
  burn: call({ input: Id, output: z.string(), roles, errors: { LOCKED: Id } }),
  turn: call({ input: Id, output: z.string(), lane: ({ id }) => id, timeout: "10s" }),
  note: cast({ input: Id, roles }),
  list: paged({ filter: Id, item: Id, roles }),
  watch: stream({ input: Id, progress: z.number(), output: z.string(), roles }),
});

const ada = { user: "ada", roles: ["guest"] };
const bert = { user: "bert", roles: ["guest", "admin"] };

function vault(authorize?: Authorize, limits = {}) {
  const stage = new Stage();
  const ran: string[] = [];
  const run = ({ id }: { id: string }) => {
    ran.push(id);
    return id;
  };
  const member = stage.add(
    vaults,
    {
      authorize,
      operations: {
        ...{ look: run, greet: run, burn: run, note: run },
        turn: ({ id }, { principal }) => run({ id: `${id} of ${principal.user}` }),
        list: () => ({ items: [{ id: "a" }] }),
        async *watch({ id }) {
          yield 1;
          return run({ id });
        },
      },
    },
    { limits },
  );
  return { stage, member, ran, as: (principal = ada) => stage.ref(vaults, principal) };
}

test("an operation with roles runs for a principal that has any one of them, and for the system", async () => {
  const { as, ran, stage } = vault();
  expect(await as(bert).burn({ id: "b" })).toBe("b");
  expect(await as({ user: "c", roles: ["operator"] }).burn({ id: "c" })).toBe("c");
  expect(await stage.ref(vaults, systemPrincipal("vault/a")).burn({ id: "s" })).toBe("s");
  expect(await as().greet({ id: "everybody" })).toBe("everybody");
  expect(await as().look({ id: "unlisted" })).toBe("unlisted");
  expect(ran).toEqual(["b", "c", "s", "everybody", "unlisted"]);
});

test("calls, casts, streams and lists are refused where every role is missing, naming operation, roles and user", async () => {
  const { as, ran } = vault();
  const ref = as();
  const attempts = {
    burn: ref.burn({ id: "x" }),
    note: ref.note({ id: "x" }),
    list: ref.list({}),
    watch: ref.watch({ id: "x" }).result,
  };
  for (const [operation, attempt] of Object.entries(attempts)) {
    expect(await failure(attempt)).toMatchObject({
      code: "PERMISSION_DENIED",
      reason: "NOT_PERMITTED",
      outcome: "not-executed",
      message: `vault/a: ${operation}: "ada" lacks one of the roles "operator", "admin"`,
      data: { operation, roles },
    });
  }
  expect(ran).toEqual([]);
});

test("a missing role is told before the input is looked at, and while every slot and place in the queue is taken", async () => {
  const held = gate();
  const { as, member } = vault(async () => held.passed.then(() => true), { maxInFlight: 1, maxQueued: 1 });
  const [running, waiting] = [as().look({ id: "1" }), as().look({ id: "2" })];
  expect(member.service.mailbox).toMatchObject({ inFlight: 1, queued: 1 });
  expect((await failure(as().burn({ id: 7 } as never))).reason).toBe("NOT_PERMITTED");
  expect((await failure(as(bert).burn({ id: "b" }))).reason).toBe("MAILBOX_FULL");
  held.open();
  expect(await Promise.all([running, waiting])).toEqual(["1", "2"]);
});

test("the roles are those of the manager's contract, whatever its caller's says", async () => {
  const { stage, ran } = vault();
  const forged = contract("vault", "1.0", { burn: call({ input: Id, output: z.string() }) });
  expect((await failure(stage.ref(forged, ada).burn({ id: "x" }))).reason).toBe("NOT_PERMITTED");
  expect(ran).toEqual([]);
});

test("an answer that is kept under a key is not for who has lost the role", async () => {
  const { as } = vault();
  const key = { idempotencyKey: "k" };
  expect(await as({ user: "ada", roles: ["admin"] }).burn({ id: "x" }, key)).toBe("x");
  expect((await failure(as().burn({ id: "x" }, key))).reason).toBe("NOT_PERMITTED");
});

test("authorize is asked with the parsed input, after roles and schema, and only true lets a call run", async () => {
  const asked: unknown[] = [];
  const { as, ran } = vault(({ principal }, operation, input) => {
    asked.push([principal.user, operation, input]);
    return input.id !== "no";
  });
  expect(await as().look({ id: "yes", more: 1 } as never)).toBe("yes");
  expect((await failure(as().burn({ id: "no" }))).message).toContain("lacks one of the roles");
  expect((await failure(as().look({ id: 7 } as never))).reason).toBe("INVALID_INPUT");
  expect(await failure(as(bert).burn({ id: "no" }))).toMatchObject({
    reason: "NOT_PERMITTED",
    outcome: "not-executed",
    message: 'vault/a: burn: not permitted to "bert"',
    data: { operation: "burn", roles },
  });
  expect(await failure(as(bert).watch({ id: "no" }).result)).toMatchObject({ reason: "NOT_PERMITTED" });
  expect(asked).toEqual([
    ["ada", "look", { id: "yes" }],
    ["bert", "burn", { id: "no" }],
    ["bert", "watch", { id: "no" }],
  ]);
  expect(ran).toEqual(["yes"]);
});

test("a cast that waits its turn is not accepted before authorize has allowed it", async () => {
  const held = gate();
  const { as, ran } = vault(async (_ctx, operation) => (operation === "look" ? held.passed.then(() => true) : false), {
    maxInFlight: 1,
  });
  const looking = as().look({ id: "1" });
  const noting = failure(as(bert).note({ id: "2" }));
  held.open();
  await looking;
  expect(await noting).toMatchObject({ reason: "NOT_PERMITTED" });
  expect(ran).toEqual(["1"]);
});

test.each<[string, Authorize, Partial<ReeveError>]>([
  [
    "the helper",
    () => {
      throw notPermitted("only on Mondays");
    },
    { reason: "NOT_PERMITTED", message: "only on Mondays" },
  ],
  ["a declared error", (ctx) => ctx.fail("LOCKED", { id: "x" }), { reason: "LOCKED" }],
  [
    "what is not declared",
    async () => {
      throw new Error("the directory is down");
    },
    { reason: "UNDECLARED" },
  ],
  ["nothing at all", (() => undefined) as never, { reason: "UNDECLARED" }],
  ["what only looks like yes", (() => "true") as never, { reason: "UNDECLARED" }],
])("an authorize that answers with %s lets nothing run", async (_, authorize, error) => {
  const { as, ran } = vault(authorize);
  expect(await failure(as(bert).burn({ id: "x" }))).toMatchObject({ ...error, outcome: "not-executed" });
  expect(ran).toEqual([]);
});

test("calls of one lane keep their order however long authorize takes for each", async () => {
  const slow = gate();
  const { as, ran, stage } = vault(async ({ principal }, _operation, { id }) => {
    if (principal.user === "ada" && id === "lane") await slow.passed;
    return true;
  });
  const first = as().turn({ id: "lane" });
  const second = as(bert).turn({ id: "lane" });
  await as(bert).turn({ id: "another" });
  await stage.settle();
  expect(ran).toEqual(["another of bert"]);
  slow.open();
  await Promise.all([first, second]);
  expect(ran).toEqual(["another of bert", "lane of ada", "lane of bert"]);
});

test("a call whose deadline passes while authorize thinks never begins", async () => {
  const held = gate();
  const { as, ran, stage, member } = vault(async ({ signal }) => {
    await held.passed;
    expect(signal.aborted).toBe(true);
    return true;
  });
  const late = failure(as().turn({ id: "x" }));
  await stage.clock.advance(10_100);
  expect(await late).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  held.open();
  await stage.settle();
  expect(ran).toEqual([]);
  expect(member.service.mailbox.inFlight).toBe(0);
});

test("a call that repeats one that runs, and leaves while authorize thinks about it, ends as what may have been done", async () => {
  const [held, thinking] = [gate(), gate()];
  let asked = 0;
  const { stage, as } = vault(async () => {
    await (++asked === 1 ? held : thinking).passed;
    return true;
  });
  const key = { idempotencyKey: "k" };
  const first = as().turn({ id: "1" }, key);
  const second = failure(as().turn({ id: "1" }, { ...key, timeout: "1s" }));
  await stage.clock.advance(1_100);
  expect(await second).toMatchObject({ reason: "DEADLINE_EXCEEDED", outcome: "maybe-executed" });
  held.open();
  thinking.open();
  expect(await first).toBe("1 of ada");
});

test("a kept answer is not given out where authorize says no by now, nor is a run joined", async () => {
  let allowed = true;
  const held = gate<string>();
  const { stage, as, ran } = vault(async () => allowed);
  const key = { idempotencyKey: "k" };
  expect(await as(bert).burn({ id: "x" }, key)).toBe("x");
  expect(await as(bert).burn({ id: "x" }, key)).toBe("x");
  allowed = false;
  expect(await failure(as(bert).burn({ id: "x" }, key))).toMatchObject({ reason: "NOT_PERMITTED" });
  expect(ran).toEqual(["x"]);
  const slow = vi.fn(() => held.passed);
  stage.add(contract("slow", "1.0", { go: call({ input: Id, output: z.string() }) }), {
    operations: { go: slow },
    authorize: async () => allowed,
  });
  const going = contract("slow", "1.0", { go: call({ input: Id, output: z.string() }) });
  allowed = true;
  const first = stage.ref(going, ada).go({ id: "x" }, key);
  await stage.settle();
  allowed = false;
  expect(await failure(stage.ref(going, ada).go({ id: "x" }, key))).toMatchObject({ reason: "NOT_PERMITTED" });
  allowed = true;
  const third = stage.ref(going, ada).go({ id: "x" }, key);
  await stage.settle();
  held.open("done");
  expect(await Promise.all([first, third])).toEqual(["done", "done"]);
  expect(slow).toHaveBeenCalledTimes(1);
});

test("where the first call with a key is not allowed, one that had joined it is asked about anew", async () => {
  const held = gate();
  let asked = 0;
  const { as, ran } = vault(async () => {
    if (++asked === 1) {
      await held.passed;
      return false;
    }
    return true;
  });
  const key = { idempotencyKey: "k" };
  const first = failure(as(bert).burn({ id: "x" }, key));
  const second = as(bert).burn({ id: "x" }, key);
  held.open();
  expect(await first).toMatchObject({ reason: "NOT_PERMITTED" });
  expect(await second).toBe("x");
  expect(ran).toEqual(["x"]);
});
