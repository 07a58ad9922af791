import type { StoreBackend } from "@reeve/runtime";
import { turns } from "./turn.ts";

/** A real store that says when nothing is being read or written in it. */
export interface SettlingStore extends StoreBackend {
  /**
   * Resolves when nothing is being read or written, and nothing follows: for `fakeClock({ settled })`. Time that moves on while a
   * disk writes would end transactions by bounds that count seconds of that clock, within milliseconds of the disk's.
   */
  settled(): Promise<void>;
}

/** Something that follows a transaction may begin a few turns later, where long chains of promises yield. */
const quietTurns = 3;

export function settlingStore(inner: StoreBackend): SettlingStore {
  let running = 0;
  const counted = async <T>(work: Promise<T>): Promise<T> => {
    running++;
    try {
      return await work;
    } finally {
      running--;
    }
  };
  return {
    async open(options) {
      const connections = await inner.open(options);
      const own: Partial<typeof connections> = {
        read: (layout, query) => counted(connections.read(layout, query)),
        write: (body, given) => counted(connections.write(body, given)),
      };
      return new Proxy(connections, {
        get(target, name) {
          if (name in own) return own[name as keyof typeof own];
          const value: unknown = Reflect.get(target, name);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    },
    async settled() {
      for (let quiet = 0; quiet < quietTurns; quiet = running > 0 ? 0 : quiet + 1) await turns();
    },
  };
}
