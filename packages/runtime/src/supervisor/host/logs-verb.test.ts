import { expect, test } from "vitest";
import { createLogging, keepingLines, RecentLines } from "../../telemetry/index.ts";
import { logsOf } from "./logs-verb.ts";
import { LogQuery } from "./schemas.ts";

/** What a host logs, and how it is asked for it. */
function desk() {
  const recent = new RecentLines();
  const logging = createLogging({ level: "debug", destination: { write: () => {} }, bindings: { host: "block-01" } });
  const log = keepingLines(logging.log, recent)!;
  const asked = (query: object = {}) => logsOf(recent, LogQuery.parse(query));
  const told = (query?: object) => asked(query).lines.map(({ message }) => message);
  return { log, asked, told, of: (manager: string, address: string) => log.child({ manager, address }) };
}

test("lines are told the oldest first, with their managers, errors and other fields", () => {
  const { log, of, asked } = desk();
  log.info("started");
  of("volume", "block-01@ssd")
    .child({ requestId: "r1" })
    .error({ err: new Error("no room"), size: 7 }, "not created");
  log.warn({ audit: true, manager: "volume/block-01@ssd" }, "ada: drain");
  const at = expect.any(Number);
  expect(asked()).toEqual({
    ...{ kept: true, upTo: 3, missed: 0 },
    lines: [
      { number: 1, at, level: "info", manager: null, message: "started", error: null, fields: {}, cut: false },
      {
        ...{ number: 2, at, level: "error", manager: "volume/block-01@ssd", message: "not created", cut: false },
        error: expect.objectContaining({ message: "no room", stack: expect.stringContaining("no room") }),
        fields: { requestId: "r1", size: 7 },
      },
      expect.objectContaining({ number: 3, manager: "volume/block-01@ssd", fields: { audit: true } }),
    ],
  });
});

test("lower levels and other managers are left out, and count as looked at", () => {
  const { log, of, asked, told } = desk();
  for (const level of ["debug", "info", "warn", "error"] as const) log[level](level);
  of("volume", "block-01").warn("of the volume");
  log.debug("last");
  expect(told({ least: "warn" })).toEqual(["warn", "error", "of the volume"]);
  expect(told({ manager: "volume/block-01" })).toEqual(["of the volume"]);
  expect(asked({ least: "error", after: 0 })).toMatchObject({ lines: [{ message: "error" }], upTo: 6, missed: 0 });
  expect(asked({ least: "error", after: 4 })).toMatchObject({ lines: [], upTo: 6 });
});

test("without a number the newest are told, with one the next after it", () => {
  const { log, asked, told } = desk();
  for (let index = 1; index <= 10; index++) log.info(`${index}`);
  expect(told({ limit: 2 })).toEqual(["9", "10"]);
  expect(asked({ limit: 2 }).upTo).toBe(10);
  expect(told({ after: 3, limit: 2 })).toEqual(["4", "5"]);
  expect(asked({ after: 3, limit: 2 }).upTo).toBe(5);
  expect(asked({ after: 8, limit: 2 })).toMatchObject({ lines: [{ number: 9 }, { number: 10 }], upTo: 10 });
  expect(asked({ after: 10 })).toMatchObject({ lines: [], upTo: 10, missed: 0 });
});

test("what is not kept any more is counted, for who has come further than nothing", () => {
  const { log, asked } = desk();
  for (let index = 1; index <= 1_200; index++) log.info(`${index}`);
  expect(asked({ after: 50, limit: 1 })).toMatchObject({ lines: [{ number: 201 }], missed: 150 });
  expect(asked({ after: 200, limit: 1 })).toMatchObject({ lines: [{ number: 201 }], missed: 0 });
  expect(asked({ limit: 1 })).toMatchObject({ lines: [{ number: 1_200 }], missed: 0 });
});

test("a number of the host's life before is before all lines of this one", () => {
  const { log, told } = desk();
  log.info("first");
  expect(told({ after: 5_000 })).toEqual(["first"]);
});

test("an answer fits into a message, and the rest follows", () => {
  const { log, asked } = desk();
  for (let index = 1; index <= 100; index++) log.info("x".repeat(8_000));
  const { lines, upTo } = asked({ after: 0, limit: 1_000 });
  expect(JSON.stringify(lines).length).toBeLessThan(500_000);
  expect(upTo).toBe(lines.length);
  expect(asked({ after: upTo, limit: 1_000 }).lines[0]!.number).toBe(upTo + 1);
  const newest = asked({ limit: 1_000 });
  expect([newest.lines.length < 100, newest.lines.at(-1)!.number]).toEqual([true, 100]);
  for (let index = 1; index <= 100; index++) log.info("卷".repeat(8_000));
  expect(Buffer.byteLength(JSON.stringify(asked({ limit: 1_000 }).lines))).toBeLessThan(500_000);
});

test("what is too long is said to be cut", () => {
  const { log, asked } = desk();
  log.error("x".repeat(20_000));
  expect(asked().lines).toMatchObject([{ level: "error", cut: true }]);
});

test("a host that does not know its lines says so", () => {
  expect(logsOf(undefined, LogQuery.parse({}))).toEqual({ kept: false, lines: [], upTo: 0, missed: 0 });
});

test.each([
  ["least", "silent"],
  ["manager", "volume"],
  ["after", -1],
  ["after", 1.5],
  ["limit", 0],
  ["limit", 1_001],
])("%s: %j is refused by its name", (field, value) => {
  const { error } = LogQuery.safeParse({ [field]: value });
  expect(error!.issues.map(({ path }) => path)).toEqual([[field]]);
});
