import { maxElements } from "./limits.ts";
import { Msgpack } from "./msgpack.ts";

/** What the rest of a call's frame may take: 256 acknowledged ids, a chain, a principal with its roles. */
const besideElements = 2_048;

/** Says of payloads that are not sent now whether they can be, within the limits of `docs/wire.md`. */
export class Travelling {
  readonly #msgpack = new Msgpack();

  /** Why a value could not be the input of a call to another process; undefined where it could. How large a message may be, only the transport knows. */
  problemOf(input: unknown): string | undefined {
    const packed = this.#msgpack.pack([0, 0, 0, null, input]);
    if (typeof packed === "string") return packed;
    return packed.values > maxElements - besideElements
      ? `more than ${maxElements - besideElements} values`
      : undefined;
  }
}
