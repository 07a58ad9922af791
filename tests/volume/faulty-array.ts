import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Code } from "@reeve/contract";
import { type BoundMethods, type Driver, DriverError } from "@reeve/driver-sdk";
import type { VolumeDriverPort } from "@reeve/driver-sdk/volume";

/** What calls of a method fail with. */
export interface ArrayFault {
  readonly method: string;
  readonly code: Code;
  readonly message: string;
}

const noteOf = (root: string) => `${root}.fault`;

/** Has every process's calls of a method fail from now on, on the array at this root. */
export function spoilArray(root: string, fault: ArrayFault): void {
  writeFileSync(noteOf(root), JSON.stringify(fault));
}

export function mendArray(root: string): void {
  rmSync(noteOf(root), { force: true });
}

/** A real driver whose calls fail while a file beside its root says so, whatever process they come from. */
export function faultyArray(root: string, inner: Driver<VolumeDriverPort>): Driver<VolumeDriverPort> {
  const check = (method: string) => {
    if (!existsSync(noteOf(root))) return;
    const fault = JSON.parse(readFileSync(noteOf(root), "utf8")) as ArrayFault;
    if (fault.method === method) throw new DriverError(fault.code, fault.message);
  };
  const faulty = (methods: BoundMethods): BoundMethods =>
    Object.fromEntries(
      Object.entries(methods).map(([name, method]) => [
        name,
        (input, call) => {
          check(name);
          return method(input, call);
        },
      ]),
    );
  return {
    ...inner,
    setup: async (context) => {
      const session = await inner.setup(context);
      return { ...session, methods: faulty(session.methods) };
    },
  };
}
