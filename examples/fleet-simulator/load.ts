import { isError, type Ref } from "@reeve/contract";
import { scheduler } from "@reeve/managers/scheduler";

export interface Placements {
  readonly placed: number;
  readonly noHost: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const outstanding = 64;

/** Places with so many outstanding all the time. Each reservation ends by itself after ten seconds. */
export async function placeFor(ms: number, schedulers: Ref<typeof scheduler>, name: string): Promise<Placements> {
  const begun = performance.now();
  const times: number[] = [];
  let noHost = 0;
  let index = 0;
  const caller = async () => {
    while (performance.now() - begun < ms) {
      const asked = performance.now();
      try {
        await schedulers.place(request(name, index++), { timeout: "30s" });
        times.push(performance.now() - asked);
      } catch (error) {
        if (!isError(error, scheduler, "place", "NO_HOST")) throw error;
        noHost += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: outstanding }, caller));
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.floor(times.length * part)] ?? Number.NaN;
  const seconds = (performance.now() - begun) / 1_000;
  return { placed: times.length, noHost, seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** How many hosts the scheduler of this host considers. */
export async function considered(schedulers: Ref<typeof scheduler>, host: string, request: string): Promise<number> {
  const one = schedulers.at(host);
  await one.place({ manager: "volume", request, needs: {}, holdMs: 1_000 }, { timeout: "60s" });
  return (await one.explain({ request })).considered;
}

function request(name: string, index: number) {
  const plain = {
    manager: "volume",
    request: `${name}-${index}`,
    needs: { sizeGiB: 1 + (index % 50) },
    holdMs: 10_000,
  };
  if (index % 2 === 0) return plain;
  return { ...plain, labels: { media: "ssd" }, availabilityZone: `az-${index % 3}` };
}
