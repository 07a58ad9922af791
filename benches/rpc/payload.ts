import { z } from "zod";

/** What every stack is asked to echo, and checks on arrival. */
export const Payload = z.object({ id: z.string(), sizeGiB: z.number().int().positive(), text: z.string() });
export type Payload = z.infer<typeof Payload>;

/** What the fields take beside the text, in msgpack. */
const overheadBytes = 32;

/** One that takes so many bytes in msgpack, give or take the header of its text. */
export function payloadOf(bytes: number): Payload {
  return { id: "volume-42", sizeGiB: 10, text: "x".repeat(Math.max(0, bytes - overheadBytes)) };
}
