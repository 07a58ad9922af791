import { check, until } from "@reeve/example-telling";
import type { RackStep } from "../rack-step.ts";

const away = "block-03";
const notes = Array.from({ length: 20 }, (_, index) => `note ${index}`);

export const keepCasts: RackStep = {
  name: "keep-casts",
  title: "twenty durable casts to a host that is down",
  async run(rack, tell) {
    await rack.kill(away);
    const send = { contract: "board", operation: "send", at: "block-01", input: { to: away, notes } } as const;
    await rack.caller("cli-01").call(send);
    const kept = await rack.keptCasts();
    check(kept === notes.length, `${kept} casts are kept`);
    tell.say(`block-01 keeps ${kept} casts for ${away}, which is down`);
    // Who sends them goes too, and comes back before the other does.
    await rack.kill("block-01");
    await rack.start("block-01");
    await rack.start(away);
    const read = { contract: "board", operation: "read", at: away, input: {} } as const;
    const pinned = await until("all of them to arrive", async () => {
      const found = await rack.caller("cli-02").call<string[]>(read);
      return found.length >= notes.length ? found : undefined;
    });
    check(pinned.join() === notes.join(), `the board has ${pinned.join(", ")}`);
    tell.say(`block-01 was killed too; both are back, and each note is pinned once, in order`);
  },
};
