import type { Random } from "@reeve/runtime/transport";

/** The unit that a disk writes whole. */
export const sectorBytes = 512;

/** What of the changes that no sync had covered is there after a loss of power. */
export interface Survival {
  /** Whether some of the change at this position of the log is. */
  keeps(position: number): boolean;
  /** Whether a sector of a kept write is. */
  keepsSector(): boolean;
  /** A byte of space that a file grew by and whose content is not. */
  fill(): number;
}

const half: (random: Random) => () => boolean = (random) => () => random() < 0.5;
const yes = () => true;

/** The ways in which power is lost, from the mildest to the wildest. `now` is the position in the log. */
const ways: { readonly [name: string]: (random: Random, now: number) => Pick<Survival, "keeps" | "keepsSector"> } = {
  "nothing unsynced": () => ({ keeps: () => false, keepsSector: yes }),
  everything: () => ({ keeps: yes, keepsSector: yes }),
  "in order up to a point": (random, now) => {
    const last = now - Math.floor(random() ** 2 * 200);
    return { keeps: (position) => position <= last, keepsSector: yes };
  },
  "in order, the last one torn": (random, now) => {
    const last = now - Math.floor(random() ** 2 * 200);
    let current = 0;
    return {
      keeps: (position) => {
        current = position;
        return position <= last;
      },
      keepsSector: () => current < last - 3 || random() < 0.5,
    };
  },
  "any writes, whole": (random) => ({ keeps: half(random), keepsSector: yes }),
  "nearly all writes, whole": (random) => ({ keeps: () => random() < 0.95, keepsSector: yes }),
  "few writes, whole": (random) => ({ keeps: () => random() < 0.05, keepsSector: yes }),
  "any sectors": (random) => ({ keeps: yes, keepsSector: half(random) }),
  "any sectors of any writes": (random) => ({ keeps: half(random), keepsSector: half(random) }),
};

export const wayNames: readonly string[] = Object.keys(ways);

/** @param way one of `wayNames` */
export function survival(way: string, random: Random, now: number): Survival {
  const zeros = random() < 0.5;
  return { ...ways[way]!(random, now), fill: () => (zeros ? 0 : Math.floor(random() * 256)) };
}
