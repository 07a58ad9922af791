import { ReeveError, reeveError } from "@reeve/contract";

export type Misdeed = "throw" | "reeve" | "text" | "exit" | "memory" | "later" | "function" | "uncopyable";

/** Fails in the way it is told. */
export default async function misbehave(how: Misdeed): Promise<unknown> {
  switch (how) {
    case "throw":
      throw Object.assign(new Error("disk on fire", { cause: new Error("spark") }), { code: "EFIRE" });
    case "reeve":
      throw reeveError("BUSY", "volume v1 is busy", { data: { resource: "v1" } });
    case "uncopyable":
      throw new ReeveError({
        code: "ABORTED",
        reason: "ODD",
        message: "odd",
        outcome: "executed",
        data: { call: () => 1 },
      });
    case "text":
      throw "just text";
    case "exit":
      return process.exit(7);
    case "memory": {
      const hoard: unknown[] = [];
      for (;;) hoard.push(new Array(10_000).fill(hoard.length));
    }
    case "later":
      setImmediate(() => {
        throw new Error("nobody awaited this");
      });
      return new Promise(() => {});
    case "function":
      return () => {};
  }
}
