import { ManualClock } from "../base/manual-clock.ts";
import { seededRandom } from "../base/random.ts";
import { recordingLogger } from "../telemetry/index.ts";
import { attachDriver } from "./attach-driver.ts";
import type { CallNotes } from "./caller.ts";
import { compileDriverLimits, type DriverLimits } from "./driver-limits.ts";
import { LampScript, lamp, lampPort } from "./lamp.fixture.ts";

/** Attaches the test's lamp with a clock that the test moves, and notes every event. */
export function attachLamp(limits: DriverLimits = {}, script = new LampScript(), work?: CallNotes) {
  const clock = new ManualClock();
  const log = recordingLogger();
  const events: string[] = [];
  const attached = attachDriver({
    port: lampPort,
    driver: lamp({ script }),
    clock,
    random: seededRandom(1),
    log,
    epoch: 7,
    work,
    limits: compileDriverLimits("driver limits", limits),
    events: {
      onReady: () => events.push("ready"),
      onLost: ({ message }) => events.push(`lost: ${message}`),
      onStillLost: ({ message }) => events.push(`failed: ${message}`),
    },
  });
  return { attached, driver: attached.facade, clock, events, log, script };
}

/** The same, already up. */
export async function attachReadyLamp(limits: DriverLimits = {}, script = new LampScript()) {
  const lampAttached = attachLamp(limits, script);
  lampAttached.attached.start();
  await lampAttached.clock.advance(0);
  return lampAttached;
}
