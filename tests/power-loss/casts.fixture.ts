import { openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "@reeve/testing";
import { kinds, shop } from "./cast-managers.ts";
import type { CastMark } from "./cast-marks.ts";
import { openYard } from "./cast-yard.ts";
import type { LifeSettings } from "./recording.ts";

// One life of a shop and its books in one process: orders, each acknowledged by a mark, while their casts are carried out. Every
// message is marked before it leaves. It ends by a stop, or as after kill -9.
const settings = JSON.parse(process.argv[2] ?? "{}") as LifeSettings;
const { directory, life, sacks: orders, outstanding, ends } = settings;
const random = seededRandom(life);
const marks = openSync(join(directory, "marks"), "w");
const mark = (made: CastMark) => void writeSync(marks, JSON.stringify(made));

// The others are under way, or wait, when it ends.
const enough = Math.ceil(0.75 * kinds.length * orders);
let effects = 0;
const carriedOut = Promise.withResolvers<void>();
const { shop: supervisor, stop } = await openYard(directory, {
  ...settings,
  onSend: (sent) => mark({ sent }),
  onEffect: () => {
    if (++effects === enough) carriedOut.resolve();
  },
});
const ref = supervisor.ref(shop);
let begun = 0;
await Promise.all(Array.from({ length: outstanding }, orderAlone));
await carriedOut.promise;
if (ends === "stop") await stop();
process.kill(process.pid, "SIGKILL");

async function orderAlone(): Promise<void> {
  while (begun < orders) {
    const id = `${life}-${begun++}`;
    await ref.order({ id, lane: Math.floor(random() * 4) });
    mark({ acknowledged: id });
  }
}
