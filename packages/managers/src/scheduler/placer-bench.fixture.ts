import { ManualClock, recordingLogger, seededRandom } from "@reeve/runtime/internal";
import { onTestFinished } from "vitest";
import type { PlaceRequest } from "./contract.ts";
import { ReservationLedger } from "./ledger.ts";
import { Placer } from "./placer.ts";
import { report, storage } from "./report.fixture.ts";
import { compileSchedulerOptions, type SchedulerOptions } from "./scheduler-options.ts";
import { openSchedulerStore } from "./scheduler-store.fixture.ts";

export const never: AbortSignal = new AbortController().signal;

/** A clock whose wall time somebody sets. */
class SetClock extends ManualClock {
  offset = 0;
  override wallNow() {
    return super.wallNow() + this.offset;
  }
}

/** Schedulers on one real store, and a clock that the test moves. */
export async function bench(given: SchedulerOptions = {}) {
  const opened = await openSchedulerStore();
  onTestFinished(() => opened[Symbol.asyncDispose]());
  const clock = new SetClock();
  const options = compileSchedulerOptions({ gather: 0, downAfter: "1d", random: seededRandom(1), ...given });
  const ledger = new ReservationLedger(opened.store);
  const log = recordingLogger();
  const asked: number[] = [];
  const ask = () => asked.push(clock.now());
  return { clock, ledger, asked, scheduler: () => new Placer(options, { clock, ledger, ask, log }), log };
}

/** A request of the volume manager. */
export function asking(request: string, sizeGiB: number, more: Partial<PlaceRequest> = {}): PlaceRequest {
  return { manager: "volume", request, needs: { sizeGiB }, labels: {}, requires: {}, exclude: [], ...more };
}

/** A scheduler that knows hosts of these sizes. */
export async function knowing(sizes: Record<string, number>, given: SchedulerOptions = {}) {
  const { scheduler, ...rest } = await bench(given);
  const placer = scheduler();
  const tell = (to = placer) => {
    for (const [address, size] of Object.entries(sizes)) to.receive(report({ address, capabilities: storage(size) }));
  };
  tell();
  await rest.clock.advance(0);
  const place = async (request: string, size: number, more: Partial<PlaceRequest> = {}, by = placer) => {
    const placed = await by.place(asking(request, size, more), never);
    if (placed.kind === "no host") return "NO_HOST";
    if (placed.kind === "no news") return "NO_NEWS";
    return placed.kind === "reused" ? `reused ${placed.address}` : placed.address;
  };
  const reserved = (address: string, of = placer) =>
    of.hosts({ filter: undefined, limit: 100, cursor: undefined }).items.find((host) => host.address === address)
      ?.resources.sizeGiB?.reserved;
  const second = async () => {
    const other = scheduler();
    tell(other);
    await rest.clock.advance(0);
    return other;
  };
  return { ...rest, placer, place, reserved, second, tell };
}
