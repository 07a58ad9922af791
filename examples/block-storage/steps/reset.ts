import { isError } from "@reeve/contract";
import { check, until } from "@reeve/example-telling";
import { volumes } from "@reeve/managers/volume";
import type { Step } from "../step.ts";

const more = { name: "more", sizeGiB: 1 };

export const reset: Step = {
  name: "reset",
  title: "Change the configuration and send SIGHUP",
  async run(house, tell) {
    house.configure({ quotaGiB: 1 });
    process.kill(process.pid, "SIGHUP");
    const refused = await until("the smaller quota to hold", async () => {
      try {
        const { id } = await house.volume.create(more);
        await house.volume.delete({ id });
        return undefined;
      } catch (error) {
        if (isError(error, volumes, "create", "QUOTA_EXCEEDED")) return error.data;
        // The managers are between two configurations.
        return undefined;
      }
    });
    tell.say(`quota 1 GiB: refused, ${Math.round(refused.usedGiB * 1024)} MiB are used already`);

    house.configure({ quotaGiB: 8 });
    process.kill(process.pid, "SIGHUP");
    const volume = await until("the larger quota to hold", () => house.volume.create(more).catch(() => undefined));
    check(volume.status === "available", `${volume.name} is ${volume.status}`);
    house.made.set(volume.name, volume);
    tell.say(`quota 8 GiB: ${volume.name} is ${volume.status} at ${volume.host}; nothing was restarted`);
    const restarted = house.supervisor
      .managers()
      .filter(({ address, epoch }) => epoch > 1 && address !== "demo@archive");
    check(restarted.length === 0, `restarted: ${restarted.map(({ address }) => address).join()}`);
  },
};
