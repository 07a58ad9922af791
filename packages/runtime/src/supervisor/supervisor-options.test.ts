import { expect, test } from "vitest";
import { silentLogger } from "../telemetry/index.ts";
import { inProcess } from "../transport/in-process/index.ts";
import { connect } from "./connect.ts";
import { createSupervisor } from "./supervisor.ts";

const refusal = (message: string) =>
  expect.objectContaining({ reason: "INVALID_OPTION", message: expect.stringContaining(message) });

test.each([
  [{ transport: "nats://127.0.0.1" }, 'transport: "nats://127.0.0.1" will not do; give what nats() makes'],
  [{ transport: inProcess() }, "transport: {} will not do; give what nats() makes, or inProcess().client()"],
  [{ store: "house.sqlite" }, 'store: "house.sqlite" will not do; give what sqlite() makes'],
  [{ store: null }, "store: null will not do"],
  [{ inspector: true }, "inspector: true will not do; give what inspector() makes"],
  [{ clock: { now: () => 0 } }, "clock: {} will not do; give a Clock"],
  [{ random: 4 }, "random: 4 is no function"],
  [{ trustedForwarders: "gateway" }, 'trustedForwarders: "gateway" is no array of names'],
  [{ trustedForwarders: ["a.b"] }, 'trustedForwarders: "a.b" is no name'],
  [{ trustedForwarders: ["*-01"] }, 'trustedForwarders: "*-01": expected "*" at the end only, as in "block-*"'],
  [{ trustedForwarders: ["block-*-*"] }, 'trustedForwarders: "block-*-*": expected "*" at the end only'],
  [{ trustedForwarders: ["block.*"] }, 'trustedForwarders: "block." is no name'],
  [{ trustedForwarders: ["anonymous"] }, 'trustedForwarders: "anonymous" is every process that gives no name'],
  [{ log: "debug" }, 'log: "debug" is no options object'],
  [{ log: { levle: "debug" } }, 'log: unknown option "levle"; did you mean "level"?'],
  [{ restart: { maxRestarts: -1 } }, "restart.maxRestarts: -1 is no whole number"],
])("createSupervisor refuses %j, naming the option and the value", (options, message) => {
  const given = { host: "a", log: silentLogger, ...options } as never;
  expect(() => createSupervisor(given)).toThrow(refusal(`createSupervisor: ${message}`));
});

test.each([
  [{}, "transport: undefined will not do"],
  [{ transport: inProcess() }, "transport: {} will not do"],
  [{ transport: inProcess().client({ caller: "a" }), log: { level: "warn" } }, 'log: {"level":"warn"} will not do'],
])("connect refuses what is no port, naming the option and the value", async (options, message) => {
  await expect(connect(options as never)).rejects.toThrow(refusal(`connect: ${message}`));
});
