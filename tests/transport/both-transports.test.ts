import type { TransportAlarm } from "@reeve/runtime/transport";
import { describe, expect, test, vi } from "vitest";
import { transports, useHosts } from "./hosts.ts";
import { bytes, collect, until } from "./messages.ts";

// What conformance.test.ts does not hold every transport to.
describe.each(transports)("the %s transport", (name) => {
  const { host } = useHosts(name);

  test("counts headers as NATS writes them", async () => {
    const a = await host();
    const got = collect(a, "s");
    const limitBytes = a.maxPayloadBytes;
    expect(limitBytes).toBe(1_048_576);
    expect(() => a.publish("s", new Uint8Array(limitBytes), { headers: { a: "b" } })).toThrow(
      expect.objectContaining({ data: { bytes: limitBytes + 18, limitBytes } }),
    );
    a.publish("s", new Uint8Array(limitBytes - 18), { headers: { a: "b" } });
    await a.flush();
    expect(got).toHaveLength(1);
  });

  test("tells a fault of an alarm's listener to the process, and goes on", async () => {
    const a = await host();
    const alarms: TransportAlarm[] = [];
    a.onAlarm((alarm) => alarms.push(alarm));
    a.onAlarm(() => {
      throw new Error("a listener's own fault");
    });
    a.subscribe("s", () => {
      throw new Error("a handler's fault");
    });
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    for (const i of ["1", "2"]) a.publish("s", bytes(i));
    await until(() => expect(alarms).toHaveLength(2));
    expect(warn).toHaveBeenCalledTimes(2);
    for (const { message } of alarms) expect(message).toBe("The handler of s failed; correct it");
    warn.mockRestore();
  });
});
