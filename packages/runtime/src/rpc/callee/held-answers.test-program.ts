import { call, contract } from "@reeve/contract";
import { z } from "zod";
import { Stage } from "../stage.fixture.ts";

/** Makes a call whose answer is put off, and says when it has come. Nothing else keeps it alive. */
const echoes = contract("echo", "1.0", {
  echo: call({ input: z.object({ n: z.number() }), output: z.number(), timeout: "5s" }),
});
const stage = new Stage();
stage.add(echoes, { operations: { echo: async ({ n }: { n: number }) => n } });
stage.turn.next(() => {}, undefined);
const answer = stage.ref(echoes).echo({ n: 7 });
for (let step = 0; step < 200; step++) await Promise.resolve();
process.stdout.write("put off\n");
process.stdout.write(`answered ${await answer}\n`);
