import { check, until } from "@reeve/example-telling";
import { managers, type Place } from "../house.ts";
import { linksOf } from "../kernel.ts";
import type { Step } from "../step.ts";

const places: readonly Place[] = ["rack", "a", "b"];
const count = 9;

export const kill: Step = {
  name: "kill",
  title: "Kill the supervisor with kill -9 while nine ports are attached",
  async run(house, tell) {
    const names = Array.from({ length: count }, (_, at) => `many-${at}`);
    await Promise.all(names.map((name) => house.port("blue", name)));
    const attaching = names.map((name, at) => {
      const place = places[at % places.length] ?? "rack";
      const as =
        place === "rack" ? undefined : ({ kind: "switchport", interface: "Ethernet1/2", tagging: "tagged" } as const);
      return house.attach(name, place, as).catch(() => undefined);
    });
    await until("the first ports", async () => (await house.attached(names)) > 0 || undefined);
    const { host } = house;
    check(host !== undefined, "there is no supervisor");
    await host.end("SIGKILL");
    tell.say(`process ${host.pid} was killed; the kernel and the switches have what they had`);
    const { pid } = await house.start();
    await Promise.all(attaching);
    const settled = await until("every port to be settled", async () => {
      const ports = (await house.ports()).filter(({ name }) => names.includes(name));
      return ports.every(({ status }) => status === "active" || status === "down") ? ports : undefined;
    });
    const by = Object.groupBy(settled, ({ status }) => status);
    tell.say(
      `process ${pid} settled them: ${by.active?.length ?? 0} are attached, ${by.down?.length ?? 0} are not, none is in between`,
    );
    for (const { name, wire } of settled) if (wire) house.wires.set(name, wire);
    const onRack = (await house.ports()).filter(({ host: at, status }) => at === managers.rack && status === "active");
    const links = (await linksOf(7239)).filter((name) => name.startsWith("rvp"));
    check(links.length === onRack.length, `${onRack.length} ports are attached, and there are ${links.join()}`);
    await house.mustReach("blue-1", "blue-2", tell);

    await Promise.all(settled.map(({ name, status }) => status === "down" && house.attach(name, "rack")));
    check((await house.attached(names)) === count, "not all could be attached in the end");
    const ours = settled.find(({ host: at }) => at === managers.rack)?.name ?? names[0] ?? "";
    await house.mustReach("blue-1", ours, tell);
  },
};
