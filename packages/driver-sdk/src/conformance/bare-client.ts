import type { Driver, DriverSession } from "../driver.ts";
import type { DriverLog, TransferCall } from "../driver-call.ts";
import type { DriverClient, TransferOptions } from "../driver-client.ts";
import type { AnyDriverPort, MethodTable } from "../driver-port.ts";

export const silentLog: DriverLog = { debug() {}, info() {}, warn() {}, error() {} };

/** A driver with every ability; the cases ask only for those the driver has. */
export type BareClient<P extends AnyDriverPort> = {
  readonly [K in keyof Omit<DriverClient<P>, "healthy">]-?: NonNullable<DriverClient<P>[K]>;
};

/** A session as a manager would call it, with nothing round it but a bound on time. */
export function bareClient<P extends AnyDriverPort>(
  driver: Driver<P>,
  session: DriverSession,
  timeoutMs: number,
  epoch = 1,
): BareClient<P> {
  const port: AnyDriverPort = driver.port;
  const group = (methods: MethodTable, bound: DriverSession["methods"]) =>
    Object.fromEntries(
      Object.entries(methods).map(([name, { kind, takesInput }]) => {
        const run = (input: unknown, options: TransferOptions = {}) => {
          const call = contextOf(options, epoch);
          const answer = bound[name]!;
          return kind === "stream"
            ? itemsInTime(name, timeoutMs, () => answer(input, call) as AsyncIterable<unknown>)
            : inTime(name, timeoutMs, async () => answer(input, call));
        };
        return [name, takesInput ? run : (options?: TransferOptions) => run(undefined, options)];
      }),
    );
  const abilities = driver.abilities.map((ability) => [
    ability,
    group((port.abilities as Record<string, MethodTable>)[ability]!, session.abilities[ability]!),
  ]);
  return {
    ...group(port.methods, session.methods),
    ...Object.fromEntries(abilities),
    stats: (options?: TransferOptions) =>
      inTime("stats", timeoutMs, () => session.stats!(contextOf(options ?? {}, epoch))),
  } as BareClient<P>;
}

function contextOf({ signal, onProgress }: TransferOptions, epoch: number): TransferCall {
  return {
    signal: signal ?? new AbortController().signal,
    log: silentLog,
    epoch,
    progress: (step) => onProgress?.(step),
  };
}

async function inTime<T>(name: string, timeoutMs: number, run: () => Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${name} did not return within ${timeoutMs} ms`)), timeoutMs);
  try {
    return await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function* itemsInTime<T>(name: string, timeoutMs: number, run: () => AsyncIterable<T>): AsyncGenerator<T> {
  const items = run()[Symbol.asyncIterator]();
  try {
    for (;;) {
      const step = await inTime(name, timeoutMs, () => items.next());
      if (step.done) return;
      yield step.value;
    }
  } finally {
    await inTime(name, timeoutMs, async () => items.return?.());
  }
}
