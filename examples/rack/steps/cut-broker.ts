import { until } from "@reeve/example-telling";
import type { RackStep } from "../rack-step.ts";

const count = 12;

export const cutBroker: RackStep = {
  name: "cut-broker",
  title: "cut the broker in the middle of twelve creations",
  async run(rack, tell) {
    const told = Array.from({ length: count }, (_, index) => rack.create("cli-01", `sent-${index}`));
    await Promise.race(told);
    await rack.broker.restart();
    const ended = await Promise.all(told);
    const made = ended.filter(({ volume }) => volume);
    tell.say(`every link broke and came back: ${made.length} of ${count} were made`);
    for (const { key, failure } of ended.filter(({ volume }) => !volume)) tell.say(`${key}: ${failure}`);
    await until("the hosts to be found again", async () => (await rack.list().catch(() => undefined)) && true);
    await rack.settled();
    for (const { key } of ended) await rack.consistent(key);
  },
};
