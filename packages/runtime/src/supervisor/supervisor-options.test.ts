import { expect, test } from "vitest";
import { silentLogger } from "../telemetry/index.ts";
import { inProcess } from "../transport/in-process/index.ts";
import { connect } from "./connect.ts";
import { createSupervisor } from "./supervisor.ts";

const refusal = (message: string) =>
  expect.objectContaining({ reason: "INVALID_OPTION", message: expect.stringContaining(message) });

test.each([
  [
    { transport: "nats://127.0.0.1" },
    'transport: expected the result of nats() or inProcess().client(), got "nats://127.0.0.1"',
  ],
  [{ transport: inProcess() }, "transport: expected the result of nats() or inProcess().client(), got {}"],
  [{ store: "house.sqlite" }, 'store: expected the result of sqlite(), got "house.sqlite"'],
  [{ store: null }, "store: expected the result of sqlite(), got null"],
  [{ inspector: true }, "inspector: expected the result of inspector(), got true"],
  [{ clock: { now: () => 0 } }, "clock: expected a Clock, got {}"],
  [{ random: 4 }, "random: expected a function, got 4"],
  [{ trustedForwarders: "gateway" }, 'trustedForwarders: expected an array of names, got "gateway"'],
  [
    { trustedForwarders: ["a.b"] },
    'trustedForwarders: expected 1 to 63 letters, digits, "-" or "_", a letter or digit first, got "a.b"',
  ],
  [{ trustedForwarders: ["*-01"] }, 'trustedForwarders: "*-01": expected "*" at the end only, as in "block-*"'],
  [{ trustedForwarders: ["block-*-*"] }, 'trustedForwarders: "block-*-*": expected "*" at the end only'],
  [
    { trustedForwarders: ["block.*"] },
    'trustedForwarders: expected 1 to 63 letters, digits, "-" or "_", a letter or digit first, got "block."',
  ],
  [{ trustedForwarders: ["anonymous"] }, 'trustedForwarders: "anonymous" is every process that gives no name'],
  [{ log: "debug" }, 'log: expected an options object, got "debug"'],
  [{ log: { levle: "debug" } }, 'log: unknown option "levle"; did you mean "level"?'],
  [{ restart: { maxRestarts: -1 } }, "restart.maxRestarts: expected a whole number from 0"],
])("createSupervisor refuses %j, naming the option and the value", (options, message) => {
  const given = { host: "a", log: silentLogger, ...options } as never;
  expect(() => createSupervisor(given)).toThrow(refusal(`createSupervisor: ${message}`));
});

test.each([
  [{}, "transport: expected the result of nats() or inProcess().client(), got undefined"],
  [{ transport: inProcess() }, "transport: expected the result of nats() or inProcess().client(), got {}"],
  [
    { transport: inProcess().client({ caller: "a" }), log: { level: "warn" } },
    'log: expected a Logger, got {"level":"warn"}',
  ],
])("connect refuses what is not a port, naming the option and the value", async (options, message) => {
  await expect(connect(options as never)).rejects.toThrow(refusal(`connect: ${message}`));
});
