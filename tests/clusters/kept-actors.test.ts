import { expect, test } from "vitest";
import { serverManager, servers } from "../actors/servers.ts";
import { millHouse } from "./mill.ts";

const silenceMs = 13_000;

test("the kept actors of a member that is cut off go on at another: their children begin again, their delays fire once", async () => {
  const { host, until, pass } = millHouse();
  const begun: string[] = [];
  const seen: string[] = [];
  const world = (name: string) => ({
    seen,
    patienceMs: 60_000,
    image: (id: string) => {
      begun.push(`${id} at ${name}`);
      return new Promise<never>(() => {});
    },
  });
  const start = (name: string) => host(name, { definition: serverManager(world(name)) });
  const [a, b] = [await start("a"), await start("b")];
  const at = (name: string) => a.supervisor.ref(servers).at(name);
  await at("b").rack({ id: "s1" });
  await at("b").rack({ id: "s2" });
  await at("b").send({ id: "s1", type: "racked" });
  expect(begun).toEqual(["s1 at b"]);
  await pass(15_000);
  await expect(at("a").send({ id: "s1", type: "approved" })).rejects.toMatchObject({
    reason: "MOVED",
    data: { owner: "b" },
  });
  b.link.cut();
  await until(() => begun.length > 1, silenceMs);
  expect(begun).toEqual(["s1 at b", "s1 at a"]);
  expect(await at("a").send({ id: "s1", type: "approved" })).toEqual({ state: "imaging", taken: false });
  expect(await at("a").find({ id: "s2" })).toMatchObject({ value: "racking" });
  await until(() => seen.includes("s2 is lost"), 60_000);
  await pass(30_000);
  expect(seen.filter((what) => what === "s2 is lost")).toHaveLength(1);
});
