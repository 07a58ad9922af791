import { contract, stream } from "@reeve/contract";
import { defineManager } from "@reeve/runtime";
import { natsCluster } from "@reeve/testing";
import { expect, test } from "vitest";
import { z } from "zod";

const steps = 500;
const films = contract("film", "1.0", {
  play: stream({ input: z.object({}), progress: z.object({ frame: z.number() }), output: z.string() }),
  loop: stream({ input: z.object({}), progress: z.object({ frame: z.number() }), output: z.string() }),
});

function projector() {
  const cut = Promise.withResolvers<void>();
  const manager = defineManager({
    contract: films,
    limits: { drainTimeout: "5s" },
    setup: () => ({
      operations: {
        async *play() {
          for (let frame = 1; frame <= steps; frame++) yield { frame };
          return "the end";
        },
        async *loop(_, { signal }) {
          signal.addEventListener("abort", () => cut.resolve());
          for (let frame = 1; !signal.aborted; frame++) yield { frame };
          return "never";
        },
      },
    }),
  });
  return { manager, cut: cut.promise };
}

test("a stream that is read while its manager drains comes to its end", async () => {
  await using cluster = await natsCluster({ hosts: { "cinema-01": [projector().manager] } });
  const playing = cluster.ref(films).play({});
  let seen = 0;
  let stopping: Promise<void> | undefined;
  for await (const { frame } of playing) {
    seen = frame;
    stopping ??= cluster.host("cinema-01").stop();
  }
  expect(seen).toBe(steps);
  expect(await playing.result).toBe("the end");
  await stopping;
  expect(cluster.log.lines.filter(({ message }) => message?.includes("drain timed out"))).toEqual([]);
});

test("a cancel reaches a stream while its manager drains", async () => {
  const { manager, cut } = projector();
  await using cluster = await natsCluster({ hosts: { "cinema-01": [manager] } });
  const stop = new AbortController();
  const looping = cluster.ref(films).loop({}, { signal: stop.signal });
  looping.result.catch(() => undefined);
  const host = cluster.host("cinema-01");
  let stopping: Promise<void> | undefined;
  await expect(
    (async () => {
      for await (const { frame } of looping) {
        if (frame === 1) stopping = host.stop();
        if (frame === steps) stop.abort();
      }
    })(),
  ).rejects.toMatchObject({ reason: "CANCELLED" });
  await cut;
  await stopping;
  expect(cluster.log.lines.filter(({ message }) => message?.includes("drain timed out"))).toEqual([]);
});
