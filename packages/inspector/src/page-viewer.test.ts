import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { openPage, stage, viewToken } from "./stage.fixture.ts";

test("a page is greeted, then told of every manager, then of what changes", async () => {
  const { port, move } = await stage();
  const page = await openPage(port, viewToken);
  expect(await page.heard("hello")).toMatchObject({ instance: "a-1", mayAct: false });
  const first = await page.news(({ host }) => host !== undefined);
  expect(first).toMatchObject({ host: { host: "a" }, actors: [{ name: "volume/a" }] });
  move("degraded", "cause.raised");
  const next = await page.news(({ changes }) => changes !== undefined);
  expect(next.changes).toMatchObject([{ id: "volume/a#1", event: "cause.raised", snapshot: { value: "degraded" } }]);
});

test("the bus is observed only while a page is open", async () => {
  const { port, bus } = await stage();
  expect(bus.watched).toBe(false);
  const { socket } = await openPage(port, viewToken);
  expect(bus.watched).toBe(true);
  socket.close();
  await expect.poll(() => bus.watched).toBe(false);
});

test("a page gets the chart it asks for, laid out, and a refusal for one that nobody has", async () => {
  const { port } = await stage();
  const page = await openPage(port, viewToken);
  const { actors } = await page.news((news) => news.actors !== undefined);
  page.say({ type: "chart", number: 3, definition: actors![0]!.definition });
  const { drawing } = await page.heard("chart");
  expect(drawing.nodes.map(({ id }) => id)).toEqual(expect.arrayContaining(["serving", "degraded"]));
  page.say({ type: "chart", number: 4, definition: "unknown" });
  expect(await page.heard("refusal")).toMatchObject({ number: 4, reason: "INVALID_INPUT" });
});

test("what a page looks at closely is told to it in full", async () => {
  const { port } = await stage({}, [{ id: "t", title: "T", read: () => ({ columns: [], rows: [] }) }]);
  const page = await openPage(port, viewToken);
  page.say({ type: "want", focus: ["volume/a#1"], panels: ["t"] });
  const news = await page.news(({ details }) => details !== undefined);
  expect(news).toMatchObject({
    details: [{ id: "volume/a#1", context: { own: { exported: 3 } } }],
    tables: [{ panel: "t" }],
  });
});

test("what the host contract has not is refused here, and so is a host that is gone", async () => {
  const { port } = await stage();
  const page = await openPage(port, viewToken);
  await page.news(({ host }) => host !== undefined);
  page.say({ type: "call", number: 5, instance: "a-1", operation: "constructor", input: {} });
  expect(await page.heard("refusal", ({ number }) => number === 5)).toMatchObject({ reason: "INVALID_INPUT" });
  page.say({ type: "call", number: 6, instance: "gone", operation: "list", input: {} });
  expect(await page.heard("refusal", ({ number }) => number === 6)).toMatchObject({ reason: "NO_RESPONDERS" });
});

test("nonsense from a page harms nobody", async () => {
  const { port, bus } = await stage();
  const page = await openPage(port, viewToken);
  for (const text of [
    "",
    "null",
    "7",
    "[]",
    "{",
    '{"type":"call","number":1}',
    '{"type":"want","focus":7}',
    '{"number":"1"}',
  ]) {
    page.socket.send(text);
  }
  page.socket.send(Buffer.from([1, 2, 3]));
  expect(await page.heard("refusal")).toMatchObject({ number: 1, reason: "INVALID_INPUT" });
  expect(bus.watched).toBe(true);
});

test("a message that is too long ends its sender, and nobody else", async () => {
  const { port } = await stage();
  const rude = await openPage(port, viewToken);
  const page = await openPage(port, viewToken);
  const closed = new Promise((resolve) => rude.socket.once("close", resolve));
  rude.socket.send("x".repeat(100_000));
  await closed;
  expect(page.socket.readyState).toBe(WebSocket.OPEN);
});
