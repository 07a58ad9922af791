import type { Socket } from "node:net";
import { type ServerProxy, serverProxy } from "./server-proxy.test-kit.ts";

/** When a connection is cut: the server never hears of the COMMIT, has carried it out and its answer is lost, or hears of it late. */
export type Cut = "before-commit" | "after-commit" | "late-commit";

/** A COMMIT that waits, and goes on. */
type Held = "held";

export interface CommitProxy extends ServerProxy {
  /** How often the server was asked and had to answer: its round trips. */
  readonly roundTrips: number;
  /** How often a COMMIT was cut. */
  readonly cuts: number;
  /** The next COMMIT is cut, once: after `then`, or for one that comes late before it. */
  cutNext(where: Cut, then?: () => Promise<void> | void): void;
  /** The next COMMIT waits for that, once, and goes on then. */
  holdNext(then: () => Promise<void>): void;
  /** No new connection gets through from now on. */
  refuse(): void;
}

/** Stands before a PostgreSQL and reads what it is told: https://www.postgresql.org/docs/18/protocol-message-formats.html */
export async function commitProxy(serverPort: number): Promise<CommitProxy> {
  let next: { readonly where: Cut | Held; readonly then: () => Promise<void> | void } | undefined;
  let cuts = 0;
  let roundTrips = 0;
  let refusing = false;
  const join = (client: Socket, server: Socket) => {
    const end = () => [client, server].map((socket) => socket.destroy());
    const read = messageReader();
    let cutting: typeof next;
    let late = false;
    client.on("data", (chunk) => {
      const said = read(chunk);
      roundTrips += said.syncs;
      if (said.commits && next) {
        cutting = next;
        next = undefined;
        if (cutting.where === "held") {
          const held = cutting;
          cutting = undefined;
          return void Promise.resolve(held.then()).then(() => server.write(chunk));
        }
        cuts += 1;
        if (cutting.where === "before-commit") return void Promise.resolve(cutting.then()).then(end);
        if (cutting.where === "late-commit") {
          late = true;
          client.destroy();
          return void Promise.resolve(cutting.then()).then(() => server.write(chunk));
        }
      }
      server.write(chunk);
    });
    server.on("data", (chunk) => {
      // Committed, and the client will not hear of it.
      if (late) return;
      if (cutting) return void Promise.resolve(cutting.then()).then(end);
      client.write(chunk);
    });
    client.on("close", () => late || server.end());
    server.on("close", () => client.destroy());
  };
  const { port, [Symbol.asyncDispose]: close } = await serverProxy(serverPort, join, () => !refusing);
  return {
    port,
    get roundTrips() {
      return roundTrips;
    },
    get cuts() {
      return cuts;
    },
    cutNext(where, then = () => {}) {
      next = { where, then };
    },
    holdNext(then) {
      next = { where: "held", then };
    },
    refuse() {
      refusing = true;
    },
    [Symbol.asyncDispose]: close,
  };
}

/** Tells of each chunk whether a COMMIT is in it, and how often it waits for an answer. */
function messageReader(): (chunk: Buffer) => { readonly commits: boolean; readonly syncs: number } {
  const texts = new Map<string, string>();
  let rest = Buffer.alloc(0);
  let started = false;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    let commits = false;
    let syncs = 0;
    for (;;) {
      // The first message has no type.
      const header = started ? 1 : 0;
      if (rest.length < header + 4) return { commits, syncs };
      const length = header + rest.readInt32BE(header);
      if (rest.length < length) return { commits, syncs };
      const [first = "", second = ""] = rest.toString("utf8", header + 4, length).split("\0");
      const type = started ? String.fromCharCode(rest[0]!) : "";
      if (type === "P") texts.set(first, second);
      // Bind names a portal, then the statement.
      if (type === "B" && texts.get(second) === "commit") commits = true;
      if (type === "S") syncs += 1;
      started = true;
      rest = rest.subarray(length);
    }
  };
}
