import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { versionPanel } from "./version-panel.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

test("a contract that others serve in a lower version is told with what calls may use, before the others", async () => {
  const volume = { name: "volume", major: 1, minor: 4 };
  const served = [{ name: "scheduler", major: 1, minor: 0 }, volume, volume];
  const lowestMinor = (contract: string) => (contract === "volume" ? 2 : undefined);
  const { rows } = await versionPanel({ host: "a", served: () => served, lowestMinor }).read();
  const runs = { host: "a", reeve: version, node: process.versions.node };
  expect(rows).toEqual([
    { id: "a scheduler 1.0", cells: { ...runs, contract: "scheduler", serves: "1.0", pin: "1.0" } },
    { id: "a volume 1.4", rank: -1, cells: { ...runs, contract: "volume", serves: "1.4", pin: "1.2" } },
  ]);
});

test("a host without managers tells what it runs", async () => {
  const { rows } = await versionPanel({ host: "a", served: () => [], lowestMinor: () => undefined }).read();
  expect(rows).toMatchObject([{ id: "a", cells: { reeve: version, contract: null } }]);
});
