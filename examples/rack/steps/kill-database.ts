import { check, until } from "@reeve/example-telling";
import type { RackStep } from "../rack-step.ts";

const count = 12;

export const killDatabase: RackStep = {
  name: "kill-database",
  title: "kill -9 PostgreSQL in the middle of twelve creations, and bring it back",
  async run(rack, tell) {
    const before = rack.account.acknowledged.length;
    const told = Array.from({ length: count }, (_, index) => rack.create("cli-02", `written-${index}`));
    await Promise.race(told);
    await rack.database.kill();
    tell.say("PostgreSQL is gone, and no host is stopped for that");
    await rack.database.start();
    const ended = await Promise.all(told);
    const made = ended.filter(({ volume }) => volume);
    tell.say(`it is back: ${made.length} of ${count} were made, the others' callers were told otherwise`);
    for (const { key, failure } of ended.filter(({ volume }) => !volume)) tell.say(`${key}: ${failure}`);
    await until("the hosts to serve again", async () => (await rack.list().catch(() => undefined)) && true);
    await rack.settled();
    for (const { key } of ended) await rack.consistent(key);
    const listed = new Set((await rack.list()).map(({ id }) => id));
    const lost = rack.account.acknowledged.filter(({ id }) => !listed.has(id));
    check(lost.length === 0, `${lost.map(({ name }) => name).join(", ")} were acknowledged and are gone`);
    check(rack.account.acknowledged.length >= before, "acknowledged volumes are fewer");
  },
};
