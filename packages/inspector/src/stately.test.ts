import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { createMachine } from "xstate";
import { operatorToken, stage } from "./stage.fixture.ts";
import { eventFrame, missedFrames } from "./stately-frame.ts";

/** What the official receiver has received. */
function receive(port: number) {
  const script = fileURLToPath(new URL("./stately-receiver.fixture.ts", import.meta.url));
  const address = `ws://127.0.0.1:${port}/inspect?token=${operatorToken}`;
  const child = spawn(process.execPath, [script, address], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  const frames: any[] = [];
  let look = (): void => {};
  createInterface({ input: child.stdout }).on("line", (line) => {
    frames.push(JSON.parse(line));
    look();
  });
  const until = (fits: (frame: any) => boolean): Promise<any> =>
    new Promise((resolve) => {
      look = () => {
        const found = frames.find(fits);
        if (found) resolve(found);
      };
      look();
    });
  return { frames, until };
}

test("the official receiver gets every live actor first, then events and snapshots as they come", async () => {
  const { port, move, call } = await stage();
  const { frames, until } = receive(port);
  const actor = await until(({ type }) => type === "@xstate.actor");
  expect(actor).toMatchObject({ name: "volume/a", sessionId: "volume/a#1", rootId: "volume/a#1", id: null });
  expect(typeof actor._version).toBe("string");
  expect(actor.createdAt).toMatch(/^\d+$/);
  expect(actor.snapshot).toMatchObject({
    status: "active",
    value: "serving",
    context: { epoch: 1, own: { exported: 3 } },
  });
  await until(({ type }) => type === "@xstate.snapshot");
  expect(frames.map(({ type }) => type)).toEqual(["@xstate.actor", "@xstate.snapshot"]);
  call("create", "volume/a#1");
  move("degraded", "cause.raised");
  expect(await until(({ type }) => type === "@xstate.event")).toMatchObject({
    sessionId: "volume/a#1",
    sourceId: "volume/a#1",
    event: { type: "call", operation: "create", requestId: "r1" },
  });
  expect(
    await until((frame) => frame.type === "@xstate.snapshot" && frame.event.type === "cause.raised"),
  ).toMatchObject({
    sessionId: "volume/a#1",
    snapshot: { value: "degraded" },
  });
});

test("the definition is a machine's, so that the official tools can draw it", async () => {
  const { port } = await stage();
  const { until } = receive(port);
  const { definition } = await until(({ type }) => type === "@xstate.actor");
  expect(Object.keys(createMachine(JSON.parse(definition)).states)).toEqual(["serving", "degraded"]);
});

test("a caller named without its incarnation is the actor of that name", async () => {
  const { port, call } = await stage();
  const { until } = receive(port);
  await until(({ type }) => type === "@xstate.actor");
  call("create", "volume/a");
  expect(await until(({ type }) => type === "@xstate.event")).toMatchObject({ sourceId: "volume/a#1" });
});

test("payloads stay on this machine: what shows these frames may be somebody else's page", async () => {
  const { port, call } = await stage();
  const { frames, until } = receive(port);
  await until(({ type }) => type === "@xstate.actor");
  call("create", undefined, { name: "confidential" });
  await until(({ type }) => type === "@xstate.event");
  expect(JSON.stringify(frames)).not.toContain("confidential");
});

test("what stands for many says so, and so does what was dropped", () => {
  const message = { seq: 1, at: 5, to: "volume/a#1", type: "call", operation: "get", count: 40 };
  expect(eventFrame(message).event).toEqual({ type: "call", operation: "get", count: 40 });
  expect(missedFrames(12, 5).map(({ type }) => type)).toEqual(["@xstate.actor", "@xstate.event"]);
  expect(JSON.stringify(missedFrames(12, 5))).toContain('"missed":12');
});
