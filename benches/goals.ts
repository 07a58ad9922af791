/** What a figure must reach, and whether it is the ratio to the peer that counts. */
export interface Goal {
  readonly of: "ratio" | "ours";
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** How fast Reeve is meant to be, on two cores. */
export const goals: Readonly<Record<string, Goal>> = {
  "durable.dbos.64": { of: "ratio", atLeast: 8 },
  "durable.dbos.pg.64": { of: "ratio", atLeast: 3 },
  "durable.loop": { of: "ours", atMost: 10 },
  "inspector.viewer": { of: "ratio", atLeast: 0.9 },
  "inspector.viewer.nats": { of: "ratio", atLeast: 0.9 },
  "local.moleculer": { of: "ratio", atLeast: 4 },
  "local.moleculer.bare": { of: "ratio", atLeast: 1 },
  "rpc.1.nats": { of: "ratio", atMost: 1.05 },
  "rpc.64.nats": { of: "ratio", atLeast: 4 },
  "rpc.256.nats": { of: "ratio", atLeast: 6 },
  "rpc.256.ceiling": { of: "ratio", atLeast: 0.25 },
  "rpc.256.unbatched": { of: "ratio", atLeast: 1.6 },
  "rpc.256.spread": { of: "ratio", atLeast: 3 },
  "rpc.open.p99": { of: "ratio", atMost: 1 },
  "rpc.256.moleculer": { of: "ratio", atLeast: 4 },
  "rpc.256.nest": { of: "ratio", atLeast: 7 },
  "place.5000.rate": { of: "ours", atLeast: 1_000 },
  "place.15000.rate": { of: "ours", atLeast: 1_000 },
  "place.pg.5000.pair": { of: "ratio", atLeast: 1 },
  "place.pg.5000.pair.256": { of: "ratio", atLeast: 1 },
  "place.10000": { of: "ours", atMost: 5 },
  "members.1000": { of: "ours", atMost: 5 },
  "members.1000.block": { of: "ours", atMost: 100 },
  "members.20x50": { of: "ours", atMost: 5 },
  "members.20x50.idle": { of: "ours", atMost: 5 },
  "spawn.1000": { of: "ours", atMost: 1_000 },
  "spawn.1000.kb": { of: "ours", atMost: 15 },
  "actors.rate": { of: "ratio", atLeast: 0.5 },
  "actors.start.10000": { of: "ours", atMost: 3_000 },
  "actors.start.10000.working": { of: "ours", atMost: 3_000 },
  "start.one": { of: "ours", atMost: 300 },
};
