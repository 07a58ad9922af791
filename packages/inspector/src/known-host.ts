import { HostPicture } from "@reeve/runtime/internal/inspection";
import { current, type Hearing } from "./hearing.ts";

/** One life of a host, as it is known here. */
export interface KnownHost {
  readonly picture: HostPicture;
  readonly name: string;
  /** By the clock of this process, monotonic. */
  heardAtMs: number;
  /** The same in milliseconds since 1970. */
  heardAt: number;
  hearing: Hearing;
}

/** One that was not heard of before. */
export function stranger(instance: string, name: string): KnownHost {
  return { picture: new HostPicture(instance), name, heardAtMs: 0, heardAt: 0, hearing: current };
}
