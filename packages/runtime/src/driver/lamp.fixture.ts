import {
  defineDriver,
  driverPort,
  type Fenced,
  method,
  query,
  type SetupContext,
  streaming,
  transfer,
} from "@reeve/driver-sdk";
import { z } from "zod";

export const lampPort = driverPort("lamp", {
  version: "1.0",
  methods: { dim: method<{ percent: number }, number>(), colours: query<string[]>({ timeout: "2s" }) },
  abilities: {
    films: { load: transfer<{ bytes: number }>(), play: streaming<{ frames: number }, number>() },
    songs: { sing: query<string>() },
  },
  stats: z.object({ watts: z.number().nonnegative() }),
});

/** What a test makes the lamp do; each member may be replaced at any time. */
export class LampScript {
  setup: (context: SetupContext) => unknown = () => ({});
  dim: (percent: number, signal: AbortSignal) => number | Promise<number> = (percent) => percent;
  load: (bytes: number, signal: AbortSignal, progress: (doneBytes: number) => void) => void | Promise<void> = () => {};
  play: (frames: number, signal: AbortSignal) => AsyncIterable<number> = count;
  check: (signal: AbortSignal) => void | Promise<void> = () => {};
  fence: (fenced: Fenced, signal: AbortSignal) => void | Promise<void> = () => {};
  fences = true;
  close: () => void | Promise<void> = () => {};
  stats: () => { watts: number } = () => ({ watts: 7 });
  /** What set-up and the last call to `dim` were given. */
  readonly epochs: { setup?: number; dim?: number } = {};
}

async function* count(frames: number): AsyncGenerator<number> {
  for (let frame = 0; frame < frames; frame++) yield frame;
}

/** A driver without hardware, whose every move a test decides. */
export const lamp = defineDriver(lampPort, {
  name: "test-lamp",
  options: z.object({ script: z.instanceof(LampScript) }),
  setup: async ({ script }, context) => {
    await script.setup(context);
    script.epochs.setup = context.epoch;
    return script;
  },
  methods: {
    dim: (script, { percent }, { signal, epoch }) => {
      script.epochs.dim = epoch;
      return script.dim(percent, signal);
    },
    colours: () => ["white"],
  },
  abilities: {
    films: {
      load: (script, { bytes }, { signal, progress }) =>
        script.load(bytes, signal, (doneBytes) => progress({ doneBytes, totalBytes: bytes })),
      play: (script, { frames }, { signal }) => script.play(frames, signal),
    },
  },
  check: (script, { signal }) => script.check(signal),
  stats: (script) => script.stats(),
  fence: (script, fenced, { signal }) => script.fence(fenced, signal),
  fences: ({ script }) => script.fences,
  close: (script) => script.close(),
});
