import { setTimeout as lasts } from "node:timers/promises";
import { seededRandom, tcpProxy } from "@reeve/testing";
import { expect, test, vi } from "vitest";
import { Testimony } from "./checker.ts";
import { hold, long } from "./figure.ts";
import { Scene } from "./scene.ts";

vi.setConfig({ testTimeout: long ? 240_000 : 120_000 });

const seed = Number(process.env.REEVE_STORM_SEED ?? Math.floor(Math.random() * 2 ** 32));
const breaks = long ? 200 : 40;

test("a storm that breaks both links in every way: every call runs once, and its caller is told so", async () => {
  process.stderr.write(`storm seed ${seed}; REEVE_STORM_SEED=${seed} repeats what is broken\n`);
  const fault = "both links broken, over and over";
  await using scene = await Scene.open();
  await using near = await tcpProxy(scene.broker.port);
  await using far = await tcpProxy(scene.broker.port);
  await scene.serve({ link: { servers: `nats://127.0.0.1:${far.port}` } });
  const { work } = await scene.caller({ link: { servers: `nats://127.0.0.1:${near.port}` } });
  await work.standing({});
  const told = new Testimony();
  let blowing = true;
  const lanes = Array.from({ length: 32 }, async (_, lane) => {
    for (let i = 0; blowing; i++) {
      const key = `${lane}-${i}`;
      await told.of(key, work.run({ key, holdMs: i % 8 ? 0 : 20 }, { timeout: "60s" }));
    }
  });
  const random = seededRandom(seed);
  const below = (bound: number) => Math.floor(random() * bound);
  for (let time = 0; time < breaks; time++) {
    const proxy = below(2) ? near : far;
    const how = below(3);
    if (how === 0) await proxy.cut();
    else {
      // Whatever goes one way is lost for a moment, and then the connection is.
      proxy.drop(how === 1 ? "to-server" : "to-client");
      await lasts(below(30));
      proxy.reset();
    }
    await lasts(below(200));
    await proxy.heal();
    // Both are back now and then; a break may follow the last one closely too.
    await lasts(below(300));
  }
  blowing = false;
  await Promise.all(lanes);
  const { unexplained, duplicates } = told.compare(scene.ledger.runs());
  const share = (told.count("maybe-executed") / told.endings.size) * 100;
  process.stderr.write(`storm: ${told.endings.size} calls, ${told.count("maybe-executed")} maybe-executed\n`);
  expect(told.count("value")).toBeGreaterThan(breaks);
  hold({ fault, invariant: "keys that ran twice", bound: { is: 0 }, figure: duplicates.length });
  hold({ fault, invariant: "unexplained outcomes", bound: { is: 0 }, figure: unexplained.length });
  hold({ fault, invariant: "told as maybe executed", bound: { is: 0 }, figure: share, unit: "%" });
});
