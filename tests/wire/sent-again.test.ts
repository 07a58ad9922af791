import { call, contract } from "@reeve/contract";
import type { Transport } from "@reeve/runtime/transport";
import { faultTransport, ManualClock } from "@reeve/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";
import { transports, useHouse } from "./broker.ts";
import { PageCallee } from "./page-callee.ts";
import { pass, settle } from "./passing.ts";

const Job = z.object({ key: z.string() });
const work = contract("work", "1.0", {
  run: call({ input: Job, output: z.string(), timeout: "60s" }),
  read: call({ input: Job, output: z.string(), timeout: "60s", idempotent: true }),
});

describe.each(transports)("calls that are sent again, %s", (name) => {
  const house = useHouse(name);

  async function open() {
    const clock = new ManualClock();
    const raw = await house.raw("server");
    const callee = new PageCallee(raw, "work", "i1");
    await raw.flush();
    const link = { faults: undefined as unknown as ReturnType<typeof faultTransport> };
    const client = await house.host("client", {
      clock,
      wrap: (inner: Transport) => {
        link.faults = faultTransport(inner, { print: () => {} });
        return link.faults;
      },
    });
    house.roll.add(callee.member);
    const { faults } = link;
    const came = async (count: number) => {
      await expect.poll(() => callee.calls.length).toBe(count);
      return callee.calls[count - 1]!;
    };
    const settled = () => settle(client.transport, raw);
    const passes = (ms: number) => pass(clock, ms, client.transport, raw);
    return { clock, raw, callee, client, faults, ref: client.ref(work), came, settled, passes };
  }

  test("they are numbered from 1, for the incarnation that their head names", async () => {
    const { ref, callee, came, settled } = await open();
    const first = ref.run({ key: "a" });
    callee.ok(await came(1), "a done");
    expect(await first).toBe("a done");
    const [second, third] = [ref.run({ key: "b" }), ref.run({ key: "c" })];
    const { head, frame } = await came(3);
    expect(callee.calls.map(({ frame }) => frame[1])).toEqual([1, 2, 3]);
    expect(head.slice(1)).toEqual(["i1", 2, []]);
    // The third is settled while the second holds up the floor.
    callee.ok(callee.calls[2]!, "c done");
    expect(await third).toBe("c done");
    const fourth = ref.run({ key: "d" });
    expect((await came(4)).head.slice(1)).toEqual(["i1", 2, [3, 3]]);
    for (const one of [callee.calls[1]!, callee.calls[3]!]) callee.ok(one, "done");
    expect(await Promise.all([second, fourth])).toEqual(["done", "done"]);
    await settled();
    void ref.run({ key: "e" }).catch(() => undefined);
    expect((await came(5)).head.slice(1)).toEqual(["i1", 5, []]);
    expect(frame[1]).toBe(3);
  });

  test("an answer counts only where the secret of its own incarnation is in its subject", async () => {
    const { ref, callee, came, raw, settled, client } = await open();
    const other = new PageCallee(raw, "work", "i2", "other");
    await raw.flush();
    house.roll.add(other.member);
    const mine = ref.at("server").run({ key: "a" });
    const theirs = client.ref(work).at("other").run({ key: "b" });
    const one = await came(1);
    await expect.poll(() => other.calls.length).toBe(1);
    const foreign = other.calls[0]!;
    expect(foreign.frame[1]).toBe(one.frame[1]);
    const secretOf = (reply: string) => reply.split(".").at(-2)!;
    expect(secretOf(foreign.reply)).not.toBe(secretOf(one.reply));
    expect(secretOf(one.reply)).toMatch(/^[\w-]{16,}$/);
    // Whoever knows the caller's inbox and guesses the number says nothing.
    const guessed = one.reply.replace(secretOf(one.reply), "guessed");
    other.send(guessed, [16, one.frame[1], "forged"]);
    other.ok(foreign, "theirs");
    expect(await theirs).toBe("theirs");
    await settled();
    callee.ok(one, "mine");
    expect(await mine).toBe("mine");
  });

  test.each([
    ["its own link is back", "own"],
    ["its callee's process says that its link is back", "callee"],
  ])("what has no answer is sent again under its number when %s", async (_, whose) => {
    const { ref, callee, came, faults, settled } = await open();
    const answer = ref.run({ key: "a" });
    const first = await came(1);
    if (whose === "own") {
      faults.cut();
      await settled();
      faults.heal();
    } else house.roll.relinked(callee.member);
    const second = await came(2);
    expect(second.frame).toEqual(first.frame);
    expect(second.head[2]).toBe(1);
    callee.ok(second, "done");
    callee.ok(first, "done");
    expect(await answer).toBe("done");
  });

  test("what was cancelled while nobody could be told is cancelled again at its callee's heartbeat", async () => {
    const { ref, callee, came, faults, settled } = await open();
    const controller = new AbortController();
    const answer = failure(ref.run({ key: "a" }, { signal: controller.signal }));
    const { frame, reply } = await came(1);
    faults.cut();
    controller.abort();
    expect(await answer).toMatchObject({ reason: "CANCELLED", outcome: "maybe-executed" });
    faults.heal();
    await settled();
    const cancels = () => callee.received.filter(({ frame }) => frame[0] === 2).map(({ frame }) => frame[1]);
    const before = cancels().length;
    callee.send(`${reply.slice(0, reply.lastIndexOf("."))}.heartbeat`, [19, frame[1], 77]);
    await expect.poll(() => cancels().slice(before)).toEqual([frame[1]]);
  });

  test("while its incarnation lives, what nobody heard is sent again until somebody does", async () => {
    const { ref, callee, raw, settled, passes } = await open();
    callee.leave();
    await raw.flush();
    const answer = ref.run({ key: "a" });
    await settled();
    await passes(8_000);
    const back = new PageCallee(raw, "work", "i1");
    await raw.flush();
    await passes(2_000);
    expect(back.calls.map(({ frame }) => frame[1])).toEqual([1]);
    back.ok(back.calls[0]!, "done");
    expect(await answer).toBe("done");
    expect(callee.calls).toEqual([]);
  });

  test("what nobody heard was never sent, when its incarnation ends and when its deadline passes", async () => {
    const { ref, callee, raw, settled, clock } = await open();
    callee.leave();
    await raw.flush();
    const late = failure(ref.run({ key: "a" }, { timeout: "50ms" }));
    await settled();
    await clock.advance(60);
    expect(await late).toMatchObject({ reason: "DEADLINE_EXCEEDED", outcome: "never-sent" });
    const gone = failure(ref.run({ key: "b" }));
    await settled();
    house.roll.remove(callee.member);
    expect(await gone).toMatchObject({ reason: "NO_RESPONDERS", outcome: "never-sent" });
  });

  test("that another incarnation is at its address says nothing while membership knows better", async () => {
    const { ref, callee, came, settled } = await open();
    const answer = ref.run({ key: "a" });
    const one = await came(1);
    callee.fail(one, "PEER_LOST", "not-executed", "i0");
    callee.send(one.reply.replace(/[^.]+$/, "x"), [17, 99, {}]);
    await settled();
    callee.ok(one, "done");
    expect(await answer).toBe("done");
  });

  test("what is idempotent and was refused after it was sent twice may have run", async () => {
    const { ref, callee, came } = await open();
    const answer = failure(ref.at("server").read({ key: "a" }));
    await came(1);
    house.roll.relinked(callee.member);
    callee.fail(await came(2), "QUOTA_EXCEEDED", "not-executed");
    expect(await answer).toMatchObject({ reason: "QUOTA_EXCEEDED", outcome: "maybe-executed" });
  });
});
