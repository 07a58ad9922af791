import { expect, test } from "vitest";
import { openThreadTransport } from "./open-thread-transport.ts";

/** The same module as a file and as text: it hands back what it was given. */
const asUrl = "data:text/javascript,export const openTransport = (data) => data;";
const asText = '"use strict"; const { sep } = require("node:path"); exports.openTransport = (data) => sep && data;';

test.each([
  ["a URL", asUrl],
  ["text", asText],
])("a thread's transport is made by a module that is %s, of the data that comes with it", async (_, module) => {
  const data = { servers: "a" };
  expect(await openThreadTransport({ module, data })).toBe(data);
});

test.each([
  ["data:text/javascript,export const open = 1;", /expected data:.* to export openTransport\(data\)/],
  ["exports.open = 1;", /expected the text of the module to export openTransport\(data\)/],
])("a module that makes no transport is refused: %s", async (module, message) => {
  await expect(openThreadTransport({ module, data: {} })).rejects.toThrow(message);
});
