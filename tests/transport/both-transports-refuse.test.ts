import type { Transport, TransportAlarm } from "@reeve/runtime";
import { describe, expect, test } from "vitest";
import { transports, useHosts } from "./hosts.ts";
import { bytes, collect, settled, until } from "./messages.ts";

describe.each(transports)("the %s transport", (name) => {
  const { host, unconnected } = useHosts(name);

  test("an oversized message is refused with both sizes, headers counted", async () => {
    const a = await host();
    const got = collect(a, "s");
    const limitBytes = a.maxPayloadBytes;
    expect(limitBytes).toBe(1_048_576);
    a.publish("s", new Uint8Array(limitBytes));
    expect(() => a.publish("s", new Uint8Array(limitBytes + 1))).toThrow(
      expect.objectContaining({
        reason: "PAYLOAD_TOO_LARGE",
        outcome: "never-sent",
        data: { bytes: limitBytes + 1, limitBytes },
      }),
    );
    expect(() => a.publish("s", new Uint8Array(limitBytes), { headers: { a: "b" } })).toThrow(
      expect.objectContaining({ data: { bytes: limitBytes + 18, limitBytes } }),
    );
    a.publish("s", new Uint8Array(limitBytes - 18), { headers: { a: "b" } });
    await a.flush();
    expect(got).toHaveLength(2);
  });

  test.each([
    ["subject", (t: Transport) => t.publish("a b", bytes(""))],
    ["subject", (t: Transport) => t.publish("a.*", bytes(""))],
    ["subject", (t: Transport) => t.publish("", bytes(""))],
    ["reply", (t: Transport) => t.publish("a", bytes(""), { reply: "x\r\nPUB y 0" })],
    ["headers", (t: Transport) => t.publish("a", bytes(""), { headers: { "a:b": "c" } })],
    ["headers.a", (t: Transport) => t.publish("a", bytes(""), { headers: { a: "b\nc: d" } })],
    ["subject", (t: Transport) => t.subscribe("a.>.b", () => {})],
    ["queue", (t: Transport) => t.subscribe("a", () => {}, { queue: "q 1" })],
  ])("malformed input is refused naming %s", async (field, act) => {
    const a = await host();
    expect(() => act(a)).toThrow(
      expect.objectContaining({ reason: "INVALID_OPTION", message: expect.stringMatching(new RegExp(`^${field}: `)) }),
    );
    await a.flush();
  });

  test("before connect a publish is refused as never sent, a subscription holds until then", async () => {
    const a = unconnected();
    const got = collect(a, "early");
    expect(a.connected).toBe(false);
    expect(() => a.publish("early", bytes("x"))).toThrow(
      expect.objectContaining({ reason: "LINK_LOST", outcome: "never-sent", retryable: true }),
    );
    await expect(a.flush()).rejects.toMatchObject({ reason: "LINK_LOST", outcome: "never-sent" });
    const told: boolean[] = [];
    const stop = a.onLink((connected) => told.push(connected));
    await a.connect();
    await a.connect();
    expect([a.connected, told]).toEqual([true, [true]]);
    a.publish("early", bytes("y"));
    await a.flush();
    expect(got).toEqual(["y"]);
    stop();
    await a.close();
    expect(told).toEqual([true]);
  });

  test("an aborted wait for the link is told as cancelled", async () => {
    const a = unconnected();
    await expect(a.connect(AbortSignal.abort())).rejects.toMatchObject({ reason: "CANCELLED", outcome: "never-sent" });
    await a.connect();
  });

  test("close sends what was published, is idempotent, and then everything is refused", async () => {
    const [a, b] = [await host(), await host()];
    const got = collect(b, "s");
    const own = collect(a, "s");
    await settled(a, b);
    const told: boolean[] = [];
    a.onLink((connected) => told.push(connected));
    for (let i = 0; i < 100; i++) a.publish("s", bytes(String(i)));
    await Promise.all([a.close(), a.close()]);
    await a.close();
    await until(() => expect(got).toHaveLength(100));
    expect([a.connected, told]).toEqual([false, [false]]);
    const closed = { reason: "TRANSPORT_CLOSED", outcome: "never-sent" };
    expect(() => a.publish("s", bytes(""))).toThrow(expect.objectContaining(closed));
    expect(() => a.subscribe("s", () => {})).toThrow(expect.objectContaining(closed));
    await expect(a.flush()).rejects.toMatchObject(closed);
    await expect(a.connect()).rejects.toMatchObject(closed);
    const before = own.length;
    b.publish("s", bytes("late"));
    await b.flush();
    expect(own).toHaveLength(before);
  });

  test("a transport that never connected closes too, and ends who waits", async () => {
    const a = unconnected();
    await a.close();
    await expect(a.connect()).rejects.toMatchObject({ reason: "TRANSPORT_CLOSED" });
  });

  test("a listener for the link that throws keeps nobody from being told", async () => {
    const a = unconnected();
    const alarms: TransportAlarm[] = [];
    const told: boolean[] = [];
    a.onAlarm((alarm) => alarms.push(alarm));
    a.onLink(() => {
      throw new Error("listener");
    });
    a.onLink((connected) => told.push(connected));
    await a.connect();
    expect(told).toEqual([true]);
    expect(alarms.map(({ kind, cause }) => [kind, (cause as Error).message])).toEqual([["handler.failed", "listener"]]);
  });
});
