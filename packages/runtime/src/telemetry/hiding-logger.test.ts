import { expect, test } from "vitest";
import { hidingLogger } from "./hiding-logger.ts";
import { recordingLogger } from "./recording-logger.ts";

test("fields of a secret name are hidden at any depth, in lines and in bindings, and the rest is shown", () => {
  const log = recordingLogger();
  const hiding = hidingLogger(log, new Set(["password"]));
  const err = new Error("kept");
  const at = new Date(0);
  hiding.child({ password: "s", host: "block-01" }).info({ input: [{ password: "s", name: "db" }], err, at }, "create");
  hiding.error("plain");
  expect(log.lines).toEqual([
    {
      level: "info",
      message: "create",
      fields: { password: "[redacted]", host: "block-01", input: [{ password: "[redacted]", name: "db" }], err, at },
    },
    { level: "error", message: "plain", fields: {} },
  ]);
});

test("a field that is circular, or that cannot be read, costs no more than itself", () => {
  const log = recordingLogger();
  const loop: Record<string, unknown> = { password: "s" };
  loop.all = Array.from({ length: 100 }, () => loop);
  hidingLogger(log, new Set(["password"])).warn({ loop });
  const shown = log.lines[0]!.fields.loop as { password: string; all: unknown[] };
  expect(shown.password).toBe("[redacted]");
  expect(shown.all[99]).toBe(shown);
  hidingLogger(log, new Set(["password"])).warn({
    get trap() {
      throw new Error("trap");
    },
  });
  expect(log.lines[1]!.fields).toEqual({ unreadable: true });
});

test("without secret names the logger itself is used", () => {
  const log = recordingLogger();
  expect(hidingLogger(log, new Set())).toBe(log);
});
