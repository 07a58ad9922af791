import type { Message, TransportAlarm } from "@reeve/runtime";
import { describe, expect, test, vi } from "vitest";
import { transports, useHosts } from "./hosts.ts";
import { bytes, collect, settled, text, until } from "./messages.ts";

describe.each(transports)("the %s transport", (name) => {
  const { host } = useHosts(name);

  test("delivers bytes, headers and reply subject to every subscriber, on any host", async () => {
    const [a, b] = [await host(), await host()];
    const got: Message[] = [];
    for (const subscriber of [a, b, b]) subscriber.subscribe("s.one", (message) => void got.push(message));
    await settled(a, b);
    a.publish("s.one", new Uint8Array([0, 1, 255]), { reply: "r.x", headers: { "Reeve-Key": " käse ", other: "2" } });
    await until(() => expect(got).toHaveLength(3));
    for (const { subject, data, reply, headers, noResponders } of got) {
      expect([subject, [...data], reply, noResponders]).toEqual(["s.one", [0, 1, 255], "r.x", false]);
      expect({ ...headers }).toEqual({ "Reeve-Key": "käse", other: "2" });
    }
  });

  test("a message without reply or headers has none, and may be empty", async () => {
    const a = await host();
    const got: Message[] = [];
    a.subscribe("s", (message) => void got.push(message));
    a.publish("s", new Uint8Array(0));
    await a.flush();
    expect(got.map(({ reply, headers, data, noResponders }) => [reply, headers, data.length, noResponders])).toEqual([
      [undefined, undefined, 0, false],
    ]);
  });

  test("never delivers on the publisher's stack", async () => {
    const a = await host();
    const got = collect(a, "s");
    a.publish("s", bytes("x"));
    expect(got).toEqual([]);
    await a.flush();
    expect(got).toEqual(["x"]);
  });

  test("wildcards match one token or the rest", async () => {
    const a = await host();
    const one = collect(a, "w.*.end");
    const rest = collect(a, "w.>");
    const exact = collect(a, "w.a.end");
    for (const subject of ["w.a.end", "w.b.end", "w.a.b.end", "w", "w.a", "x.a.end"])
      a.publish(subject, bytes(subject));
    await a.flush();
    expect(one).toEqual(["w.a.end", "w.b.end"]);
    expect(rest).toEqual(["w.a.end", "w.b.end", "w.a.b.end", "w.a"]);
    expect(exact).toEqual(["w.a.end"]);
  });

  test("each member of a queue group gets a share, each message goes to exactly one, by group", async () => {
    const [a, b] = [await host(), await host()];
    const first = collect(a, "q.work", "g");
    const second = collect(b, "q.*", "g");
    const other = collect(b, "q.work", "h");
    const alone = collect(b, "q.work");
    await settled(a, b);
    const sent = Array.from({ length: 200 }, (_, i) => String(i));
    for (const i of sent) a.publish("q.work", bytes(i));
    await until(() => expect([first.length + second.length, other.length, alone.length]).toEqual([200, 200, 200]));
    expect([...first, ...second].sort((x, y) => Number(x) - Number(y))).toEqual(sent);
    expect(Math.min(first.length, second.length)).toBeGreaterThan(0);
  });

  test("keeps the order of one publisher", async () => {
    const [a, b] = [await host(), await host()];
    const got = collect(b, "ordered.>");
    await settled(b);
    const sent = Array.from({ length: 2_000 }, (_, i) => String(i));
    for (const i of sent) a.publish(`ordered.${Number(i) % 3}`, bytes(i));
    await until(() => expect(got).toHaveLength(sent.length));
    expect(got).toEqual(sent);
  });

  test("an answer finds its way to the inbox of who asked, and only there", async () => {
    const [asker, worker, other] = [await host("asker"), await host("worker"), await host("asker")];
    expect(asker.inbox).toMatch(/^_INBOX\.asker\.[A-Za-z0-9_-]+$/);
    expect(other.inbox).not.toBe(asker.inbox);
    const answers = collect(asker, `${asker.inbox}.*`);
    const elsewhere = collect(other, `${other.inbox}.*`);
    worker.subscribe("ask", (message) => worker.publish(message.reply as string, bytes(`${text(message)}!`)));
    await settled(asker, worker, other);
    asker.publish("ask", bytes("well"), { reply: `${asker.inbox}.1` });
    await until(() => expect(answers).toEqual(["well!"]));
    expect(elsewhere).toEqual([]);
  });

  test("tells at the reply subject that nobody responds, in milliseconds", async () => {
    const a = await host();
    const notices: [string, boolean, number][] = [];
    a.subscribe(
      `${a.inbox}.*`,
      ({ subject, noResponders, data }) => void notices.push([subject, noResponders, data.length]),
    );
    a.publish("nobody.there", bytes("?"), { reply: `${a.inbox}.7` });
    a.publish("nobody.there", bytes("no reply wanted"));
    await a.flush();
    expect(notices).toEqual([[`${a.inbox}.7`, true, 0]]);
  });

  test("does not say so when somebody only listens", async () => {
    const [a, tap] = [await host(), await host()];
    const notices = collect(a, `${a.inbox}.*`);
    collect(tap, ">");
    await settled(tap);
    a.publish("somebody.listens", bytes("?"), { reply: `${a.inbox}.7` });
    await settled(a, a);
    expect(notices).toEqual([]);
  });

  test("a handler that throws or rejects is told of and harms nobody", async () => {
    const a = await host();
    const alarms: TransportAlarm[] = [];
    a.onAlarm((alarm) => alarms.push(alarm));
    a.onAlarm(() => {
      throw new Error("a listener's own fault");
    });
    a.subscribe("s", () => {
      throw new Error("sync");
    });
    a.subscribe("s", async () => {
      throw new Error("async");
    });
    a.subscribe("s", () => ({
      // biome-ignore lint/suspicious/noThenProperty: a hostile thenable is what is tested
      then: () => {
        throw new Error("thenable");
      },
    }));
    const got = collect(a, "s");
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    for (const i of ["1", "2"]) a.publish("s", bytes(i));
    await until(() => {
      expect(got).toEqual(["1", "2"]);
      expect(alarms.map(({ cause }) => (cause as Error).message).sort()).toEqual([
        "async",
        "async",
        "sync",
        "sync",
        "thenable",
        "thenable",
      ]);
    });
    for (const { kind, subject, message } of alarms) {
      expect([kind, subject, message]).toEqual(["handler.failed", "s", "The handler of s failed; correct it"]);
    }
    // Of a listener's own fault only the process can be told.
    expect(warn).toHaveBeenCalledTimes(6);
    warn.mockRestore();
  });

  test("after unsubscribe nothing is delivered, not even what had arrived", async () => {
    const a = await host();
    const got: string[] = [];
    const subscription = a.subscribe("s", (message) => {
      got.push(text(message));
      subscription.unsubscribe();
      subscription.unsubscribe();
    });
    for (const i of ["1", "2", "3"]) a.publish("s", bytes(i));
    await a.flush();
    expect(got).toEqual(["1"]);
  });

  test("drain hands over what was sent before, takes nothing after, and waits for asynchronous handlers", async () => {
    const [a, b] = [await host(), await host()];
    const started: string[] = [];
    const finish: (() => void)[] = [];
    const subscription = a.subscribe("s", async (message) => {
      started.push(text(message));
      await new Promise<void>((resolve) => finish.push(resolve));
    });
    await settled(a);
    for (const i of ["1", "2"]) b.publish("s", bytes(i));
    await b.flush();
    let drained = false;
    const draining = subscription.drain().then(() => {
      drained = true;
    });
    await until(() => expect(started).toEqual(["1", "2"]));
    await settled(a, b);
    b.publish("s", bytes("3"));
    await settled(b, a);
    expect([drained, started]).toEqual([false, ["1", "2"]]);
    for (const resolve of finish) resolve();
    await draining;
    await subscription.drain();
    expect(started).toEqual(["1", "2"]);
  });
});
