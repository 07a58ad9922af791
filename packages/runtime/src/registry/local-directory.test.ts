import { call, contract } from "@reeve/contract";
import { expect, test } from "vitest";
import { z } from "zod";
import type { LocalTarget } from "../rpc/caller/routed-call.ts";
import { LocalDirectory } from "./local-directory.ts";

test("who asked before a manager came is told that it came, and that it went", () => {
  const directory = new LocalDirectory();
  const told: number[] = [];
  directory.onChange((manager, major) => told.push(directory.of(manager, major).size));
  const mill = contract("mill", "1.0", { grind: call({ input: z.object({}) }) });
  const target: LocalTarget = {
    contract: mill,
    address: "a",
    cluster: undefined,
    key: "mill/a",
    canServe: true,
    deliver() {},
  };
  directory.add(target);
  directory.remove(target);
  expect(told).toEqual([1, 0]);
});
